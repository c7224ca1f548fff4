package main_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
	"github.com/pr-evaluations/reschedule/pkg/report"
)

// TestThrottled: after a 200 with Retry-After: 2 no request starts for 2 s, at any concurrency, and the log says once
// when and how long it waited.
func TestThrottled(t *testing.T) {
	var prs []*azdotest.PullRequest
	for range 60 {
		prs = append(prs, &azdotest.PullRequest{Evaluations: []*azdotest.Evaluation{{State: "expired"}}})
	}
	for _, route := range []string{"evaluations", "requeue"} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			s := azdotest.Start(t, azdotest.World{
				Latency: "5ms",
				Projects: []*azdotest.Project{{
					Name: "Fabrikam", Repositories: []*azdotest.Repository{{Name: "web", PullRequests: prs}},
					Policies: []*azdotest.Policy{{DisplayName: "CI", Pipeline: "ci"}},
				}},
				Faults: []*azdotest.Fault{{Match: azdotest.Match{Route: route, Nth: 20, Times: 1}, RetryAfter: 2}},
			})
			r := run(t, s, stepFile{Inputs: map[string]string{"concurrency": "16", "maxPerRun": "0"}}.step(t, s))
			if r.Result != agenttest.Succeeded || r.Variables["requeuedCount"] != "60" {
				t.Fatalf("%s, %s re-queued", r.Result, r.Variables["requeuedCount"])
			}
			requests, asked, at := s.Requests(), 0, -1
			for i, q := range requests {
				if q.Route == route {
					if asked++; asked == 20 {
						at = i
					}
				}
			}
			// What was under way comes in until the program has read the answer; then nothing does.
			next := at + 1
			for next < len(requests)-1 && requests[next].Time.Sub(requests[next-1].Time) < time.Second {
				next++
			}
			if pause := requests[next].Time.Sub(requests[at].Time); pause < 2*time.Second {
				t.Errorf("the next request started %s after the one that was answered with Retry-After: 2", pause)
			}
			if next-at > 40 {
				t.Errorf("%d requests came in before the pause", next-at)
			}
			var waits []string
			for _, line := range r.Log {
				if strings.HasPrefix(line, "Waiting ") {
					waits = append(waits, line)
				}
			}
			if diff := gocmp.Diff([]string{"Waiting 2s: the service asked for a pause (Retry-After)"}, waits); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}

// started is the real program, started by hand with the environment that an agent would give it, so that a test can do to
// it what an agent would not.
type started struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.ReadCloser

	reading sync.WaitGroup
	text    bytes.Buffer
}

// environment is what an agent gives to the step.
func environment(t *testing.T, step agenttest.Step) []string {
	t.Helper()
	named, err := step.Environ()
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for _, name := range slices.Sorted(maps.Keys(named)) {
		env = append(env, name+"="+named[name])
	}
	return env
}

func start(t *testing.T, step agenttest.Step, extra ...string) *started {
	t.Helper()
	return startAs(t, []string{program}, step, extra...)
}

// startThroughLauncher does it as an agent would: the Node at hand, the launcher, the program beside it.
func startThroughLauncher(t *testing.T, step agenttest.Step) *started {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "RESCHEDULE_REQUIRE_NODE", "the launcher is not cancelled: "+err.Error())
	}
	return startAs(t, []string{node, filepath.Join(unpacked(t), "launcher.js")}, step)
}

func startAs(t *testing.T, args []string, step agenttest.Step, extra ...string) *started {
	t.Helper()
	env := append(environment(t, step), extra...)
	p := &started{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), args[0], args[1:]...)}
	p.cmd.Dir, p.cmd.Env = step.WorkDir, env
	agenttest.Isolate(p.cmd)
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if p.stdout, err = p.cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	p.reading.Go(func() { _, _ = io.Copy(&p.text, p.stdout) }) // until it is closed, by whomever
	return p
}

func (p *started) signal(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// end waits for the end and returns how the log reads.
func (p *started) end() (code int, commands []agenttest.Command) {
	p.reading.Wait()
	_ = p.cmd.Wait() // its exit code is looked at
	for line := range strings.Lines(p.text.String()) {
		if c, ok := agenttest.ParseCommand(strings.TrimRight(line, "\n")); ok {
			commands = append(commands, c)
		}
	}
	return p.cmd.ProcessState.ExitCode(), commands
}

// cancelWorld has six pull requests with something to do.
func cancelWorld() azdotest.World {
	var prs []*azdotest.PullRequest
	for range 6 {
		prs = append(prs, &azdotest.PullRequest{Evaluations: []*azdotest.Evaluation{{State: "expired", Requeue: &azdotest.Requeue{Outcome: "staysRunning"}}}})
	}
	return azdotest.World{Projects: []*azdotest.Project{{
		Name: "Fabrikam", Repositories: []*azdotest.Repository{{Name: "web", PullRequests: prs}},
		Policies: []*azdotest.Policy{{DisplayName: "CI", Pipeline: "ci"}},
	}}}
}

// cancelMoment is a moment at which a run is cancelled: when a request of the route comes in, the nth.
type cancelMoment struct {
	name   string
	match  azdotest.Match
	inputs map[string]string
	world  func(w *azdotest.World)
	// outputs are the ones that are wanted; nil: the plan was not made, and there are none.
	outputs map[string]string
	text    string // in the one warning
}

func cancelMoments() []cancelMoment {
	slow := func(route string, nth int, delay, delayAfter string) func(*azdotest.World) {
		return func(w *azdotest.World) {
			w.Faults = append(w.Faults, &azdotest.Fault{Match: azdotest.Match{Route: route, Nth: nth}, Delay: delay, DelayAfter: delayAfter})
		}
	}
	one := map[string]string{"concurrency": "1"}
	return []cancelMoment{
		{
			name: "while the very first request waits", match: azdotest.Match{Route: "options"}, world: slow("options", 1, "20s", ""),
			text: "cancelled before its plan was made. Nothing was re-queued",
		},
		{
			name: "while evaluations are read", match: azdotest.Match{Route: "evaluations", Nth: 2}, world: slow("evaluations", 2, "20s", ""),
			text: "cancelled before its plan was made. Nothing was re-queued",
		},
		{
			name: "while reads are repeated", match: azdotest.Match{Route: "evaluations", Nth: 9},
			world: func(w *azdotest.World) {
				w.Faults = append(w.Faults, &azdotest.Fault{Match: azdotest.Match{Route: "evaluations"}, Fault: "503-html"})
			},
			text: "cancelled before its plan was made. Nothing was re-queued",
		},
		{
			name: "while the service wants a pause", match: azdotest.Match{Route: "evaluations"}, inputs: one,
			world: func(w *azdotest.World) {
				w.Faults = append(w.Faults, &azdotest.Fault{Match: azdotest.Match{Route: "evaluations", Times: 1}, RetryAfter: 60})
			},
			text: "cancelled before its plan was made. Nothing was re-queued",
		},
		{
			name: "during the look before a write", match: azdotest.Match{Route: "evaluation"}, inputs: one, world: slow("evaluation", 1, "20s", ""),
			outputs: map[string]string{"plannedCount": "6", "requeuedCount": "0", "failedCount": "0"}, text: "0 of 6 planned evaluations were re-queued, 6 were not begun",
		},
		{
			name: "during a PATCH that is answered in time", match: azdotest.Match{Route: "requeue", Nth: 2}, inputs: one, world: slow("requeue", 2, "", "2s"),
			outputs: map[string]string{"plannedCount": "6", "requeuedCount": "2", "failedCount": "0"}, text: "2 of 6 planned evaluations were re-queued, 4 were not begun",
		},
		{
			name: "during a PATCH that is not", match: azdotest.Match{Route: "requeue", Nth: 2}, inputs: one, world: slow("requeue", 2, "", "20s"),
			outputs: map[string]string{"plannedCount": "6", "requeuedCount": "1", "failedCount": "1"}, text: "1 of 6 planned evaluations was re-queued, 4 were not begun",
		},
		{
			name: "during the confirmation", match: azdotest.Match{Route: "evaluation", Nth: 3},
			world: func(w *azdotest.World) {
				w.Behaviour.RequeueAnswer, w.Behaviour.Lag, w.Behaviour.BuildsLag = "unchanged", "1h", "1h"
				web := w.Projects[0].Repositories[0]
				web.PullRequests = web.PullRequests[:1]
			},
			outputs: map[string]string{"plannedCount": "1", "requeuedCount": "0", "failedCount": "1"}, text: "0 of 1 planned evaluation was re-queued, 0 were not begun",
		},
		{
			name: "during the wait", match: azdotest.Match{Route: "evaluation", Nth: 8}, inputs: map[string]string{"wait": "true"},
			outputs: map[string]string{"plannedCount": "6", "requeuedCount": "6", "failedCount": "0", "pendingCount": "6"}, text: "6 of 6 planned evaluations were re-queued, 0 were not begun",
		},
		{
			name: "while a comment is written", match: azdotest.Match{Route: "newThread"}, inputs: map[string]string{"comment": "always"}, world: slow("newThread", 1, "", "20s"),
			outputs: map[string]string{"plannedCount": "6", "requeuedCount": "6", "failedCount": "0"}, text: "6 of 6 planned evaluations were re-queued, 0 were not begun",
		},
	}
}

// cancelWay is a way in which an agent, its launcher or a shell may cancel a run. It tells when it has begun to at the
// latest.
type cancelWay struct {
	name  string
	start func(t *testing.T, step agenttest.Step) *started
	do    func(t *testing.T, p *started) time.Time
}

func cancelWays() []cancelWay {
	alone := func(t *testing.T, step agenttest.Step) *started {
		t.Helper()
		return start(t, step, "RESCHEDULE_LAUNCHER=1")
	}
	pipe := cancelWay{"end of the launcher's pipe", alone, func(t *testing.T, p *started) time.Time {
		if err := p.stdin.Close(); err != nil {
			t.Error(err)
		}
		return time.Now()
	}}
	if runtime.GOOS == "windows" {
		press := func(t *testing.T, p *started) time.Time {
			if err := agenttest.Interrupt(p.cmd.Process); err != nil {
				t.Error(err)
			}
			return time.Now()
		}
		return []cancelWay{{"Ctrl+C", alone, press}, {"Ctrl+C through the launcher", startThroughLauncher, press}, pipe}
	}
	send := func(signals ...os.Signal) func(*testing.T, *started) time.Time {
		return func(t *testing.T, p *started) time.Time {
			begun := time.Now()
			for i, signal := range signals {
				if i > 0 {
					time.Sleep(20 * time.Millisecond)
				}
				p.signal(t, signal)
			}
			return begun
		}
	}
	return []cancelWay{
		{"SIGINT", alone, send(os.Interrupt)},
		{"SIGTERM", alone, send(syscall.SIGTERM)},
		{"many signals", alone, send(os.Interrupt, os.Interrupt, syscall.SIGTERM, syscall.SIGTERM, os.Interrupt)},
		pipe,
	}
}

// TestCancel cancels the real program at each moment, in each way: no request comes in later than 200 ms after it, and
// within 5 s the program has said what was done and what was not, and ended with exit code 1. Whatever is done to it after
// that changes nothing.
func TestCancel(t *testing.T) {
	places := make(chan struct{}, 4)
	var cells sync.WaitGroup
	defer cells.Wait()
	for _, m := range cancelMoments() {
		for _, way := range cancelWays() {
			places <- struct{}{}
			cells.Go(func() {
				defer func() { <-places }()
				t.Run(m.name+"/"+way.name, func(t *testing.T) { cancelAt(t, m, way) })
			})
		}
	}
}

func cancelAt(t *testing.T, m cancelMoment, way cancelWay) {
	world := cancelWorld()
	if m.world != nil {
		m.world(&world)
	}
	s := azdotest.Start(t, world)
	reached := make(chan struct{})
	var once sync.Once
	match := m.match
	match.Times = 1
	s.Before(match, func(azdotest.Request, *azdotest.World) { once.Do(func() { close(reached) }) })
	p := way.start(t, stepFile{Inputs: m.inputs}.step(t, s))
	select {
	case <-reached:
	case <-time.After(time.Minute):
		t.Fatal("the moment never came")
	}
	time.Sleep(50 * time.Millisecond) // let what goes with it come in
	slowness := measureSlowness()
	at := way.do(t, p)
	code, commands := p.end()
	latest := 200*time.Millisecond + 3*slowness()
	took := time.Since(at)
	if code != 1 || took > 5*time.Second {
		t.Errorf("exit code %d after %s, want 1 within 5 s", code, took)
	}
	for _, q := range s.Requests() {
		if after := q.Time.Sub(at); after > latest {
			t.Errorf("%s %s came in %s after the cancellation, later than %s", q.Method, q.Route, after, latest)
		}
	}
	outputs := map[string]string{}
	var warnings, reports []string
	for _, c := range commands {
		switch {
		case c.Name() == "task.setvariable" && c.Properties["variable"] == "reportPath":
			reports = append(reports, c.Data)
		case c.Name() == "task.setvariable":
			outputs[c.Properties["variable"]] = c.Data
		case c.Name() == "task.logissue" && c.Properties["type"] == "warning" && strings.Contains(c.Data, "cancelled"):
			warnings = append(warnings, c.Data)
		case c.Name() == "task.complete":
			t.Errorf("a result was set: %s", c.Line)
		}
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], m.text) {
		t.Errorf("warnings %q, want one with %q\n%s", warnings, m.text, p.text.String())
	}
	for name, value := range m.outputs {
		if outputs[name] != value {
			t.Errorf("%s is %q, want %q\n%s", name, outputs[name], value, p.text.String())
		}
	}
	if m.outputs == nil && len(outputs) > 0 {
		t.Errorf("outputs %v of a plan that was never made", outputs)
	}
	if m.outputs["failedCount"] == "1" && !strings.Contains(strings.ToLower(p.text.String()), "result not known") {
		t.Errorf("it does not say that a result is not known:\n%s", p.text.String())
	}
	checkReport(t, reports, m.outputs != nil)
	checkStarts(t, s)
}

// measureSlowness measures how late a goroutine wakes up at the worst, until its result is called: on a machine with
// more to do than it can, a request that was sent in time comes in late.
func measureSlowness() (stop func() time.Duration) {
	done, worst := make(chan struct{}), make(chan time.Duration)
	go func() {
		const pause = 5 * time.Millisecond
		var late time.Duration
		for {
			begin := time.Now()
			select {
			case <-done:
				worst <- late
				return
			case <-time.After(pause):
				late = max(late, time.Since(begin)-pause)
			}
		}
	}()
	return func() time.Duration { close(done); return <-worst }
}

// TestNobodyReads: the end of the log's reader is a cancellation. The program learns of it when it writes its next line.
func TestNobodyReads(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGPIPE here")
	}
	for _, tt := range []struct {
		name    string
		match   azdotest.Match
		patches int // at most
	}{
		{"while evaluations are read", azdotest.Match{Route: "evaluations", Times: 1}, 0},
		{"during a PATCH", azdotest.Match{Route: "requeue", Times: 1}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			world := cancelWorld()
			world.Latency = "100ms"
			s := azdotest.Start(t, world)
			reached := make(chan struct{})
			s.Before(tt.match, func(azdotest.Request, *azdotest.World) { close(reached) })
			path := filepath.Join(t.TempDir(), "report.json")
			p := start(t, stepFile{Inputs: map[string]string{"concurrency": "1", "reportPath": path}}.step(t, s), "RESCHEDULE_LAUNCHER=1")
			select {
			case <-reached:
			case <-time.After(time.Minute):
				t.Fatal("the moment never came")
			}
			_ = p.stdout.Close() // the goroutine that reads it is told by an error
			at := time.Now()
			code, _ := p.end()
			if took := time.Since(at); code != 1 || took > 5*time.Second {
				t.Errorf("exit code %d after %s, want 1 within 5 s", code, took)
			}
			if n := len(s.Writes()); n > tt.patches {
				t.Errorf("%d writes, want at most %d", n, tt.patches)
			}
			if tt.patches > 0 {
				checkReportFile(t, path)
			}
		})
	}
}

// checkReport checks the one report that there is, if one is wanted.
func checkReport(t *testing.T, paths []string, wanted bool) {
	t.Helper()
	if !wanted || len(paths) != 1 {
		if wanted || len(paths) > 0 {
			t.Errorf("reports: %v", paths)
		}
		return
	}
	checkReportFile(t, paths[0])
}

// checkStarts: no evaluation has got two builds.
func checkStarts(t *testing.T, s *azdotest.Server) {
	t.Helper()
	for _, project := range s.World().Projects {
		for _, repository := range project.Repositories {
			for _, pr := range repository.PullRequests {
				for _, e := range pr.Evaluations {
					if n := s.Starts(s.EvaluationID(pr.ID, e.Policy)); n > 1 {
						t.Errorf("%d builds were started for policy %s of pull request %d", n, e.Policy, pr.ID)
					}
				}
			}
		}
	}
}

func checkReportFile(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	validate(t, data)
	if err := report.CheckSums(data); err != nil {
		t.Errorf("the report: %v", err)
	}
}

// TestCrashIsNotBadInput has the runtime of the real program die in the middle of a run. By itself it would leave with
// code 2, which is that of bad input.
func TestCrashIsNotBadInput(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no signals here; see TestExitCode and the launcher's tests")
	}
	w := cancelWorld()
	w.Faults = []*azdotest.Fault{{Match: azdotest.Match{Route: "options"}, Fault: "hang"}}
	s := azdotest.Start(t, w)
	p := start(t, stepFile{}.step(t, s))
	for end := time.Now().Add(time.Minute); len(s.Requests()) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no request came")
		}
	}
	p.signal(t, syscall.SIGQUIT)
	p.end()
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGABRT || status.CoreDump() {
		t.Errorf("it ended with %v; want death by SIGABRT, without a core file", p.cmd.ProcessState)
	}
}
