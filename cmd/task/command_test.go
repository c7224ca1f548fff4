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

// TestFlags runs the program with flags, over real HTTP.
func TestFlags(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		env    []string
		args   []string
		writes int
		want   []string
	}{
		{"a list and a switch", nil, []string{"--repositories", "web, api-*", "--dry-run"}, 0, []string{"in the repositories web, api-*", "This is a dry run"}},
		{"for real", nil, []string{"--repositories=*"}, 1, []string{"all visible repositories", "1 re-queued"}},
		{"a number", nil, []string{"--pull-request-ids", "7", "--dry-run"}, 0, []string{"pull requests 7 in any visible repository"}},
		{"the environment is beneath", []string{"INPUT_REPOSITORIES=web", "INPUT_DRYRUN=true"}, []string{"--max-per-run=3"}, 0, []string{"in the repositories web", "at most 3 re-queues", "dry run"}},
		{"a flag wins", []string{"INPUT_REPOSITORIES=nowhere", "INPUT_DRYRUN=true"}, []string{"--repositories", "web", "--dry-run=false"}, 1, []string{"in the repositories web", "1 re-queued"}},
		{"a blank flag wins, too", []string{"INPUT_REPOSITORIES=*", "INPUT_MAXPERRUN=1"}, []string{"--max-per-run=", "--dry-run"}, 0, []string{"at most 20 re-queues"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := azdotest.Start(t, expiredWorld())
			r := onLaptop(t, s, tc.env, tc.args...)
			if r.code != 0 || len(s.Writes()) != tc.writes {
				t.Errorf("exit code %d, %d writes, want %d:\n%s", r.code, len(s.Writes()), tc.writes, r.stdout)
			}
			for _, want := range tc.want {
				if !strings.Contains(r.stdout, want) {
					t.Errorf("%q is not said:\n%s", want, r.stdout)
				}
			}
		})
	}
}

// TestWrongFlags: every fault of the command line and of the environment at once, and not one request.
func TestWrongFlags(t *testing.T) {
	t.Parallel()
	s := azdotest.Start(t, expiredWorld())
	token := strings.Repeat("abcd2", 10) + "67"
	r := onLaptop(t, s, []string{"INPUT_DRY_RUN=true"},
		"--repositories=*", "--dry-rnu", "--max-per-run=many", "webshop", "--dry-run", "true", "--token", token, "--titles=##vso[task.complete]")
	const want = `Error: maxPerRun: "many" is not a whole number; allowed: 0 to 2147483647
Error: "INPUT_DRY_RUN" is no input of this task, but resembles dryRun; allowed: INPUT_DRYRUN, or no such variable
Error: there is no flag "--dry-rnu"; the nearest is --dry-run
Error: there is no flag "--token"; --help lists all
Error: "webshop" is no flag; --help lists all
Error: "true" is no flag; a switch takes its value behind "=": --dry-run=false
`
	if r.code != 2 || r.stdout != want {
		t.Errorf("exit code %d, want 2:\n%s", r.code, r.stdout)
	}
	if strings.Contains(r.stdout, token[:10]) {
		t.Error("a token was printed")
	}
}

// TestTextsInsteadOfARun: they need no environment and send nothing.
func TestTextsInsteadOfARun(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"--version"}, "0.0"}, // of whatever program is tested
		{[]string{"--help"}, "\nWhich pull requests:\n      --repositories list"},
		{[]string{"-h"}, "Exit codes: 0 succeeded"},
		{[]string{"--completion", "bash"}, "__start_reschedule"},
		{[]string{"--completion=zsh"}, "#compdef reschedule"},
		{[]string{"--completion=fish"}, "complete -c reschedule"},
		{[]string{"--completion=powershell"}, "Register-ArgumentCompleter"},
	} {
		s := azdotest.Start(t, expiredWorld())
		r := onLaptop(t, s, nil, tc.args...)
		if r.code != 0 || !strings.Contains(r.stdout, tc.want) || len(s.Requests()) > 0 {
			t.Errorf("%v: exit code %d, %d requests\n%.500s", tc.args, r.code, len(s.Requests()), r.stdout)
		}
	}
}
