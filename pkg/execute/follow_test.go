package execute

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestFollow(t *testing.T) {
	t.Parallel()
	ours := func(status string, change ...func(*requeue.Evaluation)) requeue.Evaluation {
		e := *expiredAction(7, 1).Evaluation
		e.Status, e.IsExpired, e.BuildID = status, false, 51
		for _, c := range change {
			c(&e)
		}
		return e
	}
	record := func(e requeue.Evaluation) func(time.Duration) (requeue.Evaluation, error) {
		return func(time.Duration) (requeue.Evaluation, error) { return e, nil }
	}
	tests := []struct {
		name    string
		record  func(since time.Duration) (requeue.Evaluation, error)
		pr      string
		listed  []requeue.Evaluation // of the pull request
		known   bool                 // the build was known when the wait began
		want    requeue.Result
		build   int
		atLeast time.Duration
		atMost  time.Duration
	}{
		{name: "approved", record: record(ours("approved")), known: true, want: requeue.ResultSucceeded, build: 51, atMost: 3 * time.Second},
		{name: "approved, its build learned late", record: record(ours("approved")), want: requeue.ResultSucceeded, build: 51, atMost: 3 * time.Second},
		{name: "rejected", record: record(ours("rejected")), known: true, want: requeue.ResultRejected, build: 51, atMost: 3 * time.Second},
		{name: "broken", record: record(ours("broken")), known: true, want: requeue.ResultRejected, build: 51, atMost: 3 * time.Second},
		{name: "expired again", record: record(ours("queued", func(e *requeue.Evaluation) { e.IsExpired = true })), known: true, want: requeue.ResultPending, build: 51, atMost: 3 * time.Second},
		{name: "another build than ours", record: record(ours("running", func(e *requeue.Evaluation) { e.BuildID = 77 })), known: true, want: requeue.ResultPending, build: 51, atMost: 3 * time.Second},
		{name: "still running at the time-out", record: record(ours("running")), known: true, want: requeue.ResultPending, build: 51, atLeast: time.Hour, atMost: time.Hour + time.Second},
		{name: "the record lags, then approved", known: true, want: requeue.ResultSucceeded, build: 51, atLeast: 2 * time.Second, atMost: time.Minute, record: func(since time.Duration) (requeue.Evaluation, error) {
			if since < 10*time.Second {
				return *expiredAction(7, 1).Evaluation, nil
			}
			return ours("approved"), nil
		}},
		{name: "a read that fails is asked again", known: true, want: requeue.ResultSucceeded, build: 51, atMost: time.Minute, record: func(since time.Duration) (requeue.Evaluation, error) {
			if since < 10*time.Second {
				return requeue.Evaluation{}, &azdo.Error{StatusCode: 500}
			}
			return ours("approved"), nil
		}},
		{name: "the pull request completed meanwhile", record: record(ours("running")), pr: "completed", known: true, want: requeue.ResultSucceeded, build: 51, atMost: time.Minute},
		{name: "the pull request was abandoned", record: record(ours("running")), pr: "abandoned", known: true, want: requeue.ResultPending, build: 51, atMost: time.Minute},
		{name: "gone with its completed pull request", pr: "completed", known: true, want: requeue.ResultSucceeded, build: 51, atMost: 3 * time.Second, record: func(time.Duration) (requeue.Evaluation, error) {
			return requeue.Evaluation{}, &azdo.Error{StatusCode: 404}
		}},
		{name: "under a new number", listed: []requeue.Evaluation{ours("approved")}, known: true, want: requeue.ResultSucceeded, build: 51, atMost: 3 * time.Second, record: func(time.Duration) (requeue.Evaluation, error) {
			return requeue.Evaluation{}, &azdo.Error{StatusCode: 404}
		}},
		{name: "the token is refused: the wait ends", known: true, want: requeue.ResultPending, build: 51, atLeast: 10 * time.Second, atMost: 20 * time.Second, record: func(since time.Duration) (requeue.Evaluation, error) {
			if since < 10*time.Second {
				return ours("running"), nil
			}
			return requeue.Evaluation{}, &azdo.Error{StatusCode: 401}
		}},
		{name: "a permission is refused, which may come back: the wait goes on", known: true, want: requeue.ResultSucceeded, build: 51, atLeast: 10 * time.Second, atMost: time.Minute, record: func(since time.Duration) (requeue.Evaluation, error) {
			if since < 10*time.Second {
				return requeue.Evaluation{}, &azdo.Error{StatusCode: 403}
			}
			return ours("approved"), nil
		}},
		{name: "an immediate policy shows a green build as rejected: expired again", known: true, want: requeue.ResultPending, build: 51, atMost: 3 * time.Second, record: record(ours("rejected", func(e *requeue.Evaluation) {
			policy := *e.Policy
			policy.QueueOnSourceUpdateOnly = false
			e.Policy, e.BuildIsNotCurrent = &policy, true
		}))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				reads := 0
				var changes []int
				o := Options{Rules: requeue.Rules{When: []requeue.State{requeue.StateExpired}}, Concurrency: 4, Service: Service{
					Evaluations: func(context.Context, *requeue.PullRequest) ([]requeue.Evaluation, error) { return tt.listed, nil },
					Evaluation: func(context.Context, uuid.UUID, uuid.UUID) (requeue.Evaluation, error) {
						reads++
						return tt.record(time.Since(begin))
					},
					PullRequest: func(_ context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) {
						now := *pr
						if tt.pr != "" {
							now.Status = tt.pr
						}
						return now, nil
					},
					Build: func(_ context.Context, _ uuid.UUID, id int) (requeue.Build, error) {
						return requeue.Build{ID: id, Status: "completed", Result: "succeeded"}, nil
					},
				}}
				requeued, declined := expiredAction(7, 1), expiredAction(8, 1)
				requeued.Outcome.Kind, declined.Outcome.Kind = requeue.OutcomeRequeued, requeue.OutcomeDeclined
				if tt.known {
					requeued.Outcome.BuildAfter = 51
				}
				Follow(t.Context(), planOf(requeued, declined), o, time.Hour, func(a requeue.Action, open int) { changes = append(changes, a.Number, open) })
				took := time.Since(begin)
				got := *requeued.Outcome
				if got.Result != tt.want || got.BuildAfter != tt.build || took < tt.atLeast || took > tt.atMost {
					t.Errorf("result %q of build %d after %s, want %q of build %d: %+v", got.Result, got.BuildAfter, took, tt.want, tt.build, got)
				}
				if got.Result == requeue.ResultPending && got.ResultDetail == "" {
					t.Error("pending without a reason")
				}
				if declined.Outcome.Result != "" || len(changes) != 2 {
					t.Errorf("declined is not waited for: %+v, changes %v", *declined.Outcome, changes)
				}
				if took >= time.Hour && (reads < 60 || reads > 75) {
					t.Errorf("%d reads in an hour: pauses do not grow from 2 s to a minute", reads)
				}
			})
		})
	}
}

func TestFollowCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		o := Options{Concurrency: 1, Service: Service{
			Evaluation: func(context.Context, uuid.UUID, uuid.UUID) (requeue.Evaluation, error) {
				e := *expiredAction(7, 1).Evaluation
				e.Status, e.IsExpired, e.BuildID = "running", false, 51
				return e, nil
			},
			PullRequest: func(_ context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) { return *pr, nil },
		}}
		a := expiredAction(7, 1)
		*a.Outcome = requeue.Outcome{Kind: requeue.OutcomeRequeued, BuildAfter: 51}
		begin := time.Now()
		Follow(ctx, planOf(a), o, time.Hour, nil)
		if a.Outcome.Result != requeue.ResultPending || time.Since(begin) > 11*time.Second {
			t.Errorf("%+v after %s", a.Outcome, time.Since(begin))
		}
	})
}
