package agent

import "strings"

// Command is an agent logging command, "##vso[area.event key=value;key=value]data".
type Command struct {
	Name       string // "task.setvariable"
	Properties []Property
	Data       string
}

// Property is one key=value of a Command; the agent drops those without a value, so String does too.
type Property struct{ Key, Value string }

// String is the wire format, one line without its end. Names and keys are ours and written as they are; values and data
// are escaped as azure-pipelines-task-lib does it (node/taskcommand.ts, escape and escapedata), for the agent splits
// first and unescapes then.
func (c Command) String() string {
	var out strings.Builder
	out.WriteString("##vso[" + c.Name)
	separator := " "
	for _, p := range c.Properties {
		if p.Value == "" {
			continue
		}
		out.WriteString(separator + p.Key + "=" + escapeValue(p.Value))
		separator = ";"
	}
	out.WriteString("]" + escapeData(c.Data))
	return out.String()
}

// A Replacer never looks at what it has put in, so "%" need not come first as it does in a chain of replacements.
func escapeData(text string) string {
	return strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func escapeValue(text string) string {
	return strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A", "]", "%5D", ";", "%3B").Replace(text)
}
