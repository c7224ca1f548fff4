package report

import (
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// troubleshooting is the page with one entry per reason, each under the reason's word as its anchor.
const troubleshooting = "https://github.com/pr-evaluations/reschedule/blob/main/docs/troubleshooting.md"

// RecordingURL is the page that says what is in a recording.
const RecordingURL = "https://github.com/pr-evaluations/reschedule/blob/main/docs/recording.md"

// helpURL is the page about a reason; without one, the page about all of them.
func helpURL(reason requeue.Reason) string {
	if reason == "" {
		return troubleshooting
	}
	return troubleshooting + "#" + strings.ToLower(string(reason))
}

// TopicURL is the place on that page under a heading, such as "TF401019" or "Status 401".
func TopicURL(heading string) string {
	return troubleshooting + "#" + strings.ReplaceAll(strings.ToLower(heading), " ", "-")
}

// explainReason says why something was left alone, in a sentence for people who have never read our documentation, and names
// the inputs that would change it, comma separated; "" where no input would. The sentence has those inputs in it, between
// backticks, and calls the pull request or the evaluation "it".
func explainReason(reason requeue.Reason) (text, input string) {
	switch reason {
	case requeue.NotActive:
		return "it is closed already, so there is nothing to re-queue; take it out of `pullRequestIds`", "pullRequestIds"
	case requeue.TargetBranch:
		return "its target branch does not match the input `targetBranches`", "targetBranches"
	case requeue.SourceBranch:
		return "its source branch does not match the input `sourceBranches`", "sourceBranches"
	case requeue.Label:
		return "its labels do not match the input `labels`", "labels"
	case requeue.Author:
		return "its author does not match the input `authors`", "authors"
	case requeue.Title:
		return "its title does not match the input `titles`", "titles"
	case requeue.Draft:
		return "it is a draft; `drafts: include` takes drafts too", "drafts"
	case requeue.NotDraft:
		return "it is not a draft, and `drafts: only` takes only drafts; `drafts: include` takes both", "drafts"
	case requeue.TooOld:
		return "it is older than the input `createdWithin` allows", "createdWithin"
	case requeue.Conflicts:
		return "Azure Repos cannot merge it, so no build can start; its author has to resolve the conflicts first", ""
	case requeue.NoPolicy:
		return "its target branch has no enabled build validation policy, so it has no build to re-queue", ""
	case requeue.RepositoryDisabled:
		return "its repository is disabled in the project settings, so no build can start", ""
	case requeue.NotAutoComplete:
		return "auto-complete is not set on it, and `require` asks for `autoComplete`", "require"
	case requeue.NotApproved:
		return "its reviewers have not approved it yet, and `require` asks for `approved`", "require"
	case requeue.OtherBlockers:
		return "another required policy is not green, and `require: noOtherBlockers` waits until it is", "require"
	case requeue.OtherSlice:
		return "another parallel job looks after it: `sliceAcrossJobs` divides the pull requests between the jobs", "sliceAcrossJobs"
	case requeue.ByHand:
		return "this required policy is not a build, so no re-queue can help; it waits for a person or for another service", ""
	case requeue.PolicyFilter:
		return "neither the name of this policy nor its pipeline matches the input `policies`", "policies"
	case requeue.Enforcement:
		return "it is optional, and `enforcement: required` takes only required policies; `enforcement: all` takes both", "enforcement"
	case requeue.ManualPolicy:
		return "its trigger is manual, so a person has to start it; `manualPolicies: include` starts it too", "manualPolicies"
	case requeue.Fork:
		return "the pull request comes from a fork and has no build yet; a person has to read its code, then start the first build", ""
	case requeue.OwnPipeline:
		return "its build is this very run; a re-queue would start the run again and again", ""
	case requeue.PipelineDisabled:
		return "its pipeline is disabled or paused, so no build can start; the settings of the pipeline change that", ""
	case requeue.NotSelectedState:
		return "its state is not in `when`", "when"
	case requeue.CoolingDown:
		return "its build failed only a short time ago; a run after the time in `cooldown` can re-queue it", "cooldown"
	case requeue.RetriesExhausted:
		return "its build failed, and all retries that `maxRetriesPerCommit` allows are used; a person has to find the cause", "maxRetriesPerCommit"
	case requeue.BuildCanceled:
		return "somebody cancelled its last build, so this task does not start it again; start it by hand, or push a commit", ""
	case requeue.HistoryUnknown:
		return "its earlier builds are not known any more, so its retries cannot be counted; start it by hand, or push a commit", ""
	case requeue.ErrorNotRetryable:
		return "its build failed with an error that does not match the input `retryOnlyIf`, so a person has to look at it", "retryOnlyIf"
	case requeue.PipelineFailing:
		return "its pipeline fails for all pull requests, so this run retries only one; the others wait until it works (`pauseAfterFailures`)", "pauseAfterFailures"
	case requeue.TargetBranchRed:
		return "the same pipeline failed on the target branch; because of `waitForTargetBranch` it waits until that succeeds", "waitForTargetBranch"
	case requeue.BranchBusy:
		return "`maxInFlightPerBranch` is reached: other pull requests for this target branch are being built; a later run takes it", "maxInFlightPerBranch"
	case requeue.RunLimit:
		return "`maxPerRun` is reached: this run re-queues no more; a later run takes it", "maxPerRun"
	case requeue.Moved:
		return "it changed during this run, so this run did not re-queue it; the next run looks at it again", ""
	}
	return "", ""
}

// explainState is explainReason for NotSelectedState, where the state says more than the reason.
func explainState(state requeue.State) (text, input string) {
	switch state {
	case requeue.StateNotApplicable:
		return "this policy does not apply to the pull request", ""
	case requeue.StateRunning:
		return "its build is running or waits for an agent; a re-queue would cancel it", ""
	case requeue.StateSucceeded:
		return "it is green, so there is nothing to do", ""
	case requeue.StateUnknown:
		return "this task does not understand what Azure DevOps says about it, so it does nothing; please report that to its makers", ""
	case requeue.StateExpired:
		return "its build result has expired; add `expired` to `when` to re-queue it", "when"
	case requeue.StateExpiring:
		return "it is green, but that result expires soon; add `expiring` to `when` to re-queue it early", "when"
	case requeue.StateRecovered:
		return "its build failed at a time when the target branch failed too, and that branch is fine now; add `targetRecovered` to `when` to re-queue it", "when"
	case requeue.StateFailed:
		return "its build failed; add `failed` to `when` to re-queue it", "when"
	case requeue.StateBroken:
		return "its build could not run, often because of a mistake in its YAML file; when that is mended, add `broken` to `when` to re-queue it", "when"
	case requeue.StateNotStarted:
		return "no build was started for it yet; add `notStarted` to `when` to start one", "when"
	case requeue.StateOutdated:
		return "it is green, but the target branch has changed since that build; add `outdated` to `when` to re-queue it", "when"
	}
	return "", ""
}

// notABuild is what is said of an evaluation of any other policy type.
const notABuild = "this policy is not a build, so it cannot be re-queued"

// explainEvaluation says why an evaluation is left alone and which input would change that.
func explainEvaluation(e requeue.EvaluationPlan) (text, input string) {
	policy := e.Evaluation.Policy
	switch {
	case e.Reason == requeue.NotSelectedState && !e.Evaluation.IsBuild():
		return notABuild, ""
	case e.Reason == requeue.NotSelectedState && e.BuildGone:
		return "how its build ended is not known any more, so this task does not start it again; start it by hand, or push a commit", ""
	case e.Reason == requeue.NotSelectedState:
		return explainState(e.State)
	case e.Reason == requeue.ByHand && policy.Blocking && !e.Blocks(): // "Require a merge strategy"
		return "this required policy is not a build; whoever completes the pull request satisfies it, so it holds nothing back", ""
	case e.Reason == requeue.Enforcement && policy.Blocking:
		return "it is required, and `enforcement: optional` takes only optional policies; `enforcement: all` takes both", "enforcement"
	case e.Reason == requeue.ManualPolicy && !policy.ManualQueueOnly:
		return "its trigger is automatic, and `manualPolicies: only` takes only manual ones; `manualPolicies: include` takes both", "manualPolicies"
	case e.Reason == requeue.CoolingDown && e.State == requeue.StateNotStarted:
		return "the last push was a short time ago, so Azure DevOps may start it itself; after the time in `cooldown` a run can", "cooldown"
	case e.Reason == requeue.OwnPipeline && e.Detail != "":
		return "its pipeline may be the one that is running; a re-queue would start the run again and again then", ""
	case e.Reason == requeue.BranchBusy && e.Detail == requeue.TakesNoPlace:
		return "`maxInFlightPerBranch: auto` gives a place only to pull requests with auto-complete or an approval, and this one has neither", "maxInFlightPerBranch"
	case e.Reason == requeue.BranchBusy && e.Detail != "":
		return "`maxInFlightPerBranch` has its evaluations re-queued together, and something has to happen first; a later run looks at it again", "maxInFlightPerBranch"
	case e.Reason == requeue.RunLimit && e.Detail != "":
		return "what is left of `maxPerRun` is too little for it; a later run looks at it again", "maxPerRun"
	case e.Reason == requeue.ErrorNotRetryable && strings.HasPrefix(e.Detail, "neverRetryIf cannot"):
		return "its build failed, and nobody can tell whether `neverRetryIf` matches its error, so a person has to look at it", "neverRetryIf"
	case e.Reason == requeue.ErrorNotRetryable && strings.HasPrefix(e.Detail, "neverRetryIf "):
		return "its build failed with an error that matches the input `neverRetryIf`, so a person has to look at it", "neverRetryIf"
	}
	return explainReason(e.Reason)
}
