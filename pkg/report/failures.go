package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Errors prints an error for each text of these failures.
func (l *Log) Errors(failures []requeue.Failure, words func(requeue.Failure) string) {
	for _, line := range group(failures, words) {
		l.Error(line)
	}
}

// Warnings prints a warning for each text of these failures.
func (l *Log) Warnings(failures []requeue.Failure, words func(requeue.Failure) string) {
	for _, line := range group(failures, words) {
		l.Warning(line)
	}
}

// maxNumbers is how many pull requests group names for one text.
const maxNumbers = 20

// group makes one line of failures with equal texts, in the order in which they came up first, with their count and the
// numbers of their pull requests in front, where no cut can reach them.
func group(failures []requeue.Failure, words func(requeue.Failure) string) []string {
	type same struct {
		count   int
		numbers []int
	}
	groups := map[string]*same{}
	var order []string
	for _, f := range failures {
		text := words(f)
		g := groups[text]
		if g == nil {
			g = &same{}
			groups[text] = g
			order = append(order, text)
		}
		g.count++
		if f.PullRequest != 0 {
			g.numbers = append(g.numbers, f.PullRequest)
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
