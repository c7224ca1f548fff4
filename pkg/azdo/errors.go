package azdo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
)

// Error is a request that failed: it was refused or lost, or its answer was not what was asked for. All of its texts are
// safe to print: one line, no control characters, no token.
type Error struct {
	// Op says what was attempted, "list the evaluations"; the caller knows on what.
	Op string
	// StatusCode is the answer's status; 0 where there was none.
	StatusCode int
	// TypeKey is the service's name for the failure, "GitRepositoryNotFoundException"; "" if it gave none.
	TypeKey string
	// Code is the service's number for it, "TF401019"; "" if it gave none.
	Code string
	// Message is the service's text, or ours where it sent none.
	Message string
	// Lost marks a request that changes something and may have been carried out: its answer was torn, timed out or 5xx.
	// It is never set for a read, or where nothing can have been sent.
	Lost bool
	// Unclear marks a request that changes something whose answer came whole, with success, and does not tell what was
	// done: a web page, no JSON, another shape. It is never set for a read.
	Unclear bool
	// SignIn marks a web page where data was expected, usually the sign-in page.
	SignIn bool
	// RetryAfter is how long the service asked to wait; 0 if it did not.
	RetryAfter time.Duration
	// Err is the cause below, if there is one: a context's error, a connection's.
	Err error

	waited    bool // it was not sent, for want of a slot or because of a pause
	redirect  bool // the answer sent us elsewhere
	blocked   bool // something on the way does not let the verb OPTIONS through
	transient bool // the same read may well succeed in a moment
	late      bool // the token was taken before
	area      area // what was asked for, which decides the permission that Advice names
}

// area is the part of the service that a request speaks to.
type area int

const (
	areaOrganization area = iota
	areaProject
	areaCode
	areaRequeue
	areaBuild
	areaComment
)

// Error returns one line: what was attempted, the status, and the service's own words.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, "status %d: ", e.StatusCode)
	}
	b.WriteString(e.Message)
	if e.Message == "" {
		b.WriteString("no further information")
	}
	return cutText(b.String(), maxErrorText)
}

// onTheWay reports whether an answer to OPTIONS comes from a proxy or a firewall rather than from the service, which
// answers that verb, and gives a refusal a name.
func (e *Error) onTheWay() bool {
	switch e.StatusCode {
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	case http.StatusForbidden:
		return e.TypeKey == "" && e.Code == ""
	}
	return false
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// TokenLost reports whether the service took the token for a while and then no longer: it has expired or was withdrawn.
func (e *Error) TokenLost() bool { return e.late && e.StatusCode == 401 }

// Refused reports whether the service, or something before it, did not accept the identity: 401, 403, a sign-in page, a
// redirect, or a 404 that stands for "not visible to you".
func (e *Error) Refused() bool {
	switch {
	case e.SignIn, e.redirect, e.StatusCode == 401, e.StatusCode == 403, e.StatusCode == 407:
		return true
	case e.StatusCode == 404:
		return e.Code == codeRepositoryHidden || e.Code == codeProjectHidden || e.Code == codeProjectUnknown
	}
	return false
}

// The service's codes that mean something here, as quoted in its answers and in public issues.
const (
	codeCollectionStopped = "TF24668"
	codeNotAuthorized     = "TF400813"
	codeGitPermission     = "TF401027"
	codeBuildPermission   = "TF215106"
	codeRepositoryHidden  = "TF401019"
	codeProjectHidden     = "VS800075"
	codeProjectUnknown    = "TF200016"
)

var serviceCode = regexp.MustCompile(`\b(?:TF|VS)[0-9]{5,6}\b`)

// wrap turns every failure into an *Error that knows what was attempted. It is the only place that knows the error
// shapes of the SDK.
func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	if ours, ok := errors.AsType[*Error](err); ok {
		if ours.Op == "" {
			ours.Op = op
		}
		return ours
	}
	e := &Error{Op: op, Err: err}
	// WrappedError comes by value or as a pointer, depending on the body (azuredevops/v7 client.go, UnwrapError). Our transport keeps both
	// from happening; should one slip through, its status must not be lost.
	var byValue azuredevops.WrappedError
	var byPointer *azuredevops.WrappedError
	var unregistered *azuredevops.LocationIdNotRegisteredError
	var nilArgument *azuredevops.ArgumentNilError
	var emptyArgument *azuredevops.ArgumentNilOrEmptyError
	var torn *url.Error
	switch {
	case errors.As(err, &byPointer) && byPointer != nil:
		e.fillFromSDK(*byPointer)
	case errors.As(err, &byValue):
		e.fillFromSDK(byValue)
	case errors.As(err, &unregistered):
		e.Message = "this server does not offer the API that is needed"
	case errors.As(err, &nilArgument), errors.As(err, &emptyArgument):
		e.Message = oneLine(err.Error())
	case errors.Is(err, context.Canceled):
		e.Message = "cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		e.Message = "no time left"
	case errors.As(err, &torn):
		e.Message = oneLine(torn.Err.Error()) // without the URL
	default:
		e.Message = oneLine(err.Error())
	}
	return e
}

func (e *Error) fillFromSDK(w azuredevops.WrappedError) {
	if w.StatusCode != nil {
		e.StatusCode = *w.StatusCode
	}
	if w.TypeKey != nil {
		e.TypeKey = oneLine(*w.TypeKey)
	}
	if w.Message != nil {
		e.setMessage(*w.Message)
	}
}

// setMessage takes a foreign text as the message, and the code out of it.
func (e *Error) setMessage(text string) {
	e.Message = oneLine(text)
	e.Code = serviceCode.FindString(e.Message)
}

// unregistered reports whether the server does not list the location that was asked for.
func unregistered(err error) bool {
	var e *azuredevops.LocationIdNotRegisteredError
	return errors.As(err, &e)
}

// fillFromBody takes what a refusal says about itself: JSON in two shapes, plain text, or a web page.
func (e *Error) fillFromBody(contentType, serviceError string, body *body) {
	first := body.head()
	var wire object[struct {
		Message text `json:"message"`
		TypeKey text `json:"typeKey"`
		Value   object[struct {
			Message text `json:"Message"`
			Lower   text `json:"message"`
		}] `json:"value"`
	}]
	switch {
	case isPage(contentType, first):
		e.Message = "a web page instead of data" + pageTitle(first)
	case len(first) > 0 && first[0] == '{' && unmarshal(body.reader(), &wire) == nil:
		e.TypeKey = oneLine(wire.v.TypeKey.s)
		message := wire.v.Message.s
		if message == "" {
			message = cmp.Or(wire.v.Value.v.Message.s, wire.v.Value.v.Lower.s)
		}
		e.setMessage(message)
	case strings.Contains(contentType, "text/plain"):
		e.setMessage(string(head(first, 4*maxMessageText)))
	}
	if e.Message == "" && serviceError != "" {
		if plain, err := url.QueryUnescape(serviceError); err == nil {
			e.setMessage(plain)
		}
	}
}
