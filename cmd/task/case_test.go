package main_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// observed is what a run left behind, without what differs from run to run: lines, by the name of the section of a case
// that is compared with them. testdata/README.md describes the sections.
type observed map[string][]string

// facts are the sections that hold for every case. Where one of them is absent, nothing of its kind may have happened.
var facts = []string{"want", "writes", "outputs"}

// sections are all sections of a case, in the order in which they are written.
var sections = slices.Concat([]string{"step.json", "world.json"}, facts,
	[]string{"decisions", "requests", "log", "summary", "every output", "every request", "whole log", "whole summary", "whole report"})

// observe describes a run. Above a concurrency of 1 the writes may overtake each other, and are sorted.
func observe(t *testing.T, s *azdotest.Server, inputs map[string]string, r agenttest.Result) observed {
	t.Helper()
	requests := map[string]int{}
	for _, q := range s.Requests() {
		requests[q.Method+" "+q.Route]++
	}
	var counts []string
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		count := strconv.Itoa(requests[name])
		if r.Variables["declinedCount"] != "0" && (name == "GET evaluation" || name == "GET builds") {
			count = "some" // how often 20 s of looking look depends on the machine
		}
		if inputs["waitTimeout"] != "" && name == "GET evaluation" {
			count = "some" // and so does a wait that is cut off
		}
		counts = append(counts, count+" "+name)
	}
	writes := s.Writes()
	if inputs["concurrency"] != "1" {
		slices.Sort(writes)
	}
	got := observeResult(t, writes, r)
	for _, id := range s.StartedBuilds() { // above concurrency 1 they are numbered as it comes
		number := regexp.MustCompile(`\b` + strconv.Itoa(id) + `\b`)
		for _, lines := range got {
			for i := range lines {
				lines[i] = number.ReplaceAllString(lines[i], "STARTED")
			}
		}
	}
	got["every request"] = counts
	return got
}

// observeResult describes a run whose requests nobody has counted.
func observeResult(t *testing.T, writes []string, r agenttest.Result) observed {
	t.Helper()
	got := observed{"want": {fmt.Sprintf("%s, exit code %d", r.Result, r.ExitCode)}, "writes": writes, "whole log": r.Log}
	for _, line := range r.Log {
		if strings.HasPrefix(line, "##[error]") || strings.HasPrefix(line, "##[warning]") {
			got["want"] = append(got["want"], line)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Variables)) {
		value := r.Variables[name]
		if name == "reportPath" {
			continue
		}
		got["every output"] = append(got["every output"], name+"="+value)
		if value != "" && value != "0" && value != "false" {
			got["outputs"] = append(got["outputs"], name+"="+value)
		}
	}
	if len(r.Variables) == 0 {
		got["want"] = append(got["want"], "no outputs")
	}
	if r.Summary != "" {
		got["whole summary"] = strings.Split(strings.TrimRight(r.Summary, "\n"), "\n")
	}
	if path := r.Variables["reportPath"]; path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got["whole report"], got["decisions"] = strings.Split(strings.TrimRight(string(data), "\n"), "\n"), decided(t, data)
	}
	for name, lines := range got {
		got[name] = strings.Split(normal(strings.Join(lines, "\n")), "\n")
		if len(lines) == 0 {
			delete(got, name)
		}
	}
	return got
}

// decided says in a line each what a report says of every pull request that was left alone and of every evaluation. It
// holds words of the contract only, and none of a text.
func decided(t *testing.T, report []byte) []string {
	t.Helper()
	var r struct {
		PullRequests []struct {
			ID          int
			Skipped     *struct{ Reason string }
			Error       *string
			Evaluations []struct{ Policy, State, Action, Reason, Outcome, Result string }
		}
	}
	if err := json.Unmarshal(report, &r); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, pr := range r.PullRequests {
		switch {
		case pr.Skipped != nil:
			lines = append(lines, fmt.Sprintf("#%d: %s", pr.ID, pr.Skipped.Reason))
		case pr.Error != nil:
			lines = append(lines, fmt.Sprintf("#%d: not read", pr.ID))
		}
		for _, ev := range pr.Evaluations {
			line := fmt.Sprintf("#%d %s: %s, %s", pr.ID, ev.Policy, ev.State, cmp.Or(ev.Outcome, ev.Reason, ev.Action))
			if ev.Result != "" {
				line += ", " + ev.Result
			}
			lines = append(lines, line)
		}
	}
	return lines
}

var changing = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`(?m)^(##\[section\]Reschedule pull request evaluations) \d\S*`), "$1 0.0.0-dev"}, // a program of a package has its version
	{regexp.MustCompile(`\S*reschedule-[\w.-]*\.json`), "REPORT"},
	{regexp.MustCompile(`file name '[^']*'`), "file name 'PROGRAM'"},
	{regexp.MustCompile(`file name 'PROGRAM', arguments '[^']*'`), "file name 'PROGRAM'"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d(T[\d:.]+Z)?`), "DATE"},
	{regexp.MustCompile(`retry possible in [\dms]+`), "retry possible in TIME"},
	{regexp.MustCompile(`(?m)[ \t]+$`), ""},
}

func normal(text string) string {
	for _, c := range changing {
		text = c.re.ReplaceAllString(text, c.by)
	}
	return text
}

// compare fails where a run was not as its case says.
func compare(t *testing.T, archive *txtar.Archive, got observed) {
	t.Helper()
	for _, difference := range differences(archive, got) {
		t.Error(difference)
	}
	if t.Failed() {
		t.Logf("the log:\n%s", strings.Join(got["whole log"], "\n"))
	}
}

// differences says where a run was not as its case says.
func differences(archive *txtar.Archive, got observed) []string {
	var found []string
	same := func(name string, got []string) {
		if diff := gocmp.Diff(sectionLines(archive, name), got); diff != "" {
			found = append(found, fmt.Sprintf("%s (-want +got):\n%s", name, diff))
		}
	}
	for _, name := range facts {
		same(name, got[name])
	}
	for _, f := range archive.Files {
		wanted := sectionLines(archive, f.Name)
		switch {
		case !slices.Contains(sections, f.Name):
			found = append(found, fmt.Sprintf("%q is no section of a case", f.Name))
		case len(bytes.TrimSpace(f.Data)) == 0:
			found = append(found, fmt.Sprintf("the section %q is empty", f.Name))
		case f.Name == "step.json" || f.Name == "world.json" || slices.Contains(facts, f.Name):
		case f.Name == "log" || f.Name == "summary":
			if line := firstMissing(wanted, got["whole "+f.Name]); line != "" {
				found = append(found, fmt.Sprintf("%s: this line is not there, or not behind the one before it:\n%s", f.Name, line))
			}
		case f.Name == "requests":
			for _, line := range wanted {
				if now := counted(line, got["every request"]); now != line {
					found = append(found, fmt.Sprintf("requests: want %s, got %s", line, now))
				}
			}
		default:
			same(f.Name, got[f.Name])
		}
	}
	return found
}

// firstMissing is the first of the wanted lines that does not stand among the lines behind the wanted one before it; blank
// for none.
func firstMissing(wanted, lines []string) string {
	for _, want := range wanted {
		at := slices.Index(lines, want)
		if at < 0 {
			return cmp.Or(want, "(a blank line)")
		}
		lines = lines[at+1:]
	}
	return ""
}

// counted is a line of a section "requests" as it should be by what was counted.
func counted(line string, counts []string) string {
	_, name, _ := strings.Cut(line, " ")
	for _, c := range counts {
		if _, n, _ := strings.Cut(c, " "); n == name {
			return c
		}
	}
	return "0 " + name
}

// refresh makes a case say what a run has done, in the sections that it has and in the facts. A line of the log or the
// summary that is no longer there is replaced by the one that resembles it most, between those that still are; without
// any it is left as it is, and the case fails until somebody has decided.
func refresh(archive *txtar.Archive, got observed) {
	for i := range archive.Files {
		f := &archive.Files[i]
		lines := sectionLines(archive, f.Name)
		switch {
		case f.Name == "step.json" || f.Name == "world.json" || slices.Contains(facts, f.Name):
			continue
		case f.Name == "log" || f.Name == "summary":
			lines = chooseAgain(lines, got["whole "+f.Name])
		case f.Name == "requests":
			for i := range lines {
				lines[i] = counted(lines[i], got["every request"])
			}
		default:
			lines = got[f.Name]
		}
		f.Data = joined(lines)
	}
	for _, name := range facts {
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
		if len(got[name]) > 0 {
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: joined(got[name])})
		}
	}
	slices.SortStableFunc(archive.Files, func(a, b txtar.File) int {
		return cmp.Compare(slices.Index(sections, a.Name), slices.Index(sections, b.Name))
	})
}

// chooseAgain finds the chosen lines again: in their order, as many as possible as they were, and each other one as the
// line that shares most words with it, half of them at least.
func chooseAgain(chosen, lines []string) []string {
	best := make([][]float64, len(chosen)+1) // of the chosen lines and of the lines from here on
	for i := range best {
		best[i] = make([]float64, len(lines)+1)
	}
	for i, one := range slices.Backward(chosen) {
		for j, line := range slices.Backward(lines) {
			best[i][j] = max(best[i+1][j], best[i][j+1], best[i+1][j+1]+likeness(one, line))
		}
	}
	again := slices.Clone(chosen)
	for i, j := 0, 0; i < len(chosen) && j < len(lines); {
		switch like := likeness(chosen[i], lines[j]); {
		case like > 0 && best[i][j] == best[i+1][j+1]+like:
			again[i] = lines[j]
			i++
			j++
		case best[i][j] == best[i+1][j]:
			i++
		default:
			j++
		}
	}
	return again
}

// likeness is 10 for the same line, else the part of the words that two lines share, and 0 below a half.
func likeness(a, b string) float64 {
	if a == b {
		return 10
	}
	left, right := strings.Fields(a), strings.Fields(b)
	all, shared := len(left)+len(right), 0
	for _, word := range left {
		if at := slices.Index(right, word); at >= 0 {
			right = slices.Delete(right, at, at+1)
			shared += 2
		}
	}
	if shared == 0 || 2*shared < all {
		return 0
	}
	return float64(shared) / float64(all)
}

func joined(lines []string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }

// sectionLines are the lines of a section; none where it is absent or empty.
func sectionLines(a *txtar.Archive, name string) []string {
	text := strings.TrimRight(string(section(a, name)), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
