package requeue_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestOrder(t *testing.T) {
	t.Parallel()
	created := func(d time.Duration) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { pr.Created = ago(d) }
	}
	stale := func(d time.Duration) func(*requeue.PullRequest) {
		return with(evaluation(1, expired, buildStarted(d)))
	}
	ready := with(evaluation(1, expired), evaluation(2, reviewers))
	tests := []struct {
		name string
		keys []requeue.OrderKey
		when []requeue.State
		prs  []requeue.PullRequest
		want []int
	}{
		{"no key: by number", nil, nil, []requeue.PullRequest{pullRequest(20), pullRequest(3), pullRequest(100)}, []int{3, 20, 100}},
		{
			"autoComplete",
			[]requeue.OrderKey{requeue.OrderAutoComplete},
			nil,
			[]requeue.PullRequest{pullRequest(1), pullRequest(4, autoComplete), pullRequest(3, autoComplete), pullRequest(2)},
			[]int{3, 4, 1, 2},
		},
		{
			"approved",
			[]requeue.OrderKey{requeue.OrderApproved},
			nil,
			[]requeue.PullRequest{pullRequest(1), pullRequest(2, votes(10)), pullRequest(3, ready), pullRequest(4, ready, votes(-5))},
			[]int{2, 3, 1, 4},
		},
		{
			"oldest",
			[]requeue.OrderKey{requeue.OrderOldest},
			nil,
			[]requeue.PullRequest{pullRequest(1, created(1)), pullRequest(2, created(3)), pullRequest(3, created(2)), pullRequest(4, created(3))},
			[]int{2, 4, 3, 1},
		},
		{
			"newest",
			[]requeue.OrderKey{requeue.OrderNewest},
			nil,
			[]requeue.PullRequest{pullRequest(1, created(2)), pullRequest(2, created(3)), pullRequest(3, created(1)), pullRequest(4, created(1))},
			[]int{3, 4, 1, 2},
		},
		{
			"stalest: longest ago first",
			[]requeue.OrderKey{requeue.OrderStalest},
			nil,
			[]requeue.PullRequest{pullRequest(1, stale(20*time.Hour)), pullRequest(2, stale(40*time.Hour)), pullRequest(3, stale(30*time.Hour))},
			[]int{2, 3, 1},
		},
		{
			"stalest: never started behind all that have, nothing selected last",
			[]requeue.OrderKey{requeue.OrderStalest},
			nil,
			[]requeue.PullRequest{pullRequest(1, with(evaluation(1))), pullRequest(2, stale(1000*time.Hour)), pullRequest(3, with(evaluation(1, notStarted))), pullRequest(4)},
			[]int{2, 3, 1, 4},
		},
		{
			"stalest: what waits for a build that has ended long ago holds nobody up",
			[]requeue.OrderKey{requeue.OrderStalest},
			nil,
			[]requeue.PullRequest{pullRequest(1, with(evaluation(1, leftQueued, buildStarted(99*time.Hour)))), pullRequest(2, stale(time.Hour)), pullRequest(3, with(evaluation(1)))},
			[]int{2, 1, 3},
		},
		{
			"stalest: one that never started beside one that has",
			[]requeue.OrderKey{requeue.OrderStalest},
			nil,
			[]requeue.PullRequest{pullRequest(1, stale(20*time.Hour)), pullRequest(2, with(evaluation(1, notStarted), evaluation(2, expired, buildStarted(30*time.Hour))))},
			[]int{2, 1},
		},
		{
			"stalest: the stalest of its selected builds",
			[]requeue.OrderKey{requeue.OrderStalest},
			nil,
			[]requeue.PullRequest{
				pullRequest(1, stale(30*time.Hour)),
				pullRequest(2, with(evaluation(1, expired, buildStarted(20*time.Hour)), evaluation(2, expired, buildStarted(40*time.Hour)))),
			},
			[]int{2, 1},
		},
		{
			"stalest: builds that are not selected do not count",
			[]requeue.OrderKey{requeue.OrderStalest},
			[]requeue.State{requeue.StateExpired},
			[]requeue.PullRequest{
				pullRequest(1, stale(30*time.Hour)),
				pullRequest(2, with(evaluation(1, expired, buildStarted(20*time.Hour)), evaluation(2, failed, buildStarted(40*time.Hour)), evaluation(3, notStarted))),
			},
			[]int{1, 2},
		},
		{
			"stalest: a server that tells no build's start",
			[]requeue.OrderKey{requeue.OrderStalest},
			nil,
			[]requeue.PullRequest{
				pullRequest(1, stale(30*time.Hour)),
				pullRequest(2, with(evaluation(1, expired, completed(40*time.Hour), func(e *requeue.Evaluation) { e.BuildStarted = time.Time{} }))),
			},
			[]int{2, 1},
		},
		{
			"the first key is the most important",
			[]requeue.OrderKey{requeue.OrderAutoComplete, requeue.OrderStalest},
			nil,
			[]requeue.PullRequest{
				pullRequest(1, stale(40*time.Hour)), pullRequest(2, stale(20*time.Hour), autoComplete), pullRequest(3, stale(30*time.Hour), autoComplete),
			},
			[]int{3, 2, 1},
		},
		{
			"the other way round",
			[]requeue.OrderKey{requeue.OrderStalest, requeue.OrderAutoComplete},
			nil,
			[]requeue.PullRequest{
				pullRequest(1, stale(40*time.Hour)), pullRequest(2, stale(20*time.Hour), autoComplete), pullRequest(3, stale(40*time.Hour), autoComplete),
			},
			[]int{3, 1, 2},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rules(order(tt.keys...))
			if tt.when != nil {
				r.When = tt.when
			}
			for range 2 {
				var got []int
				for _, pr := range planOf(t, r, service{builds: []requeue.Build{build(500, "failed")}}, tt.prs...).PullRequests {
					got = append(got, pr.PullRequest.ID)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				slices.Reverse(tt.prs)
			}
		})
	}
}

// TestOrderWithinAPullRequest: required before optional, then by policy ID.
func TestOrderWithinAPullRequest(t *testing.T) {
	t.Parallel()
	p := planOf(t, rules(), service{}, pullRequest(7, with(
		evaluation(1, expired, optional), evaluation(30, expired), evaluation(4, expired), evaluation(2, expired, optional), evaluation(3),
	)))
	if diff := cmp.Diff([]string{"7/4", "7/30", "7/1", "7/2"}, requeued(p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, a := range p.Actions() {
		pr := p.PullRequests[0]
		if e := &pr.Evaluations[i+1]; a.EvaluationPlan != e || a.PullRequest != pr.PullRequest || !e.Requeue || a.Number != i+1 { // policy 3 comes first
			t.Errorf("action %+v does not find its entry in the plan", a)
		}
	}
}

// TestStalestRotates: run by run, a cap of one reaches every pull request, since a build that has just started is the
// least stale.
func TestStalestRotates(t *testing.T) {
	t.Parallel()
	r := rules(order(requeue.OrderStalest), maxPerRun(1))
	starts := map[int]time.Time{1: ago(50 * time.Hour), 2: ago(70 * time.Hour), 3: ago(60 * time.Hour)}
	var got []string
	for run := range 6 {
		var prs []requeue.PullRequest
		for number := range 3 {
			ev := evaluation(1, expired)
			ev.BuildStarted = starts[number+1]
			prs = append(prs, pullRequest(number+1, with(ev)))
		}
		p := planOf(t, r, service{}, prs...)
		got = append(got, requeued(p)...)
		starts[p.Actions()[0].PullRequest.ID] = now.Add(time.Duration(run) * time.Minute)
	}
	if diff := cmp.Diff([]string{"2/1", "3/1", "1/1", "2/1", "3/1", "1/1"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	twoExpired := with(evaluation(1, expired), evaluation(2, expired))
	inFlight := with(evaluation(1, running), evaluation(2, expired), evaluation(3, expired))
	in := func(r *requeue.Repository) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { pr.Repository = r }
	}
	tests := []struct {
		name  string
		rules []func(*requeue.Rules)
		svc   service
		prs   []requeue.PullRequest
		want  []string
	}{
		{
			name: "no limit", prs: []requeue.PullRequest{pullRequest(1, twoExpired), pullRequest(2, twoExpired)},
			want: []string{"1/1: expired requeue", "1/2: expired requeue", "2/1: expired requeue", "2/2: expired requeue"},
		},
		{
			name: "maxPerRun counts evaluations, in plan order", rules: []func(*requeue.Rules){maxPerRun(3)},
			prs:  []requeue.PullRequest{pullRequest(2, twoExpired), pullRequest(1, twoExpired)},
			want: []string{"1/1: expired requeue", "1/2: expired requeue", "2/1: expired requeue", "2/2: expired runLimit"},
		},
		{
			name: "order decides who goes first", rules: []func(*requeue.Rules){maxPerRun(1), order(requeue.OrderAutoComplete)},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, expired))), pullRequest(2, autoComplete, with(evaluation(1, expired)))},
			want: []string{"2/1: expired requeue", "1/1: expired runLimit"},
		},
		{
			name: "maxInFlightPerBranch counts pull requests, and one that holds a place gets all", rules: []func(*requeue.Rules){maxInFlight(2)},
			prs: []requeue.PullRequest{pullRequest(1, twoExpired), pullRequest(2, twoExpired), pullRequest(3, twoExpired)},
			want: []string{
				"1/1: expired requeue", "1/2: expired requeue", "2/1: expired requeue", "2/2: expired requeue",
				"3/1: expired branchBusy", "3/2: expired branchBusy",
			},
		},
		{
			name: "one in flight holds a place, wherever it stands in the order", rules: []func(*requeue.Rules){maxInFlight(1)},
			prs: []requeue.PullRequest{pullRequest(1, twoExpired), pullRequest(2, inFlight)},
			want: []string{
				"1/1: expired branchBusy", "1/2: expired branchBusy",
				"2/1: running state", "2/2: expired requeue", "2/3: expired requeue",
			},
		},
		{
			name: "more in flight than places", rules: []func(*requeue.Rules){maxInFlight(1)},
			prs: []requeue.PullRequest{pullRequest(1, inFlight), pullRequest(2, inFlight), pullRequest(3, with(evaluation(1, expired)))},
			want: []string{
				"1/1: running state", "1/2: expired requeue", "1/3: expired requeue",
				"2/1: running state", "2/2: expired requeue", "2/3: expired requeue", "3/1: expired branchBusy",
			},
		},
		{
			name: "a build in the queue is in progress", rules: []func(*requeue.Rules){maxInFlight(1)},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, expired))), pullRequest(2, with(evaluation(1, status("queued"))))},
			want: []string{"1/1: expired branchBusy", "2/1: running state"},
		},
		{
			name: "branches are exact", rules: []func(*requeue.Rules){maxInFlight(1)},
			prs: []requeue.PullRequest{
				pullRequest(1, onto("release"), with(evaluation(1, running))), pullRequest(2, onto("release/1"), with(evaluation(1, expired))),
				pullRequest(3, onto("Release"), with(evaluation(1, expired))),
			},
			want: []string{"1/1: running state", "2/1: expired requeue", "3/1: expired requeue"},
		},
		{
			name: "each repository has its own places", rules: []func(*requeue.Rules){maxInFlight(1)},
			prs: []requeue.PullRequest{
				pullRequest(1, with(evaluation(1, expired))), pullRequest(2, in(other), with(evaluation(1, expired))), pullRequest(3, with(evaluation(1, expired))),
			},
			want: []string{"1/1: expired requeue", "2/1: expired requeue", "3/1: expired branchBusy"},
		},
		{
			name: "one that the filters leave alone holds no place", rules: []func(*requeue.Rules){maxInFlight(1)},
			prs: []requeue.PullRequest{
				pullRequest(1, with(evaluation(1, running)), func(pr *requeue.PullRequest) { pr.Draft = true }), pullRequest(2, with(evaluation(1, expired))),
			},
			want: []string{"1: draft", "2/1: expired requeue"},
		},
		{
			name: "one that is not approved holds no place", rules: []func(*requeue.Rules){maxInFlight(1), requireApproved},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running))), pullRequest(2, votes(10), with(evaluation(1, expired)))},
			want: []string{"1: notApproved", "2/1: expired requeue"},
		},
		{
			name: "one that is in flight holds its place though that is a blocker", rules: []func(*requeue.Rules){maxInFlight(1), requireNoBlockers},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running))), pullRequest(2, with(evaluation(1, expired)))},
			want: []string{"1: otherBlockers", "2/1: expired branchBusy"},
		},
		{
			name: "one in progress that is not selected holds no place",
			rules: []func(*requeue.Rules){maxInFlight(1), func(r *requeue.Rules) {
				r.Enforcement = requeue.EnforcementRequired
				r.OwnPipeline = requeue.PipelineRef{ProjectID: project.ID, ID: 104}
			}},
			prs: []requeue.PullRequest{
				pullRequest(1, with(evaluation(1, running, optional), evaluation(2, running, manual), evaluation(4, running), evaluation(5, reviewers, running))),
				pullRequest(2, with(evaluation(1, expired))),
			},
			want: []string{
				"1/2: running manualPolicy", "1/4: running ownPipeline", "1/5: running byHand", "1/1: running enforcement", "2/1: expired requeue",
			},
		},
		{
			name: "one in progress holds its place whatever when selects", rules: []func(*requeue.Rules){maxInFlight(1), when(requeue.StateExpired)},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running))), pullRequest(2, with(evaluation(1, expired)))},
			want: []string{"1/1: running state", "2/1: expired branchBusy"},
		},
		{
			name: "one in progress of a pipeline that was paused since holds its place", rules: []func(*requeue.Rules){maxInFlight(1)},
			svc:  service{pipelines: map[int]requeue.Pipeline{103: {QueueStatus: "paused"}}},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(3, running))), pullRequest(2, with(evaluation(1, expired)))},
			want: []string{"1/3: running pipelineDisabled", "2/1: expired branchBusy"},
		},
		{
			name: "both limits: a place is taken only by one for all of which the run has room", rules: []func(*requeue.Rules){maxInFlight(2), maxPerRun(3)},
			prs: []requeue.PullRequest{pullRequest(1, twoExpired), pullRequest(2, twoExpired), pullRequest(3, twoExpired)},
			want: []string{
				"1/1: expired requeue", "1/2: expired requeue", "2/1: expired runLimit", "2/2: expired runLimit",
				"3/1: expired runLimit", "3/2: expired runLimit",
			},
		},
		{
			name: "both limits: the run is full first", rules: []func(*requeue.Rules){maxInFlight(2), maxPerRun(1)},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, expired))), pullRequest(2, with(evaluation(1, expired)))},
			want: []string{"1/1: expired requeue", "2/1: expired runLimit"},
		},
		{
			name: "what another reason leaves alone takes no place", rules: []func(*requeue.Rules){maxInFlight(1), maxPerRun(1)},
			prs: []requeue.PullRequest{
				pullRequest(1, with(evaluation(1, failed, completed(time.Minute)))), pullRequest(2, with(evaluation(1, failed))), pullRequest(3, with(evaluation(1, expired))),
			},
			want: []string{"1/1: failed coolingDown", "2/1: failed historyUnknown", "3/1: expired requeue"},
		},
		{
			name: "what cannot be read takes no place", rules: []func(*requeue.Rules){maxInFlight(1), maxPerRun(1)},
			svc:  service{fails: map[requeue.QuestionKind]bool{requeue.AskHistory: true}},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, failed))), pullRequest(2, with(evaluation(1, expired)))},
			want: []string{"1/1: failed error", "2/1: expired requeue"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := planOf(t, rules(tt.rules...), tt.svc, tt.prs...)
			if diff := cmp.Diff(tt.want, lines(p)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			limited := slices.ContainsFunc(lines(p), func(line string) bool {
				return strings.HasSuffix(line, "runLimit") || strings.HasSuffix(line, "branchBusy")
			})
			if got := requeue.Summarize(p).Limited; got != limited {
				t.Errorf("limited %t, want %t", got, limited)
			}
		})
	}
}

// failures makes pull requests 1 to n, each with a failed build of its own, 500 and its number, and the service that
// knows their histories: red builds for those that are exhausted.
func failures(n int, exhausted ...int) ([]requeue.PullRequest, service) {
	var prs []requeue.PullRequest
	var svc service
	for number := 1; number <= n; number++ {
		prs = append(prs, pullRequest(number, with(evaluation(7, failed, buildID(500+number)))))
		of := func(b *requeue.Build) { b.RefName = requeue.MergeRefName(number) }
		svc.builds = append(svc.builds, build(500+number, "failed", of))
		if slices.Contains(exhausted, number) {
			svc.builds = append(svc.builds, build(400+number, "failed", of), build(300+number, "failed", of))
		}
	}
	return prs, svc
}

// TestBeyondLimits: a limit hides no reason where somebody is told, for up to a hundred; else what was not examined says so.
func TestBeyondLimits(t *testing.T) {
	t.Parallel()
	const all = 104 // one within the limit of one, three too many
	exhausted := make([]int, 0, all)
	for number := 2; number <= all; number++ {
		exhausted = append(exhausted, number)
	}
	prs, svc := failures(all, exhausted...)
	tests := []struct {
		name                            string
		examine                         bool
		exhausted, limited, notExamined int
	}{
		{"where nobody is told, the limit comes first", false, 0, 103, 103},
		{"where somebody is told, up to a hundred beyond it are examined", true, 100, 3, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := planOf(t, rules(maxPerRun(1), func(r *requeue.Rules) { r.ExamineBeyondLimits = tt.examine }), svc, prs...)
			notExamined := 0
			for _, pr := range p.PullRequests {
				for _, e := range pr.Evaluations {
					if e.NotExamined {
						notExamined++
					}
					if e.NotExamined && e.Reason != requeue.RunLimit {
						t.Errorf("pull request %d was not examined for the reason %q", pr.PullRequest.ID, e.Reason)
					}
				}
			}
			s := requeue.Summarize(p)
			if s.SkippedByReason[requeue.RetriesExhausted] != tt.exhausted || s.SkippedByReason[requeue.RunLimit] != tt.limited || notExamined != tt.notExamined {
				t.Errorf("%v, %d not examined; want %d exhausted, %d limited, %d not examined", s.SkippedByReason, notExamined, tt.exhausted, tt.limited, tt.notExamined)
			}
			if s.Counts.Planned != 1 {
				t.Errorf("%d planned", s.Counts.Planned)
			}
		})
	}
}

// TestBeyondLimitsUnread: what was only to be told about fails no run; the one within the limit does.
func TestBeyondLimitsUnread(t *testing.T) {
	t.Parallel()
	prs, svc := failures(4)
	for _, tt := range []struct {
		name                         string
		unread                       int // the pull request whose history cannot be read
		failed, planned, notExamined int
	}{
		{"beyond the limit", 3, 0, 1, 1},
		{"within the limit", 1, 1, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			svc := svc
			svc.failsAt = func(q requeue.Question) bool {
				return q.Kind == requeue.AskHistory && q.RefName == requeue.MergeRefName(tt.unread)
			}
			p := planOf(t, rules(maxPerRun(1), func(r *requeue.Rules) { r.ExamineBeyondLimits = true }), svc, prs...)
			notExamined := 0
			for _, pr := range p.PullRequests {
				for _, e := range pr.Evaluations {
					if e.NotExamined {
						notExamined++
					}
				}
			}
			c := requeue.Summarize(p).Counts
			if c.Failed != tt.failed || c.Planned != tt.planned || notExamined != tt.notExamined {
				t.Errorf("%d failed, %d planned, %d not examined; want %d, %d, %d", c.Failed, c.Planned, notExamined, tt.failed, tt.planned, tt.notExamined)
			}
		})
	}
}

// TestBeyondLimitsUnreadElse: that a history was only to be told about excuses no other read, not even of an evaluation
// with the same history.
func TestBeyondLimitsUnreadElse(t *testing.T) {
	t.Parallel()
	prs, svc := failures(2)
	svc.builds = append(svc.builds, build(512, "failed", ofPullRequest(2)))
	beside := func(e requeue.Evaluation) []requeue.PullRequest {
		e.Policy.PipelineID = 107
		second := prs[1]
		second.Evaluations = append(slices.Clone(second.Evaluations), e)
		return []requeue.PullRequest{prs[0], second}
	}
	left, waits := beside(evaluation(8, leftQueued, buildID(512))), beside(evaluation(8, notStarted))
	for _, tt := range []struct {
		name   string
		prs    []requeue.PullRequest
		unread []requeue.QuestionKind
		want   string
	}{
		{"the history", left, []requeue.QuestionKind{requeue.AskHistory}, "2/8: expired runLimit"},
		{"the history and the build", left, []requeue.QuestionKind{requeue.AskHistory, requeue.AskBuild}, "2/8: running error"},
		{"the history, beside one that waits", waits, []requeue.QuestionKind{requeue.AskHistory}, "2/8: notStarted runLimit"},
		{"the history and the last push", waits, []requeue.QuestionKind{requeue.AskHistory, requeue.AskLastPush}, "2/8: notStarted error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			svc := svc
			svc.failsAt = func(q requeue.Question) bool { // of the second pull request
				return slices.Contains(tt.unread, q.Kind) && (q.BuildID == 512 || q.PullRequestID == 2 || q.RefName == requeue.MergeRefName(2))
			}
			r := rules(maxPerRun(1), func(r *requeue.Rules) { r.ExamineBeyondLimits = true })
			p, _ := r.Decide(screen(r, tt.prs...), world{prs: tt.prs, svc: svc}.allFacts(), now)
			if diff := cmp.Diff([]string{"1/7: failed requeue", "2/7: failed runLimit", tt.want}, lines(p)); diff != "" {
				t.Errorf("the plan (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBeyondWindowUnread: a window that nobody can use any more, since the history could not be read, is no full one.
func TestBeyondWindowUnread(t *testing.T) {
	t.Parallel()
	holder := pullRequest(1, autoComplete, with(evaluation(7, running, immediately)))
	second := func(mods ...evaluationMod) requeue.PullRequest {
		return pullRequest(2, autoComplete, with(evaluation(7, failed, immediately), evaluation(8, mods...)))
	}
	for _, tt := range []struct {
		name string
		pr   requeue.PullRequest
		want string
	}{
		{"two pipelines, so two places", second(immediately), "2/7: failed error"},
		{"one pipeline, so one place", second(), "2/7: failed branchBusy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			svc := service{fails: map[requeue.QuestionKind]bool{requeue.AskHistory: true}}
			p := planOf(t, rules(autoInFlight, func(r *requeue.Rules) { r.ExamineBeyondLimits = true }), svc, holder, tt.pr)
			if diff := cmp.Diff([]string{"1/7: running state", tt.want, "2/8: succeeded state"}, lines(p)); diff != "" {
				t.Errorf("the plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	five, svc := failures(5)
	fiveTwoExhausted, svcTwoExhausted := failures(5, 1, 2)
	retryOnly := func(r *requeue.Rules) { r.RetryOnlyIf = regexps("timeout") }
	examineAll := func(r *requeue.Rules) { r.ExamineBeyondLimits = true }
	history := func(number string) string { return "history 107 refs/pull/" + number + "/merge" }
	tests := []struct {
		name  string
		rules []func(*requeue.Rules)
		svc   service
		prs   []requeue.PullRequest
		want  [][]string
		plan  []string
	}{
		{
			name: "nothing costly for what expired", prs: []requeue.PullRequest{pullRequest(1, with(evaluation(1, expired)))}, plan: []string{"1/1"},
		},
		{
			name: "all candidates without a limit", svc: svc, prs: five,
			want: [][]string{{history("1"), history("2"), history("3"), history("4"), history("5")}},
			plan: []string{"1/7", "2/7", "3/7", "4/7", "5/7"},
		},
		{
			name: "no more than the run has room for", rules: []func(*requeue.Rules){maxPerRun(2)}, svc: svc, prs: five,
			want: [][]string{{history("1"), history("2")}},
			plan: []string{"1/7", "2/7"},
		},
		{
			name: "the next ones when some turn out to be exhausted", rules: []func(*requeue.Rules){maxPerRun(2)}, svc: svcTwoExhausted, prs: fiveTwoExhausted,
			want: [][]string{{history("1"), history("2")}, {history("3"), history("4")}},
			plan: []string{"3/7", "4/7"},
		},
		{
			name: "beyond the limit too, all at once, where somebody is told", rules: []func(*requeue.Rules){maxPerRun(1), examineAll}, svc: svcTwoExhausted,
			prs:  fiveTwoExhausted,
			want: [][]string{{history("1"), history("2"), history("3"), history("4"), history("5")}},
			plan: []string{"3/7"},
		},
		{
			name: "beyond the limit nothing but histories", rules: []func(*requeue.Rules){maxPerRun(1), examineAll, retryOnly},
			svc: service{builds: svc.builds, errors: map[int][]string{501: {"timeout"}}}, prs: five,
			want: [][]string{{history("1"), history("2"), history("3"), history("4"), history("5")}, {"errors 501"}},
			plan: []string{"1/7"},
		},
		{
			name: "no more than the branch has room for", rules: []func(*requeue.Rules){maxInFlight(1)}, svc: svcTwoExhausted, prs: fiveTwoExhausted,
			want: [][]string{{history("1")}, {history("2")}, {history("3")}},
			plan: []string{"3/7"},
		},
		{
			name: "in the order of the plan", rules: []func(*requeue.Rules){maxPerRun(2), order(requeue.OrderNewest)}, svc: svc,
			prs: func() []requeue.PullRequest {
				prs := slices.Clone(five)
				for i := range prs {
					prs[i].Created = ago(time.Duration(10-i) * time.Hour)
				}
				return prs
			}(),
			want: [][]string{{history("5"), history("4")}},
			plan: []string{"5/7", "4/7"},
		},
		{
			name: "cheap candidates leave less room", rules: []func(*requeue.Rules){maxPerRun(2)}, svc: svc,
			prs:  append([]requeue.PullRequest{pullRequest(0, with(evaluation(1, expired)))}, five...),
			want: [][]string{{history("1")}},
			plan: []string{"0/1", "1/7"},
		},
		{
			name: "history, then errors, then the target branch", rules: []func(*requeue.Rules){retryOnly, waitForTarget, maxPerRun(1)},
			svc: service{builds: svc.builds, errors: map[int][]string{501: {"syntax error"}, 502: {"timeout"}}}, prs: five,
			want: [][]string{{history("1")}, {"errors 501"}, {"logs 501"}, {history("2")}, {"errors 502"}, {"targetBranch 107 refs/heads/main"}},
			plan: []string{"2/7"},
		},
		{
			name: "one question for the target branch of many", rules: []func(*requeue.Rules){waitForTarget},
			prs: []requeue.PullRequest{
				pullRequest(1, with(evaluation(1, expired))), pullRequest(2, with(evaluation(1, expired))), pullRequest(3, onto("release"), with(evaluation(1, expired))),
			},
			want: [][]string{{"targetBranch 101 refs/heads/main", "targetBranch 101 refs/heads/release"}},
			plan: []string{"1/1", "2/1", "3/1"},
		},
		{
			name: "one question for a pull request with two policies of one pipeline", svc: svc,
			prs: []requeue.PullRequest{pullRequest(1, with(
				evaluation(7, failed, buildID(501)),
				evaluation(8, failed, buildID(501), func(e *requeue.Evaluation) { e.Policy.PipelineID = 107 }),
			))},
			want: [][]string{{history("1")}},
			plan: []string{"1/7", "1/8"},
		},
		{
			name: "nothing for a pull request that is left alone", rules: []func(*requeue.Rules){requireApproved}, svc: svc, prs: five,
		},
		{
			name: "nothing for what cools down, is not selected or has no retry left", rules: []func(*requeue.Rules){maxRetries(0)}, svc: svc, prs: append(
				[]requeue.PullRequest{pullRequest(9, with(evaluation(7, failed, completed(time.Minute))))}, five...),
		},
		{
			name:  "a build that may be green is asked for before any order is settled",
			rules: []func(*requeue.Rules){order(requeue.OrderStalest), maxPerRun(1)},
			svc:   service{builds: []requeue.Build{build(500, "succeeded")}},
			prs: []requeue.PullRequest{
				pullRequest(1, with(evaluation(1, failed, buildStarted(30*time.Hour)))),
				pullRequest(2, with(evaluation(1, shownAsRejected, buildStarted(40*time.Hour)))),
			},
			want: [][]string{{"build 500"}},
			plan: []string{"2/1"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rules(tt.rules...)
			screened := screen(r, tt.prs...)
			plan, rounds := answerAll(t, r, screened, tt.svc)
			if diff := cmp.Diff(tt.want, withoutPipelines(rounds)); diff != "" {
				t.Errorf("questions (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.plan, requeued(plan)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNoOtherBlockers is what needs answers: a blocker that only a question finds.
func TestNoOtherBlockers(t *testing.T) {
	t.Parallel()
	green := build(507, "failed")
	exhausted := func(pipeline, last int) []requeue.Build {
		of := func(b *requeue.Build) { b.PipelineID = pipeline }
		return []requeue.Build{build(last, "failed", of), build(last-100, "failed", of), build(last-200, "failed", of)}
	}
	two := with(evaluation(7, failed, buildID(507)), evaluation(8, failed, buildID(508)))
	mixed := with(evaluation(7, expired), evaluation(8, failed, buildID(508)))
	tests := []struct {
		name  string
		rules []func(*requeue.Rules)
		svc   service
		pr    func(*requeue.PullRequest)
		want  []string
		asks  [][]string
	}{
		{
			name: "failed within its budget is no blocker", svc: service{builds: append(exhausted(108, 900), green)},
			pr:   with(evaluation(7, failed, buildID(507)), evaluation(1, expired)),
			want: []string{"7/1: expired requeue", "7/7: failed requeue"},
			asks: [][]string{{"history 107 refs/pull/7/merge"}},
		},
		{
			name: "exhausted is a blocker, whatever stands beside it", svc: service{builds: exhausted(108, 508)}, pr: mixed,
			want: []string{"7: otherBlockers"},
			asks: [][]string{{"history 108 refs/pull/7/merge"}},
		},
		{
			name: "an optional one that is exhausted is none", svc: service{builds: exhausted(108, 508)},
			pr:   with(evaluation(7, expired), evaluation(8, failed, buildID(508), optional)),
			want: []string{"7/7: expired requeue", "7/8: failed retriesExhausted"},
			asks: [][]string{{"history 108 refs/pull/7/merge"}},
		},
		{
			name: "all are asked for, though the run has room for one", rules: []func(*requeue.Rules){maxPerRun(1)},
			svc: service{builds: append(exhausted(108, 508), green)}, pr: two,
			want: []string{"7: otherBlockers"},
			asks: [][]string{{"history 107 refs/pull/7/merge", "history 108 refs/pull/7/merge"}},
		},
		{
			name: "a cheap one waits for them too", rules: []func(*requeue.Rules){maxPerRun(1), waitForTarget},
			svc: service{builds: exhausted(108, 508)}, pr: mixed,
			want: []string{"7: otherBlockers"},
			asks: [][]string{{"history 108 refs/pull/7/merge"}},
		},
		{
			name: "a limit is no blocker", rules: []func(*requeue.Rules){maxPerRun(1)},
			svc: service{builds: []requeue.Build{green, build(508, "failed", func(b *requeue.Build) { b.PipelineID = 108 })}}, pr: two,
			want: []string{"7/7: failed requeue", "7/8: failed runLimit"},
			asks: [][]string{{"history 107 refs/pull/7/merge", "history 108 refs/pull/7/merge"}},
		},
		{
			name: "a red target branch is no blocker", rules: []func(*requeue.Rules){waitForTarget},
			svc: service{builds: []requeue.Build{build(90, "failed", onMain)}}, pr: with(evaluation(7, expired), evaluation(8, expired)),
			want: []string{"7/7: expired targetBranchRed", "7/8: expired requeue"},
			asks: [][]string{{"targetBranch 107 refs/heads/main", "targetBranch 108 refs/heads/main"}},
		},
		{
			name:  "an error that is not retryable is a blocker",
			rules: []func(*requeue.Rules){func(r *requeue.Rules) { r.NeverRetryIf = regexps("syntax") }},
			svc:   service{builds: []requeue.Build{green}, errors: map[int][]string{507: {"syntax"}}},
			pr:    with(evaluation(7, failed, buildID(507)), evaluation(1, expired)),
			want:  []string{"7: otherBlockers"},
			asks:  [][]string{{"history 107 refs/pull/7/merge"}, {"errors 507"}},
		},
		{
			name: "a known blocker asks for nothing", svc: service{builds: []requeue.Build{green}},
			pr:   with(evaluation(7, failed, buildID(507)), evaluation(1, running)),
			want: []string{"7: otherBlockers"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rules(append(tt.rules, requireNoBlockers)...)
			screened := screen(r, pullRequest(7, tt.pr))
			plan, rounds := answerAll(t, r, screened, tt.svc)
			if diff := cmp.Diff(tt.want, lines(plan)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.asks, withoutPipelines(rounds)); diff != "" {
				t.Errorf("questions (-want +got):\n%s", diff)
			}
		})
	}
}

// TestUnansweredBlocker: there is no plan as long as it is not known whether something blocks.
func TestUnansweredBlocker(t *testing.T) {
	t.Parallel()
	r := rules(requireNoBlockers)
	screened := screen(r, pullRequest(7, with(evaluation(1, expired), evaluation(7, failed), evaluation(8))))
	facts := requeue.Facts{}
	_, questions := r.Decide(screened, facts, now)
	for _, q := range questions {
		facts[q] = requeue.Answer{} // the pipelines alone
	}
	plan, questions := r.Decide(screened, facts, now)
	if len(plan.PullRequests) > 0 || len(questions) != 1 || questions[0].Kind != requeue.AskHistory {
		t.Errorf("got %v and the questions %v", lines(plan), questions)
	}
}

// TestUnreadableBlocker: whether it blocks cannot be told, so nothing is re-queued, and the failure is not lost.
func TestUnreadableBlocker(t *testing.T) {
	t.Parallel()
	svc := service{fails: map[requeue.QuestionKind]bool{requeue.AskHistory: true}}
	p := planOf(t, rules(requireNoBlockers), svc, pullRequest(7, with(evaluation(1, expired), evaluation(7, failed))))
	if diff := cmp.Diff([]string{"7: otherBlockers"}, lines(p)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	evaluations := p.PullRequests[0].Evaluations
	if evaluations[0].Err != nil || !errors.Is(evaluations[1].Err, errTest) {
		t.Errorf("got errors %v and %v, want one on the second", evaluations[0].Err, evaluations[1].Err)
	}
	want := requeue.Counts{Failed: 1, Skipped: 2, SkippedPullRequest: 1, PullRequest: 1, Evaluation: 2}
	if diff := cmp.Diff(want, requeue.Summarize(p).Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// TestUnreadablePullRequest: it is in the plan, without evaluations and without a reason.
func TestUnreadablePullRequest(t *testing.T) {
	t.Parallel()
	broken := pullRequest(3, func(pr *requeue.PullRequest) { pr.Err = errTest })
	p := planOf(t, rules(requireApproved, requireNoBlockers), service{}, pullRequest(7, votes(10), with(evaluation(1, expired))), broken)
	if diff := cmp.Diff([]string{"7/1: expired requeue"}, lines(p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := p.PullRequests[0]; got.PullRequest.ID != 3 || got.Skipped != "" || !errors.Is(got.PullRequest.Err, errTest) {
		t.Errorf("got %+v", got)
	}
}

// TestZeroRules: rules that nobody has filled in re-queue nothing.
func TestZeroRules(t *testing.T) {
	t.Parallel()
	var r requeue.Rules
	p := planOf(t, r, service{}, pullRequest(7, with(evaluation(1, expired), evaluation(2, failed), evaluation(3, notStarted), evaluation(4, outdated))))
	if len(p.Actions()) > 0 {
		t.Errorf("re-queues %q", requeued(p))
	}
}

// TestPipelineName: what a report shows is the context's name, else the pipeline's own.
func TestPipelineName(t *testing.T) {
	t.Parallel()
	svc := service{pipelines: map[int]requeue.Pipeline{101: {Name: "asked"}, 102: {Name: "asked"}}}
	p := planOf(t, rules(), svc, pullRequest(7, with(evaluation(1, expired, noNames), evaluation(2, expired), evaluation(3, noNames))))
	var got []string
	for _, e := range p.PullRequests[0].Evaluations {
		got = append(got, e.Pipeline)
	}
	if diff := cmp.Diff([]string{"asked", "pipeline-102", ""}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
