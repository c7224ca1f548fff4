package agent

import (
	"fmt"
	"strings"
)

// maxIssues is how many errors, and how many warnings, an agent makes issues of within one step
// (Agent.Worker/ExecutionContext.cs, AddIssue).
const maxIssues = 10

// maxGathered is how much of each text the issue shows that stands for several, in characters, where they do not all fit.
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

// Error writes an error. Under an agent the first nine become issues at once, and the rest is held back for FlushIssues.
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
	case of.written < maxIssues:
		of.held = append(of.held, text)
	default:
		l.tag(of.kind.name, "", "", text)
	}
}

// FlushIssues makes the tenth error issue out of the errors from the tenth on, and likewise with warnings. An agent
// shows ten of a kind, so it is called once, at the end. It writes an issue into the log, too, so what the tenth holds
// whole has no line besides.
func (l *Log) FlushIssues() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, of := range []*issues{&l.warnings, &l.errors} {
		if len(of.held) == 0 || of.written >= maxIssues {
			continue
		}
		text, whole := of.held[0], true
		if len(of.held) > 1 {
			text, whole = l.gather(of.held)
		}
		for _, one := range of.held {
			if !whole {
				// A bare tag is a coloured line without an issue: nothing is missing from the log.
				l.tag(of.kind.name, "", "", one)
			}
		}
		l.logIssue(of.kind, text)
		of.written++
		of.held = nil
	}
}

// gather makes one text of many, and reports whether a line holds them whole. Else each is cut.
func (l *Log) gather(texts []string) (string, bool) {
	join := func(most int) string {
		short := make([]string, len(texts))
		for i, text := range texts {
			short[i] = Shorten(l.masker.Hide(text), most) // hidden before it is cut in the middle
		}
		return fmt.Sprintf("%d more: %s", len(texts), strings.Join(short, " | "))
	}
	if text := join(maxLine); !strings.HasSuffix(l.finish(text), "…") {
		return text, true
	}
	return join(maxGathered), false
}

func (l *Log) logIssue(kind issueKind, text string) {
	l.write(Command{
		Name: "task.logissue", Properties: []Property{{"type", kind.name}}, Data: l.finish(text),
	}.String())
}
