package config

import (
	"strings"
	"testing"
)

func TestNetwork(t *testing.T) {
	t.Parallel()
	proxy := variables{"AGENT_PROXYURL": "http://proxy:8080", "AGENT_PROXYUSERNAME": "user", "SECRET_AGENT_PROXYPASSWORD": " pass word "}
	fallback := variables{"HTTPS_PROXY": "http://s:1", "HTTP_PROXY": "http://h:2", "NO_PROXY": ".local"}
	tests := []struct {
		name     string
		env      variables
		want     Network
		warnings int
	}{
		{"nothing", nil, Network{}, 0},
		{"agent's proxy", proxy, Network{ProxyURL: "http://proxy:8080", ProxyUser: "user", ProxyPassword: " pass word "}, 0},
		{"agent's proxy wins", job(proxy, fallback), Network{ProxyURL: "http://proxy:8080", ProxyUser: "user", ProxyPassword: " pass word "}, 0},
		{
			"a user in the URL",
			variables{"AGENT_PROXYURL": "http://us%40er:p%40ss@proxy:8080/"},
			Network{ProxyURL: "http://proxy:8080/", ProxyUser: "us@er", ProxyPassword: "p@ss"},
			0,
		},
		{"fallback", fallback, Network{HTTPSProxy: "http://s:1", HTTPProxy: "http://h:2", NoProxy: ".local"}, 0},
		{
			"fallback in lower case",
			variables{"https_proxy": "s:1", "http_proxy": "h:2", "no_proxy": "*"},
			Network{HTTPSProxy: "s:1", HTTPProxy: "h:2", NoProxy: "*"},
			0,
		},
		{
			"authority and client certificate",
			variables{"AGENT_CAINFO": "/c/ca.pem", "AGENT_CLIENTCERT": "/c/c.pem", "AGENT_CLIENTCERTKEY": "/c/k.pem", "SECRET_AGENT_CLIENTCERTPASSWORD": "p"},
			Network{CAFile: "/c/ca.pem", ClientCert: "/c/c.pem", ClientKey: "/c/k.pem", ClientKeyPassword: "p"},
			0,
		},
		{"half a client certificate", variables{"AGENT_CLIENTCERT": "/c/c.pem"}, Network{}, 1},
		{"no checks", variables{"AGENT_SKIPCERTVALIDATION": "True"}, Network{}, 1},
		{"checks", variables{"AGENT_SKIPCERTVALIDATION": "False"}, Network{}, 0},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := mustLoad(t, job(tc.env))
			diff(t, tc.want, c.Network, options()...)
			if len(c.Warnings) != tc.warnings {
				t.Errorf("warnings %q, want %d", c.Warnings, tc.warnings)
			}
		})
	}
}

func TestProxyBypass(t *testing.T) {
	t.Parallel()
	bypass := func(list string) Config {
		return mustLoad(t, job(variables{"AGENT_PROXYURL": "http://proxy:8080", "AGENT_PROXYBYPASSLIST": list}))
	}
	c := bypass(`["", "tfs\\.LOCAL|other", "(?!look)ahead", "(open"]`)
	if len(c.Network.ProxyBypass) != 1 || len(c.Warnings) != 2 {
		t.Fatalf("%v, warnings %q", c.Network.ProxyBypass, c.Warnings)
	}
	for _, url := range []string{"https://TFS.local/x", "https://OTHER"} {
		if !c.Network.ProxyBypass[0].MatchString(url) {
			t.Errorf("%s must bypass the proxy", url)
		}
	}
	if c.Network.ProxyBypass[0].MatchString("https://tfsxlocal") {
		t.Error("a quoted dot matches a dot only")
	}
	if c = bypass("tfs"); c.Network.ProxyBypass != nil || len(c.Warnings) != 1 {
		t.Errorf("%v, warnings %q", c.Network.ProxyBypass, c.Warnings)
	}
}

func TestProxyFaults(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"proxy:8080", "ftp://user:hunter2@proxy", "http://", "http://us er:hunter2@pro xy"} {
		c, found := load(t, job(variables{"AGENT_PROXYURL": url}))
		expect(t, found, "AGENT_PROXYURL is not an http or https URL")
		if strings.Contains(url, "hunter2") && (strings.Contains(found[0].Error(), "hunter2") || !strings.Contains(c.Secrets[len(c.Secrets)-1].Reveal(), "hunter2")) {
			t.Errorf("%s: the password must be masked and not be told", url)
		}
	}
}
