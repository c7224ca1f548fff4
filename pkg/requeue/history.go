package requeue

import "strings"

// history is what the builds of one pipeline for one pull request say about an evaluation.
type history struct {
	retries int
	last    Build // the evaluation's own build; ID 0 if it is not there
}

// newHistory counts: the builds for the same source commit that ended failed or partiallySucceeded after the last
// succeeded one, less the first, whatever their reason: which one the service gives to a build that a re-queue starts is
// recorded nowhere. What it was not asked for is left out again, so that a filter it ignored harms nothing.
func newHistory(pr *PullRequest, e Evaluation, builds []Build) history {
	var h history
	lastGreen := 0
	var red []int
	for _, b := range builds {
		if b.PipelineID != e.Policy.PipelineID || b.RefName != MergeRefName(pr.ID) {
			continue
		}
		if b.ID == e.BuildID {
			h.last = b
		}
		if !sameSource(pr, e, b) {
			continue
		}
		switch b.Result {
		case "succeeded":
			lastGreen = max(lastGreen, b.ID)
		case "failed", "partiallySucceeded":
			red = append(red, b.ID)
		}
	}
	for _, id := range red {
		if id > lastGreen {
			h.retries++
		}
	}
	h.retries = max(0, h.retries-1)
	return h
}

// sameSource reports whether the build ran for the commit that the pull request has now. A build that names neither
// source nor merge commit counts: it is better to retry once too little.
func sameSource(pr *PullRequest, e Evaluation, b Build) bool {
	source := pr.SourceCommitID
	if source == "" {
		source = e.SourceCommitID
	}
	switch {
	case b.SourceCommitID != "" && source != "":
		return strings.EqualFold(b.SourceCommitID, source)
	case b.MergeCommitID != "" && e.MergeCommitID != "":
		return strings.EqualFold(b.MergeCommitID, e.MergeCommitID)
	}
	return true
}

func historyOf(pr *PullRequest, e Evaluation) Question {
	return Question{Kind: AskHistory, ProjectID: pr.Repository.Project.ID, PipelineID: e.Policy.PipelineID, RefName: MergeRefName(pr.ID)}
}
