package execute

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// confirmTime is how long a re-queue that its answer does not show is looked for.
const confirmTime = 20 * time.Second

// observation is what there is to see of a re-queue after its request was sent.
type observation struct {
	record  requeue.Evaluation
	build   int // that was started; 0 as long as none is known
	started bool
	broke   bool  // the record broke in answer
	err     error // why the last read told nothing
}

// errForeign says that an answer told nothing of the evaluation.
var errForeign = errors.New("the service shows the record of another policy")

// see judges the record that was read last.
func see(a requeue.Action, record requeue.Evaluation) observation {
	if record.Policy.ID != a.Evaluation.Policy.ID {
		return observation{err: errForeign}
	}
	return observation{record: record, build: a.BuildAfter(record), started: a.Confirmed(record), broke: a.Broke(record)}
}

// outcome is what an observation without doubt comes to.
func (s observation) outcome(a requeue.Action) (o requeue.Outcome, r ruling, certain bool) {
	switch {
	case s.started:
		return requeued(a, s, ""), accepted, true
	case s.broke:
		return declined(cmp.Or(s.record.Words, "the service could not start a build: the evaluation is broken now")), refused, true
	}
	return o, undecided, false
}

// confirm settles a request that was answered with 200, which is no proof.
func (x *executor) confirm(ctx context.Context, a requeue.Action, newest int, after requeue.Evaluation, slot *parallel.Slot) (requeue.Outcome, ruling) {
	seen := see(a, after)
	if !seen.started && !seen.broke {
		slot.Leave()
		seen = x.watch(ctx, a, newest, cmp.Or(seen.record.ID, a.Evaluation.ID))
	}
	if o, r, certain := seen.outcome(a); certain {
		return o, r
	}
	switch {
	case ctx.Err() != nil:
		return failed(fmt.Errorf("%w: the service took the request, but the run ended before it could be confirmed", ErrNotKnown)), undecided
	case seen.err != nil:
		return failed(fmt.Errorf("%w: %w", ErrNotKnown, seen.err)), undecided
	case a.LostBuild(seen.record):
		return requeued(a, seen, "accepted, no build seen yet"), accepted
	}
	return declined(x.likelyCause(a)), accepted
}

// confirmLost looks for what a request may have done whose answer was lost. settled is true if that settles the matter.
func (x *executor) confirmLost(
	ctx context.Context, a requeue.Action, newest int, slot *parallel.Slot, lost error,
) (o requeue.Outcome, r ruling, settled bool) {
	slot.Leave()
	seen := x.watch(ctx, a, newest, a.Evaluation.ID)
	if o, r, certain := seen.outcome(a); certain {
		return o, r, true
	}
	switch {
	case ctx.Err() != nil || seen.err != nil:
		return failed(fmt.Errorf("%w: %w", ErrNotKnown, errors.Join(lost, seen.err))), undecided, true
	case a.LostBuild(seen.record):
		return requeued(a, seen, "no answer, and the build is gone from the record; no new build seen yet"), accepted, true
	}
	return failed(fmt.Errorf("no answer to the re-queue, and nothing was started: %w", lost)), undecided, false
}

// lostAndMoved settles a request whose answer was lost and whose repeat a recheck forbids, of which o is the outcome: what has
// happened since the last read of the confirmation may be the request's own doing.
func (x *executor) lostAndMoved(ctx context.Context, a requeue.Action, newest int, o requeue.Outcome) (requeue.Outcome, ruling) {
	if o, r, certain := x.observe(ctx, a, newest, a.Evaluation.ID).outcome(a); certain {
		return o, r
	}
	if o.Kind != requeue.OutcomeMoved {
		return failed(errors.Join(ErrNotKnown, o.Err)), undecided
	}
	return o, undecided
}

func requeued(a requeue.Action, seen observation, detail string) requeue.Outcome {
	o := requeue.Outcome{Kind: requeue.OutcomeRequeued, BuildAfter: seen.build, Detail: detail}
	if id := seen.record.ID; id != a.Evaluation.ID {
		o.EvaluationID = id
	}
	return o
}

// watch reads the evaluation, and the builds of its pipeline, with growing pauses until either shows that something was
// started, the record breaks or confirmTime is over. It fails if the last read failed: earlier ones prove nothing, since
// both may lag behind by seconds.
func (x *executor) watch(ctx context.Context, a requeue.Action, newest int, id uuid.UUID) (seen observation) {
	end := x.Clock.now().Add(confirmTime)
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		left := end.Sub(x.Clock.now())
		if left <= 0 || !x.Clock.wait(ctx, min(pause, left)) {
			return seen
		}
		// The last read may take a moment longer: cut short, it would prove nothing.
		reading, cancel := context.WithTimeout(ctx, end.Sub(x.Clock.now())+5*time.Second)
		seen = x.observe(reading, a, newest, id)
		cancel()
		if seen.started || seen.broke {
			return seen
		}
		id = cmp.Or(seen.record.ID, id)
	}
}

// observe reads once what there is to see after the request.
func (x *executor) observe(ctx context.Context, a requeue.Action, newest int, id uuid.UUID) observation {
	record, err := x.Service.record(ctx, a, id)
	var seen observation
	if err == nil {
		seen = see(a, record)
	}
	if seen.started || seen.broke {
		return seen
	}
	builds, buildsErr := x.Service.Builds(ctx, a)
	if b := a.NewestBuild(builds); buildsErr == nil && b > newest {
		seen.started, seen.build = true, b
	}
	seen.err = errors.Join(seen.err, err, buildsErr)
	return seen
}

// likelyCause says why a re-queue that the service took may have started nothing.
func (x *executor) likelyCause(a requeue.Action) string {
	pipeline := a.Evaluation.Policy.PipelineID
	identity := "this identity"
	if x.Identity != "" {
		identity = `"` + x.Identity + `"`
	}
	question := requeue.Question{Kind: requeue.AskPipeline, ProjectID: a.PullRequest.Repository.Project.ID, PipelineID: pipeline}
	if answer, known := x.Facts[question]; known && answer.Err == nil && answer.Pipeline.ID == 0 {
		return fmt.Sprintf("nothing was started within %d s: the project shows no pipeline %d any more; point the policy at another one, "+
			"or, if it is only hidden from %s, allow \"View builds\" on it", int(confirmTime.Seconds()), pipeline, identity)
	}
	return fmt.Sprintf("nothing was started within %d s; most likely %s lacks the permission \"Queue builds\" on pipeline %d, or that pipeline cannot be queued",
		int(confirmTime.Seconds()), identity, pipeline)
}
