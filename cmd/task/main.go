// Command task is the program of the marketplace task ReschedulePullRequestEvaluations. It knows the operating system:
// signals, standard streams, the environment and the exit code. What it does with them is pkg/run.
package main

import (
	"context"
	"io"
	"log"
	"maps"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/command"
	"github.com/pr-evaluations/reschedule/pkg/run"
)

// version is set by the build, from task/task.json.
var version = "0.0.0-dev"

// launcherVariable is set by the launcher: standard input is then a pipe whose end means that the launcher is gone.
const launcherVariable = "RESCHEDULE_LAUNCHER"

// stopTime bounds how long a cancelled run may take: an agent sends SIGINT, and SIGTERM 7.5 s later
// (azure-pipelines-agent, ProcessInvoker.cs).
const stopTime = 4800 * time.Millisecond

func main() {
	crashBySignal()
	line := command.Parse(os.Args[1:])
	if code, answered := answer(os.Stdout, line, os.Args[1:]); answered {
		os.Exit(code)
	}
	forbidCoreDumps()
	// net/http logs foreign bytes to stderr, which the agent searches for commands.
	log.SetOutput(io.Discard)
	env := takeEnvironment()
	maps.Copy(env, line.Variables)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stopping := cancelOnSignal(cancel)
	if env[launcherVariable] == "1" {
		go cancelOnEnd(os.Stdin, stopping)
	}
	terminal, colour := looks(env)
	code := run.Run(ctx, run.Process{
		Env: env, Faults: line.Faults, Stdout: output{os.Stdout, stopping}, Version: version, Terminal: terminal, Colour: colour,
		Width: width,
	})
	cancel()
	os.Exit(exitCode(code, runtime.GOOS, env)) //nolint:gocritic // cancel was called; the exit code is all that is left to say
}

// badInput is the exit code for bad input. Go's runtime has the same one for its own death.
const badInput = 2

// exitCode tells bad input apart from a crash where nothing else does: on Windows, where the runtime dies with code 2
// whatever is set, a launcher is told by another code, and makes it 2 again. See crashBySignal for the other systems.
func exitCode(code int, goos string, env map[string]string) int {
	if code == badInput && goos == "windows" && env[launcherVariable] == "1" {
		return 100 + badInput
	}
	return code
}

// takeEnvironment reads the environment once and takes from the process what it must not hold any longer: secrets, and
// on an agent the variables with which an earlier step could weaken TLS. They have to be taken out before the first use of
// crypto/x509, which reads SSL_CERT_FILE and SSL_CERT_DIR.
func takeEnvironment() map[string]string {
	env := agent.ReadVariables(os.Environ(), runtime.GOOS)
	var weakening []string
	if strings.EqualFold(env["TF_BUILD"], "true") {
		weakening = []string{"SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG"}
	}
	for name := range env {
		if agent.Handed(name) || slices.ContainsFunc(weakening, func(prefix string) bool { return strings.HasPrefix(strings.ToUpper(name), prefix) }) {
			// It fails for impossible names only.
			_ = os.Unsetenv(name)
		}
	}
	return env
}

// cancelOnSignal cancels the run at the first signal; a second changes nothing. It returns what another cause of the
// same kind may call. Windows sends Ctrl+C and Ctrl+Break, both as os.Interrupt. SIGPIPE is no such signal: it comes for
// a connection that the service has closed as well; see output.
func cancelOnSignal(cancel context.CancelFunc) (stop func()) {
	signals := make(chan os.Signal, 8)
	signal.Ignore(syscall.SIGPIPE) // the write fails, and that is told
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	stops := make(chan struct{}, 1)
	go func() {
		select {
		case <-signals:
		case <-stops:
		}
		cancel()
		time.Sleep(stopTime)
		os.Exit(1)
	}()
	return func() {
		select {
		case stops <- struct{}{}:
		default:
		}
	}
}

// output calls stop when a write fails: nobody reads the log any more.
type output struct {
	io.Writer
	stop func()
}

// Write implements io.Writer.
func (o output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil {
		o.stop()
	}
	return n, err
}

// cancelOnEnd calls stop when the pipe ends.
func cancelOnEnd(pipe io.Reader, stop func()) {
	// Any error is an end as well.
	_, _ = io.Copy(io.Discard, pipe)
	stop()
}

// looks reports whether people look at standard output as it is written, and whether it shows colours.
func looks(env map[string]string) (terminal, colour bool) {
	terminal = term.IsTerminal(int(os.Stdout.Fd())) && env["TERM"] != "dumb" && env["TF_BUILD"] == ""
	return terminal, terminal && env["NO_COLOR"] == "" && showsEscapes(os.Stdout)
}

// width is how many columns the terminal has, 0 if nobody knows. People change it while the program runs.
func width() int {
	columns, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
