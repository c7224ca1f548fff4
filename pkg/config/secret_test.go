package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

func TestNoPrintShowsASecret(t *testing.T) {
	t.Parallel()
	const proxyPassword, certPassword, urlPassword = "proxy-pa%73s", "cert-pass", "url%2Dpass"
	secrets := []string{jobToken, "other-token", proxyPassword, certPassword, urlPassword, "url-pass"}
	withProxy := mustLoad(t, job(variables{
		"AGENT_PROXYURL":                  "http://proxy:8080",
		"AGENT_PROXYUSERNAME":             "user",
		"SECRET_AGENT_PROXYPASSWORD":      proxyPassword,
		"SECRET_AGENT_CLIENTCERTPASSWORD": certPassword,
		"SYSTEM_ACCESSTOKEN":              "other-token",
	}))
	withVariable := mustLoad(t, job(variables{"HTTPS_PROXY": "http://user:" + urlPassword + "@proxy:8080"}))

	diff(t, []agent.Secret{jobToken, "other-token", proxyPassword, certPassword}, withProxy.Secrets)
	diff(t, []agent.Secret{jobToken, urlPassword, "url-pass"}, withVariable.Secrets)

	for _, c := range []Config{withProxy, withVariable} {
		var prints []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			prints = append(prints, fmt.Sprintf(verb, c), fmt.Sprintf(verb, &c), fmt.Sprintf(verb, c.Token), fmt.Sprintf(verb, c.Network))
		}
		marshalled, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("config", "config", c, "token", c.Token)
		slog.New(slog.NewTextHandler(&log, nil)).Info("config", "config", c, "token", c.Token)
		prints = append(prints, string(marshalled), log.String(), strings.Join(c.Effective, "\n"), strings.Join(c.Warnings, "\n"))
		for _, text := range prints {
			for _, secret := range secrets {
				if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
					t.Errorf("%q shows in %s", secret, text)
				}
			}
		}
	}
	if withProxy.Token.Reveal() != jobToken || withProxy.Token.String() != "***" {
		t.Error("Reveal must give the token and String must not")
	}
}

func TestSecretsAreThereWithFaults(t *testing.T) {
	t.Parallel()
	c, found := load(t, job(variables{"INPUT_MAXPERRUN": "x", "SECRET_AGENT_PROXYPASSWORD": "pass", "SYSTEM_DEBUG": "true"}))
	expect(t, found, `maxPerRun: "x" is not a whole number; allowed: 0 to 2147483647`)
	diff(t, []agent.Secret{jobToken, "pass"}, c.Secrets)
	if !c.Agent || !c.Debug {
		t.Error("Agent and Debug must be known with faults, too")
	}
}
