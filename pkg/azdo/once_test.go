package azdo

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g gate
		var calls int
		broken := errors.New("broken")
		fail := func(context.Context) error { calls++; time.Sleep(time.Second); return broken }
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if err := g.do(t.Context(), fail); !errors.Is(err, broken) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if calls != 1 {
			t.Errorf("%d calls for one failure that five waited for", calls)
		}
		// A leader that is cancelled does not take the others with it.
		ctx, cancel := context.WithCancel(t.Context())
		all.Go(func() { _ = g.do(ctx, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }) })
		synctest.Wait()
		all.Go(func() {
			if err := g.do(t.Context(), func(context.Context) error { return nil }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		cancel()
		all.Wait()
		if err := g.do(t.Context(), fail); err != nil {
			t.Errorf("done, but %v", err)
		}
	})
}
