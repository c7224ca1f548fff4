package recording

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// root is the collection's path.
const root = "/recorded"

// Server answers from a recording.
type Server struct {
	base    string
	http    *http.Server
	closing chan struct{}
	served  chan struct{}
	once    sync.Once
	by      time.Duration // what every date is moved by

	mu      sync.Mutex // guards all below
	answers map[string]*answers
	seen    int
	writes  []string
	missing string
	lost    chan struct{} // closed with the first that is missing
}

// answers are those of equal requests, in order.
type answers struct {
	list []*exchange
	next int
}

// Serve answers on a free port of 127.0.0.1, as if the run had been recorded at the given time. Close ends it.
func (r *Recording) Serve(now time.Time) (*Server, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	s := &Server{
		base: "http://" + listener.Addr().String() + root, closing: make(chan struct{}), served: make(chan struct{}),
		by: now.Sub(r.At), answers: map[string]*answers{}, lost: make(chan struct{}),
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	for i := range r.exchanges {
		e := &r.exchanges[i]
		key := e.key()
		if s.answers[key] == nil {
			s.answers[key] = &answers{}
		}
		s.answers[key].list = append(s.answers[key].list, e)
		if e.Fault != "" {
			// net/http repeats a GET by itself where the connection that was cut had been used before, and would take the
			// next answer as that of the first request.
			s.http.SetKeepAlivesEnabled(false)
		}
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener) // it ends with Close
	}()
	return s, nil
}

// URL is that of the collection.
func (s *Server) URL() string { return s.base }

// Close ends the server and every connection.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.closing)
		_ = s.http.Close() // it only repeats what closing the listener says
		<-s.served
	})
}

// Requests is how many requests came.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// Writes are the requests that were meant to change something, in the order in which they came.
func (s *Server) Writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.writes)
}

// Missing is the first request that the recording does not hold, or blank.
func (s *Server) Missing() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.missing
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 4<<20)) // what it says is not compared: texts differ
	e := s.find(r)
	if e == nil {
		s.hang(r)
		return
	}
	switch e.Fault {
	case "":
		s.send(w, e)
	case "timeout":
		s.hang(r)
	case "torn":
		s.tear(w, e)
	case "tooLarge":
		s.flood(w)
	default: // there was no answer; what a proxy or a certificate did is out of reach
		cut(w)
	}
}

// find takes the next answer of a request.
func (s *Server) find(r *http.Request) *exchange {
	asked := asking(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	if r.Method != http.MethodGet && r.Method != http.MethodOptions {
		s.writes = append(s.writes, r.Method+" "+asked.Path)
	}
	if found := s.answers[asked.key()]; found != nil {
		if e := found.take(r.Method != http.MethodGet); e != nil {
			return e
		}
	}
	if s.missing == "" {
		s.missing = asked.String()
		close(s.lost)
	}
	return nil
}

// asking is a request in the form of the recording.
func asking(r *http.Request) *exchange {
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, root), "/")
	e := &exchange{Method: r.Method, Path: path, Query: map[string]string{}}
	for name, values := range r.URL.Query() {
		e.Query[name] = strings.Join(values, ",")
	}
	return e
}

// take returns the next answer. What the run itself had given up is passed over where it asked again. A write has no
// answer but its own.
func (a *answers) take(write bool) *exchange {
	for a.next < len(a.list) && a.list[a.next].Fault == "cancelled" {
		a.next++
	}
	if a.next < len(a.list) {
		a.next++
		return a.list[a.next-1]
	}
	for _, e := range slices.Backward(a.list) {
		if !write && e.Fault != "cancelled" {
			return e
		}
	}
	return nil
}

// key is what equal requests have in common: names compare without case, and a date in the query is that of its run.
func (e *exchange) key() string {
	path := e.Path
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	query := url.Values{}
	for name, value := range e.Query {
		if _, ok := shiftDate(value, 0); ok {
			value = "date"
		}
		query.Set(strings.ToLower(name), strings.ToLower(value))
	}
	return e.Method + " " + strings.ToLower(strings.Trim(path, "/")) + "?" + query.Encode()
}

// String names the request.
func (e *exchange) String() string {
	var query []string
	for _, name := range slices.Sorted(maps.Keys(e.Query)) {
		query = append(query, name+"="+e.Query[name])
	}
	if len(query) == 0 {
		return e.Method + " " + e.Path
	}
	return e.Method + " " + e.Path + "?" + strings.Join(query, "&")
}

func (s *Server) send(w http.ResponseWriter, e *exchange) {
	body := s.head(w.Header(), e)
	if len(body) > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(e.Status)
	_, _ = w.Write(body) //nolint:gosec // no browser: the client is the task, which may have gone
}

// head sets the headers of an answer and returns its body, both of this time.
func (s *Server) head(h http.Header, e *exchange) []byte {
	h["Content-Type"] = nil // or net/http guesses one
	for name, value := range e.Headers {
		h.Set(name, shiftHeader(http.CanonicalHeaderKey(name), value, s.by))
	}
	if e.Text == nil && json.Valid(e.Body) {
		return shift(e.Body, s.by)
	}
	return e.body()
}

func (s *Server) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closing:
	}
}

// tear sends less than it promises.
func (s *Server) tear(w http.ResponseWriter, e *exchange) {
	h := http.Header{}
	body := s.head(h, e)
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	status := max(e.Status, http.StatusOK)
	_, _ = fmt.Fprintf(buffer, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	_ = h.Write(buffer)
	_, _ = fmt.Fprintf(buffer, "Content-Length: %d\r\n\r\n%s", len(body)+1000, body)
	_ = buffer.Flush()
}

// flood sends more than the client takes, which is 64 MiB.
func (s *Server) flood(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	blanks := []byte(strings.Repeat(" ", 1<<20))
	for range 66 {
		if _, err := w.Write(blanks); err != nil {
			return
		}
	}
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close() // there is nobody to tell
	}
}
