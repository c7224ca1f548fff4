// Package discover reads what there is: the projects and repositories that the inputs speak of, their pull requests, the
// evaluations of those that may need a re-queue, and the answers to the rules' questions. Read is called first; Decide turns
// its result into a plan.
//
// The package knows the client and the configuration. It sends no request that changes anything, and prints nothing: it
// returns what could not be read. It must not know how a plan is carried out. Package run calls it, and it calls package
// azdo.
package discover
