package agenthttp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

const (
	dialTimeout = 10 * time.Second
	tlsTimeout  = 10 * time.Second
)

// New makes a transport of the agent's settings, for whatever has to reach an address from this machine. connections is how many it keeps open to one host. warn is called for what was left out; nil for
// nobody.
//
// The system's certificate authorities are those of crypto/x509, which on Unix reads SSL_CERT_FILE and SSL_CERT_DIR when
// it is first asked: a process whose environment may hold foreign variables has to unset them before.
func New(n agent.Network, connections int, warn func(string)) (*http.Transport, error) {
	if warn == nil {
		warn = func(string) {}
	}
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("use the standard HTTP transport: somebody has replaced it")
	}
	t := standard.Clone() // keeps HTTP/2, gzip and the idle time-out
	t.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	t.TLSHandshakeTimeout = tlsTimeout
	t.MaxIdleConnsPerHost = max(connections, 1)
	t.MaxIdleConns = max(t.MaxIdleConns, 2*connections)
	t.MaxResponseHeaderBytes = 1 << 20
	t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
		if resp.StatusCode != http.StatusOK {
			return &ProxyError{Status: resp.StatusCode}
		}
		return nil
	}
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if n.CAFile != "" {
		t.TLSClientConfig.RootCAs = roots(n.CAFile, warn)
	}
	if n.ClientCert != "" {
		certificate, err := clientCertificate(n)
		if err != nil {
			return nil, fmt.Errorf("read the client certificate: %w", err)
		}
		t.TLSClientConfig.Certificates = []tls.Certificate{certificate}
	}
	proxy, err := proxyOf(n)
	if err != nil {
		return nil, err
	}
	t.Proxy = proxy
	return t, nil
}

// roots are the system's authorities and those of a file; nil means the system's. A file that is missing or holds none is
// warned about and otherwise ignored: that can only make the checks stricter.
func roots(file string, warn func(string)) *x509.CertPool {
	extra, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		warn(shorten("the certificate authorities are the system's only: " + err.Error()))
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		warn(shorten("the certificate authorities are those of " + file + " only: " + err.Error()))
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(extra) {
		warn(shorten("the certificate authorities are the system's only: " + file + " holds no PEM certificate"))
		return nil
	}
	return pool
}

// clientCertificate reads the certificate and its key, which may be in the certificate's file too, and may be encrypted
// in OpenSSL's traditional format.
func clientCertificate(n agent.Network) (tls.Certificate, error) {
	certPEM, err := os.ReadFile(filepath.Clean(n.ClientCert))
	if err != nil {
		return tls.Certificate{}, err
	}
	keyPEM := certPEM
	if n.ClientKey != "" {
		if keyPEM, err = os.ReadFile(filepath.Clean(n.ClientKey)); err != nil {
			return tls.Certificate{}, err
		}
	}
	plain, err := plainKey(keyPEM, n.ClientKeyPassword.Reveal())
	if err != nil {
		return tls.Certificate{}, err
	}
	certificate, err := tls.X509KeyPair(certPEM, plain)
	if err != nil && !bytes.Equal(plain, keyPEM) {
		// One wrong password in 256 ends in what looks decrypted and is no key.
		return tls.Certificate{}, fmt.Errorf("decrypt the key: is its password right? %w", err)
	}
	return certificate, err
}

// plainKey decrypts a private key of OpenSSL's traditional format; others are returned as they are.
func plainKey(keyPEM []byte, password string) ([]byte, error) {
	for rest := keyPEM; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return keyPEM, nil
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" {
			return nil, errors.New("the key is encrypted as PKCS #8, which is not supported; " +
				"convert it with `openssl pkey -traditional -aes256`, or store it without a password")
		}
		if !strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			continue
		}
		if password == "" {
			return nil, errors.New("the key is encrypted and there is no password")
		}
		// The format is deprecated because it does not protect the key well; agents are configured with it all the same
		// (task-lib, getHttpCertConfiguration), and nothing else of the standard library reads it.
		der, err := x509.DecryptPEMBlock(block, []byte(password)) //nolint:staticcheck // SA1019: see above
		if err != nil {
			return nil, fmt.Errorf("decrypt the key: %w", err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: der}), nil
	}
}

// proxyOf says which proxy a request goes through; nil for none. A loopback address is never sent to the agent's proxy.
func proxyOf(n agent.Network) (func(*http.Request) (*url.URL, error), error) {
	if n.ProxyURL == nil {
		if n.HTTPProxy == "" && n.HTTPSProxy == "" {
			return nil, nil
		}
		conventional := (&httpproxy.Config{HTTPProxy: n.HTTPProxy.Reveal(), HTTPSProxy: n.HTTPSProxy.Reveal(), NoProxy: n.NoProxy}).ProxyFunc()
		return func(r *http.Request) (*url.URL, error) {
			proxy, err := conventional(r.URL)
			if err != nil {
				return nil, errors.New("read the proxy's address: it is not a URL") // the cause may hold its password
			}
			return proxy, nil
		}, nil
	}
	proxy := *n.ProxyURL
	if proxy.User == nil && n.ProxyUser != "" {
		proxy.User = url.UserPassword(n.ProxyUser, n.ProxyPassword.Reveal())
	}
	bypass := make([]*regexp.Regexp, 0, len(n.ProxyBypass))
	for _, re := range n.ProxyBypass {
		anyCase, err := regexp.Compile("(?i:" + re.String() + ")")
		if err != nil {
			return nil, fmt.Errorf("read the proxy's bypass list: %w", err)
		}
		bypass = append(bypass, anyCase)
	}
	return func(r *http.Request) (*url.URL, error) {
		if isLoopback(r.URL.Hostname()) {
			return nil, nil
		}
		for _, re := range bypass {
			if re.MatchString(r.URL.Scheme+"://"+r.URL.Host) || re.MatchString(r.URL.String()) {
				return nil, nil
			}
		}
		return &proxy, nil
	}, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// ProxyError is a proxy's refusal to connect to a host.
type ProxyError struct{ Status int }

// Error implements error, without the proxy's own text, which may quote what it was sent.
func (e *ProxyError) Error() string {
	if e.Status == http.StatusProxyAuthRequired {
		return "the proxy does not accept its user and password"
	}
	return fmt.Sprintf("the proxy does not connect: %d %s", e.Status, http.StatusText(e.Status))
}

// shorten keeps a warning to one line that can be read.
func shorten(text string) string { return agent.Shorten(text, 500) }
