package task

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

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

// service is what execution and waiting ask of Azure DevOps.
type service struct {
	pullRequest func(ctx context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error)
	evaluation  func(ctx context.Context, project, id uuid.UUID) (requeue.Evaluation, error)
	// evaluations lists all of a pull request, those that do not apply included.
	evaluations func(ctx context.Context, pr *requeue.PullRequest) ([]requeue.Evaluation, error)
	// requeue sends one PATCH, never more, and calls begun once it is on its way. It waits with ctx, but an exchange
	// that has begun outlives ctx by a moment.
	requeue func(ctx context.Context, project, id uuid.UUID, begun func()) (requeue.Evaluation, error)
	// builds lists the newest builds of the action's pipeline for its pull request.
	builds func(ctx context.Context, a requeue.Action) ([]requeue.Build, error)
	// build answers what the state of an evaluation may hang on.
	build func(ctx context.Context, project uuid.UUID, id int) (requeue.Build, error)
}

// record reads the evaluation of an action by its number. Where that number is gone it looks for the record of the same
// policy: a re-queue may put it under a new number.
func (s *service) record(ctx context.Context, a requeue.Action, id uuid.UUID) (requeue.Evaluation, error) {
	found, err := s.evaluation(ctx, a.PullRequest.Repository.Project.ID, id)
	if !errors.Is(err, requeue.ErrGone) {
		return found, err
	}
	all, listErr := s.evaluations(ctx, a.PullRequest)
	if listErr != nil {
		return found, listErr
	}
	for _, e := range all {
		if e.Policy.ID == a.Evaluation.Policy.ID {
			return e, nil
		}
	}
	return found, err
}

// executor carries out a plan, see execute.
type executor struct {
	service
	rules       requeue.Rules
	facts       requeue.Facts
	concurrency int
	done        func(i int, o requeue.Outcome) // called once for each action that came to an end, from any goroutine
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

// execute carries out the actions: writes start in plan order and run within the executor's concurrency, one at a time
// per pull request. When ctx ends nothing more is begun. Every action has an outcome; requeue.VerdictPlanned is what
// was not begun.
func (x *executor) execute(ctx context.Context, actions []requeue.Action) []requeue.Outcome {
	outcomes := make([]requeue.Outcome, len(actions))
	for i := range outcomes {
		outcomes[i].Verdict = requeue.VerdictPlanned
	}
	places := make(chan struct{}, max(1, x.concurrency))
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
func (x *executor) unit(ctx context.Context, u unit, ticket *ticket, place *place, turn *turn, outcomes []requeue.Outcome) {
	settle := func(i int, o requeue.Outcome) {
		outcomes[u.first+i] = o
		if o.Verdict != requeue.VerdictPlanned {
			x.done(u.first+i, o)
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
func (x *executor) inTurn(ctx context.Context, t *ticket, look bool, place *place, turn *turn) (o requeue.Outcome, stop bool) {
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

func failed(err error) requeue.Outcome {
	return requeue.Outcome{Verdict: requeue.VerdictFailed, Err: err}
}

func moved(detail string) requeue.Outcome {
	return requeue.Outcome{Verdict: requeue.VerdictMoved, Detail: detail}
}

// errNotKnown ends every outcome where a request may have started a build and nobody could be asked.
var errNotKnown = errors.New("result not known")

// lookAtPullRequest reads the pull request again; stop is true if nothing of it is to be written.
func (x *executor) lookAtPullRequest(ctx context.Context, planned *requeue.PullRequest) (o requeue.Outcome, stop bool) {
	now, err := x.pullRequest(ctx, planned)
	switch {
	case ctx.Err() != nil:
		return requeue.Outcome{Verdict: requeue.VerdictPlanned}, true
	case errors.Is(err, requeue.ErrNotFound):
		return moved("the pull request is gone"), true
	case err != nil:
		return failed(fmt.Errorf("read the pull request again: %w", err)), true
	}
	if detail, isMoved := x.rules.MovedPullRequest(planned, &now); isMoved {
		return moved(detail), true
	}
	return requeue.Outcome{}, false
}

// look reads the evaluation again and asks for builds on their way; stop is true if it is not to be written. newest is the
// newest build that there is: a newer one will have been started by the re-queue.
func (x *executor) look(ctx context.Context, a requeue.Action) (newest int, o requeue.Outcome, stop bool) {
	now, err := x.evaluation(ctx, a.PullRequest.Repository.Project.ID, a.Evaluation.ID)
	switch {
	case ctx.Err() != nil:
		return 0, requeue.Outcome{Verdict: requeue.VerdictPlanned}, true
	case errors.Is(err, requeue.ErrNotFound):
		return 0, moved("the evaluation is gone"), true
	case err != nil:
		return 0, failed(fmt.Errorf("read the evaluation again: %w", err)), true
	}
	facts, err := x.factsFor(ctx, a, now)
	switch {
	case ctx.Err() != nil:
		return 0, requeue.Outcome{Verdict: requeue.VerdictPlanned}, true
	case err != nil:
		return 0, failed(fmt.Errorf("read the evaluation's build again: %w", err)), true
	}
	if detail, isMoved := x.rules.Moved(a, now, facts, time.Now()); isMoved {
		return 0, moved(detail), true
	}
	builds, err := x.builds(ctx, a)
	switch {
	case ctx.Err() != nil:
		return 0, requeue.Outcome{Verdict: requeue.VerdictPlanned}, true
	case err != nil:
		return 0, failed(fmt.Errorf("ask for builds on their way: %w", err)), true
	}
	if b, found := a.OnItsWay(builds); found {
		return 0, moved(fmt.Sprintf("build %d of this pipeline is on its way", b.ID)), true
	}
	return a.NewestBuild(builds), requeue.Outcome{}, false
}

// factsFor is what the state of the record hangs on: the plan's facts, and the build of a policy that has come to show
// a green one as rejected since then.
func (x *executor) factsFor(ctx context.Context, a requeue.Action, now requeue.Evaluation) (requeue.Facts, error) {
	_, question := x.rules.StateOf(a.PullRequest.Repository.Project.ID, now, x.facts, time.Now())
	if question == nil || now.BuildID != a.Evaluation.BuildID {
		return x.facts, nil
	}
	answer := requeue.AnswerBuild(x.build(ctx, question.ProjectID, question.BuildID))
	return requeue.Facts{*question: answer}, answer.Err
}

// write re-queues one evaluation: look, PATCH, confirm. At most two requests that may have started something are sent;
// the second only after the first one's answer was lost and nothing shows that anything was started.
func (x *executor) write(ctx context.Context, a requeue.Action, place *place, turn *turn) (requeue.Outcome, ruling) {
	newest, o, stop := x.look(ctx, a)
	if stop {
		return o, undecided
	}
	turn.await(ctx)
	begin, patches := time.Now(), 0
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			return unfinished(patches), undecided
		}
		if err := x.firsts.stopped(a); err != nil {
			return failed(err), undecided // refused for another one since then
		}
		after, err := x.requeue(ctx, a.PullRequest.Repository.Project.ID, a.Evaluation.ID,
			func() { time.AfterFunc(turnLead, turn.pass) })
		turn.pass()
		throttled, isThrottled := errors.AsType[requeue.Throttled](err)
		switch {
		case err == nil:
			return x.confirm(ctx, a, newest, after, place)
		case isThrottled:
			if try == maxTries || time.Since(begin) > tryTime && throttled.After == 0 {
				return failed(err), undecided
			}
			sleep(ctx, cmp.Or(throttled.After, time.Duration(try)*time.Second))
		case errors.Is(err, requeue.ErrOverdue): // nothing was sent
			if try == maxTries {
				return failed(err), undecided
			}
		case errors.Is(err, requeue.ErrLost):
			patches++
			o, ruling, settled := x.confirmLost(ctx, a, newest, place, err)
			if settled || patches == maxPatches {
				return o, ruling
			}
		case ctx.Err() != nil && errors.Is(err, ctx.Err()): // nothing was sent
			return unfinished(patches), undecided
		default:
			return x.refused(ctx, a, err)
		}
		place.enter(ctx)
		if ctx.Err() != nil {
			return unfinished(patches), undecided
		}
		if _, o, stop := x.look(ctx, a); stop {
			if patches == 0 {
				return o, undecided
			}
			return x.lostAndMoved(ctx, a, newest, o)
		}
	}
}

// unfinished is the outcome of a write that a cancellation ended.
func unfinished(patches int) requeue.Outcome {
	if patches == 0 {
		return requeue.Outcome{Verdict: requeue.VerdictPlanned}
	}
	return failed(errNotKnown)
}

// refused settles a request that the service turned down. What has moved since the look explains most of these.
func (x *executor) refused(ctx context.Context, a requeue.Action, err error) (requeue.Outcome, ruling) {
	if errors.Is(err, requeue.ErrStale) {
		if o, stop := x.lookAtPullRequest(ctx, a.PullRequest); stop && o.Verdict == requeue.VerdictMoved {
			return o, undecided
		}
		if _, o, stop := x.look(ctx, a); stop && o.Verdict == requeue.VerdictMoved {
			return o, undecided
		}
	}
	switch {
	case errors.Is(err, requeue.ErrTokenRefused):
		return failed(err), refusedAll
	case errors.Is(err, requeue.ErrForbidden):
		return failed(err), refused
	}
	return failed(err), undecided
}

// sleep waits and reports whether it was left in peace.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
