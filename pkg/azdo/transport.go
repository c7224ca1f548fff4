package azdo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const bearerScheme = "Bearer "

// transport is the http.RoundTripper below the SDK's client. It refuses foreign origins, adds the token, repeats reads
// (retry.go), and returns either a 2xx answer that was read whole and can be decoded, or an *Error. The SDK therefore never
// sees a status, a body or a shape that it would lose or panic on (judge.go, fit.go).
type transport struct {
	origin string // scheme://host:port of the collection
	token  func(ctx context.Context) (string, error)
	hidden []string          // other tokens that no answer is to quote
	base   http.RoundTripper // the network
	tries  http.RoundTripper // base behind the slots, the pace and the retries
	slots  chan struct{}
	pace   *pace
	taken  atomic.Bool // the service has accepted the token

	collection *url.URL
	onRequest  func(op string, status int, took time.Duration)
	onWait     func(reason string, d time.Duration)
	onExchange func(Exchange)
}

func newTransport(o Options, collection *url.URL, base http.RoundTripper) *transport {
	t := &transport{
		origin: originOf(collection),
		token:  o.Token,
		hidden: slices.Clip(o.Hidden),
		base:   base,
		slots:  make(chan struct{}, o.Concurrency),

		collection: collection,
		onRequest:  o.OnRequest,
		onWait:     o.OnWait,
		onExchange: o.OnExchange,
	}
	t.pace = &pace{onWait: o.OnWait}
	t.tries = t.retrying(roundTripper(t.attempt))
	return t
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func neverFollow(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// originOf is scheme, host and port of a URL, in one spelling.
func originOf(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// RoundTrip sends one request of the SDK.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req.Context())
	err := t.refuse(c, req)
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	c.write = req.Method != http.MethodGet && req.Method != http.MethodOptions
	resp, err := t.tries.RoundTrip(req)
	if err != nil {
		return nil, wrap(c.op, err)
	}
	return resp, nil
}

// refuse says why a request is not to be sent at all.
func (t *transport) refuse(c *call, req *http.Request) error {
	if c == nil {
		return &Error{Op: "send a request", Message: "it was not made by this client"}
	}
	if originOf(req.URL) != t.origin {
		return &Error{Op: c.op, Message: "not sent: the token is for " + t.origin + " only, not for " + originOf(req.URL), area: c.area}
	}
	for segment := range strings.SplitSeq(req.URL.EscapedPath(), "/") {
		if segment == "." || segment == ".." {
			return &Error{Op: c.op, Message: fmt.Sprintf("not sent: %q is no name", segment), area: c.area}
		}
	}
	return nil
}

// bearer is the token of the moment. Where a token is renewed, that takes requests of its own: they end with the call that
// needs the token, and are not taken for it.
func (t *transport) bearer(ctx context.Context, c *call) (string, error) {
	bare, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	defer stop()
	token, err := t.token(bare)
	if err == nil && token == "" {
		err = errors.New("it is empty")
	}
	if ctx.Err() != nil {
		return "", wrap(c.op, ctx.Err())
	}
	if err != nil {
		return "", &Error{Op: c.op, Message: "no token: " + oneLine(err.Error()), Err: err, area: c.area}
	}
	return token, nil
}

// attempt is one try of one call.
func (t *transport) attempt(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	c := callOf(ctx)
	token, err := t.bearer(ctx, c)
	if err != nil {
		return nil, err
	}
	decided := time.Now()
	select {
	case t.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, wrap(c.op, ctx.Err())
	}
	release := sync.OnceFunc(func() { <-t.slots })
	defer release()
	if err := t.pace.wait(ctx); err != nil {
		return nil, wrap(c.op, err)
	}
	if c.fresh && time.Since(decided) > maxStale {
		return nil, &Error{Op: c.op, Message: "not sent, since it had to wait too long after the evaluation was read", area: c.area, waited: true}
	}

	body := new(body)
	kept := false
	defer func() {
		if !kept {
			body.free()
		}
	}()
	var written []byte
	if t.onExchange != nil && req.Body != nil {
		written, _ = io.ReadAll(req.Body) // from memory
		req.Body = io.NopCloser(bytes.NewReader(written))
	}
	start := time.Now()
	sent, resp, err := t.exchange(req, c, token, body)
	took := time.Since(start)
	c.spent += took
	release()

	status := 0
	if resp != nil {
		status = resp.StatusCode
	}
	t.onRequest(req.Method+" "+c.name, status, took)
	if t.onExchange != nil {
		e := c.exchange(t.collection, req, start.Add(took), took, resp, body, err)
		e.Request = written
		t.onExchange(e)
	}
	c.status = status
	failure := c.judge(ctx, resp, body, err)
	if failure == nil {
		if c.area != areaOrganization { // the table of locations, and who is asking, may be anybody's to read
			t.taken.Store(true)
		}
		_, kept = resp.Body.(*answer)
		return resp, nil
	}
	failure.Op, failure.area, failure.late = c.op, c.area, t.taken.Load()
	failure.blocked = c.table && failure.onTheWay()
	failure.Message = withoutToken(failure.Message, token) // it may be of a header
	if c.write {
		// Whatever was received may have been carried out, unless the answer says that it was not.
		failure.Lost = sent && !failure.Unclear && (status == 0 || status/100 == 2 || status >= 500)
	}
	return nil, failure
}

// exchange sends the request and reads the whole answer, within what is left of the call's time. sent reports whether
// any of it can have reached the service.
func (t *transport) exchange(req *http.Request, c *call, token string, body *body) (sent bool, resp *http.Response, err error) {
	var trace sendTrace
	ctx, cancel := c.bounded(req.Context(), &trace.connected)
	defer cancel(nil)
	trace.once, trace.cancel = c.write, cancel
	req = req.Clone(httptrace.WithClientTrace(ctx, trace.hooks()))
	req.Header.Set("Authorization", bearerScheme+token) // the connection's may be older
	resp, err = t.base.RoundTrip(req)
	if err == nil {
		t.pace.observe(resp.Header, time.Now()) // before the body, which may take its time
		err = body.readFrom(resp.Body)
		_ = resp.Body.Close()
		for _, secret := range append(t.hidden, token) {
			body.hide(secret)
		}
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return trace.connected.Load() || resp != nil, resp, err
}

var (
	errTimeout = errors.New("no answer in time")
	errReplay  = errors.New("not sent again by the network layer")
)
