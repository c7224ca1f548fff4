package azdo

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenthttp"
)

// Exchange is one try of one request, and its answer, as they were sent. It has no token, but all names that the service
// knows.
type Exchange struct {
	// At is when the answer had come, Took how long that took.
	At   time.Time
	Took time.Duration
	// Method, Path (below the collection, as it was sent) and Query are the request; What is its name, "evaluations".
	Method, What, Path string
	Query              url.Values
	// Request is the body that was sent; nil is none.
	Request []byte
	// Status is the answer's; 0 where there was none.
	Status int
	// Fault is why the answer did not come whole: "cancelled", "timeout", "connection", "torn", "tooLarge", "proxy",
	// "certificate"; "" where it came.
	Fault string
	// Header returns a header of the answer; nil where there was none.
	Header func(name string) string
	// Body is the answer's body, as far as it came.
	Body []byte
}

// exchange describes one try for Options.OnExchange.
func (c *call) exchange(collection *url.URL, req *http.Request, at time.Time, took time.Duration, resp *http.Response, body *body, err error) Exchange {
	e := Exchange{
		At: at, Took: took, Method: req.Method, What: c.name, Query: req.URL.Query(),
		Path: strings.Trim(strings.TrimPrefix(req.URL.EscapedPath(), collection.EscapedPath()), "/"),
	}
	if resp != nil {
		e.Status, e.Header = resp.StatusCode, resp.Header.Get
		e.Body, _ = io.ReadAll(body.reader()) // from memory
	}
	if err != nil {
		e.Fault = faultOf(err, resp != nil)
	}
	return e
}

// faultOf is the word for what kept an answer from coming whole.
func faultOf(err error, begun bool) string {
	var proxy *agenthttp.ProxyError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, errTimeout), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, errTooLarge):
		return "tooLarge"
	case errors.As(err, &proxy):
		return "proxy"
	case errors.As(err, &certificate):
		return "certificate"
	case begun:
		return "torn"
	}
	return "connection"
}
