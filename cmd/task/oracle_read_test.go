package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// record is a JSON object as the service sends it. Its readers tell a value of the wrong type from one that is missing.
type record map[string]any

func (r record) at(path ...string) any {
	var v any = map[string]any(r)
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (r record) text(path ...string) string {
	s, _ := r.at(path...).(string)
	return s
}

func (r record) number(path ...string) int {
	n, _ := r.at(path...).(float64)
	return int(n)
}

func (r record) isTrue(path ...string) bool { return r.at(path...) == true }

func (r record) list(path ...string) []record {
	items, _ := r.at(path...).([]any)
	var list []record
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			list = append(list, m)
		}
	}
	return list
}

func (r record) moment(path ...string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, r.text(path...))
	if err != nil {
		return time.Time{}
	}
	return at
}

// snapshot is everything that the token of a run can see, read by the oracle itself over HTTP.
type snapshot struct {
	t        *testing.T
	base     string
	now      time.Time
	projects []*projectSnapshot
	byNumber map[int]*pullRequestSnapshot
}

type projectSnapshot struct {
	id, name     string
	repositories []record
	policies     []record
	builds       []record
	definitions  map[int]record
	pullRequests []*pullRequestSnapshot // the active ones
}

type pullRequestSnapshot struct {
	record
	id          int
	project     *projectSnapshot
	repository  record
	evaluations []record
	unreadable  bool
	pushed      time.Time // the newest iteration's date
}

func (s *snapshot) get(path string, query ...string) (record, bool) {
	s.t.Helper()
	u := s.base + "/" + path
	if len(query) > 0 {
		u += "?" + strings.Join(query, "&")
	}
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, u, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Accept", "application/json;api-version=7.1-preview")
	request.Header.Set("Authorization", "Bearer oracle")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, false
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	return r, true
}

// pages reads a list that is paged by $skip or by the size of its pages.
func (s *snapshot) pages(path string, query ...string) []record {
	s.t.Helper()
	var all []record
	for {
		r, ok := s.get(path, append(slices.Clone(query), "$skip="+strconv.Itoa(len(all)))...)
		if !ok {
			return all
		}
		page := r.list("value")
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
	}
}

func (s *snapshot) whole(path string, query ...string) []record {
	s.t.Helper()
	r, _ := s.get(path, query...)
	return r.list("value")
}

// readAll reads the world of a server, before the product does, and forgets the requests.
func readAll(t *testing.T, server *azdotest.Server) *snapshot {
	t.Helper()
	s := &snapshot{t: t, base: server.URL(), now: time.Now(), byNumber: map[int]*pullRequestSnapshot{}}
	for _, p := range s.whole("_apis/projects") {
		project := &projectSnapshot{id: p.text("id"), name: p.text("name"), definitions: map[int]record{}}
		s.projects = append(s.projects, project)
		project.repositories = s.whole(project.id + "/_apis/git/repositories")
		project.policies = s.whole(project.id+"/_apis/policy/configurations", "policyType="+azdotest.BuildPolicyType)
		project.builds = s.whole(project.id+"/_apis/build/builds", "deletedFilter=includeDeleted")
		for _, d := range s.whole(project.id + "/_apis/build/definitions") {
			project.definitions[d.number("id")] = d
		}
		for _, pr := range s.pages(project.id+"/_apis/git/pullRequests", "searchCriteria.status=all", "$top=1000") {
			one := s.pullRequest(project, pr)
			if one.text("status") == "active" {
				project.pullRequests = append(project.pullRequests, one)
			}
			s.byNumber[one.id] = one
		}
	}
	server.Forget()
	return s
}

func (s *snapshot) pullRequest(project *projectSnapshot, r record) *pullRequestSnapshot {
	pr := &pullRequestSnapshot{record: r, id: r.number("pullRequestId"), project: project}
	for _, repo := range project.repositories {
		if repo.text("id") == r.text("repository", "id") {
			pr.repository = repo
		}
	}
	pr.pushed = pr.moment("creationDate")
	if pr.repository != nil {
		for _, i := range s.whole(fmt.Sprintf("%s/_apis/git/repositories/%s/pullRequests/%d/iterations", project.id, pr.repository.text("id"), pr.id)) {
			if at := i.moment("createdDate"); at.After(pr.pushed) {
				pr.pushed = at
			}
		}
	}
	artifact := url.QueryEscape(fmt.Sprintf("vstfs:///CodeReview/CodeReviewId/%s/%d", project.id, pr.id))
	for _, ev := range s.pages(project.id+"/_apis/policy/evaluations", "artifactId="+artifact, "includeNotApplicable=true", "$top=100") {
		if ev.isTrue("configuration", "isEnabled") && !ev.isTrue("configuration", "isDeleted") && ev.text("status") != "notApplicable" {
			pr.evaluations = append(pr.evaluations, ev)
		}
	}
	return pr
}

// fail makes the pull request's evaluations unreadable.
func (pr *pullRequestSnapshot) fail() {
	if pr != nil {
		pr.unreadable, pr.evaluations = true, nil
	}
}

// issues are the error texts of a build's timeline.
func (s *snapshot) issues(p *projectSnapshot, build int) []string {
	r, _ := s.get(p.id + "/_apis/build/builds/" + strconv.Itoa(build) + "/timeline")
	var texts []string
	for _, step := range r.list("records") {
		for _, issue := range step.list("issues") {
			if issue.text("type") == "error" {
				texts = append(texts, issue.text("message"))
			}
		}
	}
	return texts
}

func (p *projectSnapshot) build(id int) record {
	for _, b := range p.builds {
		if b.number("id") == id {
			return b
		}
	}
	return nil
}
