package azdo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/agent/agenthttp"
)

const (
	// azureDevOpsScope is the application ID of Azure DevOps in Microsoft Entra, and whatever it may do.
	azureDevOpsScope = "499b84ac-1321-427f-aa17-267ca6975798/.default"
	publicAuthority  = "https://login.microsoftonline.com"
	// assertionType says that the proof is a signed token (RFC 7523, section 2.2).
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// oidcAPIVersion is the version that Microsoft's own tasks and credentials ask with.
	oidcAPIVersion = "7.1"

	// tokenTimeout bounds the way to a token, tokenTries the tries of each of its two requests.
	tokenTimeout = 30 * time.Second
	tokenTries   = 3
	// renewBefore is how long before its end a token is renewed, but not before half of its life has passed.
	renewBefore = 5 * time.Minute
	// maxAssertion bounds the answer with the identity token, in bytes.
	maxAssertion = 1 << 20
)

// Federation is a service connection of type Azure Resource Manager with workload identity federation: the job's token
// proves to Microsoft Entra which connection asks, and no secret is stored anywhere.
type Federation struct {
	TenantID, ClientID, ServiceConnectionID string
	// AuthorityURL is the sign-in address of a sovereign cloud; "" is https://login.microsoftonline.com.
	AuthorityURL string
	// RequestURI is where the run's organization hands out identity tokens, without a query. The caller has made sure
	// that it belongs to that organization.
	RequestURI string
	// JobToken is the job's own token, which asks the run's organization for the identity token.
	JobToken string
	// OnToken is told each new token before its first use, so that it can be masked.
	OnToken func(token string)
}

// TokenSource returns what Options.Token needs. A token is kept until it is about to expire, and then renewed, so a
// wait may be longer than a token is valid. Tokens are not decoded: what they hold may change without notice.
func (f Federation) TokenSource(n agent.Network, warn func(string)) (func(ctx context.Context) (string, error), error) {
	network, err := agenthttp.New(n, 1, warn)
	if err != nil {
		return nil, err
	}
	return f.tokenSource(network), nil
}

func (f Federation) tokenSource(network http.RoundTripper) func(ctx context.Context) (string, error) {
	client := &http.Client{CheckRedirect: neverFollow, Transport: &retryablehttp.RoundTripper{Client: &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: network, CheckRedirect: neverFollow, Timeout: tokenTimeout / tokenTries},
		RetryMax:     tokenTries - 1,
		RetryWaitMin: firstBackoff, RetryWaitMax: maxBackoff,
		CheckRetry: retryablehttp.DefaultRetryPolicy, Backoff: retryablehttp.DefaultBackoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}}}
	var held struct {
		token          string
		renew, expires time.Time
	}
	turn := make(chan struct{}, 1) // whoever has put something in may use held
	return func(ctx context.Context) (string, error) {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case turn <- struct{}{}:
			defer func() { <-turn }()
		}
		if time.Now().Before(held.renew) {
			return held.token, nil
		}
		bounded, cancel := context.WithTimeout(ctx, tokenTimeout)
		defer cancel()
		token, err := f.newToken(bounded, client)
		now := time.Now()
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil && now.Before(held.expires):
			held.renew = now.Add(min(time.Minute, held.expires.Sub(now))) // it is good for a while yet
			return held.token, nil
		case err != nil:
			return "", fmt.Errorf("get a token for the service connection: %w", err)
		}
		if token.AccessToken != held.token && f.OnToken != nil {
			f.OnToken(token.AccessToken)
		}
		life := token.Expiry.Sub(now)
		if token.Expiry.IsZero() { // it is said only of some
			life = 2 * renewBefore
		}
		held.token, held.renew, held.expires = token.AccessToken, now.Add(max(life-renewBefore, life/2)), now.Add(life)
		return held.token, nil
	}
}

// newToken proves with an identity token which connection asks, and gets an access token for Azure DevOps.
func (f Federation) newToken(ctx context.Context, client *http.Client) (*oauth2.Token, error) {
	assertion, err := f.assertion(ctx, client)
	if err != nil {
		return nil, err
	}
	authority := strings.TrimRight(cmp.Or(f.AuthorityURL, publicAuthority), "/")
	credentials := clientcredentials.Config{
		ClientID: f.ClientID, TokenURL: authority + "/" + f.TenantID + "/oauth2/v2.0/token", Scopes: []string{azureDevOpsScope},
		EndpointParams: url.Values{"client_assertion_type": {assertionType}, "client_assertion": {assertion}},
		AuthStyle:      oauth2.AuthStyleInParams,
	}
	token, err := credentials.Token(context.WithValue(ctx, oauth2.HTTPClient, client)) // the library takes it in no other way
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case err == nil:
		return token, nil
	case !ok:
		return nil, errors.New(oneLine(err.Error()))
	}
	text := "the sign-in address"
	if refused.Response.Request != nil {
		text = refused.Response.Request.URL.Hostname()
	}
	text += fmt.Sprintf(" answered %d", refused.Response.StatusCode)
	if code := entraCode.Find(refused.Body); code != nil {
		text += " " + string(code)
	}
	return nil, errors.New(text + "; check the connection's federated credential, and that the pipeline may use the connection")
}

// assertion asks the run's organization for an identity token of the service connection.
func (f Federation) assertion(ctx context.Context, client *http.Client) (string, error) {
	query := url.Values{"api-version": {oidcAPIVersion}, "serviceConnectionId": {f.ServiceConnectionID}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.RequestURI+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+f.JobToken)
	req.Header.Set("X-TFS-FedAuthRedirect", "Suppress") // a 401 instead of a way to the sign-in page
	resp, err := client.Do(req)
	if err != nil {
		return "", errors.New(oneLine(err.Error()))
	}
	defer func() { _ = resp.Body.Close() }() // nothing is written to it
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAssertion))
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answered %d; %s", req.URL.Hostname(), resp.StatusCode, refusedAssertion(resp.StatusCode, body))
	}
	var answer struct {
		Token string `json:"oidcToken"`
	}
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	if err != nil || answer.Token == "" {
		return "", errors.New("the organization's answer holds no identity token")
	}
	return answer.Token, nil
}

var (
	entraCode = regexp.MustCompile(`\bAADSTS[0-9]{4,9}\b`)
	// disabledWords are in the answer for a connection that is switched off. The service has a sentence that offers it as
	// one of three possibilities, too, and that one proves nothing.
	disabledWords  = regexp.MustCompile(`(?i)\bdisabled\b`)
	undecidedWords = regexp.MustCompile(`(?i)\bdoes not exist\b`)
)

// refusedAssertion says what to do where the run's own organization hands out no identity token.
func refusedAssertion(status int, body []byte) string {
	switch {
	case disabledWords.Match(body) && !undecidedWords.Match(body):
		return "the service connection is disabled, as the service does with one that was not used for 100 days; an administrator of it enables it again on " +
			"Project settings > Service connections > (connection)"
	case status == http.StatusUnauthorized:
		return "the job's own token is not accepted: it has expired or was withdrawn; run the job again"
	}
	return "check that the connection still exists, that it is not disabled (the service does that after 100 days without use), and that the pipeline may use it"
}
