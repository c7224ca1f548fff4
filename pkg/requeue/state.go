package requeue

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// IsBuild reports whether the evaluation's policy is a build validation, the only kind that reacts to a re-queue.
func (e Evaluation) IsBuild() bool { return e.Policy.IsBuild() }

// IsBuild reports whether the policy is a build validation.
func (p *Policy) IsBuild() bool { return p.TypeID == buildType }

var (
	buildType             = uuid.MustParse(BuildPolicyType)
	minimumReviewersTypes = []uuid.UUID{uuid.MustParse(minimumReviewersType), uuid.MustParse(requiredReviewersType)}
	mergeStrategy         = uuid.MustParse(mergeStrategyType)
)

// malformed names the first field of a wrong type in the record or in its policy's settings.
func (e Evaluation) malformed() string {
	if e.Malformed == "" {
		return e.Policy.Malformed
	}
	return e.Malformed
}

// StateOf derives the state of an evaluation: the first row of the contract's table that fits. A record with a field
// of a wrong type is unknown unless its status alone settles the matter.
//
// One row depends on what the record does not say: a policy that expires builds immediately can show a green build as
// rejected. Where Rules.When makes the difference matter, the Question asks for that build; until it is answered the
// state is StateFailed.
func (r *Rules) StateOf(projectID uuid.UUID, e Evaluation, f Facts, now time.Time) (State, *Question) {
	switch {
	case e.Malformed != "status" && e.Status == "notApplicable":
		return StateNotApplicable, nil
	case e.Malformed != "status" && e.Status == "running":
		return StateRunning, nil
	case e.malformed() != "":
		return StateUnknown, nil
	case e.Status == "queued" && e.BuildID != 0 && !e.IsExpired:
		return StateRunning, nil
	case e.IsExpired:
		return StateExpired, nil
	case e.Status == "rejected":
		if !r.greenMayShowAsRejected(e) {
			return StateFailed, nil
		}
		question := e.buildQuestion(projectID)
		answer, known := f[question]
		if !known {
			return StateFailed, &question
		}
		if answer.Err == nil && answer.Build.Result == "succeeded" {
			return StateExpired, nil
		}
		return StateFailed, nil
	case e.Status == "broken":
		return StateBroken, nil
	case e.Status == "queued":
		return StateNotStarted, nil
	case e.Status == "approved":
		if e.BuildIsNotCurrent && e.BuildStarted != 0 && now.Sub(e.BuildStarted.Time()) >= r.OutdatedAfter {
			return StateOutdated, nil
		}
		return StateSucceeded, nil
	}
	return StateUnknown, nil
}

func (e Evaluation) buildQuestion(projectID uuid.UUID) Question {
	return Question{Kind: AskBuild, ProjectID: projectID, BuildID: e.BuildID}
}

// greenMayShowAsRejected is true for the builds of "immediately" policies that the rules have a use for.
func (r *Rules) greenMayShowAsRejected(e Evaluation) bool {
	return e.IsBuild() && e.BuildIsNotCurrent && e.BuildID != 0 && !e.Policy.QueueOnSourceUpdateOnly &&
		(slices.Contains(r.When, StateExpired) || slices.Contains(r.When, StateFailed))
}
