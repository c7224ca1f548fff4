package azdo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenthttp"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

const (
	tf24668  = "\xef\xbb\xbf" + `{"$id":"1","message":"TF24668: The following team project collection is stopped: X.","typeKey":"VssServiceException"}`
	tf400813 = `{"$id":"1","innerException":null,"message":"TF400813: The user 'x' is not authorized to access this resource.","typeKey":"UnauthorizedRequestException"}`
)

// shape is an answer, and what a read and a write make of it.
type shape struct {
	name          string
	reply         reply
	tries         int // of a read
	want          Error
	lost, unclear bool // of a write
}

func shapes() []shape {
	return []shape{
		{name: "408 is repeated", reply: reply{status: 408}, tries: 5, want: Error{StatusCode: 408, Message: "Request Timeout"}},
		{name: "429 is repeated", reply: reply{status: 429, body: `{"message":"blocked","typeKey":"RequestBlockedException"}`}, tries: 5, want: Error{StatusCode: 429, TypeKey: "RequestBlockedException", Message: "blocked"}},
		{name: "500 is repeated", reply: reply{status: 500, body: `{"message":"TF400898: An Internal Error Occurred."}`}, tries: 5, want: Error{StatusCode: 500, Code: "TF400898", Message: "TF400898: An Internal Error Occurred."}, lost: true},
		{name: "502 is repeated", reply: page(502, "<html><title>Bad\nGateway</title>"), tries: 5, want: Error{StatusCode: 502, Message: `a web page instead of data: "Bad Gateway"`}, lost: true},
		{name: "503 is repeated", reply: page(503, "<!DOCTYPE html><html></html>"), tries: 5, want: Error{StatusCode: 503, Message: "a web page instead of data"}, lost: true},
		{name: "504 without a body is repeated", reply: reply{status: 504}, tries: 5, want: Error{StatusCode: 504, Message: "Gateway Timeout"}, lost: true},
		{name: "501 is not repeated", reply: reply{status: 501}, tries: 1, want: Error{StatusCode: 501, Message: "Not Implemented"}, lost: true},
		{name: "a stopped collection stays stopped", reply: reply{status: 503, body: tf24668}, tries: 1, want: Error{StatusCode: 503, Code: "TF24668", TypeKey: "VssServiceException", Message: "TF24668: The following team project collection is stopped: X."}, lost: true},
		{name: "the header speaks where the body is silent", reply: reply{status: 503}.with("X-TFS-ServiceError", "TF24668%3A%20stopped"), tries: 1, want: Error{StatusCode: 503, Code: "TF24668", Message: "TF24668: stopped"}, lost: true},
		{name: "400", reply: reply{status: 400, body: `{"message":"no"}`}, tries: 1, want: Error{StatusCode: 400, Message: "no"}},
		{name: "401 without a body", reply: reply{status: 401}, tries: 1, want: Error{StatusCode: 401, Message: "Unauthorized"}},
		{name: "401 with a list for a body", reply: reply{status: 401, body: `{"count":0,"value":[]}`}, tries: 1, want: Error{StatusCode: 401, Message: "Unauthorized"}},
		{name: "401 TF400813", reply: reply{status: 401, body: tf400813}, tries: 1, want: Error{StatusCode: 401, Code: "TF400813", TypeKey: "UnauthorizedRequestException", Message: "TF400813: The user 'x' is not authorized to access this resource."}},
		{name: "404 as text", reply: reply{status: 404, body: "The controller for path '/x' was not found"}.with("Content-Type", "text/plain; charset=utf-8"), tries: 1, want: Error{StatusCode: 404, Message: "The controller for path '/x' was not found"}},
		{name: "the message can be below value", reply: reply{status: 404, body: `{"count":1,"value":{"Message":"deep"}}`}, tries: 1, want: Error{StatusCode: 404, Message: "deep"}},
		{name: "409", reply: reply{status: 409, body: "[1"}, tries: 1, want: Error{StatusCode: 409, Message: "Conflict"}},
		{name: "203 is a sign-in page", reply: page(203, "<html><title>Sign In</title>"), tries: 1, want: Error{StatusCode: 203, SignIn: true, Message: `a web page instead of data: "Sign In"`}, unclear: true},
		{name: "200 with a page", reply: page(200, "\xef\xbb\xbf <html><title>Sign In</title>"), tries: 1, want: Error{StatusCode: 200, SignIn: true, Message: `a web page instead of data: "Sign In"`}, unclear: true},
		{name: "200 with a page that claims to be JSON", reply: ok("<html>"), tries: 1, want: Error{StatusCode: 200, SignIn: true, Message: "a web page instead of data"}, unclear: true},
		{name: "302 to the sign-in page", reply: reply{status: 302}.with("Location", "https://spsprodeus27.vssps.visualstudio.com/_signin?realm=secret"), tries: 1, want: Error{StatusCode: 302, SignIn: true, Message: "redirected to spsprodeus27.vssps.visualstudio.com, which is not followed"}},
		{name: "307 to elsewhere", reply: reply{status: 307}.with("Location", "http://evil.example:8080/path?query"), tries: 1, want: Error{StatusCode: 307, Message: "redirected to evil.example:8080, which is not followed"}},
		{name: "301 on the same host", reply: reply{status: 301}.with("Location", "/x"), tries: 1, want: Error{StatusCode: 301, Message: "redirected within the server, which is not followed"}},
		{name: "an empty 200 is asked for again", reply: ok(""), tries: 5, want: Error{StatusCode: 200, Message: "the answer is empty"}, unclear: true},
		{name: "JSON that ends in the middle is torn", reply: ok(`{"evaluationId":"78e0`), tries: 5, want: Error{StatusCode: 200, Message: "the answer ends in the middle"}, lost: true},
		{name: "a torn body", reply: reply{body: `{"eval`, torn: true}, tries: 5, want: Error{StatusCode: 200, Message: "the answer was torn: unexpected EOF"}, lost: true},
		{name: "a torn refusal", reply: reply{status: 403, body: `{"eval`, torn: true}, tries: 5, want: Error{StatusCode: 403, Message: "the answer was torn: unexpected EOF"}},
		{name: "text that is no JSON", reply: ok(`everything is fine`), tries: 1, want: Error{StatusCode: 200, Message: "the answer is not JSON"}, unclear: true},
		{name: "JSON and something else", reply: ok(toJSON(record(nil)) + `5`), tries: 1, want: Error{StatusCode: 200, Message: "the answer has an unexpected shape: something follows the answer"}, unclear: true},
		{name: "JSON null", reply: ok(`null`), tries: 1, want: Error{StatusCode: 200, Message: "the answer has an unexpected shape: it is no object"}, unclear: true},
		{name: "JSON of another shape", reply: ok(`["secret"]`), tries: 1, want: Error{StatusCode: 200, Message: "the answer has an unexpected shape: it is no object"}, unclear: true},
		{name: "no record", reply: ok(`{}`), tries: 1, want: Error{StatusCode: 200, Message: "the answer has an unexpected shape: a record has no evaluationId"}, unclear: true},
		{name: "a connection that breaks", reply: reply{err: io.ErrUnexpectedEOF}, tries: 5, want: Error{Message: "the connection failed: unexpected EOF"}, lost: true},
		{name: "a connection that is refused", reply: reply{err: syscall.ECONNREFUSED, unsent: true}, tries: 5, want: Error{Message: "the connection failed: connection refused"}},
		{name: "a proxy that refuses", reply: reply{err: &agenthttp.ProxyError{Status: 407}, unsent: true}, tries: 1, want: Error{StatusCode: 407, Message: "the proxy does not accept its user and password"}},
		{name: "a proxy that is ill", reply: reply{err: &agenthttp.ProxyError{Status: 503}, unsent: true}, tries: 5, want: Error{StatusCode: 503, Message: "the proxy does not connect: 503 Service Unavailable"}},
		{name: "no answer", reply: reply{hanging: true}, tries: 1, want: Error{Message: "no answer in time"}, lost: true},
		{name: "the token is cut out of what comes back", reply: reply{status: 400, body: toJSON(map[string]any{"message": "Bearer " + testToken})}, tries: 1, want: Error{StatusCode: 400, Message: "Bearer ***"}},
	}
}

var onlyFacts = cmpopts.IgnoreUnexported(Error{})

func TestEveryShapeOfAnAnswer(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, write := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					c, f := newFake(t, Options{}, func(int, *http.Request) reply { return s.reply })
					want, tries, method, do := s.want, s.tries, "GET", c.Evaluation
					want.Op = "read the evaluation"
					if write {
						tries, method = 1, "PATCH"
						do = func(ctx context.Context, project, id uuid.UUID) (requeue.Evaluation, error) {
							return c.Requeue(ctx, project, id, nil)
						}
						want.Op, want.Lost, want.Unclear = "re-queue", s.lost, s.unclear
					}
					begin := time.Now()
					_, err := do(t.Context(), projectID, evaluationID)
					e := asError(t, err)
					got := *e
					got.Err = nil
					if diff := cmp.Diff(want, got, onlyFacts); diff != "" {
						t.Errorf("%s (-want +got)\n%s", method, diff)
					}
					seen := f.requests()
					if len(seen) != tries {
						t.Errorf("%s was sent %d times, want %d", method, len(seen), tries)
					}
					if took := time.Since(begin); took > readBudget {
						t.Errorf("%s was given up after %v", method, took)
					}
					if strings.Contains(err.Error(), testToken) || len([]rune(err.Error())) > maxErrorText {
						t.Errorf("unsafe text: %s", err)
					}
				})
			}
		})
	}
}

func TestReadSucceedsAfterFaults(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		if s.tries != maxTries {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var waits int
				c, f := newFake(t, Options{OnWait: func(string, time.Duration) { waits++ }}, func(n int, _ *http.Request) reply {
					if n < 4 {
						return s.reply
					}
					return ok(toJSON(record(nil)))
				})
				if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil {
					t.Fatal(err)
				}
				if len(f.requests()) != 5 || waits != 4 {
					t.Errorf("%d requests and %d waits, want 5 and 4", len(f.requests()), waits)
				}
			})
		})
	}
}

func TestReadIsGivenUpAfter30Seconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, f := newFake(t, Options{}, func(int, *http.Request) reply { return reply{status: 503}.after(9 * time.Second) })
		begin := time.Now()
		_, err := c.Evaluation(t.Context(), projectID, evaluationID)
		if took := time.Since(begin); took > readBudget || took < 25*time.Second {
			t.Errorf("given up after %v with %v", took, err)
		}
		if n := len(f.requests()); n != 4 {
			t.Errorf("%d tries, want 4: the fourth is cut short", n)
		}
	})
}

func TestLargeAnswerIsRefused(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(strings.Repeat("x", maxBody+1)) })
	_, err := c.Evaluation(t.Context(), projectID, evaluationID)
	if e := asError(t, err); !strings.Contains(e.Message, "larger than 64 MiB") || len(f.requests()) != 1 {
		t.Errorf("got %v after %d requests", err, len(f.requests()))
	}
}

func TestNeverMoreThanConcurrencyUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, f := newFake(t, Options{Concurrency: 3}, func(n int, _ *http.Request) reply {
			if n%5 == 0 {
				return reply{status: 503}.after(time.Second)
			}
			return ok(toJSON(record(nil))).after(time.Second)
		})
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if most := f.most.Load(); most != 3 {
			t.Errorf("%d requests were under way at once, want 3", most)
		}
	})
}

func TestBackOffHoldsNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, f := newFake(t, Options{Concurrency: 1}, func(n int, _ *http.Request) reply {
			if n == 0 {
				return reply{status: 503}
			}
			return ok(toJSON(record(nil)))
		})
		var both sync.WaitGroup
		begin := time.Now()
		for range 2 {
			both.Go(func() { _, _ = c.Evaluation(t.Context(), projectID, evaluationID) })
		}
		both.Wait()
		if seen := f.requests(); len(seen) != 3 || !seen[1].at.Equal(begin) || seen[2].at.Equal(begin) {
			t.Errorf("the second read waited for the first one's back-off: %v", seen)
		}
	})
}

func TestTokenGoesToItsOriginOnly(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(toJSON(record(nil))) })
	if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil {
		t.Fatal(err)
	}
	if got := f.requests()[0].header.Values("Authorization"); len(got) != 1 || got[0] != "Bearer "+testToken {
		t.Errorf("Authorization is %q", got)
	}
	tr := newTransport(Options{Token: func(context.Context) (string, error) { t.Error("asked for a token"); return testToken, nil }, Concurrency: 1}, c.collection, f)
	for _, address := range []string{
		"http://" + c.collection.Host + "/", "https://" + c.collection.Host + ":444/", "https://evil.example/", "https://x." + c.collection.Host + "/",
	} {
		r, err := http.NewRequestWithContext(withCall(t.Context(), &call{op: "x"}), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.RoundTrip(r); err == nil || !strings.Contains(err.Error(), "not sent") { //nolint:bodyclose // there is no answer
			t.Errorf("%s: %v", address, err)
		}
	}
	if n := len(f.requests()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestOriginOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://Dev.Azure.com/org": "https://dev.azure.com:443", "https://dev.azure.com:443/": "https://dev.azure.com:443",
		"HTTP://host/tfs": "http://host:80", "http://host:8080": "http://host:8080", "http://[::1]:80/": "http://::1:80",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := originOf(u); got != want {
			t.Errorf("originOf(%s) = %s, want %s", address, got, want)
		}
	}
}

func TestTokenThatCannotBeHad(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]func(context.Context) (string, error){
		"an error": func(context.Context) (string, error) { return "", errors.New("no\nfederation") },
		"empty":    func(context.Context) (string, error) { return "", nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFake(t, Options{Token: token}, func(int, *http.Request) reply { return ok("{}") })
			_, err := c.Requeue(t.Context(), projectID, evaluationID, nil)
			if e := asError(t, err); e.Lost || !strings.Contains(e.Message, "no token") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, lost %v", err, e.Lost)
			}
			if f.options != 0 || len(f.requests()) != 0 {
				t.Error("something was sent without a token")
			}
		})
	}
}

func TestCancelledReadEndsAtOnce(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]reply{
		"under way":       {hanging: true},
		"in its back-off": {status: 503},
		"in a pause":      reply{status: 429}.with("Retry-After", "60"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, _ := newFake(t, Options{}, func(int, *http.Request) reply { return answer })
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				begin := time.Now()
				_, err := c.Evaluation(ctx, projectID, evaluationID)
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 50*time.Millisecond {
					t.Errorf("got %v after %v", err, time.Since(begin))
				}
				_ = asError(t, err)
			})
		})
	}
}

func TestCancelledWrite(t *testing.T) {
	t.Parallel()
	started := ok(toJSON(record(nil)))
	for _, tt := range []struct {
		name     string
		reply    reply
		deadline bool
		took     time.Duration
		lost, ok bool
	}{
		{name: "its answer is worth three seconds", reply: started.after(2 * time.Second), took: 2 * time.Second, ok: true},
		{name: "and no more", reply: reply{hanging: true}, took: 100*time.Millisecond + writeGrace, lost: true},
		{name: "without a connection it is not sent any more", reply: reply{hanging: true, unsent: true}, took: 100 * time.Millisecond},
		{name: "a deadline is an end like any other", reply: reply{hanging: true}, deadline: true, took: 100*time.Millisecond + writeGrace, lost: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, f := newFake(t, Options{}, func(int, *http.Request) reply { return tt.reply })
				ctx, cancel := context.WithCancel(t.Context())
				if tt.deadline {
					ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
				}
				defer cancel()
				if !tt.deadline {
					time.AfterFunc(100*time.Millisecond, cancel)
				}
				begin := time.Now()
				_, err := c.Requeue(ctx, projectID, evaluationID, nil)
				if took := time.Since(begin); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				if tt.ok != (err == nil) || !tt.ok && asError(t, err).Lost != tt.lost {
					t.Errorf("got %v", err)
				}
				if n := len(f.requests()); n != 1 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
	t.Run("before it begins nothing is sent", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, f := newFake(t, Options{}, func(int, *http.Request) reply { return started.with("Retry-After", "5") })
			if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := c.Requeue(ctx, projectID, evaluationID, nil)
			if e := asError(t, err); e.Lost || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, lost %v", err, e.Lost)
			}
			if n := len(f.requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	})
}

func TestOnRequestIsToldEveryTry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		c, _ := newFake(t, Options{OnRequest: func(op string, status int, took time.Duration) {
			told = append(told, fmt.Sprintf("%s %d %v", op, status, took))
		}}, func(n int, _ *http.Request) reply {
			return []reply{{status: 503}, {err: io.EOF}, ok(listJSON())}[n].after(time.Second)
		})
		if _, err := c.Evaluations(t.Context(), testPullRequest(), false); err != nil {
			t.Fatal(err)
		}
		want := []string{"OPTIONS locations 200 0s", "GET evaluations 503 1s", "GET evaluations 0 1s", "GET evaluations 200 1s"}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestRouteValueThatWouldLeaveItsPlace(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(listJSON()) })
	for _, project := range []string{"", ".", ".."} {
		if _, err := c.Repositories(t.Context(), project); err == nil {
			t.Errorf("project %q was asked for", project)
		}
	}
	if _, err := c.Repositories(t.Context(), "a/../b?c#d%2f"); err != nil {
		t.Error(err)
	}
	if got := f.requests(); len(got) != 1 || got[0].path != basePath+"/a/../b?c#d%2f/_apis/git/repositories" {
		t.Errorf("got %+v", got)
	}
}

func TestPanicBelowIsAnError(t *testing.T) {
	t.Parallel()
	c, _ := newFake(t, Options{Concurrency: 1}, func(int, *http.Request) reply { panic("boom") })
	for range 2 { // the place is given back
		_, err := c.Requeue(t.Context(), projectID, uuid.New(), nil)
		if e := asError(t, err); !e.Lost || !strings.Contains(e.Message, "boom") {
			t.Errorf("got %v", err)
		}
	}
}
