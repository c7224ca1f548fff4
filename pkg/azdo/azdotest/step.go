package azdotest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Step is one task of a build's job.
type Step struct {
	Name   string `json:"name,omitempty"`   // "Step N" if blank
	Result string `json:"result,omitempty"` // failed (default), succeeded, succeededWithIssues, canceled, skipped, abandoned
	// Errors are its error issues, of which the timeline keeps as many as Behaviour.IssueLimit says. ErrorCount is how many
	// it counts; 0 is the true number.
	Errors     []string `json:"errors,omitempty"`
	ErrorCount int      `json:"errorCount,omitempty"`
	// Log is what the step printed. NoLog says that it has no log, LogGone that the log cannot be had any more (404).
	Log     Lines `json:"log,omitempty"`
	NoLog   bool  `json:"noLog,omitempty"`
	LogGone bool  `json:"logGone,omitempty"`

	warnings []string
}

// Validation is something that the service found when it was to queue a build.
type Validation struct {
	Result  string `json:"result,omitempty"` // error (default), warning, ok
	Message string `json:"message,omitempty"`
}

// Lines are the lines of a text. In a world file they may be a list or one string.
type Lines []string

// UnmarshalJSON accepts a list of strings or a string.
func (l *Lines) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		*l = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		return nil
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("read %.40s: a text or a list of lines is wanted", data)
	}
	*l = list
	return nil
}

// taskSteps are the steps of the build's job: those that every build has, and between them what the world says.
func (b *Build) taskSteps() []Step {
	steps := []Step{{Name: "Checkout", Result: "succeeded"}}
	for i, message := range b.Errors {
		steps = append(steps, Step{Name: "Run tests " + itoa(i+1), Errors: []string{message}})
	}
	steps = append(steps, b.Steps...)
	steps = append(steps, Step{Name: "Publish results", Result: "succeeded", warnings: b.Warnings})
	for i := range steps {
		byDefault(&steps[i].Name, "Step "+itoa(i))
		byDefault(&steps[i].Result, "failed")
	}
	return steps
}

// log is what a step printed.
func (s *Step) log() []string {
	if len(s.Log) > 0 {
		return s.Log
	}
	lines := []string{"##[section]Starting: " + s.Name}
	for _, message := range s.Errors {
		lines = append(lines, strings.Split("##[error]"+message, "\n")...)
	}
	return append(lines, "##[section]Finishing: "+s.Name)
}

// checkSteps checks what timelines are made of.
func (r *resolver) checkSteps(b *Build) {
	for i, s := range b.Steps {
		r.in("step "+itoa(i+1), func() {
			r.oneOf("result", &s.Result, "failed", "succeeded", "succeededWithIssues", "canceled", "skipped", "abandoned")
			if s.NoLog && (s.LogGone || len(s.Log) > 0) {
				r.fault("it has a log and has none")
			}
		})
	}
	for _, v := range b.ValidationResults {
		r.oneOf("validationResult", &v.Result, "error", "warning", "ok")
	}
	if b.Timeline != "" && !slices.Contains([]string{"204", "404", "empty"}, b.Timeline) {
		r.fault("timeline %q is none of 204, 404, empty", b.Timeline)
	}
}
