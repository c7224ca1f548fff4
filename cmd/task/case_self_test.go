package main_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// expectations are the files that say what must come out: the cases, and what came of the recordings.
func expectations(t *testing.T) map[string]*txtar.Archive {
	t.Helper()
	all := map[string]*txtar.Archive{}
	for _, pattern := range []string{"*.txtar", filepath.Join("recordings", "*.golden")} {
		files, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%d files %s: %v", len(files), pattern, err)
		}
		for _, file := range files {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all[file] = archive
		}
	}
	return all
}

// asWanted is a run that did what a case says, and said something else between the lines that the case has chosen.
func asWanted(archive *txtar.Archive) observed {
	got := observed{}
	for _, f := range archive.Files {
		lines := sectionLines(archive, f.Name)
		switch f.Name {
		case "step.json", "world.json":
		case "log", "summary":
			got["whole "+f.Name] = []string{"something else"}
			for _, line := range lines {
				got["whole "+f.Name] = append(got["whole "+f.Name], line, "something else")
			}
		case "requests":
			got["every request"] = append(slices.Clone(lines), "7 GET something")
		default:
			got[f.Name] = lines
		}
	}
	return got
}

// changedRuns are runs that differ from another one in one thing each, with that thing.
func changedRuns(got observed) map[string]observed {
	all := map[string]observed{}
	with := func(what, name string, lines []string) {
		other := maps.Clone(got)
		other[name] = lines
		all[what] = other
	}
	for _, name := range facts {
		with("one more in "+name, name, append(slices.Clone(got[name]), "another"))
	}
	for name, lines := range got {
		for i, line := range lines {
			if line == "something else" || line == "7 GET something" || strings.HasPrefix(line, "0 ") {
				continue
			}
			with("without "+name+": "+line, name, slices.Delete(slices.Clone(lines), i, i+1))
			other := slices.Clone(lines)
			other[i] = "changed" + line
			with("changed in "+name+": "+line, name, other)
		}
	}
	return all
}

// TestCasesCanFail: each line of each case counts, nothing more than it may be written, said as an error or a warning, or
// set as an output, and what a case is not about may change.
func TestCasesCanFail(t *testing.T) {
	t.Parallel()
	for file, archive := range expectations(t) {
		got := asWanted(archive)
		if found := differences(archive, got); len(found) > 0 {
			t.Errorf("%s: a run as it should be differs: %v", file, found)
		}
		for _, name := range []string{"whole log", "whole summary", "whole report", "every request", "decisions"} {
			other := maps.Clone(got)
			other[name] = append(slices.Clone(got[name]), "something else")
			if found := differences(archive, other); (section(archive, name) == nil) != (len(found) == 0) {
				t.Errorf("%s: one more line in %s: %v", file, name, found)
			}
		}
		if golden := strings.HasPrefix(filepath.Base(file), "golden-"); (section(archive, "whole log") != nil) != golden {
			t.Errorf("%s: the cases golden-* have the whole log, and only they", file)
		}
		for what, other := range changedRuns(got) {
			if len(differences(archive, other)) == 0 {
				t.Errorf("%s does not notice a run %s", file, what)
			}
		}
		same := txtar.Parse(txtar.Format(archive))
		refresh(same, got)
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")), txtar.Format(same)) {
			t.Errorf("%s: -update would change it after a run as it should be:\n%s", file, gocmp.Diff(string(want), string(txtar.Format(same))))
		}
	}
}

// TestDifferences: the kinds of sections, each with what it lets pass and what it does not.
func TestDifferences(t *testing.T) {
	t.Parallel()
	const quiet = "-- want --\nSucceeded, exit code 0\n"
	ok := observed{"want": {"Succeeded, exit code 0"}, "whole log": {"a", "b", "c"}, "every request": {"2 GET builds"}}
	with := func(name string, lines ...string) observed {
		other := maps.Clone(ok)
		other[name] = lines
		return other
	}
	for _, c := range []struct {
		name, file string
		got        observed
		same       bool
	}{
		{"as it should be", quiet, ok, true},
		{"another exit code", quiet, with("want", "Succeeded, exit code 1"), false},
		{"an unexpected warning", quiet, with("want", "Succeeded, exit code 0", "##[warning]x"), false},
		{"an unexpected write", quiet, with("writes", "PATCH x"), false},
		{"an unexpected output", quiet, with("outputs", "failedCount=1"), false},
		{"no section of facts at all", "", ok, false},
		{"lines in order", quiet + "-- log --\na\nc\n", ok, true},
		{"lines in another order", quiet + "-- log --\nc\na\n", ok, false},
		{"a line twice that is there once", quiet + "-- log --\na\na\n", ok, false},
		{"a part of a line", quiet + "-- log --\na\n", with("whole log", "ab"), false},
		{"the whole log", quiet + "-- whole log --\na\nb\nc\n", ok, true},
		{"a part of the whole log", quiet + "-- whole log --\na\nc\n", ok, false},
		{"counts", quiet + "-- requests --\n2 GET builds\n0 GET timeline\n", ok, true},
		{"another count", quiet + "-- requests --\n1 GET builds\n", ok, false},
		{"asked although it should not be", quiet + "-- requests --\n0 GET builds\n", ok, false},
		{"not asked", quiet + "-- requests --\n1 GET timeline\n", ok, false},
		{"an empty section", quiet + "-- log --\n\n", ok, false},
		{"a section that nobody knows", quiet + "-- logs --\na\n", ok, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if found := differences(txtar.Parse([]byte(c.file)), c.got); (len(found) == 0) != c.same {
				t.Errorf("differences: %v", found)
			}
		})
	}
}

// TestRefresh: what -update writes, and what it leaves to somebody.
func TestRefresh(t *testing.T) {
	t.Parallel()
	const before = `About something.
-- world.json --
{}
-- want --
Succeeded, exit code 0
-- outputs --
failedCount=1
-- requests --
1 GET builds
2 GET build
-- log --
Plan: 2 of 3 evaluations will be re-queued
  1. one
gone for good
  3. three
`
	got := observed{
		"want": {"Failed, exit code 1", "##[error]x"}, "writes": {"PATCH x"}, "decisions": {"#1: draft"}, "every request": {"3 GET builds"},
		"whole log": {"Organization: x", "Plan: 3 of 4 evaluations will be re-queued", "  1. one", "in between", "  3. three", "  1. one"},
	}
	const after = `About something.
-- world.json --
{}
-- want --
Failed, exit code 1
##[error]x
-- writes --
PATCH x
-- requests --
3 GET builds
0 GET build
-- log --
Plan: 3 of 4 evaluations will be re-queued
  1. one
gone for good
  3. three
`
	archive := txtar.Parse([]byte(before))
	refresh(archive, got)
	if diff := gocmp.Diff(after, string(txtar.Format(archive))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if found := differences(archive, got); len(found) != 1 || !strings.Contains(found[0], "gone for good") {
		t.Errorf("differences afterwards: %v", found)
	}
}
