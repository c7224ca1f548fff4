package azdo

import (
	"context"
	"errors"
	"sync"
)

// gate lets one goroutine do what needs doing once; the others wait for it and share its success. A failure is shared
// by those that waited, and the next one tries again.
type gate struct {
	mu     sync.Mutex
	flight *pending[struct{}]
}

func (g *gate) do(ctx context.Context, f func(ctx context.Context) error) error {
	for {
		flight, own := g.join(ctx, f)
		select {
		case <-flight.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if flight.err == nil {
			return nil
		}
		g.leave(flight)
		// Whoever flew may have been cancelled alone.
		if own || !errors.Is(flight.err, context.Canceled) && !errors.Is(flight.err, context.DeadlineExceeded) {
			return flight.err
		}
	}
}

// join returns the flight that is under way or has succeeded, or begins one of its own.
func (g *gate) join(ctx context.Context, f func(ctx context.Context) error) (flight *pending[struct{}], own bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.flight == nil {
		g.flight, own = start(func() (struct{}, error) { return struct{}{}, f(ctx) }), true
	}
	return g.flight, own
}

// leave makes room for the next flight after one that failed.
func (g *gate) leave(failed *pending[struct{}]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.flight == failed {
		g.flight = nil
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
