package execute

import (
	"errors"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// ErrNotKnown is the error of an outcome where a request may have started a build, and nothing that could be read tells
// whether it did.
var ErrNotKnown = errors.New("result not known")

func failed(err error) requeue.Outcome {
	return requeue.Outcome{Kind: requeue.OutcomeFailed, Err: err}
}

func moved(detail string) requeue.Outcome {
	return requeue.Outcome{Kind: requeue.OutcomeMoved, Detail: detail}
}

func declined(detail string) requeue.Outcome {
	return requeue.Outcome{Kind: requeue.OutcomeDeclined, Detail: detail}
}

// unfinished is the outcome of a write that a cancellation ended.
func unfinished(patches int) requeue.Outcome {
	if patches == 0 {
		return requeue.Outcome{Kind: requeue.OutcomePlanned}
	}
	return failed(ErrNotKnown)
}
