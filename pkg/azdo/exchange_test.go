package azdo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenthttp"
)

// TestExchanges: whoever listens is told every try, with what was sent and what came, and no token.
func TestExchanges(t *testing.T) {
	t.Parallel()
	long := `{"evaluationId":"` + evaluationID.String() + `","x":"` + strings.Repeat("x", 3*pieceSize) + `"}`
	for _, test := range []struct {
		name   string
		reply  reply
		status int
		fault  string
		body   string
	}{
		{name: "an answer", reply: ok(`{"evaluationId":"`+evaluationID.String()+`"}`).with("Retry-After", "1"), status: 200, body: `{"evaluationId":"` + evaluationID.String() + `"}`},
		{name: "a long one", reply: ok(long), status: 200, body: long},
		{name: "a refusal", reply: reply{status: 403, body: `{"message":"no"}`}, status: 403, body: `{"message":"no"}`},
		{name: "nothing", reply: reply{status: 404}, status: 404},
		{name: "a torn one", reply: reply{body: `{"eval`, torn: true}, status: 200, fault: "torn", body: `{"eval`},
		{name: "none", reply: reply{err: syscall.ECONNRESET}, fault: "connection"},
		{name: "none in time", reply: reply{hanging: true}, fault: "timeout"},
		{name: "a proxy", reply: reply{err: &agenthttp.ProxyError{Status: 407}, unsent: true}, fault: "proxy"},
		{name: "a certificate", reply: reply{err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}, fault: "certificate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var seen []Exchange
				o := Options{OnExchange: func(e Exchange) {
					e.Body = append([]byte(nil), e.Body...)
					seen = append(seen, e)
				}}
				c, _ := newFake(t, o, func(int, *http.Request) reply { return test.reply.after(time.Second) })
				_, _ = c.Requeue(t.Context(), projectID, evaluationID, nil)
				if len(seen) != 2 || seen[0].What != "locations" || seen[0].Method != http.MethodOptions || seen[0].Path != "_apis" {
					t.Fatalf("%d exchanges: %+v", len(seen), seen)
				}
				e := seen[1]
				if e.Method != http.MethodPatch || e.What != "evaluation" || e.Path != projectID.String()+"/_apis/policy/evaluations/"+evaluationID.String() {
					t.Errorf("%s %s %s", e.Method, e.What, e.Path)
				}
				if e.Status != test.status || e.Fault != test.fault || string(e.Body) != test.body {
					t.Errorf("%d, %q, %.100s", e.Status, e.Fault, e.Body)
				}
				if test.status != 0 && (e.Took != time.Second || !e.At.Equal(time.Now()) || e.Header("Retry-After") != test.reply.header["Retry-After"]) {
					t.Errorf("took %v until %v", e.Took, e.At)
				}
				if strings.Contains(fmt.Sprintf("%+v", seen), testToken) {
					t.Error("it holds the token")
				}
			})
		})
	}
}

// TestExchangeOfACancelledRead: the word is not that of a time-out.
func TestExchangeOfACancelledRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var faults []string
		c, _ := newFake(t, Options{OnExchange: func(e Exchange) { faults = append(faults, e.Fault) }}, func(int, *http.Request) reply {
			cancel()
			return reply{hanging: true}
		})
		_, _ = c.Evaluation(ctx, projectID, evaluationID)
		if diff := cmp.Diff([]string{"", "cancelled"}, faults); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestExchangeOfAWrite: what was sent is there, and the query apart from the path.
func TestExchangeOfAWrite(t *testing.T) {
	t.Parallel()
	var seen []string
	o := Options{OnExchange: func(e Exchange) {
		seen = append(seen, fmt.Sprintf("%s %s %s %s", e.Method, e.Path, e.Query.Encode(), e.Request))
	}}
	c, _ := newFake(t, o, func(_ int, r *http.Request) reply {
		if r.Method == http.MethodGet {
			return ok(`{"value":[]}`)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		return ok(`{"id":1}`)
	})
	pr := testPullRequest()
	if _, err := c.Labels(t.Context(), pr); err != nil {
		t.Fatal(err)
	}
	if _, err := c.createThread(t.Context(), pr, "x"); err != nil {
		t.Fatal(err)
	}
	base := projectID.String() + "/_apis/git/repositories/" + repositoryID.String() + "/pullRequests/24/"
	want := []string{"OPTIONS _apis  ", "GET " + base + "labels  ", "POST " + base + `threads  {"comments":[{"commentType":"text","content":"x","parentCommentId":0}],"status":"closed"}`}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
