package parallel_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/parallel"
)

// load counts how many are under way.
type load struct{ now, most, all atomic.Int64 }

func (l *load) work() {
	now := l.now.Add(1)
	for most := l.most.Load(); now > most && !l.most.CompareAndSwap(most, now); most = l.most.Load() {
	}
	time.Sleep(time.Second)
	l.now.Add(-1)
	l.all.Add(1)
}

func TestEach(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ concurrency, n, most int }{{3, 10, 3}, {1, 4, 1}, {0, 4, 1}, {8, 2, 2}, {8, 0, 0}} {
		synctest.Test(t, func(t *testing.T) {
			var l load
			seen := make([]bool, tt.n)
			parallel.Each(t.Context(), tt.concurrency, tt.n, func(i int) { seen[i] = true; l.work() })
			if int(l.most.Load()) != tt.most || int(l.all.Load()) != tt.n {
				t.Errorf("%+v: %d at once, %d in all", tt, l.most.Load(), l.all.Load())
			}
			for i, s := range seen {
				if !s {
					t.Errorf("%+v: %d is missing", tt, i)
				}
			}
		})
	}
}

func TestEachCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		var l load
		parallel.Each(ctx, 2, 10, func(int) { l.work() })
		if l.all.Load() != 4 {
			t.Errorf("%d were begun, want 4 in 1.5 s", l.all.Load())
		}
	})
}

// TestPool: what turns up while others run is run as well, and Wait waits for all of it.
func TestPool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l load
		p := parallel.NewPool(3)
		for range 5 {
			p.Add(l.work)
		}
		p.Add(func() { p.Add(l.work); l.work() })
		p.Wait()
		if l.all.Load() != 7 || l.most.Load() != 3 {
			t.Errorf("%d in all, %d at once", l.all.Load(), l.most.Load())
		}
		p.Add(l.work) // after it has come to rest
		p.Wait()
		if l.all.Load() != 8 {
			t.Errorf("%d in all", l.all.Load())
		}
	})
}

// TestSlots: who waits for something else holds no slot.
func TestSlots(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slots := parallel.NewSlots(1)
		one := slots.Take(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if slots.Take(ctx) != nil {
			t.Fatal("two hold one slot")
		}
		one.Leave()
		one.Leave() // changes nothing
		two := slots.Take(t.Context())
		if two == nil {
			t.Fatal("a slot that was given up is not free")
		}
		entered := false
		go func() { one.Enter(t.Context()); entered = true }()
		synctest.Wait()
		if entered {
			t.Error("two hold one slot")
		}
		two.Leave()
		synctest.Wait()
		if !entered {
			t.Error("the slot is free, and nobody gets it")
		}
		one.Enter(t.Context()) // holds it
		one.Leave()
	})
}

func TestRecover(t *testing.T) {
	t.Parallel()
	run := func(do func() error) (err error) {
		defer parallel.Recover(&err)
		return do()
	}
	if err := run(func() error { panic("no") }); err == nil || err.Error() != "internal error: no" {
		t.Errorf("a panic: %v", err)
	}
	failed := errors.New("failed")
	if err := run(func() error { return failed }); !errors.Is(err, failed) {
		t.Errorf("an error: %v", err)
	}
	if err := run(func() error { return nil }); err != nil {
		t.Errorf("neither: %v", err)
	}
}
