package report

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func newLog(o LogOptions) (*Log, *bytes.Buffer) {
	var out bytes.Buffer
	o.Now = func() time.Time { return sampleTime }
	return New(&out, o), &out
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
	for i, a := range r.Plan.Actions {
		l.Result(a, r.Outcomes[i])
	}
	l.Counts(r.Summary)
	for i := range 12 {
		l.Error(fmt.Sprintf("error %d: %s", i, text("x")))
		l.Warning(fmt.Sprintf("warning %d: %s", i, text("x")))
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
	for _, line := range agentLines(output) {
		all = append(all, shape(t, line))
	}
	return all
}

// hostile is what the fuzz targets start from.
func hostile() []string {
	return []string{
		"", "plain", "##vso[task.complete result=Skipped]", "###vso[task.complete result=Skipped;done=true]",
		"#", "##", "a\r\n##vso[task.setvariable variable=x]y", "\u2028##[error]x", "\u0085##[group]", "#\u200b#vso[task.debug]",
		"#\u00ad#vso[build.addbuildtag]x", "\u202e]osv##", "%0A##vso[task.debug]", "%0D%0A", "];result=Failed", ";isoutput=false",
		"\xff\xfe##vso[\xff", "\x1b[31mred\x1b[0m", "\x00", "##VSO[task.complete]", "\ufeff##vso[task.complete]", "#\ufe0f#vso[task.complete]",
		"%AZP25", "%3B%5D", strings.Repeat("#", 1100), strings.Repeat("\U0001F600", 550), strings.Repeat("a", 999) + "##",
		"` | \n# title\n<img src=x onerror=alert(1)> [x](javascript:alert(1)) @<guid> #12 !34 https://evil.example www.evil.example",
		"<!-- reschedule-pull-request-evaluations -->", "</td></tr>", "- list", "1. list", "    code", "---", "===", "$x$", ":smile:", "[[_TOC_]]",
	}
}

func FuzzLog(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	var baseline [2][]string
	f.Fuzz(func(t *testing.T, foreign string) {
		for i, agent := range []bool{true, false} {
			if baseline[i] == nil {
				l, out := newLog(LogOptions{Agent: agent, Debug: true})
				everything(l, same)
				baseline[i] = shapes(t, out.String())
			}
			l, out := newLog(LogOptions{Agent: agent, Debug: true})
			everything(l, func(benign string) string { return benign + foreign })
			if diff := cmp.Diff(baseline[i], shapes(t, out.String())); diff != "" {
				t.Fatalf("foreign text changed what the agent sees (-want +got):\n%s", diff)
			}
			l, out = newLog(LogOptions{Agent: agent, Debug: true})
			everything(l, func(string) string { return "x" + foreign }) // no empty names, which are left out of lines
			if diff := cmp.Diff(baseline[i], shapes(t, out.String())); diff != "" {
				t.Fatalf("foreign text changed what the agent sees (-want +got):\n%s", diff)
			}
			if !agent && strings.Contains(out.String(), "##") {
				t.Fatalf("commands or tags without an agent:\n%s", out.String())
			}
		}
	})
}

func FuzzCommand(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, value, data string) {
		line := Command{Name: "task.logissue", Properties: []Property{{"type", "error"}, {"code", value}}, Data: data}.String()
		if strings.ContainsAny(line, "\r\n") {
			t.Fatalf("%q is more than one line", line)
		}
		got, ok := parseAgentCommand(line)
		want := agentCommand{area: "task", event: "logissue", properties: map[string]string{"type": "error"}, data: data}
		if value != "" {
			want.properties["code"] = value
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(agentCommand{})); !ok || diff != "" {
			t.Fatalf("%q does not come back (-want +got):\n%s", line, diff)
		}
	})
}

func FuzzMask(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	f.Add("secret")
	f.Add("{\n  \"key\": \"value\"\n}")
	f.Fuzz(func(t *testing.T, secret string) {
		l, out := newLog(LogOptions{Agent: true})
		l.Mask(secret)
		for _, line := range agentLines(out.String()) {
			c, ok := parseAgentCommand(line)
			if !ok || !strings.HasPrefix(line, "##vso[task.setsecret]") || strings.ContainsAny(c.data, "\r\n") || c.data == "" {
				t.Fatalf("Mask(%q) wrote %q", secret, line)
			}
		}
		written := out.Len()
		l.Line("%s", secret)
		if text := out.String()[written:]; len(secret) >= minHidden && strings.TrimSpace(secret) == secret && !strings.ContainsAny(secret, "*\r\n") &&
			strings.Contains(text, secret) {
			t.Fatalf("the line %q shows the secret", text)
		}
	})
}

func TestNeutral(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, line, want string }{
		{"plain text stays", "Fix #12 for 100 % of users", "Fix #12 for 100 % of users"},
		{"a command", "##vso[task.complete result=Skipped]", "# #vso[task.complete result=Skipped]"},
		{"three hashes", "###vso[x.y]", "# # #vso[x.y]"},
		{"a tag", "##[error]x", "# #[error]x"},
		{"line ends", "a\r\nb\u0085c\u2028d\u2029e", "a  b c d e"},
		{"a hidden character between two hashes", "#\u200b#vso[x.y]", "# #vso[x.y]"},
		{"a soft hyphen between two hashes", "#\u00ad#vso[x.y]", "# #vso[x.y]"},
		{"reading order", "a\u202eb\u2066c", "a b c"},
		{"escape sequences", "\x1b[31mred", " [31mred"},
		{"invalid bytes", "a\xffb", "a\ufffdb"},
		{"letters of any script", "größe 你好 שלום", "größe 你好 שלום"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := neutral(tt.line); got != tt.want {
				t.Errorf("neutral(%q) = %q, want %q", tt.line, got, tt.want)
			}
		})
	}
}

func TestLineLength(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("a", 5000), strings.Repeat("#", 5000), strings.Repeat("\U0001F600", 5000), strings.Repeat("a", 1000)} {
		if got := len(utf16.Encode([]rune(neutral(text)))); got > maxLine {
			t.Errorf("a line of %d, want at most %d", got, maxLine)
		}
	}
	if got := neutral(strings.Repeat("a", 1001)); got != strings.Repeat("a", 999)+"…" {
		t.Errorf("a cut line ends in %q, want …", got[len(got)-10:])
	}
	if got := neutral(strings.Repeat("a", 1000)); got != strings.Repeat("a", 1000) {
		t.Error("a line of the greatest length is cut")
	}

	l, out := newLog(LogOptions{Agent: true})
	r := sampleRun(func(s string) string { return s + strings.Repeat(" and so on", 100) })
	l.Plan(r.Plan, false)
	printOutcomes(l, r)
	for _, line := range agentLines(out.String()) {
		if n := len([]rune(line)); n > 700 {
			t.Errorf("a line of %d characters: %s", n, line)
		}
	}
}

func TestLogGolden(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options LogOptions
		write   func(l *Log)
	}{
		{"agent", LogOptions{Agent: true}, func(l *Log) { everything(l, same) }},
		{"laptop", LogOptions{}, func(l *Log) {
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
		{"explain", LogOptions{}, func(l *Log) {
			p := dryRun(same).Plan
			p.PullRequests = p.PullRequests[1:2]
			l.Explain(p)
		}},
		{"nothing", LogOptions{Agent: true}, func(l *Log) {
			r := emptyRun(same)
			l.Plan(r.Plan, false)
			l.Counts(r.Summary)
		}},
		{"many", LogOptions{Agent: true}, func(l *Log) {
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
		{"colour", LogOptions{Colour: true, Terminal: true}, func(l *Log) {
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
	l, out := newLog(LogOptions{})
	l.Plan(b.finish(), false)
	for _, want := range []string{`1. #1 "Here" (web, main): policy "CI 1": expired`, `2. #2 "There" (api, main)`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the plan lacks %q:\n%s", want, out.String())
		}
	}
	other.Project.Name = "Bank"
	l, out = newLog(LogOptions{})
	l.Plan(b.finish(), false)
	if want := `2. #2 "There" (Bank/api, main)`; !strings.Contains(out.String(), want) {
		t.Errorf("the plan lacks %q:\n%s", want, out.String())
	}
}

func TestIssueLimit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		errors int
		want   []string // the issues beyond the ninth
		lines  int      // all lines about errors
	}{
		{"nine come as they are", 9, nil, 9},
		{"the tenth is held back and comes at the end", 10, []string{"error 10"}, 11},
		{"the tenth gathers the rest", 12, []string{"3 more: error 10 | error 11 | error 12"}, 13},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, out := newLog(LogOptions{Agent: true})
			for i := range tt.errors {
				l.Error(fmt.Sprintf("error %d", i+1))
			}
			l.Warning("a warning")
			l.FlushIssues()
			l.FlushIssues()
			var issues []string
			lines := 0
			for _, line := range agentLines(out.String()) {
				c, ok := parseAgentCommand(line)
				if ok && c.properties["type"] == "error" {
					issues = append(issues, c.data)
				}
				if !ok || c.properties["type"] == "error" {
					lines++
				}
			}
			if got := issues[min(9, len(issues)):]; !slices.Equal(got, tt.want) {
				t.Errorf("issues after the ninth: %q, want %q", got, tt.want)
			}
			if lines != tt.lines {
				t.Errorf("%d lines, want %d", lines, tt.lines)
			}
		})
	}

	l, out := newLog(LogOptions{Agent: true})
	for range 500 {
		l.Error(strings.Repeat("long text ", 50))
	}
	l.FlushIssues()
	l.Error("after the end")
	if got := strings.Count(out.String(), "##vso[task.logissue"); got != maxIssues {
		t.Errorf("%d issues, want %d", got, maxIssues)
	}
	if !strings.Contains(out.String(), "##[error]after the end") {
		t.Error("an error after FlushIssues is not in the log")
	}

	l, out = newLog(LogOptions{})
	for range 12 {
		l.Error("x")
	}
	l.FlushIssues()
	if got := strings.Count(out.String(), "Error: x\n"); got != 12 {
		t.Errorf("%d lines without an agent, want 12", got)
	}
}

func TestSetVariable(t *testing.T) {
	t.Parallel()
	l, out := newLog(LogOptions{Agent: true})
	l.SetVariable(Variable{"reportPath", "/agent/50%;]\nof\u200bit.json"})
	c, _ := parseAgentCommand(strings.TrimSuffix(out.String(), "\n"))
	want := agentCommand{
		area: "task", event: "setvariable", properties: map[string]string{"variable": "reportPath", "isoutput": "true"},
		data: "/agent/50%;] of it.json",
	}
	if diff := cmp.Diff(want, c, cmp.AllowUnexported(agentCommand{})); diff != "" {
		t.Errorf("SetVariable (-want +got):\n%s", diff)
	}
}

func TestNoCommandsWithoutAgent(t *testing.T) {
	t.Parallel()
	l, out := newLog(LogOptions{})
	l.Mask("a secret")
	l.UploadSummary("/tmp/summary.md")
	l.SetVariable(Variable{"plannedCount", "1"})
	l.Progress(10, "reading")
	l.Group("")
	l.EndGroup()
	if got := strings.TrimSpace(out.String()); got != "" {
		t.Errorf("wrote %q", got)
	}
	l.Line("this is a secret.")
	if got := out.String(); !strings.HasSuffix(got, "this is ***.\n") {
		t.Errorf("wrote %q, want the secret hidden", got)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	l, out := newLog(LogOptions{Agent: true})
	for _, percent := range []int{0, 10, 10, 5, 200} {
		l.Progress(percent, "reading")
	}
	want := "##vso[task.setprogress value=10]reading\n##vso[task.setprogress value=100]reading\n"
	if got := out.String(); got != want {
		t.Errorf("wrote %q, want %q", got, want)
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
	l := New(&brokenWriter{left: 3}, LogOptions{Agent: true})
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
	l := New(&w, LogOptions{Agent: true, Debug: true})
	r := sampleRun(same)
	l.Plan(r.Plan, false)
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			for range 50 {
				l.Line("line %d", i)
				l.Error("x")
				l.Debugf("x")
				l.Outcome(r.Plan.Actions[0], r.Outcomes[0])
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
	l, out := newLog(LogOptions{})
	l.Outcome(r.Plan.Actions[0], r.Outcomes[0])
	if want := "== What happened\n  #101 \"Fix the login\" (main): policy \"CI 1\": re-queued, build 4801, succeeded\n"; out.String() != want {
		t.Errorf("wrote %q, want %q", out.String(), want)
	}
}

// printOutcomes prints the plan's outcomes as the run does, one by one.
func printOutcomes(l *Log, r Run) {
	for i, o := range r.Outcomes {
		l.Outcome(r.Plan.Actions[i], o)
	}
}
