package azdo

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/go-retryablehttp"
)

// transport is the http.RoundTripper below the SDK's client. It refuses foreign origins, adds the token, repeats reads
// (retry.go), and returns either a 2xx answer that was read and decoded whole, or an *Error. The SDK therefore never
// sees a status, a body or a shape that it would lose or panic on.
type transport struct {
	origin   string // scheme://host:port of the collection
	token    func(ctx context.Context) (string, error)
	base     http.RoundTripper // the network
	attempts *http.Client      // one try: base behind the places and the pace
	places   chan struct{}
	pace     *pace
	taken    atomic.Bool // the service has accepted the token

	collection *url.URL
	onRequest  func(op string, status int, took time.Duration)
	onWait     func(reason string, d time.Duration)
	onExchange func(Exchange)
}

func newTransport(o Options, collection *url.URL, base http.RoundTripper) *transport {
	t := &transport{
		origin: originOf(collection),
		token:  o.Token,
		base:   base,
		places: make(chan struct{}, o.Concurrency),

		collection: collection,
		onRequest:  o.OnRequest,
		onWait:     o.OnWait,
		onExchange: o.OnExchange,
	}
	t.pace = &pace{onWait: o.OnWait}
	t.attempts = &http.Client{Transport: roundTripper(t.attempt), CheckRedirect: neverFollow}
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
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }()
	}
	c := callOf(req.Context())
	if c == nil {
		return nil, &Error{Op: "send a request", Message: "it was not made by this client"}
	}
	if req.Method == http.MethodOptions {
		// The SDK asks for the table of locations in the context of the first request that needs it.
		c = &call{op: "reach the organization (OPTIONS _apis)", name: "locations", rewrite: usableLocations}
	}
	if originOf(req.URL) != t.origin {
		return nil, &Error{Op: c.op, Message: "not sent: the token is for " + t.origin + " only, not for " + originOf(req.URL), area: c.area}
	}
	own, err := retryablehttp.FromRequest(req.WithContext(withCall(req.Context(), c)))
	if err != nil {
		return nil, wrap(c.op, err)
	}
	resp, err := t.retrying(c).Do(own)
	if err != nil {
		return nil, wrap(c.op, err)
	}
	return resp, nil
}

// attempt is one try of one call.
func (t *transport) attempt(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	c := callOf(ctx)
	token, err := t.token(ctx)
	if err == nil && token == "" {
		err = errors.New("it is empty")
	}
	if ctx.Err() != nil {
		return nil, wrap(c.op, ctx.Err())
	}
	if err != nil {
		return nil, &Error{Op: c.op, Message: "no token: " + oneLine(err.Error()), Err: err, area: c.area}
	}

	decided := time.Now()
	select {
	case t.places <- struct{}{}:
	case <-ctx.Done():
		return nil, wrap(c.op, ctx.Err())
	}
	release := sync.OnceFunc(func() { <-t.places })
	defer release()
	if err := t.pace.wait(ctx); err != nil {
		return nil, wrap(c.op, err)
	}
	if c.fresh && time.Since(decided) > maxStale {
		return nil, &Error{Op: c.op, Message: "not sent, since it had to wait too long after the last look", area: c.area, waited: true}
	}

	var body body
	defer body.free()
	start := time.Now()
	sent, resp, err := t.exchange(req, c, token, &body)
	took := time.Since(start)
	c.spent += took
	release()

	status := 0
	if resp != nil {
		status = resp.StatusCode
	}
	t.onRequest(req.Method+" "+c.name, status, took)
	if t.onExchange != nil {
		t.onExchange(c.exchange(t.collection, req, start.Add(took), took, resp, &body, err))
	}
	answer, failure := c.judge(ctx, resp, &body, err)
	if failure == nil {
		if c.area != areaOrganization { // the table of locations, and who is asking, may be anybody's to read
			t.taken.Store(true)
		}
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
		return resp, nil
	}
	failure.Op, failure.area, failure.late = c.op, c.area, t.taken.Load()
	failure.blocked = c.rewrite != nil && failure.onTheWay() // OPTIONS
	failure.Message = withoutToken(failure.Message, token)
	if c.write {
		// Whatever was received may have been carried out, unless the answer says that it was not.
		failure.Lost = sent && (status == 0 || status/100 == 2 || status >= 500)
	}
	return nil, failure
}

// exchange sends the request and reads the whole answer, within what is left of the call's time. sent reports whether
// any of it can have reached the service.
func (t *transport) exchange(req *http.Request, c *call, token string, body *body) (sent bool, resp *http.Response, err error) {
	var trace sendTrace
	ctx, cancel := c.bounded(req.Context(), &trace.connected)
	defer cancel(nil)
	trace.once, trace.begun = c.write, c.begun
	trace.cancel = cancel
	req = req.Clone(httptrace.WithClientTrace(ctx, trace.hooks()))
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err = t.base.RoundTrip(req)
	if err == nil {
		t.pace.observe(resp.Header, time.Now()) // before the body, which may take its time
		err = body.readFrom(resp.Body)
		_ = resp.Body.Close()
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

// bounded returns the context of one try. A read ends with the call's context. A write that has begun gets a little
// longer when the run is cancelled, since its answer tells whether something was started; one that still waits for its
// connection does not, or it would be sent after the cancellation.
func (c *call) bounded(ctx context.Context, connected *atomic.Bool) (context.Context, context.CancelCauseFunc) {
	if !c.write {
		inner, cancel := context.WithCancelCause(ctx)
		timer := time.AfterFunc(max(readBudget-c.spent, time.Millisecond), func() { cancel(errTimeout) })
		return inner, func(cause error) { timer.Stop(); cancel(cause) }
	}
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	timer := time.AfterFunc(writeTimeout, func() { cancel(errTimeout) })
	stop := context.AfterFunc(ctx, func() {
		if !connected.Load() {
			cancel(ctx.Err())
			return
		}
		time.AfterFunc(writeGrace, func() { cancel(ctx.Err()) })
	})
	return inner, func(cause error) { stop(); timer.Stop(); cancel(cause) }
}

// sendTrace watches whether a request got as far as a connection.
type sendTrace struct {
	connected atomic.Bool
	wrote     atomic.Bool // on HTTP/2
	http2     atomic.Bool
	once      bool
	begun     func()
	cancel    context.CancelCauseFunc
}

func (s *sendTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			s.connected.Store(true)
			conn, ok := info.Conn.(*tls.Conn)
			s.http2.Store(ok && conn.ConnectionState().NegotiatedProtocol == "h2")
		},
		WroteRequest: func(httptrace.WroteRequestInfo) {
			if s.begun != nil {
				s.begun()
			}
		},
		WroteHeaders: func() { s.wrote.Store(s.http2.Load()) },
		GetConn: func(string) {
			// net/http repeats an HTTP/2 request of any method when the peer resets its stream with PROTOCOL_ERROR
			// (golang/go#42777), which says nothing about what the peer has done by then. A write must not be repeated,
			// and net/http looks at the context before it writes.
			if s.once && s.wrote.Load() {
				s.cancel(errReplay)
			}
		},
	}
}

// judge decides what an answer amounts to: the body for the SDK to see, or a failure.
func (c *call) judge(ctx context.Context, resp *http.Response, body *body, err error) ([]byte, *Error) {
	e := &Error{}
	if resp != nil {
		e.StatusCode = resp.StatusCode
		e.RetryAfter = parseRetryAfter(resp.Header.Get("Retry-After"), dateOf(resp.Header))
	}
	if err != nil {
		c.judgeConnection(ctx, e, err)
		return nil, e
	}
	contentType := strings.ToLower(resp.Header.Get("Content-Type"))
	switch status := resp.StatusCode; {
	case status == http.StatusNonAuthoritativeInfo, status/100 == 2 && isPage(contentType, body.head()) && (!c.plain || strings.Contains(contentType, "html")):
		// A write lands here too: whoever sent the page, the service may have done its work.
		e.SignIn = true
		e.Message = "a web page instead of data" + pageTitle(body.head())
		return nil, e
	case status/100 == 2:
		answer, err := c.read(resp.Header, body)
		if err == nil {
			return answer, nil
		}
		c.judgeShape(e, err)
		return nil, e
	case status/100 == 3:
		e.judgeRedirect(resp.Header.Get("Location"))
		return nil, e
	}
	if e.StatusCode == http.StatusProxyAuthRequired {
		e.Message = (&proxyError{e.StatusCode}).Error() // the proxy's own text may quote what it was sent
		return nil, e
	}
	e.fillFromBody(contentType, resp.Header.Get("X-TFS-ServiceError"), body)
	if e.Message == "" {
		e.Message = http.StatusText(e.StatusCode)
	}
	switch e.StatusCode {
	case 408, 429, 500, 502, 503, 504:
		// A stopped collection stays stopped for the run.
		e.transient = e.Code != codeCollectionStopped
	}
	return nil, e
}

func dateOf(h http.Header) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return time.Now()
}

var errNoBody = errors.New("the answer is empty")

// read hands the body of a 2xx answer to the call.
func (c *call) read(h http.Header, body *body) ([]byte, error) {
	switch {
	case len(body.head()) == 0 && c.empty:
		return nil, nil
	case len(body.head()) == 0:
		return nil, errNoBody
	case c.rewrite != nil:
		return c.rewrite(body.reader())
	case c.decode != nil:
		return nil, c.decode(h, body.reader())
	}
	return nil, nil
}

// judgeShape tells a torn answer, which a read asks for again, from one that is not what was asked for.
func (c *call) judgeShape(e *Error, err error) {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, errNoBody):
		e.Message, e.transient = err.Error(), true
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Message, e.transient = "the answer ends in the middle", true
	case errors.As(err, &syntax):
		e.Message = "the answer is not JSON"
	default:
		e.Message = "the answer has an unexpected shape: " + oneLine(err.Error())
	}
	e.Err = err
}

// judgeConnection describes a request without a whole answer.
func (c *call) judgeConnection(ctx context.Context, e *Error, err error) {
	var proxy *proxyError
	var certificate *tls.CertificateVerificationError
	e.Err = err
	switch {
	case ctx.Err() != nil && !c.write:
		e.Err = ctx.Err()
		e.Message = "cancelled"
	case errors.Is(err, context.Canceled):
		e.Message = "cancelled before the answer came"
	case errors.Is(err, errTimeout), errors.Is(err, context.DeadlineExceeded):
		e.Message = "no answer in time"
	case errors.Is(err, errReplay):
		e.Message = "the connection was lost"
	case errors.Is(err, errTooLarge):
		e.Message = err.Error()
	case errors.As(err, &proxy):
		e.StatusCode, e.Message = proxy.status, proxy.Error()
		e.transient = proxy.status >= 500
	case errors.As(err, &certificate):
		e.Message = "the server's certificate is not accepted: " + oneLine(certificate.Err.Error())
	default:
		e.transient = true
		if e.StatusCode != 0 {
			e.Message = "the answer was torn: " + oneLine(err.Error())
		} else {
			e.Message = "the connection failed: " + oneLine(err.Error())
		}
	}
}

// judgeRedirect names where an answer points to, by its host alone: the rest may hold anything.
func (e *Error) judgeRedirect(location string) {
	e.redirect = true
	target, err := url.Parse(location)
	if err != nil || target.Host == "" {
		e.Message = "redirected within the server, which is not followed"
		e.SignIn = err == nil && strings.Contains(strings.ToLower(target.Path), "_signin")
		return
	}
	host := strings.ToLower(target.Hostname())
	e.SignIn = strings.Contains(strings.ToLower(target.Path), "_signin") || strings.HasPrefix(host, "login.") ||
		strings.HasSuffix(host, ".vssps.visualstudio.com") || host == "vssps.dev.azure.com"
	e.Message = fmt.Sprintf("redirected to %s, which is not followed", oneLine(target.Host))
}
