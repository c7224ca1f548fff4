package main

import (
	"fmt"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// setParts returns one list for each named set that has rows of its own. It is no table: expressions are long, and in a
// table every "|" would need a "\" that nobody must copy.
func setParts() map[string]string {
	parts := map[string]string{}
	for _, row := range requeue.KnownErrors() {
		name := strings.TrimPrefix(string(row.Set), "@")
		parts[name] += fmt.Sprintf("- **%s**: %s<br>\n  %s ([seen](%s))\n", row.What, code(row.Expression), code(row.Example), row.Source)
	}
	return parts
}

// code shows a text literally, each of its lines on its own.
func code(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		fence := "`"
		if strings.Contains(line, "`") {
			fence = "``"
		}
		lines[i] = fence + line + fence
	}
	return strings.Join(lines, "<br>\n  ")
}
