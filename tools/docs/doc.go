// Command docs writes the parts of the documentation that repeat task/task.json, the table of inputs, the table of output
// variables and the full YAML step, and those that repeat the named sets of pkg/requeue. It replaces what stands between
// the markers "begin generated: NAME" and "end generated: NAME"; its tests fail when a page and its source drift apart, and
// when an example uses an input or a value that does not exist.
//
// It must not know what an input does.
package main
