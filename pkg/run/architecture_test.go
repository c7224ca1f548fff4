package run

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// room is a row of the table of folders in docs/architecture.md.
type room struct {
	mustNotKnow string
	imports     []string // packages of ours
}

var (
	codeSpan = regexp.MustCompile("`([^`]+)`")
	tableRow = regexp.MustCompile(`(?m)^\| (.+) \|$`)
)

// rowsBelow returns the cells of the first table below a heading, without its head.
func rowsBelow(t *testing.T, page, heading string) [][]string {
	t.Helper()
	_, section, found := strings.Cut(page, "\n"+heading+"\n")
	if !found {
		t.Fatalf("docs/architecture.md has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n#")
	var rows [][]string
	for _, m := range tableRow.FindAllStringSubmatch(section, -1) {
		rows = append(rows, strings.Split(m[1], " | "))
	}
	if len(rows) < 3 {
		t.Fatalf("docs/architecture.md has no table below %q", heading)
	}
	return rows[2:]
}

func architecture(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(page), "\r\n", "\n")
}

func spans(cell string) []string {
	var all []string
	for _, m := range codeSpan.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}

// rooms returns the table of folders in docs/architecture.md.
func rooms(t *testing.T) map[string]room {
	t.Helper()
	all := map[string]room{}
	for _, row := range rowsBelow(t, architecture(t), "## The rooms") {
		if folder := spans(row[0]); len(row) == 4 && len(folder) == 1 {
			all[folder[0]] = room{row[2], spans(row[3])}
			continue
		}
		t.Errorf("docs/architecture.md: the row %q is not: folder, what it knows, what it must not know, what it imports", row)
	}
	return all
}

// TestArchitectureNamesEveryFile: somebody who looks for a behaviour finds its file on the page, and every file named
// there exists.
func TestArchitectureNamesEveryFile(t *testing.T) {
	t.Parallel()
	page := architecture(t)
	for _, folder := range []string{
		"cmd/task", "pkg/run", "pkg/config", "pkg/command", "pkg/discover", "pkg/requeue", "pkg/execute", "pkg/azdo", "pkg/report",
		"pkg/record", "pkg/agent", "pkg/parallel",
	} {
		var named []string
		for _, row := range rowsBelow(t, page, "### "+folder) {
			named = append(named, spans(row[0])...)
		}
		files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var there []string
		for _, file := range files {
			if name := filepath.Base(file); name != "doc.go" && !strings.HasSuffix(name, "_test.go") {
				there = append(there, name)
			}
		}
		for _, name := range there {
			if !slices.Contains(named, name) {
				t.Errorf("docs/architecture.md does not say what %s holds", path.Join(folder, name))
			}
		}
		for _, name := range named {
			if !slices.Contains(there, name) {
				t.Errorf("docs/architecture.md names %s, which is not there", path.Join(folder, name))
			}
		}
	}
}

// TestGlossaryIsShort: a list of words helps as long as somebody reads all of it.
func TestGlossaryIsShort(t *testing.T) {
	t.Parallel()
	if rows := rowsBelow(t, architecture(t), "## Words"); len(rows) > 30 {
		t.Errorf("docs/architecture.md explains %d words, at most 30 are read", len(rows))
	}
}
