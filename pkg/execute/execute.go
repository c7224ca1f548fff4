package execute

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

const (
	// confirmTime is how long a re-queue that its answer does not show is looked for.
	confirmTime = 20 * time.Second
	// maxPatches bounds the requests that may have started something, for one evaluation.
	maxPatches = 2
	// maxTries and tryTime bound what is repeated because the service asked to come back later.
	maxTries = 5
	tryTime  = 30 * time.Second
	// turnTime bounds how long a write lets those before it in the plan go first: a slow look elsewhere must not make
	// this one's stale.
	turnTime = time.Second
	// turnLead is the head start of a write that is on its way and not answered yet: the next one takes another
	// connection, on which it could overtake.
	turnLead = 20 * time.Millisecond
)

// Executor carries out a plan, see Execute.
type Executor struct {
	Service
	Rules       requeue.Rules
	Facts       requeue.Facts
	Concurrency int
	Done        func(i int, o requeue.Outcome) // called once for each action that came to an end, from any goroutine
	firsts      firsts
}

// unit is the actions of one pull request, which are carried out one after the other.
type unit struct {
	first   int // index of its first action
	actions []requeue.Action
}

func units(actions []requeue.Action) []unit {
	var all []unit
	for i, a := range actions {
		if n := len(all); n > 0 && all[n-1].actions[0].PullRequestIndex == a.PullRequestIndex {
			all[n-1].actions = append(all[n-1].actions, a)
			continue
		}
		all = append(all, unit{first: i, actions: []requeue.Action{a}})
	}
	return all
}

// Execute carries out the actions: writes start in plan order and run within the executor's concurrency, one at a time
// per pull request. When ctx ends nothing more is begun. Every action has an outcome; requeue.VerdictPlanned is what
// was not begun.
func (x *Executor) Execute(ctx context.Context, actions []requeue.Action) []requeue.Outcome {
	outcomes := make([]requeue.Outcome, len(actions))
	for i := range outcomes {
		outcomes[i].Verdict = requeue.VerdictPlanned
	}
	places := make(chan struct{}, max(1, x.Concurrency))
	before := closed()
	var running sync.WaitGroup
	for _, u := range units(actions) {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		turn := &turn{before: before, begun: make(chan struct{})}
		before = turn.begun
		place := &place{places: places, held: true}
		ticket := x.firsts.register(u.first, u.actions[0])
		running.Go(func() {
			defer place.leave()
			defer turn.pass()
			x.unit(ctx, u, ticket, place, turn, outcomes)
		})
	}
	running.Wait()
	return outcomes
}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// place is one of the writes that may be under way at once. What waits for its confirmation holds none.
type place struct {
	places chan struct{}
	held   bool
}

func (p *place) leave() {
	if p.held {
		<-p.places
		p.held = false
	}
}

func (p *place) enter(ctx context.Context) {
	if p.held {
		return
	}
	select {
	case p.places <- struct{}{}:
		p.held = true
	case <-ctx.Done():
	}
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
func (x *Executor) unit(ctx context.Context, u unit, ticket *ticket, place *place, turn *turn, outcomes []requeue.Outcome) {
	settle := func(i int, o requeue.Outcome) {
		outcomes[u.first+i] = o
		if o.Verdict != requeue.VerdictPlanned {
			x.Done(u.first+i, o)
		}
	}
	next, looked := 0, false
	defer func() {
		if p := recover(); p != nil {
			for ; next < len(u.actions); next++ {
				settle(next, failed(fmt.Errorf("internal error: %v", p)))
			}
		}
	}()
	for ; next < len(u.actions); next++ {
		if next > 0 {
			ticket = x.firsts.register(u.first+next, u.actions[next])
		}
		err := x.firsts.await(ctx, ticket, place)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			settle(next, failed(err))
			continue
		}
		o, stop := x.inTurn(ctx, ticket, !looked || ticket.waited, place, turn)
		looked = true
		if stop {
			for ; next < len(u.actions); next++ {
				settle(next, o)
			}
			return
		}
		settle(next, o)
	}
}

// inTurn carries out one action whose turn it is, and tells those that wait for it. look says that the pull request is
// read again first; stop is true if nothing more of it is to be written.
func (x *Executor) inTurn(ctx context.Context, t *ticket, look bool, place *place, turn *turn) (o requeue.Outcome, stop bool) {
	ruling := undecided
	defer func() { x.firsts.leave(t, ruling) }()
	if look {
		if o, stop = x.lookAtPullRequest(ctx, t.action.PullRequest); stop {
			return o, true
		}
	}
	o, ruling = x.write(ctx, t.action, place, turn)
	return o, false
}
