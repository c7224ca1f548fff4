package run

import (
	"context"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/azdo"
)

// open makes the client, with the job's token or the service connection's.
func (r *run) open() (*azdo.Client, error) {
	c := r.config
	options := azdo.Options{
		CollectionURL: r.collection(),
		Token:         func(context.Context) (string, error) { return c.Token.Reveal(), nil },
		Concurrency:   c.Concurrency,
		Version:       r.process.Version,
		Network:       c.Network,
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
			RequestURI: c.Connection.OIDCRequestURI, JobToken: c.Token.Reveal(), OnToken: func(token string) { r.log.Mask(agent.Secret(token)) },
		}
		var err error
		options.Hidden = []string{c.Token.Reveal()}
		if options.Token, err = federation.TokenSource(options.Network, r.log.Warning); err != nil {
			return nil, err
		}
	}
	r.record(&options)
	return azdo.Open(options)
}
