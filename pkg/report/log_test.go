package report

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func newLog(o agent.LogOptions) (*Log, *bytes.Buffer) {
	var out bytes.Buffer
	return New(agent.NewLog(&out, o), func() time.Time { return sampleTime }), &out
}

// everything goes through every way that a Log has, with text wherever a stranger can write.
func everything(l *Log, text func(string) string) {
	r, dry := sampleRun(text), dryRun(text)
	l.Head("1.0.0", collection, []string{"Targets: " + text("main")})
	l.Visible(text("Shop Build Service"), nil, 3, 7)
	l.Visible("", errors.New(text("status 500")), 1, 1)
	l.Line("a line about %s#%s", text("x"), text("y"))
	l.Section(text("section"))
	l.Group(text("group"))
	l.EndGroup()
	l.Debugf("debug %s", text("x"))
	l.Plan(dry.Plan, true)
	l.Explain(dry.Plan)
	l.Plan(r.Plan, false)
	printOutcomes(l, r)
	for _, a := range r.Plan.Actions() {
		l.Result(a)
	}
	l.Counts(r.Summary)
	for i := range 12 {
		l.Error(fmt.Sprintf("problem %d: %s", i, text("x")))
		l.Warning(fmt.Sprintf("problem %d: %s", i, text("x")))
	}
	l.Progress(50, text("half"))
	l.FlushIssues()
	for _, v := range r.Outputs(text("report.json"), true) {
		l.SetVariable(v)
	}
	l.CompleteWithIssues(text("done"))
}

func shapes(t *testing.T, output string) []string {
	t.Helper()
	var all []string
	for _, line := range agenttest.Lines(output) {
		shape, err := agenttest.Shape(line)
		if err != nil {
			t.Fatal(err)
		}
		if count := len([]rune(line)); count > 3200 { // escapes included; see TestPlanLineLength for what people see
			t.Fatalf("line of %d characters", count)
		}
		all = append(all, shape)
	}
	return all
}

// hostile is what the fuzz targets start from.
func hostile() []string {
	return append(agenttest.Hostile(),
		"` | \n# title\n<img src=x onerror=alert(1)> [x](javascript:alert(1)) @<guid> #12 !34 https://evil.example www.evil.example",
		"<!-- reschedule-pull-request-evaluations -->", "</td></tr>", "- list", "1. list", "    code", "---", "===", "$x$", ":smile:", "[[_TOC_]]",
	)
}

func FuzzLog(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	// The last issue of a kind holds what is short, and what is long has lines besides: two baselines.
	var baselines [2][2][]string
	long := func(text string) string { return text + strings.Repeat("x", 1000) }
	baseline := func(t *testing.T, agentIndex int, onAgent bool, log string) []string {
		length := 0
		if strings.Contains(log, "\n##[error]problem 9: ") {
			length = 1
		}
		of := &baselines[agentIndex][length]
		if *of == nil {
			l, out := newLog(agent.LogOptions{Agent: onAgent, Debug: true})
			everything(l, []func(string) string{same, long}[length])
			*of = shapes(t, out.String())
		}
		return *of
	}
	f.Fuzz(func(t *testing.T, foreign string) {
		for i, onAgent := range []bool{true, false} {
			l, out := newLog(agent.LogOptions{Agent: onAgent, Debug: true})
			everything(l, func(benign string) string { return benign + foreign })
			if diff := cmp.Diff(baseline(t, i, onAgent, out.String()), shapes(t, out.String())); diff != "" {
				t.Fatalf("foreign text changed what the agent sees (-want +got):\n%s", diff)
			}
			l, out = newLog(agent.LogOptions{Agent: onAgent, Debug: true})
			everything(l, func(string) string { return "x" + foreign }) // no empty names, which are left out of lines
			if diff := cmp.Diff(baseline(t, i, onAgent, out.String()), shapes(t, out.String())); diff != "" {
				t.Fatalf("foreign text changed what the agent sees (-want +got):\n%s", diff)
			}
			if !onAgent && strings.Contains(out.String(), "##") {
				t.Fatalf("commands or tags without an agent:\n%s", out.String())
			}
		}
	})
}

func TestPlanLineLength(t *testing.T) {
	t.Parallel()
	l, out := newLog(agent.LogOptions{Agent: true})
	r := sampleRun(func(s string) string { return s + strings.Repeat(" and so on", 100) })
	l.Plan(r.Plan, false)
	printOutcomes(l, r)
	for _, line := range agenttest.Lines(out.String()) {
		if n := len([]rune(line)); n > 700 {
			t.Errorf("a line of %d characters: %s", n, line)
		}
	}
}

func TestLogGolden(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options agent.LogOptions
		write   func(l *Log)
	}{
		{"agent", agent.LogOptions{Agent: true}, func(l *Log) { everything(l, same) }},
		{"laptop", agent.LogOptions{}, func(l *Log) {
			r := sampleRun(same)
			l.Head("1.0.0", collection, []string{"When: expired", "Limits: 20 per run"})
			l.Visible("Jo Doe", nil, 3, 7)
			l.Plan(r.Plan, false)
			printOutcomes(l, r)
			l.Counts(r.Summary)
			l.Error("something failed")
			l.Warning("something is odd")
			l.FlushIssues()
			l.CompleteWithIssues("1 declined")
		}},
		{"explain", agent.LogOptions{}, func(l *Log) {
			p := dryRun(same).Plan
			p.PullRequests = p.PullRequests[1:2]
			l.Explain(p)
		}},
		{"nothing", agent.LogOptions{Agent: true}, func(l *Log) {
			r := emptyRun(same)
			l.Plan(r.Plan, false)
			l.Counts(r.Summary)
		}},
		{"many", agent.LogOptions{Agent: true}, func(l *Log) {
			b := newBuilder(same)
			for i := range 2000 {
				pr := b.pullRequest(i+1, fmt.Sprintf("Title %d", i+1))
				switch i % 3 {
				case 0:
					pr.Skipped = requeue.Draft
				case 1:
					skipped(b.build(requeue.StateRunning, 4000+i), requeue.NotSelectedState, "")
				default:
					b.reviewers(requeue.StateSucceeded, requeue.NotSelectedState)
				}
			}
			l.Plan(b.finish(), false)
		}},
		{"colour", agent.LogOptions{Colour: true, Terminal: true}, func(l *Log) {
			l.Section("Plan")
			l.Progress(10, "reading")
			l.Progress(20, "reading more")
			l.Error("something failed")
			l.Warning("something is odd")
			l.Debugf("not shown")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, out := newLog(tt.options)
			tt.write(l)
			if err := l.Err(); err != nil {
				t.Errorf("Err() = %v, want nil", err)
			}
			golden(t, "log-"+tt.name+".golden", out.String())
		})
	}
}

func TestSeveralRepositories(t *testing.T) {
	t.Parallel()
	b := newBuilder(same)
	b.pullRequest(1, "Here")
	b.build(requeue.StateExpired, 1).Requeue = true
	other := *b.repo
	other.Name = "api"
	b.repo = &other
	b.pullRequest(2, "There")
	b.build(requeue.StateExpired, 2).Requeue = true
	l, out := newLog(agent.LogOptions{})
	l.Plan(b.finish(), false)
	for _, want := range []string{`1. #1 "Here" (web, into main): policy "CI 1": expired`, `2. #2 "There" (api, into main)`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the plan lacks %q:\n%s", want, out.String())
		}
	}
	other.Project.Name = "Bank"
	l, out = newLog(agent.LogOptions{})
	l.Plan(b.finish(), false)
	if want := `2. #2 "There" (Bank/api, into main)`; !strings.Contains(out.String(), want) {
		t.Errorf("the plan lacks %q:\n%s", want, out.String())
	}
}

// brokenWriter takes some writes and then none.
type brokenWriter struct{ left int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, fmt.Errorf("write %d failed", -w.left)
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	l := New(agent.NewLog(&brokenWriter{left: 3}, agent.LogOptions{Agent: true}), nil)
	everything(l, same)
	if err := l.Err(); err == nil || !strings.Contains(err.Error(), "write 1 failed") {
		t.Errorf("Err() = %v, want the first error", err)
	}
	r := sampleRun(same)
	for name, write := range map[string]func() error{
		"WriteJSON":    func() error { return r.WriteJSON(&brokenWriter{}) },
		"WriteSummary": func() error { return r.WriteSummary(&brokenWriter{}) },
	} {
		if err := write(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// recordingWriter keeps each write.
type recordingWriter struct{ writes []string }

func (w *recordingWriter) Write(p []byte) (int, error) {
	w.writes = append(w.writes, string(p))
	return len(p), nil
}

func TestConcurrentLines(t *testing.T) {
	t.Parallel()
	var w recordingWriter
	l := New(agent.NewLog(&w, agent.LogOptions{Agent: true, Debug: true}), nil)
	r := sampleRun(same)
	l.Plan(r.Plan, false)
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			for range 50 {
				l.Line("line %d", i)
				l.Error("x")
				l.Debugf("x")
				l.Outcome(r.Plan.Actions()[0])
				l.Mask("secret")
				l.Progress(i, "x")
			}
		})
	}
	running.Wait()
	l.FlushIssues()
	for _, text := range w.writes {
		if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
			t.Fatalf("one write holds %q, want one line", text)
		}
	}
}

func TestOutcomeWithoutPlan(t *testing.T) {
	t.Parallel()
	r := sampleRun(same)
	l, out := newLog(agent.LogOptions{})
	l.Outcome(r.Plan.Actions()[0])
	if want := "== What happened\n  #101 \"Fix the login\" (into main): policy \"CI 1\": re-queued, build 4801, succeeded\n"; out.String() != want {
		t.Errorf("wrote %q, want %q", out.String(), want)
	}
}

// printOutcomes prints the plan's outcomes as the run does, one by one.
func printOutcomes(l *Log, r Run) {
	for _, a := range r.Plan.Actions() {
		l.Outcome(a)
	}
}
