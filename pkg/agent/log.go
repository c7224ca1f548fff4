package agent

import (
	"fmt"
	"io"
	"strconv"
	"sync"
)

// LogOptions say for whom a Log writes.
type LogOptions struct {
	// Agent lets commands and formatting tags through; nobody else reads them.
	Agent bool
	// Debug lets Debugf through.
	Debug bool
	// Colour marks errors, warnings and sections where there is no agent to do it.
	Colour bool
	// Terminal shows the progress in place where there is no agent to do it.
	Terminal bool
	// Width is how many columns the terminal has now; nil, or 0 and less, where nobody knows.
	Width func() int
}

// Log is the one writer of a run. Each line is neutralised when it is finished and written with a single Write. It is
// safe for concurrent use.
type Log struct {
	options LogOptions
	masker  Masker

	mu       sync.Mutex
	w        io.Writer
	err      error
	progress int // the last percentage
	shown    int // width of the progress line on the terminal
	errors   issues
	warnings issues
}

// NewLog returns a Log that writes to w.
func NewLog(w io.Writer, o LogOptions) *Log {
	return &Log{options: o, w: w, errors: issues{kind: kindError}, warnings: issues{kind: kindWarning}}
}

// Err is the first error of the writer, if any. Lines after it are tried all the same.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Line writes one line for people. Line breaks in it become blanks.
func (l *Log) Line(format string, a ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line(fmt.Sprintf(format, a...))
}

// Section writes a heading.
func (l *Log) Section(title string) { l.tagged("section", "== ", bold, title) }

// Group begins lines that the agent's page folds.
func (l *Log) Group(title string) { l.tagged("group", "", "", title) }

// EndGroup ends the lines of Group.
func (l *Log) EndGroup() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.options.Agent {
		l.write("##[endgroup]")
	}
}

// Debugging reports whether Debugf writes anything.
func (l *Log) Debugging() bool { return l.options.Debug }

// Debugf writes a line that only a debugging user sees.
func (l *Log) Debugf(format string, a ...any) {
	if l.options.Debug {
		l.tagged("debug", "debug: ", "", fmt.Sprintf(format, a...))
	}
}

// Mask keeps secrets out of the log: the agent's, by task.setsecret for each line and each encoded form of a secret, and
// our own, where lines and issues show "***" instead; see Masker. It writes nothing without an agent.
func (l *Log) Mask(secrets ...Secret) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, text := range l.masker.Add(secrets...) {
		if l.options.Agent {
			l.write(Command{Name: "task.setsecret", Data: text}.String())
		}
	}
}

// Hide takes the secrets of Mask out of a text that goes elsewhere, such as into a file. The agent masks secrets in its
// log only.
func (l *Log) Hide(text string) string { return l.masker.Hide(text) }

// Variable is an output variable.
type Variable struct{ Name, Value string }

// SetVariable sets an output variable of the step.
func (l *Log) SetVariable(v Variable) {
	if !l.options.Agent {
		l.Debugf("output variable %s = %s", v.Name, v.Value)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write(Command{
		Name:       "task.setvariable",
		Properties: []Property{{"variable", v.Name}, {"isoutput", "true"}},
		Data:       Clean(v.Value),
	}.String())
}

// CompleteWithIssues makes SucceededWithIssues the step's result. Failure is told by the exit code alone: a
// task.complete with Failed would outlive a successful retryCountOnTaskFailure.
func (l *Log) CompleteWithIssues(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.options.Agent {
		l.line("Succeeded with issues: " + text)
		return
	}
	l.write(Command{
		Name: "task.complete", Properties: []Property{{"result", "SucceededWithIssues"}}, Data: l.finish(text),
	}.String())
}

// UploadSummary hands the Markdown file to the agent, which reads it later: it has to stay where it is.
func (l *Log) UploadSummary(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.options.Agent {
		l.write(Command{Name: "task.uploadsummary", Data: path}.String())
	}
}

// Progress shows how far the run is, in percent, which never goes back. Without an agent it appears on a terminal
// alone, in place.
func (l *Log) Progress(percent int, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	percent = min(max(percent, 0), 100)
	switch {
	case l.options.Agent:
		if percent <= l.progress {
			return
		}
		l.progress = percent
		l.write(Command{
			Name: "task.setprogress", Properties: []Property{{"value", strconv.Itoa(percent)}}, Data: l.finish(text),
		}.String())
	case l.options.Terminal:
		l.progress = max(percent, l.progress)
		l.inPlace(fmt.Sprintf("%3d %% %s", l.progress, text))
	}
}

// tagged writes a line of ours under a formatting tag, or with a plain mark where there is no agent.
func (l *Log) tagged(tag, mark, colour, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tag(tag, mark, colour, text)
}

func (l *Log) tag(tag, mark, colour, text string) {
	switch {
	case l.options.Agent:
		// The text is neutralised behind its tag, so the seam cannot hold a "##" either: a tag ends in "]".
		l.write("##[" + tag + "]" + l.finish(text))
	case l.options.Colour && colour != "":
		l.write(colour + l.finish(mark+text) + reset)
	default:
		l.line(mark + text)
	}
}

const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

// line writes a line for people; the lock is held.
func (l *Log) line(text string) { l.write(l.finish(text)) }

// finish hides secrets and makes a line harmless, or the data of a command, which the agent prints decoded. It hides again
// what a blank between two "#" has completed.
func (l *Log) finish(line string) string { return l.masker.Hide(neutral(l.masker.Hide(line))) }

// write sends one finished line.
func (l *Log) write(line string) { l.send(l.erase() + line + "\n") }

func (l *Log) send(text string) {
	if _, err := io.WriteString(l.w, text); err != nil && l.err == nil {
		l.err = fmt.Errorf("write the log: %w", err)
	}
}
