package azdo

import (
	"errors"
	"net/http"
	"time"
)

// IsNotFound reports whether the service says that the thing does not exist, or hides it.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.StatusCode == http.StatusNotFound
}

// IsGone reports whether the service says that the thing does not exist any more. A refusal that hides it says so.
func IsGone(err error) bool { return IsNotFound(err) && !IsRefused(err) }

// IsTokenRefused reports whether the service did not take the token at all: nothing that it is asked with it can succeed.
func IsTokenRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.StatusCode == http.StatusUnauthorized || e.SignIn)
}

// IsForbidden reports whether the service knows the identity and does not let it do this.
func IsForbidden(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.StatusCode == http.StatusForbidden
}

// IsThrottled reports whether the service turned the request down because there were too many: nothing was done. The
// duration is how long it asked to wait, 0 if it did not say.
func IsThrottled(err error) (time.Duration, bool) {
	var e *Error
	if errors.As(err, &e) && e.StatusCode == http.StatusTooManyRequests {
		return e.RetryAfter, true
	}
	return 0, false
}

// IsOverdue reports whether a re-queue was not sent because it would have had to wait too long after the caller's last
// look at the evaluation: look again, then send it again.
func IsOverdue(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.waited
}

// IsLost reports whether a request that changes something may have been carried out although its answer is missing.
func IsLost(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Lost
}

// IsStale reports whether the service turned a change down in a way that is explained best by something else having
// changed since the last look: 400, 404, 409 or 410.
func IsStale(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusGone:
		return true
	}
	return false
}

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
