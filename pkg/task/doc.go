// Package task is the straight line of the product: environment, configuration, discovery, decision, plan, execution,
// report. It knows the order of these steps and turns one package's types into another's; it alone reads, waits and
// writes on behalf of the rules.
//
// It must not know the SDK, the syntax of the log or the names of variables.
package task
