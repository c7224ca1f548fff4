// Package record writes a recording: what the service answered in a run, as JSON lines with nothing of the organization
// in them. It is safe to attach to a public bug report, and a stand-in for the service can answer from it.
//
// It is an allow-list. What passes is named: numbers, flags, dates, the words of the service's own description
// (description.txt), and what a rule of this product reads (ours.go). A member of another name is dropped, and every other
// text becomes a stand-in of its kind, the same for equal texts. A stand-in is a number that is counted up: nothing
// can be computed back from it.
//
// The package takes values and writes lines. It must not know HTTP, files, the SDK, or which exchange matters.
package record
