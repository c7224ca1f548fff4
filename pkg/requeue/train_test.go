package requeue_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// immediately is a policy that expires a build as soon as the target branch moves.
func immediately(e *requeue.Evaluation) {
	e.Policy.QueueOnSourceUpdateOnly, e.Policy.ValidDuration = false, 0
}

// notCurrent is a build for an older head of the target branch.
func notCurrent(e *requeue.Evaluation) { e.BuildIsNotCurrent = true }

// TestPlaces is about who holds a place in train mode, and who takes one.
func TestPlaces(t *testing.T) {
	t.Parallel()
	waiting := pullRequest(9, with(evaluation(1, expired, immediately)))
	both := with(evaluation(1, expired, immediately), evaluation(2, expired, immediately))
	tests := []struct {
		name  string
		rules []func(*requeue.Rules)
		svc   service
		prs   []requeue.PullRequest
		want  []string
	}{
		{
			name: "one with a required failure holds none and gets nothing before its build has ended",
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, immediately), evaluation(2, failed), evaluation(3, expired))), waiting},
			want: []string{"1/1: running state", "1/2: failed branchBusy", "1/3: expired branchBusy", "9/1: expired requeue"},
		},
		{
			name: "whatever when selects", rules: []func(*requeue.Rules){when(requeue.StateExpired)},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, immediately), evaluation(2, failed), evaluation(3, expired))), waiting},
			want: []string{"1/1: running state", "1/2: failed state", "1/3: expired branchBusy", "9/1: expired requeue"},
		},
		{
			name: "an optional failure is none of its business", rules: []func(*requeue.Rules){when(requeue.StateExpired)},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, immediately), evaluation(2, failed, optional), evaluation(3, expired))), waiting},
			want: []string{"1/1: running state", "1/3: expired requeue", "1/2: failed state", "9/1: expired branchBusy"},
		},
		{
			name: "nor is a failure of a policy that is not selected", rules: []func(*requeue.Rules){func(r *requeue.Rules) {
				r.Policies = policies(t, "!Build 2")
			}},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, immediately), evaluation(2, failed), evaluation(3, expired))), waiting},
			want: []string{"1/1: running state", "1/2: failed policyFilter", "1/3: expired requeue", "9/1: expired branchBusy"},
		},
		{
			name: "a failure with nothing in progress takes a place like any other",
			svc:  service{builds: []requeue.Build{build(500, "failed", func(b *requeue.Build) { b.PipelineID, b.RefName = 102, "refs/pull/1/merge" })}},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(2, failed), evaluation(3, expired))), waiting},
			want: []string{"1/2: failed requeue", "1/3: expired requeue", "9/1: expired branchBusy"},
		},
		{
			name: "a build for an older head holds none, and what is expired waits for its end",
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, immediately, notCurrent), evaluation(2, expired, immediately))), waiting},
			want: []string{"1/1: running state", "1/2: expired branchBusy", "9/1: expired requeue"},
		},
		{
			name: "one that another policy blocks for good holds none", rules: []func(*requeue.Rules){requireNoBlockers},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, immediately), evaluation(20, reviewers, failed))), waiting},
			want: []string{"1: otherBlockers", "9/1: expired requeue"},
		},
		{
			name: "near miss: nothing blocks it but what is in progress", rules: []func(*requeue.Rules){requireNoBlockers},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, immediately), evaluation(20, reviewers, status("approved")))), waiting},
			want: []string{"1: otherBlockers", "9/1: expired branchBusy"},
		},
		{
			name: "near miss: another policy blocks it, which is no condition",
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, immediately), evaluation(20, reviewers, failed))), waiting},
			want: []string{"1/1: running state", "1/20: failed byHand", "9/1: expired branchBusy"},
		},
		{
			name: "a build for the present head holds one",
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, immediately), evaluation(2, expired, immediately))), waiting},
			want: []string{"1/1: running state", "1/2: expired requeue", "9/1: expired branchBusy"},
		},
		{
			name: "where a build lasts some hours, one for an older head counts",
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, notCurrent), evaluation(2, expired, immediately))), waiting},
			want: []string{"1/1: running state", "1/2: expired requeue", "9/1: expired branchBusy"},
		},
		{
			name: "without train mode nothing waits for a build", rules: []func(*requeue.Rules){maxInFlight(0)},
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, immediately, notCurrent), evaluation(2, expired, immediately))), waiting},
			want: []string{"1/1: running state", "1/2: expired requeue", "9/1: expired requeue"},
		},
		{
			name: "all at once: the run has room for all", rules: []func(*requeue.Rules){maxPerRun(3)},
			prs:  []requeue.PullRequest{pullRequest(1, onto("other"), with(evaluation(1, expired))), pullRequest(2, both)},
			want: []string{"1/1: expired requeue", "2/1: expired requeue", "2/2: expired requeue"},
		},
		{
			name: "all at once: the run has room for half, and the next one goes", rules: []func(*requeue.Rules){maxPerRun(2)},
			prs:  []requeue.PullRequest{pullRequest(1, onto("other"), with(evaluation(1, expired))), pullRequest(2, both), waiting},
			want: []string{"1/1: expired requeue", "2/1: expired runLimit", "2/2: expired runLimit", "9/1: expired requeue"},
		},
		{
			name: "all at once: more than any run has room for", rules: []func(*requeue.Rules){maxPerRun(1)},
			prs:  []requeue.PullRequest{pullRequest(2, both)},
			want: []string{"2/1: expired requeue", "2/2: expired runLimit"},
		},
		{
			name: "all at once: the rest of one that holds a place comes as far as there is room", rules: []func(*requeue.Rules){maxPerRun(2)},
			prs: []requeue.PullRequest{
				pullRequest(1, onto("other"), with(evaluation(1, expired))), pullRequest(2, with(evaluation(1, expired), evaluation(2, expired), evaluation(3, running))),
			},
			want: []string{"1/1: expired requeue", "2/1: expired requeue", "2/2: expired runLimit", "2/3: running state"},
		},
		{
			name: "all at once: a required one that cools down keeps the others",
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, failed, completed(time.Minute)), evaluation(2, expired))), waiting},
			want: []string{"1/1: failed coolingDown", "1/2: expired branchBusy", "9/1: expired requeue"},
		},
		{
			name: "all at once: an optional one that cools down keeps nothing",
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, failed, optional, completed(time.Minute)), evaluation(2, expired))), waiting},
			want: []string{"1/2: expired requeue", "1/1: failed coolingDown", "9/1: expired branchBusy"},
		},
		{
			name: "all at once: a required one whose pipeline is red on the target branch keeps the others", rules: []func(*requeue.Rules){waitForTarget},
			svc:  service{builds: []requeue.Build{build(900, "failed", onMain, func(b *requeue.Build) { b.PipelineID = 101 })}},
			prs:  []requeue.PullRequest{pullRequest(1, both), pullRequest(2, with(evaluation(2, expired)))},
			want: []string{"1/1: expired targetBranchRed", "1/2: expired branchBusy", "2/2: expired requeue"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rules(append([]func(*requeue.Rules){maxInFlight(1)}, tt.rules...)...)
			if diff := cmp.Diff(tt.want, lines(planOf(t, r, tt.svc, tt.prs...))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestPlacesSay: somebody who reads that a branch is busy, though nothing is in flight on it, wants to know why.
func TestPlacesSay(t *testing.T) {
	t.Parallel()
	p := planOf(t, rules(maxInFlight(1)), service{},
		pullRequest(1, with(evaluation(1, running, immediately, notCurrent), evaluation(2, expired))),
		pullRequest(2, with(evaluation(1, running), evaluation(2, failed), evaluation(3, expired))),
		pullRequest(3, with(evaluation(1, failed, completed(time.Minute)), evaluation(2, expired))),
	)
	want := []string{
		"its build of Build 1 is for an older head of the target branch, and has to end first",
		"Build 2 has failed, and what is in progress has to end first",
		"it is to come together with Build 1, which waits: coolingDown",
	}
	var got []string
	for _, pr := range p.PullRequests {
		for _, e := range pr.Evaluations {
			if e.Reason == requeue.BranchBusy && !slices.Contains(got, e.Detail) {
				got = append(got, e.Detail)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNoRoomSays: the run has room, and not enough of it.
func TestNoRoomSays(t *testing.T) {
	t.Parallel()
	both := with(evaluation(1, expired), evaluation(2, expired))
	for _, tt := range []struct {
		limit int
		want  string
	}{
		{3, "its 2 evaluations come together, and the run has room for 1 more only"},
		{2, ""},
		{4, "planned"},
	} {
		p := planOf(t, rules(maxInFlight(2), maxPerRun(tt.limit)), service{}, pullRequest(1, both), pullRequest(2, both))
		for _, e := range p.PullRequests[1].Evaluations {
			if got := e.Decision; got.Requeue != (tt.want == "planned") || !got.Requeue && (got.Reason != requeue.RunLimit || got.Detail != tt.want) {
				t.Errorf("%d: got %+v, want %q", tt.limit, got, tt.want)
			}
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	red := service{builds: []requeue.Build{build(900, "failed", onMain, func(b *requeue.Build) { b.PipelineID = 101 })}}
	green := service{builds: []requeue.Build{
		build(900, "failed", onMain, func(b *requeue.Build) { b.PipelineID, b.Finished = 101, ago(30*time.Hour) }),
		build(901, "succeeded", onMain, func(b *requeue.Build) { b.PipelineID = 101 }),
	}}
	one := with(evaluation(1, expired))
	tests := []struct {
		name string
		svc  service
		prs  []requeue.PullRequest
		want []string
	}{
		{"a red branch: one pull request", red, []requeue.PullRequest{pullRequest(1, one), pullRequest(2, one)}, []string{"1/1: expired requeue", "2/1: expired targetBranchRed"}},
		{"a green one: all", green, []requeue.PullRequest{pullRequest(1, one), pullRequest(2, one)}, []string{"1/1: expired requeue", "2/1: expired requeue"}},
		{
			"one is in flight already", red,
			[]requeue.PullRequest{pullRequest(1, one), pullRequest(2, with(evaluation(2, running)))},
			[]string{"1/1: expired targetBranchRed", "2/2: running state"},
		},
		{
			"one that is in flight for an older head is in flight", red,
			[]requeue.PullRequest{pullRequest(1, one), pullRequest(2, with(evaluation(2, running, immediately, notCurrent)))},
			[]string{"1/1: expired targetBranchRed", "2/2: running state"},
		},
		{
			"the one in flight gets the rest of its evaluations", red,
			[]requeue.PullRequest{pullRequest(1, one), pullRequest(2, with(evaluation(1, expired), evaluation(2, running)))},
			[]string{"1/1: expired targetBranchRed", "2/1: expired requeue", "2/2: running state"},
		},
		{
			"one in flight on another branch is not in flight here", red,
			[]requeue.PullRequest{pullRequest(1, one), pullRequest(2, onto("release"), with(evaluation(1, running)))},
			[]string{"1/1: expired requeue", "2/1: running state"},
		},
		{
			"one that the filters leave alone is not in flight", red,
			[]requeue.PullRequest{pullRequest(1, one), pullRequest(2, with(evaluation(1, running)), func(pr *requeue.PullRequest) { pr.Draft = true })},
			[]string{"1/1: expired requeue", "2: draft"},
		},
		{
			"the probe is the first in plan order that nothing else holds back", red,
			[]requeue.PullRequest{pullRequest(1, with(evaluation(1, failed, completed(time.Minute)))), pullRequest(2, one), pullRequest(3, one)},
			[]string{"1/1: failed coolingDown", "2/1: expired requeue", "3/1: expired targetBranchRed"},
		},
		{
			"an unreadable branch is no red one: it is not known",
			service{fails: map[requeue.QuestionKind]bool{requeue.AskTargetBranch: true}},
			[]requeue.PullRequest{pullRequest(1, one)},
			[]string{"1/1: expired error"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := planOf(t, rules(probeTarget), tt.svc, tt.prs...)
			if diff := cmp.Diff(tt.want, lines(p)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// record makes finished builds of pipeline 100+n for pull request 50 from letters, the oldest first: S, F, P (partially
// succeeded) and C (cancelled), each of the commit that stands before it as a digit.
func record(n int, letters string, mods ...func(*requeue.Build)) []requeue.Build {
	result := map[rune]string{'S': "succeeded", 'F': "failed", 'P': "partiallySucceeded", 'C': "canceled"}
	var builds []requeue.Build
	commit := "0"
	for _, c := range letters {
		if c >= '0' && c <= '9' {
			commit = string(c)
			continue
		}
		at := time.Duration(len(letters)-len(builds)) * time.Hour
		b := requeue.Build{
			ID: 1000*n + len(builds), PipelineID: 100 + n, Status: "completed", Result: result[c], Reason: "manual",
			RefName: "refs/pull/50/merge", SourceCommitID: commit, Queued: ago(at + 21*time.Minute), Started: ago(at + 20*time.Minute), Finished: ago(at),
		}
		apply(&b, mods)
		builds = append(builds, b)
	}
	return builds
}

func TestWindow(t *testing.T) {
	t.Parallel()
	once := func(s string, n int) string { return strings.Repeat(s, n) }
	all := func(of ...[]requeue.Build) []requeue.Build { return slices.Concat(of...) }
	const unsure = 0.9
	tests := []struct {
		name   string
		builds []requeue.Build
		two    bool // pipelines
		fails  bool
		size   int
		p      float64
		sample string // "succeeded of sample" of each pipeline
		why    string
	}{
		{name: "nothing is known: 0.9", size: 1, p: unsure, sample: "0/0"},
		{name: "nine are too few", builds: record(1, "S"+once("F", 8)+"S"), size: 1, p: unsure, sample: "1/9"},
		{name: "ten tell", builds: record(1, "S"+once("F", 5)+once("S", 5)), size: 4, p: 0.5, sample: "5/10"},
		{name: "nine in ten: one is enough", builds: record(1, "S"+once("S", 9)+"F"), size: 1, p: 0.9, sample: "9/10"},
		{name: "a little less: two", builds: record(1, "S"+once("S", 17)+"FFF"), size: 2, p: 0.85, sample: "17/20"},
		{name: "two pipelines that nobody knows: the product", two: true, size: 2, p: 0.81, sample: "0/0 0/0"},
		{
			name: "two pipelines: the product of what is known", two: true, size: 5, p: 0.4,
			builds: all(record(1, "S"+once("F", 5)+once("S", 5)), record(2, "S"+once("S", 8)+"FF")),
			sample: "5/10 8/10",
		},
		{name: "first builds of new code say nothing", builds: record(1, "1F2F3F4F5F6F7F8F9FFFF"+"0S"+once("S", 10)), size: 1, p: 1, sample: "10/10"},
		{name: "nor does a commit that was never green", builds: record(1, "1"+once("F", 20)), size: 1, p: unsure, sample: "0/0"},
		{name: "a commit that was green later only was not green before", builds: record(1, "1"+once("F", 20)+"S"), size: 1, p: unsure, sample: "0/0"},
		{name: "another commit that was green does not count", builds: record(1, "1S2"+once("F", 20)), size: 1, p: unsure, sample: "0/0"},
		{name: "partially succeeded is not green", builds: record(1, "S"+once("P", 5)+once("S", 5)), size: 4, p: 0.5, sample: "5/10"},
		{name: "cancelled ones are passed over", builds: record(1, "S"+once("F", 5)+once("C", 30)+once("S", 5)), size: 4, p: 0.5, sample: "5/10"},
		{name: "the newest fifty count", builds: record(1, "S"+once("F", 60)+once("S", 50)), size: 1, p: 1, sample: "50/50"},
		{name: "of the newest two hundred", builds: record(1, "1S2"+once("F", 190)+"1"+once("F", 10)), size: 1, p: unsure, sample: "0/0"},
		{name: "rarely green: ten at most", builds: record(1, "S"+once("F", 45)+once("S", 5)), size: 10, p: 0.1, sample: "5/50"},
		{
			name: "none of the newest ten succeeded: one", builds: record(1, "S"+once("S", 20)+once("F", 10)), size: 1, p: 2.0 / 3, sample: "20/30",
			why: "none of the newest 10 builds of pipeline-101 succeeded",
		},
		{name: "one of the newest ten did", builds: record(1, "S"+once("S", 20)+"S"+once("F", 9)), size: 2, p: 0.7, sample: "21/30"},
		{
			name: "agents are short: one", size: 1, p: 0.5, sample: "5/10", why: "builds of pipeline-101 wait for agents",
			builds: record(1, "S"+once("F", 5)+once("S", 5), func(b *requeue.Build) { b.Queued = b.Started.Add(-5*time.Minute - time.Second) }),
		},
		{
			name: "a wait of a quarter is not short", size: 4, p: 0.5, sample: "5/10",
			builds: record(1, "S"+once("F", 5)+once("S", 5), func(b *requeue.Build) { b.Queued = b.Started.Add(-5 * time.Minute) }),
		},
		{
			name: "times that nobody tells are no sign of short agents", size: 4, p: 0.5, sample: "5/10",
			builds: record(1, "S"+once("F", 5)+once("S", 5), func(b *requeue.Build) { b.Queued, b.Started = time.Time{}, time.Time{} }),
		},
		{name: "a list that cannot be read: one", fails: true, size: 1, p: 1, sample: "0/0", why: "the builds of pipeline-101 could not be read"},
		{
			name: "builds of branches and of other pipelines are none of pull requests", size: 1, p: unsure, sample: "0/0",
			builds: all(
				record(1, "S"+once("F", 5)+once("S", 5), func(b *requeue.Build) { b.RefName = "refs/heads/main" }),
				record(3, "S"+once("F", 5)+once("S", 5)),
			),
		},
		{name: "a build that names no commit does not count", builds: record(1, "S"+once("F", 15), func(b *requeue.Build) { b.SourceCommitID = "" }), size: 1, p: unsure, sample: "0/0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			svc := service{builds: tt.builds, fails: map[requeue.QuestionKind]bool{requeue.AskPipelineBuilds: tt.fails}}
			evaluations := []requeue.Evaluation{evaluation(1, expired, immediately)}
			if tt.two {
				evaluations = append(evaluations, evaluation(2, expired, immediately))
			}
			var prs []requeue.PullRequest
			for n := range 12 {
				prs = append(prs, pullRequest(n+1, autoComplete, with(evaluations...)))
			}
			slices.Reverse(svc.builds)
			p := planOf(t, rules(autoInFlight), svc, prs...)
			if len(p.Windows) != 1 {
				t.Fatalf("%d windows", len(p.Windows))
			}
			w := p.Windows[0]
			var sample []string
			for _, r := range w.Statistics {
				sample = append(sample, fmt.Sprintf("%d/%d", r.Succeeded, r.Sample))
			}
			if got := strings.Join(sample, " "); w.Size != tt.size || w.Success < tt.p-1e-9 || w.Success > tt.p+1e-9 || got != tt.sample || w.Why != tt.why {
				t.Errorf("window %d, p %v, sample %s, why %q; want %d, %v, %s, %q", w.Size, w.Success, got, w.Why, tt.size, tt.p, tt.sample, tt.why)
			}
			if got := len(requeued(p)); got != tt.size*len(evaluations) {
				t.Errorf("%d re-queues", got)
			}
		})
	}
}

// TestAutoInFlight is about the branches that auto limits, and about whom.
func TestAutoInFlight(t *testing.T) {
	t.Parallel()
	one, lasting := with(evaluation(1, expired, immediately)), with(evaluation(1, expired))
	tests := []struct {
		name  string
		rules []func(*requeue.Rules)
		prs   []requeue.PullRequest
		want  []string
		asked [][]string
	}{
		{
			name: "a merge expires the others: one at a time", prs: []requeue.PullRequest{pullRequest(1, autoComplete, one), pullRequest(2, autoComplete, one)},
			want: []string{"1/1: expired requeue", "2/1: expired branchBusy"}, asked: [][]string{{"pipelineBuilds 101"}},
		},
		{
			name: "a merge expires nothing at once: no limit, and nothing is asked",
			prs:  []requeue.PullRequest{pullRequest(1, autoComplete, lasting), pullRequest(2, lasting)},
			want: []string{"1/1: expired requeue", "2/1: expired requeue"},
		},
		{
			name: "an optional policy limits nothing",
			prs:  []requeue.PullRequest{pullRequest(1, autoComplete, with(evaluation(1, expired, immediately, optional))), pullRequest(2, lasting)},
			want: []string{"1/1: expired requeue", "2/1: expired requeue"},
		},
		{
			name: "nor does one that is not selected", rules: []func(*requeue.Rules){func(r *requeue.Rules) { r.Policies = policies(t, "!Build 1") }},
			prs:  []requeue.PullRequest{pullRequest(1, autoComplete, with(evaluation(1, expired, immediately), evaluation(2, expired))), pullRequest(2, with(evaluation(2, expired)))},
			want: []string{"1/1: expired policyFilter", "1/2: expired requeue", "2/2: expired requeue"},
		},
		{
			name: "approved ones take a place, others take none",
			prs:  []requeue.PullRequest{pullRequest(1, one), pullRequest(2, votes(10), one), pullRequest(3, votes(10), one)},
			want: []string{"1/1: expired branchBusy", "2/1: expired requeue", "3/1: expired branchBusy"}, asked: [][]string{{"pipelineBuilds 101"}},
		},
		{
			name: "one that is neither holds none while it is in progress",
			prs:  []requeue.PullRequest{pullRequest(1, with(evaluation(1, running, immediately))), pullRequest(2, autoComplete, one)},
			want: []string{"1/1: running state", "2/1: expired requeue"}, asked: [][]string{{"pipelineBuilds 101"}},
		},
		{
			name: "one that is holds one",
			prs:  []requeue.PullRequest{pullRequest(1, autoComplete, with(evaluation(1, running, immediately))), pullRequest(2, autoComplete, one)},
			want: []string{"1/1: running state", "2/1: expired branchBusy"}, asked: [][]string{{"pipelineBuilds 101"}},
		},
		{
			name: "each branch by itself, and each pipeline once",
			prs: []requeue.PullRequest{
				pullRequest(1, autoComplete, one), pullRequest(2, autoComplete, onto("release"), one), pullRequest(3, autoComplete, onto("other"), lasting),
			},
			want: []string{"1/1: expired requeue", "2/1: expired requeue", "3/1: expired requeue"}, asked: [][]string{{"pipelineBuilds 101"}},
		},
		{
			name: "nobody wants a place: nothing is asked",
			prs: []requeue.PullRequest{
				pullRequest(1, autoComplete, with(evaluation(1, immediately))), pullRequest(2, one), pullRequest(3, autoComplete, with(evaluation(1, failed, immediately, completed(time.Minute)))),
				pullRequest(4, autoComplete, with(evaluation(1, running, immediately), evaluation(2, expired))),
			},
			want: []string{"1/1: succeeded state", "2/1: expired branchBusy", "3/1: failed coolingDown", "4/1: running state", "4/2: expired requeue"},
		},
		{
			name: "two pipelines, two questions", prs: []requeue.PullRequest{pullRequest(1, autoComplete, with(evaluation(1, expired, immediately), evaluation(2, expired, immediately), evaluation(3, expired)))},
			want: []string{"1/1: expired requeue", "1/2: expired requeue", "1/3: expired requeue"}, asked: [][]string{{"pipelineBuilds 101", "pipelineBuilds 102"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rules(append([]func(*requeue.Rules){autoInFlight}, tt.rules...)...)
			p, rounds := answerAll(t, r, screen(r, tt.prs...), service{})
			if diff := cmp.Diff(tt.want, lines(p)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.asked, withoutPipelines(rounds)); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}
