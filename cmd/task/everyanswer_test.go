package main_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// everyKind has one pull request for each kind of evaluation, beside a hidden and a disabled repository and a project that
// the token may not see. The evaluations of 5 that do not apply fill more than a page, and there are so many repositories
// that the project is listed as a whole.
func everyKind() string {
	steps := `"steps": [{"name": "Test", "errors": ["Bash exited with code '1'."], "log": [%s"npm ERR! code ECONNRESET"]}]`
	long := strings.Repeat(`"npm WARN", `, 600)
	var filtered, policies, empty []string
	for i := range 21 {
		empty = append(empty, fmt.Sprintf(`{"name": "r%d"}`, i))
	}
	for i := range 30 {
		filtered = append(filtered, fmt.Sprintf(`{"policy": "Filter %d", "state": "notApplicable"}`, i))
		policies = append(policies, fmt.Sprintf(`{"displayName": "Filter %d", "pipeline": "filter"}`, i))
	}
	return `{"pages": {"pullRequests": 100, "evaluations": 25}, "projects": [{"name": "Fabrikam", "policies": [
	    {"displayName": "CI", "pipeline": "ci"}, {"displayName": "Soon", "pipeline": "soon", "expires": "immediately"}, ` + strings.Join(policies, ",") + `],
	  "repositories": [{"name": "web", "pullRequests": [
	    {"id": 1, "evaluations": [{"policy": "CI", "state": "expired"}]},
	    {"id": 2, "evaluations": [{"policy": "CI", "state": "failed", ` + fmt.Sprintf(steps, long) + `}]},
	    {"id": 3, "evaluations": [{"policy": "CI", "state": "failed", "steps": [{"name": "Test", "errors": ["assertion failed"], "log": ["x"]}]}]},
	    {"id": 4, "created": "3d ago", "evaluations": [{"policy": "CI", "state": "notStarted"}]},
	    {"id": 5, "evaluations": [` + strings.Join(filtered, ",") + `, {"policy": "CI", "state": "expired"}]},
	    {"id": 6, "evaluations": [{"policy": "CI", "state": "running"}]},
	    {"id": 7, "evaluations": [{"policy": "CI", "state": "failed", "history": ["failed", "failed"], ` + fmt.Sprintf(steps, "") + `}]},
	    {"id": 8, "evaluations": [{"policy": "Soon", "state": "expired"}]},
	    {"id": 9, "evaluations": [{"policy": "CI", "state": "failed", "timeline": "204", "validationResults": [{"message": "ECONNRESET"}]}]}]},
	   ` + strings.Join(empty, ",") + `,
	   {"name": "off", "disabled": true, "pullRequests": [{"id": 20, "evaluations": [{"policy": "CI", "state": "expired"}]}]},
	   {"name": "secret", "hidden": true, "pullRequests": [{"id": 30, "evaluations": [{"policy": "CI", "state": "expired"}]}]}]},
	  {"name": "Vault", "hidden": true, "repositories": [{"name": "gold", "pullRequests": [{"id": 40, "evaluations": [{"state": "expired"}]}]}]}]}`
}

// TestEveryAnswer: the same evaluations are re-queued and the rest is left alone for the same reasons, whatever the answer
// to a question about the service that nobody has answered.
func TestEveryAnswer(t *testing.T) {
	t.Parallel()
	world := everyKind()
	var cells sync.WaitGroup
	defer cells.Wait()
	places := make(chan struct{}, 16)
	for _, choice := range azdotest.Choices() {
		for _, value := range choice.Values {
			places <- struct{}{}
			cells.Go(func() {
				defer func() { <-places }()
				t.Run(choice.Name+" "+value, func(t *testing.T) {
					w := readWorld(t, world)
					choice.Set(&w.Behaviour, value)
					s := azdotest.Start(t, w)
					r := run(t, s, stepFile{Inputs: inputs(
						"repositories", "*, Vault/gold", "when", "expired, failed, notStarted", "retryOnlyIf", "ECONNRESET", "onError", "warn", "wait", "true",
					)}.step(t, s))
					got := patched(s)
					slices.Sort(got)
					if diff := gocmp.Diff([]int{1, 2, 4, 5, 8, 9}, got); diff != "" {
						t.Errorf("re-queued (-want +got):\n%s\n%s", diff, logged(r))
					}
					wantOutputs(t, r, map[string]string{
						"plannedCount": "6", "requeuedCount": "6", "declinedCount": "0", "movedCount": "0", "failedCount": "0", "succeededCount": "6",
						"evaluationCount": "9", "exhaustedPullRequestIds": "7",
					})
				})
			})
		}
	}
}

// TestRefusedOnTheWay: requests that few runs send, refused or without an answer to speak of. The faults of all others
// are in TestFaults.
func TestRefusedOnTheWay(t *testing.T) {
	t.Parallel()
	const step = `"steps": [{"name": "Test", "errors": ["exit 1"], "log": ["ECONNRESET"]}]`
	expired := `{"id": 7, "labels": ["fast"], "evaluations": [{"state": "expired"}]}`
	failed := `{"id": 7, "evaluations": [{"state": "failed", ` + step + `}]}`
	immediately := `, "expires": "immediately"`
	retry := func(pairs ...string) map[string]string {
		return inputs(append(pairs, "when", "expired, failed, notStarted", "cooldown", "10m")...)
	}
	for _, c := range []struct {
		name, route, behaviour, policy, pullRequest string
		inputs                                      map[string]string
		requeued, failed                            string
		text                                        string // in the log
		result                                      string
	}{
		{name: "projects: the named ones are done", route: "projects", pullRequest: expired, inputs: inputs("repositories", "*/*, Fabrikam/web"), requeued: "1", failed: "0", text: "TF401027", result: "Failed"},
		{name: "labels", route: "labels", pullRequest: expired, inputs: inputs("pullRequestIds", "7", "labels", "fast"), requeued: "0", failed: "1", text: "TF401027", result: "Failed"},
		{name: "no labels", pullRequest: `{"id": 7, "evaluations": [{"state": "expired"}]}`, inputs: inputs("pullRequestIds", "7", "labels", "fast"), requeued: "0", failed: "0", text: "label:", result: "Succeeded"},
		{name: "iterations", route: "iterations", pullRequest: `{"id": 7, "evaluations": [{"state": "notStarted"}]}`, inputs: retry(), requeued: "0", failed: "1", text: "TF401027", result: "Failed"},
		{name: "a build on which the state hangs", route: "build", policy: immediately, pullRequest: `{"id": 7, "evaluations": [{"state": "failed", "buildIsNotCurrent": true}]}`, requeued: "0", failed: "1", text: "TF401027", result: "Failed"},
		{name: "the build behind the patterns", route: "build", pullRequest: failed, inputs: retry("retryOnlyIf", "ECONNRESET"), requeued: "0", failed: "1", text: "TF401027", result: "Failed"},
		{name: "the list of logs, and retryOnlyIf goes by what there is", route: "logs", pullRequest: failed, inputs: retry("retryOnlyIf", "ECONNRESET"), requeued: "0", failed: "0", text: `no retryOnlyIf matches an error of step "Test": "exit 1"; the log of step "Test" cannot be read`, result: "Succeeded"},
		{name: "the list of logs, and neverRetryIf does not pass", route: "logs", pullRequest: failed, inputs: retry("neverRetryIf", "SyntaxError"), requeued: "0", failed: "0", text: `the log of step "Test" cannot be read`, result: "Succeeded"},
		{name: "a log, and neverRetryIf does not pass", route: "log", pullRequest: failed, inputs: retry("neverRetryIf", "SyntaxError"), requeued: "0", failed: "0", text: `the log of step "Test" cannot be read`, result: "Succeeded"},
		{
			name: "our comment", route: "comment", requeued: "1", failed: "0", text: "The comment was not written", result: "Succeeded", inputs: inputs("comment", "always"),
			pullRequest: `{"id": 7, "evaluations": [{"state": "expired"}], "threads": [{"comments": [{"content": "<!-- reschedule-pull-request-evaluations --> old"}]}]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			faults := ""
			if c.route != "" {
				faults = fmt.Sprintf(`"faults": [{"match": {"route": %q}, "fault": "403-tf401027"}], `, c.route)
			}
			_, r, _ := try(t, "{"+faults+oneRepository(c.behaviour, c.policy, c.pullRequest)[1:], stepFile{Inputs: c.inputs})
			wantOutputs(t, r, map[string]string{"requeuedCount": c.requeued, "failedCount": c.failed})
			if r.Result != c.result || !strings.Contains(logged(r)+strings.Join(r.Errors, "\n")+strings.Join(r.Warnings, "\n"), c.text) {
				t.Errorf("%s, want %s with %q:\n%s", r.Result, c.result, c.text, logged(r))
			}
		})
	}
}
