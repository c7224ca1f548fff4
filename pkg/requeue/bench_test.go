package requeue_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// BenchmarkSurvey decides on 10,000 pull requests with 8 evaluations each: questions, answers and the plan.
func BenchmarkSurvey(b *testing.B) {
	mods := []evaluationMod{expired, failed, outdated, running, notStarted, func(*requeue.Evaluation) {}, reviewers, broken}
	var svc service
	prs := make([]requeue.PullRequest, 10_000)
	for i := range prs {
		evaluations := make([]requeue.Evaluation, len(mods))
		for k, mod := range mods {
			if i%2 == 0 && k == 3 {
				mod = expired // while a build is in progress, all of its pull request wait for it
			}
			evaluations[k] = evaluation(k+1, mod, buildStarted(time.Duration(i%997)*time.Minute))
		}
		prs[i] = pullRequest(i+1, with(evaluations...))
	}
	r := rules(maxPerRun(20), maxInFlight(100), waitForTarget, order(requeue.OrderAutoComplete, requeue.OrderStalest))
	r.TargetBranches, r.Titles, r.Policies = branches(b, "main", "release/*"), patterns(b, "!wip*"), policies(b, "Build*", "!nightly*")
	b.ReportAllocs()
	for b.Loop() {
		screened := screen(r, prs...)
		if p, _ := answerAll(b, r, screened, svc); len(p.Actions()) != 20 {
			b.Fatalf("%d actions", len(p.Actions()))
		}
	}
}

// BenchmarkUnmatched compares patterns with 10,000 pull requests, of which they match nothing, beside a decision on the same
// pull requests: "of-survey" is the share of the time that the survey and its plan take.
func BenchmarkUnmatched(b *testing.B) {
	var svc service
	prs := make([]requeue.PullRequest, 10_000)
	for i := range prs {
		ci := evaluation(1, func(e *requeue.Evaluation) { e.PipelineName = "shop-ci" })
		prs[i] = pullRequest(i+1, with(ci, ci, ci, ci), onto("main"), func(pr *requeue.PullRequest) {
			pr.Title, pr.SourceRefName = fmt.Sprintf("Add the %d. thing to the basket", i), fmt.Sprintf("refs/heads/topic/%d", i)
			pr.Labels, pr.LabelsKnown = []string{"fast", fmt.Sprintf("label-%d", i%50)}, true
		})
	}
	some := patterns(b, "*one*", "x*", "*.", "nothing", "*a*b*c")
	filters := requeue.Rules{
		TargetBranches: branches(b, "mian"), SourceBranches: branches(b, "topics/*"), Labels: some, Authors: some, Titles: some,
		Policies: policies(b, "nightly", "5"),
	}
	decide := rules()
	var comparing, deciding time.Duration
	b.ReportAllocs()
	for b.Loop() {
		began := time.Now()
		screened := screen(decide, prs...)
		answerAll(b, decide, screened, svc)
		decided := time.Now()
		if got := filters.Unmatched(screened, requeue.RepositoryPatterns{}, requeue.Project{}, nil); len(got) != 6 {
			b.Fatalf("%d inputs, want 6: %+v", len(got), got)
		}
		deciding, comparing = deciding+decided.Sub(began), comparing+time.Since(decided)
	}
	b.ReportMetric(float64(comparing)/float64(deciding), "of-survey")
	b.ReportMetric(float64(comparing.Nanoseconds())/float64(b.N)/float64(len(prs)), "ns/pullRequest")
}

// BenchmarkErrorSets looks for every known error in the end of a log, 64 KiB that hold none.
func BenchmarkErrorSets(b *testing.B) {
	var log strings.Builder
	for i := 0; log.Len() < 64<<10; i++ {
		fmt.Fprintf(&log, "npm http fetch GET 200 https://registry.example/package-%d 12ms (cache hit)\n", i)
		fmt.Fprintf(&log, "  Passed Fabrikam.Tests.Network.ClientTests.Retries_after_a_timeout(attempt: %d) [%d ms]\n", i, i%97)
		fmt.Fprintf(&log, "src/client%d.ts(%d,10): warning: Could not find a declaration file for module 'status'.\n", i, i)
	}
	text := log.String()[:64<<10]
	pattern := errorPattern(b, string(requeue.InfrastructureErrors))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if pattern.Match(text) {
			b.Fatal("there is no error in this log")
		}
	}
}

// BenchmarkNewErrorPattern is what the use of a set costs a run.
func BenchmarkNewErrorPattern(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		errorPattern(b, string(requeue.InfrastructureErrors))
	}
}
