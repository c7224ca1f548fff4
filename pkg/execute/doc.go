// Package execute carries out a plan: it re-queues one evaluation after the other, finds out what came of each, and waits
// for their results where that is wanted.
//
// It knows the rules and a Service, which is a handful of functions, and so it can be driven by anything that answers them,
// a client or a simulation. It must not know the client, the configuration, HTTP or output. What the failure of a request
// means it is told by the errors of package requeue: ErrNotFound, ErrGone, ErrTokenRefused, ErrForbidden, ErrStale,
// ErrOverdue, ErrLost and Throttled, each of which an error of a Service may be. It stands beside package discover; package
// run calls both.
package execute
