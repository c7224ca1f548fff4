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
	replies []reply // of the sign-in address, instead of a token, one after the other

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
	case r.URL.Path != "/tenant/oauth2/v2.0/token":
		s.t.Errorf("asked %s", r.URL)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	if len(s.replies) > 0 {
		next := s.replies[0]
		s.replies = s.replies[1:]
		return respond(r, next), next.err
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
	return Federation{
		TenantID: "tenant", ClientID: "client", ServiceConnectionID: "connection", AuthorityURL: authority,
		RequestURI: "https://tfs.corp.example/org/_apis/oidctoken", JobToken: "job",
		OnToken: func(token string) { *masked = append(*masked, token) },
	}.tokenSource(s), masked
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

// TestFederationAnswers: what the sign-in address may send in place of a token ends in one line, and a token whose end is
// not said is not kept for long.
func TestFederationAnswers(t *testing.T) {
	const prefix = "get a token for the service connection: "
	for _, tt := range []struct {
		name string
		reply
		want string // of the error; "" where there is a token
	}{
		{"no token", ok(`{"token_type":"Bearer","expires_in":3600}`), prefix + "oauth2: server response missing access_token"},
		{"an empty one", ok(`{"token_type":"Bearer","expires_in":3600,"access_token":""}`), prefix + "oauth2: server response missing access_token"},
		{"a page", ok("<html>\r\n##vso[task.complete result=Succeeded]"), prefix + "oauth2: cannot parse json: invalid character '<' looking for beginning of value"},
		{"nothing", ok(""), prefix + "oauth2: cannot parse json: unexpected end of JSON input"},
		{"an error with status 200", ok(`{"error":"invalid_client","error_description":"AADSTS700213: \r\n##vso[x]y"}`), prefix + "login.corp.example answered 200 AADSTS700213; check the connection's federated credential, and that the pipeline may use the connection"},
		{"redirected", reply{status: 302, header: map[string]string{"Location": "https://evil.example/"}}, prefix + "login.corp.example answered 302; check the connection's federated credential, and that the pipeline may use the connection"},
		{"no end", ok(`{"token_type":"Bearer","access_token":"short"}`), ""},
		{"an end that is text", ok(`{"token_type":"Bearer","access_token":"short","expires_in":"600"}`), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &signIn{expires: time.Hour, replies: []reply{tt.reply}}
				source, masked := newSource(t, s, "https://login.corp.example/")
				token, err := source(t.Context())
				if tt.want != "" {
					if err == nil || err.Error() != tt.want || len(*masked) > 0 {
						t.Fatalf("got %q, %v, masked %q; want %s", token, err, *masked, tt.want)
					}
					if token, err = source(t.Context()); err != nil || token != "token-1" {
						t.Errorf("the next time: %q, %v", token, err)
					}
					return
				}
				for _, step := range []struct {
					wait time.Duration
					want string
				}{{0, "short"}, {4 * time.Minute, "short"}, {2 * time.Minute, "token-1"}} {
					time.Sleep(step.wait)
					if token, err = source(t.Context()); err != nil || token != step.want {
						t.Errorf("after another %v: %q, %v; want %s", step.wait, token, err, step.want)
					}
				}
			})
		})
	}
}

// TestFederationTriesAgain: what may well succeed in a moment is asked three times; a refusal is final.
func TestFederationTriesAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		replies []reply
		left    int
		took    time.Duration // at least
		err     bool
	}{
		"two failures":   {replies: []reply{{status: 503}, {status: 502}}, took: 2 * firstBackoff},
		"three":          {replies: []reply{{status: 503}, {status: 503}, {status: 503}, {status: 503}}, left: 1, err: true},
		"throttled":      {replies: []reply{reply{status: 429}.with("Retry-After", "7")}, took: 7 * time.Second},
		"torn before it": {replies: []reply{{err: io.ErrUnexpectedEOF}}},
		"refused":        {replies: []reply{{status: 400}, {status: 400}}, left: 1, err: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &signIn{expires: time.Hour, replies: tt.replies}
				source, _ := newSource(t, s, "https://login.corp.example/")
				begin := time.Now()
				token, err := source(t.Context())
				if (err != nil) != tt.err || !tt.err && token != "token-1" || len(s.replies) != tt.left || time.Since(begin) < tt.took {
					t.Errorf("got %q, %v after %v, %d answers left", token, err, time.Since(begin), len(s.replies))
				}
			})
		})
	}
}

// TestFederationRenewsInVain: as long as a token is good, a sign-in address that fails harms nothing.
func TestFederationRenewsInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &signIn{expires: time.Hour}
		source, masked := newSource(t, s, "https://login.corp.example/")
		for _, step := range []struct {
			wait    time.Duration
			replies []reply
			want    string // "" is an error
			left    int
		}{
			{want: "token-1"},
			{wait: 56 * time.Minute, replies: []reply{{status: 400}, {status: 400}}, want: "token-1", left: 1},
			{wait: 30 * time.Second, replies: []reply{{status: 400}}, want: "token-1", left: 1}, // not tried again yet
			{wait: 31 * time.Second, replies: []reply{{status: 400}}, want: "token-1"},
			{wait: 4 * time.Minute, replies: []reply{{status: 400}}},
			{want: "token-2"},
		} {
			time.Sleep(step.wait)
			s.replies = step.replies
			token, err := source(t.Context())
			if token != step.want || (err == nil) != (step.want != "") || len(s.replies) != step.left {
				t.Errorf("after another %v: %q, %v, %d answers left; want %q", step.wait, token, err, len(s.replies), step.want)
			}
		}
		if len(*masked) != 2 {
			t.Errorf("masked: %q", *masked)
		}
	})
}

// TestFederationAtOnce: whoever asks while a token is on its way waits for that one.
func TestFederationAtOnce(t *testing.T) {
	s := &signIn{expires: time.Hour}
	source, _ := newSource(t, s, "https://login.corp.example/")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if token, err := source(t.Context()); err != nil || token != "token-1" {
				t.Errorf("got %q, %v", token, err)
			}
		})
	}
	all.Wait()
	if len(s.seen) != 2 {
		t.Errorf("sent %q", s.seen)
	}
}
