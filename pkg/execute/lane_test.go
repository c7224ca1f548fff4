package execute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestFirstGoesAlone: the first re-queue of a pipeline in a repository goes alone until it is confirmed, declined or
// refused; what it was refused for is not tried with the others.
func TestFirstGoesAlone(t *testing.T) {
	t.Parallel()
	const (
		starts  = "starts"  // another build at once
		late    = "late"    // another build after 3 s
		unmoved = "unmoved" // declined: the record stays as it was
		breaks  = "breaks"  // declined: the record breaks
		denies  = "denies"  // 403
		expires = "expires" // 401
		page    = "page"    // a sign-in page with status 203
		pushed  = "pushed"  // the pull request moves before it can be sent
	)
	type step struct {
		pipeline, repository int
		how                  string
	}
	same := func(hows ...string) []step {
		var steps []step
		for _, how := range hows {
			steps = append(steps, step{9, 1, how})
		}
		return steps
	}
	for _, tt := range []struct {
		name  string
		steps []step
		want  string // "N at S s" for each PATCH, in the order in which they were sent
		ends  string // the first letter of each outcome
		errs  map[int]string
	}{
		{name: "confirmed at once", steps: same(starts, starts, starts), want: "1 at 0, 2 at 0, 3 at 0", ends: "r r r"},
		{name: "confirmed later: the others wait", steps: same(late, starts, starts), want: "1 at 0, 2 at 4, 3 at 4", ends: "r r r"},
		{name: "declined: the others follow", steps: same(unmoved, starts, starts), want: "1 at 0, 2 at 20, 3 at 20", ends: "d r r"},
		{
			name: "403: no other is sent", steps: same(denies, starts, starts), want: "1 at 0", ends: "f f f",
			errs: map[int]string{2: "not sent: refused for pull request 1", 3: "not sent: refused for pull request 1"},
		},
		{
			name: "declined and broken: no other is sent", steps: same(breaks, starts), want: "1 at 0", ends: "d f",
			errs: map[int]string{2: "not sent: refused for pull request 1"},
		},
		{name: "moved: the next one goes alone", steps: same(pushed, late, starts, starts), want: "2 at 0, 3 at 4, 4 at 4", ends: "m r r r"},
		{
			name: "another pipeline does not wait, and is not stopped", want: "1 at 0, 2 at 0, 4 at 0", ends: "f r f r",
			steps: []step{{9, 1, denies}, {8, 1, starts}, {9, 1, starts}, {8, 1, starts}},
		},
		{
			name: "nor is the same pipeline in another repository", want: "1 at 0, 2 at 0, 4 at 0", ends: "f r f r",
			steps: []step{{9, 1, denies}, {9, 2, starts}, {9, 1, starts}, {9, 2, starts}},
		},
		{
			name: "401: nothing more is sent at all", want: "1 at 0", ends: "f f f",
			steps: []step{{9, 1, expires}, {9, 1, starts}, {9, 1, starts}},
			errs:  map[int]string{2: "not sent: refused for pull request 1", 3: "not sent: refused for pull request 1"},
		},
		{
			name: "401: for another pipeline neither, unless it was under way", want: "1 at 0, 2 at 0", ends: "f r f f",
			steps: []step{{9, 1, expires}, {8, 1, starts}, {9, 1, starts}, {9, 2, starts}},
		},
		{
			name: "a sign-in page: nothing more is sent at all", want: "1 at 0", ends: "f f f",
			steps: []step{{9, 1, page}, {9, 1, starts}, {9, 1, starts}},
			errs:  map[int]string{2: "not sent: refused for pull request 1", 3: "not sent: refused for pull request 1"},
		},
		{
			name: "refused while others are under way: those behind them are not sent", want: "1 at 0, 2 at 0, 3 at 0", ends: "r f r f",
			steps: append(same(starts, denies, late), step{9, 1, starts}),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				var mu sync.Mutex
				var order []string
				var actions []requeue.Action
				byID := map[uuid.UUID]int{}
				for i, s := range tt.steps {
					a := expiredAction(i+1, 1)
					repository := *a.PullRequest.Repository
					repository.ID = uuid.NewSHA1(uuid.Nil, fmt.Append(nil, s.repository))
					a.PullRequest.Repository = &repository
					a.Evaluation.Policy.PipelineID = s.pipeline
					actions = append(actions, a)
					byID[a.Evaluation.ID] = i
				}
				sent := make([]time.Time, len(tt.steps))
				record := func(id uuid.UUID) requeue.Evaluation {
					i := byID[id]
					e := apart(*actions[i].Evaluation)
					switch how := tt.steps[i].how; {
					case sent[i].IsZero():
					case how == starts, how == late && time.Since(sent[i]) >= 3*time.Second:
						e.IsExpired, e.BuildID = false, 51
					case how == breaks:
						e.Status, e.IsExpired = "broken", false
					}
					return e
				}
				o := Options{Concurrency: 2, Service: Service{
					PullRequest: func(_ context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) {
						now := *pr
						if tt.steps[pr.ID-1].how == pushed {
							now.SourceCommitID = "def"
						}
						return now, nil
					},
					Evaluation: func(_ context.Context, _, id uuid.UUID) (requeue.Evaluation, error) {
						mu.Lock()
						defer mu.Unlock()
						return record(id), nil
					},
					Builds: func(context.Context, requeue.Action) ([]requeue.Build, error) { return nil, nil },
					Requeue: func(_ context.Context, _, id uuid.UUID, begun func()) (requeue.Evaluation, error) {
						begun()
						mu.Lock()
						defer mu.Unlock()
						i := byID[id]
						sent[i] = time.Now()
						order = append(order, fmt.Sprintf("%d at %.0f", i+1, time.Since(begin).Seconds()))
						mu.Unlock()
						time.Sleep(100 * time.Millisecond) // the next one is on its way before this one is answered
						mu.Lock()
						switch tt.steps[i].how {
						case denies:
							return requeue.Evaluation{}, &azdo.Error{StatusCode: 403, Message: "no"}
						case expires:
							return requeue.Evaluation{}, &azdo.Error{StatusCode: 401, Message: "no"}
						case page:
							return requeue.Evaluation{}, &azdo.Error{StatusCode: 203, Message: "no", SignIn: true, Unclear: true}
						}
						return record(id), nil
					},
				}}
				outcomes := carryOut(t.Context(), o, nil, actions...)
				var ends []string
				for i, o := range outcomes {
					ends = append(ends, string(o.Kind[0]))
					if want := tt.errs[i+1]; want != "" && (o.Err == nil || o.Err.Error() != want) {
						t.Errorf("%d: %v, want %q", i+1, o.Err, want)
					}
				}
				if diff := cmp.Diff(tt.ends, strings.Join(ends, " ")); diff != "" {
					t.Errorf("outcomes (-want +got)\n%s", diff)
				}
				if diff := cmp.Diff(tt.want, strings.Join(order, ", ")); diff != "" {
					t.Errorf("requests (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// TestWokenGoesFirst: whoever has waited goes before those that come later, also while it is not on its feet yet or waits
// for a slot.
func TestWokenGoesFirst(t *testing.T) {
	t.Parallel()
	for _, r := range []ruling{undecided, accepted} {
		t.Run(fmt.Sprint(r), func(t *testing.T) {
			t.Parallel()
			var f lanes
			slots := parallel.NewSlots(1)
			action := func(pr, pipeline int) requeue.Action {
				a := expiredAction(pr, 1)
				a.Evaluation.Policy.PipelineID, a.Number = pipeline, pr
				return a
			}
			one, two := f.register(action(1, 9)), f.register(action(2, 9))
			f.leave(one, r)
			three, other := f.register(action(3, 9)), f.register(action(3, 8))
			if two.wait == nil || three.wait == nil || other.wait != nil {
				t.Fatalf("before the second has its slot: waits %v, %v, another pipeline %v", two.wait, three.wait, other.wait)
			}
			if err := f.await(t.Context(), two, free(t, slots)); err != nil || two.alone != (r == undecided) {
				t.Errorf("the second: alone %v, %v", two.alone, err)
			}
			select {
			case <-three.wait.ready:
				if r != accepted {
					t.Error("the third goes beside the second")
				}
			default:
				if r == accepted {
					t.Error("the third waits although the second has its slot")
				}
			}
			f.leave(two, accepted)
			if err := f.await(t.Context(), three, free(t, parallel.NewSlots(1))); err != nil || three.alone {
				t.Errorf("the third: alone %v, %v", three.alone, err)
			}
			if four := f.register(action(4, 9)); four.wait != nil || four.alone {
				t.Errorf("the fourth: %+v", four)
			}
		})
	}
}

// free is a slot that nobody holds.
func free(t *testing.T, slots parallel.Slots) *parallel.Slot {
	t.Helper()
	slot := slots.Take(t.Context())
	slot.Leave()
	return slot
}

// TestManyBehindOne: forty that wait for one are sent in plan order once it is confirmed, and a cancellation ends the wait.
func TestManyBehindOne(t *testing.T) {
	t.Parallel()
	for _, cancelled := range []bool{false, true} {
		t.Run(fmt.Sprint(cancelled), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var mu sync.Mutex
				var order []int
				var actions []requeue.Action
				index := map[uuid.UUID]int{}
				for i := range 40 {
					a := expiredAction(i+1, 1)
					index[a.Evaluation.ID] = i
					actions = append(actions, a)
				}
				o := Options{Concurrency: 4, Service: Service{
					PullRequest: func(_ context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) { return *pr, nil },
					Evaluation: func(_ context.Context, _, id uuid.UUID) (requeue.Evaluation, error) {
						e := apart(*actions[index[id]].Evaluation)
						mu.Lock()
						defer mu.Unlock()
						if slices.Contains(order, index[id]) {
							e.IsExpired, e.BuildID = false, 51
						}
						return e, nil
					},
					Builds: func(context.Context, requeue.Action) ([]requeue.Build, error) { return nil, nil },
					Requeue: func(_ context.Context, _, id uuid.UUID, begun func()) (requeue.Evaluation, error) {
						begun()
						mu.Lock()
						defer mu.Unlock()
						order = append(order, index[id])
						if cancelled {
							cancel()
						}
						return *actions[index[id]].Evaluation, nil
					},
				}}
				outcomes := carryOut(ctx, o, nil, actions...)
				if cancelled {
					if len(order) != 1 || outcomes[1].Kind != requeue.OutcomePlanned || outcomes[39].Kind != requeue.OutcomePlanned {
						t.Errorf("%d writes, %+v", len(order), outcomes[1])
					}
					return
				}
				if !slices.IsSorted(order) || len(order) != 40 {
					t.Errorf("writes started in the order %v", order)
				}
			})
		})
	}
}
