package requeue

// TaskResult is how a run ends, in Azure Pipelines' words, the worst last.
type TaskResult int

// The results of a run.
const (
	TaskSucceeded TaskResult = iota
	TaskSucceededWithIssues
	TaskFailed
)

// OnNothing is a value of the input onNothing.
type OnNothing string

// The values of the input onNothing.
const (
	OnNothingIgnore OnNothing = "ignore"
	OnNothingWarn   OnNothing = "warn"
	OnNothingFail   OnNothing = "fail"
)

// OnError is a value of the input onError.
type OnError string

// The values of the input onError.
const (
	OnErrorFail OnError = "fail"
	OnErrorWarn OnError = "warn"
)

// ResultRules say what a run's result depends on beside what happened.
type ResultRules struct {
	// OnNothing is the result of an empty plan. Default ignore.
	OnNothing OnNothing
	// OnError is the result where something could not be handled. Default fail.
	OnError OnError
	// FailOnRejected fails a run that waited if an evaluation is rejected. Default false.
	FailOnRejected bool
}

// Ending is what happened in a run, as far as its result depends on it.
type Ending struct {
	Counts Counts
	// Limited says that a limit held back at least one candidate.
	Limited bool
	// Missing says that something is not there that the user named.
	Missing bool
	// Failures says that something beside pull requests and evaluations could not be read or written.
	Failures bool
	// Cancelled says that the rest of the plan was abandoned.
	Cancelled bool
}

// TaskResult decides the result; the worst that applies wins.
func (r ResultRules) TaskResult(e Ending) TaskResult {
	worst := TaskSucceeded
	raise := func(result TaskResult) { worst = max(worst, result) }
	onError := TaskFailed
	if r.OnError == OnErrorWarn {
		onError = TaskSucceededWithIssues
	}

	if e.Cancelled || e.Missing {
		raise(TaskFailed)
	}
	if e.Counts.Failed > 0 || e.Failures {
		raise(onError)
	}
	if e.Counts.Declined > 0 {
		raise(TaskSucceededWithIssues)
		if e.Counts.Requeued == 0 {
			raise(onError)
		}
	}
	if e.Counts.Pending > 0 {
		raise(TaskSucceededWithIssues)
	}
	if r.FailOnRejected && e.Counts.Rejected > 0 {
		raise(TaskFailed)
	}
	if e.Nothing() {
		switch r.OnNothing {
		case OnNothingFail:
			raise(TaskFailed)
		case OnNothingWarn:
			raise(TaskSucceededWithIssues)
		case OnNothingIgnore:
		}
	}
	return worst
}

// Nothing reports whether there was nothing to re-queue: the plan is empty, and nothing failed. Candidates that a limit
// holds back are not nothing.
func (e Ending) Nothing() bool {
	return e.Counts.Planned == 0 && e.Counts.Failed == 0 && !e.Failures && !e.Missing && !e.Limited
}

// OnlyDeclined reports whether the service took every request and started no build, and nothing else failed.
func (e Ending) OnlyDeclined() bool {
	return e.Counts.Declined > 0 && e.Counts.Requeued == 0 && e.Counts.Failed == 0 && !e.Failures && !e.Cancelled
}
