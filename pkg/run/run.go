package run

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/discover"
	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/report"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// runTime is the run's own deadline; time spent waiting comes on top. A step in a container is told nothing of a
// cancellation (moby/moby#9098), so this is what ends it.
const runTime = 50 * time.Minute

// run is one run of the task, after its configuration was found to be right.
type run struct {
	config    config.Config
	log       *report.Log
	files     *report.Files
	recording *report.Recording
	process   Process
	started   time.Time

	client   *azdo.Client
	identity requeue.Identity
	soFar    string // what was done, once something was; "" is nothing
}

// line is the straight line: discover, decide, plan, execute, follow, comment, report.
func (r *run) line(ctx context.Context) int {
	limit := runTime
	if r.config.Wait && !r.config.DryRun {
		limit += r.config.WaitTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	var err error
	if r.client, err = r.open(); err != nil {
		r.log.Error(err.Error())
		return exitFailed
	}
	if err := r.client.Connect(ctx); err != nil {
		return r.giveUp(ctx, err)
	}
	found := r.read(ctx)
	if ctx.Err() != nil {
		return r.giveUp(ctx, ctx.Err())
	}

	plan, facts := discover.Decide(ctx, r.client, &r.config.Rules, found.Screened, found.Early, r.config.Concurrency, r.started)
	if ctx.Err() != nil {
		return r.giveUp(ctx, ctx.Err())
	}
	r.warnOf(found, facts)
	r.warnOfUnmatched(found, facts)
	r.log.Plan(plan, r.config.DryRun)
	if r.config.DryRun && len(r.config.PullRequestIDs) == 1 {
		r.log.Explain(plan)
	}

	if !r.config.DryRun {
		r.execute(ctx, plan, facts)
		if r.config.Wait {
			r.follow(ctx, plan, facts)
		}
		r.comment(ctx, plan)
	}
	return r.finish(found, plan, facts, ctx.Err() != nil)
}

// collection is the organization that the run works on: its own, or another that the inputs name.
func (r *run) collection() string {
	return cmp.Or(r.config.Connection.Organization, r.config.CollectionURL)
}

// giveUp ends a run that has no plan.
func (r *run) giveUp(ctx context.Context, err error) int {
	if ctx.Err() != nil {
		r.log.Warning("The run was cancelled before its plan was made. Nothing was re-queued.")
		return exitFailed
	}
	r.log.Error(r.words(err))
	return exitFailed
}

// read asks who we are and what there is, both at once, and says so.
func (r *run) read(ctx context.Context) discover.Found {
	var identityErr error
	var asking sync.WaitGroup
	asking.Go(func() {
		defer parallel.Recover(&identityErr)
		r.identity, identityErr = r.client.Identity(ctx)
	})
	found := discover.Read(ctx, r.client, r.config, r.started, r.reading())
	asking.Wait()
	if ctx.Err() == nil {
		r.log.Visible(r.identity.DisplayName, identityErr, len(found.Visible), len(found.Screened))
	}
	return found
}

// warnOf says what is odd but harms nothing.
func (r *run) warnOf(f discover.Found, facts requeue.Facts) {
	for _, failure := range f.Harmless {
		r.log.Warning(r.tell(failure))
	}
	for _, warning := range f.Warnings {
		r.log.Warning(warning)
	}
	for _, err := range facts.UnreadPipelines() {
		r.log.Line("The pipelines of a project could not be read (%s); whether one of them is disabled is not known.", r.words(err))
	}
}
