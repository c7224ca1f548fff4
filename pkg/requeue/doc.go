// Package requeue is the decision core: which evaluations of which pull requests deserve a re-queue, why the others
// do not, in which order, and what became of the plan. It holds the vocabulary of the product.
//
// Values in, values out. It must not know contexts, clocks, the environment, HTTP, the SDK or how anything is printed:
// what a verdict still lacks is a Question, whoever can answer it hands back Facts, and the time is an argument. A
// decision can therefore neither block nor fail, and every rule is a row in a table.
package requeue
