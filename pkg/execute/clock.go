package execute

import (
	"context"
	"time"
)

// Clock is the time by which a plan is carried out. The zero value is the real one; a simulation sets both.
type Clock struct {
	// Now is the present time; nil is time.Now.
	Now func() time.Time
	// Wait lets the time pass and reports whether it was left in peace: false when ctx ended first. Nil really waits. Where
	// Now is set, it has to advance by what was waited, or no wait ends. It is called from several goroutines at once where
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

// sleep waits and reports whether it was left in peace.
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
