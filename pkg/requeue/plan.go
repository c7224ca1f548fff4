package requeue

import (
	"errors"

	"github.com/google/uuid"
)

// Plan is everything that was decided. An entry that is to be re-queued also holds what became of it.
type Plan struct {
	// PullRequests are all that were considered, in plan order: by Rules.Order, ties by number.
	PullRequests []PullRequestPlan
	// Windows are those of the branches that Rules.AutoInFlight has limited, in plan order.
	Windows []Window
	// Breakers are those of the pipelines that Rules.PauseAfterFailures has looked at, in plan order.
	Breakers []Breaker
}

// PullRequestPlan is what was decided on one pull request and on each of its evaluations that was read.
type PullRequestPlan struct {
	PullRequest *PullRequest
	// Skipped says why the pull request as a whole is left alone; "" if it is not.
	Skipped Reason
	Detail  string
	// Evaluations are required before optional, then by policy ID.
	Evaluations []EvaluationPlan
}

// EvaluationPlan is the decision on one evaluation, and its outcome.
type EvaluationPlan struct {
	Evaluation *Evaluation
	*Decision
	// Outcome is what became of it; nil exactly where it is not to be re-queued. Whoever carries the plan out writes it.
	Outcome *Outcome
}

// Decision is what was decided on an evaluation. Exactly one of Requeue, Reason, Err and the pull request's Skipped explains
// it, with one exception: an Err that made otherBlockers apply stands beside Skipped. Most evaluations share one of a few
// decisions, so nobody writes to one. It is never nil.
type Decision struct {
	State   State
	Requeue bool
	Reason  Reason
	// Detail adds to State and Reason what a reader wants to know next, "1 of 2 retries used". It may quote foreign text.
	Detail string
	// Match is what went wrong, where patterns were tried on the errors of the build; else nil.
	Match *Match
	// Pipeline is the pipeline's name, from the context or from the pipeline itself; "" if unknown.
	Pipeline string
	// BuildGone says that the state is StateFailed because the build is gone. With the build, the state might be StateExpired.
	BuildGone bool
	// NotExamined says that a limit holds it back before it was asked whether another reason does: then it may yet turn
	// out to be no candidate.
	NotExamined bool
	// Err is set where history, error texts or target branch could not be read; the evaluation is then never re-queued.
	Err error
}

// Action is one planned re-queue: its entry in the plan, and the pull request that it belongs to.
type Action struct {
	PullRequest *PullRequest
	*EvaluationPlan
	// Number is its place among the actions of the plan, from 1.
	Number int
}

// Actions are the evaluations to re-queue, in plan order.
func (p Plan) Actions() []Action {
	var all []Action
	for _, pr := range p.PullRequests {
		for i := range pr.Evaluations {
			if e := &pr.Evaluations[i]; e.Requeue {
				all = append(all, Action{PullRequest: pr.PullRequest, EvaluationPlan: e, Number: len(all) + 1})
			}
		}
	}
	return all
}

// Failures are what could not be read, in plan order, and then what could not be carried out.
func (p Plan) Failures() []Failure {
	var reading, writing []Failure
	for _, pr := range p.PullRequests {
		number := pr.PullRequest.ID
		if pr.PullRequest.Err != nil {
			reading = append(reading, Failure{PullRequest: number, Err: pr.PullRequest.Err})
		}
		for _, e := range pr.Evaluations {
			if e.Err != nil {
				reading = append(reading, Failure{PullRequest: number, Err: e.Err})
			}
			if e.Requeue && e.Outcome.Kind == OutcomeFailed {
				writing = append(writing, Failure{PullRequest: number, Err: e.Outcome.Err})
			}
		}
	}
	return append(reading, writing...)
}

// Declined are the re-queues that the service took and did not carry out, as failures.
func (p Plan) Declined() []Failure {
	var all []Failure
	for _, a := range p.Actions() {
		if a.Outcome.Kind == OutcomeDeclined {
			all = append(all, Failure{PullRequest: a.PullRequest.ID, Lead: "Declined", Err: errors.New(a.Outcome.Detail)})
		}
	}
	return all
}

// Unread are the results that could not be read to the end, as failures.
func (p Plan) Unread() []Failure {
	var all []Failure
	for _, a := range p.Actions() {
		if err := a.Outcome.ResultErr; err != nil {
			all = append(all, Failure{PullRequest: a.PullRequest.ID, Lead: "The result could not be read", Err: err})
		}
	}
	return all
}

// Outcome is what became of one Action.
type Outcome struct {
	Kind OutcomeKind
	// EvaluationID is the record's number after the re-queue, where it has got a new one; else the zero value.
	EvaluationID uuid.UUID
	// BuildAfter is the build that the re-queue started; 0 as long as it is unknown.
	BuildAfter int
	// Detail says what moved, or the likely cause why nothing was started.
	Detail string
	Err    error // with OutcomeFailed
	// Result is set where the run waited; ResultDetail says why it is pending, and ResultErr why the last read of it told
	// nothing, if that was so.
	Result       Result
	ResultDetail string
	ResultErr    error
}

// Counts are the numbers of a run, each also an output variable of the same name.
type Counts struct {
	Planned, Requeued, Declined, Moved, Failed int
	Skipped                                    int
	SkippedPullRequest                         int
	PullRequest                                int
	Evaluation                                 int
	Succeeded, Rejected, Pending               int
}

// Summary is a run in numbers.
type Summary struct {
	Counts Counts
	// SkippedByReason counts what was left alone: pull requests under their reasons, evaluations under theirs.
	SkippedByReason map[Reason]int
	// PullRequestIDs had a re-queue, in ascending order; BuildIDs are the builds that were started.
	PullRequestIDs, BuildIDs []int
	// ExhaustedPullRequestIDs have an evaluation whose retries are used up.
	ExhaustedPullRequestIDs []int
	// Limited says that a limit held back at least one candidate.
	Limited bool
}
