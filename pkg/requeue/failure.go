package requeue

import (
	"errors"
	"fmt"
	"time"
)

// Failure is something that went wrong in the run. The same value goes into log, summary and report.
type Failure struct {
	// Project and Repository are the names of what it is about; "" where it is about nothing in particular.
	Project, Repository string
	PullRequest         int // 0: not about one
	// Missing says that the user named something that is not there, which fails a run whatever onError says.
	Missing bool
	// Lead says what could not be done, and what follows, where Err does not say it; else "".
	Lead string
	Err  error
}

// These errors say what the failure of a request means to the caller. An error that comes from the service is each of them
// that applies (see errors.Is), so that only package azdo has to know the service's protocol.
var (
	// ErrNotFound says that the thing does not exist, or is hidden from this identity.
	ErrNotFound = errors.New("not found")
	// ErrGone says that the thing does not exist any more. A refusal that hides it is ErrNotFound alone.
	ErrGone = errors.New("gone")
	// ErrTokenRefused says that the service does not accept the token, so no request with it can succeed.
	ErrTokenRefused = errors.New("token refused")
	// ErrForbidden says that the service knows the identity and does not let it do this.
	ErrForbidden = errors.New("forbidden")
	// ErrStale says that the service refused a change, most likely because something else has changed since it was read.
	ErrStale = errors.New("stale")
	// ErrOverdue says that a change was not sent, because it would have had to wait too long after the last read. The caller
	// reads again and sends it again.
	ErrOverdue = errors.New("overdue")
	// ErrLost says that a change may have been carried out although its answer is missing or torn.
	ErrLost = errors.New("answer lost")
	// ErrUnclear says that a change was answered with success, in words that do not tell what was done.
	ErrUnclear = errors.New("answer unclear")
)

// Throttled is the failure of a request that was turned down because there were too many: nothing was done. An error of a
// service can be taken as one with errors.As.
type Throttled struct {
	// After is how long the service asked to wait; 0 if it did not say.
	After time.Duration
}

// Error implements error.
func (t Throttled) Error() string {
	return fmt.Sprintf("too many requests, come back after %s", t.After)
}
