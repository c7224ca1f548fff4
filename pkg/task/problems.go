package task

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/report"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// words are what a person reads of an error: the one instruction that a refusal ends in, else what went wrong.
func (r *run) words(err error) string {
	if e, ok := errors.AsType[*azdo.Error](err); ok {
		if advice := e.Advice(r.identity.DisplayName); advice != "" {
			if e.TokenLost() {
				advice += " So far " + cmp.Or(r.soFar, "nothing was re-queued") + "."
			}
			advice += " See " + report.TopicURL(e.Topic())
			if errors.Is(err, errNotKnown) {
				return "Result not known: " + advice // a build may have been started
			}
			return advice
		}
	}
	return err.Error()
}

// problems lists what failed, each with its pull request, so that equal ones can be told together.
func (r *run) problems(f found, plan requeue.Plan, outcomes []requeue.Outcome) []report.Problem {
	var all []report.Problem
	for _, p := range f.problems {
		all = append(all, report.Problem{PullRequest: p.pullRequest, Text: r.notFound(p)})
	}
	for _, pr := range plan.PullRequests {
		if pr.PullRequest.Err != nil {
			all = append(all, report.Problem{PullRequest: pr.PullRequest.ID, Text: r.words(pr.PullRequest.Err)})
		}
		for _, e := range pr.Evaluations {
			if e.Err != nil {
				all = append(all, report.Problem{PullRequest: pr.PullRequest.ID, Text: r.words(e.Err)})
			}
		}
	}
	for i, o := range outcomes {
		if o.Verdict == requeue.VerdictFailed {
			all = append(all, report.Problem{PullRequest: plan.Actions[i].PullRequest.ID, Text: r.words(o.Err)})
		}
	}
	return all
}

// notFound says what a problem of discovery is; a pull request that is missing is not a matter of permissions alone.
func (r *run) notFound(p problem) string {
	if e, ok := errors.AsType[*azdo.Error](p.err); ok && p.pullRequest > 0 && p.missing && e.Message != "" {
		return "not found: " + e.Message
	}
	return r.words(p.err)
}

func declines(plan requeue.Plan, outcomes []requeue.Outcome) []report.Problem {
	var all []report.Problem
	for i, o := range outcomes {
		if o.Verdict == requeue.VerdictDeclined {
			all = append(all, report.Problem{PullRequest: plan.Actions[i].PullRequest.ID, Text: "Declined: " + o.Detail})
		}
	}
	return all
}

// comment keeps the one thread of each pull request that needs it. A refusal is a warning.
func (r *run) comment(ctx context.Context, plan requeue.Plan, outcomes []requeue.Outcome) {
	if r.config.Comment == config.CommentNever || ctx.Err() != nil {
		return
	}
	byPullRequest := map[int]map[int]requeue.Outcome{}
	for i, a := range plan.Actions {
		if byPullRequest[a.PullRequestIndex] == nil {
			byPullRequest[a.PullRequestIndex] = map[int]requeue.Outcome{}
		}
		byPullRequest[a.PullRequestIndex][a.EvaluationIndex] = outcomes[i]
	}
	var worth []int
	texts := make([]string, len(plan.PullRequests))
	for i, pr := range plan.PullRequests {
		texts[i] = report.CommentText(pr, byPullRequest[i], r.collection(), r.config.Comment == config.CommentAlways)
		if texts[i] != "" {
			worth = append(worth, i)
		}
	}
	var mu sync.Mutex
	var refused []report.Problem
	each(ctx, r.config.Concurrency, len(worth), func(n int) {
		pr := plan.PullRequests[worth[n]].PullRequest
		err := r.commentOn(ctx, *pr, texts[worth[n]])
		if err != nil && ctx.Err() == nil {
			mu.Lock()
			defer mu.Unlock()
			refused = append(refused, report.Problem{PullRequest: pr.ID, Text: "The comment was not written: " + r.words(err)})
		}
	})
	for _, text := range report.GroupErrors(refused) {
		r.log.Warning(text)
	}
}

func (r *run) commentOn(ctx context.Context, pr requeue.PullRequest, text string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: %v", p)
		}
	}()
	_, err = r.client.Comment(ctx, pr, r.identity, report.CommentMarker, text)
	return err
}
