package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// maxFindings is of how many pipelines the summary says what their builds tell.
const maxFindings = 20

// findingWire is what the builds of one pipeline tell.
type findingWire struct {
	Project                string                   `json:"project"`
	PipelineID             int                      `json:"pipelineId"`
	Pipeline               *string                  `json:"pipeline"`
	Builds                 int                      `json:"builds"`
	Commits                int                      `json:"commits"`
	FlakyCommits           int                      `json:"flakyCommits"`
	GreenAfterTargetChange int                      `json:"greenAfterTargetChange"`
	ErrorsRead             int                      `json:"errorsRead"`
	ErrorSets              map[requeue.ErrorSet]int `json:"errorSets"`
	InNoSet                int                      `json:"inNoSet"`
	Requeued               int                      `json:"requeued"`
	RequeuedMeasured       int                      `json:"requeuedMeasured"`
	LastMinutes            float64                  `json:"lastMinutes"`
}

func findingsWire(findings []requeue.Finding) []findingWire {
	all := make([]findingWire, len(findings))
	for i, f := range findings {
		all[i] = findingWire{
			Project: f.Project.Name, PipelineID: f.PipelineID, Pipeline: orNull(f.Pipeline), Builds: f.Builds, Commits: f.Commits,
			FlakyCommits: f.Flaky, GreenAfterTargetChange: f.Changed, ErrorsRead: f.ErrorsRead, ErrorSets: map[requeue.ErrorSet]int{}, InNoSet: f.Unknown,
			Requeued: f.Requeued, RequeuedMeasured: f.Measured, LastMinutes: math.Round(f.Took.Minutes()*10) / 10,
		}
		for _, s := range f.Sets {
			all[i].ErrorSets[s.Set] = s.Builds
		}
	}
	return all
}

// findings says what the builds tell that were read for the plan.
func (s *summaryWriter) findings() {
	var lines []string
	for _, f := range s.Findings {
		if f.Builds > 0 {
			lines = append(lines, "- "+s.finding(f))
		}
	}
	if len(lines) == 0 {
		return
	}
	s.heading("What the builds tell")
	s.line("Of the builds that this run has read anyway, without cancelled ones:")
	s.line("")
	for _, line := range lines[:min(len(lines), maxFindings)] {
		s.line("%s", line)
	}
	s.more(maxFindings, len(lines))
}

func (s *summaryWriter) finding(f requeue.Finding) string {
	name := markdown(f.Pipeline, maxName)
	if name == "" {
		name = fmt.Sprintf("pipeline %d", f.PipelineID)
	}
	if s.namer.projects {
		name = join("/", markdown(f.Project.Name, maxName), name)
	}
	return join(" ", "**"+name+"**: "+plural(f.Builds, "build")+" of "+plural(f.Commits, "commit")+". "+greenText(f), errorsText(f), s.lastText(f))
}

// greenText says what became of commits that failed.
func greenText(f requeue.Finding) string {
	if f.Flaky+f.Changed == 0 {
		return "No commit failed first and then succeeded."
	}
	text := plural(f.Flaky, "commit") + " failed and then succeeded without any change (flaky)"
	if f.Changed > 0 {
		text += fmt.Sprintf(", and %d after the target branch had changed", f.Changed)
	}
	return text + "."
}

// errorsText says which sets were behind the failures whose errors were read.
func errorsText(f requeue.Finding) string {
	if f.ErrorsRead == 0 {
		return ""
	}
	var found []string
	for _, set := range f.Sets {
		found = append(found, fmt.Sprintf("%s in %d", inMarkdown(string(set.Set)), set.Builds))
	}
	if f.Unknown > 0 {
		found = append(found, fmt.Sprintf("no named set in %d", f.Unknown))
	}
	return "The errors of " + plural(f.ErrorsRead, "failed build") + " were read: " + strings.Join(found, ", ") + "."
}

// lastText says what a re-queue costs.
func (s *summaryWriter) lastText(f requeue.Finding) string {
	if f.Measured == 0 {
		return ""
	}
	verb := requeue.Was(f.Requeued) + " re-queued"
	if s.DryRun {
		verb = "would be re-queued"
	}
	of := "the " + plural(f.Requeued, "build")
	switch {
	case f.Measured < f.Requeued:
		of = fmt.Sprintf("%d of %s", f.Measured, of)
	case f.Requeued == 1:
		of = "the build"
	}
	return fmt.Sprintf("Last time, %s that %s took %s.", of, verb, minutes(f.Took))
}

// minutes is a time in whole minutes.
func minutes(d time.Duration) string {
	if d < time.Minute/2 {
		return "less than a minute"
	}
	return plural(int(math.Round(d.Minutes())), "minute")
}
