package model

import (
	"time"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Strategy is who re-queues, and when. What Azure Repos does by itself happens under each of them.
type Strategy struct {
	Name string
	// Rules are the task's; nil where the task does not run.
	Rules *requeue.Rules
	// Everything re-queues whatever reads as expired, as the known script does.
	Everything bool
	// Authors press "Re-queue" on what has expired.
	Authors bool

	// AllBuilds, with Rules, computes the window from all finished builds of pull requests, those of new commits
	// included, in place of the task's own record. It is here to be compared with.
	AllBuilds bool

	// Push starts a run after each push to the target branch, Completed after each green run of its CI, Every again and
	// again.
	Push, Completed bool
	Every           time.Duration
}

// runs reports whether anything but Azure Repos and people re-queues.
func (s *Strategy) runs() bool { return s.Rules != nil || s.Everything }

// runDelay is the time from a trigger until the run has read what there is; runTime is the agent time of a run.
const (
	runDelay = time.Minute
	runTime  = time.Minute
)
