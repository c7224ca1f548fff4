package discover

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// screener takes pages of pull requests as they come, screens them and reads the evaluations of those that are left.
type screener struct {
	*discoverer
	policies      []*requeue.Policy
	policiesKnown bool
	known         map[uuid.UUID]*requeue.Repository

	asked   atomic.Bool
	reading *parallel.Pool // of evaluations

	mu     sync.Mutex
	pages  [][]requeue.Screened
	early  requeue.Facts
	hidden string // says what the list of policies has hidden; "" if nothing is known
	// unlabelled were listed without labels while no other pull request has shown any: the service leaves the member out
	// where there are none, and whether it ever sends it is not known yet.
	unlabelled []*requeue.PullRequest
	labelled   bool // one was listed with labels
}

// newScreener returns one that reads more evaluations at once than the transport lets send: while one decodes, another
// asks.
func newScreener(d *discoverer) *screener {
	return &screener{discoverer: d, reading: parallel.NewPool(2 * d.config.Concurrency)}
}

// add screens a page and begins to read its evaluations.
func (s *screener) add(ctx context.Context, prs []*requeue.PullRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.config.Rules.Labels.IsZero() {
		prs = slices.DeleteFunc(prs, s.holdBack)
	}
	s.screen(ctx, prs)
}

// holdBack keeps a pull request whose labels are in doubt until all are listed.
func (s *screener) holdBack(pr *requeue.PullRequest) bool {
	s.labelled = s.labelled || pr.LabelsKnown
	doubtful := !s.labelled && pr.Err == nil && pr.Status == "active"
	if doubtful {
		s.unlabelled = append(s.unlabelled, pr)
	}
	return doubtful
}

// screen is add with the lock held.
func (s *screener) screen(ctx context.Context, prs []*requeue.PullRequest) {
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
	s.tell(0, int64(len(worth)))
	for _, pr := range worth {
		s.reading.Add(func() { s.read(ctx, pr) })
	}
	s.pages = append(s.pages, page)
}

// read reads the evaluations of one pull request, unless the run ends.
func (s *screener) read(ctx context.Context, pr *requeue.PullRequest) {
	if ctx.Err() != nil {
		return
	}
	defer s.tell(1, 0)
	defer parallel.Recover(&pr.Err)
	if pr.Evaluations, pr.Err = s.evaluations(ctx, pr, false); pr.Err == nil {
		s.askEarly(ctx, pr)
	}
}

func (s *screener) evaluations(ctx context.Context, pr *requeue.PullRequest, notApplicable bool) (all []requeue.Evaluation, err error) {
	defer parallel.Recover(&err)
	return s.client.Evaluations(ctx, *pr, notApplicable)
}

// askEarly asks for the pipelines of all policies of the project as soon as one of them is certain to be asked for, while
// the evaluations of other pull requests are still being read: the same request as later, without waiting for it.
func (s *screener) askEarly(ctx context.Context, pr *requeue.PullRequest) {
	if !s.policiesKnown || s.asked.Load() {
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
	answers := answer(ctx, s.client, nil, questions, nil) // no rule says how pipelines are asked for
	s.mu.Lock()
	defer s.mu.Unlock()
	s.early = requeue.Facts{}
	for i, q := range questions {
		s.early[q] = answers[i]
	}
}

// maxOldest is how many pull requests of one branch are tried where the evaluations of the oldest cannot be read.
const maxOldest = 3

// check finds out whether the list of policies is right about the branches that it leaves uncovered, once all pull
// requests are there: a list that shows no policy does not prove that there is none.
func (s *screener) check(ctx context.Context) {
	s.checkLabels(ctx)
	s.mu.Lock()
	branches := requeue.Uncovered(slices.Concat(s.pages...))
	s.mu.Unlock()
	parallel.Each(ctx, s.config.Concurrency, len(branches), func(i int) {
		if hidden := s.checkBranch(ctx, branches[i]); hidden != "" {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.hidden = hidden
		}
	})
}

// checkLabels screens what was listed without labels. Where no list has shown any, each is asked for its own: absent is
// not empty.
func (s *screener) checkLabels(ctx context.Context) {
	s.mu.Lock()
	prs, known := s.unlabelled, s.labelled
	s.unlabelled = nil
	s.mu.Unlock()
	if !known {
		parallel.Each(ctx, s.config.Concurrency, len(prs), func(i int) {
			s.labels(ctx, prs[i])
		})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.screen(ctx, prs)
}

// checkBranch reads the evaluations of the oldest pull request into a branch: the newest may have none yet. What it
// returns says what the list of policies has hidden, "" if nothing is known.
func (s *screener) checkBranch(ctx context.Context, oldestFirst []*requeue.PullRequest) string {
	oldestFirst = oldestFirst[:min(len(oldestFirst), maxOldest)]
	errs := make([]error, len(oldestFirst))
	for i, pr := range oldestFirst {
		all, err := s.evaluations(ctx, pr, true)
		if errs[i] = err; err != nil {
			continue
		}
		policy := requeue.Hidden(pr, all)
		pr.Evaluations = slices.DeleteFunc(all, func(e requeue.Evaluation) bool { return e.Status == requeue.StatusNotApplicable })
		if policy == nil {
			return ""
		}
		return fmt.Sprintf("The list of policies of project %s lacks policy %d, of which pull request %d has an evaluation. "+
			"What the list says is not relied on in this run: the evaluations of every pull request are read.",
			pr.Repository.Project.Name, policy.ID, pr.ID)
	}
	for i, pr := range oldestFirst {
		pr.Err = errs[i]
	}
	return ""
}

// believe returns a warning if a list of policies has hidden one. Then no list of policies is relied on, because
// whatever hides policies from this token may do so in every project.
func believe(ctx context.Context, screeners []*screener) (warnings []string) {
	for _, s := range screeners {
		if s.hidden != "" && len(warnings) == 0 {
			warnings = []string{s.hidden}
		}
	}
	if len(warnings) > 0 {
		for _, s := range screeners {
			s.readUncovered(ctx)
		}
	}
	return warnings
}

// readUncovered screens again, without the list of policies, what was left alone because of it.
func (s *screener) readUncovered(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, page := range s.pages {
		for i := range page {
			pr := page[i].PullRequest
			if page[i].Skipped != requeue.NoPolicy {
				continue
			}
			page[i] = s.config.Rules.Screen(pr, nil, false, s.now)
			if page[i].Skipped == "" && pr.Evaluations == nil && pr.Err == nil {
				s.tell(0, 1)
				s.reading.Add(func() { s.read(ctx, pr) })
			}
		}
	}
}

// wait returns what was read, once all of it is.
func (s *screener) wait() ([]requeue.Screened, requeue.Facts) {
	s.reading.Wait()
	all := slices.Concat(s.pages...)
	for i := range all {
		// Where the service shows labels, one without has none. Told here, since the readers have ended.
		all[i].PullRequest.LabelsKnown = all[i].PullRequest.LabelsKnown || s.labelled
		if all[i].PullRequest.Err != nil { // whether a policy covers it could not be found out
			all[i].Skipped, all[i].Detail = "", ""
		}
	}
	return all, s.early
}
