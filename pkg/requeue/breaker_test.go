package requeue_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	prs, svc := failures(4)
	green := build(999, "succeeded", ofPullRequest(9), isOf(time.Hour))
	one := func(number int) []requeue.Build {
		var all []requeue.Build
		for i := range 5 {
			all = append(all, build(500+number+i*10, "failed", ofPullRequest(number)))
		}
		return all
	}
	goesOn := func(builds ...requeue.Build) service {
		return service{builds: builds, more: map[requeue.QuestionKind]bool{requeue.AskPipelineBuilds: true}}
	}
	tests := []struct {
		name  string
		n     int
		rules []func(*requeue.Rules)
		prs   []requeue.PullRequest
		svc   service
		want  []string
	}{
		{name: "off", n: 0, want: []string{"1/7: failed requeue", "2/7: failed requeue", "3/7: failed requeue", "4/7: failed requeue"}},
		{name: "all have failed: one finds out", n: 3, want: []string{"1/7: failed requeue", "2/7: failed pipelineFailing", "3/7: failed pipelineFailing", "4/7: failed pipelineFailing"}},
		{name: "as many as there are", n: 4, want: []string{"1/7: failed requeue", "2/7: failed pipelineFailing", "3/7: failed pipelineFailing", "4/7: failed pipelineFailing"}},
		{name: "fewer than that say nothing", n: 5, want: []string{"1/7: failed requeue", "2/7: failed requeue", "3/7: failed requeue", "4/7: failed requeue"}},
		{
			name: "one of the newest succeeded", n: 3, svc: history(append(slices.Clone(svc.builds), green)...),
			want: []string{"1/7: failed requeue", "2/7: failed requeue", "3/7: failed requeue", "4/7: failed requeue"},
		},
		{
			name: "an older one succeeded", n: 3, svc: history(append(slices.Clone(svc.builds), build(1, "succeeded", ofPullRequest(9), isOf(90*time.Hour)))...),
			want: []string{"1/7: failed requeue", "2/7: failed pipelineFailing", "3/7: failed pipelineFailing", "4/7: failed pipelineFailing"},
		},
		{
			name: "cancelled ones are passed over, partially succeeded ones have failed", n: 3,
			svc:  history(append(slices.Clone(svc.builds), build(997, "canceled", ofPullRequest(9), isOf(time.Hour)), build(998, "partiallySucceeded", ofPullRequest(9), isOf(time.Hour)))...),
			want: []string{"1/7: failed requeue", "2/7: failed pipelineFailing", "3/7: failed pipelineFailing", "4/7: failed pipelineFailing"},
		},
		{
			name: "failures of two pull requests are their own", n: 4, rules: []func(*requeue.Rules){maxRetries(9)}, prs: prs[:2], svc: history(append(one(1), one(2)...)...),
			want: []string{"1/7: failed requeue", "2/7: failed requeue"},
		},
		{
			name: "a run of the branch is no build of a pull request", n: 3, prs: prs[:2],
			svc: history(append(slices.Clone(svc.builds[:2]), build(900, "failed", onMain), build(901, "failed", onMain))...), want: []string{"1/7: failed requeue", "2/7: failed requeue"},
		},
		{
			name: "what is expired is none of its business", n: 3, prs: []requeue.PullRequest{prs[0], prs[1], pullRequest(3, with(evaluation(7, expired)))},
			want: []string{"1/7: failed requeue", "2/7: failed pipelineFailing", "3/7: expired requeue"},
		},
		{
			name: "the first that nothing else holds back finds out", n: 3, rules: []func(*requeue.Rules){maxRetries(1)},
			svc:  history(append(slices.Clone(svc.builds), build(400, "failed", ofPullRequest(1)), build(401, "failed", ofPullRequest(1)))...),
			want: []string{"1/7: failed retriesExhausted", "2/7: failed requeue", "3/7: failed pipelineFailing", "4/7: failed pipelineFailing"},
		},
		{
			name: "limits included", n: 3, rules: []func(*requeue.Rules){maxInFlight(1)},
			prs:  []requeue.PullRequest{pullRequest(0, with(evaluation(1, running))), prs[0], func() requeue.PullRequest { pr := prs[1]; pr.TargetRefName = "refs/heads/other"; return pr }()},
			want: []string{"0/1: running state", "1/7: failed branchBusy", "2/7: failed requeue"},
		},
		{
			name: "no blocker", n: 3, rules: []func(*requeue.Rules){requireNoBlockers},
			want: []string{"1/7: failed requeue", "2/7: failed pipelineFailing", "3/7: failed pipelineFailing", "4/7: failed pipelineFailing"},
		},
		{
			name: "the list goes on, and all that was read have failed: one finds out", n: 401, svc: goesOn(svc.builds...),
			want: []string{"1/7: failed requeue", "2/7: failed pipelineFailing", "3/7: failed pipelineFailing", "4/7: failed pipelineFailing"},
		},
		{
			name: "near miss: the list goes on, and one of those that were read succeeded", n: 401, svc: goesOn(append(slices.Clone(svc.builds), green)...),
			want: []string{"1/7: failed requeue", "2/7: failed requeue", "3/7: failed requeue", "4/7: failed requeue"},
		},
		{
			name: "near miss: the list goes on, and those that were read are of two pull requests", n: 401, prs: prs[:2], svc: goesOn(svc.builds[:2]...),
			want: []string{"1/7: failed requeue", "2/7: failed requeue"},
		},
		{
			name: "near miss: the list goes on, and enough were read", n: 3, svc: goesOn(append(slices.Clone(svc.builds), green)...),
			want: []string{"1/7: failed requeue", "2/7: failed requeue", "3/7: failed requeue", "4/7: failed requeue"},
		},
		{
			name: "builds that cannot be read: it stays closed", n: 3, svc: service{builds: svc.builds, fails: map[requeue.QuestionKind]bool{requeue.AskPipelineBuilds: true}},
			want: []string{"1/7: failed requeue", "2/7: failed requeue", "3/7: failed requeue", "4/7: failed requeue"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.svc.builds == nil {
				tt.svc = svc
			}
			if tt.prs == nil {
				tt.prs = prs
			}
			r := rules(append([]func(*requeue.Rules){pauseAfter(tt.n)}, tt.rules...)...)
			p, rounds := answerAll(t, r, screen(r, tt.prs...), tt.svc)
			if diff := cmp.Diff(tt.want, lines(p)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			records := 0
			for _, q := range slices.Concat(rounds...) {
				if q.Kind == requeue.AskPipelineBuilds {
					records++
				}
			}
			if want := min(tt.n, 1); records != want {
				t.Errorf("%d requests, want %d", records, want)
			}
			if len(p.Breakers) != records {
				t.Errorf("told of: %+v", p.Breakers)
			}
		})
	}
}

func TestSettlesBreaker(t *testing.T) {
	t.Parallel()
	red := func(n int) (all []requeue.Build) {
		for i := range n {
			all = append(all, build(500+i, "failed", ofPullRequest(1+i%3)))
		}
		return all
	}
	tests := []struct {
		name   string
		n      int
		builds []requeue.Build
		want   bool
	}{
		{"none", 3, nil, false},
		{"two", 3, red(2), false},
		{"enough", 3, red(3), true},
		{"enough of a large number", 401, red(401), true},
		{"one less than a large number", 401, red(400), false},
		{"a cancelled one is passed over", 3, append(red(2), build(600, "canceled", ofPullRequest(9))), false},
		{"one of the target branch is passed over", 3, append(red(2), build(600, "failed", onMain)), false},
		{"of another pipeline", 3, append(red(2), build(600, "failed", ofPullRequest(9), func(b *requeue.Build) { b.PipelineID = 8 })), false},
		{"one that succeeded", 3, append(red(1), build(600, "succeeded", ofPullRequest(9))), true},
		{"one that succeeded on the target branch", 3, append(red(1), build(600, "succeeded", onMain)), false},
	}
	for _, tt := range tests {
		r := rules(pauseAfter(tt.n))
		if got := r.SettlesBreaker(107, tt.builds); got != tt.want {
			t.Errorf("%s: got %t", tt.name, got)
		}
	}
}
