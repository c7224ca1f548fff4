package azdotest

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := shop("expired")
	w.Tokens = []string{"good"}
	w.Version = "6.0"
	w.Projects[0].Repositories = append(w.Projects[0].Repositories, &Repository{Name: "secret", Hidden: true, PullRequests: []*PullRequest{{ID: 8}}})
	w.Projects = append(w.Projects, &Project{Name: "Vault", Hidden: true})
	s, err := New(w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.Except(`query parameter "colour" is not described`, "the stand-in is shown to complain itself")
	for _, name := range []string{"$top", "searchCriteria.status", "statusFilter", "resultFilter", "queryOrder", "deletedFilter", "stateFilter"} {
		s.Except(`query parameter "`+name+`": `, "the stand-in is shown to refuse it")
	}
	good := map[string]string{"Authorization": "Bearer good", "Accept": "application/json;api-version=6.0"}
	with := func(name, value string) map[string]string {
		h := maps.Clone(good)
		h[name] = value
		return h
	}
	for _, test := range []struct {
		name, method, path string
		headers            map[string]string
		status             int
		text, header       string
	}{
		{"no token", "GET", "/_apis/projects", with("Authorization", ""), 401, "", "Www-Authenticate"},
		{"wrong token", "GET", "/_apis/projects", with("Authorization", "Bearer bad"), 401, "", "Www-Authenticate"},
		{"basic is not accepted", "GET", "/_apis/projects", with("Authorization", "Basic Z29vZA=="), 401, "", "Www-Authenticate"},
		{"OPTIONS needs no token", "OPTIONS", "/_apis", with("Authorization", ""), 200, "resourceVersion", ""},
		{"no version", "PATCH", "/Shop/_apis/policy/evaluations/" + s.EvaluationID(7, "12").String(), with("Accept", "application/json"), 400, "VssVersionNotSpecifiedException", ""},
		{"a reader may leave it to the server", "GET", "/_apis/projects", with("Accept", "application/json"), 200, "Shop", ""},
		{"also where there is only a preview", "GET", "/_apis/connectionData", with("Accept", "application/json"), 200, "Shop Build Service", ""},
		{"a value that is no status", "GET", "/Shop/_apis/git/pullRequests?searchCriteria.status=open", with("Accept", "application/json;api-version=5.1"), 400, "searchCriteria.status", ""},
		{"a number that is no status", "GET", "/Shop/_apis/git/pullRequests?searchCriteria.status=9", with("Accept", "application/json;api-version=5.1"), 400, "searchCriteria.status", ""},
		{"a number that is no set of states", "GET", "/Shop/_apis/build/builds?statusFilter=64", with("Accept", "application/json;api-version=5.1"), 400, "statusFilter", ""},
		{"a word that is no result", "GET", "/Shop/_apis/build/builds?resultFilter=red", with("Accept", "application/json;api-version=5.1"), 400, "resultFilter", ""},
		{"an unknown order", "GET", "/Shop/_apis/build/builds?queryOrder=random", with("Accept", "application/json;api-version=5.1"), 400, "queryOrder", ""},
		{"an unknown deletedFilter", "GET", "/Shop/_apis/build/builds?deletedFilter=yes", with("Accept", "application/json;api-version=5.1"), 400, "deletedFilter", ""},
		{"an unknown state of projects", "GET", "/_apis/projects?stateFilter=gone", with("Accept", "application/json;api-version=5.1"), 400, "stateFilter", ""},
		{"an unknown type of policy", "GET", "/Shop/_apis/policy/types/9f8a7b6c-0000-0000-0000-000000000000", with("Accept", "application/json;api-version=5.1"), 404, "PolicyTypeNotFoundException", ""},
		{"a version above the server's", "GET", "/_apis/projects", with("Accept", "application/json;api-version=7.1-preview.4"), 400, "VssVersionOutOfRangeException", ""},
		{"a version below", "GET", "/_apis/resourceAreas", with("Accept", "application/json;api-version=3.0"), 400, "VssVersionNotSupportedException", ""},
		{"preview is missing", "GET", "/_apis/connectionData", good, 400, "VssInvalidPreviewVersionException", ""},
		{"preview", "GET", "/_apis/connectionData", with("Accept", "application/json;api-version=6.0-preview"), 200, "Shop Build Service", ""},
		{"unknown project name", "GET", "/Nope/_apis/git/repositories", with("Accept", "application/json;api-version=5.1"), 404, "TF200016", ""},
		{"unknown project ID", "GET", "/9f8a7b6c-0000-0000-0000-000000000000/_apis/git/repositories", with("Accept", "application/json;api-version=5.1"), 404, "VS800075", ""},
		{"hidden project", "GET", "/" + ProjectID("Vault").String() + "/_apis/git/repositories", with("Accept", "application/json;api-version=5.1"), 404, "VS800075", ""},
		{"hidden repository", "GET", "/Shop/_apis/git/repositories/secret/pullRequests", with("Accept", "application/json;api-version=5.1"), 404, "TF401019", ""},
		{"hidden pull request", "GET", "/_apis/git/pullRequests/8", with("Accept", "application/json;api-version=5.1"), 404, "TF401180", ""},
		{"unknown evaluation", "GET", "/Shop/_apis/policy/evaluations/9f8a7b6c-0000-0000-0000-000000000000", with("Accept", "application/json;api-version=5.1-preview"), 404, "PolicyEvaluationNotFoundException", ""},
		{"the pull request's own artifact ID", "GET", "/Shop/_apis/policy/evaluations?artifactId=vstfs:///Git/PullRequestId/a%2f7", with("Accept", "application/json;api-version=5.1-preview"), 400, "not one of a code review", ""},
		{"unknown route", "GET", "/Shop/_apis/wit/workItems/1", good, 404, "The controller for path '/Shop/_apis/wit/workItems/1' was not found", "X-Tfs-Serviceerror"},
		{"unknown verb", "DELETE", "/Shop/_apis/policy/evaluations/" + s.EvaluationID(7, "12").String(), good, 404, "The controller", ""},
		{"outside the collection", "GET", "/../Other/_apis/projects", good, 404, "The controller", ""},
		{"bad $top", "GET", "/Shop/_apis/git/pullRequests?$top=x", with("Accept", "application/json;api-version=5.1"), 400, "$top", ""},
		{"unknown query parameter", "GET", "/Shop/_apis/git/repositories?colour=red", with("Accept", "application/json;api-version=5.1"), 200, "web", ""},
	} {
		r := sendAs(t, s, test.method, test.path, "", test.headers)
		if r.status != test.status || !strings.Contains(r.text, test.text) || test.text == "" && r.text != "" {
			t.Errorf("%s: %d %s, want %d with %q", test.name, r.status, r.text, test.status, test.text)
		}
		if test.header != "" && r.header.Get(test.header) == "" {
			t.Errorf("%s: no header %s in %v", test.name, test.header, r.header)
		}
	}
	want := []string{
		"no route for GET /tfs/DefaultCollection/Shop/_apis/wit/workItems/1",
		"no route for DELETE /tfs/DefaultCollection/Shop/_apis/policy/evaluations/" + s.EvaluationID(7, "12").String(),
		"no route for GET /tfs/DefaultCollection/../Other/_apis/projects",
		`query parameter "colour" of GET repositories is not known to the stand-in`,
	}
	if diff := cmp.Diff(want, s.Problems()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestServerStyle(t *testing.T) {
	t.Parallel()
	s := Start(t, World{Style: "server", Version: "7.0", CollectionPath: "/tfs/Collection/", Projects: []*Project{{Name: "Shop"}}})
	if !strings.HasSuffix(s.URL(), "/tfs/Collection") {
		t.Errorf("URL %s", s.URL())
	}
	if got := at(t, get(t, Start(t, shop("expired")), "/_apis/ResourceAreas"), "count"); got != 5.0 {
		t.Errorf("%v resource areas, want some in Services", got)
	}
	headers := map[string]string{"Authorization": "Bearer x", "Accept": "application/json;api-version=5.1-preview.1"}
	areas := decode(t, sendAs(t, s, "GET", "/_apis/ResourceAreas", "", headers), 200)
	if at(t, areas, "count") != 0.0 {
		t.Errorf("resource areas of a Server: %v", areas)
	}
	if r := sendAs(t, s, "OPTIONS", "/_apis", "", nil); r.status != 401 {
		t.Errorf("OPTIONS without a token: %d, want 401 on a Server", r.status)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", strings.ToLower(s.URL())+"/SHOP/_APIS/git/Repositories?api-version=7.0", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer x")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != 200 {
		t.Errorf("other case: %s", resp.Status)
	}
}

func TestLocationTable(t *testing.T) {
	t.Parallel()
	s := Start(t, World{AllLocations: true, WithoutLocations: []string{idThreads}})
	r := send(t, s, "OPTIONS", "/_apis", "")
	v := decode(t, r, 200)
	if at(t, v, "count") != 773.0 || len(r.text) < 150_000 || len(r.text) > 250_000 {
		t.Errorf("%v locations, %d bytes", at(t, v, "count"), len(r.text))
	}
	if strings.Contains(r.text, idThreads) || !strings.Contains(r.text, idComments) {
		t.Error("the table has what it should lack, or lacks what it should have")
	}
}

func TestLocationsOfAnArea(t *testing.T) {
	t.Parallel()
	s := Start(t, World{})
	for area, want := range map[string]int{"Git": 12, "policy": 5, "wit": 0} {
		headers := map[string]string{"Authorization": "Bearer token"}
		v := decode(t, sendAs(t, s, "OPTIONS", "/_apis/"+area, "", headers), 200)
		if at(t, v, "count") != float64(want) || want > 0 && !strings.EqualFold(text(at(t, v, "value", 0, "area")), area) {
			t.Errorf("%s: %v, want %d", area, v, want)
		}
	}
}

func TestReviewersRefsAndPolicyTypes(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop","repositories":[{"name":"web","pullRequests":[
		{"id":7,"source":"gift","votes":[10,-5],"sourceCommit":"0123456789012345678901234567890123456789"},{"id":8,"source":"old","status":"completed"}]}]}]}`)
	s := Start(t, w)
	reviewers := get(t, s, "/Shop/_apis/git/repositories/web/pullRequests/7/reviewers")
	if at(t, reviewers, "count") != 2.0 || at(t, reviewers, "value", 1, "vote") != -5.0 {
		t.Errorf("reviewers: %v", reviewers)
	}
	for query, want := range map[string]string{
		"":                        "refs/heads/gift refs/heads/main refs/pull/7/merge",
		"?filter=heads/":          "refs/heads/gift refs/heads/main",
		"?filterContains=if":      "refs/heads/gift",
		"?$top=1":                 "refs/heads/gift",
		"?continuationToken=2":    "refs/pull/7/merge",
		"?filter=heads/release/1": "",
	} {
		var names []string
		refs, _ := at(t, get(t, s, "/Shop/_apis/git/repositories/web/refs"+query), "value").([]any)
		for _, ref := range refs {
			names = append(names, text(at(t, ref, "name")))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("refs%s: %s, want %s", query, got, want)
		}
	}
	if v := get(t, s, "/Shop/_apis/git/repositories/web/refs?filter=heads/gift"); at(t, v, "value", 0, "objectId") != "0123456789012345678901234567890123456789" {
		t.Errorf("commit: %v", v)
	}
	if v := get(t, s, "/Shop/_apis/policy/types/"+strings.ToUpper(BuildPolicyType)); at(t, v, "displayName") != "Build" {
		t.Errorf("type: %v", v)
	}
	if v := get(t, s, "/_apis/projects?stateFilter=deleted"); at(t, v, "count") != 0.0 {
		t.Errorf("deleted projects: %v", v)
	}
}

func TestNamesThatNeedEscaping(t *testing.T) {
	t.Parallel()
	s := Start(t, World{CollectionPath: "/tfs/My Collection", Projects: []*Project{{Name: "100% Größe & Co", Repositories: []*Repository{{Name: "süß +1", PullRequests: []*PullRequest{{}}}}}}})
	v := get(t, s, "/100%25%20Gr%C3%B6%C3%9Fe%20&%20Co/_apis/git/repositories/s%C3%BC%C3%9F%20+1/pullRequests")
	if at(t, v, "value", 0, "pullRequestId") != 1.0 {
		t.Errorf("got %v", v)
	}
	get(t, s, "/"+ProjectID("100% Größe & Co").String()+"/_apis/git/repositories/"+RepositoryID("100% Größe & Co", "süß +1").String())
}

func TestPaging(t *testing.T) {
	t.Parallel()
	p := &Project{Name: "Shop", Repositories: []*Repository{{Name: "web"}, {Name: "other"}}}
	for range 250 {
		p.Repositories[0].PullRequests = append(p.Repositories[0].PullRequests, &PullRequest{})
	}
	p.Repositories[1].PullRequests = []*PullRequest{{Status: "completed"}, {}}
	for i := range 150 {
		p.Policies = append(p.Policies, &Policy{Pipeline: Ref("p" + itoa(i/2))})
		p.Repositories[0].PullRequests[0].Evaluations = append(p.Repositories[0].PullRequests[0].Evaluations, &Evaluation{Policy: Ref(itoa(i + 1))})
	}
	s := Start(t, World{Pages: Pages{PullRequests: 100, Projects: 1, Builds: 60, Pipelines: 20}, Projects: []*Project{p, {Name: "Two"}}})
	count := func(path string) int {
		n, ok := at(t, get(t, s, path), "count").(float64)
		if !ok {
			t.Fatalf("%s has no count", path)
		}
		return int(n)
	}
	for path, want := range map[string]int{
		"/Shop/_apis/git/pullRequests":                                                 100,
		"/Shop/_apis/git/pullRequests?$top=1000":                                       100,
		"/Shop/_apis/git/pullRequests?$top=1000&$skip=200":                             51,
		"/Shop/_apis/git/pullRequests?$top=1000&$skip=251":                             0,
		"/Shop/_apis/git/pullRequests?$top=7":                                          7,
		"/Shop/_apis/git/repositories/other/pullRequests?searchCriteria.status=active": 1,
		"/Shop/_apis/git/repositories/other/pullRequests?searchCriteria.status=all":    2,
		"/Shop/_apis/git/pullRequests?searchCriteria.sourceRefName=refs/heads/topic/3": 1,
		"/Shop/_apis/git/pullRequests?searchCriteria.targetRefName=refs/heads/x":       0,
		listPath("1"):                                             100,
		listPath("1") + "&$skip=100":                              50,
		listPath("1") + "&$top=10&$skip=145":                      5,
		listPath("2"):                                             0,
		listPath("9999"):                                          0,
		"/Shop/_apis/policy/configurations":                       100,
		"/Shop/_apis/build/definitions?$top=500":                  20,
		"/Shop/_apis/build/definitions?definitionIds=101,103,999": 2,
	} {
		if got := count(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	for _, path := range []string{"/Shop/_apis/policy/configurations?policyType=" + BuildPolicyType, "/Shop/_apis/build/builds?reasonFilter=pullRequest", "/_apis/projects?$top=100", "/Shop/_apis/build/definitions?"} {
		sum, pages := 0, 0
		for next := path; next != ""; pages++ {
			r := send(t, s, "GET", next, "")
			n, _ := at(t, decode(t, r, 200), "count").(float64)
			sum += int(n)
			token := r.header.Get("X-Ms-Continuationtoken")
			if next = ""; token != "" {
				next = path + "&continuationToken=" + token
			}
		}
		if want := map[string]int{"/Shop/_apis/pol": 150, "/Shop/_apis/bui": 150, "/_apis/projects": 2}[path[:15]]; sum != want && (sum != 75 || !strings.Contains(path, "definitions")) || pages < 2 {
			t.Errorf("%s: %d on %d pages, want %d", path, sum, pages, want)
		}
	}
}

func TestListAndSingleAnswersDiffer(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop","repositories":[{"name":"web","pullRequests":[
		{"id":7,"labels":["urgent"],"inactiveLabels":["old"],"fork":true,"autoComplete":true,"draft":true,"votes":[10,-5],"author":"Åsa Berg <asa@shop.example>"},
		{"id":8,"mergeStatus":"conflicts","autoCompleteNobody":true}]}]}]}`)
	s := Start(t, w)
	listed := at(t, get(t, s, "/Shop/_apis/git/pullRequests"), "value", 1)
	single := get(t, s, "/_apis/git/pullRequests/7")
	for _, test := range []struct {
		name         string
		list, single any
		path         []any
	}{
		{"labels only in lists", true, missing{}, []any{"labels", 0, "active"}},
		{"a bare project in lists", "0001-01-01T00:00:00", "2024-01-09T16:32:42.21Z", []any{"repository", "project", "lastUpdateTime"}},
		{"artifactId only in single answers", missing{}, "vstfs:///Git/PullRequestId/" + ProjectID("Shop").String() + "%2f" + RepositoryID("Shop", "web").String() + "%2f7", []any{"artifactId"}},
		{"draft", true, true, []any{"isDraft"}},
		{"auto-complete", "Åsa Berg", "Åsa Berg", []any{"autoCompleteSetBy", "displayName"}},
		{"author", "asa@shop.example", "asa@shop.example", []any{"createdBy", "uniqueName"}},
		{"fork", "refs/heads/topic/7", "refs/heads/topic/7", []any{"forkSource", "name"}},
		{"votes", -5.0, -5.0, []any{"reviewers", 1, "vote"}},
	} {
		for where, pr := range map[string]any{"list": listed, "single": single} {
			want := map[string]any{"list": test.list, "single": test.single}[where]
			path := test.path
			if want == (missing{}) {
				path = path[:1]
			}
			if got := at(t, pr, path...); got != want {
				t.Errorf("%s, %s: %v, want %v", test.name, where, got, want)
			}
		}
	}
	conflicted := at(t, get(t, s, "/Shop/_apis/git/pullRequests"), "value", 0)
	if at(t, conflicted, "lastMergeCommit") != (missing{}) || at(t, conflicted, "labels") != (missing{}) {
		t.Errorf("conflicts: no merge commit, and no labels where there are none: %v", conflicted)
	}
	if at(t, conflicted, "autoCompleteSetBy", "id") != "00000000-0000-0000-0000-000000000000" {
		t.Errorf("auto-complete by nobody: %v", conflicted)
	}
	labels := get(t, s, "/Shop/_apis/git/repositories/web/pullRequests/7/labels")
	if at(t, labels, "count") != 2.0 || at(t, labels, "value", 1, "active") != false {
		t.Errorf("labels: %v", labels)
	}
}

func TestRestrictedToken(t *testing.T) {
	t.Parallel()
	w := shop("expired")
	w.Projects[0].Repositories = append(w.Projects[0].Repositories, &Repository{Name: "hidden", Hidden: true, PullRequests: []*PullRequest{{}}})
	s := Start(t, w)
	if v := get(t, s, "/Shop/_apis/git/repositories"); at(t, v, "count") != 1.0 {
		t.Errorf("repositories: %v", v)
	}
	if v := get(t, s, "/Shop/_apis/git/pullRequests"); at(t, v, "count") != 1.0 {
		t.Errorf("filtered: %v", v)
	}
	s.Update(func(w *World) { w.Behaviour.HiddenRepositories = "refused" })
	if r := send(t, s, "GET", "/Shop/_apis/git/pullRequests", ""); r.status != 404 || !strings.Contains(r.text, "TF401019") {
		t.Errorf("refused: %d %s", r.status, r.text)
	}
}

// Pages are short where what is hidden is taken out after the cut; the last page may then be empty before the end.
func TestVisibility(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop","repositories":[
		{"name":"web","pullRequests":[{"id":1},{"id":4},{"id":6}]},
		{"name":"secret","hidden":true,"pullRequests":[{"id":2},{"id":3},{"id":5},{"id":7}]}]}]}`)
	for _, test := range []struct {
		visibility string
		pages      []float64
	}{
		{"beforeCut", []float64{2, 1, 0, 0, 0}},
		{"afterCut", []float64{1, 1, 0, 1, 0}},
	} {
		w.Behaviour.Visibility = test.visibility
		s := Start(t, w)
		var pages []float64
		for skip := 0; skip < 10; skip += 2 {
			n, _ := at(t, get(t, s, "/Shop/_apis/git/pullRequests?$top=2&$skip="+itoa(skip)), "count").(float64)
			pages = append(pages, n)
		}
		if diff := cmp.Diff(test.pages, pages); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.visibility, diff)
		}
		if v := get(t, s, "/Shop/_apis/git/repositories/web/pullRequests?$top=3"); at(t, v, "count") != 3.0 {
			t.Errorf("%s, by repository: %v", test.visibility, v)
		}
	}
}

func TestIterations(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop","repositories":[{"name":"web","pullRequests":[
		{"id":7,"created":"2025-03-01T10:00:00Z","pushed":"2025-03-02T10:00:00Z"},{"id":8,"created":"2025-03-01T10:00:00Z"}]}]}]}`)
	s := Start(t, w)
	path := func(pullRequest string) string {
		return "/Shop/_apis/git/repositories/web/pullRequests/" + pullRequest + "/iterations"
	}
	pushed := get(t, s, path("7"))
	if at(t, pushed, "count") != 2.0 || at(t, pushed, "value", 0, "createdDate") != "2025-03-01T10:00:00.0000000Z" ||
		at(t, pushed, "value", 1, "createdDate") != "2025-03-02T10:00:00.0000000Z" || at(t, pushed, "value", 1, "id") != 2.0 ||
		at(t, pushed, "value", 1, "sourceRefCommit", "commitId") != at(t, get(t, s, "/_apis/git/pullRequests/7"), "lastMergeSourceCommit", "commitId") {
		t.Errorf("with a push: %v", pushed)
	}
	if created := get(t, s, path("8")); at(t, created, "count") != 1.0 || at(t, created, "value", 0, "reason") != "create" {
		t.Errorf("without a push: %v", created)
	}
	s.Update(func(w *World) { w.Behaviour.Iterations = "missing" })
	if r := send(t, s, "GET", path("7"), ""); r.status != 404 {
		t.Errorf("missing: %d", r.status)
	}
}

func TestThreads(t *testing.T) {
	t.Parallel()
	w := shop("expired")
	w.PullRequest(7).Threads = []*Thread{{Comments: []*Comment{{Author: "Noor Haddad", Content: "Nice", Type: "text"}}}, {Comments: []*Comment{{Type: "system", Content: "joined"}}}}
	s := Start(t, w)
	path := "/Shop/_apis/git/repositories/web/pullRequests/7/threads"
	created := decode(t, send(t, s, "POST", path, `{"comments":[{"parentCommentId":0,"content":"first","commentType":"text"}],"status":"closed"}`), 200)
	if at(t, created, "id") != 3.0 || at(t, created, "status") != "closed" || at(t, created, "comments", 0, "author", "displayName") != "Shop Build Service (DefaultCollection)" {
		t.Errorf("created: %v", created)
	}
	decode(t, send(t, s, "PATCH", path+"/3/comments/1", `{"content":"second"}`), 200)
	decode(t, send(t, s, "POST", path+"/3/comments", `{"content":"more","parentCommentId":1}`), 200)
	decode(t, send(t, s, "PATCH", path+"/3", `{"status":"active"}`), 200)
	if r := send(t, s, "PATCH", path+"/1/comments/1", `{"content":"not mine"}`); r.status != 403 {
		t.Errorf("somebody else's comment: %d", r.status)
	}
	if r := send(t, s, "POST", path, `{}`); r.status != 400 {
		t.Errorf("an empty thread: %d", r.status)
	}
	all := get(t, s, path)
	if at(t, all, "count") != 3.0 || at(t, all, "value", 2, "comments", 0, "content") != "second" ||
		at(t, all, "value", 2, "comments", 1, "parentCommentId") != 1.0 || at(t, all, "value", 2, "status") != "active" {
		t.Errorf("threads: %v", all)
	}
	want := []string{
		"POST thread pr=7", "PATCH comment pr=7 thread=3 comment=1", "POST comment pr=7 thread=3", "PATCH thread pr=7 thread=3",
		"PATCH comment pr=7 thread=1 comment=1", "POST thread pr=7",
	}
	if diff := cmp.Diff(want, s.Writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	connection := get(t, s, "/_apis/connectionData")
	if at(t, connection, "authenticatedUser", "id") != at(t, created, "comments", 0, "author", "id") {
		t.Error("the author of a comment is not the token's identity")
	}
}

// TestThreadStatus: official clients send the status of a thread and the kind of a comment as numbers.
func TestThreadStatus(t *testing.T) {
	t.Parallel()
	path := "/Shop/_apis/git/repositories/web/pullRequests/7/threads"
	s := Start(t, shop("expired"))
	s.Except("body at '/comments/0/commentType'", "it is described as a word")
	s.Except("body at '/status'", "it is described as a word")
	created := decode(t, send(t, s, "POST", path, `{"comments":[{"content":"first","commentType":1}],"status":1}`), 200)
	if at(t, created, "status") != "active" || at(t, created, "comments", 0, "commentType") != "text" {
		t.Errorf("created: %v", created)
	}
	for sent, want := range map[string]string{`4`: "closed", `"2"`: "fixed", `"WontFix"`: "wontFix"} {
		if r := decode(t, send(t, s, "PATCH", path+"/1", `{"status":`+sent+`}`), 200); at(t, r, "status") != want {
			t.Errorf("%s: %v", sent, r)
		}
	}
	for _, sent := range []string{`9`, `"done"`, `true`} {
		if r := send(t, s, "PATCH", path+"/1", `{"status":`+sent+`}`); r.status != 400 {
			t.Errorf("%s: status %d", sent, r.status)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	w := Generate(40, 4, 0.25)
	w.Latency = "10ms"
	s := Start(t, w)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			ctx := t.Context()
			headers := map[string]string{"Authorization": "Bearer token", "Accept": anyVersion}
			for _, path := range []string{"/Bench/_apis/git/pullRequests", "/Bench/_apis/git/pullRequests/" + itoa(i+1), "/Bench/_apis/build/builds?$top=5"} {
				if _, err := try(ctx, s, "GET", path, "", headers); err != nil {
					t.Error(err)
				}
			}
			if id := s.EvaluationID(i+1, "1"); id.String() != "00000000-0000-0000-0000-000000000000" {
				if _, err := try(ctx, s, "PATCH", "/Bench/_apis/policy/evaluations/"+id.String(), "", headers); err != nil {
					t.Error(err)
				}
			}
			s.Update(func(w *World) { w.PullRequest(i + 1).Draft = true })
			_ = s.World()
			_ = s.Requests()
		})
	}
	wg.Wait()
	if n := s.MaxUnderWay(); n < 2 || n > 40 {
		t.Errorf("%d under way at most", n)
	}
	if n := len(s.StartedBuilds()); n != 30 {
		t.Errorf("%d builds started, want 30", n)
	}
	if r := s.Requests(); len(r) != 150 || r[0].Status == 0 || r[0].Time.After(time.Now()) || !r[0].Authorized {
		t.Errorf("%d requests, the first is %+v", len(r), r[0])
	}
	s.Forget()
	if len(s.Requests()) != 0 || len(s.Writes()) != 0 {
		t.Error("not forgotten")
	}
}

func TestSearchCriteria(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop","repositories":[{"name":"web","pullRequests":[
		{"id":1,"created":"2025-03-01T10:00:00Z","author":"Ada","source":"a","target":"release/1"},
		{"id":2,"created":"2025-03-02T10:00:00Z","author":"Noor","status":"abandoned"},
		{"id":3,"created":"2025-03-03T10:00:00Z","author":"Noor","source":"b"}]}]}]}`)
	s := Start(t, w)
	s.Except(`query parameter "searchCriteria.status": `, "the service minds neither case nor numbers")
	s.Except(`query parameter "searchCriteria.queryTimeRangeType": "1"`, "the service does not mind numbers")
	for query, want := range map[string]string{
		"":                                                 "3 1",
		"searchCriteria.status=All":                        "3 2 1",
		"searchCriteria.status=abandoned":                  "2",
		"SearchCriteria.Status=abandoned":                  "2",
		"searchCriteria.status=notSet":                     "3 1",
		"searchCriteria.sourceRefName=refs/heads/a":        "1",
		"searchCriteria.targetRefName=refs/heads/main":     "3",
		"searchCriteria.creatorId=" + identityOf("Ada").id: "1",
		"searchCriteria.minTime=2025-03-02T00:00:00Z":      "3",
		"searchCriteria.maxTime=2025-03-02T00:00:00Z":      "1",
		"searchCriteria.status=4":                          "3 2 1",
		"searchCriteria.status=1":                          "3 1",
		"searchCriteria.status=all&searchCriteria.minTime=2025-03-02T00:00:00Z&searchCriteria.queryTimeRangeType=closed": "2",
		"searchCriteria.status=all&searchCriteria.minTime=2025-03-02T00:00:00Z&searchCriteria.queryTimeRangeType=1":      "3 2",
		"searchCriteria.repositoryId=" + RepositoryID("Shop", "web").String():                                            "3 1",
	} {
		v := get(t, s, "/Shop/_apis/git/pullRequests?"+query)
		var got []string
		found, _ := at(t, v, "value").([]any)
		for _, pr := range found {
			got = append(got, fmt.Sprint(at(t, pr, "pullRequestId")))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%q: %s, want %s", query, text, want)
		}
	}
}
