package requeue

import (
	"fmt"
	"strings"
	"time"
)

// BuildPolicyType is the only policy type that reacts to a re-queue (rest-api-specs, policy 7.1).
const BuildPolicyType = "0609b952-1397-4640-95ec-e00a01b2c241"

// The other policy types that a rule knows.
const (
	minimumReviewersType  = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"
	requiredReviewersType = "fd2167ab-b0be-447a-8ec8-39368250530e"
	mergeStrategyType     = "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab"
)

// StatusNotApplicable is the status of an evaluation whose policy does not apply to the pull request, such as one with a
// path filter.
const StatusNotApplicable = "notApplicable"

// State is what an evaluation amounts to, derived from its status and its context.
type State string

// The states, in the order in which StateOf tests for them.
const (
	StateNotApplicable State = "notApplicable"
	StateRunning       State = "running"
	StateExpired       State = "expired"
	StateExpiring      State = "expiring"
	StateRecovered     State = "targetRecovered"
	StateFailed        State = "failed"
	StateBroken        State = "broken"
	StateNotStarted    State = "notStarted"
	StateOutdated      State = "outdated"
	StateSucceeded     State = "succeeded"
	StateUnknown       State = "unknown"
)

// Reason says why something was left alone. The set is closed: log, summary, report and documentation use these words.
type Reason string

// Reasons for leaving a whole pull request alone, in the order in which they are tested.
const (
	NotActive          Reason = "notActive"
	TargetBranch       Reason = "targetBranch"
	SourceBranch       Reason = "sourceBranch"
	Label              Reason = "label"
	Author             Reason = "author"
	Title              Reason = "title"
	Draft              Reason = "draft"
	NotDraft           Reason = "notDraft"
	TooOld             Reason = "tooOld"
	Conflicts          Reason = "conflicts"
	NoPolicy           Reason = "noPolicy"
	RepositoryDisabled Reason = "repositoryDisabled"
	NotAutoComplete    Reason = "notAutoComplete"
	NotApproved        Reason = "notApproved"
	OtherBlockers      Reason = "otherBlockers"
	OtherSlice         Reason = "otherSlice"
)

// Reasons for leaving one evaluation alone, in the order in which they are tested.
const (
	ByHand            Reason = "byHand"
	PolicyFilter      Reason = "policyFilter"
	Enforcement       Reason = "enforcement"
	ManualPolicy      Reason = "manualPolicy"
	Fork              Reason = "fork"
	OwnPipeline       Reason = "ownPipeline"
	PipelineDisabled  Reason = "pipelineDisabled"
	NotSelectedState  Reason = "state"
	CoolingDown       Reason = "coolingDown"
	RetriesExhausted  Reason = "retriesExhausted"
	BuildCanceled     Reason = "buildCanceled"
	HistoryUnknown    Reason = "historyUnknown"
	ErrorNotRetryable Reason = "errorNotRetryable"
	PipelineFailing   Reason = "pipelineFailing"
	TargetBranchRed   Reason = "targetBranchRed"
	BranchBusy        Reason = "branchBusy"
	RunLimit          Reason = "runLimit"
	Moved             Reason = "moved"
)

// PullRequestReasons returns every reason for a whole pull request, in the order of the tests.
func PullRequestReasons() []Reason {
	return []Reason{
		NotActive, TargetBranch, SourceBranch, Label, Author, Title, Draft, NotDraft, TooOld, Conflicts, NoPolicy,
		RepositoryDisabled, NotAutoComplete, NotApproved, OtherBlockers, OtherSlice,
	}
}

// EvaluationReasons returns every reason for one evaluation, in the order of the tests.
func EvaluationReasons() []Reason {
	return []Reason{
		ByHand, PolicyFilter, Enforcement, ManualPolicy, Fork, OwnPipeline, PipelineDisabled, NotSelectedState,
		CoolingDown, RetriesExhausted, BuildCanceled, HistoryUnknown, ErrorNotRetryable, PipelineFailing, TargetBranchRed, BranchBusy,
		RunLimit, Moved,
	}
}

// OutcomeKind is what became of a planned evaluation.
type OutcomeKind string

// The outcomes. Planned is left where the run ended before the evaluation's turn, and in a dry run.
const (
	OutcomePlanned  OutcomeKind = "planned"
	OutcomeRequeued OutcomeKind = "requeued"
	OutcomeDeclined OutcomeKind = "declined"
	OutcomeMoved    OutcomeKind = "moved"
	OutcomeFailed   OutcomeKind = "failed"
)

// Result is how a re-queued evaluation ended, where the run waited for it.
type Result string

// The results.
const (
	ResultSucceeded Result = "succeeded"
	ResultRejected  Result = "rejected"
	ResultPending   Result = "pending"
)

// Plural is a number with its noun: "1 pull request", "2 repositories", "0 evaluations".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, found := strings.CutSuffix(noun, "y"); found {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Was is the verb after a number of things: "1 was", "2 were".
func Was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// ShortDuration is a duration without its zeros: "45m" for 45m0s.
func ShortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
