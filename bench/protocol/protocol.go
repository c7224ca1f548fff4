// Package protocol is what the parts of the benchmark tell each other.
package protocol

import "time"

// Hello is the first line of the service.
type Hello struct {
	URL, Project, ProjectID string
}

// Command sets the latency of the answers from now on.
type Command struct {
	Latency time.Duration
}

// Counts are what the service has seen since the last command.
type Counts struct {
	Requests     int
	Bytes        int64 // in both directions
	MostUnderWay int
	FirstRequest time.Time
	List         []Request // the requests one by one, in the order of their coming
}

// Request is one request, so far as it decides the answer.
type Request struct {
	Method, Path, Accept string
}
