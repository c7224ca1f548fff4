package report

import (
	"fmt"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// windows says how many pull requests may be in flight on each branch where that was found out, and from what.
func (l *Log) windows(k known) {
	for _, w := range k.plan.Windows {
		place := join(", ", k.namer.repository(w.Repository), agent.Shorten(requeue.ShortBranch(w.RefName), maxName))
		text := fmt.Sprintf("each turns green with a probability of p %.2f", w.Success)
		if w.Why != "" {
			text = agent.Shorten(w.Why, maxDetail)
		}
		l.Line("Target branch %s: at most %s in flight, since %s.", place, plural(w.Size, "pull request"), text)
		for _, r := range w.Statistics {
			l.Line("  %s: %s", agent.Shorten(r.Name(), maxName), l.statistics(r))
		}
	}
}

// statistics is the line about what the builds of one pipeline say.
func (l *Log) statistics(r requeue.Statistics) string {
	if r.Err != nil {
		return "its builds could not be read (" + agent.Shorten(errorText(r.Err), maxDetail) + ")"
	}
	text := fmt.Sprintf("of the newest %s of commits that had been green before, %d succeeded: p %.2f", plural(r.Sample, "build"), r.Succeeded, r.Success)
	if !r.Believed() {
		text = fmt.Sprintf("%s of commits that had been green before, too few to tell: p %.2f is assumed", plural(r.Sample, "build"), r.Success)
	}
	if r.Duration > 0 {
		text += fmt.Sprintf("; median wait %s, median duration %s", requeue.ShortDuration(r.Wait.Round(time.Second)), requeue.ShortDuration(r.Duration.Round(time.Second)))
	}
	return text
}

// breakers says which pipelines fail for everybody, and of which that could not be found out.
func (l *Log) breakers(k known) {
	for _, b := range k.plan.Breakers {
		name := agent.Shorten(b.Name(), maxName)
		switch {
		case b.Err != nil:
			l.Line("The builds of %s could not be read, so its failures are retried as if `pauseAfterFailures` was 0 (%s).", name, agent.Shorten(errorText(b.Err), maxDetail))
		case b.Undecided && b.Open:
			l.Line("The newest builds of %s have all failed, as far back as they were read (%s): one of its failures is retried in this run, to find out whether it works again.", name, plural(b.Read, "build"))
		case b.Undecided:
			l.Line("Whether the newest builds of %s for pull requests have all failed could not be found out (%s found), so its failures are retried as if `pauseAfterFailures` was 0.", name, plural(b.Read, "build"))
		case b.Open:
			l.Line("The newest builds of %s have all failed: one of its failures is retried in this run, to find out whether it works again.", name)
		}
	}
}
