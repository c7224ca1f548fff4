package execute

import (
	"context"
	"time"
)

// Clock is the time by which a plan is carried out. The zero value is the real one; a simulation sets both.
type Clock struct {
	// Now is the present time; nil is time.Now.
	Now func() time.Time
	// Wait waits for the duration and returns true, or returns false when ctx ends first. Nil waits in real time. Where Now
	// is set, Wait has to advance it by the duration, or no wait ends. Wait is called from several goroutines at once where
	// the concurrency is above 1.
	Wait func(ctx context.Context, d time.Duration) bool
}

func (c Clock) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c Clock) wait(ctx context.Context, d time.Duration) bool {
	if c.Wait == nil {
		return sleep(ctx, d)
	}
	return c.Wait(ctx, d)
}

// sleep waits, and returns false when ctx ends first.
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
