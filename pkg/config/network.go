package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// readNetwork reads how the agent reaches the service. What only looks odd is a warning: the run may work without it.
func (l *loader) readNetwork() {
	n := &l.cfg.Network
	n.ProxyUser, n.ProxyPassword = l.env.ProxyUser, Secret(l.env.ProxyPassword)
	n.CAFile, n.ClientKeyPassword = l.env.CAFile, Secret(l.env.ClientCertPassword)
	l.secret(l.env.ProxyPassword, l.env.ClientCertPassword)

	if l.env.ProxyURL == "" {
		n.HTTPSProxy = Secret(cmp.Or(l.env.HTTPSProxyVariable, l.env.HTTPSProxyLowerCase))
		n.HTTPProxy = Secret(cmp.Or(l.env.HTTPProxyVariable, l.env.HTTPProxyLowerCase))
		n.NoProxy = cmp.Or(l.env.NoProxyVariable, l.env.NoProxyLowerCase)
		l.hidePassword(n.HTTPSProxy.Reveal())
		l.hidePassword(n.HTTPProxy.Reveal())
	} else {
		l.readAgentProxy()
	}

	switch {
	case l.env.ClientCert != "" && l.env.ClientKey != "":
		n.ClientCert, n.ClientKey = l.env.ClientCert, l.env.ClientKey
	case l.env.ClientCert != "" || l.env.ClientKey != "":
		l.warn("the agent's client certificate is not used: AGENT_CLIENTCERT and AGENT_CLIENTCERTKEY are only of use together")
	}
	if strings.EqualFold(l.env.SkipCertValidation, "true") {
		l.warn("AGENT_SKIPCERTVALIDATION is ignored: the task always checks certificates; let the agent know the server's authority with --sslcacert")
	}
}

func (l *loader) warn(format string, args ...any) {
	l.cfg.Warnings = append(l.cfg.Warnings, fmt.Sprintf(format, args...))
}

func (l *loader) readAgentProxy() {
	n := &l.cfg.Network
	l.hidePassword(l.env.ProxyURL)
	proxy, err := url.Parse(l.env.ProxyURL)
	if err != nil || proxy.Hostname() == "" || proxy.Scheme != "http" && proxy.Scheme != "https" {
		l.environment("AGENT_PROXYURL is not an http or https URL; set the agent up with --proxyurl http://proxy:8080")
		return
	}
	if proxy.User != nil {
		password, _ := proxy.User.Password()
		if n.ProxyUser == "" {
			n.ProxyUser, n.ProxyPassword = proxy.User.Username(), Secret(password)
		}
		proxy.User = nil
	}
	n.ProxyURL = proxy.String()
	n.ProxyBypass = l.proxyBypass()
}

// hidePassword has the password in a proxy's URL masked, as it is written and as it is meant.
func (l *loader) hidePassword(proxy string) {
	_, rest, found := strings.Cut(proxy, "://")
	if !found {
		rest = proxy // "user:password@proxy:8080" is taken for http
	}
	rest, _, _ = strings.Cut(rest, "/")
	at := strings.LastIndex(rest, "@")
	if at < 0 {
		return
	}
	if _, written, found := strings.Cut(rest[:at], ":"); found {
		l.secret(written)
		if meant, err := url.PathUnescape(written); err == nil {
			l.secret(meant)
		}
	}
}

func (l *loader) proxyBypass() []*regexp.Regexp {
	if l.env.ProxyBypassList == "" {
		return nil
	}
	var items []string
	if err := json.Unmarshal([]byte(l.env.ProxyBypassList), &items); err != nil {
		l.warn("the agent's list of addresses without a proxy is not used: AGENT_PROXYBYPASSLIST is not a list of texts")
		return nil
	}
	var bypass []*regexp.Regexp
	for _, item := range items {
		if item = strings.TrimSpace(item); item == "" {
			continue // it would match every address
		}
		re, err := compile("(?i)"+item, regexp.Compile)
		if err != nil {
			l.warn("%s in the agent's list of addresses without a proxy is not used: %v", quote(item), err)
			continue
		}
		bypass = append(bypass, re)
	}
	return bypass
}
