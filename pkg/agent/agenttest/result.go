package agenttest

import (
	"slices"
	"strconv"
	"strings"
)

// The results that a step can have, as task.complete and the service spell them.
const (
	Succeeded           = "Succeeded"
	SucceededWithIssues = "SucceededWithIssues"
	Failed              = "Failed"
	Canceled            = "Canceled"
	Skipped             = "Skipped"
	Abandoned           = "Abandoned"
)

// results lists the results by their number.
func results() []string {
	return []string{Succeeded, SucceededWithIssues, Failed, Canceled, Skipped, Abandoned}
}

// parseResult reads the result of task.complete: a name in this very case, or a number.
func parseResult(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if slices.Contains(results(), text) {
		return text, true
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n >= len(results()) {
		return "", false
	}
	return results()[n], true
}

// mergeResults merges a result into the one so far ("" for none): the worse wins, but canceled, skipped and abandoned
// never change again.
func mergeResults(current, coming string) string {
	have, next := slices.Index(results(), current), slices.Index(results(), coming)
	if have > slices.Index(results(), Failed) || next < have {
		return current
	}
	return coming
}
