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

	asked   atomic.Bool
	reading sync.WaitGroup

	mu      sync.Mutex
	pages   [][]requeue.Screened
	worth   []*requeue.PullRequest // whose evaluations are to be read
	readers int
	early   requeue.Facts
}

// add screens a page and begins to read its evaluations. There are more readers than the transport lets send at once:
// while one decodes, another asks.
func (s *screener) add(ctx context.Context, prs []*requeue.PullRequest) {
	page := make([]requeue.Screened, len(prs))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, pr := range prs {
		if pr.Err != nil {
			page[i].PullRequest = pr
			continue
		}
		page[i] = s.config.Rules.Screen(pr, s.policies, s.policiesKnown, s.now)
		if page[i].Skipped == "" {
			s.worth = append(s.worth, pr)
		}
	}
	s.pages = append(s.pages, page)
	more := min(2*s.config.Concurrency-s.readers, len(s.worth)) // the others are all busy
	s.readers += more
	for range more {
		s.reading.Go(func() {
			for pr := s.next(ctx); pr != nil; pr = s.next(ctx) {
				s.read(ctx, pr)
			}
		})
	}
}

// next is the next pull request to read; nil where there is none now, and the reader that asked has to end.
func (s *screener) next(ctx context.Context) *requeue.PullRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.worth) == 0 || ctx.Err() != nil {
		s.readers--
		return nil
	}
	pr := s.worth[0]
	s.worth = s.worth[1:]
	return pr
}

func (s *screener) read(ctx context.Context, pr *requeue.PullRequest) {
	defer func() {
		if p := recover(); p != nil {
			pr.Err = fmt.Errorf("internal error: %v", p)
		}
	}()
	pr.Evaluations, pr.Err = s.client.Evaluations(ctx, *pr)
	s.askEarly(ctx, pr)
}

// askEarly asks for the pipelines of all policies of the project as soon as one of them is certain to be asked for, while
// the evaluations of other pull requests are still being read: the same request as later, without waiting for it.
func (s *screener) askEarly(ctx context.Context, pr *requeue.PullRequest) {
	if pr.Err != nil || !s.policiesKnown || s.asked.Load() {
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
	s.early = requeue.Facts{}
	for i, q := range questions {
		s.early[q] = answers[i]
	}
}

func (s *screener) wait() ([]requeue.Screened, requeue.Facts) {
	s.reading.Wait()
	return slices.Concat(s.pages...), s.early
}
