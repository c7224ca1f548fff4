package execute

import (
	"maps"
	"slices"
	"sync"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// inOrder tells of actions in plan order, each as soon as those before it are known.
type inOrder struct {
	tell func(requeue.Action) // nil: nobody listens

	mu    sync.Mutex
	told  int // the number of the action that was told last
	known map[int]requeue.Action
}

// add takes an action whose outcome is written, and is not written again.
func (o *inOrder) add(a requeue.Action) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tell == nil {
		return
	}
	if o.known == nil {
		o.known = map[int]requeue.Action{}
	}
	o.known[a.Number] = a
	for {
		a, ok := o.known[o.told+1]
		if !ok {
			return
		}
		o.told++
		delete(o.known, o.told)
		o.tell(a)
	}
}

// flush tells what a cancelled run has left behind a gap.
func (o *inOrder) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, number := range slices.Sorted(maps.Keys(o.known)) {
		o.tell(o.known[number])
	}
}
