package requeue

import (
	"fmt"
	"slices"
)

// targetBranch applies waitForTargetBranch.
func (r *Rules) targetBranch(pr *PullRequest, e Evaluation, f Facts) verdict {
	if !r.WaitForTargetBranch {
		return goAhead()
	}
	question := Question{
		Kind: AskTargetBranch, ProjectID: pr.Repository.Project.ID, PipelineID: e.Policy.PipelineID, RefName: pr.TargetRefName,
	}
	answer, known := f[question]
	if !known {
		return ask(question)
	}
	if answer.Err != nil {
		return fail(fmt.Errorf("read the last run on %s: %w", ShortBranch(pr.TargetRefName), answer.Err))
	}
	if last := lastFinished(question, answer.Builds); last.Result == "failed" {
		return skip(TargetBranchRed, fmt.Sprintf("build %d failed on %s", last.ID, ShortBranch(pr.TargetRefName)))
	}
	return goAhead()
}

// lastFinished is the run that ended last; cancelled ones say nothing about the branch.
func lastFinished(q Question, builds []Build) Build {
	var last Build
	for _, b := range builds {
		finished := b.Status == "completed" && slices.Contains([]string{"succeeded", "partiallySucceeded", "failed"}, b.Result)
		if !finished || b.PipelineID != q.PipelineID || b.RefName != q.RefName {
			continue
		}
		if last.ID == 0 || b.Finished.After(last.Finished) || b.Finished.Equal(last.Finished) && b.ID > last.ID {
			last = b
		}
	}
	return last
}
