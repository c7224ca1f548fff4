package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// What is shown of foreign text, in characters. A title is cut alike wherever it is shown, so that it reads the same in
// the plan, in what happened, in the summary and in a search.
const (
	maxTitle  = 60
	maxName   = 60 // branches, policies, repositories
	maxDetail = 200
)

// quoted is foreign text between quotation marks that it cannot close itself.
func quoted(text string, n int) string {
	return `"` + strings.ReplaceAll(agent.Shorten(text, n), `"`, `'`) + `"`
}

// ago is the age of something, in the one unit that matters.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute ago"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

// plural is a number with its noun: "1 pull request", "2 repositories".
func plural(n int, noun string) string { return requeue.Plural(n, noun) }

// join puts the texts that are not empty beside each other.
func join(separator string, texts ...string) string {
	var out []string
	for _, text := range texts {
		if text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, separator)
}
