package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestCommentsHoldNoLog: a comment says which pattern has matched, and quotes an error issue, but never a line of a log:
// its readers need not be allowed to see the build. The report, which only those see who see this run, has the line.
func TestCommentsHoldNoLog(t *testing.T) {
	t.Parallel()
	const issue, line = "curl: (6) Could not resolve host: feed.example", "getaddrinfo EAI_AGAIN db-7.internal:443"
	for _, tt := range []struct{ name, steps, quoted, detail string }{
		{"an issue", fmt.Sprintf(`{"name": "Restore", "errors": [%q], "log": [%q]}`, issue, line), "Could not resolve host", `an error of step "Restore"`},
		{"a line of a log", fmt.Sprintf(`{"name": "Restore", "errors": ["Bash exited with code '1'."], "log": ["+ npm ci", %q]}`, line), "", `line 2 of the log of step "Restore"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			world := oneRepository("", "", fmt.Sprintf(`{"id": 7, "evaluations": [{"policy": "CI", "state": "failed", "steps": [%s]}]}`, tt.steps))
			s, r, _ := try(t, world, stepFile{Inputs: inputs("when", "failed", "retryOnlyIf", "@network", "comment", "always")})
			wantOutputs(t, r, map[string]string{"requeuedCount": "1"})
			threads := s.World().Projects[0].Repositories[0].PullRequests[0].Threads
			if len(threads) != 1 {
				t.Fatalf("%d threads", len(threads))
			}
			text := threads[0].Comments[0].Content
			if !strings.Contains(text, "network") || strings.Contains(text, "internal") || !strings.Contains(text, tt.quoted) {
				t.Errorf("the comment:\n%s", text)
			}
			report, err := os.ReadFile(r.Variables["reportPath"])
			if detail, _ := json.Marshal(tt.detail); err != nil || !strings.Contains(string(report), strings.Trim(string(detail), `"`)) {
				t.Errorf("%v, the report does not say %s:\n%s", err, detail, report)
			}
		})
	}
}
