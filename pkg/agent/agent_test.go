package agent

import (
	"strings"
	"testing"
)

// What follows reads a task's output as the agent does. It is written from the agent's own sources
// (Microsoft.VisualStudio.Services.Agent/Command.cs, Agent.Sdk/CommandStringConvertor.cs) and shares no code with the
// package, so that a mistake in one is not repeated in the other.

// agentCommand is a logging command as the agent takes it out of a line.
type agentCommand struct {
	area, event string
	properties  map[string]string
	data        string
}

// agentLines splits as StreamReader.ReadLine does: at CR, LF and CRLF.
func agentLines(output string) []string {
	var lines []string
	for output != "" {
		end := strings.IndexAny(output, "\r\n")
		if end < 0 {
			return append(lines, output)
		}
		lines = append(lines, output[:end])
		if strings.HasPrefix(output[end:], "\r\n") {
			end++
		}
		output = output[end+1:]
	}
	return lines
}

// parseAgentCommand is Command.TryParse: the prefix may be anywhere in the line.
func parseAgentCommand(line string) (agentCommand, bool) {
	const prefix = "##vso["
	at := strings.Index(line, prefix)
	if at < 0 {
		return agentCommand{}, false
	}
	end := strings.IndexByte(line[at:], ']')
	if end < 0 {
		return agentCommand{}, false
	}
	header := line[at+len(prefix) : at+end]
	name, rest, _ := strings.Cut(header, " ")
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '.' })
	if len(parts) != 2 || name != parts[0]+"."+parts[1] {
		return agentCommand{}, false
	}
	c := agentCommand{area: strings.ToLower(parts[0]), event: strings.ToLower(parts[1]), properties: map[string]string{}}
	for pair := range strings.SplitSeq(rest, ";") {
		if pair == "" {
			continue
		}
		key, value, found := strings.Cut(pair, "=")
		if found && value != "" {
			c.properties[strings.ToLower(key)] = unescapeAgent(value)
		}
	}
	c.data = unescapeAgent(line[at+end+1:])
	return c, true
}

// unescapeAgent is CommandStringConvertor.Unescape with percents decoded: one replacement after the other, upper case
// only, the percent last.
func unescapeAgent(escaped string) string {
	for _, pair := range [][2]string{{"%3B", ";"}, {"%0D", "\r"}, {"%0A", "\n"}, {"%5D", "]"}, {"%AZP25", "%"}} {
		escaped = strings.ReplaceAll(escaped, pair[0], pair[1])
	}
	return escaped
}

func TestAgentParser(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line string
		want string // area.event, "" for none
		data string
	}{
		{line: "hello"},
		{line: "##vso[task.complete]done", want: "task.complete", data: "done"},
		{line: ">>> ##vso[task.complete result=Skipped;]", want: "task.complete"},
		{line: "##vso[task]x"},
		{line: "##vso[.task]x"},
		{line: "##VSO[task.complete]x"},
		{line: "###vso[task.debug]a%0Db%3B%AZP250A", want: "task.debug", data: "a\rb;%0A"},
	}
	for _, tt := range tests {
		c, ok := parseAgentCommand(tt.line)
		if ok != (tt.want != "") || ok && (c.area+"."+c.event != tt.want || c.data != tt.data) {
			t.Errorf("parseAgentCommand(%q) = %+v, %t; want %q with data %q", tt.line, c, ok, tt.want, tt.data)
		}
	}
}
