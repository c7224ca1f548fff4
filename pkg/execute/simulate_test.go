package execute_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/execute"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// world is a service in memory, with a time of its own.
type world struct {
	now         time.Time
	evaluations map[uuid.UUID]*requeue.Evaluation
	started     map[uuid.UUID]time.Time
	declines    uuid.UUID
}

func (w *world) read(id uuid.UUID) requeue.Evaluation {
	e := *w.evaluations[id]
	details := *e.Details
	e.Details = &details
	if at, ok := w.started[id]; ok {
		e.BuildIsNotCurrent, e.BuildID = false, 51
		e.Status = map[bool]string{true: "approved", false: "running"}[w.now.Sub(at) >= 30*time.Minute]
	}
	return e
}

// TestSimulatedTime: a plan that the rules have made is carried out and followed on a service in memory, in a time that
// passes as the simulation says.
func TestSimulatedTime(t *testing.T) {
	t.Parallel()
	start := time.Date(2031, 5, 6, 7, 8, 0, 0, time.UTC)
	project := requeue.Project{ID: uuid.New(), Name: "Shop"}
	w := &world{now: start, evaluations: map[uuid.UUID]*requeue.Evaluation{}, started: map[uuid.UUID]time.Time{}}
	var screened []requeue.Screened
	for number := 1; number <= 2; number++ {
		pr := &requeue.PullRequest{ID: number, Status: "active", Repository: &requeue.Repository{ID: uuid.New(), Project: project}, Evaluations: []requeue.Evaluation{{
			ID: uuid.New(), Status: "approved", Details: &requeue.Details{
				BuildID: 50, BuildIsNotCurrent: true, HasIsExpired: true, Completed: start.Add(-time.Hour),
			},
			// Only by the simulated time has it outlived its hour.
			Policy: &requeue.Policy{ID: 1, TypeID: uuid.MustParse(requeue.BuildPolicyType), Enabled: true, Blocking: true, PipelineID: 9, QueueOnSourceUpdateOnly: true, ValidDuration: 60},
		}}}
		screened = append(screened, requeue.Screened{PullRequest: pr})
		w.evaluations[pr.Evaluations[0].ID] = &pr.Evaluations[0]
	}
	w.declines = screened[1].PullRequest.Evaluations[0].ID
	rules := requeue.Rules{When: []requeue.State{requeue.StateExpired}}
	facts := requeue.Facts{}
	plan, questions := rules.Decide(screened, facts, w.now)
	for len(questions) > 0 {
		for _, q := range questions {
			facts[q] = requeue.Answer{Pipeline: requeue.Pipeline{ID: 9, QueueStatus: "enabled"}}
		}
		plan, questions = rules.Decide(screened, facts, w.now)
	}
	options := execute.Options{
		Rules: rules, Facts: facts, Concurrency: 1,
		Clock: execute.Clock{
			Now:  func() time.Time { return w.now },
			Wait: func(_ context.Context, d time.Duration) bool { w.now = w.now.Add(d); return true },
		},
		Service: execute.Service{
			PullRequest: func(_ context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) { return *pr, nil },
			Evaluation:  func(_ context.Context, _, id uuid.UUID) (requeue.Evaluation, error) { return w.read(id), nil },
			Builds:      func(context.Context, requeue.Action) ([]requeue.Build, error) { return nil, nil },
			Requeue: func(_ context.Context, _, id uuid.UUID, begun func()) (requeue.Evaluation, error) {
				begun()
				if id != w.declines {
					w.started[id] = w.now
				}
				return w.read(id), nil
			},
		},
	}
	real := time.Now()
	var told []int
	execute.Execute(t.Context(), plan, options, func(a requeue.Action) { told = append(told, a.Number) })
	if took := w.now.Sub(start); took != 20*time.Second {
		t.Errorf("execution took %s: a declined re-queue is looked for 20 s, a confirmed one not at all", took)
	}
	execute.Follow(t.Context(), plan, options, time.Hour, nil)
	if took := time.Since(real); took > 5*time.Second {
		t.Errorf("the simulation took %s of real time", took)
	}
	if took := w.now.Sub(start); took < 30*time.Minute || took > 32*time.Minute {
		t.Errorf("the result was known after %s", took)
	}
	actions := plan.Actions()
	if len(actions) != 2 {
		t.Fatalf("%d actions", len(actions))
	}
	want := requeue.Outcome{Kind: requeue.OutcomeRequeued, BuildAfter: 51, Result: requeue.ResultSucceeded}
	if diff := cmp.Diff(want, *actions[0].Outcome); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if o := actions[1].Outcome; o.Kind != requeue.OutcomeDeclined || o.Result != "" {
		t.Errorf("the declined one: %+v", *o)
	}
	if diff := cmp.Diff([]int{1, 2}, told); diff != "" {
		t.Errorf("told of -want +got:\n%s", diff)
	}
}
