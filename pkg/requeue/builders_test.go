package requeue_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// The builders below make short rows: a pull request, an evaluation or a set of rules that nothing is wrong with, and
// a row changes what it is about.

const (
	reviewersType         = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"
	requiredReviewersType = "fd2167ab-b0be-447a-8ec8-39368250530e"
	mergeStrategyType     = "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab"
	commentsType          = "c6a1889d-b943-4856-b76f-9e46bb6b0df2"
)

var (
	now        = time.Date(2024, 11, 5, 12, 0, 0, 0, time.UTC)
	project    = requeue.Project{ID: id(1), Name: "Shop"}
	repository = &requeue.Repository{ID: id(2), Name: "tea", Project: project, DefaultRefName: "refs/heads/main"}
	other      = &requeue.Repository{ID: id(3), Name: "coffee", Project: project, DefaultRefName: "refs/heads/main"}
	errTest    = errors.New("the service is out of order")
)

func id(n int) uuid.UUID {
	var u uuid.UUID
	binary.BigEndian.PutUint32(u[12:], uint32(n))
	return u
}

func ago(d time.Duration) time.Time { return now.Add(-d) }

func before(d time.Duration) time.Time { return ago(d) }

// isOf moves the end of a build.
func isOf(d time.Duration) func(*requeue.Build) {
	return func(b *requeue.Build) { b.Finished = ago(d) }
}

func apply[T any](to *T, mods []func(*T)) {
	for _, mod := range mods {
		mod(to)
	}
}

// pullRequest is an active pull request from topic to main that nothing is wrong with.
func pullRequest(number int, mods ...func(*requeue.PullRequest)) requeue.PullRequest {
	pr := requeue.PullRequest{
		ID: number, Repository: repository, Title: "Add tea", Status: "active", MergeStatus: "succeeded",
		SourceRefName: "refs/heads/topic", TargetRefName: "refs/heads/main", SourceCommitID: "c2",
		Author:  requeue.Person{DisplayName: "Ann Ash", UniqueName: "ann@example.com"},
		Created: ago(72 * time.Hour),
	}
	apply(&pr, mods)
	return pr
}

func with(evaluations ...requeue.Evaluation) func(*requeue.PullRequest) {
	return func(pr *requeue.PullRequest) { pr.Evaluations = evaluations }
}

func onto(branch string) func(*requeue.PullRequest) {
	return func(pr *requeue.PullRequest) { pr.TargetRefName = "refs/heads/" + branch }
}

func votes(votes ...int) func(*requeue.PullRequest) {
	return func(pr *requeue.PullRequest) { pr.Votes = votes }
}

func autoComplete(pr *requeue.PullRequest) { pr.AutoComplete = true }
func fromFork(pr *requeue.PullRequest)     { pr.Fork = true }

type evaluationMod = func(*requeue.Evaluation)

// evaluation is a current green build of a required, automatic policy "Build N" with pipeline 100+N.
func evaluation(policyID int, mods ...evaluationMod) requeue.Evaluation {
	e := requeue.Evaluation{
		ID: id(1000 + policyID),
		Policy: &requeue.Policy{
			ID: policyID, TypeID: uuid.MustParse(requeue.BuildPolicyType), TypeName: "Build", Enabled: true, Blocking: true,
			DisplayName: fmt.Sprintf("Build %d", policyID), PipelineID: 100 + policyID, QueueOnSourceUpdateOnly: true,
			ValidDuration: 720,
		},
		Status: "approved",
		Details: &requeue.Details{
			Completed: before(24 * time.Hour),
			BuildID:   500, BuildStarted: before(25 * time.Hour), HasIsExpired: true, PipelineName: fmt.Sprintf("pipeline-%d", 100+policyID),
			MergeCommitID: "m2", SourceCommitID: "c2",
		},
	}
	apply(&e, mods)
	return e
}

func expired(e *requeue.Evaluation) {
	e.Status, e.IsExpired, e.BuildIsNotCurrent = "queued", true, true
}
func failed(e *requeue.Evaluation)  { e.Status = "rejected" }
func broken(e *requeue.Evaluation)  { e.Status = "broken" }
func running(e *requeue.Evaluation) { e.Status = "running" }
func notStarted(e *requeue.Evaluation) {
	e.Status, e.BuildID, e.BuildStarted, e.Completed = "queued", 0, time.Time{}, time.Time{}
}
func outdated(e *requeue.Evaluation)      { e.BuildIsNotCurrent, e.Policy.ValidDuration = true, 0 }
func notApplicable(e *requeue.Evaluation) { e.Status = "notApplicable" }
func unknown(e *requeue.Evaluation)       { e.Status = "paused" }

// shownAsRejected is what a policy that expires builds immediately makes of a build when the target branch moves.
func shownAsRejected(e *requeue.Evaluation) {
	e.Status, e.BuildIsNotCurrent, e.Policy.QueueOnSourceUpdateOnly = "rejected", true, false
}

func optional(e *requeue.Evaluation)  { e.Policy.Blocking = false }
func manual(e *requeue.Evaluation)    { e.Policy.ManualQueueOnly = true }
func noBuild(e *requeue.Evaluation)   { e.BuildID, e.BuildStarted = 0, time.Time{} }
func noEnd(e *requeue.Evaluation)     { e.Completed = time.Time{} }
func noNames(e *requeue.Evaluation)   { e.PipelineName, e.Policy.DisplayName = "", "" }
func malformed(e *requeue.Evaluation) { e.Malformed = "buildId" }

func status(s string) evaluationMod { return func(e *requeue.Evaluation) { e.Status = s } }
func buildID(n int) evaluationMod   { return func(e *requeue.Evaluation) { e.BuildID = n } }

func completed(d time.Duration) evaluationMod {
	return func(e *requeue.Evaluation) { e.Completed = before(d) }
}

// leftQueued is what a declined re-queue can leave behind: the record waits, and its build has ended.
func leftQueued(e *requeue.Evaluation) {
	e.Status, e.BuildIsNotCurrent, e.Completed = "queued", true, time.Time{}
}

// created is a pull request that is so old.
func created(d time.Duration) func(*requeue.PullRequest) {
	return func(pr *requeue.PullRequest) { pr.Created = ago(d) }
}

func buildStarted(d time.Duration) evaluationMod {
	return func(e *requeue.Evaluation) { e.BuildStarted = before(d) }
}

func preview(texts ...string) evaluationMod {
	return func(e *requeue.Evaluation) { e.Preview = texts }
}

// ofType makes it an evaluation of a policy that is not build validation.
func ofType(typeID, name string) evaluationMod {
	return func(e *requeue.Evaluation) {
		e.Policy.TypeID, e.Policy.TypeName, e.Policy.PipelineID, e.Policy.DisplayName = uuid.MustParse(typeID), name, 0, ""
		e.BuildID, e.PipelineName = 0, ""
	}
}

func reviewers(e *requeue.Evaluation) { ofType(reviewersType, "Minimum number of reviewers")(e) }

// build is a finished run of pipeline 107 for pull request 7 and its present commit.
func build(buildID int, result string, mods ...func(*requeue.Build)) requeue.Build {
	b := requeue.Build{
		ID: buildID, PipelineID: 107, Status: "completed", Result: result, Reason: "pullRequest",
		RefName: "refs/pull/7/merge", SourceCommitID: "c2", MergeCommitID: "m2", Finished: ago(24 * time.Hour),
	}
	apply(&b, mods)
	return b
}

func onMain(b *requeue.Build) { b.RefName, b.Reason = "refs/heads/main", "individualCI" }

// rules select every state and limit nothing.
func rules(mods ...func(*requeue.Rules)) requeue.Rules {
	r := requeue.Rules{
		Drafts:         requeue.DraftsSkip,
		Enforcement:    requeue.EnforcementAll,
		ManualPolicies: requeue.ManualSkip,
		When: []requeue.State{
			requeue.StateExpired, requeue.StateFailed, requeue.StateBroken, requeue.StateNotStarted, requeue.StateOutdated,
		},
		OutdatedAfter:       12 * time.Hour,
		MaxRetriesPerCommit: 2,
		Cooldown:            10 * time.Minute,
	}
	apply(&r, mods)
	return r
}

func when(states ...requeue.State) func(*requeue.Rules) {
	return func(r *requeue.Rules) { r.When = states }
}

func manuals(m requeue.ManualPolicies) func(*requeue.Rules) {
	return func(r *requeue.Rules) { r.ManualPolicies = m }
}

// on makes a row's change of the rules where nothing has to be parsed.
func on(mods ...func(*requeue.Rules)) func(testing.TB, *requeue.Rules) {
	return func(_ testing.TB, r *requeue.Rules) { apply(r, mods) }
}

func order(keys ...requeue.OrderKey) func(*requeue.Rules) {
	return func(r *requeue.Rules) { r.Order = keys }
}

func maxPerRun(n int) func(*requeue.Rules) { return func(r *requeue.Rules) { r.MaxPerRun = n } }
func maxInFlight(n int) func(*requeue.Rules) {
	return func(r *requeue.Rules) { r.MaxInFlightPerBranch = n }
}

func pauseAfter(n int) func(*requeue.Rules) {
	return func(r *requeue.Rules) { r.PauseAfterFailures = n }
}

// ofPullRequest makes it a build of another pull request.
func ofPullRequest(number int) func(*requeue.Build) {
	return func(b *requeue.Build) { b.RefName = requeue.MergeRefName(number) }
}

func maxRetries(n int) func(*requeue.Rules) {
	return func(r *requeue.Rules) { r.MaxRetriesPerCommit = n }
}
func requireAutoComplete(r *requeue.Rules) { r.RequireAutoComplete = true }
func waitForTarget(r *requeue.Rules)       { r.WaitForTargetBranch = requeue.TargetBranchAwait }
func probeTarget(r *requeue.Rules)         { r.WaitForTargetBranch = requeue.TargetBranchProbe }
func autoInFlight(r *requeue.Rules)        { r.AutoInFlight = true }
func requireApproved(r *requeue.Rules)     { r.RequireApproved = true }
func requireNoBlockers(r *requeue.Rules)   { r.RequireNoOtherBlockers = true }

func policies(t testing.TB, items ...string) requeue.PolicyPatterns {
	t.Helper()
	p, err := requeue.NewPolicyPatterns(items)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func patterns(t testing.TB, items ...string) requeue.Patterns {
	t.Helper()
	p, err := requeue.NewPatterns(items)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func branches(t testing.TB, items ...string) requeue.BranchPatterns {
	t.Helper()
	p, err := requeue.NewBranchPatterns(items)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// service answers questions. It does not filter: the rules must not rely on it.
type service struct {
	pipelines  map[int]requeue.Pipeline
	builds     []requeue.Build // histories, target branches and single builds alike
	errors     map[int][]string
	failed     map[int][]requeue.FailedStep
	noTimeline bool
	logs       map[int]requeue.Logs
	pushed     map[int]time.Time                        // by pull request
	gone       map[int]bool                             // builds that retention has removed
	more       map[requeue.QuestionKind]bool            // lists of builds that go on
	first      map[requeue.QuestionKind][]requeue.Build // what is answered instead of all builds
	fails      map[requeue.QuestionKind]bool
	failsAt    func(requeue.Question) bool
}

func (s service) answer(q requeue.Question) requeue.Answer {
	if s.fails[q.Kind] || s.failsAt != nil && s.failsAt(q) {
		return requeue.Answer{Err: errTest}
	}
	switch q.Kind {
	case requeue.AskPipeline:
		return requeue.Answer{Pipeline: s.pipelines[q.PipelineID]}
	case requeue.AskBuild:
		if s.gone[q.BuildID] {
			return requeue.Answer{Gone: true}
		}
		for _, b := range s.builds {
			if b.ID == q.BuildID {
				return requeue.Answer{Build: b}
			}
		}
	case requeue.AskHistory, requeue.AskTargetBranch, requeue.AskTargetBuilds, requeue.AskPipelineBuilds:
		builds := s.builds
		if first, shorter := s.first[q.Kind]; shorter {
			builds = first
		}
		return requeue.Answer{Builds: builds, More: s.more[q.Kind]}
	case requeue.AskErrors:
		return requeue.Answer{Errors: requeue.Errors{Issues: issues(s.errors[q.BuildID]), FailedSteps: s.failed[q.BuildID], NoTimeline: s.noTimeline}}
	case requeue.AskLogs:
		return requeue.Answer{Logs: s.logs[q.BuildID]}
	case requeue.AskLastPush:
		return requeue.Answer{Pushed: s.pushed[q.PullRequestID]}
	}
	return requeue.Answer{}
}

// issues are errors of which nobody knows the step.
func issues(messages []string) []requeue.Issue {
	var all []requeue.Issue
	for _, message := range messages {
		all = append(all, requeue.Issue{Message: message})
	}
	return all
}

func history(builds ...requeue.Build) service { return service{builds: builds} }

func screen(r requeue.Rules, prs ...requeue.PullRequest) []requeue.Screened {
	out := make([]requeue.Screened, len(prs))
	for i := range prs {
		out[i] = r.Screen(&prs[i], nil, false, now)
	}
	return out
}

// answerAll answers until nothing is asked, and returns the plan and the rounds of questions. It fails the test where a
// question is asked twice.
func answerAll(t testing.TB, r requeue.Rules, prs []requeue.Screened, s service) (requeue.Plan, [][]requeue.Question) {
	t.Helper()
	facts := requeue.Facts{}
	var rounds [][]requeue.Question
	for {
		plan, questions := r.Decide(prs, facts, now)
		if len(questions) == 0 {
			return plan, rounds
		}
		if len(plan.PullRequests) > 0 {
			t.Fatalf("a plan beside questions: %v", lines(plan))
		}
		rounds = append(rounds, questions)
		for _, q := range questions {
			if _, twice := facts[q]; twice {
				t.Fatalf("question %v was asked twice", q)
			}
			facts[q] = s.answer(q)
		}
	}
}

func planOf(t testing.TB, r requeue.Rules, s service, prs ...requeue.PullRequest) requeue.Plan {
	t.Helper()
	screened := screen(r, prs...)
	plan, _ := answerAll(t, r, screened, s)
	return plan
}

// lines is a plan to compare: "7: draft" for a pull request that is left alone, else "7/1: expired requeue",
// "7/1: succeeded state" or "7/1: failed error" for each evaluation, the number behind the slash being the policy's.
func lines(p requeue.Plan) []string {
	var out []string
	for _, pr := range p.PullRequests {
		if pr.Skipped != "" {
			out = append(out, fmt.Sprintf("%d: %s", pr.PullRequest.ID, pr.Skipped))
			continue
		}
		for _, e := range pr.Evaluations {
			out = append(out, fmt.Sprintf("%d/%d: %s %s", pr.PullRequest.ID, e.Evaluation.Policy.ID, e.State, word(e)))
		}
	}
	return out
}

func word(e requeue.EvaluationPlan) string {
	switch {
	case e.Requeue:
		return "requeue"
	case e.Err != nil:
		return "error"
	}
	return string(e.Reason)
}

// requeued are the actions of a plan, "7/1" each.
func requeued(p requeue.Plan) []string {
	var out []string
	for _, a := range p.Actions() {
		out = append(out, fmt.Sprintf("%d/%d", a.PullRequest.ID, a.Evaluation.Policy.ID))
	}
	return out
}

// kinds names questions in short: "pipeline 107", "history 107 refs/pull/7/merge", "errors 500".
func kinds(questions []requeue.Question) []string {
	var out []string
	for _, q := range questions {
		switch q.Kind {
		case requeue.AskPipeline:
			out = append(out, fmt.Sprintf("pipeline %d", q.PipelineID))
		case requeue.AskBuild, requeue.AskErrors, requeue.AskLogs:
			out = append(out, fmt.Sprintf("%s %d", q.Kind, q.BuildID))
		case requeue.AskLastPush:
			out = append(out, fmt.Sprintf("%s %d", q.Kind, q.PullRequestID))
		case requeue.AskHistory, requeue.AskTargetBranch, requeue.AskTargetBuilds:
			out = append(out, fmt.Sprintf("%s %d %s", q.Kind, q.PipelineID, q.RefName))
		case requeue.AskPipelineBuilds:
			out = append(out, fmt.Sprintf("%s %d", q.Kind, q.PipelineID))
		}
	}
	return out
}

// withoutPipelines leaves out the cheap questions that every candidate asks.
func withoutPipelines(rounds [][]requeue.Question) [][]string {
	var out [][]string
	for _, round := range rounds {
		round = slices.DeleteFunc(slices.Clone(round), func(q requeue.Question) bool { return q.Kind == requeue.AskPipeline })
		if len(round) > 0 {
			out = append(out, kinds(round))
		}
	}
	return out
}
