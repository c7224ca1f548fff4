package execute

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// ruling is what the outcome of one action means for the others in its lane.
type ruling int

const (
	undecided  ruling = iota // nothing was sent, or nobody knows what came of it: the next one goes alone again
	accepted                 // confirmed or declined: the others may follow
	refused                  // refused, or declined in a way that broke the record: the others would lose what they have
	refusedAll               // the token itself was refused
)

// lanes are the lanes of one plan, one for each pipeline in a repository. The first re-queue in a lane goes alone until its
// outcome is known, because a permission may be missing: a declined re-queue can leave a record that does not say any more
// that it is expired, and forty pull requests must not lose that.
type lanes struct {
	mu      sync.Mutex
	known   map[laneKey]*lane
	refused int // the pull request for which the token was refused; 0 if it was not
}

type laneKey struct {
	repository uuid.UUID
	pipeline   int
}

// lane is what is known of the actions of one pipeline in one repository.
type lane struct {
	busy     bool // one goes alone
	accepted bool
	refused  int // the pull request that was refused; 0 if none was
	waiting  []*waiter
	coming   int // were woken and have no slot yet
}

// waiter is an action that waits for the one that goes alone; ready is closed when it may try again.
type waiter struct {
	number int // of the action
	ready  chan struct{}
	woken  bool
}

func keyOf(a requeue.Action) laneKey {
	return laneKey{a.PullRequest.Repository.ID, a.Evaluation.Policy.PipelineID}
}

func (ls *lanes) of(a requeue.Action) *lane {
	if ls.known == nil {
		ls.known = map[laneKey]*lane{}
	}
	key := keyOf(a)
	if ls.known[key] == nil {
		ls.known[key] = &lane{}
	}
	return ls.known[key]
}

// stopped says why nothing more is sent for the pipeline of the action; nil if there is no reason.
func (ls *lanes) stopped(a requeue.Action) error {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.reason(ls.of(a))
}

func (ls *lanes) reason(l *lane) error {
	for _, pullRequest := range []int{ls.refused, l.refused} {
		if pullRequest != 0 {
			return fmt.Errorf("not sent: refused for pull request %d", pullRequest)
		}
	}
	return nil
}

// ticket is the entry of one action in its lane.
type ticket struct {
	action requeue.Action
	wait   *waiter // nil: its turn has come
	coming bool    // it was woken and has no slot yet
	alone  bool    // the others wait for it
	waited bool    // its turn did not come at once
}

// register queues an action. Those of the first actions of each pull request come in plan order.
func (ls *lanes) register(a requeue.Action) *ticket {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	t := &ticket{action: a}
	ls.queue(t)
	return t
}

func (ls *lanes) queue(t *ticket) {
	l := ls.of(t.action)
	t.coming = t.wait != nil && t.wait.woken
	t.wait, t.alone = nil, false
	switch {
	case ls.reason(l) != nil:
	case l.mustWait(t.coming):
		l.arrive(t)
		t.wait = &waiter{number: t.action.Number, ready: make(chan struct{})}
		at, _ := slices.BinarySearchFunc(l.waiting, t.action.Number, func(w *waiter, number int) int { return w.number - number })
		l.waiting = slices.Insert(l.waiting, at, t.wait)
	case !l.accepted:
		l.busy, t.alone = true, true
	}
}

// await waits for the turn of an action, without a slot, and then takes one. Whoever got no error has to leave.
func (ls *lanes) await(ctx context.Context, t *ticket, slot *parallel.Slot) error {
	for t.wait != nil && ctx.Err() == nil {
		t.waited = true
		slot.Leave()
		select {
		case <-t.wait.ready:
		case <-ctx.Done():
		}
		ls.mu.Lock()
		ls.queue(t)
		ls.mu.Unlock()
	}
	slot.Enter(ctx)
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := ls.of(t.action)
	l.arrive(t)
	if l.accepted {
		l.wake(1) // the next one in plan order, once this one has its slot
	}
	err := ls.reason(l)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil && t.alone {
		l.busy = false
		l.wake(1)
	}
	return err
}

// mustWait reports whether an action has to wait. One that was woken goes before those that still wait, and before those
// that come while it has no slot yet.
func (l *lane) mustWait(woken bool) bool {
	switch {
	case woken:
		return !l.accepted && l.busy
	case l.accepted:
		return l.coming+len(l.waiting) > 0
	}
	return l.busy || l.coming > 0
}

// wake lets the first n of those that wait try again.
func (l *lane) wake(n int) {
	n = min(n, len(l.waiting))
	for _, w := range l.waiting[:n] {
		w.woken = true
		close(w.ready)
	}
	l.waiting, l.coming = l.waiting[n:], l.coming+n
}

// arrive ends the way of one that was woken.
func (l *lane) arrive(t *ticket) {
	if t.coming {
		l.coming--
	}
	t.coming = false
}

// leave tells the others what came of the action.
func (ls *lanes) leave(t *ticket, r ruling) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := ls.of(t.action)
	if t.alone {
		l.busy = false
	}
	switch r {
	case undecided:
	case accepted:
		l.accepted = true
	case refused:
		l.refused = t.action.PullRequest.ID
	case refusedAll:
		ls.refused = t.action.PullRequest.ID
	}
	switch {
	case ls.refused != 0:
		for _, other := range ls.known {
			other.wake(len(other.waiting))
		}
	case l.refused != 0:
		l.wake(len(l.waiting))
	case t.alone:
		l.wake(1)
	}
}
