package main

import (
	"fmt"
	"regexp"
	"strings"
)

// parts returns everything that can stand between markers.
func (d definition) parts() map[string]string {
	return map[string]string{
		"inputs":  d.inputsTable(),
		"outputs": d.outputsTable(),
		"snippet": d.snippet(),
	}
}

// inputsTable lists every input in the order of task.json, under its group.
func (d definition) inputsTable() string {
	var b strings.Builder
	b.WriteString("| input | value, default | meaning |\n| --- | --- | --- |\n")
	for _, g := range d.Groups {
		title := "**" + g.DisplayName + "**"
		fmt.Fprintf(&b, "| %s | | %s |\n", cell(title), cell(shownWhen(g.VisibleRule)))
		for _, in := range d.InputsOf(g) {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", in.Name, cell(in.values()), cell(in.HelpMarkDown))
		}
	}
	return b.String()
}

func shownWhen(rule string) string {
	if rule == "" {
		return ""
	}
	return "shown in the editor when `" + rule + "`"
}

// values says what may be written, with the default marked.
func (in input) values() string {
	defaultText := in.DefaultText()
	if len(in.Options) > 0 {
		words := make([]string, len(in.Options))
		for i, option := range in.Options {
			words[i] = "`" + option.Value + "`"
			if option.Value == defaultText {
				words[i] += " (default)"
			}
		}
		return strings.Join(words, ", ")
	}
	if defaultText == "" {
		return in.kind() + ", blank"
	}
	return in.kind() + ", `" + defaultText + "`"
}

func (in input) kind() string {
	kind, connection, found := strings.Cut(in.Type, ":")
	switch {
	case found:
		return "service connection (" + connection + ")"
	case kind == "multiLine":
		return "list"
	}
	return kind
}

// cell makes a text fit into a table.
func cell(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	text = strings.ReplaceAll(text, "|", `\|`)
	text = strings.ReplaceAll(text, "\n\n", "<br>")
	return strings.ReplaceAll(text, "\n", " ")
}

func (d definition) outputsTable() string {
	var b strings.Builder
	b.WriteString("| output variable | value |\n| --- | --- |\n")
	for _, out := range d.OutputVariables {
		fmt.Fprintf(&b, "| `%s` | %s |\n", out.Name, cell(out.Description))
	}
	return b.String()
}

// shown is the one input of the snippet that is no comment: a key with comments alone under it has no value, which tools
// for pipelines refuse.
const shown = "when"

// snippet is a step with every input and its default, commented out since all are optional.
func (d definition) snippet() string {
	var b strings.Builder
	fmt.Fprintf(&b, "```yaml\n# %s\n# %s\n- task: %s\n", d.FriendlyName, firstLine(d.Description), d.reference())
	b.WriteString("  name: requeue # needed to read the output variables\n  inputs:\n")
	for i, g := range d.Groups {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "    # %s\n", g.DisplayName)
		for _, in := range d.InputsOf(g) {
			value := in.DefaultText()
			if value != "" && in.Type != "boolean" {
				value = "'" + strings.ReplaceAll(value, "'", "''") + "'"
			}
			mark := "#"
			if in.Name == shown {
				mark = ""
			}
			fmt.Fprintf(&b, "    %s%s: %s\n", mark, in.Name, strings.TrimSpace(value+" # "+in.comment(g)))
		}
	}
	b.WriteString("```\n")
	return b.String()
}

// The sentences of a help text that the snippet repeats; parentheses explain a word.
var (
	allowedPart = regexp.MustCompile(`Allowed: (.*?)(?:;|\.(?:\s|$))`)
	perLinePart = regexp.MustCompile(`(?i)\bone per line\b`)
	blankPart   = regexp.MustCompile("Blank(?: or `0`)?: (.*?)\\.(?:\\s|$)")
	examplePart = regexp.MustCompile("Example: (`[^`]+`(?: or `[^`]+`)*)")
	parentheses = regexp.MustCompile(`\s*\([^)]*\)`)
)

// comment says what may stand in the line of an input.
func (in input) comment(g group) string {
	kind := in.kind()
	if len(in.Options) > 0 {
		words := make([]string, len(in.Options))
		for i, option := range in.Options {
			words[i] = "'" + option.Value + "'"
		}
		kind = strings.Join(words, " | ")
	}
	words := []string{kind + ".", strings.TrimSuffix(in.Label, ".") + "."}
	allowed := allowedPart.FindStringSubmatch(parentheses.ReplaceAllString(in.HelpMarkDown, ""))
	if allowed != nil && len(in.Options) == 0 && in.Type != "boolean" {
		words = append(words, "Allowed: "+strings.ReplaceAll(allowed[1], "`", "")+".")
	}
	if perLinePart.MatchString(in.HelpMarkDown) {
		words = append(words, "One per line.")
	}
	for _, rule := range []string{g.VisibleRule, in.VisibleRule} {
		if rule != "" {
			words = append(words, "Used if `"+rule+"`.")
		}
	}
	if value := in.DefaultText(); value != "" {
		words = append(words, "Default: "+value+".")
		return strings.Join(words, " ")
	}
	// Without a default, what blank means and an example say the most. YAML takes a leading * or ! for something else, so
	// examples are quoted.
	if blank := blankPart.FindStringSubmatch(in.HelpMarkDown); blank != nil {
		words = append(words, "Blank: "+strings.ReplaceAll(blank[1], "`", "")+".")
	}
	if example := examplePart.FindStringSubmatch(in.HelpMarkDown); example != nil {
		words = append(words, "Example: "+strings.ReplaceAll(example[1], "`", "'")+".")
	}
	return strings.Join(words, " ")
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
