package requeue_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// afterHours is a green build for an older target branch, of a policy that expires after so many minutes; 0 is not told.
func afterHours(minutes float64, ended, started time.Duration) evaluationMod {
	return func(e *requeue.Evaluation) {
		e.BuildIsNotCurrent, e.Policy.ValidDuration, e.Completed, e.BuildStarted = true, minutes, time.Time{}, time.Time{}
		if ended > 0 {
			e.Completed = before(ended)
		}
		if started > 0 {
			e.BuildStarted = before(started)
		}
	}
}

func TestStateOf(t *testing.T) {
	t.Parallel()
	asked := &requeue.Question{Kind: requeue.AskBuild, ProjectID: project.ID, BuildID: 500}
	answered := func(a requeue.Answer) requeue.Facts { return requeue.Facts{*asked: a} }
	tests := []struct {
		name  string
		ev    requeue.Evaluation
		rules func(*requeue.Rules)
		facts requeue.Facts
		want  requeue.State
		asks  *requeue.Question
	}{
		{name: "not applicable", ev: evaluation(1, notApplicable), want: requeue.StateNotApplicable},
		{name: "not applicable comes before expired", ev: evaluation(1, expired, notApplicable), want: requeue.StateNotApplicable},
		{name: "not applicable settles a malformed record", ev: evaluation(1, notApplicable, malformed), want: requeue.StateNotApplicable},

		{name: "running", ev: evaluation(1, running), want: requeue.StateRunning},
		{name: "running comes before expired", ev: evaluation(1, expired, running), want: requeue.StateRunning},
		{name: "running settles a malformed record", ev: evaluation(1, running, malformed), want: requeue.StateRunning},
		{name: "running without a build", ev: evaluation(1, running, noBuild), want: requeue.StateRunning},
		{name: "queued with a build is in the queue", ev: evaluation(1, status("queued")), want: requeue.StateRunning},
		{
			name: "queued with a build that is not current: asked for, and in the queue until then",
			ev:   evaluation(1, leftQueued), want: requeue.StateRunning, asks: asked,
		},
		{
			name: "queued with a build that is not current: asked for whatever is selected",
			ev:   evaluation(1, leftQueued), rules: when(requeue.StateBroken), want: requeue.StateRunning, asks: asked,
		},
		{
			name: "left behind by a decline: its build has ended", ev: evaluation(1, leftQueued),
			facts: answered(requeue.Answer{Build: build(500, "succeeded")}), want: requeue.StateExpired,
		},
		{
			name: "left behind by a decline: whatever its build's result", ev: evaluation(1, leftQueued),
			facts: answered(requeue.Answer{Build: build(500, "failed")}), want: requeue.StateExpired,
		},
		{
			name: "left behind by a decline: its build is gone", ev: evaluation(1, leftQueued),
			facts: answered(requeue.Answer{Gone: true}), want: requeue.StateExpired,
		},
		{
			name: "queued, and its build has not ended", ev: evaluation(1, leftQueued),
			facts: answered(requeue.Answer{Build: build(500, "", func(b *requeue.Build) { b.Status = "inProgress" })}), want: requeue.StateRunning,
		},
		{
			name: "queued, and its build could not be read", ev: evaluation(1, leftQueued),
			facts: answered(requeue.Answer{Err: errTest}), want: requeue.StateRunning,
		},
		{
			name: "queued with a build on a server without isExpired is in the queue",
			ev:   evaluation(1, status("queued"), func(e *requeue.Evaluation) { e.HasIsExpired = false }), want: requeue.StateRunning,
		},

		{name: "expired as recorded", ev: evaluation(1, expired), want: requeue.StateExpired},
		{name: "expired without a build", ev: evaluation(1, expired, noBuild), want: requeue.StateExpired},
		{name: "expired though current", ev: evaluation(1, expired, func(e *requeue.Evaluation) { e.BuildIsNotCurrent = false }), want: requeue.StateExpired},
		{name: "expired and still shown as approved", ev: evaluation(1, expired, status("approved")), want: requeue.StateExpired},
		{name: "expired and shown as rejected", ev: evaluation(1, expired, failed), want: requeue.StateExpired},
		{name: "expired and shown as broken", ev: evaluation(1, expired, broken), want: requeue.StateExpired},
		{name: "expired but malformed is unknown", ev: evaluation(1, expired, malformed), want: requeue.StateUnknown},
		// Fail closed: what a status means that nobody has seen, isExpired does not tell.
		{name: "expired is enough, with a status that nobody knows", ev: evaluation(1, expired, unknown), want: requeue.StateExpired},
		{name: "expired is enough, whatever the status lacks", ev: evaluation(1, expired, status("")), want: requeue.StateExpired},

		{
			name: "immediately: a rejected build that is not current is asked for, and failed until then",
			ev:   evaluation(1, shownAsRejected), want: requeue.StateFailed, asks: asked,
		},
		{
			name: "immediately: asked for expired alone",
			ev:   evaluation(1, shownAsRejected), rules: when(requeue.StateExpired), want: requeue.StateFailed, asks: asked,
		},
		{
			name: "immediately: asked for failed alone",
			ev:   evaluation(1, shownAsRejected), rules: when(requeue.StateFailed), want: requeue.StateFailed, asks: asked,
		},
		{
			name: "immediately: not asked where neither is of interest",
			ev:   evaluation(1, shownAsRejected), rules: when(requeue.StateBroken, requeue.StateNotStarted, requeue.StateOutdated),
			want: requeue.StateFailed,
		},
		{
			name: "immediately: the build was green", ev: evaluation(1, shownAsRejected),
			facts: answered(requeue.Answer{Build: build(500, "succeeded")}), want: requeue.StateExpired,
		},
		{
			name: "immediately: the build failed", ev: evaluation(1, shownAsRejected),
			facts: answered(requeue.Answer{Build: build(500, "failed")}), want: requeue.StateFailed,
		},
		{
			name: "immediately: partially succeeded is not green", ev: evaluation(1, shownAsRejected),
			facts: answered(requeue.Answer{Build: build(500, "partiallySucceeded")}), want: requeue.StateFailed,
		},
		{
			name: "immediately: the build was cancelled", ev: evaluation(1, shownAsRejected),
			facts: answered(requeue.Answer{Build: build(500, "canceled")}), want: requeue.StateFailed,
		},
		{
			name: "immediately: the build is gone, and nobody knows", ev: evaluation(1, shownAsRejected),
			facts: answered(requeue.Answer{Gone: true}), want: requeue.StateFailed,
		},
		{
			name: "immediately: the setting that says so is of a wrong type",
			ev:   evaluation(1, shownAsRejected, func(e *requeue.Evaluation) { e.Policy.MalformedExpiry = true }), want: requeue.StateUnknown,
		},
		{
			name: "that setting is of no matter to a current build that failed",
			ev:   evaluation(1, failed, func(e *requeue.Evaluation) { e.Policy.MalformedExpiry = true }), want: requeue.StateFailed,
		},
		{
			name: "nor to one whose record says that it has expired",
			ev:   evaluation(1, expired, func(e *requeue.Evaluation) { e.Policy.MalformedExpiry = true }), want: requeue.StateExpired,
		},
		{
			name: "immediately: the build could not be read", ev: evaluation(1, shownAsRejected),
			facts: answered(requeue.Answer{Build: build(500, "succeeded"), Err: errTest}), want: requeue.StateFailed,
		},
		{
			name: "immediately: a current build simply failed",
			ev:   evaluation(1, shownAsRejected, func(e *requeue.Evaluation) { e.BuildIsNotCurrent = false }), want: requeue.StateFailed,
		},
		{
			name: "after hours or never: a rejected build simply failed",
			ev:   evaluation(1, shownAsRejected, func(e *requeue.Evaluation) { e.Policy.QueueOnSourceUpdateOnly = true }),
			want: requeue.StateFailed,
		},
		{name: "immediately: rejected without a build", ev: evaluation(1, shownAsRejected, noBuild), want: requeue.StateFailed},
		{name: "immediately: broken is not rejected", ev: evaluation(1, shownAsRejected, broken), want: requeue.StateBroken},
		{
			name: "other policy types have no build", ev: evaluation(1, shownAsRejected, ofType(commentsType, "Comments"), buildID(500)),
			want: requeue.StateFailed,
		},

		{name: "failed", ev: evaluation(1, failed), want: requeue.StateFailed},
		{name: "failed without a build", ev: evaluation(1, failed, noBuild), want: requeue.StateFailed},
		{name: "broken", ev: evaluation(1, broken), want: requeue.StateBroken},
		{name: "broken without a build", ev: evaluation(1, broken, noBuild), want: requeue.StateBroken},
		{name: "not started", ev: evaluation(1, notStarted), want: requeue.StateNotStarted},
		{
			name: "not started on a server without isExpired",
			ev:   evaluation(1, notStarted, func(e *requeue.Evaluation) { e.HasIsExpired = false }), want: requeue.StateNotStarted,
		},

		{name: "after 12 hours: computed, since the record may lag", ev: evaluation(1, afterHours(720, 12*time.Hour, 13*time.Hour)), want: requeue.StateExpired},
		{name: "after 12 hours: a second to go", ev: evaluation(1, afterHours(720, 12*time.Hour-time.Second, 13*time.Hour)), want: requeue.StateOutdated},
		{name: "after 12 hours: the later of end and start counts", ev: evaluation(1, afterHours(720, 13*time.Hour, 11*time.Hour)), want: requeue.StateSucceeded},
		{name: "after 12 hours: the end alone", ev: evaluation(1, afterHours(720, 12*time.Hour, 0)), want: requeue.StateExpired},
		{name: "after 12 hours: the start alone", ev: evaluation(1, afterHours(720, 0, 12*time.Hour)), want: requeue.StateExpired},
		{name: "after 12 hours: neither is told", ev: evaluation(1, afterHours(720, 0, 0)), want: requeue.StateSucceeded},
		{name: "after half a minute", ev: evaluation(1, afterHours(0.5, 30*time.Second, time.Minute)), want: requeue.StateExpired},
		{name: "never: old is not expired", ev: evaluation(1, afterHours(0, 99*time.Hour, 99*time.Hour)), want: requeue.StateOutdated},
		{
			name: "after 12 hours: the target branch has not moved",
			ev:   evaluation(1, afterHours(720, 99*time.Hour, 99*time.Hour), func(e *requeue.Evaluation) { e.BuildIsNotCurrent = false }), want: requeue.StateSucceeded,
		},
		{
			name: "immediately: no age is computed",
			ev:   evaluation(1, afterHours(720, 13*time.Hour, 13*time.Hour), func(e *requeue.Evaluation) { e.Policy.QueueOnSourceUpdateOnly = false }), want: requeue.StateOutdated,
		},
		{
			name: "after hours or immediately, who knows",
			ev:   evaluation(1, afterHours(720, 13*time.Hour, 13*time.Hour), func(e *requeue.Evaluation) { e.Policy.MalformedExpiry = true }), want: requeue.StateUnknown,
		},
		{name: "other policy types have no age", ev: evaluation(1, afterHours(720, 13*time.Hour, 0), ofType(commentsType, "Comments")), want: requeue.StateSucceeded},

		{name: "outdated", ev: evaluation(1, outdated), want: requeue.StateOutdated},
		{name: "outdated: started just so long ago", ev: evaluation(1, outdated, buildStarted(12*time.Hour)), want: requeue.StateOutdated},
		{
			name: "younger than outdatedAfter counts as succeeded",
			ev:   evaluation(1, outdated, buildStarted(12*time.Hour-time.Second)), want: requeue.StateSucceeded,
		},
		{
			name: "outdatedAfter is an input", ev: evaluation(1, outdated, buildStarted(2*time.Hour)),
			rules: func(r *requeue.Rules) { r.OutdatedAfter = time.Hour }, want: requeue.StateOutdated,
		},
		{
			name: "outdatedAfter 0: any green build for an older target branch",
			ev:   evaluation(1, outdated, buildStarted(0)), rules: func(r *requeue.Rules) { r.OutdatedAfter = 0 }, want: requeue.StateOutdated,
		},
		{
			name: "a start that nobody tells is not long ago",
			ev:   evaluation(1, outdated, func(e *requeue.Evaluation) { e.BuildStarted = time.Time{} }), want: requeue.StateSucceeded,
		},
		{name: "an old green build that is current succeeded", ev: evaluation(1), want: requeue.StateSucceeded},
		{name: "succeeded but malformed is unknown", ev: evaluation(1, malformed), want: requeue.StateUnknown},

		{name: "an unknown status", ev: evaluation(1, unknown), want: requeue.StateUnknown},
		{name: "no status", ev: evaluation(1, status("")), want: requeue.StateUnknown},
		{name: "words have one spelling", ev: evaluation(1, status("Approved")), want: requeue.StateUnknown},
		{name: "failed but malformed is unknown", ev: evaluation(1, failed, malformed), want: requeue.StateUnknown},
		{name: "queued but malformed is unknown", ev: evaluation(1, notStarted, malformed), want: requeue.StateUnknown},
		{
			name: "a status of the wrong type is unknown",
			ev:   evaluation(1, running, func(e *requeue.Evaluation) { e.Malformed = "status" }), want: requeue.StateUnknown,
		},
		{
			name: "settings of the wrong type make it unknown",
			ev:   evaluation(1, expired, func(e *requeue.Evaluation) { e.Policy.Malformed = "settings.buildDefinitionId" }), want: requeue.StateUnknown,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rules()
			if tt.rules != nil {
				tt.rules(&r)
			}
			got, asks := r.StateOf(new(pullRequest(7)), tt.ev, tt.facts, now)
			if got != tt.want {
				t.Errorf("got state %s, want %s", got, tt.want)
			}
			if diff := cmp.Diff(tt.asks, asks); diff != "" {
				t.Errorf("question (-want +got):\n%s", diff)
			}
		})
	}
}
