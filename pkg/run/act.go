package run

import (
	"context"
	"fmt"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/execute"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// newestBuilds is among how many builds of a pull request one that is on its way is looked for.
const newestBuilds = 20

// service is what execution and waiting ask of Azure DevOps, served by the client.
func (r *run) service() execute.Service {
	return execute.Service{
		PullRequest: func(ctx context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) {
			return r.client.PullRequest(ctx, pr.Repository.Project.ID.String(), pr.ID)
		},
		Evaluation: r.client.Evaluation,
		Evaluations: func(ctx context.Context, pr *requeue.PullRequest) ([]requeue.Evaluation, error) {
			return r.client.Evaluations(ctx, *pr, true)
		},
		Requeue: r.client.Requeue,
		Builds: func(ctx context.Context, a requeue.Action) ([]requeue.Build, error) {
			return r.client.Builds(ctx, azdo.BuildQuery{
				Project: a.PullRequest.Repository.Project.ID, PipelineID: a.Evaluation.Policy.PipelineID,
				RefName: requeue.MergeRefName(a.PullRequest.ID), Order: "queueTimeDescending", Top: newestBuilds,
			})
		},
		Build: r.client.Build,
	}
}

// options say how the plan is carried out.
func (r *run) options(facts requeue.Facts) execute.Options {
	return execute.Options{Service: r.service(), Rules: r.config.Rules, Facts: facts, Concurrency: r.config.Concurrency, Identity: r.identity.DisplayName}
}

func (r *run) execute(ctx context.Context, plan requeue.Plan, facts requeue.Facts) {
	execute.Execute(ctx, plan, r.options(facts), r.log.Outcome)
	counts := requeue.Summarize(plan).Counts
	r.soFar = doneSoFar(counts)
}

// doneSoFar says how much of the plan was carried out.
func doneSoFar(c requeue.Counts) string {
	was := requeue.Was(c.Requeued)
	if c.Planned == 1 {
		was = requeue.Was(1)
	}
	return fmt.Sprintf("%d of %s %s re-queued", c.Requeued, requeue.Plural(c.Planned, "planned evaluation"), was)
}

func (r *run) follow(ctx context.Context, plan requeue.Plan, facts requeue.Facts) {
	total := requeue.Summarize(plan).Counts.Requeued
	if total > 0 {
		r.log.Line("Waiting for their results, up to %s.", requeue.ShortDuration(r.config.WaitTimeout))
	}
	execute.Follow(ctx, plan, r.options(facts), r.config.WaitTimeout, func(a requeue.Action, open int) {
		r.log.Result(a)
		r.log.Progress(100*(total-open)/total, fmt.Sprintf("%d of %s finished", total-open, requeue.Plural(total, "evaluation")))
	})
	if ctx.Err() == nil {
		r.log.Warnings(plan.Unread(), r.tell)
	}
}
