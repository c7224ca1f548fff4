// Package run does one run of the task from its beginning to its end: environment, configuration, discovery, decision, plan,
// execution, report. It knows the order of these steps and turns one package's types into another's. It is the only package
// that imports all the others.
//
// It must not know the SDK, the syntax of the log or the names of variables. Only cmd/task calls it.
package run
