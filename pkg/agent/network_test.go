package agent

import (
	"maps"
	"net/url"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestNetwork(t *testing.T) {
	t.Parallel()
	proxy := Variables{"AGENT_PROXYURL": "http://proxy:8080", "AGENT_PROXYUSERNAME": "user", "SECRET_AGENT_PROXYPASSWORD": " pass word "}
	fallback := Variables{"HTTPS_PROXY": "http://s:1", "HTTP_PROXY": "http://h:2", "NO_PROXY": ".local"}
	both := maps.Clone(proxy)
	maps.Copy(both, fallback)
	tests := []struct {
		name     string
		env      Variables
		want     Network
		warnings int
	}{
		{"nothing", nil, Network{}, 0},
		{"agent's proxy", proxy, Network{ProxyURL: parsed(t, "http://proxy:8080"), ProxyUser: "user", ProxyPassword: " pass word "}, 0},
		{"agent's proxy wins", both, Network{ProxyURL: parsed(t, "http://proxy:8080"), ProxyUser: "user", ProxyPassword: " pass word "}, 0},
		{
			"a user in the URL",
			Variables{"AGENT_PROXYURL": "http://us%40er:p%40ss@proxy:8080/"},
			Network{ProxyURL: parsed(t, "http://proxy:8080/"), ProxyUser: "us@er", ProxyPassword: "p@ss"},
			0,
		},
		{"fallback", fallback, Network{HTTPSProxy: "http://s:1", HTTPProxy: "http://h:2", NoProxy: ".local"}, 0},
		{
			"fallback in lower case",
			Variables{"https_proxy": "s:1", "http_proxy": "h:2", "no_proxy": "*"},
			Network{HTTPSProxy: "s:1", HTTPProxy: "h:2", NoProxy: "*"},
			0,
		},
		{
			"authority and client certificate",
			Variables{"AGENT_CAINFO": "/c/ca.pem", "AGENT_CLIENTCERT": "/c/c.pem", "AGENT_CLIENTCERTKEY": "/c/k.pem", "SECRET_AGENT_CLIENTCERTPASSWORD": "p"},
			Network{CAFile: "/c/ca.pem", ClientCert: "/c/c.pem", ClientKey: "/c/k.pem", ClientKeyPassword: "p"},
			0,
		},
		{"half a client certificate", Variables{"AGENT_CLIENTCERT": "/c/c.pem"}, Network{}, 1},
		{"no checks", Variables{"AGENT_SKIPCERTVALIDATION": "True"}, Network{}, 1},
		{"checks", Variables{"AGENT_SKIPCERTVALIDATION": "False"}, Network{}, 0},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, warnings, err := NewEnvironment(tc.env).Network()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.IgnoreFields(Network{}, "Passwords")); diff != "" {
				t.Errorf("Network (-want +got):\n%s", diff)
			}
			if len(warnings) != tc.warnings {
				t.Errorf("warnings %q, want %d", warnings, tc.warnings)
			}
		})
	}
}

func TestProxyBypass(t *testing.T) {
	t.Parallel()
	bypass := func(list string) ([]*regexp.Regexp, []string) {
		n, warnings, err := NewEnvironment(Variables{"AGENT_PROXYURL": "http://proxy:8080", "AGENT_PROXYBYPASSLIST": list}).Network()
		if err != nil {
			t.Fatal(err)
		}
		return n.ProxyBypass, warnings
	}
	found, warnings := bypass(`["", "tfs\\.LOCAL|other", "(?!look)ahead", "(open"]`)
	if len(found) != 1 || len(warnings) != 2 {
		t.Fatalf("%v, warnings %q", found, warnings)
	}
	for _, url := range []string{"https://TFS.local/x", "https://OTHER"} {
		if !found[0].MatchString(url) {
			t.Errorf("%s must bypass the proxy", url)
		}
	}
	if found[0].MatchString("https://tfsxlocal") {
		t.Error("a quoted dot matches a dot only")
	}
	if found, warnings = bypass("tfs"); found != nil || len(warnings) != 1 {
		t.Errorf("%v, warnings %q", found, warnings)
	}
}

func parsed(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
