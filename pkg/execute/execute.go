package execute

import (
	"context"
	"sync"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

const (
	// turnTime bounds how long a write lets those before it in the plan go first: a slow read elsewhere must not make
	// what this one has read stale.
	turnTime = time.Second
	// turnLead is the head start of a write that is on its way and not answered yet: the next one takes another
	// connection, on which it could overtake.
	turnLead = 20 * time.Millisecond
)

// Options say how a plan is carried out.
type Options struct {
	Service Service
	Rules   requeue.Rules
	// Facts are those that the plan was made with.
	Facts requeue.Facts
	// Concurrency is how many writes may be under way at once, or reads while results are waited for; at least 1.
	Concurrency int
	// Identity is the display name of who sends the re-queues, for a person to read; "" if it is unknown.
	Identity string
	// Clock is the time by which it is carried out.
	Clock Clock
}

// executor carries out one plan, see Execute.
type executor struct {
	Options
	done  func(requeue.Action) // called once for each action that came to an end, from any goroutine
	lanes lanes
}

// units are the actions of each pull request, which are carried out one after the other.
func units(actions []requeue.Action) [][]requeue.Action {
	var all [][]requeue.Action
	for _, a := range actions {
		if n := len(all); n > 0 && all[n-1][0].PullRequest == a.PullRequest {
			all[n-1] = append(all[n-1], a)
			continue
		}
		all = append(all, []requeue.Action{a})
	}
	return all
}

// Execute carries out the plan and writes each action's Outcome: writes start in plan order and run within the
// concurrency, one at a time per pull request. When ctx ends nothing more is begun; requeue.OutcomePlanned is left to what
// was not begun. done, unless nil, is told of each action that was begun, in plan order, one at a time, as soon as its
// outcome and those before it are known; it may read that action's Outcome and no other.
func Execute(ctx context.Context, plan requeue.Plan, o Options, done func(requeue.Action)) {
	order := inOrder{tell: done}
	defer order.flush()
	x := &executor{Options: o, done: order.add}
	slots := parallel.NewSlots(o.Concurrency) // what waits for its confirmation holds none
	before := closed()
	var running sync.WaitGroup
	for _, unit := range units(plan.Actions()) {
		slot := slots.Take(ctx)
		if slot == nil {
			break
		}
		turn := &turn{before: before, begun: make(chan struct{})}
		before = turn.begun
		ticket := x.lanes.register(unit[0])
		running.Go(func() {
			defer slot.Leave()
			defer turn.pass()
			x.unit(ctx, unit, ticket, slot, turn)
		})
	}
	running.Wait()
}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// turn keeps the first writes of the pull requests in plan order.
type turn struct {
	before <-chan struct{}
	begun  chan struct{}
	once   sync.Once
}

func (t *turn) await(ctx context.Context) {
	timer := time.NewTimer(turnTime)
	defer timer.Stop()
	select {
	case <-t.before:
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (t *turn) pass() { t.once.Do(func() { close(t.begun) }) }

// unit carries out the actions of one pull request; the ticket is the first one's.
func (x *executor) unit(ctx context.Context, actions []requeue.Action, ticket *ticket, slot *parallel.Slot, turn *turn) {
	next, checked := 0, false
	settle := func(o requeue.Outcome) {
		a := actions[next]
		*a.Outcome = o
		if next++; o.Kind != requeue.OutcomePlanned {
			x.done(a)
		}
	}
	var panicked error
	defer func() {
		for panicked != nil && next < len(actions) {
			settle(failed(panicked))
		}
	}()
	defer parallel.Recover(&panicked)
	for next < len(actions) {
		if next > 0 {
			ticket = x.lanes.register(actions[next])
		}
		err := x.lanes.await(ctx, ticket, slot)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			settle(failed(err))
			continue
		}
		o, stop := x.inTurn(ctx, ticket, !checked || ticket.waited, slot, turn)
		checked = true
		settle(o)
		for stop && next < len(actions) {
			settle(o)
		}
	}
}

// inTurn carries out one action whose turn it is, and tells those that wait for it. recheck says that the pull request is
// read again first; stop is true if nothing more of it is to be written.
func (x *executor) inTurn(ctx context.Context, t *ticket, recheck bool, slot *parallel.Slot, turn *turn) (o requeue.Outcome, stop bool) {
	ruling := undecided
	defer func() { x.lanes.leave(t, ruling) }()
	if recheck {
		if o, stop = x.recheckPullRequest(ctx, t.action.PullRequest); stop {
			return o, true
		}
	}
	o, ruling = x.write(ctx, t.action, slot, turn)
	return o, false
}
