package report

import (
	"fmt"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Outcome prints what became of one action, under its number in the plan that was printed last.
func (l *Log) Outcome(a requeue.Action) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.known.begun {
		l.known.begun = true
		l.Section("What happened")
	}
	l.Line("%s", l.known.line(a, join(", ", outcomeText(*a.Outcome), resultText(*a.Outcome))))
}

// Result prints how a re-queued evaluation ended, where the run waits.
func (l *Log) Result(a requeue.Action) {
	o := *a.Outcome
	if text := resultText(o); text != "" {
		build := ""
		if o.BuildAfter != 0 {
			build = fmt.Sprintf("build %d ", o.BuildAfter)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.Line("%s", l.known.line(a, build+text))
	}
}

func outcomeText(o requeue.Outcome) string {
	switch o.Kind {
	case requeue.OutcomeRequeued:
		if o.BuildAfter == 0 {
			return join(": ", "re-queued", agent.Shorten(o.Detail, maxDetail))
		}
		return fmt.Sprintf("re-queued, build %d", o.BuildAfter)
	case requeue.OutcomeDeclined:
		return withDetail("declined", "the service took the request and started no build", agent.Shorten(o.Detail, maxDetail))
	case requeue.OutcomeMoved:
		return withDetail("moved", "left alone, it changed after the plan was made", agent.Shorten(o.Detail, maxDetail))
	case requeue.OutcomeFailed:
		return join(": ", "failed", agent.Shorten(errorText(o.Err), 2*maxDetail))
	case requeue.OutcomePlanned:
	}
	return "planned: the run ended before its turn"
}

func resultText(o requeue.Outcome) string {
	if o.Result == "" {
		return ""
	}
	return join(": ", string(o.Result), agent.Shorten(o.ResultDetail, maxDetail))
}

// Counts prints the run in numbers.
func (l *Log) Counts(s requeue.Summary) {
	c := s.Counts
	l.Section("Counts")
	l.Line("Pull requests: %d active, %d left alone as a whole", c.PullRequest, c.SkippedPullRequest)
	l.Line("Evaluations: %d read, %d planned, %d left alone", c.Evaluation, c.Planned, c.Skipped)
	if tried := c.Requeued + c.Declined + c.Moved + c.Failed; tried > 0 {
		l.Line("Done: %d re-queued, %d declined, %d moved, %d failed", c.Requeued, c.Declined, c.Moved, c.Failed)
	}
	if c.Succeeded+c.Rejected+c.Pending > 0 {
		l.Line("Results: %d succeeded, %d rejected, %d pending", c.Succeeded, c.Rejected, c.Pending)
	}
	var reasons []string
	for _, reason := range allReasons() {
		if n := s.SkippedByReason[reason]; n > 0 {
			reasons = append(reasons, fmt.Sprintf("%s %d", reason, n))
		}
	}
	if len(reasons) > 0 {
		l.Line("Left alone by reason: %s", strings.Join(reasons, ", "))
	}
}

func allReasons() []requeue.Reason {
	return append(requeue.PullRequestReasons(), requeue.EvaluationReasons()...)
}
