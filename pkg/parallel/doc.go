// Package parallel runs functions at once, within a limit. A panic of one of them does not end the process.
//
// Each runs a known number of functions. A Pool runs functions that are added while others run. Slots limit functions that
// wait for something in between, and give their slot up meanwhile. Recover turns a panic into an error, for whatever runs in
// a goroutine of its own.
//
// The package knows nothing of the product and imports the standard library alone. Every package may import it. An errgroup
// could replace Each alone, and would start a goroutine for every call.
package parallel
