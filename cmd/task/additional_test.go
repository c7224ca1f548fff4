package main_test

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// buildLists counts the lists of builds that a run has asked for, by what each is for.
type buildLists struct {
	Records   int // the newest builds of a pipeline: maxInFlightPerBranch auto, pauseAfterFailures
	Targets   int // those on a target branch: targetRecovered, waitForTargetBranch
	Histories int // those of a pull request
}

func countBuildLists(t *testing.T, s *azdotest.Server) (n buildLists) {
	t.Helper()
	seen := map[string]bool{}
	for _, q := range s.Requests() {
		if q.Route != "builds" {
			continue
		}
		if key := q.Query.Encode(); seen[key] {
			t.Errorf("asked twice: %s", key)
		} else {
			seen[key] = true
		}
		switch branch := q.Query.Get("branchName"); {
		case branch == "":
			n.Records++
		case strings.HasPrefix(branch, "refs/heads/"):
			n.Targets++
		case strings.HasPrefix(branch, "refs/pull/"):
			n.Histories++
		}
	}
	return n
}

// TestAdditionalRequests: what the merge queue's inputs cost. Each of them costs what its pipelines and branches are, none
// costs anything where it is off or has nothing to find out, and two that need the same list share it.
func TestAdditionalRequests(t *testing.T) {
	t.Parallel()
	const world = `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [
	    {"id": 1, "autoComplete": true, "evaluations": [{"policy": "CI", "state": "expired"}, {"policy": "Lint", "state": "expired"}, {"policy": "Docs", "state": "expired"}]},
	    {"id": 2, "autoComplete": true, "evaluations": [{"policy": "CI", "state": "failed", "buildStarted": "4h ago"}]},
	    {"id": 3, "autoComplete": true, "target": "release/2", "evaluations": [{"policy": "CI", "state": "failed", "buildStarted": "1h ago"}, {"policy": "Nightly", "state": "failed", "buildStarted": "1h ago"}]},
	    {"id": 4, "autoComplete": true, "target": "release/1", "evaluations": [{"policy": "CI", "state": "failed", "buildStarted": "1h ago"}]},
	    {"id": 5, "autoComplete": true, "target": "release/1", "evaluations": [{"policy": "CI", "state": "succeeded"}, {"policy": "Nightly", "state": "succeeded"}]}]}],
	  "policies": [{"displayName": "CI", "pipeline": "ci", "expires": "immediately"}, {"displayName": "Lint", "pipeline": "lint", "expires": "immediately"},
	    {"displayName": "Docs", "pipeline": "docs", "expires": "immediately", "optional": true}, {"displayName": "Nightly", "pipeline": "nightly"}],
	  "builds": [{"pipeline": "ci", "branch": "main", "result": "failed", "finished": "5h ago"}, {"pipeline": "ci", "branch": "main", "result": "succeeded", "finished": "2h ago"}]}]}`
	for _, tt := range []struct {
		name   string
		inputs map[string]string
		want   buildLists
	}{
		{"all off", inputs(), buildLists{}},
		{"failures alone: a history for each", inputs("when", "failed"), buildLists{Histories: 4}},
		{"auto: one for each selected required pipeline that expires immediately", inputs("maxInFlightPerBranch", "auto"), buildLists{Records: 2}},
		{"auto: one pipeline is selected", inputs("maxInFlightPerBranch", "auto", "policies", "CI"), buildLists{Records: 1}},
		{"auto: none of them is", inputs("maxInFlightPerBranch", "auto", "policies", "Nightly\nDocs", "when", "expired, outdated"), buildLists{}},
		{"a number needs no record", inputs("maxInFlightPerBranch", "3"), buildLists{}},
		{"targetRecovered: one for each pair on which something failed, one history for what recovered", inputs("when", "targetRecovered"), buildLists{Targets: 4, Histories: 1}},
		{"targetRecovered: nothing failed", inputs("when", "targetRecovered", "policies", "Lint"), buildLists{}},
		{"the breaker: one for each pipeline with a failure to retry", inputs("when", "failed", "pauseAfterFailures", "3"), buildLists{Records: 2, Histories: 4}},
		{"the breaker: nothing to retry", inputs("pauseAfterFailures", "3"), buildLists{}},
		{"expiring costs nothing", inputs("when", "expired, expiring"), buildLists{}},
		{"labels cost nothing", inputs("order", "label:urgent, stalest"), buildLists{}},
		{
			"all on, and the two that need a pipeline's record share it", inputs("when", "expired, failed, expiring, targetRecovered", "maxInFlightPerBranch", "auto",
				"pauseAfterFailures", "3", "order", "label:urgent, oldest"),
			buildLists{Records: 3, Targets: 4, Histories: 4},
		},
		{
			"and a probe beside them: one more for each other pipeline and branch of a candidate", inputs("when", "expired, failed, expiring, targetRecovered",
				"maxInFlightPerBranch", "auto", "pauseAfterFailures", "3", "waitForTargetBranch", "probe", "order", "label:urgent, oldest"),
			buildLists{Records: 3, Targets: 6, Histories: 4},
		},
		{
			"what a limit cuts is not asked about", inputs("when", "expired, failed, expiring, targetRecovered", "maxInFlightPerBranch", "auto",
				"pauseAfterFailures", "3", "maxPerRun", "3", "order", "label:urgent, oldest"),
			buildLists{Records: 2, Targets: 4},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.inputs["dryRun"], tt.inputs["maxRetriesPerCommit"] = "true", "5"
			s, r, _ := try(t, world, stepFile{Inputs: tt.inputs})
			if got := countBuildLists(t, s); r.Result != "Succeeded" || got != tt.want {
				t.Errorf("%s (-want +got):\n%s\n%s", r.Result, gocmp.Diff(tt.want, got), logged(r))
			}
		})
	}
}
