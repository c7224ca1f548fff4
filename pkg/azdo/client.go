package azdo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/agent/agenthttp"
)

// Options says where the service is and how to reach it.
type Options struct {
	// CollectionURL is the organization or collection, "https://dev.azure.com/org" or "https://host/tfs/Collection".
	// Its letters keep their case.
	CollectionURL string
	// Token returns the bearer token of a request. It is asked each time, so whoever renews tokens caches them. The
	// token is sent to the origin of CollectionURL and nowhere else.
	Token func(ctx context.Context) (string, error)
	// Hidden are further tokens that no answer is to quote. The one of the request is hidden in any case.
	Hidden []string
	// Concurrency is how many requests may be under way at once; less than 1 is 1.
	Concurrency int
	// Version is the product's, for the user agent.
	Version string
	// Network is how the machine reaches the service.
	Network agent.Network

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
	collection *url.URL
	transport  *transport
	userAgent  string
	sdk        sdk // filled by Connect
	locations  gate
	policies   policies
}

// Open makes a client. It sends nothing yet.
func Open(o Options) (*Client, error) {
	network, err := agenthttp.New(o.Network, o.Concurrency, o.OnWarning)
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
	userAgent := strings.TrimSpace("reschedule-pull-request-evaluations/" + o.Version)
	return &Client{collection: collection, transport: newTransport(o, collection, network), userAgent: userAgent}, nil
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

// Connect asks the service where it keeps its resources, which the first request of every client needs. The other
// methods do it by themselves; concurrent first calls send one request.
func (c *Client) Connect(ctx context.Context) error {
	return wrap("connect", c.locations.do(ctx, func(ctx context.Context) error {
		table := &call{op: "reach the organization (OPTIONS _apis)", name: "locations", table: true}
		token, err := c.transport.bearer(ctx, table)
		if err != nil {
			return err
		}
		c.sdk = newSDK(c.collection, token, c.userAgent, c.transport)
		// The SDK reads the table before it looks up a location, once per URL and process, but ten first calls at once
		// read it ten times. No server has the zero location, so this reads the table and nothing else.
		resp, err := c.sdk.connection.Send(withCall(ctx, table), http.MethodGet, uuid.Nil, "", nil, nil, nil, "", azuredevops.MediaTypeApplicationJson, nil)
		if err == nil {
			return resp.Body.Close()
		}
		if unregistered(err) {
			return nil
		}
		return err
	}))
}
