// Package show is what the commands have in common that run the real program for somebody who looks: they take inputs as
// arguments, build the program, and print what a step leaves behind as a pipeline's page has it.
package show

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
)

// Main runs such a command until it ends or somebody interrupts it. It says what went wrong, and leaves with code 1 then.
func Main(name string, command func(ctx context.Context, w io.Writer, args []string) error) {
	agenttest.Helper()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Stdout, os.Args[1:])
	stop()
	if code := ExitCode(0); errors.As(err, &code) {
		os.Exit(int(code))
	}
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// ExitCode is the code of a step that did not end with 0, for Main to leave with.
type ExitCode int

// Error says so.
func (c ExitCode) Error() string { return fmt.Sprintf("the step ended with exit code %d", int(c)) }

// Ended is the error for Main of a step's exit code: nil for 0.
func Ended(code int) error {
	if code == 0 {
		return nil
	}
	if code < 0 { // it was ended by a signal
		code = 1
	}
	return ExitCode(code)
}

// Inputs reads arguments such as "dryRun=true".
func Inputs(args []string) (map[string]string, error) {
	inputs := map[string]string{}
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		if !found {
			return nil, fmt.Errorf("%q is not <input>=<value>, such as dryRun=true", arg)
		}
		inputs[name] = value
	}
	return inputs, nil
}

// Build compiles the program into a folder.
func Build(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "reschedule")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "./cmd/task") //nolint:gosec // a folder of ours
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build the program: %w", err)
	}
	return program, nil
}

// Describe writes inputs on one line.
func Describe(inputs map[string]string) string {
	if len(inputs) == 0 {
		return "none at all"
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		all = append(all, name+"="+inputs[name])
	}
	return strings.Join(all, " ")
}

// Printer prints to W. It keeps the first error, so that a closed pipe ends the command as one.
type Printer struct {
	W   io.Writer
	Err error
}

// Line prints one line.
func (p *Printer) Line(format string, args ...any) {
	if p.Err == nil {
		_, p.Err = fmt.Fprintf(p.W, format+"\n", args...)
	}
}

// outputs prints the output variables, as a later step of the job sees them.
func (p *Printer) outputs(variables map[string]string) {
	if len(variables) == 0 {
		return
	}
	p.Line("---- the output variables")
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		p.Line("requeue.%s = %s", name, variables[name])
	}
	p.Line("")
}

// How much of the report is printed: its first line and a pull request, each cut.
const (
	reportLines = 3
	reportWidth = 400
)

// report prints how the JSON report begins.
func (p *Printer) report(path string) {
	content, err := os.ReadFile(path) //nolint:gosec // what the step says that it has written
	if err != nil {
		return // the step ended before it had one
	}
	p.Line("---- the report, how it begins")
	lines := strings.Split(string(content), "\n")
	for _, line := range lines[:min(len(lines), reportLines)] {
		if runes := []rune(line); len(runes) > reportWidth {
			line = string(runes[:reportWidth]) + " ..."
		}
		p.Line("%s", line)
	}
	p.Line("")
}

// Step prints what a step has left behind; also says what that is beside log, summary, variables and report, if not nil.
func (p *Printer) Step(result agenttest.Result, also func(), writes []string, requests int) {
	p.Line("---- the step's log")
	for _, line := range result.Log {
		p.Line("%s", line)
	}
	p.Line("")
	p.Line("---- the summary tab")
	p.Line("%s", strings.TrimSpace(result.Summary))
	p.Line("")
	if also != nil {
		also()
	}
	p.outputs(result.Variables)
	p.report(result.Variables["reportPath"])
	p.Line("---- what the service was asked to change")
	for _, write := range writes {
		p.Line("%s", write)
	}
	p.Line("")
	p.Line("Result: %s, exit code %d, %d requests, %d ms.", result.Result, result.ExitCode, requests, result.Duration.Milliseconds())
}
