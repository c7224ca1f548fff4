package run

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/config"
)

// open makes the client, with the job's token or the service connection's.
func (r *run) open() (*azdo.Client, error) {
	c := r.config
	network, err := network(c.Network)
	if err != nil {
		return nil, err
	}
	options := azdo.Options{
		CollectionURL: r.collection(),
		Token:         func(context.Context) (string, error) { return c.Token.Reveal(), nil },
		Concurrency:   c.Concurrency,
		Version:       r.process.Version,
		Network:       network,
		OnRequest: func(op string, status int, took time.Duration) {
			r.log.Debugf("%s: %d in %d ms", op, status, took.Milliseconds())
		},
		OnWait: func(reason string, d time.Duration) {
			r.log.Line("Waiting %s: %s", d.Round(100*time.Millisecond), reason)
		},
		OnWarning: r.log.Warning,
	}
	if s := c.Connection.ServiceConnection; s != nil {
		federation := azdo.Federation{
			TenantID: s.TenantID, ClientID: s.ClientID, ServiceConnectionID: s.ID, AuthorityURL: s.AuthorityURL,
			RequestURI: c.Connection.OIDCRequestURI, JobToken: c.Token.Reveal(), OnToken: func(token string) { r.log.Mask(token) },
		}
		if options.Token, err = federation.TokenSource(options.Network, r.log.Warning); err != nil {
			return nil, err
		}
	}
	r.record(&options)
	return azdo.Open(options)
}

// secretsOf are the texts that nothing may show: the secrets, and a proxy's user with its password as it is sent, which a
// proxy may quote when it refuses.
func secretsOf(c config.Config) []string {
	all := make([]string, 0, len(c.Secrets)+1)
	for _, secret := range c.Secrets {
		all = append(all, secret.Reveal())
	}
	user := url.UserPassword(c.Network.ProxyUser, c.Network.ProxyPassword.Reveal())
	for _, proxy := range []config.Secret{c.Network.HTTPSProxy, c.Network.HTTPProxy} {
		if parsed, err := url.Parse(proxy.Reveal()); err == nil && parsed.User != nil {
			user = parsed.User
		}
	}
	if password, _ := user.Password(); password != "" {
		all = append(all, base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	return all
}

// network turns one package's type into another's.
func network(n config.Network) (azdo.Network, error) {
	out := azdo.Network{
		ProxyBypass: n.ProxyBypass, CAFile: n.CAFile,
		ClientCert: n.ClientCert, ClientKey: n.ClientKey, ClientKeyPassword: n.ClientKeyPassword.Reveal(),
		HTTPProxy: n.HTTPProxy.Reveal(), HTTPSProxy: n.HTTPSProxy.Reveal(), NoProxy: n.NoProxy,
	}
	if n.ProxyURL == "" {
		return out, nil
	}
	proxy, err := url.Parse(n.ProxyURL)
	if err != nil {
		return out, errors.New("use the agent's proxy: AGENT_PROXYURL is not a URL")
	}
	if n.ProxyUser != "" {
		proxy.User = url.UserPassword(n.ProxyUser, n.ProxyPassword.Reveal())
	}
	out.ProxyURL = proxy
	return out, nil
}
