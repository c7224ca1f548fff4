package config

import (
	"strings"
	"testing"
)

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
