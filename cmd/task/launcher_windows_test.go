package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// TestLauncherWithoutProgram: what the launcher says when the program is missing, or no program. What it says with one, the
// cases show; what it says on other systems, TestLauncher.
func TestLauncherWithoutProgram(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "RESCHEDULE_REQUIRE_NODE", "the launcher is not tested: "+err.Error())
	}
	whole, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"missing":                    nil,
		"empty":                      {},
		"a page from a proxy server": []byte("<html><body>Sign in</body></html>"),
		"of another system":          []byte("\x7fELF" + strings.Repeat("\x00", 200)),
		"a header alone":             whole[:64],
		"half":                       whole[:len(whole)/2],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := azdotest.Start(t, expiredWorld())
			step := stepFile{}.step(t, s)
			step.TaskDir, step.Binary = unpacked(t), ""
			file := filepath.Join(step.TaskDir, "bin", "windows-amd64", filepath.Base(program))
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if content != nil {
				if err := os.WriteFile(file, content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r := run(t, s, step)
			if r.Result != agenttest.Failed || r.ExitCode != 1 || len(r.Errors) != 2 { // the second is the agent's own
				t.Fatalf("%s, exit code %d, errors %q; want one error", r.Result, r.ExitCode, r.Errors)
			}
			for _, words := range []string{"platform win32", "architecture x64", file} {
				if !strings.Contains(r.Errors[0], words) {
					t.Errorf("error %q lacks %q", r.Errors[0], words)
				}
			}
		})
	}
}
