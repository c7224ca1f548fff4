// Command demo shows the main job in a newcomer's first minute: it builds the real program, starts a stand-in for Azure
// DevOps on loopback with a dozen pull requests, and runs the task on it as an agent would, over real HTTP.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/pr-evaluations/reschedule/cmd/task/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

func main() {
	agenttest.Helper()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := demo(ctx, os.Stdout, os.Args[1:])
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// demo runs the task with inputs such as "dryRun=true".
func demo(ctx context.Context, w io.Writer, args []string) (err error) {
	inputs := map[string]string{}
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		if !found {
			return fmt.Errorf("%q is not <input>=<value>, such as dryRun=true", arg)
		}
		inputs[name] = value
	}
	dir, err := os.MkdirTemp("", "reschedule-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program := filepath.Join(dir, "reschedule")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "./cmd/task") //nolint:gosec // a folder of ours
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the program: %w", err)
	}
	world := azdotest.Demo()
	server, err := azdotest.New(world)
	if err != nil {
		return err
	}
	defer server.Close()

	print := printer{w: w}
	print.line("A stand-in for Azure DevOps listens at %s.", server.URL())
	print.line("The task runs on it as a pipeline step would, with inputs: %s.", describe(inputs))
	print.line("Other inputs: ./build.sh demo dryRun=true, ./build.sh demo when=expired,failed,notStarted")
	print.line("")
	result, err := step(server, program, filepath.Join(dir, "work"), inputs).Run(ctx)
	if err != nil {
		return err
	}
	print.line("---- the step's log")
	for _, line := range result.Log {
		print.line("%s", line)
	}
	print.line("")
	print.line("---- the summary tab")
	print.line("%s", strings.TrimSpace(result.Summary))
	print.line("")
	print.line("---- what the service was asked to change")
	for _, write := range server.Writes() {
		print.line("%s", write)
	}
	print.line("")
	print.line("Result: %s, exit code %d, %d requests, %d ms.",
		result.Result, result.ExitCode, len(server.Requests()), result.Duration.Milliseconds())
	return print.err
}

// step is the task in a scheduled run of the world's first repository.
func step(server *azdotest.Server, program, work string, inputs map[string]string) agenttest.Step {
	job := agenttest.BuildJob(server.URL())
	project := server.World().Projects[0]
	job.Project, job.ProjectID = project.Name, project.ID
	job.RepositoryName, job.RepositoryID = project.Repositories[0].Name, project.Repositories[0].ID
	job.RepositoryURI = server.URL() + "/" + url.PathEscape(project.Name) + "/_git/" + url.PathEscape(job.RepositoryName)
	if tokens := server.World().Tokens; len(tokens) > 0 {
		job.Token = tokens[0]
	}
	return agenttest.Step{TaskDir: "task", Binary: program, WorkDir: work, Job: job, Name: "requeue", Inputs: inputs}
}

func describe(inputs map[string]string) string {
	if len(inputs) == 0 {
		return "none at all"
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		all = append(all, name+"="+inputs[name])
	}
	return strings.Join(all, " ")
}

// printer keeps the first error, so that a closed pipe ends the demo as one.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
