package parallel

import (
	"context"
	"sync"
	"sync/atomic"
)

// Each calls do for 0 to n-1, at most concurrency at once, and starts no more of them when ctx ends.
func Each(ctx context.Context, concurrency, n int, do func(i int)) {
	var next atomic.Int64
	var running sync.WaitGroup
	// A goroutine for each i would grow a stack of its own each time.
	for range min(max(1, concurrency), n) {
		running.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(i)
			}
		})
	}
	running.Wait()
}
