package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

// inputPrefix begins the variable of an input.
const inputPrefix = "INPUT_"

// refuseMisspelt looks for variables of inputs that the task does not have. One that resembles an input would do nothing
// without a word, and the input keep its default: INPUT_DRY_RUN would write. On a laptop such a one is a fault. An agent
// makes such a variable of every input that a step has and task.json does not know, but hands on those of its own process,
// of a step's "env:" and of the pipeline's variables as well, which may be meant for somebody else: there it is a warning
// (azure-pipelines-agent, TaskRunner.cs and Handler.cs).
func (l *loader) refuseMisspelt(env agent.Variables) {
	known := map[string]bool{}
	var names []string
	for _, f := range l.in.fields() {
		known[f.env], names = true, append(names, f.name)
	}
	var foreign []string
	for _, variable := range slices.Sorted(maps.Keys(env)) {
		if known[variable] || len(variable) <= len(inputPrefix) || !strings.EqualFold(variable[:len(inputPrefix)], inputPrefix) {
			continue
		}
		nearest, resembles := Nearest(variable[len(inputPrefix):], names)
		switch {
		case resembles && !l.cfg.Agent:
			l.environment("%s is no input of this task, but resembles %s; allowed: %s, or no such variable",
				quote(variable), nearest, inputPrefix+strings.ToUpper(nearest))
		case resembles:
			l.warn("%s is no input of this task and does nothing. The nearest input is %s.", quote(variable), nearest)
		case strings.HasPrefix(variable, inputPrefix):
			foreign = append(foreign, quote(variable))
		}
	}
	const most = 10
	more := ""
	if len(foreign) > most {
		foreign, more = foreign[:most], fmt.Sprintf(" and %d more", len(foreign)-most)
	}
	switch {
	case len(foreign) == 1 && more == "":
		l.warn("%s is no input of this task and does nothing.", foreign[0])
	case len(foreign) > 0:
		l.warn("%s%s are no inputs of this task and do nothing.", strings.Join(foreign, ", "), more)
	}
}

// Nearest finds the name that a misspelt one resembles most: case, "_" and "-" aside, at most two letters are missing, too
// many, others, or swapped with the next. This is so for short names too: a word of four letters that is refused without
// need costs less than a dry run that writes. Of equally near ones the first is taken.
func Nearest(misspelt string, names []string) (string, bool) {
	nearest, least := "", 3
	given := bare(misspelt)
	for _, name := range names {
		candidate := bare(name)
		if d := distance(given, candidate, 2); d < least {
			nearest, least = name, d
		}
	}
	return nearest, least < 3
}

// bare is a name without what does not count.
func bare(name string) []rune {
	return []rune(strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name)))
}

// distance is how many letters have to be put in, left out, replaced or swapped with the next one to make b of a (the
// Damerau-Levenshtein distance, in its form that touches no letter twice). Beyond most it is only said to be more.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	var before, above []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before, above, row = above, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return min(row[len(b)], most+1)
}
