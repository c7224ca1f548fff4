package task

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// answerAll asks until the rules ask no more, each question once. It ends early with ctx.
func answerAll(ctx context.Context, client *azdo.Client, rules requeue.Rules, prs []requeue.Screened, concurrency int, now time.Time) requeue.Facts {
	facts := requeue.Facts{}
	for ctx.Err() == nil {
		questions := rules.Ask(prs, facts, now)
		if len(questions) == 0 {
			break
		}
		pipelines := map[uuid.UUID][]int{}
		var projects []uuid.UUID
		answers := make([]requeue.Answer, len(questions))
		for i := range answers {
			answers[i].Err = context.Canceled // until it was asked
		}
		each(ctx, concurrency, len(questions), func(i int) {
			if questions[i].Kind != requeue.AskPipeline {
				answers[i] = answer(ctx, client, questions[i])
			}
		})
		for _, q := range questions {
			if q.Kind == requeue.AskPipeline {
				if _, known := pipelines[q.ProjectID]; !known {
					projects = append(projects, q.ProjectID)
				}
				pipelines[q.ProjectID] = append(pipelines[q.ProjectID], q.PipelineID)
			}
		}
		found := make([]map[int]requeue.Pipeline, len(projects))
		errs := make([]error, len(projects))
		each(ctx, concurrency, len(projects), func(i int) {
			found[i], errs[i] = client.Pipelines(ctx, projects[i], pipelines[projects[i]])
		})
		byProject := map[uuid.UUID]int{}
		for i, project := range projects {
			byProject[project] = i
		}
		for i, q := range questions {
			if q.Kind == requeue.AskPipeline {
				n := byProject[q.ProjectID]
				answers[i] = requeue.Answer{Pipeline: found[n][q.PipelineID], Err: errs[n]}
			}
			facts[q] = answers[i]
		}
	}
	return facts
}

// answer answers one question; a panic becomes its error.
func answer(ctx context.Context, client *azdo.Client, q requeue.Question) (a requeue.Answer) {
	defer func() {
		if p := recover(); p != nil {
			a = requeue.Answer{Err: fmt.Errorf("internal error: %v", p)}
		}
	}()
	switch q.Kind {
	case requeue.AskPipeline: // answered many at a time
	case requeue.AskBuild:
		a.Build, a.Err = client.Build(ctx, q.ProjectID, q.BuildID)
	case requeue.AskErrors:
		a.Texts, a.Err = client.BuildErrors(ctx, q.ProjectID, q.BuildID)
	case requeue.AskHistory:
		a.Builds, a.Err = client.Builds(ctx, azdo.BuildQuery{
			Project: q.ProjectID, PipelineID: q.PipelineID, RefName: q.RefName, Reason: "pullRequest",
		})
	case requeue.AskTargetBranch:
		a.Builds, a.Err = client.Builds(ctx, azdo.BuildQuery{
			Project: q.ProjectID, PipelineID: q.PipelineID, RefName: q.RefName, Status: "completed",
			Result: "succeeded,partiallySucceeded,failed", Order: "finishTimeDescending", Top: 10,
		})
	}
	return a
}

// each calls do for 0 to n-1, at most concurrency at once, and starts no more of them when ctx ends.
func each(ctx context.Context, concurrency, n int, do func(i int)) {
	places := make(chan struct{}, max(1, concurrency))
	var running sync.WaitGroup
	defer running.Wait()
	for i := range n {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		running.Go(func() {
			defer func() { <-places }()
			do(i)
		})
	}
}
