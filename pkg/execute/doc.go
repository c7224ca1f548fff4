// Package execute carries out a plan: Execute re-queues one evaluation after the other and finds out what came of each,
// Follow waits for their results where that is wanted. Both write what they find into the plan.
//
// It knows the rules, a Service, which is a handful of functions, and a Clock. Behind these stands the client, or a
// simulation. The package must not know the client, the configuration, HTTP or output.
//
// An error of a Service says what it means by being one of the errors of package requeue: ErrNotFound, ErrGone,
// ErrTokenRefused, ErrForbidden, ErrStale, ErrOverdue, ErrLost and Throttled. After any other error of a read nothing is
// known; after any other error of a re-queue nothing was started.
//
// It stands beside package discover, above package requeue; package run calls both.
package execute
