package azdotest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// reply is an answer as a client sees it.
type reply struct {
	status int
	header http.Header
	text   string
}

const anyVersion = "application/json;api-version=7.1-preview.1"

// send sends one request with a token and a version.
func send(t *testing.T, s *Server, method, path, body string) reply {
	t.Helper()
	return sendAs(t, s, method, path, body, map[string]string{"Authorization": "Bearer token", "Accept": anyVersion})
}

func sendAs(t *testing.T, s *Server, method, path, body string, headers map[string]string) reply {
	t.Helper()
	r, err := try(t.Context(), s, method, path, body, headers)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func try(ctx context.Context, s *Server, method, path, body string, headers map[string]string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(text)}, err
}

func get(t *testing.T, s *Server, path string) any {
	t.Helper()
	return decode(t, send(t, s, http.MethodGet, path, ""), http.StatusOK)
}

func decode(t *testing.T, r reply, status int) any {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.text)
	}
	var v any
	if err := json.Unmarshal([]byte(r.text), &v); err != nil {
		t.Fatalf("decode %q: %v", r.text, err)
	}
	return v
}

// at walks into decoded JSON: names and indexes.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				t.Fatalf("%v: %T is no object", path, v)
			}
			if v, ok = m[step]; !ok {
				return missing{}
			}
		case int:
			l, ok := v.([]any)
			if !ok || step >= len(l) {
				t.Fatalf("%v: %v has no item %d", path, v, step)
			}
			v = l[step]
		}
	}
	return v
}

// missing stands for a member that is not there.
type missing struct{}

func parse(t *testing.T, text string) World {
	t.Helper()
	w, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// shop is a world with one pull request, 7, and one evaluation in the given state.
func shop(state string) World {
	return World{Projects: []*Project{{
		Name:      "Shop",
		Policies:  []*Policy{{ID: 12, DisplayName: "CI", Pipeline: "shop-ci"}, {ID: 13, Type: "Minimum reviewers"}},
		Pipelines: []*Pipeline{{ID: 55, Name: "shop-ci", Requeue: Requeue{StartsAfter: "1h"}}},
		Repositories: []*Repository{{Name: "web", PullRequests: []*PullRequest{{
			ID: 7, Evaluations: []*Evaluation{{Policy: "12", State: state}, {Policy: "13", Status: "queued"}},
		}}}},
	}}}
}

func evaluationPath(s *Server, pullRequest int, policy Ref) string {
	return "/Shop/_apis/policy/evaluations/" + s.EvaluationID(pullRequest, policy).String()
}

func listPath(pullRequest string) string {
	return "/Shop/_apis/policy/evaluations?artifactId=vstfs%3A%2F%2F%2FCodeReview%2FCodeReviewId%2F" + ProjectID("Shop").String() + "%2F" + pullRequest
}

// eventually waits for something to become true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatal(what + ": not within 5 s")
}
