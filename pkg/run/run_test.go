package run

import (
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestCancelText: what was not begun is told by the outcomes; what could not be read was never planned.
func TestCancelText(t *testing.T) {
	t.Parallel()
	plan := requeue.Plan{Actions: []requeue.Action{action(1), action(2), action(3)}}
	outcomes := []requeue.Outcome{{Verdict: requeue.VerdictRequeued}, {Verdict: requeue.VerdictPlanned}, {Verdict: requeue.VerdictPlanned}}
	summary := requeue.Summarize(plan, outcomes)
	summary.Counts.Failed = 2 // pull requests that could not be read
	want := "The run was cancelled: 1 of 3 planned evaluations were re-queued, 2 were not begun."
	if got := cancelText(plan, outcomes, summary); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func action(pullRequest int) requeue.Action {
	return requeue.Action{PullRequest: &requeue.PullRequest{ID: pullRequest}}
}
