package azdo

import (
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
		e.Message = (&agenthttp.ProxyError{Status: e.StatusCode}).Error() // the proxy's own text may quote what it was sent
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
