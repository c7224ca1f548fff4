package azdo

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenthttp"
)

// judge decides what an answer amounts to: one whose body can be decoded, which it puts in place, or a failure.
func (c *call) judge(ctx context.Context, resp *http.Response, body *body, err error) *Error {
	e := &Error{}
	if resp != nil {
		e.StatusCode = resp.StatusCode
		e.RetryAfter = parseRetryAfter(resp.Header.Get("Retry-After"), dateOf(resp.Header))
	}
	if err != nil {
		c.judgeConnection(ctx, e, err)
		return e
	}
	contentType := strings.ToLower(resp.Header.Get("Content-Type"))
	switch status := resp.StatusCode; {
	case status == http.StatusNonAuthoritativeInfo, status/100 == 2 && isPage(contentType, body.head()) && (!c.plain || strings.Contains(contentType, "html")):
		e.SignIn, e.Unclear = true, c.write // whoever sent the page, the service may have done its work
		e.Message = "a web page instead of data" + pageTitle(body.head())
		return e
	case status/100 == 2:
		var err error
		if resp.Body, err = c.read(resp.Header, body); err == nil {
			return nil
		}
		c.judgeShape(e, err)
		return e
	case status/100 == 3:
		e.judgeRedirect(resp.Header.Get("Location"))
		return e
	}
	if e.StatusCode == http.StatusProxyAuthRequired {
		e.Message = (&agenthttp.ProxyError{Status: e.StatusCode}).Error() // the proxy's own text may quote what it was sent
		return e
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
	return e
}

func dateOf(h http.Header) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return time.Now()
}

var errNoBody = errors.New("the answer is empty")

// read returns the body of a 2xx answer as it can be decoded without a surprise: by the SDK, or by whoever sent the request
// himself.
func (c *call) read(h http.Header, body *body) (io.ReadCloser, error) {
	var shown []byte
	var err error
	switch {
	case len(body.head()) == 0 && !c.empty:
		return nil, errNoBody
	case len(body.head()) == 0:
		c.found, shown = &notes{none: true}, []byte("null")
	case c.plain:
		c.found = &notes{json: strings.Contains(strings.ToLower(h.Get("Content-Type")), "json")}
		if c.found.json {
			err = unmarshal(body.reader(), anything{})
		}
		return &answer{Reader: body.reader(), body: body}, err
	case c.table:
		shown, err = usableLocations(body.reader())
	case c.answer != nil:
		shown, c.found, err = fitted(body.reader(), c.answer)
		if err == nil && c.found.none && !c.empty {
			err = errNoObject
		}
	default:
		return &answer{Reader: body.reader(), body: body}, nil // ask sees to its syntax, in the pass that decodes it
	}
	return io.NopCloser(bytes.NewReader(shown)), err
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
	e.Unclear = c.write && !errors.Is(err, io.ErrUnexpectedEOF)
}

// judgeConnection describes a request without a whole answer.
func (c *call) judgeConnection(ctx context.Context, e *Error, err error) {
	var proxy *agenthttp.ProxyError
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
		e.StatusCode, e.Message = proxy.Status, proxy.Error()
		e.transient = proxy.Status >= 500
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
