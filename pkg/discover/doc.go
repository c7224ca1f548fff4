// Package discover reads what there is: the projects and repositories that the inputs speak of, their pull requests, the
// evaluations of those that are worth it, and the answers that the rules ask for. Read comes first, Decide turns what it
// has found into a plan.
//
// It knows the client and the configuration. It sends nothing that changes anything, and prints nothing: what could not be
// read is handed back. It must not know how a plan is carried out. It stands between package azdo, which it asks, and
// package run, which calls it.
package discover
