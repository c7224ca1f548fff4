package azdo

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// gate lets one goroutine do what needs doing once; the others wait for it and share its success. A failure is shared
// by those that waited, and the next one tries again.
type gate struct {
	mu     sync.Mutex
	done   bool
	flight *flight
}

type flight struct {
	landed chan struct{}
	err    error
}

func (g *gate) do(ctx context.Context, f func(ctx context.Context) error) error {
	for {
		g.mu.Lock()
		if g.done {
			g.mu.Unlock()
			return nil
		}
		other := g.flight
		if other == nil {
			own := &flight{landed: make(chan struct{}), err: errors.New("it was given up")}
			g.flight = own
			g.mu.Unlock()
			return g.fly(ctx, own, f)
		}
		g.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-other.landed:
			// Whoever flew may have been cancelled alone.
			if other.err != nil && !errors.Is(other.err, context.Canceled) && !errors.Is(other.err, context.DeadlineExceeded) {
				return other.err
			}
		}
	}
}

func (g *gate) fly(ctx context.Context, own *flight, f func(ctx context.Context) error) error {
	defer func() {
		g.mu.Lock()
		g.flight, g.done = nil, own.err == nil
		g.mu.Unlock()
		close(own.landed)
	}()
	own.err = f(ctx)
	return own.err
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
		defer func() {
			if r := recover(); r != nil {
				p.err = &Error{Message: oneLine(fmt.Sprintf("unexpected state: %v", r))}
			}
		}()
		p.value, p.err = f()
	}()
	return p
}
