package azdotest

// Behaviour answers the questions about Azure DevOps that no document and no recording answers. The first value named is
// the default. Choices has them all in a table.
type Behaviour struct {
	// RequeueAnswer is what the 200 of a re-queue that started a build holds: "newBuild" (the record with the new build),
	// "unchanged" (the record as it was) or "withoutBuild" (queued, but no buildId yet).
	RequeueAnswer string `json:"requeueAnswer,omitempty"`
	// RequeueReason is the reason of the builds that re-queues start: "pullRequest" or "manual".
	RequeueReason string `json:"requeueReason,omitempty"`
	// RecordNumber says whether an evaluation's ID is "kept" when a re-queue starts a build, or another from then on
	// ("new"): the answer shows the new one, the old one is gone (404).
	RecordNumber string `json:"recordNumber,omitempty"`
	// Decline is what a re-queue leaves behind that "declines", and one that "refuses" and is ignored: the record
	// "unchanged"; "queued" with the old build, neither expired nor current, without an end; or "broken", with a reason.
	Decline string `json:"decline,omitempty"`
	// StartedDate says whether startedDate is when the policy was "first" evaluated and never moves, or that of the "build".
	StartedDate string `json:"startedDate,omitempty"`
	// Lag is how long an evaluation goes on showing its old state after its build changed; "0s".
	Lag string `json:"lag,omitempty"`
	// BuildsLag is how long the builds list hides a build that a re-queue started; "0s".
	BuildsLag string `json:"buildsLag,omitempty"`
	// Refusal is how a pipeline whose re-queue "refuses" does it: "403" or "ignored" (a 200 that did nothing).
	Refusal string `json:"refusal,omitempty"`
	// ClosedPullRequest is what a re-queue on a completed or abandoned pull request does: "refused" (400), "ignored" (200,
	// nothing done) or "started".
	ClosedPullRequest string `json:"closedPullRequest,omitempty"`
	// DeletedPolicy is the same for a deleted or disabled policy: "ignored", "refused" or "started".
	DeletedPolicy string `json:"deletedPolicy,omitempty"`
	// HiddenRepositories says what the pull request list of a project does with repositories that the token may not see:
	// "filtered" or "refused" (404 TF401019).
	HiddenRepositories string `json:"hiddenRepositories,omitempty"`
	// Visibility says when pull requests that the token may not see are taken out of a project's list: "beforeCut" or
	// "afterCut" a page is cut, which then is short.
	Visibility string `json:"visibility,omitempty"`
	// NotApplicable says the same of evaluations that do not apply, where they are not asked for.
	NotApplicable string `json:"notApplicable,omitempty"`
	// Iterations of a pull request are "listed" or "missing" (404).
	Iterations string `json:"iterations,omitempty"`
	// DisabledRepositories says whether pull requests of a disabled repository are "readable" or "refused" (404 TF401019).
	DisabledRepositories string `json:"disabledRepositories,omitempty"`
	// HiddenProject is the status of a project that the token may not see, VS800075: "404" or "403".
	HiddenProject string `json:"hiddenProject,omitempty"`
	// ImmediateExpiry is how an expired evaluation looks whose policy expires immediately: "queued" (with isExpired) or
	// "rejected" (with buildIsNotCurrent, and a build that succeeded).
	ImmediateExpiry string `json:"immediateExpiry,omitempty"`
	// NeverRunContext is the context of a build evaluation that never ran: "withoutBuild", "null" or "absent".
	NeverRunContext string `json:"neverRunContext,omitempty"`
	// BuildSource is where a pull request build names its source commit: "parameters", "triggerInfo" or "none".
	BuildSource string `json:"buildSource,omitempty"`
	// DeletedBuilds says whether the builds list has those that retention has removed: "listed" if deletedFilter asks for
	// them, "hidden" whatever it asks for, or "always" unless it excludes them.
	DeletedBuilds string `json:"deletedBuilds,omitempty"`
	// DeletedTimeline is how the timeline of such a build answers: "204" or "404".
	DeletedTimeline string `json:"deletedTimeline,omitempty"`
	// StatusLists says what the builds list makes of several values in statusFilter, reasonFilter or resultFilter, for
	// which the description has one: "understood", "ignored" (as if there were no such filter) or "empty" (no build).
	StatusLists string `json:"statusLists,omitempty"`
	// IssueLimit is how many error issues a step keeps, 10 if 0; its errorCount is the true number all the same.
	IssueLimit int `json:"issueLimit,omitempty"`
	// LogLines says how startLine and endLine count, which are both included: "fromOne" or "fromZero".
	LogLines string `json:"logLines,omitempty"`
	// OmitsExpiry leaves isExpired and the other newer members out of every context, as an old server may.
	OmitsExpiry bool `json:"omitsExpiry,omitempty"`
}
