package run

import (
	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// result is how the step ends, the worst last.
type result int

// The results, each with its exit code; succeededWithIssues is told to the agent by a command.
const (
	succeeded result = iota
	succeededWithIssues
	failedRun
)

// Exit codes. The launcher passes them on, and the agent takes any but 0 as failed.
const (
	exitOK       = 0
	exitFailed   = 1
	exitBadInput = 2
)

// ending is everything that the result depends on.
type ending struct {
	summary   requeue.Summary
	missing   bool // something that the user named is not there
	failures  bool // something beside pull requests and evaluations could not be read
	cancelled bool
}

// judge decides the result; the worst that applies wins.
func judge(c config.Config, e ending) result {
	counts := e.summary.Counts
	worst := succeeded
	raise := func(r result) { worst = max(worst, r) }
	onError := map[config.OnError]result{config.OnErrorFail: failedRun, config.OnErrorWarn: succeededWithIssues}[c.OnError]

	if e.cancelled || e.missing {
		raise(failedRun)
	}
	if counts.Failed > 0 || e.failures {
		raise(onError)
	}
	if counts.Declined > 0 {
		raise(succeededWithIssues)
		if counts.Requeued == 0 {
			raise(onError)
		}
	}
	if counts.Pending > 0 {
		raise(succeededWithIssues)
	}
	if c.FailOnRejected && counts.Rejected > 0 {
		raise(failedRun)
	}
	if nothing(e) {
		switch c.OnNothing {
		case config.OnNothingFail:
			raise(failedRun)
		case config.OnNothingWarn:
			raise(succeededWithIssues)
		case config.OnNothingIgnore:
		}
	}
	return worst
}

// nothing is an empty plan where nothing failed; candidates that a limit holds back are not nothing.
func nothing(e ending) bool {
	return e.summary.Counts.Planned == 0 && e.summary.Counts.Failed == 0 && !e.failures && !e.missing && !e.summary.Limited
}
