package azdo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// signIn stands in for an organization that hands out identity tokens and for Microsoft Entra.
type signIn struct {
	t       *testing.T
	hanging bool
	expires time.Duration

	mu     sync.Mutex
	tokens int
	seen   []string
}

func (s *signIn) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, r.Method+" "+r.URL.Host+r.URL.Path)
	if s.hanging {
		s.mu.Unlock()
		<-r.Context().Done()
		s.mu.Lock()
		return nil, r.Context().Err()
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	switch {
	case r.URL.Host == "tfs.corp.example":
		if r.Header.Get("Authorization") != "Bearer job" {
			s.t.Errorf("the organization was sent %q", r.Header.Get("Authorization"))
		}
		return respond(r, ok(fmt.Sprintf(`{"oidcToken":"assertion-%d"}`, s.tokens+1))), nil
	case strings.HasSuffix(r.URL.Path, "/openid-configuration"):
		base := "https://" + r.URL.Host + "/tenant"
		return respond(r, ok(`{"issuer":"`+base+`/v2.0","authorization_endpoint":"`+base+`/authorize","token_endpoint":"`+base+`/token"}`)), nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	s.tokens++
	if want := fmt.Sprintf("assertion-%d", s.tokens); form.Get("client_assertion") != want {
		s.t.Errorf("the assertion is %q, want %q: each is good for one token", form.Get("client_assertion"), want)
	}
	return respond(r, ok(fmt.Sprintf(`{"token_type":"Bearer","expires_in":%d,"access_token":"token-%d"}`, int(s.expires.Seconds()), s.tokens))), nil
}

// newSource makes a token source on the stand-in; it returns what was masked, too.
func newSource(t *testing.T, s *signIn, authority string) (source func(context.Context) (string, error), masked *[]string) {
	t.Helper()
	s.t, masked = t, new([]string)
	source, err := Federation{
		TenantID: "tenant", ClientID: "client", ServiceConnectionID: "connection", AuthorityURL: authority,
		RequestURI: "https://tfs.corp.example/org/_apis/oidctoken", JobToken: "job",
		OnToken: func(token string) { *masked = append(*masked, token) },
	}.tokenSource(&http.Client{Transport: s, CheckRedirect: neverFollow})
	if err != nil {
		t.Fatal(err)
	}
	return source, masked
}

// TestFederationRenews: a wait that is longer than a token's life gets a new one in time, and asks for no more.
func TestFederationRenews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &signIn{expires: time.Hour}
		source, masked := newSource(t, s, "https://login.corp.example/")
		want := func(number int) {
			t.Helper()
			token, err := source(t.Context())
			if err != nil || token != fmt.Sprintf("token-%d", number) {
				t.Errorf("after %d tokens: %q, %v; want number %d", s.tokens, token, err, number)
			}
		}
		want(1)
		want(1)
		time.Sleep(50 * time.Minute)
		want(1)
		time.Sleep(11 * time.Minute)
		want(2)
		want(2)
		time.Sleep(2 * time.Hour)
		want(3)
		if len(*masked) != 3 {
			t.Errorf("masked: %q", *masked)
		}
	})
}

// TestFederationNamesTheAuthority: a connection without a sign-in address means the public one, and never what the
// environment says.
func TestFederationNamesTheAuthority(t *testing.T) {
	t.Setenv("AZURE_AUTHORITY_HOST", "https://evil.example/")
	s := &signIn{expires: time.Hour}
	source, _ := newSource(t, s, "")
	if _, err := source(t.Context()); err != nil {
		t.Error(err)
	}
	for _, request := range s.seen {
		if strings.Contains(request, "evil") {
			t.Errorf("sent: %s", request)
		}
	}
}

// TestFederationGivesUp: a sign-in address that never answers does not hold the run for longer than a read.
func TestFederationGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &signIn{hanging: true}
		source, _ := newSource(t, s, "https://login.corp.example/")
		begin := time.Now()
		_, err := source(t.Context())
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begin); took > tokenTimeout {
			t.Errorf("it took %v", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begin = time.Now()
		if _, err = source(ctx); err == nil || time.Since(begin) > 2*time.Second {
			t.Errorf("cancelled: %v after %v", err, time.Since(begin))
		}
	})
}
