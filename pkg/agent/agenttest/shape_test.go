package agenttest

import (
	"slices"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":              nil,
		"a":             {"a"},
		"a\n":           {"a"},
		"a\r\nb\rc\n\n": {"a", "b", "c", ""},
		"a\u2028b":      {"a\u2028b"},
	} {
		if got := Lines(text); !slices.Equal(got, want) {
			t.Errorf("Lines(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line  string
		shape string
		fault string // part of the error
	}{
		{line: "hello # 1", shape: "text"},
		{line: "# #vso[task.complete]", shape: "text"},
		{line: "##vso[task.logissue type=error]a%0Ab", fault: "prints the character U+000A"},
		{line: "##vso[task.logissue type=error]a b", shape: "command task.logissue type=error"},
		{line: "##vso[task.setvariable variable=x]##y", shape: "command task.setvariable variable=x"},
		{line: "##vso[task.logissue type=error]##y", fault: "prints ##"},
		{line: "##vso[task]x", fault: "does not parse"},
		{line: "a ##vso[task.complete]", fault: "holds ##"},
		{line: "##[section]Plan", shape: "tag section"},
		{line: "##[section]Plan ##[error]", fault: "another one in its text"},
		{line: "##[sparkle]Plan", fault: "does not know"},
		{line: "a\u202eb", fault: "U+202E"},
	}
	for _, tt := range tests {
		got, err := Shape(tt.line)
		if got != tt.shape || (err != nil) != (tt.fault != "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("Shape(%q) = %q, %v; want %q, %q", tt.line, got, err, tt.shape, tt.fault)
		}
	}
}
