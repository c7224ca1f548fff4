package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pr-evaluations/reschedule/bench/simulate/model"
)

// outcomes are the results of one load by the strategies' names.
type outcomes map[string]model.Result

// goal is something that was to be reached in some loads.
type goal struct {
	text  string
	loads func(l model.Load) bool
	// measure returns what was measured, and whether it is enough.
	measure func(o outcomes) (float64, bool)
	format  string
	lowest  bool // the worst load is the one with the least
}

// wanted reports whether a load is one for which the goals are set: 100 open, 30 a day, 5 % flaky, at least eight agents,
// builds that expire immediately, and nothing else changed.
func wanted(pipelines int) func(model.Load) bool {
	return func(l model.Load) bool {
		s := model.Standard()
		s.Name, s.Pipelines = l.Name, pipelines
		if l.Agents > s.Agents {
			s.Agents = l.Agents
		}
		return same(l, s)
	}
}

func same(a, b model.Load) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }

func wantedAny(l model.Load) bool { return wanted(1)(l) || wanted(2)(l) }

func allGoals() []goal {
	return []goal{
		{"re-queued builds of the task per merge, one pipeline: at most 1.3", wanted(1), func(o outcomes) (float64, bool) {
			n := o[auto].RequeuesPerMerge()
			return n, n <= 1.3
		}, "%.2f", false},
		{"the same per merge and pipeline, two pipelines: at most 1.8", wanted(2), func(o outcomes) (float64, bool) {
			n := o[auto].RequeuesPerMerge()
			return n, n <= 1.8
		}, "%.2f", false},
		{"95th percentile of ready to merged: at most half of what Azure Repos and authors need", wantedAny, func(o outcomes) (float64, bool) {
			n := float64(o[auto].Wait(0.95)) / float64(o[builtIn].Wait(0.95))
			return n, n <= 0.5
		}, "%.2f", false},
		{"waiting for more than 24 hours at the end: at most 1 %", wantedAny, func(o outcomes) (float64, bool) {
			n := 100 * o[auto].LateShare()
			return n, n <= 1
		}, "%.1f %%", false},
		whileRed("in flight that the task re-queued while the last finished run on the branch, of whichever pipeline, was red: at most 1", model.RedNewest, false),
		whileRed("only what it re-queued since that run: at most 1", model.RedNewest, true),
		whileRed("in flight likewise while the last finished run of any of the branch's pipelines was red: at most 1", model.RedAny, false),
		whileRed("only what it re-queued since one of them was red: at most 1", model.RedAny, true),
		whileRed("in flight likewise while the last finished run of the same pipeline was red, as `waitForTargetBranch` asks: at most 1", model.RedSame, false),
		whileRed("only what it re-queued since its pipeline was red: at most 1", model.RedSame, true),
		{
			"merges a day, one pipeline and at most 5 % flaky: at least 0.85 of the better of the windows 1 and 2",
			func(l model.Load) bool { return l.Pipelines == 1 && l.Flaky <= 0.05 }, func(o outcomes) (float64, bool) {
				n := o[auto].MergesPerDay() / max(o[window(1)].MergesPerDay(), o[window(2)].MergesPerDay())
				return n, n >= 0.85
			}, "%.2f", true,
		},
		{
			"merges a day with two agents: at least 0.85 of the best window",
			func(l model.Load) bool { return l.Agents == 2 }, func(o outcomes) (float64, bool) {
				best := 0.0
				for n := range 4 {
					best = max(best, o[window(n)].MergesPerDay())
				}
				n := o[auto].MergesPerDay() / best
				return n, n >= 0.85
			}, "%.2f", true,
		},
	}
}

// whileRed is a reading of the goal for a red branch: with what the task had re-queued before it was red, or only since.
func whileRed(text string, reading model.Reading, onlySince bool) goal {
	return goal{text, wantedAny, func(o outcomes) (float64, bool) {
		n := o[auto].Red[reading].All
		if onlySince {
			n = o[auto].Red[reading].Since
		}
		return float64(n), n <= 1
	}, "%.0f", false}
}

// goals prints what was to be reached, the worst of what was measured, and where it was missed.
func goals(out io.Writer, s section, results [][]model.Result) error {
	var b strings.Builder
	b.WriteString("## Goals\n\n| goal | loads | worst | met |\n| --- | --: | --: | --- |\n")
	for _, g := range allGoals() {
		n, worst, missed := 0, 0.0, []string(nil)
		for i, l := range s.loads {
			if !g.loads(l) {
				continue
			}
			o := outcomes{}
			for j, r := range results[i] { // #nosec G602 -- there is a row for each load
				o[s.strategies[j].Name] = r
			}
			value, met := g.measure(o)
			if n == 0 || g.lowest == (value < worst) {
				worst = value
			}
			n++
			if !met {
				missed = append(missed, fmt.Sprintf("%s ("+g.format+")", l.Name, value))
			}
		}
		met := "yes"
		if len(missed) > 0 {
			slices.Sort(missed)
			met = "no: " + strings.Join(missed, ", ")
		}
		fmt.Fprintf(&b, "| %s | %d | "+g.format+" | %s |\n", g.text, n, worst, met)
	}
	b.WriteString("\n")
	_, err := io.WriteString(out, b.String())
	return err
}
