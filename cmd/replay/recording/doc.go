// Package recording runs the task on a recording, which the input recordPath writes: it reads the file, answers as the
// service did, and makes the step of the run that was recorded.
//
// Equal requests (method, path, query) are answered in the order in which they were recorded; the last answer of a
// GET comes again and again, since a run may look once more than the recorded one. A request that the recording does not hold
// is kept by name and never answered: nothing that would be made up for it could be trusted.
//
// A replay happens later than its run. Every date in an answer is moved by the time that has passed in between, so that
// all ages are as they were.
//
// It knows the format of recordings and nothing of the product's rules; the real program runs on it, over real HTTP.
package recording
