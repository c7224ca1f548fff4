package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxIssues is how many errors, and how many warnings, an agent makes issues of within one step
// (Agent.Worker/ExecutionContext.cs, AddIssue).
const maxIssues = 10

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
			texts[i] = shorten(text, maxDetail)
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

// Problem is something that went wrong, with the pull request that it is about, if any.
type Problem struct {
	PullRequest int // 0: not about one
	Text        string
}

// maxNumbers is how many pull requests GroupErrors names for one text.
const maxNumbers = 20

// GroupErrors makes one line of equal texts, in the order in which they came up first, with their count and the numbers
// of their pull requests in front, where no cut can reach them.
func GroupErrors(problems []Problem) []string {
	type group struct {
		count   int
		numbers []int
	}
	groups := map[string]*group{}
	var order []string
	for _, p := range problems {
		g := groups[p.Text]
		if g == nil {
			g = &group{}
			groups[p.Text] = g
			order = append(order, p.Text)
		}
		g.count++
		if p.PullRequest != 0 {
			g.numbers = append(g.numbers, p.PullRequest)
		}
	}
	lines := make([]string, 0, len(order))
	for _, text := range order {
		g := groups[text]
		slices.Sort(g.numbers)
		numbers := slices.Compact(g.numbers)
		times := ""
		if g.count > 1 {
			times = plural(g.count, "time")
		}
		lines = append(lines, join(": ", join(", ", times, pullRequests(numbers)), text))
	}
	return lines
}

// pullRequests names at most maxNumbers pull requests.
func pullRequests(numbers []int) string {
	switch len(numbers) {
	case 0:
		return ""
	case 1:
		return "pull request " + strconv.Itoa(numbers[0])
	}
	shown := make([]string, 0, maxNumbers)
	for _, n := range numbers[:min(len(numbers), maxNumbers)] {
		shown = append(shown, strconv.Itoa(n))
	}
	text := "pull requests " + strings.Join(shown, ", ")
	if more := len(numbers) - maxNumbers; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
