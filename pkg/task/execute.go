package task

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
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
	// requeue sends one PATCH, never more, and calls begun once it is on its way. It waits with ctx, but an exchange
	// that has begun outlives ctx by a moment.
	requeue func(ctx context.Context, project, id uuid.UUID, begun func()) (requeue.Evaluation, error)
	// onItsWay lists the builds of the action's pipeline for its pull request that are in progress or waiting.
	onItsWay func(ctx context.Context, a requeue.Action) ([]requeue.Build, error)
	// build answers what the state of an evaluation may hang on.
	build func(ctx context.Context, project uuid.UUID, id int) (requeue.Build, error)
}

// executor carries out a plan, see execute.
type executor struct {
	service
	rules       requeue.Rules
	facts       requeue.Facts
	concurrency int
	done        func(i int, o requeue.Outcome) // called once for each action that came to an end, from any goroutine
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
		running.Go(func() {
			defer place.leave()
			defer turn.pass()
			x.unit(ctx, u, place, turn, outcomes)
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

// unit carries out the actions of one pull request.
func (x *executor) unit(ctx context.Context, u unit, place *place, turn *turn, outcomes []requeue.Outcome) {
	settle := func(i int, o requeue.Outcome) {
		outcomes[u.first+i] = o
		if o.Verdict != requeue.VerdictPlanned {
			x.done(u.first+i, o)
		}
	}
	next := 0
	defer func() {
		if p := recover(); p != nil {
			for ; next < len(u.actions); next++ {
				settle(next, failed(fmt.Errorf("internal error: %v", p)))
			}
		}
	}()
	if o, stop := x.lookAtPullRequest(ctx, u.actions[0].PullRequest); stop {
		for ; next < len(u.actions); next++ {
			settle(next, o)
		}
		return
	}
	for ; next < len(u.actions); next++ {
		place.enter(ctx)
		if ctx.Err() != nil {
			return
		}
		settle(next, x.write(ctx, u.actions[next], place, turn))
	}
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
	case azdo.IsNotFound(err):
		return moved("the pull request is gone"), true
	case err != nil:
		return failed(fmt.Errorf("read the pull request again: %w", err)), true
	}
	if detail, isMoved := requeue.MovedPullRequest(planned, &now); isMoved {
		return moved(detail), true
	}
	return requeue.Outcome{}, false
}

// look reads the evaluation again and asks for builds on their way; stop is true if it is not to be written.
func (x *executor) look(ctx context.Context, a requeue.Action) (o requeue.Outcome, stop bool) {
	now, err := x.evaluation(ctx, a.PullRequest.Repository.Project.ID, a.Evaluation.ID)
	switch {
	case ctx.Err() != nil:
		return requeue.Outcome{Verdict: requeue.VerdictPlanned}, true
	case azdo.IsNotFound(err):
		return moved("the evaluation is gone"), true
	case err != nil:
		return failed(fmt.Errorf("read the evaluation again: %w", err)), true
	}
	facts, err := x.factsFor(ctx, a, now)
	switch {
	case ctx.Err() != nil:
		return requeue.Outcome{Verdict: requeue.VerdictPlanned}, true
	case err != nil:
		return failed(fmt.Errorf("read the evaluation's build again: %w", err)), true
	}
	if detail, isMoved := x.rules.Moved(a, now, facts, time.Now()); isMoved {
		return moved(detail), true
	}
	builds, err := x.onItsWay(ctx, a)
	switch {
	case ctx.Err() != nil:
		return requeue.Outcome{Verdict: requeue.VerdictPlanned}, true
	case err != nil:
		return failed(fmt.Errorf("ask for builds on their way: %w", err)), true
	}
	if b, found := a.OnItsWay(builds); found {
		return moved(fmt.Sprintf("build %d of this pipeline is on its way", b.ID)), true
	}
	return requeue.Outcome{}, false
}

// factsFor is what the state of the record hangs on: the plan's facts, and the build of a policy that has come to show
// a green one as rejected since then.
func (x *executor) factsFor(ctx context.Context, a requeue.Action, now requeue.Evaluation) (requeue.Facts, error) {
	_, question := x.rules.StateOf(a.PullRequest.Repository.Project.ID, now, x.facts, time.Now())
	if question == nil || now.BuildID != a.Evaluation.BuildID {
		return x.facts, nil
	}
	build, err := x.build(ctx, question.ProjectID, question.BuildID)
	return requeue.Facts{*question: {Build: build}}, err
}

// write re-queues one evaluation: look, PATCH, confirm. At most two requests that may have started something are sent;
// the second only after the first one's answer was lost and the record shows that nothing was started.
func (x *executor) write(ctx context.Context, a requeue.Action, place *place, turn *turn) requeue.Outcome {
	if o, stop := x.look(ctx, a); stop {
		return o
	}
	turn.await(ctx)
	begin, patches := time.Now(), 0
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			return unfinished(patches)
		}
		after, err := x.requeue(ctx, a.PullRequest.Repository.Project.ID, a.Evaluation.ID,
			func() { time.AfterFunc(turnLead, turn.pass) })
		turn.pass()
		retryAfter, throttled := azdo.IsThrottled(err)
		switch {
		case err == nil:
			return x.confirm(ctx, a, after, place)
		case throttled:
			if try == maxTries || time.Since(begin) > tryTime && retryAfter == 0 {
				return failed(err)
			}
			sleep(ctx, cmp.Or(retryAfter, time.Duration(try)*time.Second))
		case azdo.IsOverdue(err): // nothing was sent
			if try == maxTries {
				return failed(err)
			}
		case azdo.IsLost(err):
			patches++
			o, settled := x.confirmLost(ctx, a, place, err)
			if settled || patches == maxPatches {
				return o
			}
		case ctx.Err() != nil:
			return unfinished(patches)
		default:
			return x.refused(ctx, a, err)
		}
		place.enter(ctx)
		if ctx.Err() != nil {
			return unfinished(patches)
		}
		if o, stop := x.look(ctx, a); stop {
			if patches > 0 && o.Verdict != requeue.VerdictMoved {
				return failed(errors.Join(errNotKnown, o.Err))
			}
			return o
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

// confirm settles a request that was answered with 200, which is no proof.
func (x *executor) confirm(ctx context.Context, a requeue.Action, after requeue.Evaluation, place *place) requeue.Outcome {
	if x.rules.Confirmed(a, after, time.Now()) {
		return requeued(a, after)
	}
	place.leave()
	after, started, err := x.watch(ctx, a)
	switch {
	case started:
		return requeued(a, after)
	case ctx.Err() != nil:
		return failed(fmt.Errorf("%w: the service took the request, but the run ended before it could be confirmed", errNotKnown))
	case err != nil:
		return failed(fmt.Errorf("%w: %w", errNotKnown, err))
	}
	return requeue.Outcome{Verdict: requeue.VerdictDeclined, Detail: x.likelyCause(a)}
}

// confirmLost looks for what a request may have done whose answer was lost.
// The second result is true if that settles the matter.
func (x *executor) confirmLost(ctx context.Context, a requeue.Action, place *place, lost error) (requeue.Outcome, bool) {
	place.leave()
	after, started, err := x.watch(ctx, a)
	switch {
	case started:
		return requeued(a, after), true
	case ctx.Err() != nil || err != nil:
		return failed(fmt.Errorf("%w: %w", errNotKnown, errors.Join(lost, err))), true
	}
	return failed(fmt.Errorf("no answer to the re-queue, and nothing was started: %w", lost)), false
}

func requeued(a requeue.Action, after requeue.Evaluation) requeue.Outcome {
	return requeue.Outcome{Verdict: requeue.VerdictRequeued, BuildAfter: a.BuildAfter(after)}
}

// watch reads the evaluation with growing pauses until it shows that something was started or confirmTime is over. It
// fails if the last look failed: earlier ones prove nothing, since the record may lag behind by seconds.
func (x *executor) watch(ctx context.Context, a requeue.Action) (after requeue.Evaluation, started bool, err error) {
	end := time.Now().Add(confirmTime)
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		left := time.Until(end)
		if left <= 0 || !sleep(ctx, min(pause, left)) {
			return after, false, err
		}
		// The last look may take a moment longer: cut short, it would prove nothing.
		reading, cancel := context.WithDeadline(ctx, end.Add(5*time.Second))
		after, err = x.evaluation(reading, a.PullRequest.Repository.Project.ID, a.Evaluation.ID)
		cancel()
		if err == nil && x.rules.Confirmed(a, after, time.Now()) {
			return after, true, nil
		}
	}
}

// refused settles a request that the service turned down. What has moved since the look explains most of these.
func (x *executor) refused(ctx context.Context, a requeue.Action, err error) requeue.Outcome {
	if azdo.IsStale(err) {
		if o, stop := x.lookAtPullRequest(ctx, a.PullRequest); stop && o.Verdict == requeue.VerdictMoved {
			return o
		}
		if o, stop := x.look(ctx, a); stop && o.Verdict == requeue.VerdictMoved {
			return o
		}
	}
	return failed(err)
}

func (x *executor) likelyCause(a requeue.Action) string {
	return fmt.Sprintf("nothing was started within %d s; most likely this identity lacks the permission \"Queue builds\" on pipeline %d, or that pipeline cannot be queued",
		int(confirmTime.Seconds()), a.Evaluation.Policy.PipelineID)
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
