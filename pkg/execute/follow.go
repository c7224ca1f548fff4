package execute

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

const (
	firstPoll, lastPoll = 2 * time.Second, time.Minute
	// pullRequestPolls is how many looks at an evaluation go by between two at its pull request, which may complete
	// or be abandoned without a word from the evaluation.
	pullRequestPolls = 3
)

// Follower waits for what was re-queued, see Follow.
type Follower struct {
	Service
	Rules       requeue.Rules
	Concurrency int
	// Changed is called in order of the actions, once for each evaluation whose result is known; open is how many are
	// left.
	Changed func(i int, o requeue.Outcome, open int)
}

// Follow reads each re-queued evaluation from time to time, after 2 s first and every minute at last, until its result
// is known, the time-out is over or ctx ends. Outcomes get their Result, and BuildAfter where it was unknown. It returns,
// by index, what kept the last look at those that are still open from telling anything.
func (w *Follower) Follow(ctx context.Context, actions []requeue.Action, outcomes []requeue.Outcome, timeout time.Duration) map[int]error {
	unread := map[int]error{}
	end := time.Now().Add(timeout)
	facts := requeue.Facts{}
	var open []int
	for i, o := range outcomes {
		if o.Verdict == requeue.VerdictRequeued {
			open = append(open, i)
		}
	}
	detail := "still open after " + Short(timeout)
	for poll, pause := 1, firstPoll; len(open) > 0; poll, pause = poll+1, min(pause*3/2, lastPoll) {
		left := time.Until(end)
		if left <= 0 {
			break
		}
		if !sleep(ctx, min(pause, left)) {
			detail = "the run ended before its result was known"
			break
		}
		open = w.poll(ctx, actions, outcomes, open, facts, poll%pullRequestPolls == 0, unread)
		if errors.Is(errors.Join(slices.Collect(maps.Values(unread))...), requeue.ErrTokenRefused) {
			detail = "the token was refused before its result was known"
			break
		}
	}
	for n, i := range open {
		outcomes[i].Result, outcomes[i].ResultDetail = requeue.ResultPending, detail
		w.Changed(i, outcomes[i], len(open)-n-1)
	}
	return unread
}

// poll looks once at everything that is open and returns what still is. unread has what of it could not be read.
func (w *Follower) poll(
	ctx context.Context, actions []requeue.Action, outcomes []requeue.Outcome, open []int, facts requeue.Facts, pullRequests bool,
	unread map[int]error,
) []int {
	looks := make([]look, len(open))
	places := make(chan struct{}, max(1, w.Concurrency))
	var running sync.WaitGroup
	for n, i := range open {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			looks[n] = w.look(ctx, actions[i], outcomes[i], facts, pullRequests)
		})
	}
	running.Wait()
	var rest []int
	for n, i := range open {
		l := looks[n]
		if outcomes[i].BuildAfter == 0 {
			outcomes[i].BuildAfter = l.build
		}
		if l.question != nil {
			facts[*l.question] = l.answer
		}
		outcomes[i].Result, outcomes[i].ResultDetail = l.result, l.detail
		delete(unread, i)
		if l.result == "" && l.err != nil {
			unread[i] = l.err
		}
		if l.result == "" {
			rest = append(rest, i)
		}
	}
	left := len(open)
	for _, i := range open {
		if outcomes[i].Result != "" {
			left--
			w.Changed(i, outcomes[i], left)
		}
	}
	return rest
}

// look is what one poll found out about one evaluation.
type look struct {
	result   requeue.Result
	detail   string
	build    int
	err      error             // why nothing could be told
	question *requeue.Question // answered, to be remembered
	answer   requeue.Answer
}

func (w *Follower) look(ctx context.Context, a requeue.Action, o requeue.Outcome, facts requeue.Facts, pullRequest bool) (l look) {
	ours := o.BuildAfter
	defer func() {
		if p := recover(); p != nil {
			l = look{result: requeue.ResultPending, detail: fmt.Sprintf("internal error: %v", p)}
		}
	}()
	now, err := w.record(ctx, a, cmp.Or(o.EvaluationID, a.Evaluation.ID))
	if err == nil {
		l.build = a.BuildAfter(now)
		if ours == 0 {
			ours = l.build
		}
		l.result, l.detail, l.question = w.Rules.Followed(a, ours, now, facts, time.Now())
		if l.question != nil {
			l.answer = requeue.AnswerBuild(w.Build(ctx, l.question.ProjectID, l.question.BuildID))
			if l.answer.Err != nil {
				return look{build: l.build, err: l.answer.Err}
			}
			l.result, l.detail, _ = w.Rules.Followed(a, ours, now, requeue.Facts{*l.question: l.answer}, time.Now())
		}
	}
	l.err = err
	gone := errors.Is(err, requeue.ErrNotFound)
	if l.result != "" || err != nil && !gone || !pullRequest && !gone {
		return l
	}
	pr, err := w.PullRequest(ctx, a.PullRequest)
	switch {
	case err == nil && pr.Status == "completed":
		l.result, l.detail = requeue.ResultSucceeded, "the pull request is completed"
	case err == nil && pr.Status == "abandoned":
		l.result, l.detail = requeue.ResultPending, "the pull request is abandoned"
	case gone && ctx.Err() == nil:
		l.result, l.detail = requeue.ResultPending, "the evaluation is gone"
	}
	return l
}

// Short is a duration without its zeros: "45m" for 45m0s.
func Short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
