package task

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// screener takes pages of pull requests as they come, screens them and reads the evaluations of those that are left.
type screener struct {
	*discoverer
	policies      []*requeue.Policy
	policiesKnown bool
	known         map[uuid.UUID]*requeue.Repository

	mu      sync.Mutex
	pages   [][]requeue.Screened
	facts   requeue.Facts
	asked   atomic.Bool
	reading sync.WaitGroup
}

// add screens a page and begins to read its evaluations; the transport bounds how many requests are under way.
func (s *screener) add(ctx context.Context, prs []*requeue.PullRequest) {
	page := make([]requeue.Screened, len(prs))
	var worth []*requeue.PullRequest
	for i, pr := range prs {
		if pr.Err != nil {
			page[i].PullRequest = pr
			continue
		}
		page[i] = s.config.Rules.Screen(pr, s.policies, s.policiesKnown, s.now)
		if page[i].Skipped == "" {
			worth = append(worth, pr)
		}
	}
	s.mu.Lock()
	s.pages = append(s.pages, page)
	s.mu.Unlock()
	s.reading.Go(func() {
		each(ctx, 2*s.config.Concurrency, len(worth), func(i int) {
			defer func() {
				if p := recover(); p != nil {
					worth[i].Err = fmt.Errorf("internal error: %v", p)
				}
			}()
			worth[i].Evaluations, worth[i].Err = s.client.Evaluations(ctx, *worth[i])
			s.askEarly(ctx, worth[i])
		})
	})
}

// askEarly asks for the pipelines of all policies of the project as soon as one of them is certain to be asked for, while
// the evaluations of other pull requests are still being read: the same request as later, without waiting for it.
func (s *screener) askEarly(ctx context.Context, pr *requeue.PullRequest) {
	if pr.Err != nil || s.asked.Load() {
		return
	}
	_, questions := s.config.Rules.Decide([]requeue.Screened{{PullRequest: pr}}, nil, s.now)
	questions = slices.DeleteFunc(questions, func(q requeue.Question) bool { return q.Kind != requeue.AskPipeline })
	if len(questions) == 0 || s.asked.Swap(true) {
		return
	}
	for _, p := range s.policies {
		q := questions[0]
		q.PipelineID = p.PipelineID
		if p.Enabled && !p.Deleted && q.PipelineID > 0 && !slices.Contains(questions, q) {
			questions = append(questions, q)
		}
	}
	if len(questions) > azdo.MaxPipelines {
		return // more than one request, and perhaps more than are needed
	}
	answers := answer(ctx, s.client, questions)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.facts = requeue.Facts{}
	for i, q := range questions {
		s.facts[q] = answers[i]
	}
}

func (s *screener) wait() ([]requeue.Screened, requeue.Facts) {
	s.reading.Wait()
	return slices.Concat(s.pages...), s.facts
}
