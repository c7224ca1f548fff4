package agent

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Network is how the machine reaches the service. The zero value is a direct connection that trusts the system's
// certificate authorities.
type Network struct {
	// ProxyURL is the agent's proxy, without a user; nil if it has none.
	ProxyURL      *url.URL
	ProxyUser     string
	ProxyPassword Secret
	// ProxyBypass are matched against "scheme://host[:port]" and the whole URL, in any case.
	ProxyBypass []*regexp.Regexp
	// HTTPSProxy, HTTPProxy and NoProxy are the variables of those names, read only where ProxyURL is nil. The URLs may
	// hold a password.
	HTTPSProxy, HTTPProxy Secret
	NoProxy               string
	// CAFile holds certificates to trust beside the system's (PEM).
	CAFile string
	// ClientCert and ClientKey are PEM files, both set or both "".
	ClientCert, ClientKey string
	ClientKeyPassword     Secret
	// Passwords are all those of the proxies and of the client certificate, as they are written and as they are meant.
	// They are there even where Environment.Network finds a fault.
	Passwords []Secret
}

// ProxyAuthorization is the proxy's user with its password as it is sent, which a proxy may quote when it refuses; "" if
// there is no password.
func (n Network) ProxyAuthorization() Secret {
	user := url.UserPassword(n.ProxyUser, n.ProxyPassword.Reveal())
	for _, proxy := range []Secret{n.HTTPSProxy, n.HTTPProxy} {
		if parsed, err := url.Parse(proxy.Reveal()); err == nil && parsed.User != nil {
			user = parsed.User
		}
	}
	password, _ := user.Password()
	if password == "" {
		return ""
	}
	return Secret(base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password)))
}

// Network reads how the agent reaches the service; outside an agent, and where it has no proxy, the variables of the
// usual names say which proxy there is. What only looks odd is a warning: the run may work without it. The error is about
// a proxy that cannot be used.
func (e Environment) Network() (n Network, warnings []string, err error) {
	n = Network{
		ProxyUser: e.Variable("Agent.ProxyUsername"), ProxyPassword: e.SecretVariable("Agent.ProxyPassword"),
		CAFile: e.Variable("Agent.CAInfo"), ClientKeyPassword: e.SecretVariable("Agent.ClientCertPassword"),
	}
	n.hide(n.ProxyPassword, n.ClientKeyPassword)

	if agents := e.Variable("Agent.ProxyUrl"); agents != "" {
		if err = n.setProxy(agents); err == nil {
			n.ProxyBypass, warnings = bypassList(e.Variable("Agent.ProxyBypassList"))
		}
	} else {
		n.HTTPSProxy = Secret(cmp.Or(e.get("HTTPS_PROXY"), e.get("https_proxy")))
		n.HTTPProxy = Secret(cmp.Or(e.get("HTTP_PROXY"), e.get("http_proxy")))
		n.NoProxy = cmp.Or(e.get("NO_PROXY"), e.get("no_proxy"))
		n.hidePassword(n.HTTPSProxy.Reveal())
		n.hidePassword(n.HTTPProxy.Reveal())
	}

	switch cert, key := e.Variable("Agent.ClientCert"), e.Variable("Agent.ClientCertKey"); {
	case cert != "" && key != "":
		n.ClientCert, n.ClientKey = cert, key
	case cert != "" || key != "":
		warnings = append(warnings, "the agent's client certificate is not used: AGENT_CLIENTCERT and AGENT_CLIENTCERTKEY are only of use together")
	}
	if strings.EqualFold(e.Variable("Agent.SkipCertValidation"), "true") {
		warnings = append(warnings, "AGENT_SKIPCERTVALIDATION is ignored: the task always checks certificates; let the agent know the server's authority with --sslcacert")
	}
	return n, warnings, err
}

func (n *Network) hide(secrets ...Secret) {
	for _, secret := range secrets {
		if secret != "" && !slices.Contains(n.Passwords, secret) {
			n.Passwords = append(n.Passwords, secret)
		}
	}
}

func (n *Network) setProxy(address string) error {
	n.hidePassword(address)
	proxy, err := url.Parse(address)
	if err != nil || proxy.Hostname() == "" || proxy.Scheme != "http" && proxy.Scheme != "https" {
		return errors.New("AGENT_PROXYURL is not an http or https URL; set the agent up with --proxyurl http://proxy:8080")
	}
	if proxy.User != nil {
		password, _ := proxy.User.Password()
		if n.ProxyUser == "" {
			n.ProxyUser, n.ProxyPassword = proxy.User.Username(), Secret(password)
		}
		proxy.User = nil
	}
	n.ProxyURL = proxy
	return nil
}

// hidePassword has the password in a proxy's URL masked, as it is written and as it is meant.
func (n *Network) hidePassword(proxy string) {
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
		n.hide(Secret(written))
		if meant, err := url.PathUnescape(written); err == nil {
			n.hide(Secret(meant))
		}
	}
}

// bypassList reads the agent's list of addresses without a proxy: a JSON array of regular expressions, in .NET's syntax.
func bypassList(list string) (bypass []*regexp.Regexp, warnings []string) {
	if list == "" {
		return nil, nil
	}
	var items []string
	if err := json.Unmarshal([]byte(list), &items); err != nil {
		return nil, []string{"the agent's list of addresses without a proxy is not used: AGENT_PROXYBYPASSLIST is not a list of texts"}
	}
	for _, item := range items {
		if item = strings.TrimSpace(item); item == "" {
			continue // it would match every address
		}
		re, err := compile("(?i)" + item)
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("%s in the agent's list of addresses without a proxy is not used: %v", quote(item), err))
			continue
		}
		bypass = append(bypass, re)
	}
	return bypass, warnings
}

// longestPattern bounds a regular expression, in characters.
const longestPattern = 1000

// compile words what is wrong with a regular expression: Go knows no look-around, for example.
func compile(pattern string) (*regexp.Regexp, error) {
	if length := utf8.RuneCountInString(pattern); length > longestPattern {
		return nil, fmt.Errorf("it has %d characters", length)
	}
	re, err := regexp.Compile(pattern)
	if problem, ok := errors.AsType[*syntax.Error](err); ok {
		return nil, fmt.Errorf("%s: %s", problem.Code, quote(problem.Expr))
	}
	return re, err
}

// quote shows a foreign value in a message, cut to a readable length.
func quote(value string) string {
	const most = 80
	if runes := []rune(value); len(runes) > most {
		value = string(runes[:most]) + "…"
	}
	return strconv.Quote(value)
}
