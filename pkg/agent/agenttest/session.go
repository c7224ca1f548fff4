package agenttest

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// maxIssues is how many issues of a kind the agent keeps for a step.
const maxIssues = 10

// session is what the agent keeps while a step runs: it takes the lines of both streams, one at a time.
type session struct {
	step       Step
	prepared   prepared
	decode     bool // percent signs
	debug      bool // System.Debug
	onLine     func(stream, line string)
	done       chan struct{} // closed by task.complete with done=true
	mu         sync.Mutex
	raw        []rawLine
	log        []string
	errors     []string
	warnings   []string
	dropped    int
	secrets    []string // longest first
	announced  []string // by task.setsecret
	outputs    map[string]string
	variables  map[string]string
	uploads    []string
	progress   []int
	commands   []Command
	records    map[string]bool // of task.logdetail
	result     string
	commandEnd string // the result of commands that failed, merged in at the end
	closed     bool
}

// rawLine is a line as the process wrote it.
type rawLine struct {
	stream, text string
	setsecret    bool
}

func newSession(s Step, p prepared) *session {
	debug := p.variables.isTrue("system.debug")
	decode, ok := p.variables.value("DECODE_PERCENTS")
	return &session{
		step: s, prepared: p, debug: debug, decode: !ok || !strings.EqualFold(decode, "false"), onLine: s.OnLine,
		done: make(chan struct{}), secrets: longestFirst(p.secrets),
		outputs: map[string]string{}, variables: map[string]string{}, records: map[string]bool{},
	}
}

// line takes one line of a stream.
func (s *session) line(stream, text string) {
	s.mu.Lock()
	if !s.closed {
		s.take(stream, text)
	}
	s.mu.Unlock()
	if s.onLine != nil {
		s.onLine(stream, text)
	}
}

func (s *session) take(stream, text string) {
	command, ok := parseCommand(text, s.decode)
	s.raw = append(s.raw, rawLine{stream, text, ok && command.Name() == "task.setsecret"})
	if !ok {
		if strings.Contains(text, "##vso") {
			s.warning(fmt.Sprintf("'%s' contains logging command keyword '##vso', but it's not a legal command.", text))
		}
		s.print(text)
		return
	}
	hosts, known := commandAreas()[command.Area]
	if !known {
		s.commands = append(s.commands, command)
		s.warning(fmt.Sprintf("Can't find command extension for ##vso[%s.command].", command.Area))
		return
	}
	if !slices.Contains(hosts, s.step.Job.host()) {
		s.commands = append(s.commands, command)
		s.error(fmt.Sprintf("##vso[%s.command] is not supported for %s.", command.Area, s.step.Job.host()))
		s.commandEnd = Failed
		s.print(text)
		return
	}
	refused, err := s.process(command)
	command.Refused = refused
	s.commands = append(s.commands, command)
	if err != nil {
		s.error(fmt.Sprintf("Unable to process command '%s' successfully.", text))
		s.error(err.Error())
		s.commandEnd = Failed
	}
	if s.debug && command.Name() != "task.debug" {
		s.print("##[debug]Processed: " + text)
	}
}

// error and warning print an issue and keep the first ten of its kind.
func (s *session) error(text string)   { s.issue(&s.errors, "##[error]", text) }
func (s *session) warning(text string) { s.issue(&s.warnings, "##[warning]", text) }

func (s *session) issue(list *[]string, tag, text string) {
	if len(*list) < maxIssues {
		*list = append(*list, s.mask(text))
	} else {
		s.dropped++
	}
	s.print(tag + text)
}

// print adds to the log what a person sees.
func (s *session) print(text string) {
	s.log = append(s.log, strings.Split(strings.ReplaceAll(s.mask(text), "\r\n", "\n"), "\n")...)
}

// mask hides the secrets that are known by now.
func (s *session) mask(text string) string {
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}

// addSecret hides a value from now on.
func (s *session) addSecret(value string) { s.secrets = longestFirst(append(s.secrets, value)) }

// finish works out the step's result.
func (s *session) finish(r *Result, end ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case end.timedOut:
		s.error("The task has timed out.")
		s.result = Failed
	case end.canceled:
		s.result = Canceled
	case end.unread: // task.complete with done=true: nobody looks at the exit code
	case end.exitCode != 0:
		s.error(fmt.Sprintf("Exit code %d returned from process: file name '%s', arguments '%s'.", end.agentCode(), end.file, end.arguments))
		s.result = Failed
	}
	if s.commandEnd != "" {
		s.result = mergeResults(s.result, s.commandEnd)
	}
	if s.result == "" {
		s.result = Succeeded
	}
	s.closed = true
	r.Result = s.result
	r.Log, r.Errors, r.Warnings, r.IssuesDropped = s.log, s.errors, s.warnings, s.dropped
	r.Variables, r.JobVariables = s.outputs, s.variables
	r.Secrets, r.Progress, r.Commands = s.announced, s.progress, s.commands
	r.Uploads = s.uploads
	var summary []string
	for _, path := range s.uploads {
		data, err := fs.ReadFile(os.DirFS(filepath.Dir(path)), filepath.Base(path))
		if err != nil {
			r.Lost = append(r.Lost, path)
			continue
		}
		summary = append(summary, string(data))
	}
	r.Summary = strings.Join(summary, "\n")
	s.addRaw(r)
}

// addRaw adds the raw streams and what they give away.
func (s *session) addRaw(r *Result) {
	var out, errOut strings.Builder
	for _, line := range s.raw {
		b := &out
		if line.stream == "stderr" {
			b = &errOut
		}
		b.WriteString(line.text)
		b.WriteByte('\n')
		if line.setsecret {
			continue
		}
		for _, form := range leaks(line.text, s.secrets) {
			r.Leaks = append(r.Leaks, fmt.Sprintf("%s shows a secret (%s): %s", line.stream, form, s.mask(line.text)))
		}
	}
	r.Stdout, r.Stderr = out.String(), errOut.String()
	for _, form := range leaks(r.Summary, s.secrets) {
		r.Leaks = append(r.Leaks, fmt.Sprintf("the summary shows a secret (%s)", form))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Variables)) {
		for _, form := range leaks(r.Variables[name], s.secrets) {
			r.Leaks = append(r.Leaks, fmt.Sprintf("output variable %s holds a secret (%s)", name, form))
		}
	}
}
