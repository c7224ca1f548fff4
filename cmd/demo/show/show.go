// Package show is what the commands have in common that run the real program for somebody who looks: they take inputs as
// arguments, build the program, and print what a step leaves behind as a pipeline's page has it.
package show

import (
	"context"
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
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
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

// Step prints what a step has left behind.
func (p *Printer) Step(result agenttest.Result, writes []string, requests int) {
	p.Line("---- the step's log")
	for _, line := range result.Log {
		p.Line("%s", line)
	}
	p.Line("")
	p.Line("---- the summary tab")
	p.Line("%s", strings.TrimSpace(result.Summary))
	p.Line("")
	p.Line("---- what the service was asked to change")
	for _, write := range writes {
		p.Line("%s", write)
	}
	p.Line("")
	p.Line("Result: %s, exit code %d, %d requests, %d ms.", result.Result, result.ExitCode, requests, result.Duration.Milliseconds())
}
