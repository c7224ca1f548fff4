package run

import (
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestCancelText: what was not begun is told by the outcomes; what could not be read was never planned.
func TestCancelText(t *testing.T) {
	t.Parallel()
	plan := requeue.Plan{PullRequests: []requeue.PullRequestPlan{
		entry(1, requeue.OutcomeRequeued), entry(2, requeue.OutcomePlanned), entry(3, requeue.OutcomePlanned),
	}}
	summary := requeue.Summarize(plan)
	summary.Counts.Failed = 2 // pull requests that could not be read
	want := "The run was cancelled: 1 of 3 planned evaluations was re-queued, 2 were not begun."
	if got := cancelText(plan, summary); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func entry(pullRequest int, kind requeue.OutcomeKind) requeue.PullRequestPlan {
	return requeue.PullRequestPlan{PullRequest: &requeue.PullRequest{ID: pullRequest}, Evaluations: []requeue.EvaluationPlan{
		{Decision: &requeue.Decision{Requeue: true}, Outcome: &requeue.Outcome{Kind: kind}},
	}}
}
