package requeue

import (
	"time"

	"github.com/google/uuid"
)

// Drafts says what the input drafts selects.
type Drafts string

// The values of the input drafts.
const (
	DraftsSkip    Drafts = "skip"
	DraftsInclude Drafts = "include"
	DraftsOnly    Drafts = "only"
)

// EnforcementFilter is the value of the input enforcement.
type EnforcementFilter string

// The values of the input enforcement.
const (
	EnforcementAll      EnforcementFilter = "all"
	EnforcementRequired EnforcementFilter = "required"
	EnforcementOptional EnforcementFilter = "optional"
)

// ManualPolicies is the value of the input manualPolicies.
type ManualPolicies string

// The values of the input manualPolicies.
const (
	ManualSkip    ManualPolicies = "skip"
	ManualInclude ManualPolicies = "include"
	ManualOnly    ManualPolicies = "only"
)

// OrderKey is one item of the input order.
type OrderKey string

// The values of the input order.
const (
	OrderAutoComplete OrderKey = "autoComplete"
	OrderApproved     OrderKey = "approved"
	OrderStalest      OrderKey = "stalest"
	OrderOldest       OrderKey = "oldest"
	OrderNewest       OrderKey = "newest"
	OrderLabel        OrderKey = "label:" // and a pattern behind it: pull requests with such a label first
)

// TargetBranchWait is the value of the input waitForTargetBranch; "" is TargetBranchIgnore.
type TargetBranchWait string

// The values of the input waitForTargetBranch.
const (
	TargetBranchIgnore TargetBranchWait = "false"
	TargetBranchAwait  TargetBranchWait = "true"
	TargetBranchProbe  TargetBranchWait = "probe" // one pull request per branch tries whether it is still red
)

// Rules are the inputs that decide. The zero value re-queues nothing: When is empty.
type Rules struct {
	// Pull requests.
	TargetBranches, SourceBranches BranchPatterns
	Labels, Authors, Titles        Patterns
	Drafts                         Drafts
	CreatedWithin                  time.Duration // 0: any age
	RequireAutoComplete            bool
	RequireApproved                bool
	RequireNoOtherBlockers         bool

	// Evaluations.
	When           []State // of StateExpired, StateFailed, StateBroken, StateNotStarted, StateOutdated, StateExpiring, StateRecovered
	Policies       PolicyPatterns
	Enforcement    EnforcementFilter
	ManualPolicies ManualPolicies
	OutdatedAfter  time.Duration
	ExpiringWithin time.Duration // for StateExpiring

	// Retries.
	MaxRetriesPerCommit int
	Cooldown            time.Duration
	RetryOnlyIf         []ErrorPattern
	NeverRetryIf        []ErrorPattern
	PauseAfterFailures  int // 0: never; else at least 3

	// Limits and order.
	MaxPerRun            int  // 0: no limit
	MaxInFlightPerBranch int  // 0: no limit
	AutoInFlight         bool // in place of a number: as many as it takes, see Window
	Order                []OrderKey
	OrderLabels          map[OrderKey]Patterns // of those that begin with OrderLabel
	WaitForTargetBranch  TargetBranchWait
	Slice                Slice
	// ExamineBeyondLimits asks for the history of failed evaluations that a limit holds back, too, for up to
	// MostExamined of them. So people learn that retries are used up although a limit holds the evaluation back.
	ExamineBeyondLimits bool

	// OwnPipeline is the pipeline that is running, in a pull request's validation; else the zero value.
	OwnPipeline PipelineRef
}

// PipelineRef names a pipeline within a collection.
type PipelineRef struct {
	ProjectID uuid.UUID
	ID        int
}

// Slice is this job's share of the pull requests. The zero value is all of them.
type Slice struct {
	Position int // 1 to Total
	Total    int
}
