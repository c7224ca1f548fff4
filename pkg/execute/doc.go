// Package execute carries out a plan: Execute re-queues one evaluation after the other and finds out what came of each,
// Follow waits for their results where that is wanted. Both write what they find into the plan.
//
// It knows the rules, a Service, which is a handful of functions, and a Clock: so a client in real time can stand behind it
// as well as a simulation. It must not know the client, the configuration, HTTP or output. What the failure of a request
// means it is told by the errors of package requeue, of which an error of a Service is each that applies: ErrNotFound,
// ErrGone, ErrTokenRefused, ErrForbidden, ErrStale, ErrOverdue, ErrLost and Throttled. Any other error means that the
// request has told nothing; after a re-queue it means that nothing was started.
//
// It stands beside package discover, above package requeue; package run calls both.
package execute
