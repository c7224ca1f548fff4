package azdotest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest/openapi"
)

// official is the official description. It is no part of the repository; .ci/run insists on it.
func official(t *testing.T) *openapi.Description {
	t.Helper()
	d, err := description()
	if err != nil {
		t.Fatal(err)
	}
	if d == nil && os.Getenv("RESCHEDULE_REQUIRE_DESCRIPTION") == "1" {
		t.Fatalf("%s does not name the folder of the service's description, which must be here", DescriptionVariable)
	}
	if d == nil {
		t.Skipf("%s does not name the folder of the service's description: nothing is compared with it", DescriptionVariable)
	}
	return d
}

// What the stand-in understands is described, so that no client can rely on what the service does not have.
func TestRoutesAreDescribed(t *testing.T) {
	t.Parallel()
	d := official(t)
	for _, r := range routes() {
		path := []string{"_apis"}
		if r.project != noProject {
			path = []string{"project", "_apis"}
		}
		op := d.Find(r.method, append(path, r.path...))
		if op == nil {
			request := openapi.Request{Method: r.method, Path: append(path, r.path...)}
			if _, faults := d.Request(request); len(faults) > 0 {
				t.Errorf("%s: %v", r.word, faults)
			}
			continue
		}
		for _, p := range r.params {
			if !op.Knows(p) {
				t.Errorf("%s: query parameter %s is not described", r.word, p)
			}
		}
	}
}

// The description is true: what was recorded of the service fits it.
func TestRecordingsFitTheDescription(t *testing.T) {
	t.Parallel()
	d := official(t)
	var all []exchange
	recorded(t, "exchanges.json", &all)
	checked := 0
	for _, e := range all {
		u := e.below(t)
		path := strings.Split(strings.Trim(u.Path, "/"), "/")
		if d.Find(e.Request.Method, path) == nil || e.Response.Status != 200 {
			continue
		}
		var body json.RawMessage
		recorded(t, e.File, &body)
		op, faults := d.Request(openapi.Request{Method: e.Request.Method, Path: path, Query: u.Query()})
		faults = append(faults, op.Answer(body, func([]byte) bool { return false })...)
		if diff := cmp.Diff([]string(nil), faults); diff != "" {
			t.Errorf("%s (-want +got):\n%s", e.File, diff)
		}
		checked++
	}
	if checked < 15 {
		t.Errorf("only %d recordings are of operations that are described", checked)
	}
}

// narrow is a description that knows less than the stand-in sends.
const narrow = `{
  "paths": {
    "/{organization}/_apis/projects": {
      "get": {
        "parameters": [{"in": "query", "name": "$top", "type": "integer", "format": "int32"}],
        "responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/Project"}}}}
      }
    },
    "/{organization}/{project}/_apis/git/repositories": {
      "get": {"responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/Repository"}}}}}
    }
  },
  "definitions": {
    "Project": {"type": "object", "properties": {
      "id": {"type": "string"}, "name": {"type": "string"}, "url": {"type": "string"}, "state": {"enum": ["deleted"]},
      "revision": {"type": "integer"}, "visibility": {"type": "string"}, "lastUpdateTime": {"type": "string"}}},
    "Repository": {"type": "object", "properties": {"id": {"type": "string"}}}
  }
}`

// describedBy is a server that checks against the given description.
func describedBy(t *testing.T, text string, w World) *Server {
	t.Helper()
	folder := fstest.MapFS{}
	for _, name := range openapi.Files() {
		folder[name] = &fstest.MapFile{Data: []byte("{}")}
	}
	folder["core.json"] = &fstest.MapFile{Data: []byte(text)}
	d, err := openapi.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.checker = checkerOf(d)
	return s
}

func TestExchangesAreChecked(t *testing.T) {
	t.Parallel()
	state := `GET _apis/projects: answer item at '/state': value must be one of 'deleted', <nil>`
	for _, test := range []struct {
		name, path string
		fault      string
		excepted   string
		want       []string
	}{
		{"an answer", "/_apis/projects", "", "", []string{state}},
		{"a parameter", "/_apis/projects?$skip=0", "", "", []string{`GET _apis/projects: query parameter "$skip" is not described`, state}},
		{"a value", "/_apis/projects?$top=x", "", "", []string{`GET _apis/projects: query parameter "$top": "x" is no int32`}},
		{"an operation", "/Shop/_apis/git/pullRequests", "", "", []string{"no operation is described for GET Shop/_apis/git/pullRequests"}},
		{"an answer that a fault has spoilt", "/_apis/projects", "nullItem", "", nil},
		{"what a test excepts", "/_apis/projects", "", "item at '/state'", nil},
		{"raw members, and nothing else", "/Shop/_apis/git/repositories", "", "", []string{"GET {project}/_apis/git/repositories: answer item at '': additional properties"}},
	} {
		w := parse(t, `{"projects":[{"name":"Shop","repositories":[{"name":"web","raw":{"id":5}}]}]}`)
		if strings.Contains(test.name, "nothing else") {
			w.Projects[0].Repositories = append(w.Projects[0].Repositories, &Repository{Name: "app"})
		}
		s := describedBy(t, narrow, w)
		if test.fault != "" {
			s.AddFault(Fault{Fault: test.fault})
		}
		if test.excepted != "" {
			s.Except(test.excepted, "the test is about that")
		}
		send(t, s, "GET", test.path, "")
		got := s.Problems()
		if len(got) != len(test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
			continue
		}
		for i, want := range test.want {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("%s: %q, want %q", test.name, got[i], want)
			}
		}
		if strings.Contains(test.name, "raw") != strings.Contains(strings.Join(got, ""), "'defaultBranch'") || strings.Contains(strings.Join(got, ""), "item at '/id'") {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

func TestExceptionsThatNothingNeeds(t *testing.T) {
	t.Parallel()
	s := describedBy(t, narrow, World{})
	s.Except("never", "it does not happen")
	if diff := cmp.Diff([]string{"nothing had to be excepted for never"}, s.checker.unneeded()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnknownStatusesAreSpared(t *testing.T) {
	t.Parallel()
	w := shop("expired")
	w.Projects[0].Repositories[0].PullRequests[0].Evaluations[1].Status = "reconsidering"
	s := Start(t, w)
	if v := get(t, s, listPath("7")); at(t, v, "value", 1, "status") != "reconsidering" {
		t.Errorf("got %v", v)
	}
}
