package agent

import (
	"fmt"
	"strings"
)

// maxIssues is how many errors, and how many warnings, an agent makes issues of within one step
// (Agent.Worker/ExecutionContext.cs, AddIssue).
const maxIssues = 10

// maxGathered is how much of each text the issue shows that stands for several, in characters.
const maxGathered = 200

// issueKind is an issue as the log and the agent call it.
type issueKind struct{ name, label, colour string }

var (
	kindError   = issueKind{"error", "Error: ", red}
	kindWarning = issueKind{"warning", "Warning: ", yellow}
)

// issues counts the issues of one kind.
type issues struct {
	kind    issueKind
	written int
	held    []string // from the tenth on
}

// Error writes an error. Under an agent the first nine become issues at once; see FlushIssues for the rest.
func (l *Log) Error(text string) { l.issue(&l.errors, text) }

// Warning writes a warning; as Error.
func (l *Log) Warning(text string) { l.issue(&l.warnings, text) }

func (l *Log) issue(of *issues, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !l.options.Agent:
		l.tag("", of.kind.label, of.kind.colour, text)
	case of.written < maxIssues-1:
		of.written++
		l.logIssue(of.kind, text)
	default:
		// A bare tag is a coloured line without an issue: nothing is missing from the log.
		l.tag(of.kind.name, "", "", text)
		of.held = append(of.held, text)
	}
}

// FlushIssues makes the tenth error issue out of the errors from the tenth on, and likewise with warnings. An agent
// shows ten of a kind, so it is called once, at the end.
func (l *Log) FlushIssues() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, of := range []*issues{&l.warnings, &l.errors} {
		if len(of.held) == 0 || of.written >= maxIssues {
			continue
		}
		of.written++
		if len(of.held) == 1 {
			l.logIssue(of.kind, of.held[0])
			continue
		}
		texts := make([]string, len(of.held))
		for i, text := range of.held {
			texts[i] = Shorten(text, maxGathered)
		}
		l.logIssue(of.kind, fmt.Sprintf("%d more: %s", len(texts), strings.Join(texts, " | ")))
		of.held = nil
	}
}

func (l *Log) logIssue(kind issueKind, text string) {
	l.write(Command{
		Name: "task.logissue", Properties: []Property{{"type", kind.name}}, Data: l.data(text),
	}.String())
}
