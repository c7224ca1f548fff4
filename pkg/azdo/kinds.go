package azdo

import (
	"errors"
	"net/http"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Is reports whether the Error means what target says, one of the errors of package requeue; see errors.Is.
func (e *Error) Is(target error) bool {
	switch target {
	case requeue.ErrNotFound:
		return e.StatusCode == http.StatusNotFound
	case requeue.ErrGone: // a refusal that hides the thing says so
		return e.StatusCode == http.StatusNotFound && !e.Refused()
	case requeue.ErrTokenRefused:
		return e.StatusCode == http.StatusUnauthorized || e.SignIn
	case requeue.ErrForbidden:
		return e.StatusCode == http.StatusForbidden
	case requeue.ErrStale:
		switch e.StatusCode {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusGone:
			return true
		}
	case requeue.ErrOverdue:
		return e.waited
	case requeue.ErrLost:
		return e.Lost
	case requeue.ErrUnclear:
		return e.Unclear
	}
	return false
}

// As sets target, a *requeue.Throttled, if the service refused the request because there were too many; see errors.As.
func (e *Error) As(target any) bool {
	throttled, ok := target.(*requeue.Throttled)
	if ok = ok && e.StatusCode == http.StatusTooManyRequests; ok {
		throttled.After = e.RetryAfter
	}
	return ok
}

// IsNotFound reports whether the service says that the thing does not exist, or hides it.
func IsNotFound(err error) bool { return errors.Is(err, requeue.ErrNotFound) }

// isGone reports whether the service says that the thing does not exist any more.
func isGone(err error) bool { return errors.Is(err, requeue.ErrGone) }

// IsRefused reports whether the service did not accept the identity, see Error.Refused.
func IsRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Refused()
}

// NotFound is the refusal that the service gives for something that is absent or hidden from this identity; repository
// makes its advice speak of repositories.
func NotFound(op, message string, repository bool) *Error {
	e := &Error{Op: op, StatusCode: http.StatusNotFound, Message: message}
	if repository {
		e.Code, e.area = codeRepositoryHidden, areaCode
	}
	return e
}
