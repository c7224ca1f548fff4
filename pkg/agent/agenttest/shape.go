package agenttest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Lines splits what a task has printed as the agent does: at CR, LF and CRLF.
func Lines(output string) []string {
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

// formattingTags are the tags at the beginning of a line that the agent's page gives a meaning.
func formattingTags() []string {
	return []string{"section", "group", "endgroup", "debug", "error", "warning", "command"}
}

// Shape is what a line is to the agent and to its page, whatever foreign text it carries: "command task.logissue
// type=error", "tag section" or "text". The error says what else could be seen in the line: a command or a tag within
// its text, an invisible character, something that the agent prints of a command.
//
// A test that writes the same output with foreign text and without it compares the shapes of both.
func Shape(line string) (string, error) {
	if r, found := unseen(line); found {
		return "", fmt.Errorf("line %q holds the character %U", line, r)
	}
	c, isCommand := ParseCommand(line)
	if rest, found := strings.CutPrefix(line, commandPrefix); found {
		if !isCommand {
			return "", fmt.Errorf("line %q is a command that does not parse", line)
		}
		if r, found := unseen(c.Data + c.Properties["type"]); found {
			return "", fmt.Errorf("command %q prints the character %U", line, r)
		}
		// The agent prints what it decodes, but for variables, and does not parse it again. Nobody should rely on it.
		if c.Event != "setvariable" && strings.Contains(c.Data, "##") {
			return "", fmt.Errorf("command %q prints ##", line)
		}
		header, _, _ := strings.Cut(rest, "]")
		return "command " + header, nil
	}
	if rest, found := strings.CutPrefix(line, "##["); found {
		tag, text, _ := strings.Cut(rest, "]")
		if slices.Contains(formattingTags(), tag) && !strings.Contains(text, "##") {
			return "tag " + tag, nil
		}
		return "", fmt.Errorf("line %q has a tag that the page does not know, or another one in its text", line)
	}
	if strings.Contains(line, "##") {
		return "", fmt.Errorf("line %q holds ##", line)
	}
	if isCommand {
		return "", fmt.Errorf("line %q is a command", line)
	}
	return "text", nil
}

// Hostile are texts of strangers that could be taken for commands or tags, end a line, or hide something: what a fuzz target
// for a task's output starts from.
func Hostile() []string {
	return []string{
		"", "plain", "##vso[task.complete result=Skipped]", "###vso[task.complete result=Skipped;done=true]",
		"#", "##", "a\r\n##vso[task.setvariable variable=x]y", "\u2028##[error]x", "\u0085##[group]", "#\u200b#vso[task.debug]",
		"#\u00ad#vso[build.addbuildtag]x", "\u202e]osv##", "%0A##vso[task.debug]", "%0D%0A", "];result=Failed", ";isoutput=false",
		"\xff\xfe##vso[\xff", "\x1b[31mred\x1b[0m", "\x00", "##VSO[task.complete]", "\ufeff##vso[task.complete]", "#\ufe0f#vso[task.complete]",
		"%AZP25", "%3B%5D", strings.Repeat("#", 1100), strings.Repeat("\U0001F600", 550), strings.Repeat("a", 999) + "##",
	}
}

// unseen finds a character that ends a line, moves the cursor or cannot be seen.
func unseen(text string) (rune, bool) {
	for _, r := range text {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return r, true
		}
	}
	return 0, false
}
