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
	// that the service asks for, and waits for a slot, do not count.
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

// retrying is what repeats calls where that is safe.
func (t *transport) retrying(attempt http.RoundTripper) http.RoundTripper {
	return &retryablehttp.RoundTripper{Client: &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: attempt, CheckRedirect: neverFollow},
		Logger:       nil, // its default writes to stderr, which the agent reads
		RetryMax:     maxTries - 1,
		CheckRetry:   t.checkRetry,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 }, // checkRetry has waited
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}}
}

// checkRetry is the policy: only reads, only what may well succeed in a moment, and only within the budget. The answer's
// status is in the *Error that the try returned. The pause before the next try is part of it, since go-retryablehttp gives
// its Backoff no context to know the call by.
func (t *transport) checkRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
	c := callOf(ctx)
	c.tries++
	return t.again(ctx, c, err)
}

// again decides about one more try of a call, and waits until it may begin.
func (t *transport) again(ctx context.Context, c *call, err error) (bool, error) {
	e, failed := errors.AsType[*Error](err)
	if !failed || !e.transient || c.write || c.tries == maxTries || ctx.Err() != nil {
		return false, nil
	}
	if e.RetryAfter > 0 {
		// The shared pace keeps the next try from starting too early, and that wait is the service's, not ours.
		return c.spent < readBudget, nil
	}
	wait := jittered(c.tries)
	if c.spent+wait >= readBudget {
		return false, nil
	}
	c.spent += wait
	what := e.Message
	if e.StatusCode != 0 {
		what = fmt.Sprintf("status %d", e.StatusCode)
	}
	t.onWait(fmt.Sprintf("%s: %s; trying again", c.op, what), wait)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-timer.C:
		return true, nil
	}
}

// jittered is the pause after the n-th try: twice as long each time, half to one and a half of it, so that requests
// which failed together do not come back together.
func jittered(n int) time.Duration {
	d := min(firstBackoff<<min(n-1, 10), maxBackoff)
	var b [2]byte
	_, _ = rand.Read(b[:]) // never fails
	return d/2 + d*time.Duration(int(b[0])<<8|int(b[1]))/(1<<16)
}
