package agenttest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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

// commandAreas lists the areas of commands, with the kinds of job that take them.
func commandAreas() map[string][]Host {
	all := []Host{Build, Release, Deployment, Gates}
	return map[string][]Host{
		"task": all, "build": all, "artifact": {Build, Release}, "release": {Release, Deployment}, "results": all,
		"codecoverage": {Build}, "telemetry": all,
	}
}

// restrictedEvents lists the known commands: true for those that a restricted step may use.
func restrictedEvents() map[string]bool {
	return map[string]bool{
		"task.logissue": true, "task.issue": true, "task.logdetail": true, "task.complete": true, "task.setprogress": true,
		"task.setsecret": true, "task.setvariable": true, "task.debug": true, "task.settaskvariable": true,
		"task.prependpath": true, "telemetry.publish": true,
		"task.uploadsummary": false, "task.uploadfile": false, "task.addattachment": false, "task.setendpoint": false,
		"build.uploadlog": false, "build.updatebuildnumber": false, "build.addbuildtag": false, "build.uploadsummary": false,
		"artifact.upload": false, "artifact.associate": false, "release.updatereleasename": false, "results.publish": false,
		"codecoverage.publish": false,
	}
}

// process carries out a command; an error is what the agent's command throws.
func (s *session) process(c Command) (refused bool, err error) {
	allowed, known := restrictedEvents()[c.Name()]
	if !known {
		return false, fmt.Errorf("##vso[%s] is not a recognized command for %s command extension", c.Name(), c.Area)
	}
	restricted := s.step.Restricted || strings.EqualFold(s.prepared.definition.Restrictions.Commands.Mode, "restricted")
	if restricted && !allowed {
		s.warning(fmt.Sprintf("##vso[%s] is not allowed in this step due to policy restrictions.", c.Name()))
		return true, nil
	}
	switch c.Name() {
	case "task.logissue", "task.issue":
		return false, s.logIssue(c)
	case "task.complete":
		return false, s.complete(c)
	case "task.setprogress":
		percent, _ := strconv.Atoi(c.Properties["value"]) // what is no number counts as zero
		s.setProgress(percent)
	case "task.setsecret":
		if c.Data != "" {
			s.addSecret(c.Data)
			s.announced = append(s.announced, c.Data)
		}
	case "task.setvariable":
		return s.setVariable(c)
	case "task.prependpath":
		return !s.settable("PATH"), nil
	case "task.logdetail":
		return false, s.logDetail(c)
	case "task.debug":
		if s.debug {
			s.print("##[debug]" + c.Data)
		}
	case "task.uploadsummary":
		if err := attachment(c.Data); err != nil {
			return false, err
		}
		s.uploads = append(s.uploads, c.Data)
	case "task.uploadfile", "task.addattachment":
		return false, attachment(c.Data)
	}
	return false, nil
}

func (s *session) logIssue(c Command) error {
	text := c.Data
	if path := c.Properties["sourcepath"]; path != "" {
		text = fmt.Sprintf("%s(%s,%s): %s %s: %s", path, c.Properties["linenumber"], c.Properties["columnnumber"],
			c.Properties["type"], c.Properties["code"], text)
	}
	switch strings.ToLower(c.Properties["type"]) {
	case "error":
		s.error(text)
	case "warning":
		s.warning(text)
	case "":
		s.warning("Can't create TaskIssue from logging event.")
	default:
		return fmt.Errorf("issue type %s is not an expected issue type", c.Properties["type"])
	}
	return nil
}

func (s *session) complete(c Command) error {
	result, ok := parseResult(c.Properties["result"])
	if !ok {
		return fmt.Errorf("command doesn't have valid result value: %q", c.Properties["result"])
	}
	s.result = mergeResults(s.result, result)
	s.setProgress(100)
	if strings.EqualFold(c.Properties["done"], "true") {
		select {
		case <-s.done:
		default:
			close(s.done)
		}
	}
	return nil
}

// setProgress never goes back.
func (s *session) setProgress(percent int) {
	percent = min(max(percent, 0), 100)
	if n := len(s.progress); n > 0 {
		percent = max(percent, s.progress[n-1])
	}
	s.progress = append(s.progress, percent)
}

func (s *session) setVariable(c Command) (refused bool, err error) {
	name := c.Properties["variable"]
	if name == "" {
		return false, errors.New("required field 'variable' is missing in ##vso[task.setvariable] command")
	}
	is := func(property string) bool { return strings.EqualFold(c.Properties[property], "true") }
	if is("issecret") && strings.ContainsAny(c.Data, "\r\n") && !s.prepared.variables.isTrue("SYSTEM_UNSAFEALLOWMULTILINESECRET") {
		return false, errors.New("secrets cannot contain multiple lines")
	}
	if !s.settable(name) {
		return true, nil
	}
	if err := s.writable(name); err != nil {
		return false, err
	}
	if is("issecret") && c.Data != "" {
		s.addSecret(c.Data)
	}
	if is("isoutput") || s.prepared.definition.outputVariable(name) {
		s.outputs[name] = c.Data
		return false, nil
	}
	s.variables[name] = c.Data
	return false, nil
}

// settable asks the restrictions of task.json and of the step.
func (s *session) settable(name string) bool {
	lists := [][]string{s.step.SettableVariables}
	if declared := s.prepared.definition.Restrictions.SettableVariables; declared != nil {
		lists = append(lists, declared.Allowed)
	}
	for _, list := range lists {
		matches := func(pattern string) bool { return matchPattern(pattern, name) }
		if list != nil && !slices.ContainsFunc(list, matches) {
			s.warning(fmt.Sprintf("Setting variable '%s' has been disabled by the task or build definition.", name))
			return false
		}
	}
	return true
}

// writable guards the variables of the job itself.
func (s *session) writable(name string) error {
	_, exists := s.prepared.variables.value(name)
	area, _, dotted := strings.Cut(strings.ToLower(name), ".")
	if !exists || !dotted || !slices.Contains([]string{"agent", "build", "release", "system"}, area) {
		return nil
	}
	text := fmt.Sprintf("Overwriting readonly variable '%s' is not permitted", name)
	if s.prepared.variables.isTrue("agent.readOnlyVariables") {
		return errors.New(text)
	}
	s.warning(text)
	return nil
}

// matchPattern matches a name against a pattern with "*" and "?", whatever the case.
func matchPattern(pattern, name string) bool {
	expr := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	ok, err := regexp.MatchString(`(?is)\A`+expr+`\z`, name)
	return err == nil && ok
}

// guid is the form of an ID in task.logdetail.
const guid = `(?i)\A\{?[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?\z`

func (s *session) logDetail(c Command) error {
	id := strings.ToLower(c.Properties["id"])
	if ok, err := regexp.MatchString(guid, id); err != nil || !ok {
		return errors.New("can't update timeline record, timeline record id is missing")
	}
	if !s.records[id] && (c.Properties["name"] == "" || c.Properties["type"] == "") {
		return errors.New("name and type are required for this new timeline record")
	}
	s.records[id] = true
	return nil
}

// attachment checks the file of an upload; the agent reads it later.
func attachment(path string) error {
	info, err := os.Stat(path)
	if path == "" || err != nil || info.IsDir() {
		return fmt.Errorf("cannot upload attachment file, attachment file location is not specified or attachment file not exist on disk: %q", path)
	}
	return nil
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
