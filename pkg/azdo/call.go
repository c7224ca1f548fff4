package azdo

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
)

// request is what one method asks the service for.
type request struct {
	method   string // "" is GET
	location uuid.UUID
	version  string
	route    map[string]string
	query    url.Values
	body     []byte
	accept   string // "" is JSON
	call     call
}

// send sends a request; its call.decode has the answer.
func (c *Client) send(ctx context.Context, r request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			// The SDK dereferences what servers send. usableLocations keeps the known cases away; this is the last resort.
			err = &Error{Op: r.call.op, Message: oneLine(fmt.Sprintf("unexpected state: %v", p)), Lost: r.call.write}
		}
	}()
	for name, value := range r.route {
		if value == "" || value == "." || value == ".." {
			return &Error{Op: r.call.op, Message: fmt.Sprintf("%q is no %s", value, name)}
		}
	}
	if err := c.Connect(ctx); err != nil {
		return wrap(r.call.op, err)
	}
	var body io.Reader
	mediaType := ""
	if r.body != nil {
		body, mediaType = bytes.NewReader(r.body), azuredevops.MediaTypeApplicationJson
	}
	if r.method == "" {
		r.method = http.MethodGet
	}
	r.call.write, r.call.body = r.method != http.MethodGet, r.body
	resp, err := c.sdk.Send(withCall(ctx, &r.call), r.method, r.location, r.version, r.route, r.query, body, mediaType, cmp.Or(r.accept, azuredevops.MediaTypeApplicationJson), nil)
	if err != nil {
		return wrap(r.call.op, err)
	}
	return resp.Body.Close()
}

// call is one request of the client as the transport sees it, with the state of its tries. It travels in the context of
// the request and belongs to one goroutine at a time.
type call struct {
	op    string // for errors: "list the evaluations"
	name  string // for Options.OnRequest: "evaluations"
	area  area
	write bool // changes something: sent once
	body  []byte
	// fresh says that the request was decided on a look at the service which a long wait makes worthless.
	fresh bool
	// begun is called when the request has been written to a connection; nil for nobody.
	begun func()
	// empty says that an answer without a body is an answer.
	empty bool
	// plain says that the answer is text, which may look like a web page.
	plain bool
	// decode reads the answer; nil takes any JSON. It runs once per try and must start from nothing. A syntax error at
	// the end of the body means that the answer was torn.
	decode func(h http.Header, body io.Reader) error
	// rewrite, instead of decode, returns the body that the SDK is to see.
	rewrite func(body io.Reader) ([]byte, error)

	tries int
	spent time.Duration
	wait  time.Duration
	last  *Error
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// fresh copies what sending a request changes: the SDK adds to the route, paging to the query.
func fresh(r request) request {
	route := make(map[string]string, len(r.route)+2)
	maps.Copy(route, r.route)
	query := make(url.Values, len(r.query)+2)
	maps.Copy(query, r.query)
	r.route, r.query = route, query
	return r
}
