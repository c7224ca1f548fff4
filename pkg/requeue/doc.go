// Package requeue is the decision core: it decides which evaluations to re-queue, in which order, and why the others are left
// alone. It also says what became of the plan, and how the run ends.
//
// It holds the words of the product. A Plan is one structure from the decision to the report: each of its entries has a
// Decision, and an Outcome once it was carried out. A Failure is something that went wrong; ErrGone and the like say what it
// means.
//
// Its functions take values and return values. They must not know contexts, clocks, the environment, HTTP, the SDK or how
// anything is printed. The time is an argument. Where a decision needs to know more, it returns a Question; the caller finds
// the answer, adds it to the Facts, and asks again. So no decision can block or fail, and each rule is tested by rows of a
// table. The package stands below all others of the product and imports none of them.
package requeue
