package execute

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

var sequences = flag.Int("sequences", 4000, "how many random fault sequences TestWritesExactlyOnce tries")

// fault is what happens to one request that the stand-in gets.
type fault int

const (
	fine       fault = iota
	lostBefore       // the connection is cut before anything was done
	lostAfter        // the connection is cut after it was done
	doneThen503
	throttled    // 429: nothing was done
	refusedWrite // 403: nothing was done
	gone         // 404
	unreadable   // a read is given up
	slow         // takes seconds
	faults
)

// stand is one evaluation as a service with faults holds it. A write starts a build at once; the record tells of it
// only after lag, the builds list at once.
type stand struct {
	mu       sync.Mutex
	random   *rand.Rand
	chance   float64 // of a fault, per request
	lag      time.Duration
	declines bool // takes the write and does nothing
	// foreign is when somebody else presses "Re-queue"; zero: nobody does.
	foreign time.Time

	record requeue.Evaluation // before any start
	starts int
	since  time.Time // of the first start
	posts  int       // writes that were answered or lost, without those that came to nothing for certain
	log    []string
}

func (s *stand) fault(request string, allowed ...fault) fault {
	f := fine
	if s.random.Float64() < s.chance {
		f = allowed[s.random.IntN(len(allowed))]
	}
	s.log = append(s.log, fmt.Sprintf("%s %d", request, f))
	return f
}

func (s *stand) now() requeue.Evaluation {
	e := apart(s.record)
	if s.starts > 0 && time.Since(s.since) >= s.lag {
		e.Status, e.IsExpired, e.BuildID = "queued", false, 100+s.starts
	}
	if s.pressed() {
		e.Status, e.IsExpired, e.BuildID = "running", false, 90
	}
	return e
}

func (s *stand) pressed() bool { return !s.foreign.IsZero() && !time.Now().Before(s.foreign) }

func (s *stand) readEvaluation(ctx context.Context, _, _ uuid.UUID) (requeue.Evaluation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.fault("evaluation", unreadable, slow) {
	case unreadable:
		return requeue.Evaluation{}, &azdo.Error{StatusCode: 500, Message: "given up"}
	case slow:
		s.mu.Unlock()
		sleep(ctx, 3*time.Second)
		s.mu.Lock()
	default:
	}
	return s.now(), ctx.Err()
}

func (s *stand) readPullRequest(_ context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault("pullRequest", unreadable) == unreadable {
		return requeue.PullRequest{}, &azdo.Error{StatusCode: 503, Message: "given up"}
	}
	return *pr, nil
}

func (s *stand) listBuilds(context.Context, requeue.Action) ([]requeue.Build, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault("builds", unreadable) == unreadable {
		return nil, &azdo.Error{StatusCode: 500, Message: "given up"}
	}
	if s.starts == 0 {
		return nil, nil
	}
	return []requeue.Build{{ID: 100 + s.starts, PipelineID: 9, Status: "inProgress", RefName: requeue.MergeRefName(7)}}, nil
}

func (s *stand) patch(ctx context.Context, _, _ uuid.UUID, begun func()) (requeue.Evaluation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	begun()
	f := s.fault("PATCH", lostBefore, lostAfter, doneThen503, throttled, refusedWrite, gone, slow)
	switch f {
	case lostBefore:
		s.posts++
		return requeue.Evaluation{}, &azdo.Error{Message: "torn", Lost: true}
	case throttled:
		return requeue.Evaluation{}, &azdo.Error{StatusCode: 429, RetryAfter: time.Second}
	case refusedWrite:
		return requeue.Evaluation{}, &azdo.Error{StatusCode: 403, Message: "no"}
	case gone:
		return requeue.Evaluation{}, &azdo.Error{StatusCode: 404, Message: "no"}
	case slow:
		s.mu.Unlock()
		sleep(context.WithoutCancel(ctx), 3*time.Second)
		s.mu.Lock()
	default:
	}
	s.posts++
	if !s.declines {
		if s.starts++; s.starts == 1 {
			s.since = time.Now()
		}
	}
	switch f {
	case lostAfter:
		return requeue.Evaluation{}, &azdo.Error{Message: "torn", Lost: true}
	case doneThen503:
		return requeue.Evaluation{}, &azdo.Error{StatusCode: 503, Lost: true}
	default:
	}
	return s.now(), nil
}

func (s *stand) service() Service {
	return Service{
		PullRequest: s.readPullRequest, Evaluation: s.readEvaluation, Requeue: s.patch, Builds: s.listBuilds,
		Evaluations: func(context.Context, *requeue.PullRequest) ([]requeue.Evaluation, error) { return nil, nil },
		Build:       func(context.Context, uuid.UUID, int) (requeue.Build, error) { return requeue.Build{}, nil },
	}
}

var testProject = requeue.Project{ID: uuid.MustParse("11111111-1111-1111-1111-111111111111"), Name: "shop"}

func expiredAction(pr, policy int) requeue.Action {
	return requeue.Action{
		PullRequest: &requeue.PullRequest{
			ID: pr, Status: "active", SourceCommitID: "abc", Repository: &requeue.Repository{Name: "web", Project: testProject},
		},
		EvaluationPlan: &requeue.EvaluationPlan{
			Evaluation: &requeue.Evaluation{
				ID: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, pr, policy)), Status: "queued",
				Details: &requeue.Details{IsExpired: true, HasIsExpired: true, BuildID: 50},
				Policy: &requeue.Policy{
					ID: policy, TypeID: uuid.MustParse(requeue.BuildPolicyType), Enabled: true, Blocking: true, PipelineID: 9,
					QueueOnSourceUpdateOnly: true,
				},
			},
			Decision: &requeue.Decision{State: requeue.StateExpired, Requeue: true},
			Outcome:  &requeue.Outcome{Kind: requeue.OutcomePlanned},
		},
	}
}

// planOf is a plan of these actions, those of one pull request beside each other. It shares their outcomes.
func planOf(actions ...requeue.Action) requeue.Plan {
	var p requeue.Plan
	for _, a := range actions {
		if n := len(p.PullRequests); n == 0 || p.PullRequests[n-1].PullRequest.ID != a.PullRequest.ID {
			p.PullRequests = append(p.PullRequests, requeue.PullRequestPlan{PullRequest: a.PullRequest})
		}
		pr := &p.PullRequests[len(p.PullRequests)-1]
		pr.Evaluations = append(pr.Evaluations, *a.EvaluationPlan)
	}
	return p
}

// carryOut executes a plan of these actions and returns what became of each.
func carryOut(ctx context.Context, o Options, done func(requeue.Action), actions ...requeue.Action) []requeue.Outcome {
	plan := planOf(actions...)
	Execute(ctx, plan, o, done)
	var outcomes []requeue.Outcome
	for _, a := range plan.Actions() {
		outcomes = append(outcomes, *a.Outcome)
	}
	return outcomes
}

// apart is a copy that may be changed.
func apart(e requeue.Evaluation) requeue.Evaluation {
	details := *e.Details
	e.Details = &details
	return e
}

// TestWritesExactlyOnce tries random sequences of faults on one write. Whatever happens, one outcome is reported, at
// most two requests are sent and one build is started, and no outcome claims more than the service did.
func TestWritesExactlyOnce(t *testing.T) {
	t.Parallel()
	seen := map[requeue.OutcomeKind]int{}
	for seed := range *sequences {
		if o := exactlyOnce(t, uint64(seed)); o != "" {
			seen[o]++
		}
		if t.Failed() {
			return
		}
	}
	for _, v := range []requeue.OutcomeKind{requeue.OutcomeRequeued, requeue.OutcomeDeclined, requeue.OutcomeMoved, requeue.OutcomeFailed} {
		if seen[v] == 0 {
			t.Errorf("no sequence ended %s: the faults do not reach it", v)
		}
	}
	t.Log(seen)
}

func exactlyOnce(t *testing.T, seed uint64) (kind requeue.OutcomeKind) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 7))
		action := expiredAction(7, 1)
		s := &stand{
			random: random, chance: random.Float64() * 0.7, record: *action.Evaluation, declines: random.IntN(6) == 0,
			lag: time.Duration(random.IntN(15)) * time.Second,
		}
		if random.IntN(4) == 0 {
			s.foreign = time.Now().Add(time.Duration(random.IntN(40)) * time.Second)
		}
		calls := 0
		o := carryOut(t.Context(), Options{Service: s.service(), Concurrency: 2}, func(requeue.Action) { calls++ }, action)[0]
		kind = o.Kind
		bad := ""
		switch {
		case s.starts > 1:
			bad = "more than one build was started"
		case s.posts > 2:
			bad = "more than two requests were sent"
		case calls != 1:
			bad = fmt.Sprintf("%d outcomes were reported", calls)
		case o.Kind == requeue.OutcomePlanned:
			bad = "no outcome"
		case o.Kind == requeue.OutcomeRequeued && s.starts != 1 && !s.pressed():
			bad = "requeued, but nothing was started"
		case o.Kind == requeue.OutcomeRequeued && o.BuildAfter != 101 && (o.BuildAfter != 90 || !s.pressed()):
			bad = "requeued, but the build is wrong"
		case o.Kind == requeue.OutcomeDeclined && s.starts != 0:
			bad = "declined, but a build was started"
		case o.Kind == requeue.OutcomeFailed && o.Err == nil:
			bad = "failed without a reason"
		}
		if bad != "" {
			t.Errorf("seed %d: %s: %+v\n%v", seed, bad, o, s.log)
		}
	})
	return kind
}

func TestWriteOutcomes(t *testing.T) {
	t.Parallel()
	type reply struct {
		record requeue.Evaluation
		err    error
	}
	before := *expiredAction(7, 1).Evaluation
	started := apart(before)
	started.IsExpired, started.BuildID = false, 51
	other := apart(before)
	other.Status, other.IsExpired = "approved", false
	queued := apart(before) // with the old build
	queued.IsExpired, queued.BuildIsNotCurrent = false, true
	broken := apart(before)
	broken.Status, broken.IsExpired, broken.Words = "broken", false, "No agent pool"
	noBuild := apart(queued)
	noBuild.BuildID = 0
	renumbered := apart(started)
	renumbered.ID = uuid.New()
	foreign := apart(started)
	foreign.Policy = &requeue.Policy{ID: 2, TypeID: before.Policy.TypeID, Enabled: true, PipelineID: 9}
	onWay := func(id int) []requeue.Build {
		return []requeue.Build{{ID: id, PipelineID: 9, Status: "notStarted", RefName: "refs/pull/7/merge"}}
	}
	lost := &azdo.Error{Message: "torn", Lost: true}
	odd := &azdo.Error{StatusCode: 200, Message: "the answer is not JSON", Unclear: true}
	page := &azdo.Error{StatusCode: 203, Message: "a web page", SignIn: true, Unclear: true}
	hidden := &azdo.Error{StatusCode: 404, Code: "TF401019", Message: "hidden"}
	tests := []struct {
		name    string
		pr      func(*requeue.PullRequest)
		prErr   error
		builds  []requeue.Build
		later   []requeue.Build      // builds after the first request
		listed  []requeue.Evaluation // of the pull request, after the first request
		before  reply
		patches []reply
		after   reply
		want    requeue.OutcomeKind
		sent    int
		build   int    // that was started
		detail  string // all of it; "" is not compared
		err     string // likewise
	}{
		{name: "the answer shows another build", before: reply{before, nil}, patches: []reply{{started, nil}}, want: requeue.OutcomeRequeued, sent: 1},
		{name: "the record shows it later", before: reply{before, nil}, patches: []reply{{before, nil}}, after: reply{started, nil}, want: requeue.OutcomeRequeued, sent: 1},
		{name: "a 200 that restarted nothing", before: reply{before, nil}, patches: []reply{{before, nil}}, after: reply{before, nil}, want: requeue.OutcomeDeclined, sent: 1},
		{name: "queued with the old build is no proof", before: reply{before, nil}, patches: []reply{{queued, nil}}, after: reply{queued, nil}, want: requeue.OutcomeDeclined, sent: 1},
		{name: "a new build in the list is", before: reply{before, nil}, patches: []reply{{queued, nil}}, after: reply{queued, nil}, later: onWay(60), want: requeue.OutcomeRequeued, sent: 1, build: 60},
		{name: "a build in the list that was there before is not", before: reply{before, nil}, builds: []requeue.Build{{ID: 60, PipelineID: 9, Status: "completed", RefName: "refs/pull/7/merge"}}, patches: []reply{{queued, nil}}, after: reply{queued, nil}, later: onWay(60), want: requeue.OutcomeDeclined, sent: 1},
		{name: "the record lost its build and gets none in time", before: reply{before, nil}, patches: []reply{{noBuild, nil}}, after: reply{noBuild, nil}, want: requeue.OutcomeRequeued, sent: 1, detail: "accepted, no build seen yet"},
		{name: "the record lost its build and gets one", before: reply{before, nil}, patches: []reply{{noBuild, nil}}, after: reply{started, nil}, want: requeue.OutcomeRequeued, sent: 1, build: 51},
		{name: "the record broke", before: reply{before, nil}, patches: []reply{{broken, nil}}, want: requeue.OutcomeDeclined, sent: 1, detail: "No agent pool"},
		{name: "the record breaks later", before: reply{before, nil}, patches: []reply{{before, nil}}, after: reply{broken, nil}, want: requeue.OutcomeDeclined, sent: 1, detail: "No agent pool"},
		{name: "the answer is under a new number", before: reply{before, nil}, patches: []reply{{renumbered, nil}}, want: requeue.OutcomeRequeued, sent: 1, build: 51},
		{name: "the record is under a new number", before: reply{before, nil}, patches: []reply{{before, nil}}, after: reply{err: &azdo.Error{StatusCode: 404}}, listed: []requeue.Evaluation{foreign, renumbered}, want: requeue.OutcomeRequeued, sent: 1, build: 51},
		{name: "the record is gone", before: reply{before, nil}, patches: []reply{{before, nil}}, after: reply{err: &azdo.Error{StatusCode: 404}}, listed: []requeue.Evaluation{foreign}, want: requeue.OutcomeFailed, sent: 1},
		{name: "the answer is another policy's", before: reply{before, nil}, patches: []reply{{foreign, nil}}, after: reply{before, nil}, want: requeue.OutcomeDeclined, sent: 1},
		{name: "the record is another policy's to the end", before: reply{before, nil}, patches: []reply{{foreign, nil}}, after: reply{foreign, nil}, want: requeue.OutcomeFailed, sent: 1, err: "result not known: the service shows the record of another policy"},
		{name: "the record is another policy's, and a new build is seen", before: reply{before, nil}, patches: []reply{{foreign, nil}}, after: reply{foreign, nil}, later: onWay(60), want: requeue.OutcomeRequeued, sent: 1, build: 60},
		{name: "lost, and the record is another policy's", before: reply{before, nil}, patches: []reply{{err: lost}}, after: reply{foreign, nil}, want: requeue.OutcomeFailed, sent: 1, err: "result not known: torn\nthe service shows the record of another policy"},
		{name: "a 200 and then nobody can be asked", before: reply{before, nil}, patches: []reply{{before, nil}}, after: reply{err: lost}, want: requeue.OutcomeFailed, sent: 1},
		{name: "the pull request is completed", pr: func(p *requeue.PullRequest) { p.Status = "completed" }, want: requeue.OutcomeMoved},
		{name: "another source commit", pr: func(p *requeue.PullRequest) { p.SourceCommitID = "def" }, want: requeue.OutcomeMoved},
		{name: "a draft now", pr: func(p *requeue.PullRequest) { p.Draft = true }, want: requeue.OutcomeMoved},
		{name: "conflicts now", pr: func(p *requeue.PullRequest) { p.MergeStatus = "conflicts" }, want: requeue.OutcomeMoved},
		{name: "the pull request cannot be read", prErr: &azdo.Error{StatusCode: 500}, want: requeue.OutcomeFailed},
		{name: "the pull request is gone", prErr: &azdo.Error{StatusCode: 404}, want: requeue.OutcomeMoved},
		{name: "the pull request is hidden, which is a refusal", prErr: hidden, want: requeue.OutcomeFailed, err: "read the pull request again: status 404: hidden"},
		{name: "the state changed", before: reply{other, nil}, want: requeue.OutcomeMoved},
		{name: "the build changed", before: reply{started, nil}, want: requeue.OutcomeMoved},
		{name: "the evaluation is gone", before: reply{err: &azdo.Error{StatusCode: 404}}, want: requeue.OutcomeMoved},
		{name: "the evaluation is hidden, which is a refusal", before: reply{err: hidden}, want: requeue.OutcomeFailed, err: "read the evaluation again: status 404: hidden"},
		{name: "the evaluation cannot be read", before: reply{err: &azdo.Error{StatusCode: 500}}, want: requeue.OutcomeFailed},
		{name: "a build is on its way", before: reply{before, nil}, builds: []requeue.Build{{ID: 60, PipelineID: 9, Status: "notStarted", RefName: "refs/pull/7/merge"}}, want: requeue.OutcomeMoved},
		{name: "another pipeline's build is on its way", before: reply{before, nil}, builds: []requeue.Build{{ID: 60, PipelineID: 8, Status: "notStarted", RefName: "refs/pull/7/merge"}}, patches: []reply{{started, nil}}, want: requeue.OutcomeRequeued, sent: 1},
		{name: "lost, and the record shows a start", before: reply{before, nil}, patches: []reply{{err: lost}}, after: reply{started, nil}, want: requeue.OutcomeRequeued, sent: 1},
		{name: "lost before, and sent once more", before: reply{before, nil}, patches: []reply{{err: lost}, {started, nil}}, after: reply{before, nil}, want: requeue.OutcomeRequeued, sent: 2},
		{name: "lost twice", before: reply{before, nil}, patches: []reply{{err: lost}, {err: lost}}, after: reply{before, nil}, want: requeue.OutcomeFailed, sent: 2},
		{name: "lost, and nobody can be asked", before: reply{before, nil}, patches: []reply{{err: lost}}, after: reply{err: &azdo.Error{StatusCode: 500}}, want: requeue.OutcomeFailed, sent: 1},
		{name: "an odd answer, and nothing was started: not sent again", before: reply{before, nil}, patches: []reply{{err: odd}}, after: reply{before, nil}, want: requeue.OutcomeDeclined, sent: 1},
		{name: "an odd answer, and the record shows a start", before: reply{before, nil}, patches: []reply{{err: odd}}, after: reply{started, nil}, want: requeue.OutcomeRequeued, sent: 1, build: 51},
		{name: "an odd answer, and nobody can be asked", before: reply{before, nil}, patches: []reply{{err: odd}}, after: reply{err: &azdo.Error{StatusCode: 500}}, want: requeue.OutcomeFailed, sent: 1},
		{name: "a page, and nothing was started: not sent again", before: reply{before, nil}, patches: []reply{{err: page}}, after: reply{before, nil}, want: requeue.OutcomeFailed, sent: 1, err: "status 203: a web page"},
		{name: "a page, and the record shows a start", before: reply{before, nil}, patches: []reply{{err: page}}, after: reply{started, nil}, want: requeue.OutcomeRequeued, sent: 1, build: 51},
		{name: "a page, and from then on nothing else", before: reply{before, nil}, patches: []reply{{err: page}}, after: reply{err: page}, want: requeue.OutcomeFailed, sent: 1, err: "status 203: a web page"},
		{name: "429 is no PATCH", before: reply{before, nil}, patches: []reply{{err: &azdo.Error{StatusCode: 429}}, {err: lost}, {started, nil}}, after: reply{before, nil}, want: requeue.OutcomeRequeued, sent: 3},
		{name: "429 for ever", before: reply{before, nil}, patches: []reply{{err: &azdo.Error{StatusCode: 429}}}, after: reply{before, nil}, want: requeue.OutcomeFailed, sent: 5},
		{name: "refused", before: reply{before, nil}, patches: []reply{{err: &azdo.Error{StatusCode: 403}}}, want: requeue.OutcomeFailed, sent: 1},
		{name: "conflict, and meanwhile moved", before: reply{before, nil}, patches: []reply{{err: &azdo.Error{StatusCode: 409}}}, after: reply{other, nil}, want: requeue.OutcomeMoved, sent: 1},
		{name: "conflict, and nothing moved", before: reply{before, nil}, patches: []reply{{err: &azdo.Error{StatusCode: 409}}}, after: reply{before, nil}, want: requeue.OutcomeFailed, sent: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				o := Options{Concurrency: 1, Service: Service{
					Evaluations: func(context.Context, *requeue.PullRequest) ([]requeue.Evaluation, error) { return tt.listed, nil },
					PullRequest: func(_ context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) {
						now := *pr
						if tt.pr != nil {
							tt.pr(&now)
						}
						return now, tt.prErr
					},
					Evaluation: func(context.Context, uuid.UUID, uuid.UUID) (requeue.Evaluation, error) {
						if sent == 0 {
							return tt.before.record, tt.before.err
						}
						return tt.after.record, tt.after.err
					},
					Builds: func(context.Context, requeue.Action) ([]requeue.Build, error) {
						if sent > 0 {
							return tt.later, nil
						}
						return tt.builds, nil
					},
					Requeue: func(context.Context, uuid.UUID, uuid.UUID, func()) (requeue.Evaluation, error) {
						r := tt.patches[min(sent, len(tt.patches)-1)]
						sent++
						return r.record, r.err
					},
				}}
				got := carryOut(t.Context(), o, nil, expiredAction(7, 1))[0]
				if got.Kind != tt.want || sent != tt.sent {
					t.Errorf("outcome %s after %d requests, want %s after %d: %+v", got.Kind, sent, tt.want, tt.sent, got)
				}
				if tt.build != 0 && got.BuildAfter != tt.build || tt.detail != "" && got.Detail != tt.detail {
					t.Errorf("got %+v, want build %d, %q", got, tt.build, tt.detail)
				}
				if tt.err != "" && (got.Err == nil || got.Err.Error() != tt.err) {
					t.Errorf("error %v, want %q", got.Err, tt.err)
				}
				if got.Kind != requeue.OutcomeRequeued && got.Err == nil && got.Detail == "" {
					t.Error("no reason is given")
				}
			})
		})
	}
}

// TestLostAnswerShowsLate: what a lost request has started is ours, also where only the recheck before its repeat shows it.
func TestLostAnswerShowsLate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		late  func(*requeue.Evaluation)
		build int // in the list
		want  requeue.Outcome
	}{
		{name: "in the record", late: func(e *requeue.Evaluation) { e.IsExpired, e.BuildID = false, 51 }, want: requeue.Outcome{Kind: requeue.OutcomeRequeued, BuildAfter: 51}},
		{name: "in the list of builds", late: func(*requeue.Evaluation) {}, build: 60, want: requeue.Outcome{Kind: requeue.OutcomeRequeued, BuildAfter: 60}},
		{name: "it has broken", late: func(e *requeue.Evaluation) { e.Status, e.IsExpired, e.Words = "broken", false, "No agent pool" }, want: requeue.Outcome{Kind: requeue.OutcomeDeclined, Detail: "No agent pool"}},
		{name: "it is green all of a sudden", late: func(e *requeue.Evaluation) { e.Status, e.IsExpired = "approved", false }, want: requeue.Outcome{Kind: requeue.OutcomeMoved, Detail: "the evaluation is succeeded now"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin, late, sent := time.Now(), false, 0
				a := expiredAction(7, 1)
				o := Options{Concurrency: 1, Service: Service{
					PullRequest: func(_ context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) { return *pr, nil },
					Evaluation: func(context.Context, uuid.UUID, uuid.UUID) (requeue.Evaluation, error) {
						e := apart(*a.Evaluation)
						if late {
							tt.late(&e)
						}
						return e, nil
					},
					Builds: func(context.Context, requeue.Action) ([]requeue.Build, error) {
						if late && tt.build != 0 {
							return []requeue.Build{{ID: tt.build, PipelineID: 9, Status: "notStarted", RefName: "refs/pull/7/merge"}}, nil
						}
						late = time.Since(begin) >= confirmTime // after the last read of the confirmation
						return nil, nil
					},
					Requeue: func(context.Context, uuid.UUID, uuid.UUID, func()) (requeue.Evaluation, error) {
						sent++
						return requeue.Evaluation{}, &azdo.Error{Message: "torn", Lost: true}
					},
				}}
				got := carryOut(t.Context(), o, nil, a)[0]
				if diff := cmp.Diff(tt.want, got); diff != "" || sent != 1 {
					t.Errorf("%d requests (-want +got)\n%s", sent, diff)
				}
			})
		})
	}
}

// TestWritesInPlanOrder: the first writes of the pull requests start in plan order at any concurrency, one at a time
// per pull request, and never more at once than the concurrency. Each is told of in plan order, with its outcome.
func TestWritesInPlanOrder(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{1, 3, 64} {
		t.Run(fmt.Sprint(concurrency), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var order []int
				under, most := 0, 0
				enter := func() func() {
					mu.Lock()
					under++
					most = max(most, under)
					mu.Unlock()
					time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
					return func() { mu.Lock(); under--; mu.Unlock() }
				}
				byID := map[uuid.UUID]requeue.Action{}
				var actions []requeue.Action
				for pr := range 20 {
					a := expiredAction(100-pr, 1)
					a.Number = pr
					byID[a.Evaluation.ID] = a
					actions = append(actions, a)
				}
				o := Options{Concurrency: concurrency, Service: Service{
					PullRequest: func(_ context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) {
						defer enter()()
						return *pr, nil
					},
					Evaluation: func(_ context.Context, _, id uuid.UUID) (requeue.Evaluation, error) {
						defer enter()()
						return *byID[id].Evaluation, nil
					},
					Builds: func(context.Context, requeue.Action) ([]requeue.Build, error) { defer enter()(); return nil, nil },
					Requeue: func(_ context.Context, _, id uuid.UUID, begun func()) (requeue.Evaluation, error) {
						mu.Lock()
						order = append(order, byID[id].Number)
						mu.Unlock()
						begun()
						defer enter()()
						e := apart(*byID[id].Evaluation)
						e.BuildID++
						return e, nil
					},
				}}
				var told []int
				carryOut(t.Context(), o, func(a requeue.Action) {
					if told = append(told, a.Number); a.Outcome.Kind != requeue.OutcomeRequeued {
						t.Errorf("action %d was told of before its outcome was known: %+v", a.Number, *a.Outcome)
					}
				}, actions...)
				if len(told) != 20 || !slices.IsSorted(told) {
					t.Errorf("told of %v", told)
				}
				for i, pr := range order {
					if i != pr {
						t.Fatalf("writes started in the order %v", order)
					}
				}
				if len(order) != 20 || most > concurrency {
					t.Errorf("%d writes, %d at once, concurrency %d", len(order), most, concurrency)
				}
			})
		})
	}
}

// TestExecuteCancelled: after a cancellation nothing is begun; what was under way ends as not known.
func TestExecuteCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		requests := 0
		o := Options{Concurrency: 1, Service: Service{
			PullRequest: func(_ context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) {
				requests++
				return *pr, nil
			},
			Evaluation: func(context.Context, uuid.UUID, uuid.UUID) (requeue.Evaluation, error) {
				requests++
				return *expiredAction(1, 1).Evaluation, nil
			},
			Builds: func(context.Context, requeue.Action) ([]requeue.Build, error) { requests++; return nil, nil },
			Requeue: func(context.Context, uuid.UUID, uuid.UUID, func()) (requeue.Evaluation, error) {
				requests++
				cancel(errors.New("cancelled"))
				return requeue.Evaluation{}, &azdo.Error{StatusCode: 200, Message: "torn", Lost: true}
			},
		}}
		got := carryOut(ctx, o, nil, expiredAction(1, 1), expiredAction(1, 2), expiredAction(2, 1))
		if !errors.Is(got[0].Err, ErrNotKnown) || got[0].Kind != requeue.OutcomeFailed {
			t.Errorf("the write under way: %+v", got[0])
		}
		for _, o := range got[1:] {
			if o.Kind != requeue.OutcomePlanned {
				t.Errorf("not begun: %+v", o)
			}
		}
		if requests != 4 {
			t.Errorf("%d requests, want 4", requests)
		}
	})
}

// TestAnsweredWhileCancelled: a refusal that comes with the cancellation is one; what was never sent was not begun.
func TestAnsweredWhileCancelled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  *azdo.Error
		want requeue.OutcomeKind
	}{
		{"refused", &azdo.Error{StatusCode: 403, Message: "no"}, requeue.OutcomeFailed},
		{"a conflict", &azdo.Error{StatusCode: 409, Message: "no"}, requeue.OutcomeFailed},
		{"not sent", &azdo.Error{Message: "cancelled", Err: context.Canceled}, requeue.OutcomePlanned},
		{"turned down, to come back later", &azdo.Error{StatusCode: 429}, requeue.OutcomePlanned},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				a := expiredAction(7, 1)
				o := Options{Concurrency: 1, Service: Service{
					PullRequest: func(ctx context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) { return *pr, ctx.Err() },
					Evaluation:  func(ctx context.Context, _, _ uuid.UUID) (requeue.Evaluation, error) { return *a.Evaluation, ctx.Err() },
					Builds:      func(ctx context.Context, _ requeue.Action) ([]requeue.Build, error) { return nil, ctx.Err() },
					Requeue: func(context.Context, uuid.UUID, uuid.UUID, func()) (requeue.Evaluation, error) {
						cancel()
						return requeue.Evaluation{}, tt.err
					},
				}}
				got := carryOut(ctx, o, nil, a)[0]
				if got.Kind != tt.want || tt.want == requeue.OutcomeFailed && !errors.Is(got.Err, tt.err) {
					t.Errorf("got %+v, want %s", got, tt.want)
				}
			})
		})
	}
}
