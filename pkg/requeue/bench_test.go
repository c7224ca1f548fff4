package requeue_test

import (
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
			evaluations[k] = evaluation(k+1, mod, buildStarted(time.Duration(i%997)*time.Minute))
		}
		prs[i] = pullRequest(i+1, with(evaluations...))
	}
	r := rules(maxPerRun(20), maxInFlight(100), waitForTarget, order(requeue.OrderAutoComplete, requeue.OrderStalest))
	r.TargetBranches, r.Titles, r.Policies = branches(b, "main", "release/*"), patterns(b, "!wip*"), policies(b, "Build*", "!nightly*")
	b.ReportAllocs()
	for b.Loop() {
		screened := screen(r, prs...)
		if p, _ := answerAll(b, r, screened, svc); len(p.Actions) != 20 {
			b.Fatalf("%d actions", len(p.Actions))
		}
	}
}
