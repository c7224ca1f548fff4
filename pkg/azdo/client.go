package azdo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Options says where the service is and how to reach it.
type Options struct {
	// CollectionURL is the organization or collection, "https://dev.azure.com/org" or "https://host/tfs/Collection".
	// Its letters keep their case.
	CollectionURL string
	// Token returns the bearer token of a request. It is asked each time, so whoever renews tokens caches them. The
	// token is sent to the origin of CollectionURL and nowhere else.
	Token func(ctx context.Context) (string, error)
	// Concurrency is how many requests may be under way at once; less than 1 is 1.
	Concurrency int
	// Version is the product's, for the user agent.
	Version string
	// Network is how the machine reaches the service.
	Network Network

	// OnRequest is told about every try of every request: "GET evaluations", the answer's status (0 if there was none)
	// and how long it took. OnWait is told about every wait before it begins: why, and for how long; a pause of all
	// requests is one wait. OnWarning is told what Network had to leave out. All may be nil and are called from
	// several goroutines.
	OnRequest func(op string, status int, took time.Duration)
	OnWait    func(reason string, d time.Duration)
	OnWarning func(text string)
	// OnExchange is told what was sent and answered in every try, as soon as the answer is there. It is called from
	// several goroutines and must not keep what it is given. Nil costs nothing.
	OnExchange func(Exchange)
}

// Client is a connection to one collection. Its methods may be called from several goroutines.
type Client struct {
	sdk        *azuredevops.Client
	collection *url.URL
	locations  gate
	policies   policies
}

// Open makes a client. It sends nothing yet.
func Open(o Options) (*Client, error) {
	network, err := o.Network.Transport(o.Concurrency, o.OnWarning)
	if err != nil {
		return nil, err
	}
	return open(o, network)
}

// open is Open on a given network.
func open(o Options, network http.RoundTripper) (*Client, error) {
	collection, err := parseCollection(o.CollectionURL)
	if err != nil {
		return nil, err
	}
	if o.Token == nil {
		return nil, errors.New("open the collection: there is no token")
	}
	o.Concurrency = max(o.Concurrency, 1)
	if o.OnRequest == nil {
		o.OnRequest = func(string, int, time.Duration) {}
	}
	if o.OnWait == nil {
		o.OnWait = func(string, time.Duration) {}
	}
	t := newTransport(o, collection, network)
	connection := &azuredevops.Connection{
		// No AuthorizationString: the transport adds the token, to its own origin alone.
		BaseUrl:                 collection.String(),
		SuppressFedAuthRedirect: true,
		UserAgent:               strings.TrimSpace("reschedule-pull-request-evaluations/" + o.Version),
	}
	// NewClientWithOptions takes the URL as it is; the SDK's other constructors lower-case all of it.
	sdk := azuredevops.NewClientWithOptions(connection, collection.String(), azuredevops.WithHTTPClient(&http.Client{Transport: t, CheckRedirect: neverFollow}))
	return &Client{sdk: sdk, collection: collection}, nil
}

func parseCollection(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("open the collection: %q is not a URL", cutText(oneLine(raw), 80))
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "":
		return nil, fmt.Errorf("open the collection: %q is not the URL of an organization or collection", cutText(oneLine(u.Redacted()), 80))
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}

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

// gate lets one goroutine do what needs doing once; the others wait for it and share its success. A failure is shared
// by those that waited, and the next one tries again.
type gate struct {
	mu     sync.Mutex
	done   bool
	flight *flight
}

type flight struct {
	landed chan struct{}
	err    error
}

func (g *gate) do(ctx context.Context, f func(ctx context.Context) error) error {
	for {
		g.mu.Lock()
		if g.done {
			g.mu.Unlock()
			return nil
		}
		other := g.flight
		if other == nil {
			own := &flight{landed: make(chan struct{}), err: errors.New("it was given up")}
			g.flight = own
			g.mu.Unlock()
			return g.fly(ctx, own, f)
		}
		g.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-other.landed:
			// Whoever flew may have been cancelled alone.
			if other.err != nil && !errors.Is(other.err, context.Canceled) && !errors.Is(other.err, context.DeadlineExceeded) {
				return other.err
			}
		}
	}
}

func (g *gate) fly(ctx context.Context, own *flight, f func(ctx context.Context) error) error {
	defer func() {
		g.mu.Lock()
		g.flight, g.done = nil, own.err == nil
		g.mu.Unlock()
		close(own.landed)
	}()
	own.err = f(ctx)
	return own.err
}

// Connect asks the service where it keeps its resources, which the first request of every client needs. The other
// methods do it by themselves; concurrent first calls send one request.
func (c *Client) Connect(ctx context.Context) error {
	return wrap("connect", c.locations.do(ctx, func(ctx context.Context) error {
		// The SDK reads the table before it looks up a location, once per URL and process, but ten first calls at once
		// read it ten times. No server has the zero location, so this reads the table and nothing else.
		resp, err := c.sdk.Send(withCall(ctx, &call{op: "connect"}), http.MethodGet, uuid.Nil, "", nil, nil, nil, "", azuredevops.MediaTypeApplicationJson, nil)
		if err == nil {
			return resp.Body.Close()
		}
		if unregistered(err) {
			return nil
		}
		return err
	}))
}

// policies keeps one value for each policy configuration, for the thousands of evaluations that embed it.
type policies struct {
	mu   sync.Mutex
	seen map[policyKey]*requeue.Policy
}

type policyKey struct {
	project          uuid.UUID
	id, revision     int
	enabled, deleted bool
}

// intern returns the policy of this key, making it if it is new. A configuration's revision grows with every change.
func (p *policies) intern(key policyKey, build func() *requeue.Policy) *requeue.Policy {
	if key.project == uuid.Nil || key.id == 0 || key.revision == 0 {
		return build()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.seen[key]
	if !ok {
		if p.seen == nil {
			p.seen = make(map[policyKey]*requeue.Policy)
		}
		known = build()
		p.seen[key] = known
	}
	return known
}
