package azdo

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
)

// rawServer accepts connections and lets serve handle each.
func rawServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer func() { _ = conn.Close() }(); serve(conn) }()
		}
	}()
	return l.Addr().String()
}

func testOptions(collection string) Options {
	return Options{CollectionURL: collection, Token: func(context.Context) (string, error) { return testToken, nil }, Concurrency: 2}
}

// TestWriteIsNotReplayedByTheNetworkLayer lets a kept-alive connection end right after the PATCH has arrived, which
// net/http answers with a second try for methods that it takes to be repeatable.
func TestWriteIsNotReplayedByTheNetworkLayer(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodPatch, http.MethodGet} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			seen := map[string]int{}
			address := rawServer(t, func(conn net.Conn) {
				r := bufio.NewReader(conn)
				for {
					request, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					mu.Lock()
					seen[request.Method]++
					first := seen[request.Method] == 1
					mu.Unlock()
					if request.Method == method && first {
						return // closed, without a byte
					}
					body := toJSON(record(nil))
					if request.Method == http.MethodOptions {
						body = locationTable("7.2")
					}
					_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				}
			})
			c, err := Open(testOptions("http://" + address + basePath))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Connect(t.Context()); err != nil { // leaves a connection behind
				t.Fatal(err)
			}
			if method == http.MethodGet {
				if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil {
					t.Fatal(err)
				}
				return
			}
			_, err = c.Requeue(t.Context(), projectID, evaluationID, nil)
			if e := asError(t, err); !e.Lost {
				t.Errorf("got %v, which is not lost", err)
			}
			time.Sleep(50 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			if seen[method] != 1 {
				t.Errorf("%s arrived %d times", method, seen[method])
			}
		})
	}
}

// TestWriteIsNotReplayedOnHTTP2 resets the stream of the PATCH with PROTOCOL_ERROR, which net/http takes as an
// invitation to send it again.
func TestWriteIsNotReplayedOnHTTP2(t *testing.T) {
	t.Parallel()
	ca := agenttest.NewAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "tfs.corp.example")}, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12}
	var patches, gets atomic.Int32
	address := rawServer(t, func(raw net.Conn) {
		conn := tls.Server(raw, config)
		preface := make([]byte, len(http2.ClientPreface))
		if _, err := io.ReadFull(conn, preface); err != nil {
			return
		}
		framer := http2.NewFramer(conn, conn)
		framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		_ = framer.WriteSettings()
		for {
			frame, err := framer.ReadFrame()
			if err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.SettingsFrame:
				if !frame.IsAck() {
					_ = framer.WriteSettingsAck()
				}
			case *http2.MetaHeadersFrame:
				body := toJSON(record(nil))
				switch frame.PseudoValue("method") {
				case http.MethodOptions:
					body = locationTable("7.2")
				case http.MethodPatch:
					patches.Add(1)
					_ = framer.WriteRSTStream(frame.StreamID, http2.ErrCodeProtocol)
					continue
				case http.MethodGet:
					if gets.Add(1) == 1 {
						_ = framer.WriteRSTStream(frame.StreamID, http2.ErrCodeProtocol)
						continue
					}
				}
				var block strings.Builder
				encoder := hpack.NewEncoder(&block)
				_ = encoder.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
				_ = encoder.WriteField(hpack.HeaderField{Name: "content-type", Value: "application/json"})
				_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: frame.StreamID, BlockFragment: []byte(block.String()), EndHeaders: true})
				_ = framer.WriteData(frame.StreamID, true, []byte(body))
			}
		}
	})
	o := testOptions("https://" + address + basePath)
	o.Network.CAFile = ca.File
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Requeue(t.Context(), projectID, evaluationID, nil)
	if e := asError(t, err); !e.Lost {
		t.Errorf("got %v, which is not lost", err)
	}
	if n := patches.Load(); n != 1 {
		t.Errorf("the PATCH arrived %d times", n)
	}
	if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil || gets.Load() != 2 {
		t.Errorf("the read arrived %d times, %v", gets.Load(), err)
	}
}

func TestWhatCannotHaveBeenSentIsNotLost(t *testing.T) {
	t.Parallel()
	c, s := newServer(t, Options{}, func(http.ResponseWriter, *http.Request) {})
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Close()
	time.Sleep(50 * time.Millisecond) // until the connection that was kept is known to be dead
	_, err := c.Requeue(t.Context(), projectID, evaluationID, nil)
	if e := asError(t, err); e.Lost {
		t.Errorf("%v is lost", err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	c, _ := newServer(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/x?token=secret", http.StatusTemporaryRedirect)
	})
	for _, do := range []func() error{
		func() error { _, err := c.Evaluation(t.Context(), projectID, evaluationID); return err },
		func() error { _, err := c.Requeue(t.Context(), projectID, evaluationID, nil); return err },
	} {
		err := do()
		if e := asError(t, err); e.StatusCode != 307 || e.Lost || !e.Refused() || !strings.Contains(e.Message, strings.TrimPrefix(other.URL, "http://")) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	}
	if elsewhere.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestRealAnswers(t *testing.T) {
	t.Parallel()
	c, _ := newServer(t, Options{Version: "1.2.3"}, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch && (r.ContentLength != 0 || len(r.TransferEncoding) > 0) {
			t.Errorf("a PATCH with a body: %v", r.Header)
		}
		if !strings.HasSuffix(r.UserAgent(), " reschedule-pull-request-evaluations/1.2.3") || r.Header.Get("Accept-Encoding") != "gzip" || !strings.HasPrefix(r.URL.Path, basePath+"/"+projectID.String()) {
			t.Errorf("%s, headers %v", r.URL, r.Header)
		}
		_, _ = io.WriteString(w, "\xef\xbb\xbf"+toJSON(record(nil)))
	})
	if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil {
		t.Error(err)
	}
	if _, err := c.Requeue(t.Context(), projectID, evaluationID, nil); err != nil {
		t.Error(err)
	}
}

func TestOpenFaults(t *testing.T) {
	t.Parallel()
	token := func(context.Context) (string, error) { return testToken, nil }
	for _, o := range []Options{
		{CollectionURL: "", Token: token},
		{CollectionURL: "ftp://host/x", Token: token},
		{CollectionURL: "https://", Token: token},
		{CollectionURL: "https://user:secret@host/x", Token: token},
		{CollectionURL: "https://host/x?y", Token: token},
		{CollectionURL: ":", Token: token},
		{CollectionURL: "https://host/x"},
		{CollectionURL: "https://host/x", Token: token, Network: agent.Network{ClientCert: "/does/not/exist"}},
	} {
		if _, err := Open(o); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v", o.CollectionURL, err)
		}
	}
	for given, want := range map[string]string{
		"https://host/tfs/Default Collection/": "https://host/tfs/Default%20Collection", "https://host//x//": "https://host//x", "https://host/": "https://host", "https://Host/A%2FB/": "https://Host/A%2FB",
	} {
		u, err := parseCollection(given)
		if err != nil || u.String() != want {
			t.Errorf("%s is %v, want %s (%v)", given, u, want, err)
		}
	}
}

func TestPrivateAuthorityAndClientCertificate(t *testing.T) {
	t.Parallel()
	ca := agenttest.NewAuthority(t)
	pool := x509.NewCertPool()
	pool.AddCert(ca.Certificate)
	var protocol atomic.Value
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		protocol.Store(r.Proto)
		if r.Method == http.MethodOptions {
			_, _ = io.WriteString(w, locationTable("7.2"))
			return
		}
		_, _ = io.WriteString(w, toJSON(record(nil)))
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = discardLog()
	s.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "tfs.corp.example")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)

	folder := t.TempDir()
	client := ca.Issue(t)
	der, err := x509.MarshalECPrivateKey(client.PrivateKey.(*ecdsa.PrivateKey)) //nolint:forcetypeassert // issue makes no other
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", der, []byte("p w"), x509.PEMCipherAES256) //nolint:staticcheck // the format is what is tested
	if err != nil {
		t.Fatal(err)
	}
	cert, key, secret, both := filepath.Join(folder, "cert"), filepath.Join(folder, "key"), filepath.Join(folder, "secret"), filepath.Join(folder, "both")
	pkcs8 := filepath.Join(folder, "pkcs8")
	certBlock, keyBlock := &pem.Block{Type: "CERTIFICATE", Bytes: client.Certificate[0]}, &pem.Block{Type: "EC PRIVATE KEY", Bytes: der}
	agenttest.SavePEM(t, cert, certBlock)
	agenttest.SavePEM(t, key, keyBlock)
	agenttest.SavePEM(t, secret, encrypted)
	agenttest.SavePEM(t, both, certBlock, keyBlock)
	agenttest.SavePEM(t, pkcs8, &pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der})
	for _, tt := range []struct {
		name    string
		network agent.Network
		open    string // error of Open
		send    string // error of the request
		warned  string
	}{
		{name: "all there", network: agent.Network{CAFile: ca.File, ClientCert: cert, ClientKey: key}},
		{name: "key in the same file", network: agent.Network{CAFile: ca.File, ClientCert: both}},
		{name: "key with a password", network: agent.Network{CAFile: ca.File, ClientCert: cert, ClientKey: secret, ClientKeyPassword: "p w"}},
		{name: "wrong password", network: agent.Network{CAFile: ca.File, ClientCert: cert, ClientKey: secret, ClientKeyPassword: "x"}, open: "decrypt"},
		{name: "no password", network: agent.Network{CAFile: ca.File, ClientCert: cert, ClientKey: secret}, open: "no password"},
		{name: "PKCS #8 with a password", network: agent.Network{CAFile: ca.File, ClientCert: cert, ClientKey: pkcs8, ClientKeyPassword: "x"}, open: "PKCS #8"},
		{name: "no key", network: agent.Network{CAFile: ca.File, ClientCert: cert}, open: "client certificate"},
		{name: "no client certificate", network: agent.Network{CAFile: ca.File}, send: "failed"},
		{name: "no authority", network: agent.Network{ClientCert: cert, ClientKey: key}, send: "certificate is not accepted"},
		{name: "authority missing", network: agent.Network{CAFile: filepath.Join(folder, "none"), ClientCert: cert, ClientKey: key}, send: "certificate is not accepted", warned: "system's only"},
		{name: "authority without a certificate", network: agent.Network{CAFile: key, ClientCert: cert, ClientKey: key}, send: "certificate is not accepted", warned: "no PEM certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var warned string
			o := testOptions(s.URL + basePath)
			o.Network, o.OnWarning = tt.network, func(text string) { warned += text }
			c, err := Open(o)
			if (tt.warned == "") != (warned == "") || !strings.Contains(warned, tt.warned) {
				t.Errorf("warned %q", warned)
			}
			if tt.open != "" {
				if err == nil || !strings.Contains(err.Error(), tt.open) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Requeue(t.Context(), projectID, evaluationID, nil)
			if tt.send == "" {
				if err != nil || protocol.Load() != "HTTP/2.0" {
					t.Errorf("got %v over %v", err, protocol.Load())
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.send) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestThroughAnAuthenticatingProxy reaches a made-up host through a proxy that asks for a password.
func TestThroughAnAuthenticatingProxy(t *testing.T) {
	t.Parallel()
	ca := agenttest.NewAuthority(t)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Proxy-Authorization") != "" {
			t.Error("the proxy's password reached the service")
		}
		if r.Method == http.MethodOptions {
			_, _ = io.WriteString(w, locationTable("7.2"))
			return
		}
		_, _ = io.WriteString(w, toJSON(record(nil)))
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "tfs.corp.example")}, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:p@ss:word"))
	proxy := rawServer(t, func(conn net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		if r.Header.Get("Authorization") != "" {
			t.Error("the token reached the proxy")
		}
		if r.Method != http.MethodConnect || r.Host != "tfs.corp.example:443" || r.Header.Get("Proxy-Authorization") != want {
			_, _ = io.WriteString(conn, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
			return
		}
		var d net.Dialer
		upstream, err := d.DialContext(context.Background(), "tcp", s.Listener.Addr().String())
		if err != nil {
			return
		}
		defer func() { _ = upstream.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(upstream, conn) }()
		_, _ = io.Copy(conn, upstream)
	})
	o := testOptions("https://tfs.corp.example" + basePath)
	o.Network = agent.Network{ProxyURL: mustParse(t, "http://"+proxy), ProxyUser: "me", ProxyPassword: "p@ss:word", CAFile: ca.File}
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Requeue(t.Context(), projectID, evaluationID, nil); err != nil {
		t.Error(err)
	}
	o.CollectionURL += "2" // the SDK knows the first one's locations
	o.Network.ProxyPassword = "wrong"
	if c, err = Open(o); err != nil {
		t.Fatal(err)
	}
	_, err = c.Requeue(t.Context(), projectID, evaluationID, nil)
	if e := asError(t, err); e.StatusCode != 407 || e.Lost || !e.Refused() || strings.Contains(err.Error(), "wrong") {
		t.Errorf("got %v", err)
	}
}
