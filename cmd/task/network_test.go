package main_test

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// serveTLS serves a handler over TLS and returns its URL.
func serveTLS(t *testing.T, handler http.Handler, config *tls.Config) string {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.TLS, s.EnableHTTP2 = config, true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// at moves a step's job from the stand-in's own address to another one of the same service.
func at(s *azdotest.Server, step agenttest.Step, origin string) agenttest.Step {
	home, err := url.Parse(s.URL())
	if err != nil {
		return step
	}
	for _, address := range []*string{&step.Job.CollectionURL, &step.Job.EndpointURL, &step.Job.RepositoryURI, &step.Job.OIDCRequestURI} {
		*address = strings.Replace(*address, home.Scheme+"://"+home.Host, origin, 1)
	}
	return step
}

// proxySource is a forward proxy as companies have them: it asks for a user and a password, tunnels and forwards, and
// is the only one that knows some names. It prints its address, then each request: its method, host, whether the
// password was right, and whether it saw a token.
const proxySource = `package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
)

func main() {
	want := ""
	if os.Args[1] != "" {
		want = "Basic " + base64.StdEncoding.EncodeToString([]byte(os.Args[1]))
	}
	known := map[string]string{}
	for _, pair := range os.Args[2:] {
		name, address, _ := strings.Cut(pair, "=")
		known[name] = address
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	go func() { io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
	transport := &http.Transport{DialContext: (&net.Dialer{}).DialContext}
	http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := r.Header.Get("Proxy-Authorization")
		address := known[r.Host]
		fmt.Println(r.Method, r.Host, given == want, r.Header.Get("Authorization") != "")
		if given != want {
			w.Header().Set("Proxy-Authenticate", "Basic realm=proxy")
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(407)
			fmt.Fprintf(w, "##vso[task.complete result=Succeeded]not accepted: %s\r\n", given)
			return
		}
		if address == "" {
			http.Error(w, "no such host: "+r.Host, 502)
			return
		}
		if r.Method != http.MethodConnect {
			r.Header.Del("Proxy-Authorization")
			r.URL.Host, r.RequestURI = address, ""
			resp, err := transport.RoundTrip(r)
			if err != nil {
				http.Error(w, "no answer", 504)
				return
			}
			defer resp.Body.Close()
			for name, values := range resp.Header {
				w.Header()[name] = values
			}
			w.WriteHeader(resp.StatusCode)
			io.Copy(w, resp.Body)
			return
		}
		upstream, err := net.Dial("tcp", address)
		if err != nil {
			http.Error(w, "no connection", 504)
			return
		}
		defer upstream.Close()
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { io.Copy(upstream, buffered); upstream.Close() }()
		io.Copy(conn, upstream)
	}))
}
`

// proxyBuild builds the proxy once for all tests.
var proxyBuild struct {
	once   sync.Once
	binary []byte
	err    error
}

func buildProxy(dir string) ([]byte, error) {
	for name, text := range map[string]string{"main.go": proxySource, "go.mod": "module proxy\n\ngo 1.26\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", "proxy.bin", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the proxy: %w\n%s", err, out)
	}
	return os.ReadFile(filepath.Join(dir, "proxy.bin"))
}

// proxyProcess is a proxy that runs.
type proxyProcess struct {
	address string

	mu   sync.Mutex
	seen []string
}

// requests are those that the proxy has seen: "CONNECT tfs.corp.example:443 true false".
func (p *proxyProcess) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// startProxy starts a proxy process that asks for "user:password" (nothing for "") and knows "host:port=address".
func startProxy(t *testing.T, credentials string, names ...string) *proxyProcess {
	t.Helper()
	proxyBuild.once.Do(func() { proxyBuild.binary, proxyBuild.err = buildProxy(t.TempDir()) })
	if proxyBuild.err != nil {
		t.Fatal(proxyBuild.err)
	}
	binary := filepath.Join(t.TempDir(), "proxy")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if err := writeProgram(binary, proxyBuild.binary, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, append([]string{credentials}, names...)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		t.Fatal("the proxy did not start")
	}
	p := &proxyProcess{address: lines.Text()}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines.Scan() {
			p.mu.Lock()
			p.seen = append(p.seen, lines.Text())
			p.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = stdin.Close() // ends it
		<-ended
		_ = cmd.Wait()
	})
	return p
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// TestProxy reaches a host that only an authenticating proxy knows, in each way in which an agent says where that is.
func TestProxy(t *testing.T) {
	t.Parallel()
	const host = "tfs.corp.example"
	authority := agenttest.NewAuthority(t)
	credentials := "corp\\me:" + proxyPassword
	userInfo := url.UserPassword("corp\\me", proxyPassword).String()
	tests := []struct {
		name      string
		plain     bool // http to the service
		variables map[string]string
		secrets   map[string]string
		agentEnv  map[string]string
		exit      int
		direct    bool   // the proxy is to see nothing
		warned    string // a warning
		failed    string // an error
	}{
		{
			name:      "the agent's",
			variables: map[string]string{"agent.proxyurl": "http://PROXY", "agent.proxyusername": "corp\\me"}, secrets: map[string]string{"agent.proxypassword": proxyPassword},
		},
		{
			name: "the agent's, forwarding", plain: true,
			variables: map[string]string{"agent.proxyurl": "http://PROXY", "agent.proxyusername": "corp\\me"}, secrets: map[string]string{"agent.proxypassword": proxyPassword},
		},
		{name: "a user within the URL", variables: map[string]string{"agent.proxyurl": "http://" + userInfo + "@PROXY/"}},
		{
			name:      "bypass list of others",
			variables: map[string]string{"agent.proxyurl": "http://PROXY", "agent.proxyusername": "corp\\me", "agent.proxybypasslist": `["^https://other\\.example", "", "corp\\.invalid"]`},
			secrets:   map[string]string{"agent.proxypassword": proxyPassword},
		},
		{
			name:      "bypass list, any case",
			variables: map[string]string{"agent.proxyurl": "http://PROXY", "agent.proxyusername": "corp\\me", "agent.proxybypasslist": `["^HTTPS://TFS\\.Corp\\."]`},
			secrets:   map[string]string{"agent.proxypassword": proxyPassword}, exit: 1, direct: true,
		},
		{
			name:      "bypass list with what RE2 cannot read",
			variables: map[string]string{"agent.proxyurl": "http://PROXY", "agent.proxyusername": "corp\\me", "agent.proxybypasslist": `["(?!x)tfs", "nothing"]`},
			secrets:   map[string]string{"agent.proxypassword": proxyPassword}, warned: "list of addresses without a proxy is not used",
		},
		{name: "HTTPS_PROXY", agentEnv: map[string]string{"HTTPS_PROXY": "http://" + userInfo + "@PROXY"}},
		{name: "https_proxy", agentEnv: map[string]string{"https_proxy": "http://" + userInfo + "@PROXY"}},
		{name: "HTTP_PROXY", plain: true, agentEnv: map[string]string{"HTTP_PROXY": "http://" + userInfo + "@PROXY"}},
		{name: "NO_PROXY", agentEnv: map[string]string{"HTTPS_PROXY": "http://" + userInfo + "@PROXY", "NO_PROXY": ".corp.example"}, exit: 1, direct: true},
		{
			name: "the agent's wins over HTTPS_PROXY", agentEnv: map[string]string{"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "*"},
			variables: map[string]string{"agent.proxyurl": "http://PROXY", "agent.proxyusername": "corp\\me"}, secrets: map[string]string{"agent.proxypassword": proxyPassword},
		},
		{
			name: "wrong password", exit: 1, failed: "the proxy does not accept its user and password",
			variables: map[string]string{"agent.proxyurl": "http://PROXY", "agent.proxyusername": "corp\\me"}, secrets: map[string]string{"agent.proxypassword": "wrong-password"},
		},
		{
			name: "wrong password, forwarding", plain: true, exit: 1, failed: "407",
			variables: map[string]string{"agent.proxyurl": "http://PROXY", "agent.proxyusername": "corp\\me", "system.debug": "true"}, secrets: map[string]string{"agent.proxypassword": "wrong-password"},
		},
		{name: "wrong password in HTTP_PROXY", plain: true, exit: 1, failed: "407", agentEnv: map[string]string{"http_proxy": "http://me:wrong-password@PROXY"}},
		{name: "no URL", exit: 2, failed: "AGENT_PROXYURL", variables: map[string]string{"agent.proxyurl": "ftp://me:wrong-password@x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := azdotest.Start(t, expiredWorld())
			service := &recorder{next: s}
			origin, port, address := "https://"+host, "443", ""
			if tt.plain {
				origin, port, address = "http://"+host+":8080", "8080", serve(t, service)
			} else {
				address = serveTLS(t, service, &tls.Config{Certificates: []tls.Certificate{authority.Issue(t, host)}, MinVersion: tls.VersionTLS12})
			}
			proxy := startProxy(t, credentials, host+":"+port+"="+hostOf(t, address))
			fill := func(from map[string]string) map[string]string {
				to := map[string]string{}
				for name, value := range from {
					to[name] = strings.ReplaceAll(value, "PROXY", proxy.address)
				}
				return to
			}
			step := at(s, stepFile{Variables: fill(tt.variables), SecretVariables: tt.secrets}.step(t, s), origin)
			step.Variables["agent.cainfo"] = authority.File
			step.AgentEnv = fill(tt.agentEnv)
			step.AgentEnv["PATH"], step.AgentEnv["GOCOVERDIR"] = os.Getenv("PATH"), os.Getenv("GOCOVERDIR")
			r := run(t, nil, step)
			if r.ExitCode != tt.exit {
				t.Errorf("exit code %d, want %d\n%s", r.ExitCode, tt.exit, r.Stdout)
			}
			through := proxy.requests()
			for end := time.Now().Add(10 * time.Second); len(through) == 0 && !tt.direct && tt.exit != 2 && time.Now().Before(end); through = proxy.requests() {
				time.Sleep(5 * time.Millisecond) // the line is on its way through the pipe
			}
			if tt.direct != (len(through) == 0) && tt.exit != 2 {
				t.Errorf("through the proxy: %q\n%s", through, r.Stdout)
			}
			if tt.exit == 0 {
				if len(s.Writes()) != 1 {
					t.Errorf("writes: %v", s.Writes())
				}
				for _, line := range through {
					if want := "CONNECT " + host + ":443 true false"; !tt.plain && line != want {
						t.Errorf("through the proxy went %q, want %q", line, want)
					}
				}
			} else if len(service.requests()) > 0 {
				t.Errorf("the service was sent %s", service.all())
			}
			for _, list := range []struct {
				want string
				in   []string
			}{{tt.warned, r.Warnings}, {tt.failed, r.Errors}} {
				if list.want != "" && !slices.ContainsFunc(list.in, func(text string) bool { return strings.Contains(text, list.want) }) {
					t.Errorf("%q is not said in %q\n%s", list.want, list.in, r.Stdout)
				}
			}
			if strings.Contains(service.all(), "Proxy-Authorization") {
				t.Error("the service was sent the proxy's password")
			}
			others := comments(s) + strings.Join(through, " ")
			checkSecrets(t, r, others, agenttest.PresetToken, proxyPassword, "wrong-password")
			for _, sent := range []string{credentials, "corp\\me:wrong-password", "me:wrong-password"} {
				form := base64.StdEncoding.EncodeToString([]byte(sent))
				if strings.Contains(strings.ReplaceAll(r.Stdout, "##vso[task.setsecret]"+form, ""), form) {
					t.Errorf("the log shows the user and password as they were sent:\n%s", r.Stdout)
				}
			}
			for _, c := range r.Commands {
				if c.Name() == "task.complete" {
					t.Errorf("a foreign command: %s", c.Line)
				}
			}
		})
	}
}

// TestCertificates: what the agent has been told to trust is trusted, and nothing that an earlier step can say.
func TestCertificates(t *testing.T) {
	t.Parallel()
	authority := agenttest.NewAuthority(t)
	folder := t.TempDir()
	certificate := authority.Issue(t)
	clientCert, clientKey := filepath.Join(folder, "client.pem"), filepath.Join(folder, "client.key")
	agenttest.SavePEM(t, clientCert, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	der, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	agenttest.SavePEM(t, clientKey, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	trusted := filepath.Join(folder, "trusted")
	if err := os.Mkdir(trusted, 0o700); err != nil {
		t.Fatal(err)
	}
	agenttest.SavePEM(t, filepath.Join(trusted, "internal.pem"), &pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate.Raw})
	clients := x509.NewCertPool()
	clients.AddCert(authority.Certificate)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weak := &tls.Config{ // weak on purpose
		Certificates: []tls.Certificate{{Certificate: [][]byte{authority.Sign(t, &rsaKey.PublicKey)}, PrivateKey: rsaKey}},
		MinVersion:   tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256},
	}
	const notAccepted = "the server's certificate is not accepted"
	client := map[string]string{"agent.cainfo": authority.File, "agent.clientcert": clientCert, "agent.clientcertkey": clientKey, "agent.clientcertarchive": clientCert}
	tests := []struct {
		name      string
		variables map[string]string
		config    *tls.Config // but for the certificate
		old       bool        // an agent whose own environment holds the variables
		exit      int
		said      string
	}{
		{name: "known to the agent", variables: map[string]string{"agent.cainfo": authority.File}},
		{name: "unknown", exit: 1, said: notAccepted},
		{name: "file missing", variables: map[string]string{"agent.cainfo": filepath.Join(folder, "none.pem")}, exit: 1, said: notAccepted},
		{name: "file without a certificate", variables: map[string]string{"agent.cainfo": clientKey}, exit: 1, said: "holds no PEM certificate"},
		{name: "SSL_CERT_FILE", variables: map[string]string{"SSL_CERT_FILE": authority.File}, exit: 1, said: notAccepted},
		{name: "ssl.cert.file", variables: map[string]string{"ssl.cert.file": authority.File}, exit: 1, said: notAccepted},
		{name: "SSL_CERT_DIR", variables: map[string]string{"SSL_CERT_DIR": trusted}, exit: 1, said: notAccepted},
		{name: "SSL_CERT_FILE of the agent itself", variables: map[string]string{"SSL_CERT_FILE": authority.File, "SSL_CERT_DIR": trusted}, old: true, exit: 1, said: notAccepted},
		{name: "AGENT_SKIPCERTVALIDATION", variables: map[string]string{"agent.skipcertvalidation": "True"}, exit: 1, said: "AGENT_SKIPCERTVALIDATION is ignored"},
		{
			name: "for other programs", exit: 1, said: notAccepted,
			variables: map[string]string{
				"NODE_EXTRA_CA_CERTS": authority.File, "NODE_TLS_REJECT_UNAUTHORIZED": "0", "CURL_CA_BUNDLE": authority.File, "REQUESTS_CA_BUNDLE": authority.File,
				"GIT_SSL_NO_VERIFY": "true", "GIT_SSL_CAINFO": authority.File, "SSLKEYLOGFILE": filepath.Join(folder, "keys"),
			},
		},
		{name: "GODEBUG and an unknown authority", variables: map[string]string{"GODEBUG": "x509usefallbackroots=1,x509ignoreCN=0,tls10default=1"}, exit: 1, said: notAccepted},
		{name: "GODEBUG and a weak cipher", config: weak, variables: map[string]string{"agent.cainfo": authority.File, "GODEBUG": "tlsrsakex=1,tls3des=1"}, exit: 1, said: "handshake failure"},
		{
			name: "GODEBUG that prints", variables: map[string]string{"agent.cainfo": authority.File, "GODEBUG": "http2debug=2,netdns=go+2"},
		},
		{
			name: "GODEBUG without HTTP/2", variables: map[string]string{"agent.cainfo": authority.File, "GODEBUG": "http2client=0"},
		},
		{name: "TLS 1.1", config: &tls.Config{MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS11}, variables: map[string]string{"agent.cainfo": authority.File}, exit: 1, said: "protocol version"},
		{name: "TLS 1.2", config: &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}, variables: map[string]string{"agent.cainfo": authority.File}},
		{name: "client certificate", config: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MinVersion: tls.VersionTLS12}, variables: client},
		{
			name: "no client certificate", config: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MinVersion: tls.VersionTLS12},
			variables: map[string]string{"agent.cainfo": authority.File}, exit: 1, said: "certificate required",
		},
		{
			name: "client certificate without its key", config: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MinVersion: tls.VersionTLS12},
			variables: map[string]string{"agent.cainfo": authority.File, "agent.clientcert": clientCert}, exit: 1, said: "only of use together",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := azdotest.Start(t, expiredWorld())
			service := &recorder{next: s}
			config := &tls.Config{MinVersion: tls.VersionTLS12}
			if tt.config != nil {
				config = tt.config.Clone()
			}
			if config.Certificates == nil {
				config.Certificates = []tls.Certificate{authority.Issue(t)}
			}
			step := at(s, stepFile{Variables: tt.variables}.step(t, s), serveTLS(t, service, config))
			if tt.old {
				step.AgentEnv, step.Variables = map[string]string{"PATH": os.Getenv("PATH"), "GOCOVERDIR": os.Getenv("GOCOVERDIR")}, nil
				maps.Copy(step.AgentEnv, tt.variables)
			}
			r := run(t, nil, step)
			if r.ExitCode != tt.exit || !strings.Contains(r.Stdout, tt.said) {
				t.Errorf("exit code %d, want %d and %q\n%s", r.ExitCode, tt.exit, tt.said, r.Stdout)
			}
			requests := service.requests()
			if tt.exit != 0 && len(requests) > 0 {
				t.Errorf("the service was sent %s", service.all())
			}
			if tt.exit == 0 {
				for _, q := range requests {
					if q.proto != "HTTP/2.0" {
						t.Errorf("%s over %s", q.target, q.proto)
					}
				}
				if len(s.Writes()) != 1 {
					t.Errorf("writes: %v", s.Writes())
				}
			}
			if strings.Contains(tt.name, "file ") && !slices.ContainsFunc(r.Warnings, func(text string) bool { return strings.Contains(text, "the system's only") }) {
				t.Errorf("no warning of the file: %q", r.Warnings)
			}
			if _, err := os.Stat(filepath.Join(folder, "keys")); err == nil {
				t.Error("the keys of the connection were written to a file")
			}
		})
	}
}

// TestMissingAuthorityFileHarmsNothing: in a container the agent's file is often not there; the run goes on.
func TestMissingAuthorityFileHarmsNothing(t *testing.T) {
	t.Parallel()
	s := azdotest.Start(t, expiredWorld())
	r := run(t, s, stepFile{Variables: map[string]string{"agent.cainfo": filepath.Join(t.TempDir(), "none.pem")}}.step(t, s))
	if r.ExitCode != 0 || len(s.Writes()) != 1 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "the system's only") {
		t.Errorf("exit code %d, writes %v, warnings %q", r.ExitCode, s.Writes(), r.Warnings)
	}
}

// TestReleaseOnServices is a classic release at Azure DevOps Services, where the job's connection names the host of
// releases. The real names lead to the stand-in through a proxy.
func TestReleaseOnServices(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, collection, endpoint string
		refused                    bool
	}{
		{name: "the hosts of today", collection: "https://dev.azure.com/Fabrikam/", endpoint: "https://vsrm.dev.azure.com/fabrikam/"},
		{name: "the old hosts", collection: "https://fabrikam.visualstudio.com/", endpoint: "https://fabrikam.vsrm.visualstudio.com/"},
		{name: "both", collection: "https://dev.azure.com/fabrikam/", endpoint: "https://fabrikam.vsrm.visualstudio.com/"},
		{name: "another organization", collection: "https://dev.azure.com/contoso/", endpoint: "https://vsrm.dev.azure.com/fabrikam/", refused: true},
		{name: "no organization", collection: "https://dev.azure.com/", endpoint: "https://vsrm.dev.azure.com/fabrikam/", refused: true},
		{name: "a host that looks like it", collection: "https://dev.azure.com.evil.example/fabrikam/", endpoint: "https://vsrm.dev.azure.com/fabrikam/", refused: true},
		{name: "another port", collection: "https://dev.azure.com:8443/fabrikam/", endpoint: "https://vsrm.dev.azure.com/fabrikam/", refused: true},
		{name: "in the clear", collection: "http://dev.azure.com/fabrikam/", endpoint: "https://vsrm.dev.azure.com/fabrikam/", refused: true},
	}
	authority := agenttest.NewAuthority(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := expiredWorld()
			w.CollectionPath = "/fabrikam"
			s, err := azdotest.New(w)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			service := &recorder{next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.Host, ".visualstudio.com") { // whose path begins below the organization
					r.URL.Path, r.URL.RawPath = "/fabrikam"+r.URL.Path, ""
				}
				s.ServeHTTP(w, r)
			})}
			names := []string{"dev.azure.com", "fabrikam.visualstudio.com", "vsrm.dev.azure.com", "dev.azure.com.evil.example"}
			address := hostOf(t, serveTLS(t, service, &tls.Config{Certificates: []tls.Certificate{authority.Issue(t, names...)}, MinVersion: tls.VersionTLS12}))
			var known []string
			for _, name := range names {
				known = append(known, name+":443="+address)
			}
			proxy := startProxy(t, "", known...)
			step := stepFile{Variables: map[string]string{"agent.proxyurl": "http://" + proxy.address, "agent.cainfo": authority.File}}.step(t, s)
			job := agenttest.ReleaseJob(tt.collection)
			job.EndpointURL = tt.endpoint
			job.Project, job.ProjectID, job.RepositoryName, job.RepositoryID = step.Job.Project, step.Job.ProjectID, step.Job.RepositoryName, step.Job.RepositoryID
			step.Job = job
			r := run(t, nil, step)
			if !tt.refused {
				if r.ExitCode != 0 || len(s.Writes()) != 1 {
					t.Errorf("exit code %d, writes %v\n%s", r.ExitCode, s.Writes(), r.Stdout)
				}
				return
			}
			if r.ExitCode != 2 || len(proxy.requests())+len(service.requests()) > 0 {
				t.Errorf("exit code %d, sent %q\n%s", r.ExitCode, proxy.requests(), r.Stdout)
			}
		})
	}
}
