package azdo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"time"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
)

// call is what the transport has to know of one request, and the state of its tries. It travels in the request's context
// and belongs to one goroutine at a time. The answer does not: it is what the round tripper returns.
type call struct {
	op   string // for errors: "list the evaluations"
	name string // for Options.OnRequest: "evaluations"
	area area
	// fresh says that the request was decided on something that was read just before, which a long wait makes outdated.
	fresh bool
	// empty says that an answer without a body is an answer.
	empty bool
	// plain says that the answer is text, which may look like a web page.
	plain bool
	// table says that the answer is the table of locations, of which the SDK sees what it needs.
	table bool
	// answer is the type that a method of the SDK decodes the answer into; nil where it is decoded here.
	answer reflect.Type

	write bool // it changes something: sent once
	tries int
	spent time.Duration

	status int // of the last answer
	found  *notes
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// misread is the error of an answer that came, and is not what was asked for.
func (c *call) misread(err error) *Error {
	e := &Error{Op: c.op, StatusCode: c.status, area: c.area}
	c.judgeShape(e, err)
	e.Lost = c.write && !e.Unclear
	return e
}

// recovered is deferred by whoever calls the SDK, which dereferences what servers send. usableLocations and fitted keep the
// known cases away; this is the last resort.
func recovered(c *call, err *error) {
	if p := recover(); p != nil {
		*err = &Error{Op: c.op, Message: oneLine(fmt.Sprintf("unexpected state: %v", p)), Lost: c.write}
	}
}

// request is one of a list that is decoded here.
type request struct {
	location uuid.UUID
	version  string
	route    map[string]string
	query    url.Values
	call     call
}

// answer is what the service sent, read whole. Its memory is used again after Close.
type answer struct {
	io.Reader
	header http.Header
	body   *body
}

// Close implements io.Closer.
func (a *answer) Close() error {
	a.body.free()
	return nil
}

// ask sends the request of a list and returns what decode makes of the answer. One that turns out to be torn is asked for
// again, like every other read. decode starts from nothing each time and keeps no memory of the answer.
func ask[T any](ctx context.Context, c *Client, r *request, decode func(a *answer) (T, error)) (list T, err error) {
	defer recovered(&r.call, &err)
	for {
		a, err := c.send(ctx, r)
		if err != nil {
			return list, err
		}
		decoded, err := decode(a)
		_ = a.Close()
		if err == nil {
			return decoded, nil
		}
		failure := r.call.misread(err)
		switch again, err := c.transport.again(ctx, &r.call, failure); {
		case err != nil:
			return list, wrap(r.call.op, err)
		case !again:
			return list, failure
		}
	}
}

// send sends a request and returns its answer, which the caller closes.
func (c *Client) send(ctx context.Context, r *request) (a *answer, err error) {
	defer recovered(&r.call, &err)
	for name, value := range r.route {
		if value == "" {
			return nil, &Error{Op: r.call.op, Message: "there is no " + name}
		}
	}
	if err := c.Connect(ctx); err != nil {
		return nil, wrap(r.call.op, err)
	}
	// The SDK adds to the route.
	resp, err := c.sdk.connection.Send(withCall(ctx, &r.call), http.MethodGet, r.location, r.version, maps.Clone(r.route), r.query, nil, "", azuredevops.MediaTypeApplicationJson, nil)
	if err != nil {
		return nil, wrap(r.call.op, err)
	}
	a, ours := resp.Body.(*answer)
	if !ours {
		return nil, errors.Join(wrap(r.call.op, errNoBody), resp.Body.Close())
	}
	a.header = resp.Header
	return a, nil
}
