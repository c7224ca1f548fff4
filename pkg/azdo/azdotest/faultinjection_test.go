package azdotest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestFaultsOnARequeue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault  string
		status int // 0: no answer
		text   string
		starts int
		header string
	}{
		{"", 200, `"isExpired":false`, 1, ""},
		{"hang", 0, "", 0, ""},
		{"hangAfter", 0, "", 1, ""},
		{"closeBefore", 0, "", 0, ""},
		{"closeAfter", 0, "", 1, ""},
		{"tornBody", 0, "", 1, ""},
		{"503AfterDoing", 503, "<html>", 1, ""},
		{"truncatedJSON", 200, "configuration", 1, ""},
		{"jsonWithoutValue", 200, `{"count":0}`, 1, ""},
		{"nullItem", 200, `[null]`, 1, ""},
		{"bom", 200, "\xef\xbb\xbf{", 1, ""},
		{"html200", 200, "Sign in", 0, ""},
		{"200-empty", 200, "", 0, ""},
		{"203-signin", 203, "Sign in", 0, ""},
		{"302-signin", 302, "Object moved", 0, "Location"},
		{"307-elsewhere", 307, "", 0, "Location"},
		{"400", 400, "VssPropertyValidationException", 0, ""},
		{"401-empty", 401, "", 0, "Www-Authenticate"},
		{"401-list", 401, `{"count":0,"value":[]}`, 0, "Www-Authenticate"},
		{"401-tf400813", 401, "TF400813", 0, "Www-Authenticate"},
		{"403-tf401027", 403, "PullRequestContribute", 0, ""},
		{"403-tf215106", 403, "needs Queue builds permissions for build pipeline 55:shop-ci in team project Shop", 0, ""},
		{"404-tf401019", 404, "TF401019", 0, ""},
		{"404-vs800075", 404, "VS800075", 0, ""},
		{"404-tf200016", 404, "TF200016", 0, ""},
		{"404-empty", 404, "", 0, ""},
		{"404-chunked-empty", 404, "", 0, ""},
		{"408", 408, "", 0, ""},
		{"409", 409, "", 0, ""},
		{"429", 429, "RequestBlockedException", 0, ""},
		{"500", 500, "VssServiceException", 0, ""},
		{"500-tf400898", 500, "TF400898", 0, ""},
		{"502", 502, "", 0, ""},
		{"503", 503, "", 0, ""},
		{"503-html", 503, "<html>", 0, ""},
		{"503-tf24668-bom", 503, "\xef\xbb\xbf{\"$id\"", 0, "X-Tfs-Serviceerror"},
		{"504", 504, "", 0, ""},
	} {
		t.Run("fault "+test.fault, func(t *testing.T) {
			t.Parallel()
			w := shop("expired")
			w.Faults = []*Fault{{Match: Match{Route: "requeue", PullRequest: 7, Policy: 12, Times: 1}, Fault: test.fault}}
			s := Start(t, w)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if strings.HasPrefix(test.fault, "hang") {
				go func() {
					defer cancel()
					for range 5000 {
						if len(s.Requests()) == 1 && s.Starts(s.EvaluationID(7, "12")) == test.starts {
							return
						}
						time.Sleep(time.Millisecond)
					}
				}()
			}
			headers := map[string]string{"Authorization": "Bearer token", "Accept": anyVersion}
			r, err := try(ctx, s, http.MethodPatch, evaluationPath(s, 7, "12"), "", headers)
			if (err != nil) != (test.status == 0) {
				t.Fatalf("error %v, status %d", err, r.status)
			}
			if err == nil && (r.status != test.status || !strings.Contains(r.text, test.text)) {
				t.Errorf("%d %s, want %d with %q", r.status, r.text, test.status, test.text)
			}
			if test.header != "" && r.header.Get(test.header) == "" {
				t.Errorf("no header %s in %v", test.header, r.header)
			}
			if n := s.Starts(s.EvaluationID(7, "12")); n != test.starts {
				t.Errorf("%d starts, want %d", n, test.starts)
			}
			seen := s.Requests()[0]
			if seen.Fault != test.fault || seen.PullRequest != 7 || seen.Route != "requeue" || len(s.Writes()) != 1 {
				t.Errorf("seen %+v, writes %v", seen, s.Writes())
			}
			if r := send(t, s, http.MethodGet, evaluationPath(s, 7, "12"), ""); r.status != 200 {
				t.Errorf("afterwards %d", r.status)
			}
		})
	}
}

func TestEveryFaultWordHasARow(t *testing.T) {
	t.Parallel()
	for _, word := range FaultWords() {
		w := shop("expired")
		w.Faults = []*Fault{{Fault: strings.ToUpper(word)}}
		if _, err := resolve(w); err != nil {
			t.Errorf("%s: %v", word, err)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	statuses := func(s *Server, paths ...string) string {
		var text []string
		for _, path := range paths {
			text = append(text, strconv.Itoa(send(t, s, "GET", path, "").status))
		}
		return strings.Join(text, " ")
	}
	projects, repositories, prs := "/_apis/projects", "/Shop/_apis/git/repositories", "/Shop/_apis/git/repositories/web/pullRequests"
	for _, test := range []struct {
		name  string
		match Match
		paths []string
		want  string
	}{
		{"blank meets all", Match{}, []string{projects, repositories}, "500 500"},
		{"route", Match{Route: "repositories"}, []string{projects, repositories, prs}, "200 500 200"},
		{"method", Match{Method: "patch"}, []string{projects}, "200"},
		{"project", Match{Project: "SHOP"}, []string{projects, repositories}, "200 500"},
		{"repository", Match{Repository: "web"}, []string{repositories, prs, prs + "/7"}, "200 500 500"},
		{"pull request", Match{PullRequest: 7}, []string{prs, prs + "/7", listPath("7"), "/_apis/git/pullRequests/7"}, "200 500 500 500"},
		{"another pull request", Match{PullRequest: 8}, []string{prs, prs + "/7", listPath("7")}, "200 200 200"},
		{"only the first", Match{Times: 1}, []string{projects, projects}, "500 200"},
		{"from the second", Match{Nth: 2}, []string{projects, projects, projects}, "200 500 500"},
		{"only the second", Match{Nth: 2, Times: 1}, []string{projects, projects, projects}, "200 500 200"},
		{"only the second of its route", Match{Route: "projects", Nth: 2, Times: 1}, []string{repositories, projects, repositories, projects}, "200 200 200 500"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, shop("expired"))
			s.AddFault(Fault{Match: test.match, Fault: "500"})
			if got := statuses(s, test.paths...); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			s.ClearFaults()
			if got := statuses(s, projects); got != "200" {
				t.Errorf("cleared: %s", got)
			}
		})
	}
}

func TestProbability(t *testing.T) {
	t.Parallel()
	w := shop("expired")
	w.Seed = 42
	w.Faults = []*Fault{{Match: Match{Probability: 0.3}, Fault: "500"}}
	failed := func() (n int, which string) {
		s := Start(t, w)
		for range 200 {
			r := send(t, s, "GET", "/_apis/projects", "")
			if r.status == 500 {
				n++
			}
			which += strconv.Itoa(r.status)
		}
		return n, which
	}
	first, which := failed()
	if _, again := failed(); first < 30 || first > 90 || which != again {
		t.Errorf("%d of 200 failed; the same again: %v", first, which == again)
	}
}

func TestHeadersDelayAndBody(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop"}],"latency":"20ms","faults":[
		{"match":{"route":"projects"},"retryAfter":3,"delay":"40ms","delayAfter":"40ms",
		 "headers":{"X-RateLimit-Remaining":"0","X-RateLimit-Reset":"in 30s"}},
		{"match":{"route":"projects"},"status":207,"body":"hello","contentType":"text/plain"}]}`)
	s := Start(t, w)
	begin := time.Now()
	r := send(t, s, "GET", "/_apis/projects", "")
	if took := time.Since(begin); took < 100*time.Millisecond {
		t.Errorf("took %v", took)
	}
	reset, err := strconv.ParseInt(r.header.Get("X-RateLimit-Reset"), 10, 64)
	if wait := time.Until(time.Unix(reset, 0)); err != nil || wait < 20*time.Second || wait > 31*time.Second {
		t.Errorf("reset in %v, %v", wait, err)
	}
	if r.status != 207 || r.text != "hello" || r.header.Get("Retry-After") != "3" || r.header.Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("%d %q %v", r.status, r.text, r.header)
	}
}

// A request whose client has given up is carried out all the same: that is how answers get lost.
func TestDelayOutlivesTheClient(t *testing.T) {
	t.Parallel()
	w := shop("expired")
	w.Faults = []*Fault{{Match: Match{Route: "requeue"}, Delay: "500ms"}}
	s := Start(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for range 5000 {
			if len(s.Requests()) == 1 {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	headers := map[string]string{"Authorization": "Bearer token", "Accept": anyVersion}
	if _, err := try(ctx, s, "PATCH", evaluationPath(s, 7, "12"), "", headers); err == nil {
		t.Fatal("the request was answered in time")
	}
	eventually(t, "the build starts", func() bool { return s.Starts(s.EvaluationID(7, "12")) == 1 })
}

func TestCloseEndsHangingRequests(t *testing.T) {
	t.Parallel()
	s := Start(t, World{Faults: []*Fault{{Fault: "hang"}}})
	done := make(chan error, 1)
	go func() {
		_, err := try(context.Background(), s, "GET", "/_apis/projects", "", nil)
		done <- err
	}()
	eventually(t, "the request arrives", func() bool { return len(s.Requests()) == 1 })
	s.Close()
	select {
	case err := <-done:
		if err == nil {
			t.Error("the request was answered")
		}
	case <-time.After(5 * time.Second):
		t.Error("the request still hangs")
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop","policies":[{"id":12}],"repositories":[{"name":"web","pullRequests":[{"id":7,"evaluations":[{"state":"expired"}]}]}]}],
		"changes":[
			{"match":{"route":"pullRequest","nth":2,"times":1},"pullRequest":7,"set":{"status":"completed","draft":true}},
			{"match":{"route":"evaluation","nth":2,"times":1},"pullRequest":7,"policy":12,"set":{"state":"running"}},
			{"match":{"route":"builds","nth":2,"times":1},"pullRequest":7,"build":{"status":"inProgress"}}]}`)
	s := Start(t, w)
	pr := "/_apis/git/pullRequests/7"
	if got := at(t, get(t, s, pr), "status"); got != "active" {
		t.Errorf("first: %v", got)
	}
	if got := at(t, get(t, s, pr), "status"); got != "completed" {
		t.Errorf("second: %v", got)
	}
	ev := evaluationPath(s, 7, "12")
	before := get(t, s, ev)
	after := get(t, s, ev)
	if at(t, after, "status") != "running" || at(t, after, "context", "buildId") == at(t, before, "context", "buildId") || at(t, after, "context", "isExpired") != false {
		t.Errorf("before %v, after %v", before, after)
	}
	builds := "/Shop/_apis/build/builds?branchName=refs/pull/7/merge&statusFilter=inProgress"
	first, second := at(t, get(t, s, builds), "count"), at(t, get(t, s, builds), "count")
	if first != 1.0 || second != 2.0 {
		t.Errorf("builds under way: %v, then %v, want 1, then 2", first, second)
	}
}

func TestBefore(t *testing.T) {
	t.Parallel()
	s := Start(t, shop("expired"))
	s.Before(Match{Route: "requeue"}, func(r Request, w *World) {
		if r.PullRequest == 7 {
			w.Evaluation(7, "12").Requeue = &Requeue{Outcome: "declines"}
		}
	})
	send(t, s, "PATCH", evaluationPath(s, 7, "12"), "")
	if n := s.Starts(s.EvaluationID(7, "12")); n != 0 {
		t.Errorf("%d starts", n)
	}
}
