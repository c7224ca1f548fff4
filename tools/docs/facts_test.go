package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest/openapi"
)

const factsPipeline = "examples/record-facts.yml"

// beyond are operations that the folder of the description lacks, since the product itself never uses them: those of
// MicrosoftDocs/vsts-rest-api-specs at adb28786, by their verb, path and query parameters.
var beyond = []struct{ method, path, query, source string }{
	{"POST", "{project}/_apis/git/repositories/{}/pullrequests", "supportsIterations", "git/7.2/git.json, Pull Requests_Create"},
	{"PATCH", "{project}/_apis/git/repositories/{}/pullrequests/{}", "", "git/7.2/git.json, Pull Requests_Update"},
	{"POST", "{project}/_apis/policy/configurations", "", "policy/7.2/policy.json, Configurations_Create"},
	{"DELETE", "{project}/_apis/policy/configurations/{}", "", "policy/7.2/policy.json, Configurations_Delete"},
	{"DELETE", "{project}/_apis/build/builds/{}", "", "build/7.2/build.json, Builds_Delete"},
	{"POST", "_apis/accesscontrolentries/{}", "", "security/7.2/security.json, Access Control Entries_Set Access Control Entries"},
	{"DELETE", "_apis/accesscontrolentries/{}", "token descriptors", "security/7.2/security.json, Access Control Entries_Remove Access Control Entries"},
}

// factsService answers the scripts of the pipeline as far as they look.
type factsService struct {
	mu          sync.Mutex // the test looks at it between the scripts
	t           *testing.T
	description *openapi.Description // nil where there is none
	work        string

	number   int
	policies map[int]map[string]any
	pulls    map[int]map[string]any
	deny     map[string]float64
	asked    []string // "METHOD path", with values as "{}"
}

func newFactsService(t *testing.T, work string) (*factsService, *httptest.Server) {
	t.Helper()
	s := &factsService{t: t, work: work, number: 100, pulls: map[int]map[string]any{}, deny: map[string]float64{}}
	// A policy of somebody else applies to every branch and is none of the pipeline's business.
	s.policies = map[int]map[string]any{7: {"id": 7, "createdBy": map[string]any{"displayName": "facts Ada", "id": "1"}, "settings": map[string]any{"displayName": "CI"}}}
	if folder := os.Getenv("RESCHEDULE_DESCRIPTION"); folder != "" {
		d, err := openapi.Load(os.DirFS(folder))
		if err != nil {
			t.Fatal(err)
		}
		s.description = d
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server
}

// values are the parts of a path that differ from call to call.
var values = regexp.MustCompile(`/([0-9]+|[0-9a-f]{8}-[0-9a-f-]{27}|__default)(/|$)`)

// check holds a request against the description.
func (s *factsService) check(r *http.Request, body []byte) {
	path := strings.Trim(r.URL.Path, "/")
	shape := values.ReplaceAllString(values.ReplaceAllString("/"+path, "/{}$2"), "/{}$2")
	shape = strings.TrimPrefix(strings.Replace(shape, "/{}/_apis", "/{project}/_apis", 1), "/")
	s.asked = append(s.asked, r.Method+" "+shape)
	if len(body) > 0 && !json.Valid(body) {
		s.t.Errorf("%s %s: the body is no JSON: %s", r.Method, path, body)
	}
	for _, b := range beyond {
		if b.method != r.Method || b.path != shape || s.description != nil && s.description.Find(r.Method, strings.Split(path, "/")) != nil {
			continue // a folder may hold more of the description than this product needs
		}
		for name := range r.URL.Query() {
			if !slices.Contains(strings.Fields(b.query), name) {
				s.t.Errorf("%s %s: %s has no query parameter %s", r.Method, path, b.source, name)
			}
		}
		return
	}
	if s.description == nil {
		return
	}
	_, faults := s.description.Request(openapi.Request{Method: r.Method, Path: strings.Split(path, "/"), Query: r.URL.Query(), Body: body})
	for _, fault := range faults {
		s.t.Errorf("%s %s: %s", r.Method, path, fault)
	}
}

// ServeHTTP is called for one request after the other, since the scripts wait for each.
func (s *factsService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Authorization") != "Bearer "+factsToken {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.check(r, body)
	var sent map[string]any
	if len(body) > 0 && json.Unmarshal(body, &sent) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	status, answer := s.answer(r, sent)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if answer != nil {
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *factsService) answer(r *http.Request, sent map[string]any) (int, any) {
	segments := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	last, err := strconv.Atoi(segments[len(segments)-1])
	if err != nil {
		last = 0
	}
	query := r.URL.Query()
	switch asked := s.asked[len(s.asked)-1]; asked {
	case "GET _apis/connectionData":
		return http.StatusOK, map[string]any{"authenticatedUser": map[string]any{"subjectDescriptor": "svc.x", "descriptor": factsIdentity}}
	case "POST _apis/accesscontrolentries/{}":
		for _, e := range sent["accessControlEntries"].([]any) {
			s.deny[sent["token"].(string)+" "+e.(map[string]any)["descriptor"].(string)] = e.(map[string]any)["deny"].(float64)
		}
		return http.StatusOK, sent
	case "DELETE _apis/accesscontrolentries/{}":
		delete(s.deny, query.Get("token")+" "+query.Get("descriptors"))
		return http.StatusOK, true
	case "POST {project}/_apis/policy/configurations":
		s.number++
		sent["id"] = s.number
		s.policies[s.number] = sent
		return http.StatusOK, sent
	case "GET {project}/_apis/policy/configurations/{}":
		return http.StatusOK, s.policies[last]
	case "DELETE {project}/_apis/policy/configurations/{}":
		delete(s.policies, last)
		return http.StatusNoContent, nil
	case "GET {project}/_apis/git/policy/configurations":
		var list []any
		for _, id := range slices.Sorted(maps.Keys(s.policies)) {
			if ref := scopeOf(s.policies[id]); ref == "" || ref == query.Get("refName") {
				list = append(list, s.policies[id])
			}
		}
		return http.StatusOK, map[string]any{"value": list, "count": len(list)}
	case "POST {project}/_apis/git/repositories/{}/pullrequests":
		s.number++
		sent["pullRequestId"], sent["status"], sent["outcome"] = s.number, "active", s.outcome()
		s.pulls[s.number] = sent
		return http.StatusCreated, sent
	case "GET {project}/_apis/git/repositories/{}/pullrequests":
		list := []any{}
		for _, id := range slices.Sorted(maps.Keys(s.pulls)) {
			if pr := s.pulls[id]; pr["status"] == query.Get("searchCriteria.status") && pr["sourceRefName"] == query.Get("searchCriteria.sourceRefName") {
				list = append(list, pr)
			}
		}
		return http.StatusOK, map[string]any{"value": list, "count": len(list)}
	case "GET {project}/_apis/git/repositories/{}/pullrequests/{}":
		return http.StatusOK, map[string]any{"pullRequestId": last, "lastMergeSourceCommit": map[string]any{"commitId": strings.Repeat("c", 40)}}
	case "PATCH {project}/_apis/git/repositories/{}/pullrequests/{}":
		if sent["status"] == "completed" && sent["lastMergeSourceCommit"].(map[string]any)["commitId"] != strings.Repeat("c", 40) {
			s.t.Errorf("completed with %v", sent)
		}
		if sent["status"] != "completed" && sent["status"] != "abandoned" {
			s.t.Errorf("a pull request cannot become %v", sent["status"])
		}
		s.pulls[last]["status"] = sent["status"]
		return http.StatusOK, s.pulls[last]
	case "GET {project}/_apis/policy/evaluations":
		artifact := query.Get("artifactId")
		number, err := strconv.Atoi(artifact[strings.LastIndex(artifact, "/")+1:])
		if err != nil || s.pulls[number] == nil {
			s.t.Errorf("evaluations of %q", artifact)
			return http.StatusNotFound, nil
		}
		return http.StatusOK, map[string]any{"value": []any{s.evaluation(number)}, "count": 1}
	case "PATCH {project}/_apis/policy/evaluations/{}":
		return http.StatusForbidden, map[string]any{"message": "TF401027: Ada may not", "typeKey": "GitNeedsPermissionException"}
	case "PATCH {project}/_apis/build/builds/{}/stages/{}", "DELETE {project}/_apis/build/builds/{}":
		return http.StatusNoContent, nil
	default:
		s.t.Errorf("no answer to %s", asked)
		return http.StatusNotFound, nil
	}
}

func scopeOf(policy map[string]any) string {
	settings := policy["settings"].(map[string]any)
	if scopes, ok := settings["scope"].([]any); ok {
		return scopes[0].(map[string]any)["refName"].(string)
	}
	return ""
}

// outcome is what the last commit has put into the file that tells a validation how to end.
func (s *factsService) outcome() string {
	data, err := os.ReadFile(filepath.Join(s.work, "facts-outcome"))
	if err != nil {
		s.t.Error(err)
	}
	return strings.TrimSpace(string(data))
}

func (s *factsService) evaluation(number int) map[string]any {
	pr := s.pulls[number]
	status := map[string]string{"pass": "approved", "fail": "rejected"}[pr["outcome"].(string)]
	context := map[string]any{"buildId": number + 1000, "isExpired": false}
	if strings.HasSuffix(pr["sourceRefName"].(string), "/never") {
		status, context = "queued", nil
	}
	if strings.HasSuffix(pr["sourceRefName"].(string), "/expired") && s.outcome() == "moved" {
		status, context["isExpired"] = "queued", true
	}
	return map[string]any{
		"evaluationId": fmt.Sprintf("00000000-0000-0000-0000-%012d", number), "status": status, "context": context,
		"configuration": map[string]any{"createdBy": map[string]any{"displayName": "Ada"}},
	}
}

const (
	factsToken    = "facts-token-of-the-job"
	factsIdentity = "Microsoft.TeamFoundation.ServiceIdentity;11111111-1111-1111-1111-111111111111:Build:22222222-2222-2222-2222-222222222222"
)

// factsScripts are the scripts of the recording job, in order.
func factsScripts(t *testing.T) []string {
	t.Helper()
	var pipeline struct {
		Jobs []struct {
			Job   string `yaml:"job"`
			Steps []struct {
				Bash string `yaml:"bash"`
			} `yaml:"steps"`
		} `yaml:"jobs"`
	}
	if err := yaml.Unmarshal([]byte(read(t, factsPipeline)), &pipeline); err != nil {
		t.Fatal(err)
	}
	var scripts []string
	for _, job := range pipeline.Jobs {
		for _, step := range job.Steps {
			if job.Job == "record" && step.Bash != "" {
				scripts = append(scripts, step.Bash)
			}
		}
	}
	return scripts
}

// factsAgent runs scripts as steps of one job.
type factsAgent struct {
	t    *testing.T
	work string
	env  []string
	set  map[string]string
	said string
}

func newFactsAgent(t *testing.T, url, work string) *factsAgent {
	t.Helper()
	tools := t.TempDir() // what waits on an agent does not wait here
	if err := os.WriteFile(filepath.Join(tools, "sleep"), []byte("#!/bin/sh\nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return &factsAgent{t: t, work: work, set: map[string]string{}, env: []string{
		"PATH=" + tools + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "AGENT_TEMPDIRECTORY=" + t.TempDir(), "BUILD_ARTIFACTSTAGINGDIRECTORY=" + t.TempDir(),
		"BUILD_REPOSITORY_ID=33333333-3333-3333-3333-333333333333", "BUILD_SOURCEVERSION=origin/main", "SYSTEM_DEFINITIONID=55",
		"SYSTEM_TEAMPROJECTID=22222222-2222-2222-2222-222222222222", "SYSTEM_COLLECTIONURI=" + url + "/", "SYSTEM_ACCESSTOKEN=" + factsToken,
	}}
}

var setVariable = regexp.MustCompile(`##vso\[task\.setvariable variable=(\w+)\](.*)`)

func (a *factsAgent) run(script string) {
	a.t.Helper()
	cmd := exec.CommandContext(a.t.Context(), "bash", "--noprofile", "--norc", "-c", script)
	cmd.Dir, cmd.Env = a.work, a.env
	out, err := cmd.CombinedOutput()
	a.said += string(out)
	if err != nil {
		a.t.Errorf("%v in\n%s\n%s", err, script, out)
	}
	for _, m := range setVariable.FindAllStringSubmatch(string(out), -1) {
		a.set[m[1]] = m[2]
		a.env = append(a.env, strings.ToUpper(m[1])+"="+m[2])
	}
}

var factsCall = regexp.MustCompile(`\bcall (GET|POST|PATCH|DELETE|PUT) ["']([^"']+)["']`)

// TestFactsPipeline runs the scripts of the pipeline, twice, the first time without its end. Every request must be one that is
// described, and nothing of what was made may be left.
func TestFactsPipeline(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "git"} {
		if _, err := exec.LookPath(tool); err != nil || runtime.GOOS == "windows" {
			t.Skip("SKIPPED: the scripts of " + factsPipeline + " run on Linux, with bash, curl and git")
		}
	}
	work := clone(t)
	service, server := newFactsService(t, work)
	agent := newFactsAgent(t, server.URL, work)
	scripts := factsScripts(t)
	for _, script := range scripts[:len(scripts)-1] {
		agent.run(script)
	}
	service.mu.Lock()
	if len(service.policies) < 5 || service.active() < 5 {
		t.Errorf("%d policies and %d active pull requests were made", len(service.policies), service.active())
	}
	service.mu.Unlock()
	if made := git(t, work, "ls-remote", "--heads", "origin"); strings.Count(made, "refs/heads/facts") != 12 {
		t.Errorf("the branches are\n%s", made)
	}
	want := []string{"factsClosed", "factsDenied", "factsExpired", "factsFailed", "factsNever", "factsUnruled"}
	if got := slices.Sorted(maps.Keys(agent.set)); !slices.Equal(got, want) {
		t.Errorf("the situations are %v, want %v", got, want)
	}
	for _, script := range scripts {
		agent.run(script)
	}
	if left := git(t, work, "ls-remote", "--heads", "origin"); strings.Count(left, "refs/heads/") != 1 {
		t.Errorf("branches are left:\n%s", left)
	}
	service.mu.Lock()
	defer service.mu.Unlock()
	if _, other := service.policies[7]; len(service.policies) != 1 || !other || service.active() != 0 || len(service.deny) != 0 {
		t.Errorf("left: %v, %d active pull requests, refusals %v", service.policies, service.active(), service.deny)
	}
	if strings.Contains(agent.said, factsToken) || strings.Contains(agent.said, "Ada") {
		t.Errorf("the log shows a token or a name:\n%s", agent.said)
	}
	notes, err := os.ReadFile(filepath.Join(agent.staging(), "facts", "notes.txt"))
	if err != nil || !strings.Contains(string(notes), "TF401027") || strings.Contains(string(notes), "Ada") {
		t.Errorf("the notes: %v\n%s", err, notes)
	}
	service.checkCoverage()
}

// clone makes a repository with one commit, and a work tree of it as an agent has it.
func clone(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	origin, work := filepath.Join(folder, "origin"), filepath.Join(folder, "work")
	git(t, folder, "init", "--quiet", "--bare", "--initial-branch=main", origin)
	git(t, folder, "clone", "--quiet", origin, work)
	git(t, work, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "--allow-empty", "--message", "first")
	git(t, work, "push", "--quiet", "origin", "HEAD:refs/heads/main")
	return work
}

func git(t *testing.T, folder string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (s *factsService) active() int {
	n := 0
	for _, pr := range s.pulls {
		if pr["status"] == "active" {
			n++
		}
	}
	return n
}

// checkCoverage compares what was sent with what the pipeline's text says.
func (s *factsService) checkCoverage() {
	written := map[string]bool{}
	variable := regexp.MustCompile(`\$\w+|__default|[0-9a-f]{8}-[0-9a-f-]{27}`)
	for _, m := range factsCall.FindAllStringSubmatch(read(s.t, factsPipeline), -1) {
		path, _, _ := strings.Cut(m[2], "?")
		path = strings.Replace(path, "$project", "{project}", 1)
		if _, err := url.Parse(path); err != nil {
			s.t.Error(err)
		}
		written[m[1]+" "+variable.ReplaceAllString(path, "{}")] = true
	}
	sent := map[string]bool{}
	for _, asked := range s.asked {
		sent[asked] = true
	}
	if !maps.Equal(written, sent) || len(sent) < 12 {
		s.t.Errorf("the pipeline's text has the requests\n%s\nand its scripts sent\n%s",
			strings.Join(slices.Sorted(maps.Keys(written)), "\n"), strings.Join(slices.Sorted(maps.Keys(sent)), "\n"))
	}
	for _, b := range beyond {
		if !sent[b.method+" "+b.path] {
			s.t.Errorf("%s %s is listed here and not sent", b.method, b.path)
		}
	}
}

func (a *factsAgent) staging() string {
	for _, entry := range a.env {
		if folder, found := strings.CutPrefix(entry, "BUILD_ARTIFACTSTAGINGDIRECTORY="); found {
			return folder
		}
	}
	return ""
}
