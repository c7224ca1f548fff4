// Package requeue is the decision core: which evaluations of which pull requests deserve a re-queue, why the others
// do not, in which order, what became of the plan, and how the run ends. It holds the vocabulary of the product: a Plan is
// one structure from the decision to the report, in which each entry has its Decision and, once it is carried out, its
// Outcome; a Failure is whatever went wrong, and ErrGone and the like say what one means.
//
// Values in, values out. It must not know contexts, clocks, the environment, HTTP, the SDK or how anything is printed:
// what a verdict still lacks is a Question, whoever can answer it hands back Facts, and the time is an argument. A
// decision can therefore neither block nor fail, and every rule is a row in a table. It stands below all other packages of
// the product and imports none.
package requeue
