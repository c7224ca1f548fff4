package run

import (
	"context"
	"sync"

	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/report"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// comment keeps the one thread of each pull request that needs it. A refusal is a warning.
func (r *run) comment(ctx context.Context, plan requeue.Plan) {
	if r.config.Comment == config.CommentNever || ctx.Err() != nil {
		return
	}
	var worth []int
	texts := make([]string, len(plan.PullRequests))
	for i, pr := range plan.PullRequests {
		texts[i] = report.CommentText(pr, r.collection(), r.config.Comment == config.CommentAlways, report.Author(r.config.Author))
		if texts[i] != "" {
			worth = append(worth, i)
		}
	}
	var mu sync.Mutex
	var refused []requeue.Failure
	parallel.Each(ctx, r.config.Concurrency, len(worth), func(n int) {
		pr := plan.PullRequests[worth[n]].PullRequest
		err := r.commentOn(ctx, *pr, texts[worth[n]])
		if err != nil && ctx.Err() == nil {
			mu.Lock()
			defer mu.Unlock()
			refused = append(refused, requeue.Failure{PullRequest: pr.ID, Lead: "The comment was not written", Err: err})
		}
	})
	r.log.Warnings(refused, r.tell)
}

func (r *run) commentOn(ctx context.Context, pr requeue.PullRequest, text string) (err error) {
	defer parallel.Recover(&err)
	_, err = r.client.Comment(ctx, pr, r.identity, report.CommentMarker, text)
	return err
}
