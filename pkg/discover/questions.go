package discover

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Decide answers the rules' questions until they ask no more, and returns the plan with all answers. Each question is
// answered once: by early, if it is there, else by the service. When ctx ends it returns without a plan.
func Decide(
	ctx context.Context, client *azdo.Client, rules *requeue.Rules, prs []requeue.Screened, early requeue.Facts, concurrency int, now time.Time,
) (requeue.Plan, requeue.Facts) {
	facts := requeue.Facts{}
	for ctx.Err() == nil {
		plan, questions := rules.Decide(prs, facts, now)
		if len(questions) == 0 {
			return plan, facts
		}
		questions = slices.DeleteFunc(questions, func(q requeue.Question) bool {
			a, known := early[q]
			if known {
				facts[q] = a
			}
			return known
		})
		batches := batch(questions)
		answers := make([][]requeue.Answer, len(batches))
		parallel.Each(ctx, concurrency, len(batches), func(i int) { answers[i] = answer(ctx, client, rules, batches[i], facts) })
		for i, questions := range batches {
			for j, q := range questions {
				if answers[i] == nil {
					facts[q] = requeue.Answer{Err: ctx.Err()} // it was not asked any more
					continue
				}
				facts[q] = answers[i][j]
			}
		}
	}
	return requeue.Plan{}, facts
}

// batch groups questions that one call of the client answers: the pipelines of a project. All others stand alone.
func batch(questions []requeue.Question) [][]requeue.Question {
	var batches [][]requeue.Question
	pipelines := map[uuid.UUID]int{}
	for _, q := range questions {
		if i, known := pipelines[q.ProjectID]; known && q.Kind == requeue.AskPipeline {
			batches[i] = append(batches[i], q)
			continue
		}
		if q.Kind == requeue.AskPipeline {
			pipelines[q.ProjectID] = len(batches)
		}
		batches = append(batches, []requeue.Question{q})
	}
	return batches
}

// answer answers one batch, in its order; a panic becomes the error of all of it. The facts so far are only read.
func answer(
	ctx context.Context, client *azdo.Client, rules *requeue.Rules, batch []requeue.Question, facts requeue.Facts,
) (answers []requeue.Answer) {
	answers = make([]requeue.Answer, len(batch))
	var panicked error
	defer func() {
		for i := range answers {
			if panicked != nil {
				answers[i] = requeue.Answer{Err: panicked}
			}
		}
	}()
	defer parallel.Recover(&panicked)
	q, a := batch[0], &answers[0]
	switch q.Kind {
	case requeue.AskPipeline:
		ids := make([]int, len(batch))
		for i := range batch {
			ids[i] = batch[i].PipelineID
		}
		found, err := client.Pipelines(ctx, q.ProjectID, ids)
		for i, id := range ids {
			answers[i] = requeue.Answer{Pipeline: found[id], Err: err}
		}
	case requeue.AskBuild:
		*a = requeue.AnswerBuild(client.Build(ctx, q.ProjectID, q.BuildID))
	case requeue.AskLastPush:
		a.Pushed, a.Err = client.LastPush(ctx, q.ProjectID, q.RepositoryID, q.PullRequestID)
	case requeue.AskErrors:
		a.Errors, a.Err = client.BuildErrors(ctx, q.ProjectID, q.BuildID)
	case requeue.AskLogs:
		timeline := q
		timeline.Kind = requeue.AskErrors
		a.Logs, a.Err = client.BuildLogs(ctx, q.ProjectID, q.BuildID, facts[timeline].Errors.FailedSteps)
	case requeue.AskHistory:
		a.Builds, a.Err = client.Builds(ctx, azdo.BuildQuery{
			Project: q.ProjectID, PipelineID: q.PipelineID, RefName: q.RefName, Deleted: true,
		})
	case requeue.AskTargetBranch:
		a.Builds, a.More, a.Err = client.BuildsUntil(ctx, finished(q, targetBranchBuilds), mostPages, q.TellsTargetBranch)
	case requeue.AskTargetBuilds:
		a.Builds, a.More, a.Err = client.BuildsUntil(ctx, finished(q, targetBuilds), 1, nil)
	case requeue.AskPipelineBuilds:
		pages := 1
		if rules.PauseAfterFailures > 0 {
			pages = mostPages
		}
		settled := func(all []requeue.Build) bool { return rules.SettlesBreaker(q.PipelineID, all) }
		a.Builds, a.More, a.Err = client.BuildsUntil(ctx, finished(q, pipelineBuilds), pages, settled)
	}
	return answers
}

// finished asks for a pipeline's finished builds, the newest first.
func finished(q requeue.Question, top int) azdo.BuildQuery {
	return azdo.BuildQuery{Project: q.ProjectID, PipelineID: q.PipelineID, RefName: q.RefName, Status: "completed", Order: "finishTimeDescending", Top: top}
}

// mostPages ends the search for builds that tell something among those that do not.
const mostPages = 5

// targetBranchBuilds is among how many of a branch's newest finished builds the last one that was not cancelled is looked
// for at first: several results in one filter are more than the description of the service has.
const targetBranchBuilds = 50

// targetBuilds is how far back a failure that was the target branch's own is looked for.
const targetBuilds = 200

// pipelineBuilds is among how many finished builds of a pipeline those of pull requests are looked for at first. The
// service's filter by branch takes no pattern, and half of them may be of other branches before the sample gets smaller.
const pipelineBuilds = 2 * requeue.PipelineBuilds
