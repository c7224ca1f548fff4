package execute

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

const (
	firstPoll, lastPoll = 2 * time.Second, time.Minute
	// pullRequestPolls is how many reads of an evaluation go by between two of its pull request, which may complete
	// or be abandoned without a word from the evaluation.
	pullRequestPolls = 3
)

// follower waits for the results of one plan, see Follow.
type follower struct {
	Options
	facts   requeue.Facts // what was answered while it waits
	changed func(a requeue.Action, open int)
}

// Follow reads each re-queued evaluation from time to time, after 2 s first and every minute at last, until its result
// is known, the time-out is over or ctx ends. Outcomes get their Result, BuildAfter where it was unknown, and ResultErr
// where the last read of one that is still open told nothing. changed, unless nil, is called in plan order for each
// evaluation as soon as its result is known; open is how many are left.
func Follow(ctx context.Context, plan requeue.Plan, o Options, timeout time.Duration, changed func(a requeue.Action, open int)) {
	if changed == nil {
		changed = func(requeue.Action, int) {}
	}
	w := &follower{Options: o, facts: requeue.Facts{}, changed: changed}
	end := o.Clock.now().Add(timeout)
	open := slices.DeleteFunc(plan.Actions(), func(a requeue.Action) bool { return a.Outcome.Kind != requeue.OutcomeRequeued })
	detail := "still open after " + requeue.ShortDuration(timeout)
	for poll, pause := 1, firstPoll; len(open) > 0; poll, pause = poll+1, min(pause*3/2, lastPoll) {
		left := end.Sub(o.Clock.now())
		if left <= 0 {
			break
		}
		if !o.Clock.wait(ctx, min(pause, left)) {
			detail = "the run ended before its result was known"
			break
		}
		open = w.poll(ctx, open, poll%pullRequestPolls == 0)
		if slices.ContainsFunc(open, func(a requeue.Action) bool { return errors.Is(a.Outcome.ResultErr, requeue.ErrTokenRefused) }) {
			detail = "the token was refused before its result was known"
			break
		}
	}
	for n, a := range open {
		a.Outcome.Result, a.Outcome.ResultDetail = requeue.ResultPending, detail
		w.changed(a, len(open)-n-1)
	}
}

// poll reads everything that is open once and returns what still is.
func (w *follower) poll(ctx context.Context, open []requeue.Action, pullRequests bool) []requeue.Action {
	all := make([]polled, len(open))
	parallel.Each(ctx, w.Concurrency, len(open), func(n int) { all[n] = w.read(ctx, open[n], pullRequests) })
	for n, a := range open {
		o, p := a.Outcome, all[n]
		if o.BuildAfter == 0 {
			o.BuildAfter = p.build
		}
		if p.question != nil {
			w.facts[*p.question] = p.answer
		}
		o.Result, o.ResultDetail, o.ResultErr = p.result, p.detail, nil
		if p.result == "" {
			o.ResultErr = p.err
		}
	}
	var rest []requeue.Action
	left := len(open)
	for _, a := range open {
		if a.Outcome.Result == "" {
			rest = append(rest, a)
			continue
		}
		left--
		w.changed(a, left)
	}
	return rest
}

// polled is what one poll has found out about one evaluation.
type polled struct {
	result   requeue.Result
	detail   string
	build    int
	err      error             // why nothing could be told
	question *requeue.Question // answered, to be remembered
	answer   requeue.Answer
}

func (w *follower) read(ctx context.Context, a requeue.Action, pullRequest bool) (p polled) {
	ours := a.Outcome.BuildAfter
	var panicked error
	defer func() {
		if panicked != nil {
			p = polled{result: requeue.ResultPending, detail: panicked.Error()}
		}
	}()
	defer parallel.Recover(&panicked)
	now, err := w.Service.record(ctx, a, cmp.Or(a.Outcome.EvaluationID, a.Evaluation.ID))
	if err == nil {
		p.build = a.BuildAfter(now)
		if ours == 0 {
			ours = p.build
		}
		p.result, p.detail, p.question = w.Rules.Followed(a, ours, now, w.facts, w.Clock.now())
		if p.question != nil {
			p.answer = requeue.AnswerBuild(w.Service.Build(ctx, p.question.ProjectID, p.question.BuildID))
			if p.answer.Err != nil {
				return polled{build: p.build, err: p.answer.Err}
			}
			p.result, p.detail, _ = w.Rules.Followed(a, ours, now, requeue.Facts{*p.question: p.answer}, w.Clock.now())
		}
	}
	p.err = err
	gone := errors.Is(err, requeue.ErrNotFound)
	if p.result != "" || err != nil && !gone || !pullRequest && !gone {
		return p
	}
	pr, err := w.Service.PullRequest(ctx, a.PullRequest)
	switch {
	case err == nil && pr.Status == "completed":
		p.result, p.detail = requeue.ResultSucceeded, "the pull request is completed"
	case err == nil && pr.Status == "abandoned":
		p.result, p.detail = requeue.ResultPending, "the pull request is abandoned"
	case gone && ctx.Err() == nil:
		p.result, p.detail = requeue.ResultPending, "the evaluation is gone"
	}
	return p
}
