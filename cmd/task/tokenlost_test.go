package main_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
)

// TestTokenLost: a token that the service takes for a while and then no longer ends in one error that says so, and what
// was done until then.
func TestTokenLost(t *testing.T) {
	t.Parallel()
	const (
		one   = `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [{"id": 1, "evaluations": [{"state": "expired"}]}]}]}], "faults": [`
		three = `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [
			{"id": 1, "evaluations": [{"state": "expired"}]}, {"id": 2, "evaluations": [{"state": "expired"}]}, {"id": 3, "evaluations": [{"state": "expired"}]}]}]}], "faults": [`
		lost = "is expired or withdrawn"
	)
	for _, tt := range []struct {
		name, world string
		inputs      map[string]string
		requeued    string
		exit        int
		want        []string
	}{
		{
			name: "while re-queuing", world: three + `{"match": {"route": "requeue", "nth": 2}, "fault": "401-tf400813"}]}`, requeued: "1", exit: 1,
			want: []string{lost, `give "` + identityName + `" access to the organization`, "So far 1 of 3 planned evaluations was re-queued.", "#status-401"},
		},
		{
			name: "while reading", world: three + `{"match": {"route": "evaluations", "nth": 2}, "fault": "401-empty"}]}`, requeued: "1", exit: 1,
			want: []string{lost, "So far 1 of 1 planned evaluation was re-queued."},
		},
		{
			name: "before the plan", world: one + `{"match": {"route": "evaluations"}, "fault": "401-empty"}]}`, requeued: "0", exit: 1,
			want: []string{lost, "So far 0 of 0 planned evaluations were re-queued."},
		},
		{
			name: "while waiting", world: one + `{"match": {"route": "evaluation", "nth": 2}, "fault": "401-empty"}]}`, requeued: "1",
			inputs: inputs("wait", "true", "waitTimeout", "6s"),
			want:   []string{lost, "So far 1 of 1 planned evaluation was re-queued."},
		},
		{
			name: "in a comment", world: one + `{"match": {"route": "threads"}, "fault": "401-empty"}]}`, requeued: "1", inputs: inputs("comment", "always"),
			want: []string{lost, "So far 1 of 1 planned evaluation was re-queued."},
		},
		{
			name: "never taken", world: one + `{"match": {}, "fault": "401-empty"}]}`, exit: 1,
			want: []string{"whose token has not expired"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := stepFile{Inputs: map[string]string{"concurrency": "1"}}
			maps.Copy(f.Inputs, tt.inputs)
			_, r, _ := try(t, tt.world, f)
			if r.ExitCode != tt.exit || r.Variables["requeuedCount"] != tt.requeued {
				t.Errorf("exit code %d, %s re-queued\n%s", r.ExitCode, r.Variables["requeuedCount"], logged(r))
			}
			checkTold(t, r, lost, tt.want)
		})
	}
}

// checkTold looks for the one issue that says all of it, and that no other says the first.
func checkTold(t *testing.T, r agenttest.Result, first string, want []string) {
	t.Helper()
	told := 0
	for _, issue := range append(r.Errors, r.Warnings...) {
		if !strings.Contains(issue, want[0]) {
			if strings.Contains(issue, first) {
				t.Errorf("said: %s", issue)
			}
			continue
		}
		told++
		for _, part := range want {
			if !strings.Contains(issue, part) {
				t.Errorf("%q is not said in %s", part, issue)
			}
		}
	}
	if told != 1 {
		t.Errorf("it is said %d times: %q, %q", told, r.Errors, r.Warnings)
	}
}
