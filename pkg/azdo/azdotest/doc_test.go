package azdotest

import (
	"os"
	"strings"
	"testing"
)

// The worlds that the package comment shows can be read and served.
func TestDocumentedWorlds(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var worlds []string
	world := ""
	for line := range strings.SplitSeq(string(text), "\n") {
		if code, found := strings.CutPrefix(line, "//\t"); found {
			world += code + "\n"
			continue
		}
		if world != "" {
			worlds = append(worlds, world)
		}
		world = ""
	}
	for _, world := range worlds {
		s := Start(t, parse(t, world))
		if s.EvaluationID(7, "").String() == "00000000-0000-0000-0000-000000000000" {
			t.Errorf("pull request 7 has no evaluation in:\n%s", world)
		}
	}
	if len(worlds) != 2 {
		t.Errorf("%d worlds, want 2", len(worlds))
	}
}
