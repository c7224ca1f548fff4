package execute

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

const (
	// maxPatches bounds the requests that may have started something, for one evaluation.
	maxPatches = 2
	// maxTries and tryTime bound what is repeated because the service asked to come back later.
	maxTries = 5
	tryTime  = 30 * time.Second
)

// recheckPullRequest reads the pull request again; stop is true if nothing of it is to be written.
func (x *executor) recheckPullRequest(ctx context.Context, planned *requeue.PullRequest) (o requeue.Outcome, stop bool) {
	now, err := x.Service.PullRequest(ctx, planned)
	switch {
	case ctx.Err() != nil:
		return requeue.Outcome{Kind: requeue.OutcomePlanned}, true
	case errors.Is(err, requeue.ErrGone): // hidden is not gone: that is a refusal
		return moved("the pull request is gone"), true
	case err != nil:
		return failed(fmt.Errorf("read the pull request again: %w", err)), true
	}
	if detail, isMoved := x.Rules.MovedPullRequest(planned, &now); isMoved {
		return moved(detail), true
	}
	return requeue.Outcome{}, false
}

// recheck reads the evaluation again and asks for builds on their way; stop is true if it is not to be written. newest is the
// newest build that there is: a newer one will have been started by the re-queue.
func (x *executor) recheck(ctx context.Context, a requeue.Action) (newest int, o requeue.Outcome, stop bool) {
	now, err := x.Service.Evaluation(ctx, a.PullRequest.Repository.Project.ID, a.Evaluation.ID)
	switch {
	case ctx.Err() != nil:
		return 0, requeue.Outcome{Kind: requeue.OutcomePlanned}, true
	case errors.Is(err, requeue.ErrGone):
		return 0, moved("the evaluation is gone"), true
	case err != nil:
		return 0, failed(fmt.Errorf("read the evaluation again: %w", err)), true
	}
	facts, err := x.factsFor(ctx, a, now)
	switch {
	case ctx.Err() != nil:
		return 0, requeue.Outcome{Kind: requeue.OutcomePlanned}, true
	case err != nil:
		return 0, failed(fmt.Errorf("read the evaluation's build again: %w", err)), true
	}
	if detail, isMoved := x.Rules.Moved(a, now, facts, x.Clock.now()); isMoved {
		return 0, moved(detail), true
	}
	builds, err := x.Service.Builds(ctx, a)
	switch {
	case ctx.Err() != nil:
		return 0, requeue.Outcome{Kind: requeue.OutcomePlanned}, true
	case err != nil:
		return 0, failed(fmt.Errorf("ask for builds on their way: %w", err)), true
	}
	if b, found := a.OnItsWay(builds); found {
		return 0, moved(fmt.Sprintf("build %d of this pipeline is on its way", b.ID)), true
	}
	return a.NewestBuild(builds), requeue.Outcome{}, false
}

// factsFor is what the state of the record hangs on: the plan's facts, and the build of a policy that has come to show
// a green one as rejected since then.
func (x *executor) factsFor(ctx context.Context, a requeue.Action, now requeue.Evaluation) (requeue.Facts, error) {
	_, question := x.Rules.StateOf(a.PullRequest, now, x.Facts, x.Clock.now())
	if question == nil || question.Kind != requeue.AskBuild || now.BuildID != a.Evaluation.BuildID {
		return x.Facts, nil
	}
	answer := requeue.AnswerBuild(x.Service.Build(ctx, question.ProjectID, question.BuildID))
	return requeue.Facts{*question: answer}, answer.Err
}

// write re-queues one evaluation: recheck, PATCH, confirm. At most two requests that may have started something are sent;
// the second only after the first one's answer was lost and nothing shows that anything was started.
func (x *executor) write(ctx context.Context, a requeue.Action, slot *parallel.Slot, turn *turn) (requeue.Outcome, ruling) {
	newest, o, stop := x.recheck(ctx, a)
	if stop {
		return o, undecided
	}
	turn.await(ctx)
	begin, patches := x.Clock.now(), 0
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			return unfinished(patches), undecided
		}
		if err := x.lanes.stopped(a); err != nil {
			return failed(err), undecided // refused for another one since then
		}
		after, err := x.Service.Requeue(ctx, a.PullRequest.Repository.Project.ID, a.Evaluation.ID,
			func() { time.AfterFunc(turnLead, turn.pass) })
		turn.pass()
		throttled, isThrottled := errors.AsType[requeue.Throttled](err)
		switch {
		case err == nil:
			return x.confirm(ctx, a, newest, after, slot)
		case isThrottled:
			if try == maxTries || x.Clock.now().Sub(begin) > tryTime && throttled.After == 0 {
				return failed(err), undecided
			}
			x.Clock.wait(ctx, cmp.Or(throttled.After, time.Duration(try)*time.Second))
		case errors.Is(err, requeue.ErrOverdue): // nothing was sent
			if try == maxTries {
				return failed(err), undecided
			}
		case errors.Is(err, requeue.ErrLost):
			patches++
			o, ruling, settled := x.confirmLost(ctx, a, newest, slot, err)
			if settled || patches == maxPatches {
				return o, ruling
			}
		case errors.Is(err, requeue.ErrUnclear):
			return x.unclear(ctx, a, newest, slot, err)
		case ctx.Err() != nil && errors.Is(err, ctx.Err()): // nothing was sent
			return unfinished(patches), undecided
		default:
			return x.refused(ctx, a, err)
		}
		slot.Enter(ctx)
		if ctx.Err() != nil {
			return unfinished(patches), undecided
		}
		if _, o, stop := x.recheck(ctx, a); stop {
			if patches == 0 {
				return o, undecided
			}
			return x.lostAndMoved(ctx, a, newest, o)
		}
	}
}

// unclear settles a request whose answer came whole and does not tell what was done. It is not sent again: the answer is
// not lost. A web page stands for a refusal of the token, unless something was started all the same.
func (x *executor) unclear(ctx context.Context, a requeue.Action, newest int, slot *parallel.Slot, answer error) (requeue.Outcome, ruling) {
	if !errors.Is(answer, requeue.ErrTokenRefused) {
		return x.confirm(ctx, a, newest, requeue.Evaluation{Policy: new(requeue.Policy), Details: requeue.NoDetails}, slot)
	}
	slot.Leave()
	if o, r, certain := x.watch(ctx, a, newest, a.Evaluation.ID).outcome(a); certain {
		return o, r
	}
	return failed(answer), refusedAll
}

// refused settles a request that the service turned down. What has moved since the recheck explains most of these.
func (x *executor) refused(ctx context.Context, a requeue.Action, err error) (requeue.Outcome, ruling) {
	if errors.Is(err, requeue.ErrStale) {
		if o, stop := x.recheckPullRequest(ctx, a.PullRequest); stop && o.Kind == requeue.OutcomeMoved {
			return o, undecided
		}
		if _, o, stop := x.recheck(ctx, a); stop && o.Kind == requeue.OutcomeMoved {
			return o, undecided
		}
	}
	switch {
	case errors.Is(err, requeue.ErrTokenRefused):
		return failed(err), refusedAll
	case errors.Is(err, requeue.ErrForbidden):
		return failed(err), refused
	}
	return failed(err), undecided
}
