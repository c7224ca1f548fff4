// Package parallel runs functions at once, within a limit, and keeps a panic of one from ending the process: Each for a
// known number of them, Pool for what turns up on the way, Slots for what gives its slot up while it waits, Recover for
// whatever runs in a goroutine of its own.
//
// It knows nothing of the product and imports the standard library alone. Whoever starts something beside itself may import
// it. An errgroup would do for Each alone, at the price of a goroutine for every call.
package parallel
