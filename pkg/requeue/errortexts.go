package requeue

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Errors is what the timeline of a build says of its failure.
type Errors struct {
	// Issues are all error issues, each message once.
	Issues []Issue
	// NoTimeline says that there is none, or one without records: the build failed before it ran, or retention has removed
	// it.
	NoTimeline bool
	// FailedSteps are the tasks that failed, in the order of the timeline.
	FailedSteps []FailedStep
}

// Issue is an error that a step of a build has reported.
type Issue struct {
	Message string
	Step    string // the name of the step or the job; "" if unknown
	Line    int    // in the log of the step, from 1; 0 if unknown
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
	First int   // the number of the first of them in the log, from 1; 0 if unknown
	Whole bool  // it is the whole log
	Err   error // it could not be read
}

// These bound how much of the logs of failed steps is read: the number of steps, and the lines and bytes at the end of each
// log.
const (
	MaxLogs     = 5
	MaxLogLines = 500
	MaxLogBytes = 64 << 10
)

// errorText is one text that the patterns are tried on, and where it stands.
type errorText struct {
	text, step string
	line       int  // of the step's log, from 1; 0 if unknown
	log, issue bool // it is of a log; it is an error issue
}

// texts are those of the record and of the timeline.
func (b Errors) texts(e Evaluation) []errorText {
	var all []errorText
	for _, message := range e.Preview {
		all = append(all, errorText{text: message, issue: true})
	}
	for _, i := range b.Issues {
		all = append(all, errorText{text: i.Message, step: i.Step, line: i.Line, issue: true})
	}
	return all
}

// texts are what else the patterns are tried on: each line, so that "^" and "$" are its ends, and all lines of a log as one
// text.
func (l Logs) texts(steps []FailedStep) []errorText {
	var all []errorText
	for _, message := range l.Validation {
		all = append(all, errorText{text: message})
	}
	for _, id := range slices.Sorted(maps.Keys(l.Ends)) {
		end := l.Ends[id]
		if len(end.Lines) == 0 {
			continue
		}
		t := errorText{log: true, line: end.First}
		if i := slices.IndexFunc(steps, func(s FailedStep) bool { return s.LogID == id }); i >= 0 {
			t.step = steps[i].Name
		}
		whole := t
		whole.text = strings.Join(end.Lines, "\n")
		for _, line := range end.Lines {
			t.text = line
			all = append(all, t)
			if t.line > 0 {
				t.line++
			}
		}
		all = append(all, whole)
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
	return Plural(len(e.Preview)+len(b.Issues)+len(l.Validation), "error text") + " and " + Plural(lines, "log line") + " were to be had"
}

// maxErrorText bounds what a pattern is tried on, in bytes.
const maxErrorText = 64 << 10

// Match is what went wrong in a build, as far as a pattern has found it.
type Match struct {
	// Pattern is the one that was found, "@network (curl: name did not resolve)" or "/time ?out/"; "" where none was, and
	// the match is the first error that there is.
	Pattern string
	// Set is the set that the pattern is; "" if it is an expression of the user's.
	Set  ErrorSet
	Step string // the name of the step that said it; "" if unknown
	Line int    // of the step's log, from 1; 0 if unknown
	// Log says that the text is of a log. Issue says that it is an error issue of the build, which may be shown to people
	// who see the pull request: they need not be allowed to see its builds.
	Log, Issue bool
	// Text are the surroundings of what was found: one line of about 100 characters, foreign.
	Text string
}

// firstMatch finds the first pattern that matches one of the texts; nil if there is none.
func firstMatch(patterns []ErrorPattern, texts []errorText) *Match {
	for _, p := range patterns {
		for _, t := range texts {
			text := t.text
			if len(text) > maxErrorText {
				text = text[:maxErrorText]
			}
			if name, at := p.find(text); at != nil {
				m := t.match(at[0], at[1])
				m.Pattern, m.Set = name, p.set
				return m
			}
		}
	}
	return nil
}

// match is what there is at a place of the text.
func (t errorText) match(from, to int) *Match {
	m := &Match{Step: t.step, Line: t.line, Log: t.log, Issue: t.issue, Text: excerpt(t.text, from, to)}
	if t.log && t.line > 0 {
		m.Line += strings.Count(t.text[:from], "\n")
	}
	return m
}

// String says where which pattern was found. The place comes before the text, where no cut can reach it.
func (m Match) String() string {
	place := m.Place()
	if place != "" {
		place += ": "
	}
	return strings.TrimPrefix(fmt.Sprintf("%s matches %s%q", m.Pattern, place, m.Text), " ")
}

// Place says where the text stands; "" if that is not known.
func (m Match) Place() string {
	step := fmt.Sprintf("step %q", beginning(m.Step, maxStepName))
	switch {
	case m.Step == "":
		return ""
	case m.Log && m.Line > 0:
		return fmt.Sprintf("line %d of the log of %s", m.Line, step)
	case m.Log:
		return "the log of " + step
	case m.Line > 0:
		return fmt.Sprintf("an error of %s in line %d of its log", step, m.Line)
	}
	return "an error of " + step
}

// maxStepName and maxExpression are how many bytes of these are shown.
const (
	maxStepName   = 40
	maxExpression = 80
)

// beginning is the text, cut to about n bytes.
func beginning(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
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
