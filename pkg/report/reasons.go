package report

import (
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// troubleshooting is the page with one entry per reason, each under the reason's word as its anchor.
const troubleshooting = "https://github.com/pr-evaluations/reschedule/blob/main/docs/troubleshooting.md"

// RecordingURL is the page that says what is in a recording.
const RecordingURL = "https://github.com/pr-evaluations/reschedule/blob/main/docs/recording.md"

// HelpURL is the page about a reason; without one, the page about all of them.
func HelpURL(reason requeue.Reason) string {
	if reason == "" {
		return troubleshooting
	}
	return troubleshooting + "#" + strings.ToLower(string(reason))
}

// TopicURL is the place on that page under a heading, such as "TF401019" or "Status 401".
func TopicURL(heading string) string {
	return troubleshooting + "#" + strings.ReplaceAll(strings.ToLower(heading), " ", "-")
}

// Explain says what a reason means, as the end of a sentence about a pull request or an evaluation, and names the
// inputs that would change it, comma separated; "" where no input would.
func Explain(reason requeue.Reason) (text, input string) {
	switch reason {
	case requeue.NotActive:
		return "it is completed or abandoned", "pullRequestIds"
	case requeue.TargetBranch:
		return "its target branch is not selected", "targetBranches"
	case requeue.SourceBranch:
		return "its source branch is not selected", "sourceBranches"
	case requeue.Label:
		return "its labels are not selected", "labels"
	case requeue.Author:
		return "its author is not selected", "authors"
	case requeue.Title:
		return "its title is not selected", "titles"
	case requeue.Draft:
		return "it is a draft", "drafts"
	case requeue.NotDraft:
		return "it is not a draft, and only drafts are selected", "drafts"
	case requeue.TooOld:
		return "it was created too long ago", "createdWithin"
	case requeue.Conflicts:
		return "it cannot be merged; a build would not start before somebody resolves that", ""
	case requeue.NoPolicy:
		return "no enabled build policy covers its target branch, so there is nothing to re-queue", ""
	case requeue.RepositoryDisabled:
		return "its repository is disabled", ""
	case requeue.NotAutoComplete:
		return "auto-complete is not set", "require"
	case requeue.NotApproved:
		return "its reviewers have not approved it", "require"
	case requeue.OtherBlockers:
		return "something else blocks it that no re-queue would turn green", "require"
	case requeue.OtherSlice:
		return "another of the parallel jobs takes care of it", "sliceAcrossJobs"
	case requeue.ByHand:
		return "it blocks the pull request, and only a person or another service can satisfy it", ""
	case requeue.PolicyFilter:
		return "neither the policy's nor the pipeline's name is selected", "policies"
	case requeue.Enforcement:
		return "it is not of the kind, required or optional, that is selected", "enforcement"
	case requeue.ManualPolicy:
		return "its trigger, manual or automatic, is not the one that is selected", "manualPolicies"
	case requeue.Fork:
		return "the source branch lives in a fork, where a person decides about the first build", ""
	case requeue.OwnPipeline:
		return "its pipeline is the one that runs this task; validations would start each other for ever", ""
	case requeue.PipelineDisabled:
		return "its pipeline is disabled or paused and takes no builds", ""
	case requeue.NotSelectedState:
		return "its state is not one that is to be re-queued", "when"
	case requeue.CoolingDown:
		return "it ended, or was pushed to, a moment ago", "cooldown"
	case requeue.RetriesExhausted:
		return "its retries for this commit are used up; somebody has to look at the failure", "maxRetriesPerCommit"
	case requeue.BuildCanceled:
		return "somebody cancelled its last build", ""
	case requeue.HistoryUnknown:
		return "its build is not in the build history, so nobody knows how often it was retried", ""
	case requeue.ErrorNotRetryable:
		return "its error is not one that is to be retried", "retryOnlyIf, neverRetryIf"
	case requeue.PipelineFailing:
		return "its pipeline fails for everybody now; one failure is retried in a run, to find out", "pauseAfterFailures"
	case requeue.TargetBranchRed:
		return "the same pipeline failed on the target branch, so it would fail here too", "waitForTargetBranch"
	case requeue.BranchBusy:
		return "it has no place among those in progress for this target branch; it waits for the next run", "maxInFlightPerBranch"
	case requeue.RunLimit:
		return "this run already re-queues as many as it may; it waits for the next run", "maxPerRun"
	case requeue.Moved:
		return "it changed after the plan was made; the next run looks again", ""
	}
	return "", ""
}

// explainState is Explain for NotSelectedState, where the state says more than the reason.
func explainState(state requeue.State) (text, input string) {
	switch state {
	case requeue.StateNotApplicable:
		return "the policy does not apply to this pull request", ""
	case requeue.StateRunning:
		return "a build is in progress or waiting, and a re-queue would cancel it", ""
	case requeue.StateSucceeded:
		return "it is green", ""
	case requeue.StateUnknown:
		return "the service's answer was not understood, so nothing is risked", ""
	case requeue.StateExpired:
		return "its build is no longer valid, and when does not name that state", "when"
	case requeue.StateFailed:
		return "its build failed, and when does not name that state", "when"
	case requeue.StateBroken:
		return "its build could not be run, and when does not name that state", "when"
	case requeue.StateNotStarted:
		return "no build was started yet, and when does not name that state", "when"
	case requeue.StateExpiring:
		return "it is green, and expires soon, and when does not name that state", "when"
	case requeue.StateRecovered:
		return "it failed while the target branch was red, and when does not name that state", "when"
	case requeue.StateOutdated:
		return "it is green, but for an older target branch, and when does not name that state", "when"
	}
	return "", ""
}

// onlyBuilds is what the rules say of an evaluation of any other policy type.
const onlyBuilds = "only build validation reacts to a re-queue"

// explainEvaluation says why an evaluation is left alone and which input would change that.
func explainEvaluation(e requeue.EvaluationPlan) (text, input string) {
	switch {
	case e.Reason == requeue.NotSelectedState && !e.Evaluation.IsBuild():
		return onlyBuilds, ""
	case e.Reason == requeue.NotSelectedState:
		return explainState(e.State)
	}
	return Explain(e.Reason)
}
