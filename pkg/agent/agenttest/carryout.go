package agenttest

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

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
