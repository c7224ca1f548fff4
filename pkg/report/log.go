package report

import (
	"sync"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

// Log is the log of a run: whatever a task can tell its agent, and the lines about plans and outcomes. It is safe for
// concurrent use.
type Log struct {
	*agent.Log
	now func() time.Time // for "started 3 h ago"

	collection string // for addresses; without it there are none

	mu    sync.Mutex
	known known // the plan that was printed last
}

// New returns a Log that writes through the agent's. now is the clock; nil is the real one.
func New(log *agent.Log, now func() time.Time) *Log {
	if now == nil {
		now = time.Now
	}
	return &Log{Log: log, now: now}
}
