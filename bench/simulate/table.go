package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pr-evaluations/reschedule/bench/simulate/model"
)

// table prints a section as Markdown.
func table(out io.Writer, s section, results [][]model.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n", s.title, s.text)
	for i, l := range s.loads {
		fmt.Fprintf(&b, "\n### %s\n\n", l.Name)
		b.WriteString("| strategy | merges a day | re-queued per merge and pipeline | by anybody | agent hours per merge | ready to merged, median | 95 % | not merged | over 24 h | while red | in flight while red |\n")
		b.WriteString("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n")
		for j, strategy := range s.strategies {
			row(&b, strategy, results[i][j])
		}
	}
	b.WriteString("\n")
	_, err := io.WriteString(out, b.String())
	return err
}

func row(b *strings.Builder, s model.Strategy, r model.Result) {
	own, red, inFlight := "–", "–", "–"
	if s.Rules != nil || s.Everything {
		own, red = fmt.Sprintf("%.2f", r.RequeuesPerMerge()), perSeed(r.WhileRed, r)
		n := r.Red[model.RedAny]
		inFlight = fmt.Sprintf("%d (%d)", n.Since, n.All)
	}
	fmt.Fprintf(b, "| %s | %.1f | %s | %.2f | %.2f | %s | %s | %s | %.1f %% | %s | %s |\n",
		s.Name, r.MergesPerDay(), own, r.AllRequeuesPerMerge(), r.AgentHoursPerMerge(), hours(r.Wait(0.5)), hours(r.Wait(0.95)),
		perSeed(r.Left, r), 100*r.LateShare(), red, inFlight)
}

// perSeed is the mean of what was counted over all seeds.
func perSeed(n int, r model.Result) string {
	return fmt.Sprintf("%.0f", float64(n)/float64(max(r.Seeds, 1)))
}

func hours(d time.Duration) string { return fmt.Sprintf("%.1f h", d.Hours()) }
