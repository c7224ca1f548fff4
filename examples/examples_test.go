// Package examples_test runs the example tasks the way an agent does.
package examples_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
)

func TestMain(m *testing.M) {
	agenttest.Helper()
	os.Exit(m.Run())
}

// build makes a task's folder as a package would hold it, and returns it with its program.
func build(t *testing.T, name string) (folder, program string) {
	t.Helper()
	folder = t.TempDir()
	for _, file := range []string{"task.json", "launcher.js"} {
		data, err := os.ReadFile(filepath.Join(name, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, file), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	platform, arch := runtime.GOOS, runtime.GOARCH // as Node calls them
	for from, to := range map[string]string{"windows": "win32", "amd64": "x64", "386": "ia32"} {
		platform, arch = strings.Replace(platform, from, to, 1), strings.Replace(arch, from, to, 1)
	}
	program = filepath.Join(folder, "bin", platform+"-"+arch, "task")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./"+name).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return folder, program
}

// want is what an agent is left with.
type want struct {
	result    string
	exitCode  int
	errors    []string
	warnings  []string
	variables map[string]string
	log       string // a line
}

// check runs a step on its own and through the launcher, and compares what the agent is left with.
func check(t *testing.T, step agenttest.Step, program string, w want) {
	t.Helper()
	step.Job = agenttest.BuildJob("https://dev.azure.com/fabrikam/")
	for _, through := range []string{"", program} {
		step.Binary = through
		step.WorkDir = t.TempDir()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		r, err := step.Run(ctx)
		cancel()
		if errors.Is(err, exec.ErrNotFound) && os.Getenv("RESCHEDULE_REQUIRE_NODE") == "" {
			t.Log("there is no Node, so the launcher is not started")
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.ExitCode != 0 && len(r.Errors) > 0 {
			r.Errors = r.Errors[:len(r.Errors)-1] // the agent's own, about the exit code
		}
		if r.Result != w.result || r.ExitCode != w.exitCode || len(r.Leaks) > 0 || r.Stderr != "" {
			t.Errorf("%q ended as %s with code %d, leaks %q and stderr %q", through, r.Result, r.ExitCode, r.Leaks, r.Stderr)
		}
		for i, diff := range []string{cmp.Diff(w.errors, r.Errors), cmp.Diff(w.warnings, r.Warnings)} {
			if diff != "" {
				t.Errorf("%q, issues %d (-want +got):\n%s", through, i, diff)
			}
		}
		if !maps.Equal(w.variables, r.Variables) || len(r.JobVariables) > 0 {
			t.Errorf("%q sets %v and %v, want %v", through, r.Variables, r.JobVariables, w.variables)
		}
		if !strings.Contains("\n"+strings.Join(r.Log, "\n")+"\n", "\n"+w.log+"\n") {
			t.Errorf("%q: the log lacks %q:\n%s", through, w.log, strings.Join(r.Log, "\n"))
		}
		for _, line := range agenttest.Lines(r.Stdout) {
			if _, err := agenttest.Shape(line); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	folder, program := build(t, "size")
	files := t.TempDir()
	const hostile = "##vso[task.complete result=Skipped]"
	for name, size := range map[string]int{"small": 5, "nearly": 91, "near": 90, "large": 101, hostile: 1} {
		if err := os.WriteFile(filepath.Join(files, name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, file, limit string
		want              want
	}{
		{"within", "small", "100", want{result: agenttest.Succeeded, variables: map[string]string{"size": "5"}, log: "small holds 5 of 100 bytes."}},
		{"no limit", "small", "", want{
			result: agenttest.Failed, exitCode: 2, errors: []string{"limit: it is not a number of bytes; allowed: 1 and more"},
			log: "##[error]limit: it is not a number of bytes; allowed: 1 and more",
		}},
		{"nine tenths", "near", "100", want{result: agenttest.Succeeded, variables: map[string]string{"size": "90"}, log: "near holds 90 of 100 bytes."}},
		{"more than nine tenths", "nearly", "100", want{
			result: agenttest.SucceededWithIssues, warnings: []string{"nearly is nearly too large."}, variables: map[string]string{"size": "91"},
			log: "##[warning]nearly is nearly too large.",
		}},
		{"too large", "large", "100", want{
			result: agenttest.Failed, exitCode: 1, errors: []string{"large is too large."}, variables: map[string]string{"size": "101"},
			log: "##[error]large is too large.",
		}},
		{"a name that is a command", hostile, "100", want{
			result: agenttest.Succeeded, variables: map[string]string{"size": "1"}, log: "# #vso[task.complete result=Skipped] holds 1 of 100 bytes.",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, agenttest.Step{
				TaskDir: folder, Inputs: map[string]string{"file": filepath.Join(files, tt.file), "limit": tt.limit},
			}, program, tt.want)
		})
	}
}

func TestConnection(t *testing.T) {
	t.Parallel()
	folder, program := build(t, "connection")
	const id = "0f0f0f0f-1111-2222-3333-444444444444"
	const leads = "The connection leads to https://management.azure.com/ and signs in by "
	federated := agenttest.AzureConnection(id, "azure", "99999999-0000-0000-0000-000000000000", "88888888-0000-0000-0000-000000000000")
	secret := federated
	secret.Scheme, secret.Auth = "ServicePrincipal", maps.Clone(federated.Auth)
	secret.Auth["serviceprincipalkey"] = "p@ss w/rd"
	lines := secret
	lines.Auth = maps.Clone(secret.Auth)
	lines.Auth["serviceprincipalkey"] = "-----BEGIN\nab\nhunter2secret\n"
	tests := []struct {
		name, input string
		connection  agenttest.ServiceConnection
		want        want
	}{
		{"without a secret", "azure", federated, want{
			result: agenttest.Succeeded, variables: map[string]string{"scheme": "WorkloadIdentityFederation"}, log: leads + "WorkloadIdentityFederation.",
		}},
		{"with a secret", "azure", secret, want{
			result: agenttest.Succeeded, warnings: []string{"It stores a secret: ***"}, variables: map[string]string{"scheme": "ServicePrincipal"},
			log: leads + "ServicePrincipal.",
		}},
		{"with a secret of several lines", id, lines, want{
			result: agenttest.Succeeded, warnings: []string{"It stores a secret: ***"}, variables: map[string]string{"scheme": "ServicePrincipal"},
			log: leads + "ServicePrincipal.",
		}},
		{"another one", "0f0f0f0f-1111-2222-3333-444444444445", secret, want{
			result: agenttest.Failed, exitCode: 2,
			errors: []string{"azureSubscription: the job was not given this service connection; check that this pipeline may use it"},
			log:    "##[error]azureSubscription: the job was not given this service connection; check that this pipeline may use it",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check(t, agenttest.Step{
				TaskDir: folder, Inputs: map[string]string{"azureSubscription": tt.input}, ServiceConnections: []agenttest.ServiceConnection{tt.connection},
			}, program, tt.want)
		})
	}
}
