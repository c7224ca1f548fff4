package main_test

import (
	"fmt"
	"strings"
	"testing"
)

// hiddenPolicy is a world of two branches: main has a policy that is listed, release one that the token does not get.
// Three pull requests go to release, and the oldest of them tells.
const hiddenPolicy = `{"behaviour": %s, "projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [
    {"id": 1, "created": "9d ago", "evaluations": [{"policy": "CI", "state": "expired"}]},
    {"id": 2, "created": "1h ago", "target": "release", "evaluations": []},
    {"id": 3, "created": "8d ago", "target": "release", "evaluations": [{"policy": "Release", "state": %q}]},
    {"id": 4, "created": "2d ago", "target": "release", "evaluations": [{"policy": "Release", "state": "expired"}]}]},
  {"name": "api", "pullRequests": [{"id": 5, "target": "release", "evaluations": []}]}],
  "policies": [
    {"displayName": "CI", "pipeline": "ci", "scopes": [{"repository": "web", "branch": "main"}]},
    {"displayName": "Release", "pipeline": "release", %s}]}],
  "faults": %s}`

// TestAbsentPolicies: a list of policies that shows none is believed only where evaluations agree.
func TestAbsentPolicies(t *testing.T) {
	t.Parallel()
	onRelease := `"scopes": [{"repository": "web", "branch": "release"}]`
	for _, c := range []struct {
		name, state, policy, faults string
		reads                       int   // of evaluations: of main, of the oldest of each uncovered branch, of the others
		writes                      []int // pull requests
		requeued, failed, noPolicy  string
		warned                      bool
	}{
		{
			name: "hidden, and the oldest has it", state: "expired", policy: `"hidden": true, ` + onRelease,
			reads: 5, writes: []int{1, 3, 4}, requeued: "3", failed: "0", noPolicy: "0", warned: true,
		},
		{
			name: "hidden, and it does not apply to the oldest", state: "notApplicable", policy: `"hidden": true, ` + onRelease,
			reads: 5, writes: []int{1, 4}, requeued: "2", failed: "0", noPolicy: "0", warned: true,
		},
		{
			name: "it is disabled", state: "expired", policy: `"disabled": true, ` + onRelease,
			reads: 3, writes: []int{1}, requeued: "1", failed: "0", noPolicy: "4",
		},
		{
			name: "its own scope does not cover the branch", state: "expired", policy: `"scopes": [{"repository": "web", "branch": "rel"}]`,
			reads: 3, writes: []int{1}, requeued: "1", failed: "0", noPolicy: "4",
		},
		{
			name: "the oldest cannot be read: the next one tells", state: "expired", policy: `"hidden": true, ` + onRelease,
			faults: `[{"match": {"route": "evaluations", "pullRequest": 3, "times": 1}, "fault": "403-tf401027"}]`,
			reads:  6, writes: []int{1, 3, 4}, requeued: "3", failed: "0", noPolicy: "0", warned: true,
		},
		{
			name: "the oldest cannot be read, and the next one agrees with the list", state: "expired", policy: `"disabled": true, ` + onRelease,
			faults: `[{"match": {"route": "evaluations", "pullRequest": 3}, "fault": "403-tf401027"}]`,
			reads:  4, writes: []int{1}, requeued: "1", failed: "0", noPolicy: "4",
		},
		{
			name: "none can be read: that is said", state: "expired", policy: `"hidden": true, ` + onRelease,
			faults: `[{"match": {"route": "evaluations", "pullRequest": 2}, "fault": "403-tf401027"},
			  {"match": {"route": "evaluations", "pullRequest": 3}, "fault": "403-tf401027"},
			  {"match": {"route": "evaluations", "pullRequest": 4}, "fault": "403-tf401027"}]`,
			reads: 5, writes: []int{1}, requeued: "1", failed: "3", noPolicy: "1",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			faults := c.faults
			if faults == "" {
				faults = "[]"
			}
			world := fmt.Sprintf(hiddenPolicy, `{}`, c.state, c.policy, faults)
			s, r, document := try(t, world, stepFile{Inputs: inputs("repositories", "*", "concurrency", "1")})
			wantOutputs(t, r, map[string]string{"requeuedCount": c.requeued, "failedCount": c.failed, "skippedPullRequestCount": c.noPolicy})
			reads := 0
			for _, request := range s.Requests() {
				if request.Route == "evaluations" {
					reads++
				}
			}
			if reads != c.reads {
				t.Errorf("the evaluations of %d pull requests were read, want %d", reads, c.reads)
			}
			if got := patched(s); fmt.Sprint(got) != fmt.Sprint(c.writes) {
				t.Errorf("re-queued in %v, want %v\n%s", got, c.writes, logged(r))
			}
			if got := strings.Count(logged(r), "lacks policy"); (got == 1) != c.warned || got > 1 {
				t.Errorf("%d warnings\n%s", got, logged(r))
			}
			skipped, _ := document.at("skippedByReason").(map[string]any)
			if got, _ := skipped["noPolicy"].(float64); fmt.Sprint(got) != c.noPolicy {
				t.Errorf("noPolicy %v, want %s", got, c.noPolicy)
			}
		})
	}
}

// TestAbsentPoliciesOfADisabledRepository: what nobody can change is passed over, also where its evaluations are refused.
func TestAbsentPoliciesOfADisabledRepository(t *testing.T) {
	t.Parallel()
	for _, disabled := range []bool{true, false} {
		t.Run(fmt.Sprint(disabled), func(t *testing.T) {
			t.Parallel()
			world := fmt.Sprintf(`{"behaviour": {"disabledRepositories": "readable"}, "projects": [{"name": "Fabrikam", "repositories": [
			  {"name": "web", "pullRequests": []}, {"name": "old", "disabled": %v, "pullRequests": [{"id": 7, "evaluations": []}]}]}],
			  "faults": [{"match": {"route": "evaluations", "pullRequest": 7}, "fault": "403-tf401027"}]}`, disabled)
			_, r, document := try(t, world, stepFile{Inputs: inputs("pullRequestIds", "7")})
			want := map[string]string{"failedCount": "1", "skippedPullRequestCount": "0"}
			if disabled {
				want = map[string]string{"failedCount": "0", "skippedPullRequestCount": "1"}
			}
			wantOutputs(t, r, want)
			skipped, _ := document.at("skippedByReason").(map[string]any)
			if got, _ := skipped["noPolicy"].(float64); (got == 1) != disabled {
				t.Errorf("skipped %v", skipped)
			}
		})
	}
}

// TestAbsentPullRequests: pages from which hidden pull requests were taken out lose nothing, whether that was done before
// or after they were cut.
func TestAbsentPullRequests(t *testing.T) {
	t.Parallel()
	repository := func(i int, hidden bool, prs ...int) string {
		var list []string
		for _, n := range prs {
			list = append(list, fmt.Sprintf(`{"id": %d, "evaluations": [{"state": "expired"}]}`, n))
		}
		return fmt.Sprintf(`{"name": "r%d", "hidden": %v, "pullRequests": [%s]}`, i, hidden, strings.Join(list, ","))
	}
	var hidden []int // 1,200 newer ones and 150 between the oldest two
	for n := 200; n < 350; n++ {
		hidden = append(hidden, n)
	}
	for n := 1000; n < 2200; n++ {
		hidden = append(hidden, n)
	}
	for _, repositories := range []int{2, 25} {
		for _, visibility := range []string{"beforeCut", "afterCut"} {
			t.Run(fmt.Sprintf("%d repositories, %s", repositories, visibility), func(t *testing.T) {
				t.Parallel()
				all := []string{repository(0, false, 3000, 400), repository(1, false, 100), repository(2, true, hidden...)}
				for i := 3; i <= repositories; i++ {
					all = append(all, repository(i, false))
				}
				world := fmt.Sprintf(`{"behaviour": {"visibility": %q}, "projects": [{"name": "Fabrikam", "repositories": [%s],
					"policies": [{"pipeline": "ci"}]}]}`, visibility, strings.Join(all, ","))
				_, r, _ := try(t, world, stepFile{Inputs: inputs("repositories", "*", "order", "oldest")})
				wantOutputs(t, r, map[string]string{"requeuedCount": "3", "pullRequestCount": "3"})
			})
		}
	}
}

// TestAbsentLabels: the service leaves labels out of a list where there are none. Where it never shows any, absent is not
// empty.
func TestAbsentLabels(t *testing.T) {
	t.Parallel()
	pr := func(id int, labels, raw string) string {
		return fmt.Sprintf(`{"id": %d, "labels": [%s], "evaluations": [{"state": "expired"}]%s}`, id, labels, raw)
	}
	hidden := `, "raw": {"labels": "<absent>"}` // from lists; the world's single answers have none anyway
	for _, c := range []struct {
		name, labels string
		prs          []string
		requeued     string
		asked        int
	}{
		{"lists show labels: absent is none", "!wip", []string{pr(1, `"wip"`, ""), pr(2, "", ""), pr(3, `"ready"`, "")}, "2,3", 0},
		{"no list shows any: an excluded one is not re-queued", "!wip", []string{pr(1, `"wip"`, hidden), pr(2, "", hidden)}, "2", 2},
		{"no list shows any: an included one is", "ready", []string{pr(1, `"ready"`, hidden), pr(2, `"x"`, hidden)}, "1", 2},
		{"no label is selected: nobody asks", "", []string{pr(1, `"wip"`, hidden), pr(2, "", hidden)}, "1,2", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, r, _ := try(t, oneRepository("", "", strings.Join(c.prs, ",")), stepFile{Inputs: inputs("labels", c.labels)})
			wantOutputs(t, r, map[string]string{"pullRequestIds": c.requeued})
			asked := 0
			for _, request := range s.Requests() {
				if request.Route == "labels" {
					asked++
				}
			}
			if asked != c.asked {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// TestPoliciesOfEveryVersion: the list of policies is whole on every server, whether it pages or does not know how.
func TestPoliciesOfEveryVersion(t *testing.T) {
	t.Parallel()
	var policies, prs []string
	for n := 1; n <= 5; n++ {
		policies = append(policies, fmt.Sprintf(`{"id": %d, "pipeline": "ci-%d", "scopes": [{"repository": "web", "branch": "b%d"}]}`, n, n, n))
		prs = append(prs, fmt.Sprintf(`{"id": %d, "target": "b%d", "evaluations": [{"policy": %d, "state": "expired"}]}`, n, n, n))
	}
	for _, version := range []string{"5.0", "6.0", "6.1", "7.0", "7.1", "7.2"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s, r, _ := try(t, fmt.Sprintf(`{"version": %q, "pages": {"policies": 2}, "projects": [{"name": "Fabrikam", "policies": [%s],
				"repositories": [{"name": "web", "pullRequests": [%s, {"id": 9, "target": "b9"}]}]}]}`,
				version, strings.Join(policies, ","), strings.Join(prs, ",")), stepFile{})
			wantOutputs(t, r, map[string]string{"requeuedCount": "5", "skippedPullRequestCount": "1"})
			pages := 0
			for _, request := range s.Requests() {
				if request.Route == "policies" {
					pages++
				}
			}
			if want := map[bool]int{true: 1, false: 3}[version == "5.0"]; pages != want {
				t.Errorf("%d pages, want %d", pages, want)
			}
			if strings.Contains(logged(r), "lacks policy") {
				t.Error(logged(r))
			}
		})
	}
}

// TestRepositoryLists: up to twenty selected repositories are listed one by one, more of them with one list.
func TestRepositoryLists(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		repositories, lists int
	}{{20, 20}, {21, 1}} {
		var all []string
		for i := range c.repositories {
			all = append(all, fmt.Sprintf(`{"name": "r%d", "pullRequests": [{"id": %d, "evaluations": [{"state": "succeeded"}]}]}`, i, i+1))
		}
		s, r, _ := try(t, `{"projects": [{"name": "Fabrikam", "repositories": [`+strings.Join(all, ",")+`]}]}`, stepFile{Inputs: inputs("repositories", "*")})
		wantOutputs(t, r, map[string]string{"pullRequestCount": fmt.Sprint(c.repositories)})
		lists := 0
		for _, request := range s.Requests() {
			if request.Route == "pullRequests" && request.Query.Get("$skip") == "" {
				lists++
			}
		}
		if lists != c.lists {
			t.Errorf("%d repositories: %d lists, want %d", c.repositories, lists, c.lists)
		}
	}
}
