package azdo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	// maxTries and readBudget bound a read: tries in all, and the time spent in tries and in our own back-off. Waits
	// that the service asks for, and waits for a place, do not count.
	maxTries   = 5
	readBudget = 30 * time.Second
	// writeTimeout bounds the one try of a request that changes something.
	writeTimeout = 30 * time.Second
	// writeGrace is how much longer such a request may take once its context is cancelled: the service may already be
	// carrying it out, and its answer is worth waiting for.
	writeGrace = 3 * time.Second

	firstBackoff = 200 * time.Millisecond
	maxBackoff   = 5 * time.Second
)

// retrying returns the client that repeats this call where that is safe. It is made per call: go-retryablehttp hands
// its Backoff no context to keep a budget in.
func (t *transport) retrying(c *call) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   t.attempts,
		Logger:       nil, // its default writes to stderr, which the agent reads
		RetryMax:     maxTries - 1,
		CheckRetry:   c.checkRetry,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return c.backoff(t.onWait) },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// checkRetry is the policy: only reads, only what may well succeed in a moment, and only within the budget. The answer's
// status is in the *Error that the try returned.
func (c *call) checkRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
	c.tries++
	e, failed := errors.AsType[*Error](err)
	return failed && e.transient && !c.write && ctx.Err() == nil && c.again(e), nil
}

// again plans the pause before the next try; false if there is no time left for one.
func (c *call) again(e *Error) bool {
	c.last, c.wait = e, 0
	if e.RetryAfter > 0 {
		// The shared pace keeps the next try from starting too early, and that wait is the service's, not ours.
		return c.spent < readBudget
	}
	c.wait = jittered(c.tries)
	if c.spent+c.wait >= readBudget {
		return false
	}
	c.spent += c.wait
	return true
}

// backoff is called only when the call is really repeated.
func (c *call) backoff(onWait func(reason string, d time.Duration)) time.Duration {
	if c.wait > 0 {
		what := c.last.Message
		if c.last.StatusCode != 0 {
			what = fmt.Sprintf("status %d", c.last.StatusCode)
		}
		onWait(fmt.Sprintf("%s: %s; trying again", c.op, what), c.wait)
	}
	return c.wait
}

// jittered is the pause after the n-th try: twice as long each time, half to one and a half of it, so that requests
// which failed together do not come back together.
func jittered(n int) time.Duration {
	d := min(firstBackoff<<min(n-1, 10), maxBackoff)
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails
	return d/2 + d*time.Duration(int(b[0])<<8|int(b[1]))/(1<<16)
}
