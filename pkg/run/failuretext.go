package run

import (
	"cmp"
	"errors"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/execute"
	"github.com/pr-evaluations/reschedule/pkg/report"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// words are what a person reads of an error: the one instruction that a refusal ends in, else what went wrong.
func (r *run) words(err error) string {
	if e, ok := errors.AsType[*azdo.Error](err); ok {
		if advice := e.Advice(r.identity.DisplayName); advice != "" {
			if e.TokenLost() {
				advice += " So far " + cmp.Or(r.soFar, "nothing was re-queued") + "."
			}
			advice += " See " + report.TopicURL(e.Topic())
			if errors.Is(err, execute.ErrNotKnown) {
				return "Result not known: " + advice // a build may have been started
			}
			return advice
		}
	}
	return err.Error()
}

// tell says what went wrong. A pull request that is missing is not a matter of permissions alone.
func (r *run) tell(f requeue.Failure) string {
	if e, ok := errors.AsType[*azdo.Error](f.Err); ok && f.PullRequest > 0 && f.Missing && e.Message != "" {
		return "not found: " + e.Message
	}
	if f.Lead != "" {
		return f.Lead + ": " + r.words(f.Err)
	}
	return r.words(f.Err)
}
