package main_test

import (
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
)

// TestHostTypes: whatever is no build is a classic release, whose reason and pull request are those of the build that it
// deploys: it takes the repository of its primary artifact, and no guard against itself.
func TestHostTypes(t *testing.T) {
	t.Parallel()
	const world = `{"projects": [{"name": "Fabrikam",
	  "pipelines": [{"id": 12, "name": "self"}],
	  "policies": [{"id": 1, "pipeline": "self"}],
	  "repositories": [{"name": "web", "pullRequests": [
	    {"id": 7, "evaluations": [{"policy": 1, "state": "expired"}]},
	    {"id": 9, "evaluations": [{"policy": 1, "state": "expired"}]}]}]}]}`
	for host, want := range map[agenttest.Host][]int{
		agenttest.Build: {}, agenttest.Release: {7, 9}, agenttest.Deployment: {7, 9}, agenttest.Gates: {7, 9},
	} {
		t.Run(string(host), func(t *testing.T) {
			t.Parallel()
			f := stepFile{Variables: map[string]string{"build.reason": "PullRequest"}}
			f.Job.Host, f.Job.Reason, f.Job.PullRequest = string(host), "PullRequest", &agenttest.PullRequest{ID: 7}
			s, r, _ := try(t, world, f)
			got := patched(s)
			slices.Sort(got)
			if diff := gocmp.Diff(want, got); diff != "" || r.ExitCode != 0 {
				t.Errorf("exit code %d; -want +got:\n%s\n%s", r.ExitCode, diff, logged(r))
			}
		})
	}
}

// TestValidationLooksInItsOwnProject: the pipeline's code may live in another project, the pull request that the run
// validates does not.
func TestValidationLooksInItsOwnProject(t *testing.T) {
	t.Parallel()
	s := startWorld(t, `{"projects": [
	  {"name": "Fabrikam", "pipelines": [{"id": 13, "name": "ci"}], "policies": [{"id": 1, "pipeline": "ci"}],
	   "repositories": [{"name": "web", "pullRequests": [{"id": 7, "evaluations": [{"policy": 1, "state": "expired"}]}]}]},
	  {"name": "Templates", "repositories": [{"name": "pipelines", "pullRequests": []}]}]}`)
	f := stepFile{}
	f.Job.Reason, f.Job.PullRequest = "PullRequest", &agenttest.PullRequest{ID: 7}
	step := f.step(t, s)
	elsewhere := s.World().Projects[1].Repositories[0]
	step.Job.RepositoryID, step.Job.RepositoryName = elsewhere.ID, elsewhere.Name
	step.Job.RepositoryURI = s.URL() + "/Templates/_git/pipelines"
	r := run(t, s, step)
	if diff := gocmp.Diff([]int{7}, patched(s)); diff != "" || r.ExitCode != 0 {
		t.Errorf("exit code %d; -want +got:\n%s\n%s", r.ExitCode, diff, logged(r))
	}
	for _, request := range s.Requests() {
		if strings.Contains(request.Path, "Templates") {
			t.Errorf("the other project was asked: %s %s", request.Method, request.Path)
		}
	}
}
