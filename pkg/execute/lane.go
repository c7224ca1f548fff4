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

// ruling is what the outcome of one action says about the others of its pipeline in its repository.
type ruling int

const (
	undecided  ruling = iota // nothing was sent, or nobody knows what came of it: the next one goes alone again
	accepted                 // confirmed or declined: the others may follow
	refused                  // refused, or declined in a way that broke the record: the others would lose what they have
	refusedAll               // the token itself was refused
)

// firsts lets the first re-queue of each pipeline in a repository go alone until its outcome is known. One permission
// that is missing must not take from forty pull requests what they have: a declined re-queue can leave a record that no
// longer says that it is expired.
type firsts struct {
	mu    sync.Mutex
	known map[firstKey]*first
	all   int // the pull request for which the token was refused; 0 if it was not
}

type firstKey struct {
	repository uuid.UUID
	pipeline   int
}

type first struct {
	busy     bool // one goes alone
	accepted bool
	refused  int // the pull request that was refused; 0 if none was
	waiting  []*waiter
	coming   int // were woken and have no place yet
}

// waiter is an action that waits for the one that goes alone; ready is closed when it may try again.
type waiter struct {
	number int // of the action
	ready  chan struct{}
	woken  bool
}

func keyOf(a requeue.Action) firstKey {
	return firstKey{a.PullRequest.Repository.ID, a.Evaluation.Policy.PipelineID}
}

func (f *firsts) of(a requeue.Action) *first {
	if f.known == nil {
		f.known = map[firstKey]*first{}
	}
	key := keyOf(a)
	if f.known[key] == nil {
		f.known[key] = &first{}
	}
	return f.known[key]
}

// stopped says why nothing more is sent for the pipeline of the action; nil if there is no reason.
func (f *firsts) stopped(a requeue.Action) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reason(f.of(a))
}

func (f *firsts) reason(g *first) error {
	for _, pullRequest := range []int{f.all, g.refused} {
		if pullRequest != 0 {
			return fmt.Errorf("not sent: refused for pull request %d", pullRequest)
		}
	}
	return nil
}

// ticket is the place of one action in the queue of its pipeline.
type ticket struct {
	action requeue.Action
	wait   *waiter // nil: its turn has come
	coming bool    // it was woken and has no place yet
	alone  bool    // the others wait for it
	waited bool    // its turn did not come at once
}

// register queues an action. Those of the first actions of each pull request come in plan order.
func (f *firsts) register(a requeue.Action) *ticket {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &ticket{action: a}
	f.queue(t)
	return t
}

func (f *firsts) queue(t *ticket) {
	g := f.of(t.action)
	t.coming = t.wait != nil && t.wait.woken
	t.wait, t.alone = nil, false
	switch {
	case f.reason(g) != nil:
	case g.holds(t.coming):
		g.arrive(t)
		t.wait = &waiter{number: t.action.Number, ready: make(chan struct{})}
		at, _ := slices.BinarySearchFunc(g.waiting, t.action.Number, func(w *waiter, number int) int { return w.number - number })
		g.waiting = slices.Insert(g.waiting, at, t.wait)
	case !g.accepted:
		g.busy, t.alone = true, true
	}
}

// await waits for the turn of an action, without a place, and then takes one. Whoever got no error has to leave.
func (f *firsts) await(ctx context.Context, t *ticket, place *parallel.Place) error {
	for t.wait != nil && ctx.Err() == nil {
		t.waited = true
		place.Leave()
		select {
		case <-t.wait.ready:
		case <-ctx.Done():
		}
		f.mu.Lock()
		f.queue(t)
		f.mu.Unlock()
	}
	place.Enter(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.of(t.action)
	g.arrive(t)
	if g.accepted {
		g.wake(1) // the next one in plan order, once this one has its place
	}
	err := f.reason(g)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil && t.alone {
		g.busy = false
		g.wake(1)
	}
	return err
}

// holds reports whether an action has to wait. One that was woken goes before those that still wait, and before those that
// come while it has no place yet.
func (g *first) holds(woken bool) bool {
	switch {
	case woken:
		return !g.accepted && g.busy
	case g.accepted:
		return g.coming+len(g.waiting) > 0
	}
	return g.busy || g.coming > 0
}

// wake lets the first n of those that wait try again.
func (g *first) wake(n int) {
	n = min(n, len(g.waiting))
	for _, w := range g.waiting[:n] {
		w.woken = true
		close(w.ready)
	}
	g.waiting, g.coming = g.waiting[n:], g.coming+n
}

// arrive ends the way of one that was woken.
func (g *first) arrive(t *ticket) {
	if t.coming {
		g.coming--
	}
	t.coming = false
}

// leave tells the others what came of the action.
func (f *firsts) leave(t *ticket, r ruling) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.of(t.action)
	if t.alone {
		g.busy = false
	}
	switch r {
	case undecided:
	case accepted:
		g.accepted = true
	case refused:
		g.refused = t.action.PullRequest.ID
	case refusedAll:
		f.all = t.action.PullRequest.ID
	}
	switch {
	case f.all != 0:
		for _, other := range f.known {
			other.wake(len(other.waiting))
		}
	case g.refused != 0:
		g.wake(len(g.waiting))
	case t.alone:
		g.wake(1)
	}
}
