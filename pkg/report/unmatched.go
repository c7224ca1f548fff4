package report

import (
	"fmt"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Unmatched is the text of a warning about patterns that matched nothing, with the names that there were. It holds
// foreign text.
func Unmatched(u requeue.Unmatched) string {
	what, known := "active pull request", "whose labels are known"
	if u.Input == "policies" {
		what, known = "build evaluation", "whose pipeline's name is known"
	}
	read := "the only " + what + " read"
	if u.Read > 1 {
		read = fmt.Sprintf("any of the %d %ss read", u.Read, what)
	}
	if u.Partly && (u.Input == "labels" || u.Input == "policies") {
		read += " " + known
	}
	verb := "does"
	if len(u.Patterns) > 1 {
		verb = "do"
	}
	patterns, rest := u.Patterns, 0
	if len(patterns) > requeue.MostThere {
		patterns, rest = patterns[:requeue.MostThere], len(patterns)-requeue.MostThere
	}
	return fmt.Sprintf("%s: %s %s not match %s. %s", u.Input, quotedList(patterns, rest), verb, read, there(u))
}

func there(u requeue.Unmatched) string {
	switch {
	case len(u.There) == 0 && u.Read == 1:
		return "It has none."
	case len(u.There) == 0:
		return "They have none."
	case len(u.There) == 1:
		return "There is " + quotedList(u.There, 0) + "."
	}
	return "There are " + quotedList(u.There, u.More) + "."
}

// quotedList is foreign names one after the other, with how many more there are.
func quotedList(names []string, more int) string {
	all := make([]string, len(names), len(names)+1)
	for i, name := range names {
		all[i] = quoted(name, maxName)
	}
	if more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	if len(all) == 1 {
		return all[0]
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}
