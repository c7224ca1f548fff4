package azdotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recordings is the folder of real answers that these tests compare the stand-in with. It is not part of the repository.
func recordings(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("RESCHEDULE_RECORDINGS")
	if folder == "" {
		t.Skip("RESCHEDULE_RECORDINGS does not name a folder of recorded answers: the stand-in is not compared with them")
	}
	return folder
}

func recorded(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(recordings(t), name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
}

func TestRecordedLocationTables(t *testing.T) {
	t.Parallel()
	for file, version := range map[string]string{
		"options-apis-2018-10.json": "5.0", "options-apis-2019-11.json": "6.0", "options-apis-2021-09.json": "6.1",
		"options-apis-2022-03.json": "7.1", "options-apis-2025-01.json": "7.2",
	} {
		var want counted[location]
		recorded(t, file, &want)
		ours := locations(&World{Style: "services", Version: version})
		for _, l := range want.Value {
			if diff := cmp.Diff(l, ours[l.ID]); diff != "" {
				t.Errorf("%s, %s (-recorded +ours):\n%s", file, l.ResourceName, diff)
			}
		}
	}
}

// exchange is a recorded request with the outline of its answer.
type exchange struct {
	File    string
	Request struct {
		Method, URL string
		Headers     map[string]string
	}
	Response struct {
		Status  int
		Headers map[string]any
	}
}

// below returns the part of a recorded URL below the organization.
func (e exchange) below(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse(e.Request.URL)
	if err != nil {
		t.Fatal(err)
	}
	path := u.EscapedPath()
	if !strings.HasSuffix(u.Host, ".visualstudio.com") {
		_, path, _ = strings.Cut(path[1:], "/")
		path = "/" + path
	}
	return &url.URL{Path: path, RawQuery: u.RawQuery}
}

// worldOf holds whatever the recorded requests ask for.
func worldOf(t *testing.T, exchanges []exchange) World {
	w := World{CollectionPath: "/recorded"}
	for _, e := range exchanges {
		u := e.below(t)
		segments := strings.Split(strings.Trim(u.Path, "/"), "/")
		if len(segments) < 2 || strings.EqualFold(segments[0], "_apis") {
			continue
		}
		p := w.Project(segments[0])
		if p == nil {
			p = &Project{Name: segments[0], Repositories: []*Repository{{Name: segments[0]}}, Policies: []*Policy{{Type: "Minimum reviewers"}}}
			if isGUID(segments[0]) {
				p.ID, p.Name = segments[0], "Project "+itoa(len(w.Projects))
			}
			w.Projects = append(w.Projects, p)
		}
		number := Ref(segments[len(segments)-1]).number()
		switch strings.ToLower(segments[len(segments)-2]) {
		case "configurations":
			p.Policies = append(p.Policies, &Policy{ID: number, Type: "Merge strategy"})
		case "builds":
			p.Builds = append(p.Builds, &Build{ID: number, Status: "notStarted"})
		}
		if project, pr := artifact(u.Query().Get("artifactId")); pr != 0 {
			id := guid("evaluation of", project)
			for _, other := range exchanges { // the re-queue that follows names it
				path := other.below(t).Path
				if other.Request.Method == http.MethodPatch && strings.HasPrefix(path, "/"+project) {
					id = path[strings.LastIndex(path, "/")+1:]
				}
			}
			if w.PullRequest(pr) == nil {
				p.Repositories[0].PullRequests = append(p.Repositories[0].PullRequests, &PullRequest{
					ID: pr, Evaluations: []*Evaluation{{ID: id, Policy: "Minimum reviewers", Status: "queued", Completed: none}},
				})
			}
		}
	}
	return w
}

func TestRecordedRequestsAreAccepted(t *testing.T) {
	t.Parallel()
	var all []exchange
	recorded(t, "exchanges.json", &all)
	served := slices.DeleteFunc(slices.Clone(all), func(e exchange) bool {
		return strings.HasPrefix(e.File, "error-")
	})
	s := Start(t, worldOf(t, served))
	for _, e := range served {
		u := e.below(t)
		headers := map[string]string{"Authorization": "Bearer token", "Accept": e.Request.Headers["accept"]}
		path := u.Path
		if u.RawQuery != "" {
			path += "?" + u.RawQuery
		}
		r := sendAs(t, s, e.Request.Method, path, "", headers)
		if r.status != e.Response.Status {
			t.Errorf("%s: %s %s: %d %s, recorded %d", e.File, e.Request.Method, path, r.status, r.text, e.Response.Status)
		}
		for _, name := range []string{"content-type", "x-ms-continuationtoken"} {
			if want, found := e.Response.Headers[name]; found && r.header.Get(name) != want {
				t.Errorf("%s: %s %q, recorded %q", e.File, name, r.header.Get(name), want)
			}
		}
	}
	if len(served) < 20 {
		t.Errorf("only %d recorded requests", len(served))
	}
}

func TestRecordedRefusals(t *testing.T) {
	t.Parallel()
	s := Start(t, shop("expired"))
	for file, word := range map[string]string{
		"error-401-empty-body.json":             "401-empty",
		"error-401-tf400813.json":               "401-tf400813",
		"error-403-tf215106-quoted.json":        "403-tf215106",
		"error-403-tf401027-quoted.json":        "403-tf401027",
		"error-404-project.json":                "404-tf200016",
		"error-404-tf401019-quoted.json":        "404-tf401019",
		"error-429-request-blocked-quoted.json": "429",
		"error-503-html.json":                   "503-html",
		"error-503-json-bom-tf24668.json":       "503-tf24668-bom",
		"error-400-already-exists.json":         "400",
		"error-404-no-controller-text.json":     "",
	} {
		var want struct {
			Status  int
			Headers map[string]any
			Body    string
		}
		recorded(t, file, &want)
		ours := noController("/WorkItemCreateShowUpdateDeleteTests/_apis/wit/workItems/0")
		if word != "" {
			ours = s.preset(word, &call{request: &http.Request{}})
		}
		if ours.status != want.Status {
			t.Errorf("%s: status %d, recorded %d", file, ours.status, want.Status)
		}
		if kind, found := want.Headers["content-type"]; found && kind != ours.contentType {
			t.Errorf("%s: content type %q, recorded %q", file, ours.contentType, kind)
		}
		for _, name := range []string{"www-authenticate", "x-tfs-serviceerror"} {
			_, found := want.Headers[name]
			if has := slices.ContainsFunc(ours.headers, func(h [2]string) bool { return strings.EqualFold(h[0], name) }); found != has {
				t.Errorf("%s: header %s: %v, recorded %v", file, name, has, found)
			}
		}
		if (len(ours.body) == 0) != (want.Body == "") || strings.HasPrefix(string(ours.body), "\ufeff") != strings.HasPrefix(want.Body, "\ufeff") {
			t.Errorf("%s: body %q", file, ours.body)
		}
		if strings.HasPrefix(want.Body, "{") {
			for path, kinds := range lacking(t, []byte(want.Body), ours.body) {
				t.Errorf("%s: %s is recorded as %s", file, path, kinds)
			}
		}
		if word == "" && string(ours.body) != want.Body {
			t.Errorf("%s: %q, recorded %q", file, ours.body, want.Body)
		}
	}
}

// outline collects the JSON types found at each path; items of a list share one.
func outline(v any, path string, into map[string]map[string]bool) {
	kind := "null"
	switch v := v.(type) {
	case map[string]any:
		kind = "object"
		for name, member := range v {
			outline(member, path+"."+name, into)
		}
	case []any:
		kind = "array"
		for _, item := range v {
			outline(item, path+"[]", into)
		}
	case string:
		kind = "string"
	case float64:
		kind = "number"
	case bool:
		kind = "boolean"
	}
	if into[path] == nil {
		into[path] = map[string]bool{}
	}
	into[path][kind] = true
}

// lacking returns what the recorded JSON has and ours has not, or has with other types. A null fits any type.
func lacking(t *testing.T, recorded, ours []byte) map[string]string {
	t.Helper()
	outlines := [2]map[string]map[string]bool{{}, {}}
	for i, text := range [][]byte{recorded, ours} {
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatalf("decode %s: %v", text, err)
		}
		outline(v, "", outlines[i])
	}
	missing := map[string]string{}
	for path, kinds := range outlines[0] {
		for kind := range kinds {
			has := outlines[1][path]
			if kind != "null" && !has[kind] && !has["null"] || has == nil {
				missing[path] = fmt.Sprint(kind, ", ours ", has)
			}
		}
	}
	return missing
}

// Members that the service sends, no client of ours reads, and the stand-in leaves out.
var leftOut = []string{
	"_links.avatar", "buildNumberRevision", "appendCommitMessageToRunName", ".queue", "sourceVersionDisplayUri", "_links.badge", "ci.source",
	"ci.message", "ci.triggerRepository", "customDisplayName", "isRequired", "sshUrl", "bypass", "minimumApproverCount", "resetRejectionsOnSourcePush", "requireVoteOn",
	"blockLastPusherVote", "allowSquash", "allowRebaseMerge", "allowNoFastForward", "description", "properties.",
}

func TestRecordedShapes(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop","pipelines":[{"name":"ci"}],"policies":[
			{"id":12,"displayName":"CI","pipeline":"ci","scopes":[{"repository":"web","branch":"main"}]},
			{"id":13,"type":"Minimum reviewers","scopes":[{"match":"DefaultBranch"}]},
			{"id":14,"type":"Merge strategy","scopes":[{"repository":"web","branch":"main"}]}],
		"repositories":[{"name":"web","pullRequests":[{"id":7,"votes":[10],"description":"text","evaluations":[
			{"policy":12,"state":"expired"},{"policy":13,"status":"queued","completed":"none"}]},
			{"id":8,"evaluations":[{"policy":12,"state":"failed","preview":["one"]}]},
			{"id":9,"evaluations":[{"policy":12,"state":"outdated"}]}]}],
		"builds":[{"id":1,"status":"notStarted"},{"id":2,"status":"inProgress"},{"id":3}]}]}`)
	s := Start(t, w)
	one := func(pr string) string { return evaluationPath(s, Ref(pr).number(), "12") }
	for _, test := range []struct{ file, method, path string }{
		{"connection-data.json", "GET", "/_apis/connectionData"},
		{"projects-list.json", "GET", "/_apis/projects"},
		{"repositories-list.json", "GET", "/Shop/_apis/git/repositories"},
		{"pull-requests-list-2025-01.json", "GET", "/Shop/_apis/git/repositories/web/pullRequests"},
		{"pull-requests-list-2023-12.json", "GET", "/Shop/_apis/git/repositories/web/pullRequests"},
		{"pull-request-24.json", "GET", "/_apis/git/pullRequests/7"},
		{"evaluations-list-2018-10.json", "GET", listPath("7")},
		{"evaluations-list-2019-01.json", "GET", listPath("7")},
		{"evaluations-list-2023-12.json", "GET", listPath("7")},
		{"requeue-response-2023-12.json", "PATCH", evaluationPath(s, 7, "13")},
		{"evaluation-build-expired-2024-06.json", "GET", one("7")},
		{"evaluation-build-rejected-with-preview-2024-11.json", "GET", one("8")},
		{"evaluation-build-approved-not-current-2024-11.json", "GET", one("9")},
		{"policy-configurations-list.json", "GET", "/Shop/_apis/policy/configurations"},
		{"policy-configurations-list-2.json", "GET", "/Shop/_apis/policy/configurations"},
		{"policy-configurations-list-empty.json", "GET", "/Shop/_apis/policy/configurations?policyType=" + StatusPolicyType},
		{"policy-configuration-show.json", "GET", "/Shop/_apis/policy/configurations/14"},
		{"builds-list.json", "GET", "/Shop/_apis/build/builds"},
		{"build-show-not-started.json", "GET", "/Shop/_apis/build/builds/1"},
		{"resource-areas.json", "GET", "/_apis/ResourceAreas"},
	} {
		var want json.RawMessage
		recorded(t, test.file, &want)
		r := send(t, s, test.method, test.path, "")
		if r.status != 200 {
			t.Errorf("%s: %d %s", test.file, r.status, r.text)
			continue
		}
		for path, kinds := range lacking(t, want, []byte(r.text)) {
			if !slices.ContainsFunc(leftOut, func(part string) bool { return strings.Contains(path, part) }) {
				t.Errorf("%s: %s is recorded as %s", test.file, path, kinds)
			}
		}
	}
}

// The states of the three recorded build evaluations are those of the world file's words.
func TestRecordedStates(t *testing.T) {
	t.Parallel()
	for file, state := range map[string]string{
		"evaluation-build-expired-2024-06.json":               "expired",
		"evaluation-build-rejected-with-preview-2024-11.json": "failed",
		"evaluation-build-approved-not-current-2024-11.json":  "outdated",
	} {
		var want any
		recorded(t, file, &want)
		s := Start(t, shop(state))
		got := get(t, s, evaluationPath(s, 7, "12"))
		for _, path := range [][]any{{"status"}, {"context", "isExpired"}, {"context", "buildIsNotCurrent"}, {"context", "wasAutoRequeued"}, {"context", "buildAfterMerge"}, {"configuration", "type"}} {
			if path[0] == "configuration" {
				if at(t, want, "configuration", "type", "id") != at(t, got, "configuration", "type", "id") {
					t.Errorf("%s: another policy type", file)
				}
				continue
			}
			if a, b := at(t, want, path...), at(t, got, path...); a != b {
				t.Errorf("%s: %v is %v, recorded %v", file, path, b, a)
			}
		}
		if (at(t, want, "completedDate") == missing{}) != (at(t, got, "completedDate") == missing{}) {
			t.Errorf("%s: completedDate is %v", file, at(t, got, "completedDate"))
		}
	}
}
