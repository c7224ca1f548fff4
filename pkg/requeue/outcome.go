package requeue

import (
	"fmt"
	"slices"
	"time"
)

// MovedPullRequest compares a pull request with what the plan was made for; the text says what moved. The rules that
// selected it are applied again, except those for which one pull request alone is not enough: labels, which only lists
// have, and rules about evaluations.
func (r *Rules) MovedPullRequest(planned, now *PullRequest) (string, bool) {
	fresh := *now
	fresh.Evaluations = planned.Evaluations
	switch {
	case now.Status != "active":
		return "the pull request is " + now.Status, true
	case planned.SourceCommitID != "" && now.SourceCommitID != "" && planned.SourceCommitID != now.SourceCommitID:
		return "somebody pushed a new commit", true
	case now.TargetRefName != planned.TargetRefName:
		return "the pull request goes to " + ShortBranch(now.TargetRefName) + " now", true
	case now.conflicted():
		return "the pull request has conflicts now", true
	case now.Draft && !r.takesDraft(true):
		return "the pull request is a draft now", true
	case !now.Draft && !r.takesDraft(false):
		return "the pull request is no draft any more", true
	case !r.SourceBranches.Match(now.SourceRefName), !r.TargetBranches.Match(now.TargetRefName), !r.Authors.Match(now.Author.names()...):
		return "the pull request's branches or its author are no longer selected", true
	case !r.Titles.Match(now.Title):
		return "the pull request's title is no longer selected", true
	case r.RequireAutoComplete && !now.AutoComplete:
		return "auto-complete was switched off", true
	case r.RequireApproved && !fresh.approved():
		return "the pull request is no longer approved", true
	case r.limitsByWindow(planned) && !now.AutoComplete && !fresh.approved():
		return "the pull request is neither auto-complete nor approved any more, so it takes no place", true
	}
	return "", false
}

// Moved compares an evaluation with what the plan was made for; the text says what moved. The state is derived as in
// the plan: from the same rules and facts.
func (r *Rules) Moved(a Action, now Evaluation, f Facts, at time.Time) (string, bool) {
	state, question := r.StateOf(a.PullRequest, now, f, at)
	switch {
	case now.BuildID != a.Evaluation.BuildID:
		return movedBuild(a.Evaluation.BuildID, now.BuildID), true
	case question != nil:
		return "the state cannot be derived again", true
	case state != a.State:
		return fmt.Sprintf("the evaluation is %s now", state), true
	case !now.Policy.Enabled || now.Policy.Deleted:
		return "the policy was switched off", true
	case now.Policy.PipelineID != a.Evaluation.Policy.PipelineID:
		// Builds on their way would be looked for in the wrong one.
		return fmt.Sprintf("the policy runs pipeline %d now", now.Policy.PipelineID), true
	}
	return "", false
}

func movedBuild(before, now int) string {
	switch {
	case now == 0:
		return fmt.Sprintf("the evaluation does not name build %d any more", before)
	case before == 0:
		return fmt.Sprintf("build %d was started", now)
	}
	return fmt.Sprintf("build %d was replaced by build %d", before, now)
}

// OnItsWay finds a build of the evaluation's pipeline for the pull request that has not ended and is not being
// cancelled.
func (a Action) OnItsWay(builds []Build) (Build, bool) {
	i := slices.IndexFunc(builds, func(b Build) bool {
		return a.runs(b) && b.Status != "completed" && b.Status != "cancelling"
	})
	if i < 0 {
		return Build{}, false
	}
	return builds[i], true
}

// runs reports whether the build is one of the evaluation's pipeline for the pull request.
func (a Action) runs(b Build) bool {
	return b.PipelineID == a.Evaluation.Policy.PipelineID && b.RefName == MergeRefName(a.PullRequest.ID)
}

// NewestBuild is the ID of the newest of these builds that is one of the evaluation's pipeline for the pull request, its
// own included; 0 if there is none. IDs grow with time.
func (a Action) NewestBuild(builds []Build) int {
	newest := a.Evaluation.BuildID
	for _, b := range builds {
		if a.runs(b) {
			newest = max(newest, b.ID)
		}
	}
	return newest
}

// Confirmed reports whether the record shows that the re-queue has started something: another build, or an evaluation
// that runs. A 200 alone is no proof, nor is the status queued with the old build: the service answers so whether or
// not it has started anything.
func (a Action) Confirmed(after Evaluation) bool {
	return after.BuildID != 0 && after.BuildID != a.Evaluation.BuildID || after.Status == "running"
}

// Broke reports whether the record broke in answer to the re-queue: the service tried, and could not start a build.
func (a Action) Broke(after Evaluation) bool {
	return after.Status == "broken" && a.State != StateBroken
}

// LostBuild reports whether the record has given up the build that it had and waits for another one.
func (a Action) LostBuild(after Evaluation) bool {
	return a.Evaluation.BuildID != 0 && after.BuildID == 0 && after.Status == "queued" && after.malformed() == ""
}

// BuildAfter is the build that the record shows beside the one before; 0 if none.
func (a Action) BuildAfter(after Evaluation) int {
	if after.BuildID == a.Evaluation.BuildID {
		return 0
	}
	return after.BuildID
}

// Followed says how a re-queued evaluation has ended. ours is the build that the re-queue started; 0 while that is
// unknown. An empty result means that it has not ended; the text explains a pending one. If there is a Question, it has
// to be answered first, as with StateOf.
func (r *Rules) Followed(a Action, ours int, now Evaluation, f Facts, at time.Time) (Result, string, *Question) {
	state, question := r.withoutRecovered().StateOf(a.PullRequest, now, f, at)
	lagging := now.BuildID == a.Evaluation.BuildID && (ours != 0 || state == a.State)
	switch {
	case lagging:
		return "", "", nil
	case question != nil:
		return "", "", question
	case ours != 0 && now.BuildID != 0 && now.BuildID != ours:
		return ResultPending, movedBuild(ours, now.BuildID), nil
	}
	switch state {
	case StateExpired:
		return ResultPending, "expired again", nil
	case StateSucceeded, StateExpiring, StateOutdated:
		return ResultSucceeded, "", nil
	case StateFailed, StateRecovered, StateBroken:
		return ResultRejected, "", nil
	case StateRunning, StateNotStarted, StateNotApplicable, StateUnknown:
	}
	return "", "", nil
}

// Summarize counts a plan and what became of it.
func Summarize(p Plan) Summary {
	s := Summary{SkippedByReason: map[Reason]int{}}
	requeued, exhausted := map[int]bool{}, map[int]bool{}
	builds := map[int]bool{}
	c := &s.Counts
	for _, pr := range p.PullRequests {
		if pr.PullRequest.Status == "active" {
			c.PullRequest++
		}
		if pr.PullRequest.Err != nil {
			c.Failed++
		}
		if pr.Skipped != "" {
			c.SkippedPullRequest++
			s.SkippedByReason[pr.Skipped]++
		}
		for _, e := range pr.Evaluations {
			c.Evaluation++
			if e.Requeue {
				c.Planned++
				c.add(*e.Outcome)
				if e.Outcome.Kind == OutcomeRequeued {
					requeued[pr.PullRequest.ID] = true
					builds[e.Outcome.BuildAfter] = true
				}
				continue
			}
			c.Skipped++
			if e.Err != nil {
				c.Failed++
			}
			if e.Reason != "" {
				s.SkippedByReason[e.Reason]++
			}
			if e.Reason == RetriesExhausted {
				exhausted[pr.PullRequest.ID] = true
			}
			s.Limited = s.Limited || e.Reason == RunLimit || e.Reason == BranchBusy
		}
	}
	delete(builds, 0) // not known
	s.PullRequestIDs, s.BuildIDs, s.ExhaustedPullRequestIDs = sorted(requeued), sorted(builds), sorted(exhausted)
	return s
}

// add counts what became of one action.
func (c *Counts) add(o Outcome) {
	switch o.Kind {
	case OutcomeRequeued:
		c.Requeued++
	case OutcomeDeclined:
		c.Declined++
	case OutcomeMoved:
		c.Moved++
	case OutcomeFailed:
		c.Failed++
	case OutcomePlanned:
	}
	switch o.Result {
	case ResultSucceeded:
		c.Succeeded++
	case ResultRejected:
		c.Rejected++
	case ResultPending:
		c.Pending++
	}
}

func sorted(set map[int]bool) []int {
	ids := make([]int, 0, len(set))
	for id := range set {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
