package requeue

import (
	"errors"
	"fmt"
	"time"
)

// Failure is something that went wrong, from where it happened to log, summary and report.
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

// What the failure of a request means to whoever has sent it. The error of a service is each of these that applies, see
// errors.Is, so that nobody but the one who speaks to the service has to know its protocol.
var (
	// ErrNotFound says that the thing does not exist, or is hidden from this identity.
	ErrNotFound = errors.New("not found")
	// ErrGone says that the thing does not exist any more. A refusal that hides it is ErrNotFound alone.
	ErrGone = errors.New("gone")
	// ErrTokenRefused says that the token was not taken at all: nothing that is asked with it can succeed.
	ErrTokenRefused = errors.New("token refused")
	// ErrForbidden says that the service knows the identity and does not let it do this.
	ErrForbidden = errors.New("forbidden")
	// ErrStale says that a change was turned down in a way that is explained best by something else having changed since
	// it was looked at.
	ErrStale = errors.New("stale")
	// ErrOverdue says that a change was not sent, because it would have had to wait too long after the last look: look
	// again, then send it again.
	ErrOverdue = errors.New("overdue")
	// ErrLost says that a change may have been carried out although its answer is missing.
	ErrLost = errors.New("answer lost")
)

// Throttled is the failure of a request that was turned down because there were too many: nothing was done. An error of a
// service can be taken as one with errors.As.
type Throttled struct {
	// After is how long the service asked to wait; 0 if it did not say.
	After time.Duration
}

// Error says so.
func (t Throttled) Error() string {
	return fmt.Sprintf("too many requests, come back after %s", t.After)
}

// AnswerBuild is the answer to AskBuild: a build, the news that it is gone, or why neither is known.
func AnswerBuild(build Build, err error) Answer {
	if errors.Is(err, ErrGone) {
		return Answer{Gone: true}
	}
	return Answer{Build: build, Err: err}
}
