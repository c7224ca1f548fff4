package report

import (
	"cmp"
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
	if l.collection != "" && a.Outcome.Kind != requeue.OutcomePlanned {
		l.addresses(a)
	}
}

// addresses are the pages of the pull request and of the newest build that is known, to be opened from a terminal.
func (l *Log) addresses(a requeue.Action) {
	build := cmp.Or(a.Outcome.BuildAfter, a.Evaluation.BuildID)
	page := ""
	if build > 0 {
		page = safeURL(buildURL(l.collection, a.PullRequest.Repository.Project, build))
	}
	if text := join("  ", safeURL(a.PullRequest.URL()), page); text != "" {
		l.Line("     %s", text)
	}
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
		return "declined by Azure DevOps: " + cmp.Or(agent.Shorten(o.Detail, maxDetail), "it started no build")
	case requeue.OutcomeMoved:
		text, _ := explainReason(requeue.Moved)
		return withDetail("moved", text, agent.Shorten(o.Detail, maxDetail))
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

// Counts prints the run in numbers, of the plan that was printed last.
func (l *Log) Counts(s requeue.Summary) {
	c := s.Counts
	l.mu.Lock()
	t := newTally(l.known.plan)
	l.mu.Unlock()
	l.Section("Counts")
	unread := ""
	if t.unreadRequests > 0 {
		unread = fmt.Sprintf("%d not readable", t.unreadRequests)
	}
	l.Line("Pull requests: %s", join(", ", fmt.Sprintf("%d active, %d left alone as a whole", c.PullRequest, c.SkippedPullRequest), unread))
	l.Line("Evaluations: %d read, %d chosen for a re-queue, %s", c.Evaluation, c.Planned, t.skipped())
	if c.Planned > t.notBegun {
		left := ""
		if t.notBegun > 0 {
			left = fmt.Sprintf("%d not begun", t.notBegun)
		}
		l.Line("Done: %s", join(", ", fmt.Sprintf("%d re-queued, %d declined, %d moved, %d failed", c.Requeued, c.Declined, c.Moved, t.failed), left))
	}
	if c.Succeeded+c.Rejected+c.Pending > 0 {
		l.Line("Results: %d succeeded, %d rejected, %d pending", c.Succeeded, c.Rejected, c.Pending)
	}
	var reasons []string
	for _, reason := range allReasons() {
		if n := s.SkippedByReason[reason]; n > 0 {
			reasons = append(reasons, fmt.Sprintf("%s: %d", reason, n))
		}
	}
	if len(reasons) > 0 {
		l.Line("Left alone by reason: %s", strings.Join(reasons, ", "))
	}
}

func allReasons() []requeue.Reason {
	return append(requeue.PullRequestReasons(), requeue.EvaluationReasons()...)
}
