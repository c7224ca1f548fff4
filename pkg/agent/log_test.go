package agent

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
)

func newLog(o LogOptions) (*Log, *bytes.Buffer) {
	var out bytes.Buffer
	return NewLog(&out, o), &out
}

// everything goes through every way that a Log has, with text wherever a stranger can write.
func everything(l *Log, text string) {
	l.Section(text)
	l.Line("a line about %s#%s", text, text)
	l.Group(text)
	l.EndGroup()
	l.Debugf("debug %s", text)
	for range maxIssues + 2 {
		l.Error(text)
		l.Warning("warning: " + text)
	}
	l.Progress(50, text)
	l.FlushIssues()
	l.SetVariable(Variable{"path", text})
	l.UploadSummary("/agent/_temp/summary.md")
	l.CompleteWithIssues(text)
}

func shapes(t *testing.T, output string) []string {
	t.Helper()
	var all []string
	for _, line := range agenttest.Lines(output) {
		shape, err := agenttest.Shape(line)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, shape)
	}
	return all
}

// FuzzLines: whatever a stranger writes, an agent sees the same commands, tags and lines.
func FuzzLines(f *testing.F) {
	for _, text := range agenttest.Hostile() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, foreign string) {
		for _, onAgent := range []bool{true, false} {
			// Texts of one length, since what the last issue cannot hold whole is told again.
			benign, benignOut := newLog(LogOptions{Agent: onAgent, Debug: true})
			everything(benign, strings.Repeat("x", maxLine))
			l, out := newLog(LogOptions{Agent: onAgent, Debug: true})
			everything(l, strings.Repeat("x", maxLine)+foreign)
			if diff := cmp.Diff(shapes(t, benignOut.String()), shapes(t, out.String())); diff != "" {
				t.Fatalf("foreign text changed what the agent sees (-want +got):\n%s", diff)
			}
			l, out = newLog(LogOptions{Agent: onAgent, Debug: true})
			everything(l, foreign)
			shapes(t, out.String())
			if !onAgent && strings.Contains(out.String(), "##") {
				t.Fatalf("commands or tags without an agent:\n%s", out.String())
			}
		}
	})
}

// oneWrite takes one line at a time, some of them and then none.
type oneWrite struct {
	left int
	torn string // a write that is not one line
}

func (w *oneWrite) Write(p []byte) (int, error) {
	if text := string(p); strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		w.torn = text
	}
	if w.left--; w.left < 0 {
		return 0, fmt.Errorf("write %d failed", -w.left)
	}
	return len(p), nil
}

func TestEachLineIsOneWrite(t *testing.T) {
	t.Parallel()
	w := oneWrite{left: 1 << 20}
	l := NewLog(&w, LogOptions{Agent: true, Debug: true})
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 20 {
				everything(l, "x")
				l.Mask("secret")
			}
		})
	}
	running.Wait()
	if w.torn != "" || l.Err() != nil {
		t.Errorf("one write holds %q, Err() = %v", w.torn, l.Err())
	}
}

func TestFirstWriteError(t *testing.T) {
	t.Parallel()
	l := NewLog(&oneWrite{left: 3}, LogOptions{Agent: true})
	everything(l, "x")
	if err := l.Err(); err == nil || !strings.Contains(err.Error(), "write 1 failed") {
		t.Errorf("Err() = %v, want the first error", err)
	}
}

func FuzzCommand(f *testing.F) {
	for _, text := range agenttest.Hostile() {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, value, data string) {
		line := Command{Name: "task.logissue", Properties: []Property{{"type", "error"}, {"code", value}}, Data: data}.String()
		if strings.ContainsAny(line, "\r\n") {
			t.Fatalf("%q is more than one line", line)
		}
		got, ok := agenttest.ParseCommand(line)
		want := agenttest.Command{Area: "task", Event: "logissue", Properties: map[string]string{"type": "error"}, Data: data, Line: line}
		if value != "" {
			want.Properties["code"] = value
		}
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Fatalf("%q does not come back (-want +got):\n%s", line, diff)
		}
	})
}

func FuzzMask(f *testing.F) {
	for _, text := range agenttest.Hostile() {
		f.Add(text)
	}
	f.Add("secret")
	f.Add("{\n  \"key\": \"value\"\n}")
	f.Fuzz(func(t *testing.T, secret string) {
		l, out := newLog(LogOptions{Agent: true})
		l.Mask(Secret(secret))
		for _, line := range agenttest.Lines(out.String()) {
			c, ok := agenttest.ParseCommand(line)
			if !ok || !strings.HasPrefix(line, "##vso[task.setsecret]") || strings.ContainsAny(c.Data, "\r\n") || c.Data == "" {
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
		{"the tenth is held back and comes at the end", 10, []string{"error 10"}, 10},
		{"the tenth gathers the rest", 12, []string{"3 more: error 10 | error 11 | error 12"}, 10},
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
			for _, line := range agenttest.Lines(out.String()) {
				c, ok := agenttest.ParseCommand(line)
				if ok && c.Properties["type"] == "error" {
					issues = append(issues, c.Data)
				}
				if !ok || c.Properties["type"] == "error" {
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
	if got := strings.Count(out.String(), strings.TrimSpace(strings.Repeat("long text ", 50))); got != 500 {
		t.Errorf("500 texts are %d times in the log", got)
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
	line := strings.TrimSuffix(out.String(), "\n")
	c, _ := agenttest.ParseCommand(line)
	want := agenttest.Command{
		Area: "task", Event: "setvariable", Properties: map[string]string{"variable": "reportPath", "isoutput": "true"},
		Data: "/agent/50%;] of it.json", Line: line,
	}
	if diff := cmp.Diff(want, c); diff != "" {
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
