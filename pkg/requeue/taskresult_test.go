package requeue_test

import (
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestTaskResult: the worst that applies wins. Each rule has a row that triggers it, and a near miss.
func TestTaskResult(t *testing.T) {
	t.Parallel()
	const (
		succeeded = requeue.TaskSucceeded
		issues    = requeue.TaskSucceededWithIssues
		failed    = requeue.TaskFailed
	)
	onNothing := func(v requeue.OnNothing) requeue.ResultRules { return requeue.ResultRules{OnNothing: v} }
	warn := requeue.ResultRules{OnError: requeue.OnErrorWarn}
	rejected := requeue.ResultRules{FailOnRejected: true}
	planned := func(c requeue.Counts) requeue.Ending {
		c.Planned = max(c.Planned, 1)
		return requeue.Ending{Counts: c}
	}
	all := requeue.Ending{
		Counts: requeue.Counts{Planned: 4, Requeued: 1, Declined: 1, Failed: 1, Rejected: 1, Pending: 1}, Missing: true, Failures: true, Cancelled: true,
	}
	for _, tt := range []struct {
		name   string
		rules  requeue.ResultRules
		ending requeue.Ending
		want   requeue.TaskResult
	}{
		{name: "re-queued", ending: planned(requeue.Counts{Requeued: 1, Succeeded: 1}), want: succeeded},
		{name: "a dry run", ending: planned(requeue.Counts{}), want: succeeded},
		{name: "moved", ending: planned(requeue.Counts{Moved: 1}), want: succeeded},
		{name: "cancelled", ending: requeue.Ending{Counts: requeue.Counts{Planned: 1, Requeued: 1}, Cancelled: true}, want: failed},
		{name: "cancelled, with onError warn", rules: warn, ending: requeue.Ending{Counts: requeue.Counts{Planned: 1}, Cancelled: true}, want: failed},
		{name: "something named is missing, with onError warn", rules: warn, ending: requeue.Ending{Missing: true, Failures: true}, want: failed},
		{name: "a list could not be read", ending: requeue.Ending{Failures: true}, want: failed},
		{name: "a list could not be read, with onError warn", rules: warn, ending: requeue.Ending{Failures: true}, want: issues},
		{name: "one failed", ending: planned(requeue.Counts{Requeued: 9, Failed: 1}), want: failed},
		{name: "one failed, with onError warn", rules: warn, ending: planned(requeue.Counts{Requeued: 9, Failed: 1}), want: issues},
		{name: "declined beside re-queued", ending: planned(requeue.Counts{Requeued: 1, Declined: 9}), want: issues},
		{name: "declined and nothing re-queued", ending: planned(requeue.Counts{Declined: 1}), want: failed},
		{name: "declined and nothing re-queued, with onError warn", rules: warn, ending: planned(requeue.Counts{Declined: 1}), want: issues},
		{name: "pending", ending: planned(requeue.Counts{Requeued: 1, Pending: 1}), want: issues},
		{name: "rejected", ending: planned(requeue.Counts{Requeued: 1, Rejected: 1}), want: succeeded},
		{name: "rejected, with failOnRejected", rules: rejected, ending: planned(requeue.Counts{Requeued: 1, Rejected: 1}), want: failed},
		{name: "pending, with failOnRejected", rules: rejected, ending: planned(requeue.Counts{Requeued: 1, Pending: 1}), want: issues},
		{name: "nothing", rules: onNothing(requeue.OnNothingIgnore), want: succeeded},
		{name: "nothing, with onNothing warn", rules: onNothing(requeue.OnNothingWarn), want: issues},
		{name: "nothing, with onNothing fail", rules: onNothing(requeue.OnNothingFail), want: failed},
		{name: "planned is something", rules: onNothing(requeue.OnNothingFail), ending: planned(requeue.Counts{}), want: succeeded},
		{name: "held back by a limit is something", rules: onNothing(requeue.OnNothingFail), ending: requeue.Ending{Limited: true}, want: succeeded},
		{
			name: "what failed is something", ending: requeue.Ending{Failures: true}, want: issues,
			rules: requeue.ResultRules{OnNothing: requeue.OnNothingFail, OnError: requeue.OnErrorWarn},
		},
		{name: "all at once", rules: requeue.ResultRules{OnError: requeue.OnErrorWarn, FailOnRejected: true}, ending: all, want: failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.rules.TaskResult(tt.ending); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// TestOnlyDeclined: every request was taken and nothing came of any.
func TestOnlyDeclined(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		ending requeue.Ending
		want   bool
	}{
		{"declined", requeue.Ending{Counts: requeue.Counts{Declined: 2, Moved: 1}}, true},
		{"nothing", requeue.Ending{}, false},
		{"one was re-queued", requeue.Ending{Counts: requeue.Counts{Declined: 2, Requeued: 1}}, false},
		{"one failed", requeue.Ending{Counts: requeue.Counts{Declined: 2, Failed: 1}}, false},
		{"a list failed", requeue.Ending{Counts: requeue.Counts{Declined: 2}, Failures: true}, false},
		{"cancelled", requeue.Ending{Counts: requeue.Counts{Declined: 2}, Cancelled: true}, false},
	} {
		if got := tt.ending.OnlyDeclined(); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
