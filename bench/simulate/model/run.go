package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/execute"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// run is one run of what the strategy starts.
func (w *world) run() {
	if w.strategy.Everything {
		w.everything()
		return
	}
	w.failure = w.task()
}

// everything re-queues all that reads as expired, whatever else is the case.
func (w *world) everything() {
	for _, p := range w.open {
		for i := range p.checks {
			if p.checks[i].expired {
				w.requeued(p, i)
			}
		}
	}
}

// requeued starts a build for the strategy, and counts.
func (w *world) requeued(p *pullRequest, i int) {
	if w.red {
		w.result.whileRed++
	}
	w.start(p, i, byRun)
	w.countRed()
}

// task is a run of the task: list, screen, decide, execute. It takes no time; its delay and its minute are elsewhere.
func (w *world) task() error {
	w.shown = slices.Grow(w.shown[:0], len(w.open))[:len(w.open)]
	w.screened = slices.Grow(w.screened[:0], len(w.open))[:len(w.open)]
	shown, screened, rules := w.shown, w.screened, *w.strategy.Rules
	if w.strategy.AllBuilds {
		rules.MaxInFlightPerBranch = w.windowOfAll()
	}
	for i, p := range w.open {
		shown[i] = w.pullRequest(p)
		screened[i] = rules.Screen(&shown[i], w.policies, true, w.now)
		if screened[i].Skipped == "" {
			shown[i].Evaluations = w.evaluations(p)
		}
	}
	facts, err := w.knownBefore(&rules)
	if err != nil {
		return err
	}
	plan, questions := rules.Decide(screened, facts, w.now)
	for len(questions) > 0 {
		for _, q := range questions {
			answer, err := w.answer(q)
			if err != nil {
				return err
			}
			facts[q] = answer
		}
		plan, questions = rules.Decide(screened, facts, w.now)
	}
	waited := false
	execute.Execute(context.Background(), plan, execute.Options{
		Service: w.service(), Rules: rules, Facts: facts,
		Concurrency: 1, // so that builds are started in one order
		Clock: execute.Clock{
			Now:  func() time.Time { return w.now },
			Wait: func(context.Context, time.Duration) bool { waited = true; return false },
		},
	}, nil)
	if waited {
		return errUnexpected
	}
	for _, a := range plan.Actions() {
		if a.Outcome.Kind != requeue.OutcomeRequeued {
			return fmt.Errorf("%s: pull request %d was planned and %s: %s (%w)", w.now, a.PullRequest.ID, a.Outcome.Kind, a.Outcome.Detail, a.Outcome.Err)
		}
	}
	return nil
}

// knownBefore answers what nearly every run asks before it is asked, so that the rules decide less often. The plan is the
// same: an answer that nobody needs changes nothing.
func (w *world) knownBefore(rules *requeue.Rules) (requeue.Facts, error) {
	kinds := []requeue.QuestionKind{requeue.AskPipeline}
	if rules.WaitForTargetBranch != requeue.TargetBranchIgnore && !slices.Contains(rules.When, requeue.StateRecovered) {
		kinds = append(kinds, requeue.AskTargetBranch)
	}
	if rules.AutoInFlight {
		kinds = append(kinds, requeue.AskPipelineBuilds)
	}
	facts := requeue.Facts{}
	for _, kind := range kinds {
		for _, policy := range w.policies {
			q := requeue.Question{Kind: kind, ProjectID: project.ID, PipelineID: policy.PipelineID}
			if kind == requeue.AskTargetBranch {
				q.RefName = branchRefName
			}
			answer, err := w.answer(q)
			if err != nil {
				return nil, err
			}
			facts[q] = answer
		}
	}
	return facts, nil
}

// windowOfAll is the least window in which one build is green with a probability of 90 %, by the newest 50 builds of pull
// requests, whatever their commits have been before.
func (w *world) windowOfAll() int {
	green, sample := 0, 0
	for _, b := range slices.Backward(w.finished) {
		if sample == 50 {
			break
		}
		if b.pr == nil || b.result == "canceled" {
			continue
		}
		sample++
		if b.result == "succeeded" {
			green++
		}
	}
	red := 1 - float64(green)/float64(max(sample, 1))
	n, left := 1, red
	for left > 0.1 && n < 10 {
		n, left = n+1, left*red
	}
	return n
}

// answer answers what the rules ask.
func (w *world) answer(q requeue.Question) (a requeue.Answer, err error) {
	switch q.Kind {
	case requeue.AskPipeline:
		a.Pipeline = requeue.Pipeline{ID: q.PipelineID, Name: pipelineName(q.PipelineID), QueueStatus: "enabled"}
	case requeue.AskBuild:
		a.Build = w.record(w.builds[q.BuildID-firstBuild])
	case requeue.AskLastPush:
		p := w.pullRequests[q.PullRequestID-1]
		a.Pushed = p.checks[0].build.queued
	case requeue.AskHistory:
		p, err := w.named(q.RefName)
		if err != nil {
			return a, err
		}
		a.Builds = w.records(p.builds, 200, func(b *build) bool { return b.pipeline == q.PipelineID })
	case requeue.AskTargetBranch:
		a.Builds = w.records(w.ci[q.PipelineID-1].runs, 50, func(b *build) bool { return b.result != "" })
	case requeue.AskTargetBuilds:
		a.Builds = w.records(w.ci[q.PipelineID-1].runs, 200, func(b *build) bool { return b.result != "" })
	case requeue.AskPipelineBuilds:
		a.Builds = w.records(w.finished, requeue.PipelineBuilds, func(b *build) bool { return b.pr != nil && b.pipeline == q.PipelineID })
	default:
		return a, fmt.Errorf("the model cannot answer %q", q.Kind)
	}
	return a, nil
}

// named is the pull request of a merge ref.
func (w *world) named(refName string) (*pullRequest, error) {
	number, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(refName, "refs/pull/"), "/merge"))
	if err != nil {
		return nil, fmt.Errorf("find the pull request of %s: %w", refName, err)
	}
	return w.pullRequests[number-1], nil
}

// errUnexpected is what the executor must not ask or wait for where every answer shows at once what was started.
var errUnexpected = errors.New("asked for without need")

// service answers the executor. A re-queue shows its new build in its answer.
func (w *world) service() execute.Service {
	return execute.Service{
		PullRequest: func(_ context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) {
			return w.pullRequest(w.pullRequests[pr.ID-1]), nil
		},
		Evaluation: func(_ context.Context, _, id uuid.UUID) (requeue.Evaluation, error) {
			p, i := w.check(id)
			return w.evaluation(p, i), nil
		},
		Evaluations: func(context.Context, *requeue.PullRequest) ([]requeue.Evaluation, error) { return nil, errUnexpected },
		Requeue: func(_ context.Context, _, id uuid.UUID, begun func()) (requeue.Evaluation, error) {
			begun()
			p, i := w.check(id)
			if p.checks[i].build.inProgress() {
				return requeue.Evaluation{}, errors.New("a build in progress was re-queued, which would cancel it")
			}
			w.requeued(p, i)
			return w.evaluation(p, i), nil
		},
		Builds: func(_ context.Context, a requeue.Action) ([]requeue.Build, error) {
			answer, err := w.answer(requeue.Question{
				Kind: requeue.AskHistory, PipelineID: a.Evaluation.Policy.PipelineID, RefName: requeue.MergeRefName(a.PullRequest.ID),
			})
			return answer.Builds, err
		},
		Build: func(_ context.Context, _ uuid.UUID, id int) (requeue.Build, error) {
			return w.record(w.builds[id-firstBuild]), nil
		},
	}
}
