package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
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

// try runs a step in a world that is written as JSON, and reads its report.
func try(t *testing.T, world string, f stepFile) (*azdotest.Server, agenttest.Result, record) {
	t.Helper()
	s := startWorld(t, world)
	r := run(t, s, f.step(t, s))
	var document record
	if path := r.Variables["reportPath"]; path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
	}
	return s, r, document
}

func inputs(pairs ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// patched are the pull requests whose evaluations were re-queued, in order.
func patched(s *azdotest.Server) []int {
	list := []int{}
	for _, w := range s.Writes() {
		if rest, ok := strings.CutPrefix(w, "PATCH evaluation pr="); ok {
			number, _, _ := strings.Cut(rest, " ")
			n, err := strconv.Atoi(number)
			if err == nil {
				list = append(list, n)
			}
		}
	}
	return list
}

func logged(r agenttest.Result) string { return strings.Join(r.Log, "\n") }

// oneExpired is the smallest world with something to do.
const oneExpired = `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [{"id": 7, "evaluations": [{"state": "expired"}]}]}]}]}`

// twoProjects has an expired evaluation in every repository of two projects.
const twoProjects = `{"projects": [
  {"name": "Fabrikam", "repositories": [
    {"name": "web", "pullRequests": [{"id": 1, "evaluations": [{"state": "expired"}]}, {"id": 6, "status": "completed", "evaluations": [{"state": "expired"}]}]},
    {"name": "api core", "id": "00000000-0000-4000-8000-000000000001", "pullRequests": [{"id": 2, "evaluations": [{"state": "expired"}]}]},
    {"name": "API-legacy", "pullRequests": [{"id": 3, "evaluations": [{"state": "expired"}]}]},
    {"name": "off", "disabled": true, "pullRequests": [{"id": 5, "evaluations": [{"state": "expired"}]}]}]},
  {"name": "Contoso", "repositories": [
    {"name": "web", "pullRequests": [{"id": 4, "evaluations": [{"state": "expired"}]}]}]}]}`

// TestInputFaults: every fault names its input and what is allowed, and nothing is sent.
func TestInputFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		input, value string
		words        string // that the text holds, separated by blanks
		others       map[string]string
	}{
		{input: "drafts", value: "yes", words: "skip include only"},
		{input: "when", value: "expired, red", words: "expired failed broken notStarted outdated"},
		{input: "when", value: "all", words: "expired failed broken notStarted outdated"},
		{input: "enforcement", value: "blocking", words: "all required optional"},
		{input: "manualPolicies", value: "true", words: "skip include only"},
		{input: "require", value: "green", words: "autoComplete approved noOtherBlockers"},
		{input: "order", value: "random", words: "autoComplete approved stalest oldest newest"},
		{input: "onNothing", value: "error", words: "ignore warn fail"},
		{input: "onError", value: "ignore", words: "fail warn"},
		{input: "comment", value: "true", words: "never exhausted always"},
		{input: "dryRun", value: "yes", words: "true false"},
		{input: "dryRun", value: "1", words: "true false"},
		{input: "wait", value: "y", words: "true false"},
		{input: "failOnRejected", value: "on", words: "true false"},
		{input: "waitForTargetBranch", value: "0", words: "true false"},
		{input: "sliceAcrossJobs", value: "no", words: "true false"},
		{input: "createdWithin", value: "2 weeks", words: "30m 2d"},
		{input: "createdWithin", value: "2w", words: "30m 2d"},
		{input: "outdatedAfter", value: "-12h", words: "12h"},
		{input: "cooldown", value: "10", words: "30m"},
		{input: "cooldown", value: "1.5h", words: "30m"},
		{input: "waitTimeout", value: "h", words: "30m"},
		{input: "maxRetriesPerCommit", value: "two", words: "0"},
		{input: "maxRetriesPerCommit", value: "-1", words: "0"},
		{input: "maxPerRun", value: "1.5", words: "0"},
		{input: "maxPerRun", value: "99999999999999999999", words: "0"},
		{input: "maxInFlightPerBranch", value: "-2", words: "0"},
		{input: "concurrency", value: "0", words: "1 64"},
		{input: "concurrency", value: "65", words: "1 64"},
		{input: "pullRequestIds", value: "12, x", words: "1 commas"},
		{input: "pullRequestIds", value: "0", words: "1"},
		{input: "pullRequestIds", value: "-4", words: "1"},
		{input: "pullRequestIds", value: "$(System.PullRequest.PullRequestId)", words: "condition: eq(variables['Build.Reason'], 'PullRequest')"},
		{input: "retryOnlyIf", value: "fine\n(", words: "RE2"},
		{input: "neverRetryIf", value: `(?<=a)b`, words: "RE2 @agent @network @registry @disk @infrastructure"},
		{input: "retryOnlyIf", value: "@disk\n@networks", words: "@networks @agent @network @registry @disk @infrastructure [@]word"},
		{input: "retryOnlyIf", value: "$(pattern)", words: "pattern"},
		{input: "titles", value: "$(title)", words: "title"},
		{input: "labels", value: "!", words: "!"},
		{input: "sliceAcrossJobs", value: "true", words: "maxInFlightPerBranch", others: inputs("maxInFlightPerBranch", "2")},
		{input: "organization", value: "https://dev.azure.com/other", words: "azureSubscription", others: inputs("repositories", "P/*")},
		{input: "organization", value: "https://dev.azure.com/other", words: "repositories"},
		{input: "organization", value: "https://evil.example/other", words: "https://dev.azure.com/", others: inputs("repositories", "P/*")},
		{input: "reportPath", value: "$(Build.Nowhere)/x.json", words: "Build.Nowhere"},
	} {
		t.Run(c.input+"="+c.value, func(t *testing.T) {
			t.Parallel()
			in := maps.Clone(c.others)
			if in == nil {
				in = map[string]string{}
			}
			in[c.input] = c.value
			s, r, _ := try(t, oneExpired, stepFile{Inputs: in})
			if r.ExitCode != 2 || r.Result != "Failed" || len(s.Requests()) > 0 {
				t.Fatalf("%s, exit code %d, %d requests\n%s", r.Result, r.ExitCode, len(s.Requests()), logged(r))
			}
			text := ""
			for _, e := range r.Errors {
				if strings.Contains(e, c.input) {
					text += e
				}
			}
			if text == "" {
				t.Fatalf("no error names %s: %q", c.input, r.Errors)
			}
			for word := range strings.FieldsSeq(c.words) {
				if !strings.Contains(text, word) {
					t.Errorf("%q does not say %q", text, word)
				}
			}
			if len(r.Variables) > 0 {
				t.Errorf("outputs %v", r.Variables)
			}
		})
	}
}

// TestInputForms: what is allowed is understood in each of its forms.
func TestInputForms(t *testing.T) {
	t.Parallel()
	for _, in := range []map[string]string{
		inputs("dryRun", "FALSE", "wait", "False", "drafts", "SKIP", "when", "EXPIRED", "onError", "Fail", "comment", "Never", "enforcement", "ALL"),
		inputs("cooldown", "1h30m", "createdWithin", "2d12h", "outdatedAfter", "0", "waitTimeout", "90s"),
		inputs("retryOnlyIf", `cost \$\(USD\)`, "neverRetryIf", `a\$\(b`),
		inputs("retryOnlyIf", "@Infrastructure\n@babel/core", "neverRetryIf", "[@]agent\n@DISK"),
		inputs("targetBranches", ",,\n main ,\n\n", "labels", " , ", "authors", "\n \n", "pullRequestIds", " , 7,\n,"),
		inputs("repositories", "\n  web\n,", "titles", "Pull, request\nPull*"),
		inputs("order", "newest\noldest , stalest", "require", " ", "maxPerRun", "0", "concurrency", "64"),
		inputs("reportPath", "  ", "organization", "  ", "policies", "*"),
	} {
		t.Run(fmt.Sprint(in), func(t *testing.T) {
			t.Parallel()
			s, r, _ := try(t, oneExpired, stepFile{Inputs: in})
			if diff := gocmp.Diff([]int{7}, patched(s)); r.ExitCode != 0 || diff != "" {
				t.Errorf("exit code %d; -want +got:\n%s\n%s", r.ExitCode, diff, logged(r))
			}
		})
	}
}

// TestRepositories tries the forms of "repositories" and "pullRequestIds".
func TestRepositories(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		repositories, numbers string
		want                  []int
		exit                  int
		warnings              int
	}{
		{"", "", []int{1}, 0, 0},
		{"*", "", []int{1, 2, 3}, 0, 0},
		{"*/*", "", []int{1, 2, 3, 4}, 0, 0},
		{"contoso/WEB", "", []int{4}, 0, 0},
		{"*/web", "", []int{1, 4}, 0, 0},
		{"Contoso/*\nAPI*", "", []int{2, 3, 4}, 0, 0},
		{"00000000-0000-4000-8000-000000000001", "", []int{2}, 0, 0},
		{"Fabrikam/00000000-0000-4000-8000-000000000001", "", []int{2}, 0, 0},
		{"api core", "", []int{2}, 0, 0},
		{"!api*", "", []int{1}, 0, 0},
		{"*/*,!web", "", []int{2, 3, 4}, 0, 0},
		{"*/*,!*/web", "", []int{2, 3}, 0, 0},
		{"web,!web", "", []int{}, 0, 0},
		{"web,gone", "", []int{1}, 1, 0},
		{"gone", "", []int{}, 1, 0},
		{"Gone/web,web", "", []int{1}, 1, 0},
		{"gone-*,web", "", []int{1}, 0, 1},
		{"Gone*/*,web", "", []int{1}, 0, 1},
		{"", "2,3", []int{2, 3}, 0, 0},
		{"", "2,2", []int{2}, 0, 0},
		{"", "4", []int{}, 1, 0},
		{"", "1,999", []int{1}, 1, 0},
		{"*/*", "4,1", []int{1, 4}, 0, 0},
		{"Contoso/web", "4", []int{4}, 0, 0},
		{"web", "2", []int{}, 1, 0},
		{"", "6", []int{}, 0, 0},
		{"off", "", []int{}, 0, 0},
		{"", "5", []int{}, 0, 0},
	} {
		t.Run(c.repositories+" "+c.numbers, func(t *testing.T) {
			t.Parallel()
			s, r, document := try(t, twoProjects, stepFile{Inputs: inputs("repositories", c.repositories, "pullRequestIds", c.numbers)})
			got := patched(s)
			slices.Sort(got)
			if diff := gocmp.Diff(c.want, got); diff != "" || r.ExitCode != c.exit || len(r.Warnings) != c.warnings {
				t.Errorf("exit code %d, warnings %q; -want +got:\n%s\n%s", r.ExitCode, r.Warnings, diff, logged(r))
			}
			if c.exit == 1 && len(document.list("errors")) == 0 {
				t.Errorf("the report has no error:\n%s", logged(r))
			}
			if c.numbers == "6" && document.list("pullRequests")[0].text("skipped", "reason") != "notActive" {
				t.Errorf("a closed pull request that is named: %v", document["pullRequests"])
			}
			if (c.numbers == "5" || c.repositories == "off") && document.list("pullRequests")[0].text("skipped", "reason") != "repositoryDisabled" {
				t.Errorf("a disabled repository: %v", document["pullRequests"])
			}
		})
	}
}

// TestValidationRun: in the validation of a pull request a blank pullRequestIds means that one, and the running pipeline
// is left alone.
func TestValidationRun(t *testing.T) {
	t.Parallel()
	const world = `{"projects": [{"name": "Fabrikam",
	  "pipelines": [{"id": 12, "name": "self"}, {"id": 13, "name": "ci"}],
	  "policies": [{"id": 1, "pipeline": "self"}, {"id": 2, "pipeline": "ci"}],
	  "repositories": [
	   {"name": "other", "pullRequests": [{"id": 8, "evaluations": [{"policy": 2, "state": "expired"}]}]},
	   {"name": "web", "pullRequests": [
	    {"id": 7, "evaluations": [{"policy": 1, "state": "expired"}, {"policy": 2, "state": "expired"}]},
	    {"id": 9, "evaluations": [{"policy": 2, "state": "expired"}]}]}]}]}`
	for _, c := range []struct {
		name, repositories, numbers, provider string
		pullRequest                           *agenttest.PullRequest
		want                                  []int
		exit                                  int
	}{
		{"blank", "", "", "", &agenttest.PullRequest{ID: 7}, []int{7}, 0},
		{"repositories do not matter", "other", "", "", &agenttest.PullRequest{ID: 7}, []int{7}, 0},
		{"a pattern that meets nothing", "no*,Gone/x", "", "", &agenttest.PullRequest{ID: 7}, []int{7}, 0},
		{"numbers win", "", "8,9", "", &agenttest.PullRequest{ID: 7}, []int{8, 9}, 0},
		{"no number", "", "", "", &agenttest.PullRequest{}, []int{}, 2},
		{"GitHub", "", "", "GitHub", &agenttest.PullRequest{ID: 7}, []int{}, 2},
		{"GitHub, named", "*", "", "GitHub", &agenttest.PullRequest{ID: 7}, []int{7, 7, 8, 9}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := stepFile{Inputs: inputs("repositories", c.repositories, "pullRequestIds", c.numbers)}
			f.Job.Reason, f.Job.PullRequest, f.Job.Provider, f.Job.Repository = "PullRequest", c.pullRequest, c.provider, "web"
			s, r, document := try(t, world, f)
			got := patched(s)
			slices.Sort(got)
			if diff := gocmp.Diff(c.want, got); diff != "" || r.ExitCode != c.exit {
				t.Errorf("exit code %d; -want +got:\n%s\n%s", r.ExitCode, diff, logged(r))
			}
			if c.name == "blank" {
				reason := document.list("pullRequests")[0].list("evaluations")[0].text("reason")
				if reason != "ownPipeline" && document.list("pullRequests")[0].list("evaluations")[1].text("reason") != "ownPipeline" {
					t.Errorf("reason %q", reason)
				}
			}
		})
	}
}

// TestSlices: over N jobs, each pull request is in exactly one slice.
func TestSlices(t *testing.T) {
	t.Parallel()
	var prs []string
	for i := range 40 {
		prs = append(prs, fmt.Sprintf(`{"id": %d, "evaluations": [{"state": "expired"}]}`, i+1))
	}
	world := `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [` + strings.Join(prs, ",") + `]}]}]}`
	for _, total := range []int{1, 2, 5} {
		t.Run(strconv.Itoa(total), func(t *testing.T) {
			t.Parallel()
			var all []int
			for position := range total {
				f := stepFile{Inputs: inputs("sliceAcrossJobs", "true", "maxPerRun", "0")}
				f.Job.Position, f.Job.Total = position+1, total
				s, r, document := try(t, world, f)
				mine := patched(s)
				if r.ExitCode != 0 || len(mine) == 0 {
					t.Errorf("job %d has %d pull requests\n%s", position+1, len(mine), logged(r))
				}
				all = append(all, mine...)
				others := 0
				for _, pr := range document.list("pullRequests") {
					if pr.text("skipped", "reason") == "otherSlice" {
						others++
					}
				}
				if others != 40-len(mine) || r.Variables["pullRequestCount"] != "40" || r.Variables["skippedPullRequestCount"] != strconv.Itoa(others) {
					t.Errorf("%d in other slices; %v", others, r.Variables)
				}
			}
			slices.Sort(all)
			if len(all) != 40 || len(slices.Compact(all)) != 40 {
				t.Errorf("%d pull requests in all slices: %v", len(all), all)
			}
		})
	}
}

// TestResults is the table of results.
func TestResults(t *testing.T) {
	t.Parallel()
	world := func(state, outcome, faults string) string {
		return fmt.Sprintf(`{"projects": [{"name": "Fabrikam", "pipelines": [{"name": "ci", "requeue": {"outcome": %q}}, {"name": "good", "requeue": {"outcome": "staysQueued"}}],
		 "policies": [{"id": 1, "pipeline": "ci"}, {"id": 2, "pipeline": "good"}],
		 "repositories": [{"name": "web", "pullRequests": [
		 {"id": 1, "evaluations": [{"policy": 1, "state": %q}]}, {"id": 2, "evaluations": [{"policy": 2, "state": %q}]}]}]}], "faults": [%s]}`, outcome, state, state, faults)
	}
	const (
		unreadable = `{"match": {"route": "evaluations", "pullRequest": 1}, "fault": "400"}`
		allRefused = `{"match": {"route": "requeue"}, "fault": "403-tf401027"}`
	)
	for _, c := range []struct {
		name, world string
		inputs      map[string]string
		result      string
		exit        int
	}{
		{"nothing", world("succeeded", "", ""), nil, "Succeeded", 0},
		{"nothing, warn", world("succeeded", "", ""), inputs("onNothing", "warn"), "SucceededWithIssues", 0},
		{"nothing, fail", world("succeeded", "", ""), inputs("onNothing", "fail"), "Failed", 1},
		{"nothing, dry run, fail", world("succeeded", "", ""), inputs("onNothing", "fail", "dryRun", "true"), "Failed", 1},
		{"something, fail", world("expired", "staysQueued", ""), inputs("onNothing", "fail"), "Succeeded", 0},
		{"nothing but unreadable", world("succeeded", "", unreadable), inputs("onNothing", "fail", "onError", "warn"), "SucceededWithIssues", 0},
		{"unreadable", world("expired", "staysQueued", unreadable), nil, "Failed", 1},
		{"unreadable, warn", world("expired", "staysQueued", unreadable), inputs("onError", "warn"), "SucceededWithIssues", 0},
		{"refused", world("expired", "staysQueued", allRefused), nil, "Failed", 1},
		{"refused, warn", world("expired", "staysQueued", allRefused), inputs("onError", "warn"), "SucceededWithIssues", 0},
		{
			"train is full", `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [
			{"id": 1, "evaluations": [{"state": "running"}]}, {"id": 2, "evaluations": [{"state": "expired"}]}]}]}]}`,
			inputs("onNothing", "fail", "maxInFlightPerBranch", "1"), "Succeeded", 0,
		},
		{"missing number, warn", oneExpired, inputs("pullRequestIds", "7,99", "onError", "warn"), "Failed", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, r, _ := try(t, c.world, stepFile{Inputs: c.inputs})
			if r.Result != c.result || r.ExitCode != c.exit {
				t.Errorf("%s, exit code %d, want %s, %d\n%s", r.Result, r.ExitCode, c.result, c.exit, logged(r))
			}
		})
	}
}

// TestDeclined: an answer of 200 that starts nothing is declined, after no more than two PATCHes.
func TestDeclined(t *testing.T) {
	t.Parallel()
	const all = `{"projects": [{"name": "Fabrikam", "pipelines": [{"name": "ci", "requeue": {"outcome": "declines"}}], "policies": [{"pipeline": "ci"}],
	  "repositories": [{"name": "web", "pullRequests": [{"id": 1, "evaluations": [{"state": "expired"}]}%s]}]}]}`
	for _, c := range []struct {
		name, more, onError, result string
		exit                        int
	}{
		{"all", "", "fail", "Failed", 1},
		{"all, warn", "", "warn", "SucceededWithIssues", 0},
		{"some", `, {"id": 2, "evaluations": [{"state": "expired", "requeue": {"outcome": "staysQueued"}}]}`, "fail", "SucceededWithIssues", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, r, document := try(t, fmt.Sprintf(all, c.more), stepFile{Inputs: inputs("onError", c.onError)})
			if r.Result != c.result || r.ExitCode != c.exit || r.Variables["declinedCount"] != "1" {
				t.Errorf("%s, exit code %d, %v\n%s", r.Result, r.ExitCode, r.Variables, logged(r))
			}
			if n := len(patched(s)); n > 2 {
				t.Errorf("%d PATCHes", n)
			}
			for _, pr := range document.list("pullRequests") {
				if pr.number("id") == 1 && pr.list("evaluations")[0].text("outcome") != "declined" {
					t.Errorf("outcome %v", pr.list("evaluations")[0])
				}
			}
			if r.Duration > 40*time.Second {
				t.Errorf("it took %v", r.Duration)
			}
		})
	}
}

// contractOutputs are the output variables that the contract names.
func contractOutputs(wait bool) []string {
	list := strings.Fields(`plannedCount requeuedCount declinedCount movedCount failedCount skippedCount skippedPullRequestCount pullRequestCount evaluationCount
	  pullRequestIds buildIds exhaustedPullRequestIds limited reportPath`)
	if wait {
		list = append(list, "succeededCount", "rejectedCount", "pendingCount")
	}
	slices.Sort(list)
	return list
}

// TestOutputs: each output variable is set once, also when the task fails after its plan.
func TestOutputs(t *testing.T) {
	t.Parallel()
	for _, in := range []map[string]string{
		nil, inputs("dryRun", "true"), inputs("dryRun", "true", "wait", "true"), inputs("wait", "true", "waitTimeout", "20s"), inputs("pullRequestIds", "7,99"), inputs("when", "broken", "onNothing", "fail"),
	} {
		t.Run(fmt.Sprint(in), func(t *testing.T) {
			t.Parallel()
			_, r, document := try(t, oneExpired, stepFile{Inputs: in})
			times := map[string]int{}
			for _, c := range r.Commands {
				if c.Name() == "task.setvariable" {
					times[c.Properties["variable"]]++
					if !strings.EqualFold(c.Properties["isoutput"], "true") {
						t.Errorf("%s is no output variable", c.Properties["variable"])
					}
				}
			}
			for name, n := range times {
				if n != 1 {
					t.Errorf("%s is set %d times", name, n)
				}
			}
			names := slices.Sorted(maps.Keys(times))
			wanted := contractOutputs(in["wait"] == "true" && in["dryRun"] != "true")
			if diff := gocmp.Diff(wanted, names); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			members := slices.Sorted(maps.Keys(document))
			wantMembers := strings.Fields("collection counts dryRun errors findings generatedAt identity pullRequests schemaVersion skippedByReason")
			if diff := gocmp.Diff(wantMembers, members); diff != "" {
				t.Errorf("members of the report, -want +got:\n%s", diff)
			}
			for _, pr := range document.list("pullRequests") {
				want := strings.Fields("author autoComplete draft error evaluations id project repository skipped sourceBranch targetBranch title url")
				if diff := gocmp.Diff(want, slices.Sorted(maps.Keys(pr))); diff != "" {
					t.Errorf("members of a pull request, -want +got:\n%s", diff)
				}
				for _, ev := range pr.list("evaluations") {
					want := strings.Fields("action blocking buildAfter buildBefore detail error evaluationId outcome pipeline pipelineId policy policyId reason result state")
					if diff := gocmp.Diff(want, slices.Sorted(maps.Keys(ev))); diff != "" {
						t.Errorf("members of an evaluation, -want +got:\n%s", diff)
					}
				}
			}
		})
	}
}

// TestReportPath: the report is written where the input says, and tried before the first write.
func TestReportPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path string
		works      bool
	}{
		{"relative", "out/deep/report.json", true},
		{"absolute", filepath.Join(dir, "a", "b.json"), true},
		{"a folder", dir, false},
		{"below a file", filepath.Join(dir, "file", "x.json"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, r, _ := try(t, oneExpired, stepFile{Inputs: inputs("reportPath", c.path)})
			if !c.works {
				if r.ExitCode == 0 || len(s.Writes()) > 0 {
					t.Errorf("exit code %d, writes %v\n%s", r.ExitCode, s.Writes(), logged(r))
				}
				return
			}
			if r.ExitCode != 0 || !strings.HasSuffix(filepath.ToSlash(r.Variables["reportPath"]), filepath.ToSlash(c.path)) {
				t.Errorf("exit code %d, report %s", r.ExitCode, r.Variables["reportPath"])
			}
		})
	}
}

// TestRetryWords: the reason says how many retries were used, and the next one is counted.
func TestRetryWords(t *testing.T) {
	t.Parallel()
	world := func(history string) string {
		return `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [{"id": 7, "evaluations": [{"state": "failed", "history": [` + history + `]}]}]}]}]}`
	}
	for _, c := range []struct{ history, limit, want string }{
		{`"failed", "failed"`, "2", "2 of 2 retries used"},
		{`"failed"`, "1", "1 of 1 retry used"},
		{`"failed", "failed"`, "1", "2 of 1 retries used"},
		{``, "0", "retriesExhausted"},
	} {
		_, r, document := try(t, world(c.history), stepFile{Inputs: inputs("when", "failed", "maxRetriesPerCommit", c.limit)})
		ev := document.list("pullRequests")[0].list("evaluations")[0]
		if ev.text("reason") != "retriesExhausted" || !strings.Contains(logged(r), c.want) || r.Variables["exhaustedPullRequestIds"] != "7" {
			t.Errorf("%s of %s: %v\n%s", c.history, c.limit, ev, logged(r))
		}
	}
}

// TestWait follows what was re-queued to its end.
func TestWait(t *testing.T) {
	t.Parallel()
	const world = `{"projects": [{"name": "Fabrikam", "pipelines": [{"name": "ci", "requeue": {"outcome": %q, "startsAfter": "100ms", "takes": "300ms"}}], "policies": [{"pipeline": "ci"}],
	  "repositories": [{"name": "web", "pullRequests": [{"id": 1, "evaluations": [{"state": "expired"}]}]}]}], "changes": [%s]}`
	for _, c := range []struct {
		name, outcome, change string
		inputs                map[string]string
		result                string
		exit                  int
		want                  string // succeeded, rejected, pending
	}{
		{"approved", "succeeded", "", nil, "Succeeded", 0, "1 0 0"},
		{"rejected", "failed", "", nil, "Succeeded", 0, "0 1 0"},
		{"rejected, fail", "failed", "", inputs("failOnRejected", "true"), "Failed", 1, "0 1 0"},
		{"rejected, fail, warn", "failed", "", inputs("failOnRejected", "true", "onError", "warn"), "Failed", 1, "0 1 0"},
		{"open", "staysRunning", "", inputs("waitTimeout", "2s"), "SucceededWithIssues", 0, "0 0 1"},
		{"broken", "staysRunning", `{"match": {"route": "evaluation", "nth": 3}, "pullRequest": 1, "policy": "ci", "set": {"status": "broken"}}`, nil, "Succeeded", 0, "0 1 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := inputs("wait", "true", "waitTimeout", "2m")
			maps.Copy(in, c.inputs)
			_, r, _ := try(t, fmt.Sprintf(world, c.outcome, c.change), stepFile{Inputs: in})
			got := r.Variables["succeededCount"] + " " + r.Variables["rejectedCount"] + " " + r.Variables["pendingCount"]
			if r.Result != c.result || r.ExitCode != c.exit || got != c.want {
				t.Errorf("%s, exit code %d, %s; want %s, %d, %s\n%s", r.Result, r.ExitCode, got, c.result, c.exit, c.want, logged(r))
			}
			if c.name == "open" && len(r.Warnings) == 0 {
				t.Error("no warning")
			}
		})
	}
}

// TestComments: one thread per pull request, by this identity, updated in place; none in a dry run.
func TestComments(t *testing.T) {
	t.Parallel()
	const world = `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [
	  {"id": 1, "evaluations": [{"state": "expired", "requeue": {"outcome": "staysQueued"}}]},
	  {"id": 2, "evaluations": [{"state": "failed", "history": ["failed", "failed"]}]},
	  {"id": 3, "evaluations": [{"state": "succeeded"}]}]}]}]}`
	for _, c := range []struct {
		comment, dry string
		want         []int
	}{
		{"never", "false", nil},
		{"exhausted", "false", []int{2}},
		{"always", "false", []int{1, 2}},
		{"always", "true", nil},
	} {
		t.Run(c.comment+" "+c.dry, func(t *testing.T) {
			t.Parallel()
			s := startWorld(t, world)
			step := stepFile{Inputs: inputs("when", "expired,failed", "comment", c.comment, "dryRun", c.dry)}.step(t, s)
			threads := func() map[int]int {
				n := map[int]int{}
				for _, pr := range s.World().Projects[0].Repositories[0].PullRequests {
					if len(pr.Threads) > 0 {
						n[pr.ID] = len(pr.Threads)
					}
				}
				return n
			}
			for range 2 {
				if r := run(t, s, step); r.ExitCode != 0 {
					t.Fatalf("exit code %d\n%s", r.ExitCode, logged(r))
				}
			}
			want := map[int]int{}
			for _, n := range c.want {
				want[n] = 1
			}
			if diff := gocmp.Diff(want, threads()); diff != "" {
				t.Errorf("threads, -want +got:\n%s", diff)
			}
		})
	}
}

// TestCommentText: a comment says what to do, which run wrote it, and an issue of the build, never a line of its log; who
// wrote it is no reason to write it again.
func TestCommentText(t *testing.T) {
	t.Parallel()
	const world = `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [
	  {"id": 2, "evaluations": [{"policy": "CI", "state": "failed", "preview": ["@jo: disk <b>full</b>"], "history": ["failed", "failed"]}]}]}],
	  "policies": [{"displayName": "CI", "pipeline": "ci"}]}]}`
	s := startWorld(t, world)
	step := stepFile{Inputs: inputs("when", "failed", "comment", "exhausted")}.step(t, s)
	for _, build := range []int{7001, 7002} {
		step.Job.BuildID = build
		if r := run(t, s, step); r.ExitCode != 0 {
			t.Fatalf("exit code %d\n%s", r.ExitCode, logged(r))
		}
	}
	threads := s.World().Projects[0].Repositories[0].PullRequests[0].Threads
	if len(threads) != 1 || len(threads[0].Comments) != 1 {
		t.Fatalf("threads: %+v", threads)
	}
	text := threads[0].Comments[0].Content
	for _, want := range []string{
		"- CI: 2 of 2 retries used, last build [", `error "&commat;jo: disk &lt;b&gt;full&lt;/b&gt;"`, "What to do: open the last build",
		"Written by the pipeline [" + step.Job.Definition + "](" + s.URL() + "/Fabrikam/_build/results?buildId=7001)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the comment lacks %q:\n%s", want, text)
		}
	}
}

// TestTokenSources: the endpoint's token, else the secret variable, else the plain one, and no logging command without an
// agent.
func TestTokenSources(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		env  map[string]string
		exit int
	}{
		{"endpoint", inputs("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "right", "SECRET_SYSTEM_ACCESSTOKEN", "wrong", "SYSTEM_ACCESSTOKEN", "wrong"), 0},
		{"secret", inputs("SECRET_SYSTEM_ACCESSTOKEN", "right", "SYSTEM_ACCESSTOKEN", "wrong"), 0},
		{"plain", inputs("SYSTEM_ACCESSTOKEN", "right"), 0},
		{"wrong", inputs("SYSTEM_ACCESSTOKEN", "wrong"), 1},
		{"none", nil, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := startWorld(t, strings.Replace(oneExpired, `{"projects"`, `{"tokens": ["right"], "projects"`, 1))
			command := exec.CommandContext(t.Context(), program)
			command.Dir = t.TempDir()
			command.Env = []string{"TMPDIR=" + command.Dir, "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI=" + s.URL(), "SYSTEM_TEAMPROJECT=Fabrikam", "INPUT_REPOSITORIES=web"}
			for name, value := range c.env {
				command.Env = append(command.Env, name+"="+value)
			}
			output, _ := command.CombinedOutput() // the exit code is looked at below
			if code := command.ProcessState.ExitCode(); code != c.exit {
				t.Errorf("exit code %d, want %d\n%s", code, c.exit, output)
			}
			if strings.Contains(string(output), "##vso[") {
				t.Errorf("a logging command on a laptop:\n%s", output)
			}
			if c.exit == 2 && len(s.Requests()) > 0 {
				t.Error("requests were sent")
			}
		})
	}
}

// TestDecisions: one line for each decision, with its reason; above 200 they are counted.
func TestDecisions(t *testing.T) {
	t.Parallel()
	for _, n := range []int{200, 201} {
		var prs []string
		for i := range n {
			prs = append(prs, fmt.Sprintf(`{"id": %d, "draft": true}`, i+1))
		}
		world := `{"projects": [{"name": "Fabrikam", "policies": [{}], "repositories": [{"name": "web", "pullRequests": [` + strings.Join(prs, ",") + `]}]}]}`
		_, r, document := try(t, world, stepFile{})
		lines := 0
		for _, line := range r.Log {
			if strings.Contains(line, ": draft: it is a draft") {
				lines++
			}
		}
		if len(document.list("pullRequests")) != n {
			t.Errorf("%d pull requests in the report, want %d", len(document.list("pullRequests")), n)
		}
		if n == 200 && lines != n || n > 200 && lines > 5 {
			t.Errorf("%d of %d have a line", lines, n)
		}
	}
}

// TestMoved: what changed between plan and action is left alone.
func TestMoved(t *testing.T) {
	t.Parallel()
	const world = `{"projects": [{"name": "Fabrikam", "policies": [{"pipeline": "ci"}], "pipelines": [{"name": "ci", "requeue": {"outcome": "staysQueued"}}], "repositories": [{"name": "web", "pullRequests": [
	  {"id": 1, "evaluations": [{"state": "expired"}]}, {"id": 2, "evaluations": [{"state": "expired"}]}]}]}], "changes": [%s]}`
	const before = `{"match": {"route": "pullRequest", "pullRequest": 1}, "pullRequest": 1, "set": %s}`
	const reread = `{"match": {"route": "evaluation", "method": "GET", "pullRequest": 1}, "pullRequest": 1, "policy": "ci", "set": %s}`
	for name, change := range map[string]string{
		"completed":        fmt.Sprintf(before, `{"status": "completed"}`),
		"abandoned":        fmt.Sprintf(before, `{"status": "abandoned"}`),
		"pushed":           fmt.Sprintf(before, `{"sourceCommit": "1111111111111111111111111111111111111111"}`),
		"draft now":        fmt.Sprintf(before, `{"draft": true}`),
		"conflicts now":    fmt.Sprintf(before, `{"mergeStatus": "conflicts"}`),
		"running now":      fmt.Sprintf(reread, `{"status": "running"}`),
		"green now":        fmt.Sprintf(reread, `{"status": "approved", "isExpired": false}`),
		"another build":    fmt.Sprintf(reread, `{"build": 5555}`),
		"build on its way": `{"match": {"route": "pullRequest", "pullRequest": 1, "times": 1}, "pullRequest": 1, "build": {"pipeline": "ci", "pullRequest": 1, "status": "notStarted"}}`,
		"manual build":     `{"match": {"route": "pullRequest", "pullRequest": 1, "times": 1}, "pullRequest": 1, "build": {"pipeline": "ci", "pullRequest": 1, "status": "inProgress", "reason": "manual"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r, _ := try(t, fmt.Sprintf(world, change), stepFile{})
			if diff := gocmp.Diff([]int{2}, patched(s)); diff != "" || r.Variables["movedCount"] != "1" || r.Result != "Succeeded" {
				t.Errorf("%s, moved %s; -want +got:\n%s\n%s", r.Result, r.Variables["movedCount"], diff, logged(r))
			}
		})
	}
}

// TestConfirmation: a restart is seen in whatever the answer leaves open, and never asked for a third time.
func TestConfirmation(t *testing.T) {
	t.Parallel()
	const world = `{%s"projects": [{"name": "Fabrikam", "policies": [{"pipeline": "ci"}], "pipelines": [{"name": "ci", "requeue": {"outcome": "staysQueued"}}], "repositories": [{"name": "web", "pullRequests": [
	  {"id": 1, "evaluations": [{"state": %q}]}]}]}], "faults": [%s]}`
	for _, c := range []struct {
		name, behaviour, state, fault string
		patches                       int
	}{
		{"unchanged", `"behaviour": {"requeueAnswer": "unchanged"}, `, "expired", "", 1},
		{"unchanged, never started", `"behaviour": {"requeueAnswer": "unchanged"}, `, "notStarted", "", 1},
		{"late", `"behaviour": {"requeueAnswer": "unchanged", "lag": "3s"}, `, "expired", "", 1},
		{"without build", `"behaviour": {"requeueAnswer": "withoutBuild", "lag": "2s"}, `, "expired", "", 1},
		{"answer lost", "", "expired", `{"match": {"route": "requeue", "times": 1}, "fault": "closeAfter"}`, 1},
		{"answer lost, late", `"behaviour": {"lag": "2s"}, `, "failed", `{"match": {"route": "requeue", "times": 1}, "fault": "503AfterDoing"}`, 1},
		{"request lost", "", "expired", `{"match": {"route": "requeue", "times": 1}, "fault": "502"}`, 2},
		{"429", "", "expired", `{"match": {"route": "requeue", "times": 2}, "fault": "429", "retryAfter": 1}`, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, r, _ := try(t, fmt.Sprintf(world, c.behaviour, c.state, c.fault), stepFile{Inputs: inputs("when", "expired,failed,notStarted")})
			if n := len(patched(s)); n != c.patches || r.Variables["requeuedCount"] != "1" || len(s.StartedBuilds()) != 1 || r.ExitCode != 0 {
				t.Errorf("%d PATCHes, want %d; %v; builds %v, exit code %d\n%s", n, c.patches, r.Variables, s.StartedBuilds(), r.ExitCode, logged(r))
			}
			if want := strconv.Itoa(s.StartedBuilds()[0]); r.Variables["buildIds"] != want && c.name != "without build" { // whose build nobody has to wait for
				t.Errorf("buildIds %q, want %s", r.Variables["buildIds"], want)
			}
		})
	}
}
