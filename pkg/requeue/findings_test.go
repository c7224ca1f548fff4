package requeue_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestFindings: what the builds of a pipeline say about its retries.
func TestFindings(t *testing.T) {
	t.Parallel()
	const dns, disk = "curl: (6) Could not resolve host: x", "tar: No space left on device"
	of := func(commit, merge string) func(*requeue.Build) {
		return func(b *requeue.Build) { b.SourceCommitID, b.MergeCommitID = commit, merge }
	}
	took := func(d time.Duration) func(*requeue.Build) {
		return func(b *requeue.Build) { b.Started = b.Finished.Add(-d) }
	}
	curl := []func(*requeue.Rules){func(r *requeue.Rules) { r.RetryOnlyIf = regexps("curl") }}
	status := func(s string) func(*requeue.Build) { return func(b *requeue.Build) { b.Status = s } }
	otherPipeline := func(b *requeue.Build) { b.PipelineID = 108 }
	// Build 500 is the red one of the evaluation that is re-queued.
	one := requeue.Finding{Project: project, PipelineID: 107, Pipeline: "pipeline-107", Requeued: 1}
	want := func(mod func(*requeue.Finding)) requeue.Finding {
		f := one
		mod(&f)
		return f
	}
	for _, tt := range []struct {
		name   string
		builds []requeue.Build
		errors []string
		logs   requeue.Logs
		rules  []func(*requeue.Rules)
		want   requeue.Finding
	}{
		{
			name: "red, then green, without a change: flaky", builds: []requeue.Build{build(500, "failed"), build(501, "failed", of("c1", "m1")), build(502, "succeeded", of("C1", "M1"))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits, f.Flaky = 3, 2, 1 }),
		},
		{
			name: "green after a new commit is not flaky", builds: []requeue.Build{build(500, "failed"), build(501, "failed", of("c1", "m1")), build(502, "succeeded", of("c3", "m3"))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits = 3, 3 }),
		},
		{
			name: "green after another state of the target branch is not flaky", builds: []requeue.Build{build(500, "failed"), build(501, "failed", of("c1", "m1")), build(502, "succeeded", of("c1", "m3"))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits, f.Changed = 3, 2, 1 }),
		},
		{
			name: "green, then red, is not flaky", builds: []requeue.Build{build(500, "failed"), build(501, "succeeded", of("c1", "m1")), build(502, "failed", of("c1", "m1"))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits = 3, 2 }),
		},
		{
			name: "both is flaky", builds: []requeue.Build{build(500, "failed"), build(501, "failed", of("c1", "m1")), build(502, "succeeded", of("c1", "m1")), build(503, "succeeded", of("c1", "m3"))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits, f.Flaky = 4, 2, 1 }),
		},
		{
			name: "partly succeeded is red", builds: []requeue.Build{build(500, "failed"), build(501, "partiallySucceeded", of("c1", "m1")), build(502, "succeeded", of("c1", "m1"))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits, f.Flaky = 3, 2, 1 }),
		},
		{
			name: "a build without its commit", builds: []requeue.Build{build(500, "failed"), build(501, "failed", of("", "m1")), build(502, "succeeded", of("", "m1"))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits = 3, 1 }),
		},
		{
			name: "a build that does not say what it merged", builds: []requeue.Build{build(500, "failed"), build(501, "failed", of("c1", "")), build(502, "succeeded", of("c1", "m1"))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits = 3, 2 }),
		},
		{
			name: "one commit in two pull requests", builds: []requeue.Build{build(500, "failed"), build(501, "failed", of("c1", "m1"), ofPullRequest(8)), build(502, "succeeded", of("c1", "m1"))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits = 3, 3 }),
		},
		{
			name: "cancelled ones are passed over", builds: []requeue.Build{build(500, "failed"), build(501, "canceled", of("c1", "m1")), build(502, "succeeded", of("c1", "m1"))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits = 2, 2 }),
		},
		{
			name: "what has not ended, is of a branch or of another pipeline", builds: []requeue.Build{build(500, "failed"), build(501, "", status("inProgress")), build(502, "failed", onMain), build(503, "failed", otherPipeline)},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits = 1, 1 }),
		},
		{
			name: "what the build took last time", builds: []requeue.Build{build(500, "failed", took(12*time.Minute)), build(501, "failed", took(time.Hour))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits, f.Measured, f.Took = 2, 1, 1, 12*time.Minute }),
		},
		{
			name: "it ended before it began", builds: []requeue.Build{build(500, "failed", took(-time.Minute))},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits = 1, 1 }),
		},
		{
			name: "the set behind it", builds: []requeue.Build{build(500, "failed")}, errors: []string{dns, disk, dns}, rules: curl,
			want: want(func(f *requeue.Finding) {
				f.Builds, f.Commits, f.ErrorsRead, f.Sets = 1, 1, 1, []requeue.SetCount{{Set: "@network", Builds: 1}, {Set: "@disk", Builds: 1}}
			}),
		},
		{
			name: "the set behind it is in a log", builds: []requeue.Build{build(500, "failed")}, errors: []string{"exit 1"}, rules: curl,
			logs: requeue.Logs{Ends: map[int]requeue.LogEnd{3: {Lines: []string{dns}}}},
			want: want(func(f *requeue.Finding) {
				f.Builds, f.Commits, f.ErrorsRead, f.Sets = 1, 1, 1, []requeue.SetCount{{Set: "@network", Builds: 1}}
			}),
		},
		{
			name: "no set behind it", builds: []requeue.Build{build(500, "failed")}, errors: []string{"curl is broken"}, rules: curl,
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits, f.ErrorsRead, f.Unknown = 1, 1, 1, 1 }),
		},
		{
			name: "errors that nobody has read", builds: []requeue.Build{build(500, "failed")}, errors: []string{dns},
			want: want(func(f *requeue.Finding) { f.Builds, f.Commits = 1, 1 }),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			svc := service{builds: tt.builds, errors: map[int][]string{500: tt.errors}, logs: map[int]requeue.Logs{500: tt.logs}}
			plan, facts := decided(t, rules(tt.rules...), svc, pullRequest(7, with(evaluation(7, failed))))
			for _, dry := range []bool{true, false} {
				if !dry {
					plan.Actions()[0].Outcome.Kind = requeue.OutcomeRequeued
				}
				if diff := cmp.Diff([]requeue.Finding{tt.want}, requeue.Findings(plan, facts, dry)); diff != "" {
					t.Errorf("dry run %t (-want +got):\n%s", dry, diff)
				}
			}
		})
	}
}

// TestFindingsOfWhatWasRead: nothing is said about a pipeline whose builds nobody has read, and nothing is counted as
// re-queued that was not.
func TestFindingsOfWhatWasRead(t *testing.T) {
	t.Parallel()
	red := history(build(500, "failed"))
	pr := func() requeue.PullRequest { return pullRequest(7, with(evaluation(7, failed), evaluation(8, expired))) }
	plan, facts := decided(t, rules(), red, pr())
	plan.Actions()[0].Outcome.Kind = requeue.OutcomeDeclined
	want := []requeue.Finding{{Project: project, PipelineID: 107, Pipeline: "pipeline-107", Builds: 1, Commits: 1}}
	if diff := cmp.Diff(want, requeue.Findings(plan, facts, false)); diff != "" {
		t.Errorf("declined (-want +got):\n%s", diff)
	}
	red.fails = map[requeue.QuestionKind]bool{requeue.AskHistory: true}
	plan, facts = decided(t, rules(), red, pr())
	if got := requeue.Findings(plan, facts, true); len(got) != 0 {
		t.Errorf("of a history that could not be read: %+v", got)
	}
	if got := requeue.Findings(requeue.Plan{}, nil, true); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}

// TestFindingsCountEachBuildOnce: the record of a pipeline and the histories of its pull requests overlap.
func TestFindingsCountEachBuildOnce(t *testing.T) {
	t.Parallel()
	builds := history(build(500, "failed"), build(501, "failed", ofPullRequest(8)), build(502, "succeeded", ofPullRequest(8)))
	breaker := func(r *requeue.Rules) { r.PauseAfterFailures = 3 }
	prs := []requeue.PullRequest{pullRequest(8, with(evaluation(7, failed, buildID(501)))), pullRequest(7, with(evaluation(7, failed)))}
	plan, facts := decided(t, rules(breaker), builds, prs...)
	got := requeue.Findings(plan, facts, true)
	if len(got) != 1 || got[0].Builds != 3 || got[0].Commits != 2 || got[0].Flaky != 1 {
		t.Errorf("%+v", got)
	}
}

// decided is a plan, and what was asked for it.
func decided(t *testing.T, r requeue.Rules, s service, prs ...requeue.PullRequest) (requeue.Plan, requeue.Facts) {
	t.Helper()
	facts := requeue.Facts{}
	screened := screen(r, prs...)
	for {
		plan, questions := r.Decide(screened, facts, now)
		if len(questions) == 0 {
			return plan, facts
		}
		for _, q := range questions {
			facts[q] = s.answer(q)
		}
	}
}
