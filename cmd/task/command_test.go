package main_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// byHand is what came of a run without an agent.
type byHand struct {
	code           int
	stdout, stderr string
}

// onLaptop runs the program as a person does, with arguments and variables of the person's own.
func onLaptop(t *testing.T, s *azdotest.Server, env []string, args ...string) byHand {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"AGENT_TEMPDIRECTORY=" + cmd.Dir, "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
	if s != nil {
		cmd.Env = append(cmd.Env,
			"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI="+s.URL(), "SYSTEM_TEAMPROJECT=Fabrikam", "SYSTEM_ACCESSTOKEN="+agenttest.PresetToken)
	}
	cmd.Env = append(cmd.Env, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() < 0) {
		t.Fatal(err)
	}
	r := byHand{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	if r.stderr != "" {
		t.Errorf("stderr is not empty:\n%s", r.stderr)
	}
	if r.code == 2 && s != nil && len(s.Requests()) > 0 {
		t.Errorf("bad input, and yet %d requests were sent", len(s.Requests()))
	}
	return r
}

// TestMisspeltInputOnLaptop: INPUT_DRY_RUN=true must not re-queue for real.
func TestMisspeltInputOnLaptop(t *testing.T) {
	t.Parallel()
	s := azdotest.Start(t, expiredWorld())
	r := onLaptop(t, s, []string{"INPUT_REPOSITORIES=*", "INPUT_DRY_RUN=true", "INPUT_MAX-PER-RUN=1", "INPUT_SOMETHINGELSE=1"})
	const want = `Error: "INPUT_DRY_RUN" is no input of this task, but resembles dryRun; allowed: INPUT_DRYRUN, or no such variable
Error: "INPUT_MAX-PER-RUN" is no input of this task, but resembles maxPerRun; allowed: INPUT_MAXPERRUN, or no such variable
`
	if r.code != 2 || r.stdout != want {
		t.Errorf("exit code %d, want 2:\n%s", r.code, r.stdout)
	}

	s = azdotest.Start(t, expiredWorld())
	r = onLaptop(t, s, []string{"INPUT_REPOSITORIES=*", "INPUT_DRYRUN=true", "INPUT_SOMETHINGELSE=1"})
	if r.code != 0 || !strings.Contains(r.stdout, `Warning: "INPUT_SOMETHINGELSE" is no input of this task and does nothing.`) || len(s.Writes()) > 0 {
		t.Errorf("exit code %d, %d writes:\n%s", r.code, len(s.Writes()), r.stdout)
	}
}

// TestMisspeltInputUnderAgent: an agent makes a variable of every input of a step, and hands on those of others.
func TestMisspeltInputUnderAgent(t *testing.T) {
	t.Parallel()
	s := azdotest.Start(t, expiredWorld())
	step := stepFile{
		Inputs: map[string]string{"repositories": "*", "dryRun": "true", "max-per-run": "1"}, Variables: map[string]string{"input.colour": "red"},
	}.step(t, s)
	log := strings.Join(run(t, s, step).Log, "\n")
	for _, want := range []string{
		`##[warning]"INPUT_MAX-PER-RUN" is no input of this task and does nothing. The nearest input is maxPerRun.`,
		`##[warning]"INPUT_COLOUR" is no input of this task and does nothing.`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("%s is not said:\n%s", want, log)
		}
	}
}

// TestPersonalAccessTokenIsRefused: nobody is to store one for this.
func TestPersonalAccessTokenIsRefused(t *testing.T) {
	t.Parallel()
	for _, token := range []string{strings.Repeat("abcd2", 10) + "67", strings.Repeat("Abcd", 19) + "AZDO" + "wxyz"} {
		s := azdotest.Start(t, expiredWorld())
		r := onLaptop(t, s, []string{"INPUT_REPOSITORIES=*", "SYSTEM_ACCESSTOKEN=" + token})
		if r.code != 2 || !strings.Contains(r.stdout, "Error: SYSTEM_ACCESSTOKEN has the shape of a personal access token") ||
			!strings.Contains(r.stdout, "$(System.AccessToken)") || !strings.Contains(r.stdout, "az account get-access-token") {
			t.Errorf("exit code %d:\n%s", r.code, r.stdout)
		}
		if strings.Contains(r.stdout, token[:10]) {
			t.Errorf("the token was printed:\n%s", r.stdout)
		}
	}
}
