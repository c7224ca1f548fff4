package requeue

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Errors is what the timeline of a build says of its failure.
type Errors struct {
	// Texts are the messages of all error issues, each once.
	Texts []string
	// NoTimeline says that there is none: the build failed before it ran, or retention has removed it.
	NoTimeline bool
	// FailedSteps are the tasks that failed, in the order of the timeline.
	FailedSteps []FailedStep
}

// FailedStep is a task of a build that failed.
type FailedStep struct {
	Name  string
	LogID int // 0: it has none
	// Counted is how many errors it had, Kept how many of them are in the timeline: the agent keeps ten.
	Counted, Kept int
}

// Logs is what a build says of its failure beside its timeline.
type Logs struct {
	// Validation are the error messages of the build's validationResults: why it could not run.
	Validation []string
	// Ends are the ends of the logs of the first MaxLogs failed steps that have one, by LogID.
	Ends map[int]LogEnd
}

// LogEnd is the end of one log, in lines without time stamp and colours.
type LogEnd struct {
	Lines []string
	Whole bool  // it is the whole log
	Err   error // it could not be read
}

// How much of the logs of failed steps is read; a log is cut at its beginning.
const (
	MaxLogs     = 5
	MaxLogLines = 500
	MaxLogBytes = 64 << 10
)

// texts are what the patterns are tried on: each line, so that "^" and "$" are its ends, and all of them as one text.
func (l Logs) texts() []string {
	all := slices.Clone(l.Validation)
	for _, id := range slices.Sorted(maps.Keys(l.Ends)) {
		if lines := l.Ends[id].Lines; len(lines) > 0 {
			all = append(append(all, lines...), strings.Join(lines, "\n"))
		}
	}
	return all
}

// missing says which error texts there may be beside those that were found; "" if there are none.
func (b Errors) missing(l Logs, previewLost bool) string {
	switch {
	case b.NoTimeline && len(l.Validation) == 0:
		return "the build has no timeline"
	case len(b.FailedSteps) > MaxLogs:
		return fmt.Sprintf("%d steps failed, and the logs of %d were read", len(b.FailedSteps), MaxLogs)
	case previewLost:
		return "the preview of the build's errors was not understood"
	}
	for _, step := range b.FailedSteps {
		end := l.Ends[step.LogID]
		switch {
		case end.Err != nil:
			return fmt.Sprintf("the log of step %q cannot be read", step.Name)
		case step.Counted > step.Kept && !end.Whole:
			return fmt.Sprintf("step %q keeps %d of its %d errors", step.Name, step.Kept, step.Counted)
		}
	}
	return ""
}

// had says how many texts were to be had.
func (b Errors) had(e Evaluation, l Logs) string {
	lines := 0
	for _, end := range l.Ends {
		lines += len(end.Lines)
	}
	return Plural(len(e.Preview)+len(b.Texts)+len(l.Validation), "error text") + " and " + Plural(lines, "log line") + " were to be had"
}

// maxErrorText bounds what a pattern is tried on, in bytes.
const maxErrorText = 64 << 10

// firstMatch finds the first pattern that matches one of the texts, and says so for people.
func firstMatch(patterns []ErrorPattern, texts []string) (string, bool) {
	for _, p := range patterns {
		for _, text := range texts {
			if len(text) > maxErrorText {
				text = text[:maxErrorText]
			}
			if name, at := p.find(text); at != nil {
				return fmt.Sprintf("%s matches %q", name, excerpt(text, at[0], at[1])), true
			}
		}
	}
	return "", false
}

// excerpt is the surroundings of text[from:to], at most about 100 characters, whole UTF-8.
func excerpt(text string, from, to int) string {
	const before, size = 30, 100
	start := max(0, from-before)
	end := min(len(text), max(start+size, min(to, start+2*size)))
	cut := strings.ToValidUTF8(text[start:end], "")
	cut = strings.Join(strings.Fields(cut), " ")
	if start > 0 {
		cut = "…" + cut
	}
	if end < len(text) {
		cut += "…"
	}
	return cut
}
