package agenthttp

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestProxyChoice(t *testing.T) {
	t.Parallel()
	own := agent.Network{
		ProxyURL: mustParse(t, "http://proxy:3128"), ProxyUser: "me", ProxyPassword: "p@ss:word",
		ProxyBypass: []*regexp.Regexp{regexp.MustCompile(`\.internal$`), regexp.MustCompile(`^https://server:8443$`), regexp.MustCompile(`/skip/`)},
	}
	conventional := agent.Network{HTTPSProxy: "http://user:pw@other:3128", NoProxy: ".internal"}
	for _, tt := range []struct {
		network agent.Network
		url     string
		proxied bool
	}{
		{own, "https://dev.azure.com/org", true},
		{own, "https://TFS.Internal/org", false},
		{own, "https://tfs.internal:8080/org", true}, // the expression ends at the host
		{own, "https://SERVER:8443/x", false},
		{own, "https://server/x", true},
		{own, "https://server/Skip/x", false},
		{own, "http://localhost:5000/x", false},
		{own, "http://LOCALHOST./x", false},
		{own, "http://127.8.9.1/x", false},
		{own, "http://[::1]:80/x", false},
		{own, "http://[::ffff:127.0.0.1]/x", false},
		{conventional, "https://dev.azure.com/org", true},
		{conventional, "http://dev.azure.com/org", false},
		{conventional, "https://tfs.internal/org", false},
		{conventional, "https://127.0.0.1/org", false},
		{agent.Network{}, "https://dev.azure.com/org", false},
	} {
		transport, err := New(tt.network, 8, nil)
		if err != nil {
			t.Fatal(err)
		}
		var proxy *url.URL
		if transport.Proxy != nil {
			if proxy, err = transport.Proxy(&http.Request{URL: mustParse(t, tt.url)}); err != nil {
				t.Fatal(err)
			}
		}
		if (proxy != nil) != tt.proxied {
			t.Errorf("%s goes through %v", tt.url, proxy)
		}
		if tt.network.ProxyURL != nil && tt.proxied && proxy.String() != "http://me:p%40ss%3Aword@proxy:3128" {
			t.Errorf("proxy is %s", proxy)
		}
	}
	if own.ProxyURL.User != nil {
		t.Error("the given URL was changed")
	}
}

func TestTransportKeepsTheDefaults(t *testing.T) {
	t.Parallel()
	transport, err := New(agent.Network{}, 64, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !transport.ForceAttemptHTTP2 || transport.DisableCompression || transport.MaxIdleConnsPerHost != 64 || transport.TLSClientConfig.MinVersion != tls.VersionTLS12 || transport.TLSClientConfig.InsecureSkipVerify || transport.Proxy != nil {
		t.Errorf("got %+v", transport)
	}
}
