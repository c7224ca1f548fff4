package azdo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	azcorelog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/agent/agenthttp"
)

// azureDevOpsScope is the application ID of Azure DevOps in Microsoft Entra, and whatever it may do.
const azureDevOpsScope = "499b84ac-1321-427f-aa17-267ca6975798/.default"

// tokenTimeout bounds the way to a token, tokenTries the repetitions within it: the SDK's own bounds are minutes.
const (
	tokenTimeout = 30 * time.Second
	tokenTries   = 3
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
	return f.tokenSource(&http.Client{Transport: network, CheckRedirect: neverFollow})
}

func (f Federation) tokenSource(client *http.Client) (func(ctx context.Context) (string, error), error) {
	// AZURE_SDK_GO_LOGGING in the environment makes azcore write requests to stderr, which the agent searches for commands.
	azcorelog.SetListener(func(azcorelog.Event, string) {})
	options := &azidentity.ClientAssertionCredentialOptions{
		ClientOptions: azcore.ClientOptions{
			Transport: client,
			// Always named: without it azidentity asks AZURE_AUTHORITY_HOST, which an earlier step of the job can set, and
			// the assertion would go there.
			Cloud: cloud.Configuration{
				ActiveDirectoryAuthorityHost: cmp.Or(f.AuthorityURL, cloud.AzurePublic.ActiveDirectoryAuthorityHost),
			},
			Retry: policy.RetryOptions{MaxRetries: tokenTries - 1, TryTimeout: tokenTimeout / tokenTries},
		},
		// The authority is known; asking a public address about it first helps nobody behind a firewall.
		DisableInstanceDiscovery: true,
	}
	// azidentity has a credential for Azure Pipelines, but that one takes the address from the process's environment alone.
	pipeline := runtime.NewPipeline("reschedule", "", runtime.PipelineOptions{}, &options.ClientOptions)
	assertion := func(ctx context.Context) (string, error) { return f.assertion(ctx, pipeline) }
	credential, err := azidentity.NewClientAssertionCredential(f.TenantID, f.ClientID, assertion, options)
	if err != nil {
		return nil, fmt.Errorf("use the service connection: %s", oneLine(err.Error()))
	}
	last := make(chan string, 1)
	last <- ""
	return func(ctx context.Context) (string, error) {
		bounded, cancel := context.WithTimeout(ctx, tokenTimeout)
		defer cancel()
		token, err := credential.GetToken(bounded, policy.TokenRequestOptions{Scopes: []string{azureDevOpsScope}})
		if err != nil {
			return "", f.failure(ctx, err)
		}
		known := <-last
		if token.Token != known && f.OnToken != nil {
			f.OnToken(token.Token)
		}
		last <- token.Token
		return token.Token, nil
	}, nil
}

// oidcAPIVersion is the version that Microsoft's own tasks and credentials ask with.
const oidcAPIVersion = "7.1"

// assertion asks the run's organization for an identity token of the service connection.
func (f Federation) assertion(ctx context.Context, pipeline runtime.Pipeline) (string, error) {
	query := url.Values{"api-version": {oidcAPIVersion}, "serviceConnectionId": {f.ServiceConnectionID}}
	req, err := runtime.NewRequest(ctx, http.MethodPost, f.RequestURI+"?"+query.Encode())
	if err != nil {
		return "", err
	}
	req.Raw().Header.Set("Authorization", "Bearer "+f.JobToken)
	req.Raw().Header.Set("X-TFS-FedAuthRedirect", "Suppress") // a 401 instead of a way to the sign-in page
	resp, err := pipeline.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }() // the pipeline has read it whole, and keeps it
	if !runtime.HasStatusCode(resp, http.StatusOK) {
		return "", &azidentity.AuthenticationFailedError{RawResponse: resp} // the only kind that azidentity passes on whole
	}
	var answer struct {
		Token string `json:"oidcToken"`
	}
	if err := runtime.UnmarshalAsJSON(resp, &answer); err != nil || answer.Token == "" {
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

// failure keeps of azidentity's errors, which quote whole answers, what helps: the status, Entra's code, and what to do.
func (f Federation) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	const op = "get a token for the service connection: "
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if !ok || failed.RawResponse == nil {
		return errors.New(op + oneLine(err.Error()))
	}
	resp, host, path := failed.RawResponse, "the sign-in address", ""
	if resp.Request != nil {
		host, path = resp.Request.URL.Hostname(), resp.Request.URL.Path
	}
	text := fmt.Sprintf("%s%s answered %d", op, host, resp.StatusCode)
	if asked, err := url.Parse(f.RequestURI); err == nil && asked.Hostname() == host && asked.Path == path {
		body, _ := runtime.Payload(resp) // the pipeline has read it already
		return errors.New(text + "; " + refusedAssertion(resp.StatusCode, body))
	}
	if code := entraCode.FindString(err.Error()); code != "" {
		text += " " + code
	}
	return errors.New(text + "; check the connection's federated credential, and that the pipeline may use the connection")
}

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
