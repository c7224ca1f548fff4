package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/execute"
	"github.com/pr-evaluations/reschedule/pkg/report"
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

func (r *run) execute(ctx context.Context, plan requeue.Plan, facts requeue.Facts) []requeue.Outcome {
	lines := inOrder{print: func(i int, o requeue.Outcome) { r.log.Outcome(plan.Actions[i], o) }}
	x := execute.Executor{
		Service: r.service(), Rules: r.config.Rules, Facts: facts, Concurrency: r.config.Concurrency, Done: lines.add,
	}
	outcomes := x.Execute(ctx, plan.Actions)
	lines.flush()
	counts := requeue.Summarize(plan, outcomes).Counts
	r.soFar = fmt.Sprintf("%d of %d planned evaluations were re-queued", counts.Requeued, counts.Planned)
	return outcomes
}

// inOrder prints outcomes in plan order, each as soon as those before it are known.
type inOrder struct {
	print func(i int, o requeue.Outcome)

	mu    sync.Mutex
	next  int
	known map[int]requeue.Outcome
}

func (p *inOrder) add(i int, o requeue.Outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[int]requeue.Outcome{}
	}
	p.known[i] = o
	for {
		o, ok := p.known[p.next]
		if !ok {
			return
		}
		p.print(p.next, o)
		delete(p.known, p.next)
		p.next++
	}
}

// flush prints what a cancelled run has left behind a gap.
func (p *inOrder) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range slices.Sorted(maps.Keys(p.known)) {
		p.print(i, p.known[i])
	}
}

func (r *run) follow(ctx context.Context, plan requeue.Plan, outcomes []requeue.Outcome) {
	total := 0
	for _, o := range outcomes {
		if o.Verdict == requeue.VerdictRequeued {
			total++
		}
	}
	w := execute.Follower{
		Service: r.service(), Rules: r.config.Rules, Concurrency: r.config.Concurrency,
		Changed: func(i int, o requeue.Outcome, open int) {
			r.log.Result(plan.Actions[i], o)
			r.log.Progress(100*(total-open)/total, fmt.Sprintf("%d of %d evaluations have their result", total-open, total))
		},
	}
	if total > 0 {
		r.log.Line("Waiting for their results, up to %s.", execute.Short(r.config.WaitTimeout))
	}
	unread := w.Follow(ctx, plan.Actions, outcomes, r.config.WaitTimeout)
	if ctx.Err() != nil {
		return
	}
	var problems []report.Problem
	for _, i := range slices.Sorted(maps.Keys(unread)) {
		problems = append(problems, report.Problem{
			PullRequest: plan.Actions[i].PullRequest.ID, Text: "The result could not be read: " + r.words(unread[i]),
		})
	}
	for _, text := range report.GroupErrors(problems) {
		r.log.Warning(text)
	}
}
