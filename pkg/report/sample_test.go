package report

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var sampleTime = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), rewrite it with -update:\n%s", path, diff)
	}
}

const (
	reviewersType = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"
	collection    = "https://dev.azure.com/contoso"
)

// builder makes plans; text goes through every string that a stranger can write.
type builder struct {
	text func(string) string
	plan requeue.Plan
	repo *requeue.Repository
}

func newBuilder(text func(string) string) *builder {
	return &builder{text: text, repo: &requeue.Repository{
		ID: uuid.MustParse("11111111-0000-0000-0000-000000000001"), Name: text("web"), URL: collection + "/Shop/_git/web",
		Project: requeue.Project{ID: uuid.MustParse("22222222-0000-0000-0000-000000000001"), Name: text("Shop")},
	}}
}

func (b *builder) pullRequest(id int, title string) *requeue.PullRequestPlan {
	b.plan.PullRequests = append(b.plan.PullRequests, requeue.PullRequestPlan{PullRequest: &requeue.PullRequest{
		ID: id, Repository: b.repo, Title: b.text(title),
		SourceRefName: "refs/heads/" + b.text("topic"), TargetRefName: "refs/heads/" + b.text("main"),
		Author: requeue.Person{DisplayName: b.text("Jo Doe"), UniqueName: b.text("jo@contoso.com")}, Status: "active",
		MergeStatus: "succeeded", Created: sampleTime.Add(-72 * time.Hour), Labels: []string{b.text("urgent")},
	}})
	return &b.plan.PullRequests[len(b.plan.PullRequests)-1]
}

// build adds a build validation to the last pull request.
func (b *builder) build(state requeue.State, build int) *requeue.EvaluationPlan {
	n := b.count()
	return b.add(requeue.EvaluationPlan{
		Decision: &requeue.Decision{State: state, Pipeline: b.text("web-ci")},
		Evaluation: &requeue.Evaluation{
			Status: "queued", Details: &requeue.Details{BuildID: build, BuildStarted: sampleTime.Add(-3 * time.Hour)},
			Policy: &requeue.Policy{
				ID: 10 + n, TypeID: uuid.MustParse(requeue.BuildPolicyType), TypeName: "Build", Enabled: true, Blocking: true,
				DisplayName: b.text(fmt.Sprintf("CI %d", n)), PipelineID: 40 + n,
			},
		},
	})
}

// reviewers adds a policy that only people can satisfy.
func (b *builder) reviewers(state requeue.State, reason requeue.Reason) *requeue.EvaluationPlan {
	return b.add(requeue.EvaluationPlan{
		Decision: &requeue.Decision{
			State: state, Reason: reason, Detail: map[bool]string{true: "Minimum number of reviewers", false: "only build validation reacts to a re-queue"}[reason == requeue.ByHand],
		},
		Evaluation: &requeue.Evaluation{Status: "running", Details: requeue.NoDetails, Policy: &requeue.Policy{
			ID: 10 + b.count(), TypeID: uuid.MustParse(reviewersType), TypeName: "Minimum number of reviewers", Enabled: true, Blocking: true,
		}},
	})
}

func (b *builder) count() int {
	n := 0
	for _, pr := range b.plan.PullRequests {
		n += len(pr.Evaluations)
	}
	return n + 1
}

func (b *builder) add(e requeue.EvaluationPlan) *requeue.EvaluationPlan {
	e.Evaluation.ID = uuid.MustParse(fmt.Sprintf("33333333-0000-0000-0000-%012d", b.count()))
	pr := &b.plan.PullRequests[len(b.plan.PullRequests)-1]
	pr.Evaluations = append(pr.Evaluations, e)
	return &pr.Evaluations[len(pr.Evaluations)-1]
}

// finish gives what is to be re-queued an outcome.
func (b *builder) finish() requeue.Plan {
	setOutcomes(b.plan)
	return b.plan
}

// setOutcomes gives the actions these outcomes, the others are planned.
func setOutcomes(p requeue.Plan, outcomes ...requeue.Outcome) {
	for i, a := range p.Actions() {
		a.Outcome = &requeue.Outcome{Kind: requeue.OutcomePlanned}
		if i < len(outcomes) {
			*a.Outcome = outcomes[i]
		}
	}
}

func skipped(e *requeue.EvaluationPlan, reason requeue.Reason, detail string) {
	e.Reason, e.Detail = reason, detail
}

func same(text string) string { return text }

// sampleRun holds every kind of decision and outcome.
func sampleRun(text func(string) string) Run {
	b := newBuilder(text)
	b.pullRequest(101, "Fix the login").PullRequest.AutoComplete = true
	b.build(requeue.StateExpired, 4701).Requeue = true
	retry := b.build(requeue.StateFailed, 4702)
	retry.Requeue, retry.Detail = true, text("1 of 2 retries used")
	retry.Match = &requeue.Match{
		Pattern: "@network (" + text("curl: name did not resolve") + ")", Set: requeue.NetworkErrors, Step: text("Restore"), Line: 17, Issue: true,
		Text: text("curl: (6) Could not resolve host: x"),
	}
	b.reviewers(requeue.StateSucceeded, requeue.NotSelectedState)

	b.pullRequest(102, "Speed up the search")
	b.build(requeue.StateExpired, 4703).Requeue = true
	optional := b.build(requeue.StateNotStarted, 0)
	optional.Requeue, optional.Evaluation.Policy.Blocking = true, false
	b.build(requeue.StateExpired, 4704).Requeue = true
	skipped(b.build(requeue.StateRunning, 4705), requeue.NotSelectedState, "")
	exhausted := b.build(requeue.StateFailed, 4706)
	skipped(exhausted, requeue.RetriesExhausted, text("2 of 2 retries used"))
	exhausted.Evaluation.Preview = []string{text("3 tests failed")}
	skipped(b.build(requeue.StateUnknown, 4707), requeue.NotSelectedState, text(`status "odd"`))
	skipped(b.build(requeue.StateExpired, 4708), requeue.RunLimit, "")
	b.build(requeue.StateFailed, 4709).Err = errors.New(text("read the build history: status 500: no further information"))

	b.pullRequest(103, "Only reviewers are missing").PullRequest.AutoComplete = true
	skipped(b.build(requeue.StateSucceeded, 4710), requeue.NotSelectedState, "")
	b.reviewers(requeue.StateRunning, requeue.ByHand)

	draft := b.pullRequest(104, "Draft: try something")
	draft.PullRequest.Draft, draft.Skipped = true, requeue.Draft
	other := b.pullRequest(105, "Waits for others")
	other.Skipped, other.Detail = requeue.OtherBlockers, text("CI 13 is running")
	b.build(requeue.StateRunning, 4711)
	b.pullRequest(106, "Hidden").PullRequest.Err = errors.New(text("read the evaluations: status 403: TF401027"))
	b.pullRequest(107, "Hidden too").PullRequest.Err = errors.New(text("read the evaluations: status 403: TF401027"))
	b.build(requeue.StateExpired, 4712) // as the pull request could not be read, nothing was decided
	b.plan.PullRequests[6].Evaluations = nil

	r := Run{
		GeneratedAt: sampleTime, Collection: collection, Identity: text("Shop Build Service (contoso)"), Plan: b.finish(),
		Failures: []requeue.Failure{{Project: text("Shop"), Repository: text("gone"), Err: errors.New(text("find repository gone: it does not exist"))}},
	}
	setOutcomes(r.Plan, []requeue.Outcome{
		{Kind: requeue.OutcomeRequeued, BuildAfter: 4801, Result: requeue.ResultSucceeded},
		{Kind: requeue.OutcomeRequeued, BuildAfter: 4802, Result: requeue.ResultPending, ResultDetail: text("still open after 45m0s")},
		{Kind: requeue.OutcomeDeclined, Detail: text("most likely this identity lacks the permission \"Queue builds\"")},
		{Kind: requeue.OutcomeMoved, Detail: text("somebody pushed a new commit")},
		{Kind: requeue.OutcomeFailed, Err: errors.New(text("re-queue: status 403: TF401027"))},
	}...)
	r.Waited = true
	r.Summary = requeue.Summarize(r.Plan)
	r.Findings = []requeue.Finding{
		{
			Project: requeue.Project{Name: text("Shop")}, PipelineID: 41, Pipeline: text("web-ci"), Builds: 12, Commits: 5, Flaky: 2, Changed: 1, ErrorsRead: 4,
			Sets: []requeue.SetCount{{Set: requeue.NetworkErrors, Builds: 2}, {Set: requeue.DiskErrors, Builds: 1}}, Unknown: 1,
			Requeued: 3, Measured: 2, Took: 38*time.Minute + 20*time.Second,
		},
		{Project: requeue.Project{Name: text("Shop")}, PipelineID: 42, Builds: 1, Commits: 1, ErrorsRead: 1, Unknown: 1, Requeued: 1, Measured: 1, Took: 20 * time.Second},
		{Project: requeue.Project{Name: text("Shop")}, PipelineID: 43, Pipeline: text("empty")},
	}
	return r
}

// dryRun is the sample before anything was done.
func dryRun(text func(string) string) Run {
	r := sampleRun(text)
	r.DryRun, r.Waited = true, false
	setOutcomes(r.Plan)
	r.Summary = requeue.Summarize(r.Plan)
	return r
}

// cancelledRun ended after two outcomes.
func cancelledRun(text func(string) string) Run {
	r := sampleRun(text)
	r.Waited, r.Cancelled = false, true
	actions := r.Plan.Actions()
	actions[0].Outcome.Result = ""
	*actions[1].Outcome = requeue.Outcome{Kind: requeue.OutcomeFailed, Err: errors.New("result not known")}
	for _, a := range actions[2:] {
		*a.Outcome = requeue.Outcome{Kind: requeue.OutcomePlanned}
	}
	r.Summary = requeue.Summarize(r.Plan)
	return r
}

// emptyRun saw one pull request with nothing to do.
func emptyRun(text func(string) string) Run {
	b := newBuilder(text)
	b.pullRequest(101, "Fix the login")
	skipped(b.build(requeue.StateSucceeded, 4701), requeue.NotSelectedState, "")
	r := Run{GeneratedAt: sampleTime, Collection: collection, Plan: b.finish()}
	r.Summary = requeue.Summarize(r.Plan)
	return r
}
