package main_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// one is a world of one repository with one policy and these pull requests.
func oneRepository(behaviour, policy, pullRequests string) string {
	return fmt.Sprintf(`{"behaviour": {%s}, "projects": [{"name": "Fabrikam", "policies": [{"displayName": "CI", "pipeline": "ci"%s}],
		"repositories": [{"name": "web", "pullRequests": [%s]}]}]}`, behaviour, policy, pullRequests)
}

// TestWhatABuildLeavesBehind: what retention removed, what the timeline lost and what only a log says.
func TestWhatABuildLeavesBehind(t *testing.T) {
	t.Parallel()
	immediately := `, "expires": "immediately"`
	script := `"steps": [{"name": "Test", "errors": ["Bash exited with code '1'."], "log": %s}]`
	long := func(first, last string) string {
		lines := make([]string, 600)
		for i := range lines {
			lines[i] = fmt.Sprintf("%q", fmt.Sprintf("line %d", i))
		}
		lines[0], lines[599] = fmt.Sprintf("%q", first), fmt.Sprintf("%q", last)
		return "[" + strings.Join(lines, ",") + "]"
	}
	retry := inputs("when", "expired, failed", "cooldown", "0")
	with := func(pairs ...string) map[string]string {
		m := inputs(pairs...)
		maps.Copy(m, retry)
		return m
	}
	for _, c := range []struct {
		name, behaviour, policy, evaluation string
		inputs                              map[string]string
		requeued, failed                    string
		text                                string // in the log
		result                              string
		requests                            map[string]int // by route
	}{
		{
			name: "a build that is gone was not green: the default run stays green", policy: immediately, evaluation: `"state": "failed", "buildIsNotCurrent": true, "buildDeleted": true`,
			requeued: "0", failed: "0", text: "start it by hand, or push a commit (its build is gone)", result: "Succeeded", requests: map[string]int{"build": 1},
		},
		{
			name: "a build that is gone, and failures are retried", behaviour: `"deletedBuilds": "hidden"`, policy: immediately, inputs: retry,
			evaluation: `"state": "failed", "buildIsNotCurrent": true, "buildDeleted": true`, requeued: "0", failed: "0", text: "start it by hand, or push a commit (its build is gone)", result: "Succeeded",
		},
		{
			name: "a deleted build that the list still has counts", behaviour: `"deletedBuilds": "listed"`, inputs: retry,
			evaluation: `"state": "failed", "buildDeleted": true`, requeued: "1", failed: "0", result: "Succeeded",
		},
		{
			name: "only the log says why, and retryOnlyIf finds it", inputs: with("retryOnlyIf", "ECONNRESET"),
			evaluation: `"state": "failed", ` + fmt.Sprintf(script, `["npm ci", "npm ERR! code ECONNRESET"]`), requeued: "1", failed: "0", result: "Succeeded",
			requests: map[string]int{"timeline": 1, "logs": 1, "log": 1},
		},
		{
			name: "the end of a long log", inputs: with("retryOnlyIf", "ECONNRESET"),
			evaluation: `"state": "failed", ` + fmt.Sprintf(script, long("npm ci", "ECONNRESET")), requeued: "1", failed: "0", result: "Succeeded",
		},
		{
			name: "the beginning of a long log is not read", inputs: with("retryOnlyIf", "ECONNRESET"),
			evaluation: `"state": "failed", ` + fmt.Sprintf(script, long("ECONNRESET", "done")), requeued: "0", failed: "0", text: "errorNotRetryable", result: "Succeeded",
		},
		{
			name: "no log is read where nobody asks", inputs: retry,
			evaluation: `"state": "failed", ` + fmt.Sprintf(script, `["x"]`), requeued: "1", failed: "0", result: "Succeeded", requests: map[string]int{"timeline": 0, "logs": 0, "log": 0},
		},
		{
			name: "neverRetryIf does not pass where errors were lost", inputs: with("neverRetryIf", "SyntaxError"),
			evaluation: `"state": "failed", "steps": [{"name": "Test", "errors": ["a"], "errorCount": 12, "noLog": true}]`,
			requeued:   "0", failed: "0", text: `step "Test" keeps 1 of its 12 errors`, result: "Succeeded",
		},
		{
			name: "neverRetryIf passes where the whole log is there", inputs: with("neverRetryIf", "SyntaxError"),
			evaluation: `"state": "failed", "steps": [{"name": "Test", "errors": ["a"], "errorCount": 12, "log": ["a", "b"]}]`,
			requeued:   "1", failed: "0", result: "Succeeded",
		},
		{
			name: "neverRetryIf does not pass without a timeline", inputs: with("neverRetryIf", "SyntaxError"),
			evaluation: `"state": "failed", "timeline": "204"`, requeued: "0", failed: "0", text: "the build has no timeline", result: "Succeeded",
		},
		{
			name: "a timeline that retention removed", inputs: with("neverRetryIf", "SyntaxError"),
			evaluation: `"state": "failed", "timeline": "404"`, requeued: "0", failed: "0", text: "the build has no timeline", result: "Succeeded",
		},
		{
			name: "neverRetryIf does not pass with a timeline without records", inputs: with("neverRetryIf", "SyntaxError"),
			evaluation: `"state": "failed", "timeline": "empty"`, requeued: "0", failed: "0", text: "the build has no timeline", result: "Succeeded",
		},
		{
			name: "near miss: it passes with a record that names no error", inputs: with("neverRetryIf", "SyntaxError"),
			evaluation: `"state": "failed", "steps": [{"name": "Test", "log": ["b"]}]`, requeued: "1", failed: "0", result: "Succeeded",
		},
		{
			name: "a timeline without records, and validation results say why", inputs: with("neverRetryIf", "SyntaxError"),
			evaluation: `"state": "failed", "timeline": "empty", "validationResults": [{"result": "error", "message": "no agent pool"}]`, requeued: "1", failed: "0", result: "Succeeded",
		},
		{
			name: "a build that never ran says why in its validation results", inputs: with("retryOnlyIf", "pool"),
			evaluation: `"state": "failed", "timeline": "204", "validationResults": [{"result": "error", "message": "no agent pool"}]`, requeued: "1", failed: "0", result: "Succeeded",
		},
		{
			name: "broken without a build and an end is for a human", inputs: inputs("when", "broken", "cooldown", "0"),
			evaluation: `"state": "broken", "completed": "none"`, requeued: "0", failed: "0", text: "historyUnknown", result: "Succeeded",
		},
		{
			name: "validDuration -1 hides nothing", policy: `, "settings": {"validDuration": -1}`, evaluation: `"state": "expired"`, requeued: "1", failed: "0", result: "Succeeded",
		},
		{
			name: "a green build that came of age", policy: `, "expires": "12h"`, evaluation: `"state": "succeeded", "buildIsNotCurrent": true, "started": "13h ago"`,
			requeued: "1", failed: "0", result: "Succeeded",
		},
		{
			name: "a green build that did not", policy: `, "expires": "12h"`, evaluation: `"state": "succeeded", "buildIsNotCurrent": true, "started": "11h ago"`,
			requeued: "0", failed: "0", result: "Succeeded",
		},
		{name: "a policy without a type", policy: `, "typeless": true`, evaluation: `"state": "expired"`, requeued: "1", failed: "0", result: "Succeeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, r, _ := try(t, oneRepository(c.behaviour, c.policy, `{"id": 7, "evaluations": [{`+c.evaluation+`}]}`), stepFile{Inputs: c.inputs})
			wantOutputs(t, r, map[string]string{"requeuedCount": c.requeued, "failedCount": c.failed})
			if r.Result != c.result || !strings.Contains(logged(r), c.text) {
				t.Errorf("%s, and the log does not say %q:\n%s", r.Result, c.text, logged(r))
			}
			counts := map[string]int{}
			for _, request := range s.Requests() {
				counts[request.Route]++
			}
			for route, want := range c.requests {
				if counts[route] != want {
					t.Errorf("%d requests for %s, want %d", counts[route], route, want)
				}
			}
		})
	}
}

// TestOnePermissionIsMissing: forty pull requests do not lose their expired because one permission is missing, whatever a
// decline looks like, and the next run sees what the first one has left behind.
func TestOnePermissionIsMissing(t *testing.T) {
	t.Parallel()
	var prs []string
	for n := range 40 {
		prs = append(prs, fmt.Sprintf(`{"id": %d, "evaluations": [{"state": "expired"}]}`, n+1))
	}
	for _, c := range []struct {
		name, behaviour, requeue string
		patches                  int
		outputs                  map[string]string
		slow                     bool
		again                    string // requeued in a second run, with the permission
	}{
		{
			name: "403", requeue: "refuses", patches: 1, again: "40",
			outputs: map[string]string{"failedCount": "40", "declinedCount": "0", "plannedCount": "40"},
		},
		{
			name: "the record breaks", behaviour: `"decline": "broken"`, requeue: "declines", patches: 1, again: "39",
			outputs: map[string]string{"failedCount": "39", "declinedCount": "1", "plannedCount": "40"},
		},
		{
			name: "the record only looks queued", behaviour: `"decline": "queued"`, requeue: "declines", patches: 40, slow: true, again: "40",
			outputs: map[string]string{"failedCount": "0", "declinedCount": "40"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.slow && !long() {
				t.Skip("waits 40 s for confirmations: RESCHEDULE_LONG=1 does it")
			}
			s := startWorld(t, fmt.Sprintf(`{"behaviour": {%s}, "projects": [{"name": "Fabrikam", "pipelines": [{"name": "ci", "requeue": {"outcome": %q}}],
				"policies": [{"pipeline": "ci"}], "repositories": [{"name": "web", "pullRequests": [%s]}]}]}`, c.behaviour, c.requeue, strings.Join(prs, ",")))
			step := stepFile{Inputs: inputs("maxPerRun", "0")}
			r := run(t, s, step.step(t, s))
			wantOutputs(t, r, c.outputs)
			if got := len(patched(s)); got != c.patches {
				t.Errorf("%d requests, want %d", got, c.patches)
			}
			s.Update(func(w *azdotest.World) { w.Projects[0].Pipelines[0].Requeue.Outcome = "succeeded" })
			r = run(t, s, step.step(t, s))
			wantOutputs(t, r, map[string]string{"requeuedCount": c.again})
		})
	}
}

// TestOptionsIsBlocked: a proxy or firewall that does not know the verb is named with what to ask its owner for, and a
// refusal of the service itself is not taken for one.
func TestOptionsIsBlocked(t *testing.T) {
	t.Parallel()
	const ask = "Ask the network's owner to allow OPTIONS"
	for _, c := range []struct {
		fault   string
		blocked bool
		text    string
	}{
		{`"status": 405, "body": "<html><title>Not allowed</title></html>", "contentType": "text/html"`, true, "405"},
		{`"status": 501, "body": "no", "contentType": "text/plain"`, true, "501"},
		{`"status": 403, "body": "<html><title>Blocked by policy</title></html>", "contentType": "text/html"`, true, "403"},
		{`"fault": "403-tf401027"`, false, "403"},
		{`"fault": "closeBefore"`, false, "OPTIONS _apis"},
		{`"status": 404`, false, "404"},
	} {
		t.Run(c.text+" "+c.fault, func(t *testing.T) {
			t.Parallel()
			s, r, _ := try(t, strings.TrimSuffix(oneExpired, "}")+`, "faults": [{"match": {"route": "options"}, `+c.fault+`}]}`, stepFile{})
			text := strings.Join(ownErrors(r), "\n")
			if strings.Contains(text, ask) != c.blocked || !strings.Contains(text, c.text) || len(s.Writes()) > 0 {
				t.Errorf("got %s", text)
			}
		})
	}
}
