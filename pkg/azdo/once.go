package azdo

import (
	"context"
	"errors"
	"sync"
)

// gate lets one goroutine do what needs doing once; the others wait for it and share its success. A failure is shared
// by those that waited, and the next one tries again.
type gate struct {
	mu      sync.Mutex
	current *pending[struct{}] // under way or successful; nil before the first one and after a failure
}

func (g *gate) do(ctx context.Context, f func(ctx context.Context) error) error {
	for {
		made, own := g.join(ctx, f)
		select {
		case <-made.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if made.err == nil {
			return nil
		}
		g.leave(made)
		// The goroutine that did it may have been cancelled, and this one not.
		if own || !errors.Is(made.err, context.Canceled) && !errors.Is(made.err, context.DeadlineExceeded) {
			return made.err
		}
	}
}

// join returns what is under way or has succeeded, or begins it.
func (g *gate) join(ctx context.Context, f func(ctx context.Context) error) (made *pending[struct{}], own bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current == nil {
		g.current, own = start(func() (struct{}, error) { return struct{}{}, f(ctx) }), true
	}
	return g.current, own
}

// leave makes room for the next try after one that failed.
func (g *gate) leave(failed *pending[struct{}]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current == failed {
		g.current = nil
	}
}

// pending is a value that is being made.
type pending[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// start makes a value in the background. A panic there becomes its error: one in a goroutine of its own would end the
// process without a report.
func start[T any](f func() (T, error)) *pending[T] {
	p := &pending[T]{done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer recovered(&call{}, &p.err)
		p.value, p.err = f()
	}()
	return p
}
