package requeue_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// evaluationRow is the evaluation of policy 7 on pull request 7 and what the plan says about it.
type evaluationRow struct {
	name   string
	rules  func(testing.TB, *requeue.Rules)
	pr     func(*requeue.PullRequest)
	ev     requeue.Evaluation
	others []requeue.PullRequest // come first where their numbers are lower
	svc    service
	want   string // "requeue", a reason, or "error"
	state  requeue.State
	detail string // all of it; "" is not compared
	asks   []string
}

func regexps(items ...string) []requeue.ErrorPattern {
	var out []requeue.ErrorPattern
	for _, item := range items {
		p, err := requeue.NewErrorPattern(item)
		if err != nil {
			panic(err)
		}
		out = append(out, p)
	}
	return out
}

func evaluationRows() []evaluationRow {
	only := func(items ...string) func(testing.TB, *requeue.Rules) {
		return func(t testing.TB, r *requeue.Rules) { r.Policies = policies(t, items...) }
	}
	enforcement := func(f requeue.EnforcementFilter) func(*requeue.Rules) {
		return func(r *requeue.Rules) { r.Enforcement = f }
	}
	own := func(ref requeue.PipelineRef) func(*requeue.Rules) {
		return func(r *requeue.Rules) { r.OwnPipeline = ref }
	}
	retryOnlyIf := func(texts ...string) func(*requeue.Rules) {
		return func(r *requeue.Rules) { r.RetryOnlyIf = regexps(texts...) }
	}
	neverRetryIf := func(texts ...string) func(*requeue.Rules) {
		return func(r *requeue.Rules) { r.NeverRetryIf = regexps(texts...) }
	}
	noCooldown := func(r *requeue.Rules) { r.Cooldown = 0 }
	pipeline := func(name, queueStatus string) service {
		return service{pipelines: map[int]requeue.Pipeline{107: {ID: 107, Name: name, QueueStatus: queueStatus}}}
	}
	red := history(build(500, "failed"))
	texts := func(texts ...string) service {
		return service{builds: red.builds, errors: map[int][]string{500: texts}}
	}
	pushed := func(d time.Duration) service { return service{pushed: map[int]time.Time{7: ago(d)}} }
	step := func(log, counted, kept int) requeue.FailedStep {
		return requeue.FailedStep{Name: "Test", LogID: log, Counted: counted, Kept: kept}
	}
	logs := func(s requeue.FailedStep, end requeue.LogEnd) service {
		return service{
			builds: red.builds, errors: map[int][]string{500: {"Bash exited with code '1'."}}, failed: map[int][]requeue.FailedStep{500: {s}},
			logs: map[int]requeue.Logs{500: {Ends: map[int]requeue.LogEnd{11: end}}},
		}
	}
	manually := func(b *requeue.Build) { b.Reason = "manual" }
	goesOn := func(kind requeue.QuestionKind, s service) service {
		s.more = map[requeue.QuestionKind]bool{kind: true}
		return s
	}
	fails := func(kind requeue.QuestionKind, s service) service {
		s.fails = map[requeue.QuestionKind]bool{kind: true}
		return s
	}
	target := func(builds ...requeue.Build) service { return history(append(builds, build(500, "failed"))...) }
	allFail := history(build(500, "failed"), build(600, "failed", ofPullRequest(3)), build(601, "failed", ofPullRequest(8)))
	before := func(evaluations ...requeue.Evaluation) []requeue.PullRequest {
		return []requeue.PullRequest{pullRequest(3, with(evaluations...))}
	}
	return []evaluationRow{
		// The states that are re-queued, and those that never are.
		{name: "expired", ev: evaluation(7, expired), want: "requeue", state: requeue.StateExpired},
		{name: "failed", ev: evaluation(7, failed), svc: red, want: "requeue", state: requeue.StateFailed},
		{name: "broken", ev: evaluation(7, broken), svc: red, want: "requeue", state: requeue.StateBroken},
		{name: "notStarted", ev: evaluation(7, notStarted), want: "requeue", state: requeue.StateNotStarted},
		{name: "outdated", ev: evaluation(7, outdated), want: "requeue", state: requeue.StateOutdated},
		{name: "running", ev: evaluation(7, running), want: "state", state: requeue.StateRunning},
		{name: "succeeded", ev: evaluation(7), want: "state", state: requeue.StateSucceeded},
		{name: "notApplicable", ev: evaluation(7, notApplicable), want: "state", state: requeue.StateNotApplicable},
		{name: "unknown", ev: evaluation(7, unknown), want: "state", state: requeue.StateUnknown, detail: `status "paused"`},
		{
			name: "unknown for a field of the wrong type", ev: evaluation(7, failed, malformed), want: "state", state: requeue.StateUnknown,
			detail: "the field buildId has an unexpected type",
		},
		{name: "nothing selected", rules: on(when()), ev: evaluation(7, expired), want: "state", state: requeue.StateExpired},
		{name: "expired is not selected", rules: on(when(requeue.StateFailed)), ev: evaluation(7, expired), want: "state"},
		{name: "failed is not selected", rules: on(when(requeue.StateExpired)), ev: evaluation(7, failed), want: "state", asks: []string{}},
		{name: "broken is not selected", rules: on(when(requeue.StateFailed)), ev: evaluation(7, broken), want: "state"},
		{name: "notStarted is not selected", rules: on(when(requeue.StateExpired)), ev: evaluation(7, notStarted), want: "state"},
		{name: "outdated is not selected", rules: on(when(requeue.StateExpired)), ev: evaluation(7, outdated), want: "state"},
		{
			name: "a green build that shows as rejected is expired",
			ev:   evaluation(7, shownAsRejected), rules: on(when(requeue.StateExpired)), svc: history(build(500, "succeeded")),
			want: "requeue", state: requeue.StateExpired, asks: []string{"build 500"},
		},
		{
			name: "a green build that shows as rejected is not failed",
			ev:   evaluation(7, shownAsRejected), rules: on(when(requeue.StateFailed)), svc: history(build(500, "succeeded")),
			want: "state", state: requeue.StateExpired, asks: []string{"build 500"},
		},
		{
			name: "a red build that shows as rejected is not expired",
			ev:   evaluation(7, shownAsRejected), rules: on(when(requeue.StateExpired)), svc: red,
			want: "state", state: requeue.StateFailed, asks: []string{"build 500"},
		},
		{
			name: "a build that cannot be read may be green or red: never for expired",
			ev:   evaluation(7, shownAsRejected), rules: on(when(requeue.StateExpired)), svc: fails(requeue.AskBuild, red), want: "error",
		},
		{
			name: "a build that cannot be read may be green or red: never for failed",
			ev:   evaluation(7, shownAsRejected), rules: on(when(requeue.StateFailed)), svc: fails(requeue.AskBuild, red), want: "error",
			asks: []string{"build 500"},
		},
		{
			name: "no build is read for what the filters leave alone",
			ev:   evaluation(7, shownAsRejected), rules: only("nightly"), want: "policyFilter", asks: []string{},
		},

		// byHand
		{name: "byHand: reviewers are missing", ev: evaluation(7, reviewers, status("queued")), want: "byHand", detail: "Minimum number of reviewers"},
		{name: "byHand: open comments", ev: evaluation(7, ofType(commentsType, "Comment requirements"), failed), want: "byHand"},
		{name: "byHand: not what is optional", ev: evaluation(7, reviewers, status("queued"), optional), want: "state"},
		{name: "byHand: not what is approved", ev: evaluation(7, reviewers), want: "state"},
		{name: "byHand: not what does not apply", ev: evaluation(7, reviewers, notApplicable), want: "state"},
		{name: "byHand: not a build that blocks", ev: evaluation(7, running), want: "state"},
		{name: "byHand: other types are never re-queued, whatever their context says", ev: evaluation(7, reviewers, expired), want: "byHand"},

		// policyFilter
		{name: "policyFilter: another name", rules: only("nightly"), ev: evaluation(7, expired), want: "policyFilter"},
		{name: "policyFilter: its display name", rules: only("build 7"), ev: evaluation(7, expired), want: "requeue"},
		{name: "policyFilter: its pipeline's name from the context", rules: only("pipeline-1*"), ev: evaluation(7, expired), want: "requeue"},
		{name: "policyFilter: its pipeline's ID", rules: only("107"), ev: evaluation(7, expired), want: "requeue"},
		{name: "policyFilter: another pipeline's ID", rules: only("7"), ev: evaluation(7, expired), want: "policyFilter"},
		{name: "policyFilter: an excluded ID", rules: only("!107"), ev: evaluation(7, expired), want: "policyFilter"},
		{
			name: "policyFilter: the pipeline's name is asked for where the context does not tell", rules: only("CI"),
			ev: evaluation(7, expired, noNames), svc: pipeline("ci", "enabled"), want: "requeue", asks: []string{"pipeline 107"},
		},
		{
			name: "policyFilter: the pipeline's name, asked for, is another", rules: only("CI"),
			ev: evaluation(7, expired, noNames), svc: pipeline("cd", "enabled"), want: "policyFilter",
		},
		{
			name: "policyFilter: the pipeline's name, asked for, is excluded", rules: only("!CI"),
			ev: evaluation(7, expired, noNames), svc: pipeline("ci", "enabled"), want: "policyFilter",
		},
		{
			name: "policyFilter: a name that cannot be read is no match", rules: only("CI"),
			ev: evaluation(7, expired, noNames), svc: fails(requeue.AskPipeline, pipeline("ci", "enabled")), want: "error",
		},
		{
			name: "policyFilter: nor does it matter where the state is not selected", rules: only("CI"),
			ev: evaluation(7, noNames), svc: fails(requeue.AskPipeline, pipeline("ci", "enabled")), want: "policyFilter",
		},
		{
			name: "policyFilter: a pipeline that is gone has no name", rules: only("CI"),
			ev: evaluation(7, expired, noNames), want: "policyFilter",
		},
		{
			name: "policyFilter: no build is read where a pipeline cannot be, and its name changes nothing", rules: only("!build 7"),
			ev: evaluation(7, shownAsRejected, func(e *requeue.Evaluation) { e.PipelineName = "" }), svc: fails(requeue.AskPipeline, red),
			want: "policyFilter", asks: []string{},
		},
		{
			name: "policyFilter: no build is read for a pipeline that is gone", rules: only("CI"),
			ev: evaluation(7, shownAsRejected, noNames), svc: red, want: "policyFilter", asks: []string{},
		},
		{
			name: "policyFilter: a name that cannot be read, and a build that may be green", rules: only("CI"),
			ev: evaluation(7, shownAsRejected, noNames), svc: fails(requeue.AskPipeline, history(build(500, "succeeded"))), want: "error",
			state: requeue.StateExpired, asks: []string{"build 500"},
		},

		// enforcement
		{name: "enforcement: required, and it is optional", rules: on(enforcement(requeue.EnforcementRequired)), ev: evaluation(7, expired, optional), want: "enforcement"},
		{name: "enforcement: required, and it is", rules: on(enforcement(requeue.EnforcementRequired)), ev: evaluation(7, expired), want: "requeue"},
		{name: "enforcement: optional, and it is required", rules: on(enforcement(requeue.EnforcementOptional)), ev: evaluation(7, expired), want: "enforcement"},
		{name: "enforcement: optional, and it is", rules: on(enforcement(requeue.EnforcementOptional)), ev: evaluation(7, expired, optional), want: "requeue"},
		{name: "enforcement: all", ev: evaluation(7, expired, optional), want: "requeue"},

		// manualPolicy
		{name: "manualPolicy: skip", ev: evaluation(7, expired, manual), want: "manualPolicy"},
		{name: "manualPolicy: skip is the default", rules: on(manuals("")), ev: evaluation(7, expired, manual), want: "manualPolicy"},
		{name: "manualPolicy: include", rules: on(manuals(requeue.ManualInclude)), ev: evaluation(7, expired, manual), want: "requeue"},
		{name: "manualPolicy: include, and it is automatic", rules: on(manuals(requeue.ManualInclude)), ev: evaluation(7, expired), want: "requeue"},
		{name: "manualPolicy: only, and it is automatic", rules: on(manuals(requeue.ManualOnly)), ev: evaluation(7, expired), want: "manualPolicy"},
		{name: "manualPolicy: only, and it is manual", rules: on(manuals(requeue.ManualOnly)), ev: evaluation(7, expired, manual), want: "requeue"},

		// fork
		{name: "fork: a first start is a human's decision", pr: fromFork, ev: evaluation(7, notStarted), want: "fork"},
		{name: "fork: not for what had started", pr: fromFork, ev: evaluation(7, expired), want: "requeue"},
		{name: "fork: not without a fork", ev: evaluation(7, notStarted), want: "requeue"},
		{
			name: "fork: also where notStarted is not selected", pr: fromFork, rules: on(when(requeue.StateExpired)),
			ev: evaluation(7, notStarted), want: "fork",
		},

		// ownPipeline
		{name: "ownPipeline", rules: on(own(requeue.PipelineRef{ProjectID: project.ID, ID: 107})), ev: evaluation(7, expired), want: "ownPipeline"},
		{
			name: "ownPipeline: the policy does not name its pipeline", rules: on(own(requeue.PipelineRef{ProjectID: project.ID, ID: 107})), want: "ownPipeline",
			ev: evaluation(7, expired, func(e *requeue.Evaluation) { e.Policy.PipelineID = 0 }),
		},
		{
			name: "ownPipeline: nor does one of another project", rules: on(own(requeue.PipelineRef{ProjectID: id(99), ID: 107})), want: "requeue",
			ev: evaluation(7, expired, func(e *requeue.Evaluation) { e.Policy.PipelineID = 0 }),
		},
		{
			name: "ownPipeline: nor does one where none is running", want: "requeue",
			ev: evaluation(7, expired, func(e *requeue.Evaluation) { e.Policy.PipelineID = 0 }),
		},
		{name: "ownPipeline: another number", rules: on(own(requeue.PipelineRef{ProjectID: project.ID, ID: 108})), ev: evaluation(7, expired), want: "requeue"},
		{name: "ownPipeline: another project", rules: on(own(requeue.PipelineRef{ProjectID: id(99), ID: 107})), ev: evaluation(7, expired), want: "requeue"},
		{
			name: "ownPipeline: unset is no pipeline", rules: on(own(requeue.PipelineRef{ProjectID: project.ID})),
			ev: evaluation(7, expired, func(e *requeue.Evaluation) { e.Policy.PipelineID = 0 }), want: "requeue",
		},

		// pipelineDisabled
		{name: "pipelineDisabled: disabled", ev: evaluation(7, expired), svc: pipeline("ci", "disabled"), want: "pipelineDisabled", detail: "the pipeline is disabled"},
		{name: "pipelineDisabled: paused", ev: evaluation(7, expired), svc: pipeline("ci", "paused"), want: "pipelineDisabled"},
		{name: "pipelineDisabled: enabled", ev: evaluation(7, expired), svc: pipeline("ci", "enabled"), want: "requeue"},
		{name: "pipelineDisabled: not told", ev: evaluation(7, expired), want: "requeue", asks: []string{"pipeline 107"}},
		{
			name: "pipelineDisabled: a policy that names no pipeline asks for none", svc: fails(requeue.AskPipeline, service{}), asks: []string{},
			ev: evaluation(7, expired, func(e *requeue.Evaluation) { e.Policy.PipelineID = 0 }), want: "requeue",
		},
		{name: "pipelineDisabled: cannot be read, so the service decides", ev: evaluation(7, expired), svc: fails(requeue.AskPipeline, service{}), want: "requeue"},
		{
			name: "pipelineDisabled: cannot be read, and an exclusion hangs on its name", rules: only("!CI"),
			ev: evaluation(7, expired, noNames), svc: fails(requeue.AskPipeline, service{}), want: "error",
		},
		{
			name: "pipelineDisabled: cannot be read, but would not be re-queued anyway",
			ev:   evaluation(7), svc: fails(requeue.AskPipeline, service{}), want: "state",
		},

		// coolingDown
		{name: "coolingDown: failed 9 minutes ago", ev: evaluation(7, failed, completed(9*time.Minute)), svc: red, want: "coolingDown", detail: "retry possible in 1m", asks: []string{}},
		{name: "coolingDown: failed 10 minutes ago", ev: evaluation(7, failed, completed(10*time.Minute)), svc: red, want: "requeue"},
		{name: "coolingDown: broken 9 minutes ago", ev: evaluation(7, broken, completed(9*time.Minute)), svc: red, want: "coolingDown"},
		{name: "coolingDown: broken 10 minutes ago", ev: evaluation(7, broken, completed(10*time.Minute)), svc: red, want: "requeue"},
		{
			name: "coolingDown: without completedDate the build's end counts", ev: evaluation(7, failed, noEnd),
			svc: history(build(500, "failed", isOf(9*time.Minute))), want: "coolingDown",
		},
		{
			name: "coolingDown: the build's end was long ago", ev: evaluation(7, failed, noEnd),
			svc: history(build(500, "failed", isOf(10*time.Minute))), want: "requeue",
		},
		{
			name: "coolingDown: completedDate comes before the build's end", ev: evaluation(7, failed, completed(time.Hour)),
			svc: history(build(500, "failed", isOf(time.Minute))), want: "requeue",
		},
		{
			name: "coolingDown: the end of another build does not count", ev: evaluation(7, failed, noEnd),
			svc: history(build(500, "failed"), build(499, "failed", isOf(time.Minute))), want: "requeue",
		},
		{
			name: "coolingDown: an end that nobody tells is long ago", ev: evaluation(7, failed, noEnd),
			svc: history(build(500, "failed", func(b *requeue.Build) { b.Finished = time.Time{} })), want: "requeue",
		},
		{name: "coolingDown: 0 waits for nothing", rules: on(noCooldown), ev: evaluation(7, failed, completed(0)), svc: red, want: "requeue"},
		{name: "coolingDown: 0 waits for no clock either", rules: on(noCooldown), ev: evaluation(7, failed, completed(-time.Minute)), svc: red, want: "requeue"},
		{name: "coolingDown: expired never cools", ev: evaluation(7, expired, completed(time.Minute)), want: "requeue"},
		{name: "coolingDown: outdated never cools", ev: evaluation(7, outdated, completed(time.Minute)), want: "requeue"},
		{name: "coolingDown: notStarted, pushed to 9 minutes ago", ev: evaluation(7, notStarted), svc: pushed(9 * time.Minute), want: "coolingDown"},
		{name: "coolingDown: notStarted, pushed to 10 minutes ago", ev: evaluation(7, notStarted), svc: pushed(10 * time.Minute), want: "requeue"},
		{name: "coolingDown: notStarted, created 9 minutes ago, no push told", pr: created(9 * time.Minute), ev: evaluation(7, notStarted), want: "coolingDown"},
		{name: "coolingDown: notStarted, created 10 minutes ago, no push told", pr: created(10 * time.Minute), ev: evaluation(7, notStarted), want: "requeue"},
		{name: "the last push cannot be read", ev: evaluation(7, notStarted), svc: service{fails: map[requeue.QuestionKind]bool{requeue.AskLastPush: true}}, want: "error"},
		{
			name: "coolingDown: notStarted of a manual policy waits for nothing", rules: on(manuals(requeue.ManualInclude)),
			ev: evaluation(7, notStarted, manual), svc: pushed(time.Minute), want: "requeue", asks: []string{},
		},
		{
			name: "coolingDown: a push cannot be older than the pull request: nothing is asked", pr: created(time.Minute),
			ev: evaluation(7, notStarted), want: "coolingDown", asks: []string{},
		},
		{name: "the last push is asked for", ev: evaluation(7, notStarted), want: "requeue", asks: []string{"lastPush 7"}},
		{name: "nobody knows when it was created or pushed to", pr: func(pr *requeue.PullRequest) { pr.Created = time.Time{} }, ev: evaluation(7, notStarted), want: "requeue"},
		{name: "coolingDown: notStarted with 0 waits for nothing", rules: on(noCooldown), ev: evaluation(7, notStarted), svc: pushed(-time.Minute), want: "requeue", asks: []string{}},

		// retriesExhausted; TestRetryBudget counts.
		{
			name: "retriesExhausted", ev: evaluation(7, failed), svc: history(build(500, "failed"), build(499, "failed"), build(498, "failed")),
			want: "retriesExhausted", detail: "2 of 2 retries used",
		},
		{
			name: "retriesExhausted: one is left", ev: evaluation(7, failed), svc: history(build(500, "failed"), build(499, "failed")),
			want: "requeue", detail: "1 of 2 retries used", asks: []string{"history 107 refs/pull/7/merge"},
		},
		{
			name: "retriesExhausted: broken has the same budget", ev: evaluation(7, broken),
			svc: history(build(500, "failed"), build(499, "failed"), build(498, "failed")), want: "retriesExhausted",
		},
		{name: "retriesExhausted: 0 never retries what failed", rules: on(maxRetries(0)), ev: evaluation(7, failed), svc: red, want: "retriesExhausted", asks: []string{}},
		{name: "retriesExhausted: 0 never retries what is broken", rules: on(maxRetries(0)), ev: evaluation(7, broken, noBuild), want: "retriesExhausted"},
		{name: "retriesExhausted: 0 has no say in what expired", rules: on(maxRetries(0)), ev: evaluation(7, expired), want: "requeue"},
		{name: "retriesExhausted: 0 has no say in what never started", rules: on(maxRetries(0)), ev: evaluation(7, notStarted), want: "requeue"},
		{
			name: "retriesExhausted: expired asks for no history", ev: evaluation(7, expired), want: "requeue", asks: []string{},
			svc: history(build(500, "failed"), build(499, "failed"), build(498, "failed")),
		},
		{name: "retriesExhausted: a history that cannot be read", ev: evaluation(7, failed), svc: fails(requeue.AskHistory, red), want: "error"},

		// broken without a build
		{name: "broken without a build asks for no history", ev: evaluation(7, broken, noBuild), want: "requeue", asks: []string{}},
		{name: "broken without a build cools down", ev: evaluation(7, broken, noBuild, completed(time.Minute)), want: "coolingDown"},
		{
			name: "broken without a build has no error texts either", rules: on(retryOnlyIf("timeout"), neverRetryIf("compile")),
			ev: evaluation(7, broken, noBuild), want: "requeue", asks: []string{},
		},
		{
			name: "historyUnknown: broken without a build and without an end is for a human", want: "historyUnknown",
			ev: evaluation(7, broken, noBuild, noEnd), asks: []string{},
		},
		{
			name: "retriesExhausted comes before that", rules: on(maxRetries(0)), want: "retriesExhausted",
			ev: evaluation(7, broken, noBuild, noEnd),
		},

		// buildCanceled
		{name: "buildCanceled", ev: evaluation(7, failed), svc: history(build(500, "canceled")), want: "buildCanceled", detail: "build 500"},
		{name: "buildCanceled: an earlier one does not count", ev: evaluation(7, failed), svc: history(build(500, "failed"), build(499, "canceled")), want: "requeue"},
		{name: "buildCanceled: broken", ev: evaluation(7, broken), svc: history(build(500, "canceled")), want: "buildCanceled"},

		// historyUnknown
		{name: "historyUnknown: no build at all", ev: evaluation(7, failed), want: "historyUnknown"},
		{name: "historyUnknown: only older ones", ev: evaluation(7, failed), svc: history(build(499, "failed")), want: "historyUnknown", detail: "build 500"},
		{name: "historyUnknown: of another pull request", ev: evaluation(7, failed), svc: history(build(500, "failed", func(b *requeue.Build) { b.RefName = "refs/pull/8/merge" })), want: "historyUnknown"},
		{name: "historyUnknown: of another pipeline", ev: evaluation(7, failed), svc: history(build(500, "failed", func(b *requeue.Build) { b.PipelineID = 108 })), want: "historyUnknown"},
		{name: "historyUnknown: not for another reason", ev: evaluation(7, failed), svc: history(build(500, "failed", manually)), want: "requeue"},
		{
			name: "retriesExhausted: what a re-queue has started may count as manual", ev: evaluation(7, failed),
			svc: history(build(500, "failed", manually), build(499, "failed", manually), build(498, "failed")), want: "retriesExhausted",
		},
		{
			name: "historyUnknown: its build is gone, which is no failure", ev: evaluation(7, shownAsRejected),
			svc: service{gone: map[int]bool{500: true}}, want: "historyUnknown", detail: "its build is gone", asks: []string{"build 500", "history 107 refs/pull/7/merge"},
		},
		{
			name: "a build that is gone was not green", ev: evaluation(7, shownAsRejected), rules: on(when(requeue.StateExpired)),
			svc: service{gone: map[int]bool{500: true}}, want: "state", state: requeue.StateFailed, detail: "its build is gone",
		},
		{name: "historyUnknown: failed without a build", ev: evaluation(7, failed, noBuild), svc: red, want: "historyUnknown"},
		{name: "historyUnknown: its build is there", ev: evaluation(7, failed), svc: red, want: "requeue"},

		// errorNotRetryable
		{
			name: "errorNotRetryable: no pattern asks for no errors", ev: evaluation(7, failed), svc: red,
			want: "requeue", asks: []string{"history 107 refs/pull/7/merge"}, detail: "0 of 2 retries used",
		},
		{
			name: "errorNotRetryable: retryOnlyIf matches the timeline", rules: on(retryOnlyIf("disk", "time ?out")),
			ev: evaluation(7, failed), svc: texts("compiled", "network timeout"), want: "requeue",
			detail: `0 of 2 retries used; retryOnlyIf /time ?out/ matches "network timeout"`,
			asks:   []string{"history 107 refs/pull/7/merge", "errors 500"},
		},
		{
			name: "errorNotRetryable: retryOnlyIf matches the record's preview", rules: on(retryOnlyIf("timeout")),
			ev: evaluation(7, failed, preview("network timeout")), svc: red, want: "requeue",
		},
		{
			name: "errorNotRetryable: retryOnlyIf matches neither", rules: on(retryOnlyIf("timeout")),
			ev: evaluation(7, failed, preview("syntax error")), svc: texts("exit code 1"), want: "errorNotRetryable",
			detail: `no retryOnlyIf matches "syntax error"`,
		},
		{
			name: "errorNotRetryable: regular expressions mind the case", rules: on(retryOnlyIf("timeout")),
			ev: evaluation(7, failed), svc: texts("Timeout"), want: "errorNotRetryable",
		},
		{
			name: "errorNotRetryable: no error text", rules: on(retryOnlyIf("timeout")), ev: evaluation(7, failed), svc: red,
			want: "errorNotRetryable", detail: "the build shows no error text, so no retryOnlyIf can match",
		},
		{
			name: "errorNotRetryable: retryOnlyIf matches a log, which is read last", rules: on(retryOnlyIf("^ECONNRESET$")), ev: evaluation(7, failed),
			svc: logs(step(11, 1, 1), requeue.LogEnd{Lines: []string{"npm start", "ECONNRESET"}, First: 41}), want: "requeue",
			asks:   []string{"history 107 refs/pull/7/merge", "errors 500", "logs 500"},
			detail: `0 of 2 retries used; retryOnlyIf /^ECONNRESET$/ matches line 42 of the log of step "Test": "ECONNRESET"`,
		},
		{
			name: "errorNotRetryable: no log is read where the timeline is enough", rules: on(retryOnlyIf("exited")), ev: evaluation(7, failed),
			svc: logs(step(11, 1, 1), requeue.LogEnd{}), want: "requeue", asks: []string{"history 107 refs/pull/7/merge", "errors 500"},
		},
		{
			name: "errorNotRetryable: a pattern over lines", rules: on(retryOnlyIf("(?s)start.*ECONN")), ev: evaluation(7, failed),
			svc: logs(step(11, 1, 1), requeue.LogEnd{Lines: []string{"npm start", "ECONNRESET"}}), want: "requeue",
		},
		{
			name: "errorNotRetryable: neverRetryIf matches a log", rules: on(neverRetryIf("SyntaxError"), retryOnlyIf("exited")), ev: evaluation(7, failed),
			svc: logs(step(11, 1, 1), requeue.LogEnd{Lines: []string{"SyntaxError: x"}}), want: "errorNotRetryable", detail: `neverRetryIf /SyntaxError/ matches the log of step "Test": "SyntaxError: x"`,
		},
		{
			name: "errorNotRetryable: the step has lost errors, and its log is cut", rules: on(neverRetryIf("SyntaxError")), ev: evaluation(7, failed),
			svc: logs(step(11, 12, 10), requeue.LogEnd{Lines: []string{"x"}}), want: "errorNotRetryable",
			detail: `neverRetryIf cannot be ruled out: step "Test" keeps 10 of its 12 errors (1 error text and 1 log line were to be had)`,
		},
		{
			name: "errorNotRetryable: the step has lost errors, and its log is whole", rules: on(neverRetryIf("SyntaxError")), ev: evaluation(7, failed),
			svc: logs(step(11, 12, 10), requeue.LogEnd{Lines: []string{"x"}, Whole: true}), want: "requeue",
		},
		{
			name: "errorNotRetryable: a log that is cut at its beginning is not incomplete", rules: on(neverRetryIf("SyntaxError")), ev: evaluation(7, failed),
			svc: logs(step(11, 1, 1), requeue.LogEnd{Lines: []string{"x"}}), want: "requeue",
		},
		{
			name: "errorNotRetryable: a step without a log is not incomplete", rules: on(neverRetryIf("SyntaxError")), ev: evaluation(7, failed),
			svc: logs(step(0, 1, 1), requeue.LogEnd{}), want: "requeue",
		},
		{
			name: "errorNotRetryable: a step without a log that has lost errors", rules: on(neverRetryIf("SyntaxError")), ev: evaluation(7, failed),
			svc: logs(step(0, 11, 10), requeue.LogEnd{}), want: "errorNotRetryable",
		},
		{
			name: "errorNotRetryable: a log that cannot be read", rules: on(neverRetryIf("SyntaxError")), ev: evaluation(7, failed),
			svc: logs(step(11, 1, 1), requeue.LogEnd{Err: errTest}), want: "errorNotRetryable",
		},
		{
			name: "errorNotRetryable: incomplete texts do not hold retryOnlyIf back", rules: on(retryOnlyIf("x")), ev: evaluation(7, failed),
			svc: logs(step(11, 12, 10), requeue.LogEnd{Lines: []string{"x"}}), want: "requeue",
		},
		{
			name: "errorNotRetryable: six steps failed", rules: on(neverRetryIf("SyntaxError")), ev: evaluation(7, failed),
			svc: service{builds: red.builds, failed: map[int][]requeue.FailedStep{500: slices.Repeat([]requeue.FailedStep{step(0, 1, 1)}, 6)}}, want: "errorNotRetryable",
		},
		{
			name: "errorNotRetryable: five steps failed", rules: on(neverRetryIf("SyntaxError")), ev: evaluation(7, failed),
			svc: service{builds: red.builds, failed: map[int][]requeue.FailedStep{500: slices.Repeat([]requeue.FailedStep{step(0, 1, 1)}, 5)}}, want: "requeue",
		},
		{
			name: "errorNotRetryable: no timeline", rules: on(neverRetryIf("SyntaxError")), ev: evaluation(7, failed),
			svc: service{builds: red.builds, noTimeline: true}, want: "errorNotRetryable",
		},
		{
			name: "errorNotRetryable: no timeline, but a reason why it never ran", rules: on(neverRetryIf("SyntaxError")), ev: evaluation(7, failed),
			svc: service{builds: red.builds, noTimeline: true, logs: map[int]requeue.Logs{500: {Validation: []string{"no agent pool"}}}}, want: "requeue",
		},
		{
			name: "errorNotRetryable: neverRetryIf matches why it never ran", rules: on(neverRetryIf("pool")), ev: evaluation(7, failed),
			svc: service{builds: red.builds, noTimeline: true, logs: map[int]requeue.Logs{500: {Validation: []string{"no agent pool"}}}}, want: "errorNotRetryable",
		},
		{
			name: "errorNotRetryable: a preview that was not understood", rules: on(neverRetryIf("SyntaxError")),
			ev: evaluation(7, failed, func(e *requeue.Evaluation) { e.PreviewLost = true }), svc: red, want: "errorNotRetryable",
		},
		{
			name: "errorNotRetryable: what else the build says cannot be read", rules: on(neverRetryIf("SyntaxError")),
			ev: evaluation(7, failed), svc: fails(requeue.AskLogs, red), want: "error",
		},
		{name: "errorNotRetryable: no error text and neverRetryIf alone", rules: on(neverRetryIf("timeout")), ev: evaluation(7, failed), svc: red, want: "requeue"},
		{
			name: "errorNotRetryable: neverRetryIf matches the timeline", rules: on(neverRetryIf("syntax")), ev: evaluation(7, failed),
			svc: texts("timeout", "syntax error"), want: "errorNotRetryable", detail: `neverRetryIf /syntax/ matches "syntax error"`,
		},
		{
			name: "errorNotRetryable: neverRetryIf matches the preview", rules: on(neverRetryIf("syntax")),
			ev: evaluation(7, failed, preview("syntax error")), svc: red, want: "errorNotRetryable",
		},
		{name: "errorNotRetryable: neverRetryIf matches nothing", rules: on(neverRetryIf("syntax")), ev: evaluation(7, failed), svc: texts("timeout"), want: "requeue"},
		{
			name: "errorNotRetryable: neverRetryIf wins", rules: on(retryOnlyIf("timeout"), neverRetryIf("syntax")),
			ev: evaluation(7, failed), svc: texts("timeout", "syntax error"), want: "errorNotRetryable",
		},
		{
			name: "errorNotRetryable: a set says what it found", rules: on(retryOnlyIf("nothing", "@Network")),
			ev: evaluation(7, failed), svc: texts("exit code 6", "curl: (6) Could not resolve host: x"), want: "requeue",
			detail: `0 of 2 retries used; retryOnlyIf @network (curl: name did not resolve) matches "curl: (6) Could not resolve host: x"`,
		},
		{
			name: "errorNotRetryable: nothing of a set", rules: on(retryOnlyIf("@network")), ev: evaluation(7, failed),
			svc: texts("expected 503 but got 200"), want: "errorNotRetryable", detail: `no retryOnlyIf matches "expected 503 but got 200"`,
		},
		{
			name: "errorNotRetryable: a set in neverRetryIf wins", rules: on(retryOnlyIf("@infrastructure"), neverRetryIf("@disk")),
			ev: evaluation(7, failed), svc: texts("tar: No space left on device"), want: "errorNotRetryable",
			detail: `neverRetryIf @disk (Linux, macOS: no space left) matches "tar: No space left on device"`,
		},
		{
			name: "errorNotRetryable: broken", rules: on(neverRetryIf("syntax")), ev: evaluation(7, broken), svc: texts("syntax error"),
			want: "errorNotRetryable",
		},
		{
			name: "errorNotRetryable: the errors of an expired one are not read", rules: on(neverRetryIf("syntax")),
			ev: evaluation(7, expired), svc: texts("syntax error"), want: "requeue", asks: []string{},
		},
		{
			name: "errorNotRetryable: errors that cannot be read", rules: on(retryOnlyIf("timeout")),
			ev: evaluation(7, failed, preview("timeout")), svc: fails(requeue.AskErrors, red), want: "error",
		},
		{
			name: "errorNotRetryable: nor for neverRetryIf", rules: on(neverRetryIf("timeout")),
			ev: evaluation(7, failed), svc: fails(requeue.AskErrors, red), want: "error",
		},
		{
			name: "errorNotRetryable: an error text is tried in its first 64 KiB", rules: on(retryOnlyIf("timeout")),
			ev: evaluation(7, failed), svc: texts(strings.Repeat("x", 64<<10) + "timeout"), want: "errorNotRetryable",
		},

		// targetBranchRed
		{
			name: "targetBranchRed", rules: on(waitForTarget), ev: evaluation(7, expired), svc: target(build(90, "failed", onMain)),
			want: "targetBranchRed", detail: "build 90 failed on main", asks: []string{"targetBranch 107 refs/heads/main"},
		},
		{name: "targetBranchRed: not asked unless told", ev: evaluation(7, expired), svc: target(build(90, "failed", onMain)), want: "requeue", asks: []string{}},
		{name: "targetBranchRed: failed", rules: on(waitForTarget), ev: evaluation(7, failed), svc: target(build(90, "failed", onMain)), want: "targetBranchRed", detail: "build 90 failed on main"},
		{name: "targetBranchRed: broken", rules: on(waitForTarget), ev: evaluation(7, broken), svc: target(build(90, "failed", onMain)), want: "targetBranchRed"},
		{name: "targetBranchRed: notStarted", rules: on(waitForTarget), ev: evaluation(7, notStarted), svc: target(build(90, "failed", onMain)), want: "targetBranchRed"},
		{name: "targetBranchRed: outdated", rules: on(waitForTarget), ev: evaluation(7, outdated), svc: target(build(90, "failed", onMain)), want: "targetBranchRed"},
		{name: "targetBranchRed: green", rules: on(waitForTarget), ev: evaluation(7, expired), svc: target(build(90, "succeeded", onMain)), want: "requeue"},
		{name: "targetBranchRed: partially succeeded", rules: on(waitForTarget), ev: evaluation(7, expired), svc: target(build(90, "partiallySucceeded", onMain)), want: "requeue"},
		{name: "targetBranchRed: no run there", rules: on(waitForTarget), ev: evaluation(7, expired), svc: target(), want: "requeue"},
		{
			name: "targetBranchRed: cancelled ones are passed over", rules: on(waitForTarget), ev: evaluation(7, expired),
			svc:  target(build(91, "canceled", onMain, isOf(time.Hour)), build(90, "failed", onMain, isOf(2*time.Hour))),
			want: "targetBranchRed",
		},
		{
			name: "targetBranchRed: the last finished one counts, whatever its number", rules: on(waitForTarget), ev: evaluation(7, expired),
			svc:  target(build(91, "failed", onMain, isOf(2*time.Hour)), build(90, "succeeded", onMain, isOf(time.Hour))),
			want: "requeue",
		},
		{
			name: "targetBranchRed: at one moment, the later number", rules: on(waitForTarget), ev: evaluation(7, expired),
			svc:  target(build(91, "failed", onMain), build(90, "succeeded", onMain)),
			want: "targetBranchRed",
		},
		{
			name: "targetBranchRed: one in progress is not finished", rules: on(waitForTarget), ev: evaluation(7, expired),
			svc:  target(build(91, "", onMain, func(b *requeue.Build) { b.Status = "inProgress" }), build(90, "failed", onMain)),
			want: "targetBranchRed",
		},
		{
			name: "targetBranchRed: another branch's run", rules: on(waitForTarget), ev: evaluation(7, expired),
			svc: target(build(90, "failed", func(b *requeue.Build) { b.RefName = "refs/heads/mainline" })), want: "requeue",
		},
		{
			name: "targetBranchRed: another pipeline's run", rules: on(waitForTarget), ev: evaluation(7, expired),
			svc: target(build(90, "failed", onMain, func(b *requeue.Build) { b.PipelineID = 108 })), want: "requeue",
		},
		{
			name: "targetBranchRed: cannot be read", rules: on(waitForTarget), ev: evaluation(7, expired),
			svc: fails(requeue.AskTargetBranch, target()), want: "error",
		},
		{
			name: "targetBranchRed: the list goes on, and no run that was read tells", rules: on(waitForTarget), ev: evaluation(7, expired),
			svc: goesOn(requeue.AskTargetBranch, target(build(91, "canceled", onMain))), want: "error",
		},
		{
			name: "targetBranchRed: the list goes on, and one tells", rules: on(waitForTarget), ev: evaluation(7, expired),
			svc: goesOn(requeue.AskTargetBranch, target(build(91, "canceled", onMain, isOf(time.Hour)), build(90, "succeeded", onMain, isOf(2*time.Hour)))), want: "requeue",
		},

		// pipelineFailing; TestBreaker has more.
		{
			name: "pipelineFailing", rules: on(pauseAfter(3)), ev: evaluation(7, failed), svc: allFail, want: "pipelineFailing",
			others: before(evaluation(7, failed, buildID(600))),
		},
		{name: "pipelineFailing: the first one finds out", rules: on(pauseAfter(3)), ev: evaluation(7, failed), svc: allFail, want: "requeue"},

		// branchBusy and runLimit; TestLimits has more.
		{name: "branchBusy", rules: on(maxInFlight(1)), ev: evaluation(7, expired), others: before(evaluation(3, expired)), want: "branchBusy"},
		{
			name: "branchBusy: another branch", rules: on(maxInFlight(1)), ev: evaluation(7, expired), want: "requeue",
			others: []requeue.PullRequest{pullRequest(3, onto("release"), with(evaluation(3, expired)))},
		},
		{name: "branchBusy: no limit", ev: evaluation(7, expired), others: before(evaluation(3, expired)), want: "requeue"},
		{name: "runLimit", rules: on(maxPerRun(1)), ev: evaluation(7, expired), others: before(evaluation(3, expired)), want: "runLimit"},
		{name: "runLimit: just enough", rules: on(maxPerRun(2)), ev: evaluation(7, expired), others: before(evaluation(3, expired)), want: "requeue"},
		{name: "runLimit: what is left alone takes nothing", rules: on(maxPerRun(1)), ev: evaluation(7, expired), others: before(evaluation(3)), want: "requeue"},
	}
}

// plan returns the verdict on the row's evaluation, and what was asked beside pipelines.
func (row evaluationRow) plan(t testing.TB) (requeue.EvaluationPlan, []string, []string) {
	t.Helper()
	r := rules()
	if row.rules != nil {
		row.rules(t, &r)
	}
	pr := pullRequest(7, with(row.ev))
	if row.pr != nil {
		row.pr(&pr)
	}
	screened := screen(r, append([]requeue.PullRequest{pr}, row.others...)...)
	plan, rounds := answerAll(t, r, screened, row.svc)
	var costly, all []string
	for _, round := range withoutPipelines(rounds) {
		costly = append(costly, round...)
	}
	for _, round := range rounds {
		all = append(all, kinds(round)...)
	}
	for _, p := range plan.PullRequests {
		if p.PullRequest.ID == 7 {
			return p.Evaluations[0], costly, all
		}
	}
	t.Fatal("pull request 7 is not in the plan")
	return requeue.EvaluationPlan{}, nil, nil
}

func TestEvaluationReasons(t *testing.T) {
	t.Parallel()
	for _, row := range evaluationRows() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, costly, all := row.plan(t)
			if word(got) != row.want {
				t.Errorf("got %s (%s), want %s", word(got), got.Detail, row.want)
			}
			if row.state != "" && got.State != row.state {
				t.Errorf("got state %s, want %s", got.State, row.state)
			}
			if row.detail != "" && got.Detail != row.detail {
				t.Errorf("got detail %q, want %q", got.Detail, row.detail)
			}
			if asked := costly; row.asks != nil {
				if len(row.asks) > 0 && strings.HasPrefix(row.asks[0], "pipeline") {
					asked = all
				}
				if diff := cmp.Diff(row.asks, append([]string{}, asked...)); diff != "" {
					t.Errorf("questions (-want +got):\n%s", diff)
				}
			}
			if got.Err != nil && (got.Requeue || got.Reason != "") {
				t.Errorf("an error has company: %+v", got)
			}
		})
	}
}

func TestEveryEvaluationReasonHasARow(t *testing.T) {
	t.Parallel()
	seen := map[requeue.Reason]bool{}
	for _, row := range evaluationRows() {
		got, _, _ := row.plan(t)
		seen[got.Reason] = true
	}
	// The one reason that no plan gives: it is found before the write, see TestMoved.
	_, moved := new(rules()).Moved(action(evaluation(7, expired), requeue.StateExpired), evaluation(7, running), nil, now)
	seen[requeue.Moved] = moved
	for _, reason := range requeue.EvaluationReasons() {
		if !seen[reason] {
			t.Errorf("no row gives %s", reason)
		}
	}
}

// TestOrderOfEvaluationReasons starts with an evaluation that everything is wrong with and mends one thing at a time.
func TestOrderOfEvaluationReasons(t *testing.T) {
	t.Parallel()
	r := rules(when(requeue.StateExpired), maxRetries(1), waitForTarget, maxPerRun(1), maxInFlight(1))
	r.Policies = policies(t, "x")
	r.Enforcement = requeue.EnforcementOptional
	r.ManualPolicies = requeue.ManualOnly
	r.OwnPipeline = requeue.PipelineRef{ProjectID: project.ID, ID: 107}
	r.RetryOnlyIf = regexps("timeout")
	svc := service{
		pipelines: map[int]requeue.Pipeline{107: {QueueStatus: "paused"}},
		builds: []requeue.Build{
			build(500, "canceled", isOf(time.Minute)), build(499, "failed"), build(498, "failed"), build(90, "failed", onMain),
		},
		errors: map[int][]string{500: {"syntax error"}},
	}
	ev := evaluation(7, reviewers, status("queued"))
	fork := true
	// Pull request 3 is in flight; its second evaluation asks for the target branch, and its third takes the run's only
	// re-queue.
	first := pullRequest(3, with(evaluation(3, running), evaluation(4, expired), evaluation(5, expired)))
	first.Evaluations[1].Policy.PipelineID = 107

	steps := []struct {
		reason requeue.Reason
		mend   func()
	}{
		{requeue.ByHand, func() { ev = evaluation(7, notStarted) }},
		{requeue.PolicyFilter, func() { r.Policies = requeue.PolicyPatterns{} }},
		{requeue.Enforcement, func() { r.Enforcement = requeue.EnforcementAll }},
		{requeue.ManualPolicy, func() { r.ManualPolicies = requeue.ManualSkip }},
		{requeue.Fork, func() { fork = false }},
		{requeue.OwnPipeline, func() { r.OwnPipeline = requeue.PipelineRef{} }},
		{requeue.PipelineDisabled, func() { delete(svc.pipelines, 107); ev = evaluation(7, failed, noEnd) }},
		{requeue.NotSelectedState, func() { r.When = append(r.When, requeue.StateFailed); r.MaxPerRun, r.MaxInFlightPerBranch = 0, 0 }},
		{requeue.CoolingDown, func() { svc.builds[0].Finished = ago(time.Hour) }},
		{requeue.RetriesExhausted, func() { r.MaxRetriesPerCommit = 3 }},
		{requeue.BuildCanceled, func() { svc.builds[0].ID = 497 }},
		{requeue.HistoryUnknown, func() { svc.builds[0].ID, svc.builds[0].Result = 500, "failed" }},
		{requeue.ErrorNotRetryable, func() { svc.errors[500][0] = "timeout" }},
		{requeue.TargetBranchRed, func() { r.MaxPerRun, r.MaxInFlightPerBranch = 1, 1; ev = evaluation(7, expired) }},
		// The answer is known from pull request 3: no limit hides it.
		{requeue.TargetBranchRed, func() { svc.builds[3].Result = "succeeded" }},
		{requeue.BranchBusy, func() { r.MaxInFlightPerBranch = 2 }},
		{requeue.RunLimit, func() { r.MaxPerRun = 3 }},
		{"", func() {}},
	}
	for i, step := range steps {
		pr := pullRequest(7, with(ev))
		pr.Fork = fork
		p := planOf(t, r, svc, pr, first)
		if got := p.PullRequests[1].Evaluations[0].Reason; got != step.reason {
			t.Fatalf("step %d: got %q, want %q; the plan is %q", i, got, step.reason, lines(p))
		}
		step.mend()
	}
}

// TestRetryBudget counts what is used up of maxRetriesPerCommit.
func TestRetryBudget(t *testing.T) {
	t.Parallel()
	unnamed := func(b *requeue.Build) { b.SourceCommitID, b.MergeCommitID = "", "" }
	source := func(commit string) func(*requeue.Build) {
		return func(b *requeue.Build) { b.SourceCommitID = commit }
	}
	merge := func(commit string) func(*requeue.Build) {
		return func(b *requeue.Build) { b.SourceCommitID, b.MergeCommitID = "", commit }
	}
	noSource := func(pr *requeue.PullRequest) { pr.SourceCommitID = "" }
	own := build(500, "failed")
	tests := []struct {
		name   string
		builds []requeue.Build
		pr     func(*requeue.PullRequest)
		ev     evaluationMod
		want   string
	}{
		{name: "the first failure is no retry", builds: []requeue.Build{own}, want: "0 of 5 retries used"},
		{name: "the second is one", builds: []requeue.Build{own, build(499, "failed")}, want: "1 of 5 retries used"},
		{name: "in any order", builds: []requeue.Build{build(499, "failed"), own, build(498, "failed")}, want: "2 of 5 retries used"},
		{name: "partially succeeded counts", builds: []requeue.Build{own, build(499, "partiallySucceeded")}, want: "1 of 5 retries used"},
		{name: "cancelled does not", builds: []requeue.Build{own, build(499, "canceled")}, want: "0 of 5 retries used"},
		{
			name:   "one in progress does not",
			builds: []requeue.Build{own, build(501, "", func(b *requeue.Build) { b.Status = "inProgress" })}, want: "0 of 5 retries used",
		},
		{name: "a green build uses up nothing", builds: []requeue.Build{own, build(499, "succeeded")}, want: "0 of 5 retries used"},
		{
			name:   "what was before the last green one does not count",
			builds: []requeue.Build{own, build(499, "failed"), build(498, "succeeded"), build(497, "failed"), build(496, "failed")},
			want:   "1 of 5 retries used",
		},
		{
			name:   "the last green one counts, not the first",
			builds: []requeue.Build{own, build(499, "succeeded"), build(498, "failed"), build(497, "succeeded")},
			want:   "0 of 5 retries used",
		},
		{
			name: "before and after go by number, not by time",
			builds: []requeue.Build{
				build(500, "failed", isOf(9*time.Hour)), build(499, "failed", isOf(8*time.Hour)), build(498, "succeeded", isOf(time.Hour)),
			},
			want: "1 of 5 retries used",
		},
		{
			name:   "the green build of an older push sets nothing back",
			builds: []requeue.Build{own, build(499, "failed"), build(498, "succeeded", source("c1")), build(497, "failed")},
			want:   "2 of 5 retries used",
		},
		{name: "an older push does not count", builds: []requeue.Build{own, build(499, "failed", source("c1"))}, want: "0 of 5 retries used"},
		{name: "commits are hexadecimal in any case", builds: []requeue.Build{own, build(499, "failed", source("C2"))}, want: "1 of 5 retries used"},
		{
			name:   "the source commit comes before the merge commit: the target branch moved",
			builds: []requeue.Build{own, build(499, "failed", func(b *requeue.Build) { b.MergeCommitID = "m1" })}, want: "1 of 5 retries used",
		},
		{
			name:   "the source commit comes before the merge commit: an older push",
			builds: []requeue.Build{own, build(499, "failed", func(b *requeue.Build) { b.SourceCommitID = "c1" })}, want: "0 of 5 retries used",
		},
		{name: "without a source commit, the same merge commit counts", builds: []requeue.Build{own, build(499, "failed", merge("m2"))}, want: "1 of 5 retries used"},
		{name: "without a source commit, another merge commit does not", builds: []requeue.Build{own, build(499, "failed", merge("m1"))}, want: "0 of 5 retries used"},
		{name: "a build with neither counts", builds: []requeue.Build{own, build(499, "failed", unnamed)}, want: "1 of 5 retries used"},
		{
			name:   "without the evaluation's merge commit, a build without a source commit counts",
			builds: []requeue.Build{own, build(499, "failed", merge("m1"))},
			ev:     func(e *requeue.Evaluation) { e.MergeCommitID = "" }, want: "1 of 5 retries used",
		},
		{
			name: "a pull request that tells no commit: the evaluation's", pr: noSource,
			builds: []requeue.Build{own, build(499, "failed", source("c1"))}, want: "0 of 5 retries used",
		},
		{
			name: "nobody tells the source commit: the merge commit", pr: noSource, ev: func(e *requeue.Evaluation) { e.SourceCommitID = "" },
			builds: []requeue.Build{own, build(499, "failed", func(b *requeue.Build) { b.MergeCommitID = "m1" })}, want: "0 of 5 retries used",
		},
		{name: "another pipeline", builds: []requeue.Build{own, build(499, "failed", func(b *requeue.Build) { b.PipelineID = 108 })}, want: "0 of 5 retries used"},
		{
			name: "another pull request", want: "0 of 5 retries used",
			builds: []requeue.Build{own, build(499, "failed", func(b *requeue.Build) { b.RefName = "refs/pull/77/merge" })},
		},
		{name: "started by hand", builds: []requeue.Build{own, build(499, "failed", func(b *requeue.Build) { b.Reason = "manual" })}, want: "1 of 5 retries used"},
		{
			name: "all five", want: "5 of 5 retries used",
			builds: []requeue.Build{own, build(499, "failed"), build(498, "failed"), build(497, "failed"), build(496, "failed"), build(495, "failed")},
		},
		{
			name: "more than five", want: "6 of 5 retries used",
			builds: []requeue.Build{
				own, build(499, "failed"), build(498, "failed"), build(497, "failed"), build(496, "failed"), build(495, "failed"), build(494, "failed"),
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ev := evaluation(7, failed)
			if tt.ev != nil {
				tt.ev(&ev)
			}
			pr := pullRequest(7, with(ev))
			if tt.pr != nil {
				tt.pr(&pr)
			}
			got := planOf(t, rules(maxRetries(5)), history(tt.builds...), pr).PullRequests[0].Evaluations[0]
			if got.Detail != tt.want {
				t.Errorf("got %q, want %q", got.Detail, tt.want)
			}
			if exhausted := got.Reason == requeue.RetriesExhausted; exhausted != (tt.want[0] >= '5') || exhausted == got.Requeue {
				t.Errorf("got requeue %t, reason %q", got.Requeue, got.Reason)
			}
		})
	}
}

// TestQuotedErrors: what the log quotes of an error is short, one line and whole letters.
func TestQuotedErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text, want string
	}{
		{"short", "a timeout", `"a timeout"`},
		{"lines become one", "first\r\n\ttimeout  here", `"first timeout here"`},
		{"long before", strings.Repeat("x", 200) + "timeout", `"…` + strings.Repeat("x", 30) + `timeout"`},
		{"long behind", "timeout" + strings.Repeat("y", 200), `"timeout` + strings.Repeat("y", 93) + `…"`},
		{"letters stay whole", strings.Repeat("é", 100) + "xtimeout" + strings.Repeat("é", 100), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rules()
			r.RetryOnlyIf = regexps("timeout")
			svc := service{builds: []requeue.Build{build(500, "failed")}, errors: map[int][]string{500: {tt.text}}}
			got := planOf(t, r, svc, pullRequest(7, with(evaluation(7, failed)))).PullRequests[0].Evaluations[0].Detail
			if want := "0 of 2 retries used; retryOnlyIf /timeout/ matches " + tt.want; tt.want != "" && got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if len(got) > 300 || strings.ContainsAny(got, "\r\n") || strings.Contains(got, `\x`) || strings.Contains(got, "\uFFFD") {
				t.Errorf("got %s", got)
			}
		})
	}
}
