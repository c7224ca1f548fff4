package main_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// judges is the folder of RESCHEDULE_JUDGES, which has the programs that the judges need, as .ci/judges/package.json names
// them. Without one the test is skipped.
func judges(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("RESCHEDULE_JUDGES")
	if folder == "" {
		missing(t, "RESCHEDULE_REQUIRE_JUDGES", "RESCHEDULE_JUDGES names no folder")
	}
	return folder
}

// judge runs a script of .ci/judges on a request and reads its verdict.
func judge(t *testing.T, script string, request, verdict any) {
	t.Helper()
	folder := judges(t)
	path, err := filepath.Abs(filepath.Join("..", "..", ".ci", "judges", script))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", path)
	cmd.Dir, cmd.Stdin = folder, bytes.NewReader(data)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the judge: %v\n%s", err, stderr.String())
	}
	if err := json.Unmarshal(out, verdict); err != nil {
		t.Fatalf("the judge says %q: %v", out, err)
	}
}

// TestJudgeCommands: azure-pipelines-task-lib reads in the logging commands of a run what the test agent has read in them.
func TestJudgeCommands(t *testing.T) {
	t.Parallel()
	const odd = "100%; %3B %AZP25 [x] ##vso[task.complete result=Failed]"
	w := expiredWorld()
	pr := w.Projects[0].Repositories[0].PullRequests[0]
	pr.Title = odd
	w.Projects[0].Repositories[0].PullRequests = append(w.Projects[0].Repositories[0].PullRequests,
		&azdotest.PullRequest{ID: 8, Title: odd, Evaluations: []*azdotest.Evaluation{{State: "expired"}}})
	w.Faults = []*azdotest.Fault{refusal(t, azdotest.Match{Route: "requeue", PullRequest: 8}, "403-tf401027", odd)}
	s := azdotest.Start(t, w)
	step := stepFile{
		Inputs:          inputs("wait", "true", "onError", "warn", "comment", "always", "reportPath", "a;b]c%d%AZP25 e.json"),
		Variables:       map[string]string{"system.debug": "true", "agent.proxyurl": "http://127.0.0.1:1", "agent.proxyusername": "me"},
		SecretVariables: map[string]string{"agent.proxypassword": "p;a]s%s%0Aw%AZP25"},
	}.step(t, s)
	r := run(t, s, step)
	if r.ExitCode != 0 || r.Result != agenttest.SucceededWithIssues {
		t.Errorf("exit code %d, %s\n%s", r.ExitCode, r.Result, logged(r))
	}
	type command struct {
		Command    string            `json:"command"`
		Properties map[string]string `json:"properties"`
		Message    string            `json:"message"`
	}
	var lines []string
	var want, got []command
	seen := map[string]bool{}
	for _, c := range r.Commands {
		lines = append(lines, c.Line)
		want = append(want, command{c.Name(), c.Properties, c.Data})
		seen[c.Name()] = true
	}
	for _, name := range []string{"task.setsecret", "task.logissue", "task.setvariable", "task.setprogress", "task.uploadsummary", "task.complete"} {
		if !seen[name] {
			t.Errorf("the run has used no %s", name)
		}
	}
	judge(t, "commands.js", lines, &got)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("commands (-agent +task lib):\n%s", diff)
	}
}

// judgedWorld has one of everything that the judges of the stand-in ask for.
const judgedWorld = `{"projects": [{"name": "Shop",
  "pipelines": [{"id": 12, "name": "ci"}],
  "policies": [{"id": 1, "pipeline": "ci", "displayName": "CI"}, {"id": 2, "type": "Minimum reviewers"}],
  "repositories": [{"name": "web", "pullRequests": [
    {"id": 7, "source": "topic", "votes": [10], "evaluations": [{"policy": 1, "state": "expired"}]},
    {"id": 8, "source": "fix", "draft": true, "evaluations": [{"policy": 1, "state": "failed",
      "steps": [{"name": "Test", "errors": ["Bash exited with code '1'."], "log": ["dial tcp: i/o timeout"]}]}]}]}],
  "builds": [{"pipeline": "ci", "branch": "main", "result": "succeeded", "finished": "1h ago"}]}]}`

// TestJudgeNodeClient: azure-devops-node-api finds in the stand-in what the world holds, and its re-queue starts a build.
func TestJudgeNodeClient(t *testing.T) {
	t.Parallel()
	judges(t) // before there is a stand-in, which complains of exceptions that nobody has needed
	s := startWorld(t, judgedWorld)
	for _, what := range []string{`"searchCriteria.status": "`, `"statusFilter": "`, `"resultFilter": "`, "body at '/comments/0/commentType'", "body at '/status'"} {
		s.Except(what, "this client sends the numbers of enumerations, which the description has as words")
	}
	var got map[string]any
	judge(t, "service.js", map[string]any{"url": s.URL(), "token": "judge", "project": "Shop", "repository": "web", "pullRequest": 7}, &got)
	type list = []any
	want := map[string]any{
		"identity": "Shop Build Service (DefaultCollection)", "repositories": list{"web"},
		"pullRequests": list{8.0, 7.0}, "pullRequestsOfProject": list{8.0, 7.0}, "completedPullRequests": list{},
		"pullRequest": map[string]any{"status": "Active", "source": "refs/heads/topic", "target": "refs/heads/main", "draft": false},
		"reviewers":   list{10.0}, "refs": list{"refs/heads/fix", "refs/heads/main", "refs/heads/topic"},
		"policies": list{"1 Build", "2 Minimum number of reviewers"}, "policyType": "Build",
		"evaluations": list{"1 Queued true"}, "definitions": list{"ci"},
		"build":     map[string]any{"status": "Completed", "result": "Succeeded", "branch": "refs/pull/7/merge"},
		"completed": list{"ci Failed", "ci Succeeded", "ci Succeeded"}, "failed": list{"ci Failed"}, "running": list{},
		"failedStep": map[string]any{"issues": list{"Bash exited with code '1'."}, "whole": true, "lines": list{"dial tcp: i/o timeout"}},
		"thread":     "judged", "requeued": map[string]any{"status": "Queued", "another": true}, "after": "PullRequest",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff([]string{"POST thread pr=7", "PATCH evaluation pr=7 policy=1 (CI)"}, s.Writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

// azure is the Azure CLI with its extension for Azure DevOps, as .ci/judges/install puts it beside the other judges.
func azure(t *testing.T) string {
	t.Helper()
	path := filepath.Join(os.Getenv("RESCHEDULE_JUDGES"), "bin", "az")
	if _, err := os.Stat(path); err != nil {
		missing(t, "RESCHEDULE_REQUIRE_AZ", "the folder of RESCHEDULE_JUDGES has no Azure CLI: "+err.Error())
	}
	return path
}

// withPassword lets the Azure CLI in, which sends its token as the password of a basic authorization, and answers with
// addresses under which it is reached itself.
func withPassword(s *azdotest.Server) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, token, ok := r.BasicAuth(); ok {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		r.Header.Del("Accept-Encoding")
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, r)
		maps.Copy(w.Header(), answer.Header())
		w.Header().Del("Content-Length")
		w.WriteHeader(answer.Code)
		home, err := url.Parse(s.URL())
		if err == nil {
			_, _ = w.Write(bytes.ReplaceAll(answer.Body.Bytes(), []byte(home.Host), []byte(r.Host))) // the CLI may have gone
		}
	}
}

// TestJudgeAzureCLI: the Azure CLI finds in the stand-in what the world holds, and its re-queue starts a build.
func TestJudgeAzureCLI(t *testing.T) {
	t.Parallel()
	az := azure(t)
	s := startWorld(t, judgedWorld)
	address := serve(t, withPassword(s)) + "/tfs/DefaultCollection"
	home := t.TempDir()
	ask := func(query string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), az, append(args, "--org", address, "--query", query, "--output", "json")...)
		cmd.Dir = home
		cmd.Env = append(os.Environ(), "HOME="+home, "AZURE_CONFIG_DIR="+home, "AZURE_DEVOPS_CACHE_DIR="+home, "AZURE_DEVOPS_EXT_PAT=judge",
			"AZURE_CORE_COLLECT_TELEMETRY=false", "AZURE_CORE_ONLY_SHOW_ERRORS=true")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("az %v: %v\n%s", args, err, stderr.String())
			return ""
		}
		var short bytes.Buffer
		if err := json.Compact(&short, out); err != nil {
			t.Errorf("az %v: %v in %q", args, err, out)
		}
		return short.String()
	}
	in := []string{"--project", "Shop"}
	for _, tt := range []struct {
		args        []string
		query, want string
	}{
		{[]string{"repos", "list"}, "[].name", `["web"]`},
		{[]string{"repos", "pr", "list", "--repository", "web"}, "[].pullRequestId", "[8,7]"},
		{[]string{"repos", "pr", "list", "--status", "completed"}, "[].pullRequestId", "[]"},
		{[]string{"repos", "pr", "list", "--target-branch", "main", "--source-branch", "topic"}, "[].pullRequestId", "[7]"},
		{[]string{"repos", "ref", "list", "--repository", "web", "--filter", "heads/"}, "[].name", `["refs/heads/fix","refs/heads/main","refs/heads/topic"]`},
		{[]string{"repos", "policy", "list"}, "[].[id,type.displayName,isBlocking]", `[[1,"Build",true],[2,"Minimum number of reviewers",true]]`},
		{[]string{"repos", "policy", "show", "--id", "1"}, "settings.buildDefinitionId", "12"},
		{[]string{"pipelines", "list"}, "[].[id,name]", `[[12,"ci"]]`},
		{[]string{"pipelines", "build", "list", "--status", "completed", "--result", "failed"}, "[].sourceBranch", `["refs/pull/8/merge"]`},
		{[]string{"pipelines", "runs", "list", "--branch", "main"}, "[].[definition.name,result]", `[["ci","succeeded"]]`},
	} {
		if got := ask(tt.query, append(tt.args, in...)...); got != tt.want {
			t.Errorf("az %v: %s, want %s", tt.args, got, tt.want)
		}
	}
	one := func(args ...string) []string { return append(append([]string{"repos", "pr"}, args...), "--id", "7") }
	if got, want := ask("[status,sourceRefName,isDraft]", one("show")...), `["active","refs/heads/topic",false]`; got != want {
		t.Errorf("the pull request: %s, want %s", got, want)
	}
	if got, want := ask("[].vote", one("reviewer", "list")...), "[10]"; got != want {
		t.Errorf("the votes: %s, want %s", got, want)
	}
	if got, want := ask("[0].[status,context.isExpired,configuration.id]", one("policy", "list")...), `["queued",true,1]`; got != want {
		t.Errorf("the evaluation: %s, want %s", got, want)
	}
	evaluation := strings.Trim(ask("[0].evaluationId", one("policy", "list")...), `"`)
	ask("status", one("policy", "queue", "--evaluation-id", evaluation)...)
	if got, want := ask("[0].context.isExpired", one("policy", "list")...), "false"; got != want {
		t.Errorf("the evaluation after its re-queue: %s, want %s", got, want)
	}
	if diff := gocmp.Diff([]string{"PATCH evaluation pr=7 policy=1 (CI)"}, s.Writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}
