// Package run is the straight line of the product: environment, configuration, discovery, decision, plan, execution,
// report. It knows the order of these steps and turns one package's types into another's; it alone names them all.
//
// It must not know the SDK, the syntax of the log or the names of variables. It stands at the top: cmd/task calls it, and
// nothing else does.
package run
