package azdo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	azcorelog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
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
	// JobToken is the job's own token, which asks the run's organization for the identity token.
	JobToken string
	// OnToken is told each new token before its first use, so that it can be masked.
	OnToken func(token string)
}

// TokenSource returns what Options.Token needs. Tokens are kept until they are about to expire and renewed then, so a
// long wait outlives them. azidentity reads SYSTEM_OIDCREQUESTURI from the process's environment; the caller has made
// sure that it belongs to the run's own organization.
func (f Federation) TokenSource(n Network, warn func(string)) (func(ctx context.Context) (string, error), error) {
	network, err := n.Transport(1, warn)
	if err != nil {
		return nil, err
	}
	return f.tokenSource(&http.Client{Transport: network, CheckRedirect: neverFollow})
}

func (f Federation) tokenSource(client *http.Client) (func(ctx context.Context) (string, error), error) {
	// AZURE_SDK_GO_LOGGING in the environment makes azcore write requests to stderr, which the agent searches for commands.
	azcorelog.SetListener(func(azcorelog.Event, string) {})
	options := &azidentity.AzurePipelinesCredentialOptions{
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
	credential, err := azidentity.NewAzurePipelinesCredential(f.TenantID, f.ClientID, f.ServiceConnectionID, f.JobToken, options)
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
			return "", federationError(ctx, err)
		}
		known := <-last
		if token.Token != known && f.OnToken != nil {
			f.OnToken(token.Token)
		}
		last <- token.Token
		return token.Token, nil
	}, nil
}

var entraCode = regexp.MustCompile(`\bAADSTS[0-9]{4,9}\b`)

// federationError keeps of azidentity's errors, which quote whole answers, what helps: the status and Entra's code.
func federationError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || failed.RawResponse == nil {
		return fmt.Errorf("get a token for the service connection: %s", oneLine(err.Error()))
	}
	request := "the sign-in address"
	if failed.RawResponse.Request != nil {
		request = failed.RawResponse.Request.URL.Hostname()
	}
	text := fmt.Sprintf("get a token for the service connection: %s answered %d", request, failed.RawResponse.StatusCode)
	if code := entraCode.FindString(err.Error()); code != "" {
		text += " " + code
	}
	return errors.New(text + "; check the connection's federated credential, and that the pipeline may use the connection")
}
