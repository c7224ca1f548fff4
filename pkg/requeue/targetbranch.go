package requeue

import (
	"fmt"
	"slices"
)

// targetBranch applies waitForTargetBranch. A probe is let through where no other pull request is in flight on the
// branch: its build finds out whether the branch is red for good.
func (s *survey) targetBranch(p *surveyed, e Evaluation) verdict {
	r := s.rules
	if r.WaitForTargetBranch != TargetBranchAwait && r.WaitForTargetBranch != TargetBranchProbe {
		return goAhead()
	}
	question := Question{
		Kind: AskTargetBranch, ProjectID: p.pr.Repository.Project.ID, PipelineID: e.Policy.PipelineID, RefName: p.pr.TargetRefName,
	}
	if slices.Contains(r.When, StateRecovered) {
		question.Kind = AskTargetBuilds // which tells as much, and is asked for anyway
	}
	answer, known := s.facts[question]
	if known && question.Kind == AskTargetBuilds && answer.Err == nil && answer.More && !question.TellsTargetBranch(answer.Builds) {
		question.Kind = AskTargetBranch // which looks further back
		answer, known = s.facts[question]
	}
	if !known {
		return ask(question)
	}
	if answer.Err == nil && answer.More && !question.TellsTargetBranch(answer.Builds) {
		answer.Err = fmt.Errorf("none of its newest %d runs succeeded or failed", len(answer.Builds))
	}
	if answer.Err != nil {
		return fail(fmt.Errorf("read the last run on %s: %w", ShortBranch(p.pr.TargetRefName), answer.Err))
	}
	last := lastFinished(question, answer.Builds)
	if last.Result != "failed" {
		return goAhead()
	}
	red := fmt.Sprintf("build %d failed on %s", last.ID, ShortBranch(p.pr.TargetRefName))
	if r.WaitForTargetBranch == TargetBranchProbe {
		flying := s.track(p).flying
		if len(flying) == 0 || len(flying) == 1 && flying[p] {
			return verdict{Decision: Decision{Requeue: true, Detail: red + "; this one finds out whether it still fails"}}
		}
		red += "; another pull request is being built"
	}
	return skip(TargetBranchRed, red)
}

// TellsTargetBranch reports whether these builds, the newest of a branch, hold one that says how the branch is.
func (q Question) TellsTargetBranch(builds []Build) bool { return lastFinished(q, builds).ID != 0 }

// lastFinished is the build that ended last; cancelled ones say nothing about the branch.
func lastFinished(q Question, builds []Build) Build {
	var last Build
	for _, b := range builds {
		if b.hasResult() && b.PipelineID == q.PipelineID && b.RefName == q.RefName && later(b, last) {
			last = b
		}
	}
	return last
}
