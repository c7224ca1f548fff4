package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

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
