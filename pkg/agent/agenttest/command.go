package agenttest

import "strings"

// Command is a logging command, "##vso[area.event key=value;...]data", as the agent reads it.
type Command struct {
	Area, Event string            // lower case
	Properties  map[string]string // keys in lower case
	Data        string
	// Line is the whole line as it was printed.
	Line string
	// Refused says that a restriction kept the command from being carried out.
	Refused bool
}

// Name is "area.event".
func (c Command) Name() string { return c.Area + "." + c.Event }

// commandPrefix starts a command anywhere in a line.
const commandPrefix = "##vso["

// ParseCommand reads the command in a line. The prefix may stand anywhere, only the first one counts, the header ends at
// the first "]", and all the rest is data.
func ParseCommand(line string) (Command, bool) { return parseCommand(line, true) }

func parseCommand(line string, decodePercents bool) (Command, bool) {
	_, rest, ok := strings.Cut(line, commandPrefix)
	if !ok {
		return Command{}, false
	}
	header, data, ok := strings.Cut(rest, "]")
	if !ok {
		return Command{}, false
	}
	name, properties, _ := strings.Cut(header, " ")
	areaEvent := nonEmpty(strings.Split(name, "."))
	if len(areaEvent) != 2 {
		return Command{}, false
	}
	c := Command{
		Area:       strings.ToLower(areaEvent[0]),
		Event:      strings.ToLower(areaEvent[1]),
		Properties: map[string]string{},
		Data:       unescape(data, decodePercents),
		Line:       line,
	}
	for property := range strings.SplitSeq(properties, ";") {
		// Empty parts do not count on either side of the "=": "=a==b" is a=b.
		key, value, _ := strings.Cut(strings.TrimLeft(property, "="), "=")
		if value = strings.TrimLeft(value, "="); value != "" {
			c.Properties[strings.ToLower(key)] = unescape(value, decodePercents)
		}
	}
	return c, true
}

// unescape undoes the escapes of values and data in the agent's order, percent signs last. %25 is no escape.
func unescape(text string, decodePercents bool) string {
	for _, pair := range [][2]string{{"%3B", ";"}, {"%0D", "\r"}, {"%0A", "\n"}, {"%5D", "]"}} {
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	if decodePercents {
		text = strings.ReplaceAll(text, "%AZP25", "%")
	}
	return text
}

func nonEmpty(parts []string) []string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return kept
}
