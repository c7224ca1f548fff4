package report_test

import (
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/report"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestUnmatchedWords(t *testing.T) {
	t.Parallel()
	many := strings.Split("a b c d e f g h i j k l", " ")
	for _, tc := range []struct {
		u    requeue.Unmatched
		want string
	}{
		{
			requeue.Unmatched{Input: "labels", Patterns: []string{"fsat"}, Read: 12, There: []string{"fast", "ui"}},
			`labels: "fsat" does not match any of the 12 active pull requests read. There are "fast" and "ui".`,
		},
		{
			requeue.Unmatched{Input: "targetBranches", Patterns: []string{"mian", "rel"}, Read: 1, There: []string{"main"}},
			`targetBranches: "mian" and "rel" do not match the only active pull request read. There is "main".`,
		},
		{
			requeue.Unmatched{Input: "policies", Patterns: []string{"nightly"}, Read: 3, Partly: true, There: many[:10], More: 2},
			`policies: "nightly" does not match any of the 3 build evaluations read whose pipeline's name is known. ` +
				`There are "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" and 2 more.`,
		},
		{
			requeue.Unmatched{Input: "labels", Patterns: many, Read: 2, Partly: true},
			`labels: "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" and 2 more do not match any of the 2 active pull requests read whose labels are known. They have none.`,
		},
		{
			requeue.Unmatched{Input: "labels", Patterns: []string{"a"}, Read: 1},
			`labels: "a" does not match the only active pull request read. It has none.`,
		},
		{
			requeue.Unmatched{Input: "titles", Patterns: []string{"x\n##vso[task.complete]"}, Read: 2, There: []string{`he said "no" ` + "\u202e" + strings.Repeat("y", 100)}},
			`titles: "x ##vso[task.complete]" does not match any of the 2 active pull requests read. There is "he said 'no' ` + strings.Repeat("y", 46) + `…".`,
		},
	} {
		if got := report.Unmatched(tc.u); got != tc.want {
			t.Errorf("got\n%s\nwant\n%s", got, tc.want)
		}
	}
}
