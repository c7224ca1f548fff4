package requeue

import (
	"cmp"
	"fmt"
	"slices"
)

// failedOrRecovered tells a failure from one that happened while the same pipeline was red on the target branch, which is
// green again. A page of builds that does not reach back to the begin of the build proves nothing.
func (r *Rules) failedOrRecovered(pr *PullRequest, e Evaluation, f Facts) (State, *Question) {
	if !slices.Contains(r.When, StateRecovered) || !e.IsBuild() || e.BuildStarted.IsZero() || e.Policy.PipelineID <= 0 {
		return StateFailed, nil
	}
	question := targetBuilds(pr, e)
	answer, known := f[question]
	switch {
	case !known:
		return StateFailed, &question
	case answer.Err == nil && recovered(e, question, answer.Builds):
		return StateRecovered, nil
	}
	return StateFailed, nil
}

// unreadTarget is the error of the builds on the target branch, where these would tell whether the failure has recovered. It
// is then neither taken for recovered nor retried as one of its own.
func (r *Rules) unreadTarget(pr *PullRequest, e Evaluation, state State, f Facts) error {
	if state != StateFailed {
		return nil
	}
	if _, question := r.failedOrRecovered(pr, e, nil); question != nil {
		return f[*question].Err
	}
	return nil
}

func targetBuilds(pr *PullRequest, e Evaluation) Question {
	return Question{Kind: AskTargetBuilds, ProjectID: pr.Repository.Project.ID, PipelineID: e.Policy.PipelineID, RefName: pr.TargetRefName}
}

// recovered reports whether the last build that had finished when the evaluation's build began failed, and the newest one
// succeeded. What neither succeeded nor failed is passed over.
func recovered(e Evaluation, q Question, builds []Build) bool {
	var newest, before Build
	began := e.BuildStarted
	for _, b := range builds {
		told := b.Status == "completed" && (b.Result == "succeeded" || b.Result == "failed") && !b.Finished.IsZero()
		if !told || b.PipelineID != q.PipelineID || b.RefName != q.RefName {
			continue
		}
		if later(b, newest) {
			newest = b
		}
		if !b.Finished.After(began) && later(b, before) {
			before = b
		}
	}
	return before.Result == "failed" && newest.Result == "succeeded"
}

func later(a, b Build) bool {
	return cmp.Or(a.Finished.Compare(b.Finished), cmp.Compare(a.ID, b.ID)) > 0
}

// retriesRecovered lets a recovered failure through without budget, cool-down and patterns: it was not its own. Only a
// build that somebody has cancelled holds it back.
func (r *Rules) retriesRecovered(pr *PullRequest, e Evaluation, f Facts) verdict {
	if e.BuildID == 0 {
		return goAhead()
	}
	question := historyOf(pr, e)
	answer, known := f[question]
	if !known {
		return ask(question)
	}
	if answer.Err != nil {
		return fail(fmt.Errorf("read the build history: %w", answer.Err))
	}
	if newHistory(pr, e, answer.Builds).last.Result == "canceled" {
		return skip(BuildCanceled, fmt.Sprintf("build %d", e.BuildID))
	}
	return verdict{Decision: Decision{Requeue: true, Detail: ShortBranch(pr.TargetRefName) + " was red when its build began, and is green again"}}
}

// withoutRecovered are the rules for what a re-queue has started: whether that is recovered is a matter of the next run.
func (r *Rules) withoutRecovered() *Rules {
	if !slices.Contains(r.When, StateRecovered) {
		return r
	}
	plain := *r
	plain.When = append(slices.DeleteFunc(slices.Clone(r.When), func(s State) bool { return s == StateRecovered }), StateFailed)
	return &plain
}
