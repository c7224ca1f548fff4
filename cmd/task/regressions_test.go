package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

func wantOutputs(t *testing.T, r agenttest.Result, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if r.Variables[name] != value {
			t.Errorf("%s is %q, want %q\n%s", name, r.Variables[name], value, strings.Join(r.Log, "\n"))
		}
	}
}

// TestNothingIsHandledTwice: a project under two names, and a list that is begun again for each repository.
func TestNothingIsHandledTwice(t *testing.T) {
	t.Parallel()
	t.Run("a project by its name and by its ID", func(t *testing.T) {
		t.Parallel()
		s := startWorld(t, `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "home"}]},
			{"name": "Contoso", "repositories": [{"name": "web", "pullRequests": [{"id": 4, "evaluations": [{"state": "expired"}]}]}]}]}`)
		r := run(t, s, stepFile{Inputs: map[string]string{
			"repositories": "Contoso/web\n" + azdotest.ProjectID("Contoso").String() + "/*",
		}}.step(t, s))
		wantOutputs(t, r, map[string]string{"evaluationCount": "1", "requeuedCount": "1"})
		if len(s.Writes()) != 1 {
			t.Errorf("writes: %v", s.Writes())
		}
	})
	t.Run("the project's list is refused on its second page", func(t *testing.T) {
		t.Parallel()
		var prs []string
		for i := range 150 {
			state := "succeeded"
			if i >= 147 {
				state = "expired"
			}
			prs = append(prs, fmt.Sprintf(`{"id": %d, "evaluations": [{"state": %q}]}`, i+1, state))
		}
		var others strings.Builder // so many that the project is listed as a whole first
		for i := range 21 {
			fmt.Fprintf(&others, `, {"name": "r%d"}`, i)
		}
		s := startWorld(t, `{"pages": {"pullRequests": 100}, "projects": [{"name": "Fabrikam", "repositories": [
			{"name": "web", "pullRequests": [`+strings.Join(prs, ",")+`]}`+others.String()+`]}],
			"faults": [{"match": {"route": "pullRequests", "nth": 2, "times": 1}, "fault": "403-tf401027"}]}`)
		r := run(t, s, stepFile{Inputs: map[string]string{"repositories": "*"}}.step(t, s))
		wantOutputs(t, r, map[string]string{"pullRequestCount": "150", "requeuedCount": "3"})
		if len(s.Writes()) != 3 {
			t.Errorf("writes: %v", s.Writes())
		}
	})
}

// TestLookIsFresh: the service asks for a pause between the look and the write, and somebody starts the build in it.
func TestLookIsFresh(t *testing.T) {
	t.Parallel()
	s := startWorld(t, `{"projects": [{"name": "Fabrikam", "repositories": [
		{"name": "web", "pullRequests": [{"id": 7, "evaluations": [{"state": "expired"}]}]}]}],
		"faults": [{"match": {"route": "builds", "times": 1}, "retryAfter": 6}]}`)
	var once sync.Once
	s.Before(azdotest.Match{Route: "builds", Times: 1}, func(azdotest.Request, *azdotest.World) {
		once.Do(func() {
			time.AfterFunc(2*time.Second, func() {
				s.Update(func(w *azdotest.World) { w.PullRequest(7).Evaluations[0].SetState("running") })
			})
		})
	})
	r := run(t, s, stepFile{}.step(t, s))
	wantOutputs(t, r, map[string]string{"movedCount": "1", "requeuedCount": "0"})
	if len(s.Writes()) != 0 {
		t.Errorf("a running build was re-queued: %v", s.Writes())
	}
}

// TestReportOfSomebodyElse: a run that ends early takes nothing away that it has not made, and replaces files only.
func TestReportOfSomebodyElse(t *testing.T) {
	t.Parallel()
	theirs := filepath.Join(t.TempDir(), "report.json")
	if err := os.WriteFile(theirs, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := startWorld(t, `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web"}]}]}`)
	if r := run(t, s, stepFile{Inputs: map[string]string{"reportPath": theirs, "when": "red"}}.step(t, s)); r.ExitCode != 2 {
		t.Errorf("exit code %d", r.ExitCode)
	}
	if _, err := os.Stat(theirs); err != nil {
		t.Error(err)
	}
	if r := run(t, s, stepFile{Inputs: map[string]string{"reportPath": os.DevNull}}.step(t, s)); r.ExitCode != 2 || len(r.Errors) == 0 ||
		!strings.Contains(r.Errors[0], "reportPath") {
		t.Errorf("exit code %d, errors %v", r.ExitCode, r.Errors)
	}
}

// TestOddPullRequestIsNotLost: one without a repository is reported, in a list that is filtered by repository.
func TestOddPullRequestIsNotLost(t *testing.T) {
	t.Parallel()
	s := startWorld(t, `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [
		{"id": 7, "raw": {"repository": null}, "evaluations": [{"state": "expired"}]},
		{"id": 8, "evaluations": [{"state": "expired"}]}]}, {"name": "two"}]}]}`)
	r := run(t, s, stepFile{Inputs: map[string]string{"repositories": "*"}}.step(t, s))
	wantOutputs(t, r, map[string]string{"failedCount": "1", "requeuedCount": "1"})
	if r.ExitCode != 1 {
		t.Errorf("exit code %d", r.ExitCode)
	}
}

// TestUnlistedIsNotMissing: where the repositories cannot be listed, a named one was not looked for.
func TestUnlistedIsNotMissing(t *testing.T) {
	t.Parallel()
	s := startWorld(t, `{"projects": [{"name": "Fabrikam", "repositories": [
		{"name": "web", "pullRequests": [{"id": 7, "evaluations": [{"state": "expired"}]}]}]}],
		"faults": [{"match": {"route": "repositories"}, "fault": "403-tf401027"}]}`)
	r := run(t, s, stepFile{Inputs: map[string]string{"repositories": "web", "pullRequestIds": "7", "onError": "warn"}}.step(t, s))
	wantOutputs(t, r, map[string]string{"requeuedCount": "1"})
	if r.ExitCode != 0 || len(r.Errors) != 0 {
		t.Errorf("exit code %d, errors %v", r.ExitCode, r.Errors)
	}
}

// TestPipelinesAreAskedForEarly: while other evaluations are still being read, at most once, and never in vain.
func TestPipelinesAreAskedForEarly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		policies int
		only     string // the input enforcement; all policies are required
		fault    string
		requests int
		early    bool
	}{
		{name: "a candidate", policies: 2, requests: 1, early: true},
		{name: "nothing that depends on a pipeline", policies: 2, only: "optional"},
		{name: "more policies than one request takes", policies: azdo.MaxPipelines + 1, requests: 1},
		{name: "policies that cannot be read", policies: 2, fault: `"faults": [{"match": {"route": "policies"}, "fault": "403-tf401027"}],`, requests: 1},
		{name: "refused", policies: 2, fault: `"faults": [{"match": {"route": "definitions"}, "fault": "403-tf401027"}],`, requests: 1, early: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var policies, prs []string
			for i := range tt.policies {
				policies = append(policies, fmt.Sprintf(`{"id": %d, "pipeline": "pipeline %d", "scopes": [{"branch": "main"}]}`, i+1, i+1))
			}
			for i := range 12 {
				prs = append(prs, fmt.Sprintf(`{"id": %d, "evaluations": [{"policy": "%d", "state": "expired"}]}`, i+1, i%2+1))
			}
			s := startWorld(t, `{`+tt.fault+`"latency": "20ms", "projects": [{"name": "Fabrikam", "policies": [`+strings.Join(policies, ",")+`],
				"repositories": [{"name": "web", "pullRequests": [`+strings.Join(prs, ",")+`]}]}]}`)
			r := run(t, s, stepFile{Inputs: map[string]string{"concurrency": "2", "dryRun": "true", "enforcement": tt.only}}.step(t, s))
			wantOutputs(t, r, map[string]string{"plannedCount": map[string]string{"": "12", "optional": "0"}[tt.only], "pullRequestCount": "12"})
			var asked []int
			last := 0
			for i, q := range s.Requests() {
				switch q.Route {
				case "definitions":
					asked = append(asked, i)
				case "evaluations":
					last = i
				}
			}
			if most := s.MaxUnderWay(); most > 2 {
				t.Errorf("%d requests were under way at once", most) // though there are more readers than that
			}
			if len(asked) != tt.requests || tt.requests > 0 && (asked[0] < last) != tt.early {
				t.Errorf("pipelines were asked for in the requests %v, the last evaluations in %d", asked, last)
			}
		})
	}
}

// TestReasonsDoNotDependOnEarlyAnswers: an answer that nobody needed decides nothing, and names nothing.
func TestReasonsDoNotDependOnEarlyAnswers(t *testing.T) {
	t.Parallel()
	const left = `{"policy": "1", "state": "notStarted"}`
	for name, evaluations := range map[string]string{"alone": left, "beside one that needs its pipeline": left + `, {"policy": "2", "state": "expired"}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWorld(t, `{"behaviour": {"neverRunContext": "absent"}, "projects": [{"name": "Fabrikam", "policies": [
				{"id": 1, "pipeline": "ci", "optional": true, "scopes": [{"branch": "main"}]}, {"id": 2, "pipeline": "cd", "scopes": [{"branch": "main"}]}],
				"repositories": [{"name": "web", "pullRequests": [{"id": 7, "evaluations": [`+evaluations+`]}]}]}]}`)
			r := run(t, s, stepFile{Inputs: map[string]string{"dryRun": "true", "policies": "!ci", "enforcement": "required"}}.step(t, s))
			if !strings.Contains(strings.Join(r.Log, "\n"), "enforcement: 1") {
				t.Errorf("the reason is another:\n%s", strings.Join(r.Log, "\n"))
			}
		})
	}
}
