package main_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pr-evaluations/reschedule/cmd/replay/recording"
	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

var rerecord = flag.Bool("rerecord", false, "let TestCasesReplay write the recordings of testdata/recordings anew that have the name of a case")

// replay runs the task on a recording; a request that it does not hold fails the test.
func replay(t *testing.T, rec *recording.Recording, inputs map[string]string) (*recording.Server, agenttest.Result) {
	t.Helper()
	s, err := rec.Serve(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	step := rec.Step(s, inputs)
	step.TaskDir, step.Binary, step.WorkDir = taskDir, program, t.TempDir()
	r, err := s.Run(t.Context(), step)
	if err != nil {
		t.Fatal(err)
	}
	if missing := s.Missing(); missing != "" {
		t.Errorf("the recording does not hold %s\n%s", missing, strings.Join(r.Log, "\n"))
	}
	if r.Stderr != "" || len(r.Leaks) > 0 {
		t.Errorf("stderr %q, leaks %v", r.Stderr, r.Leaks)
	}
	return s, r
}

func readRecording(t *testing.T, path string) *recording.Recording {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := recording.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return rec
}

// TestRecordings replays every recording of testdata/recordings: plan and outcome are as when it was recorded. A file
// NAME.json beside it has inputs that are to be others, where the recorded ones look into texts. NAME.golden has the
// sections of a case that say what must come out; "-update" writes what came out into it, to be reviewed as code.
func TestRecordings(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "recordings", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d recordings: %v", len(files), err)
	}
	for _, file := range files {
		golden, beside := strings.TrimSuffix(file, ".jsonl")+".golden", strings.TrimSuffix(file, ".jsonl")+".json"
		t.Run(strings.TrimSuffix(filepath.Base(file), ".jsonl"), func(t *testing.T) {
			t.Parallel()
			rec := readRecording(t, file)
			given := map[string]string{}
			if data, err := os.ReadFile(beside); err == nil {
				decodeStrictly(t, data, &given)
			}
			inputs, err := rec.Inputs(given, slices.Collect(maps.Keys(given)))
			if err != nil {
				t.Fatal(err)
			}
			s, r := replay(t, rec, inputs)
			writes := s.Writes()
			slices.Sort(writes)
			want, err := txtar.ParseFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			got := observeResult(t, writes, r)
			if *update {
				refresh(want, got)
				if err := os.WriteFile(golden, txtar.Format(want), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			compare(t, want, got)
			inputs["dryRun"] = "true"
			s, dry := replay(t, rec, inputs)
			if diff := gocmp.Diff(planLines(r), planLines(dry)); diff != "" || len(s.Writes()) > 0 {
				t.Errorf("a dry run wrote %v, and plans otherwise:\n%s", s.Writes(), diff)
			}
		})
	}
}

// looksIntoTexts are the cases whose patterns look into texts, of which a recording keeps nothing: the replay must refuse to
// guess, and name the input. Each has the texts that it looks into.
var looksIntoTexts = map[string]struct{ input, texts string }{
	"comment-beyond-limit": {"retryOnlyIf", "an expression looks into errors"},
	"explain-error":        {"neverRetryIf", "an expression looks into errors"},
	"filter-authors":       {"authors", "ada@* looks into the names of people"},
	"filter-titles":        {"titles", "*basket* looks into titles"},
	"findings":             {"retryOnlyIf", "a set and an expression look into errors"},
	"golden-unreadable":    {"retryOnlyIf", "an expression looks into errors"},
	"missing":              {"repositories", "x* looks into the names of repositories"},
	"order-label":          {"order", "prio-* looks into the names of labels"},
	"policies":             {"policies", "WEB-* looks into the names of pipelines"},
	"projects":             {"repositories", "old* looks into the names of repositories"},
	"retry-errors":         {"neverRetryIf", "expressions look into errors"},
	"retry-sets":           {"retryOnlyIf", "a set and an expression look into errors"},
	"unmatched":            {"authors", "Ada* looks into the names of people"},
}

// planLines are the lines of the plan.
func planLines(r agenttest.Result) []string {
	var lines []string
	for _, line := range r.Log {
		if strings.HasPrefix(line, "##[section]What happened") {
			break
		}
		if planLine.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestCasesReplay records every case of testdata with the program itself, and runs the program on the recording: plan and
// outcome are the same.
func TestCasesReplay(t *testing.T) {
	t.Parallel()
	left := maps.Clone(looksIntoTexts)
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d cases: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		exception, excepted := left[name]
		delete(left, name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "recording.jsonl")
			want := recordCase(t, archive, path)
			if want.ExitCode == 2 {
				if data, err := os.ReadFile(path); err == nil && bytes.Count(data, []byte("\n")) > 1 {
					t.Errorf("bad input, and yet something was recorded:\n%s", data)
				}
				return
			}
			rec := readRecording(t, path)
			rewrite(t, path, name)
			recorded, err := rec.Inputs(nil, nil)
			if excepted {
				if err == nil || !strings.HasPrefix(err.Error(), exception.input+": ") {
					t.Errorf("the replay does not refuse %s, although %s: %v", exception.input, exception.texts, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_, got := replay(t, rec, recorded)
			if diff := gocmp.Diff(essence(t, want), essence(t, got)); diff != "" {
				t.Errorf("-recorded +replayed:\n%s\nthe replay's log:\n%s", diff, strings.Join(got.Log, "\n"))
			}
		})
	}
	for name := range left {
		t.Errorf("%s is listed as one that looks into texts, and there is no such case", name)
	}
}

// rewrite keeps a recording in testdata where there is one of its name, and that is wanted.
func rewrite(t *testing.T, path, name string) {
	t.Helper()
	kept := filepath.Join("testdata", "recordings", name+".jsonl")
	if _, err := os.Stat(kept); err != nil || !*rerecord {
		return
	}
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(kept, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// recordCase runs a case with recordPath.
func recordCase(t *testing.T, archive *txtar.Archive, path string) agenttest.Result {
	t.Helper()
	file, world := readCase(t, archive)
	s := azdotest.Start(t, world)
	step := file.step(t, s)
	step.Inputs = map[string]string{"recordPath": path}
	maps.Copy(step.Inputs, file.Inputs)
	return run(t, s, step)
}

var planLine = regexp.MustCompile(`^ +\d+\. #(\d+) `)

// essence is plan and outcome of a run, without names and texts: the result, the output variables, the plan in its order, and
// what the report says of each pull request and evaluation.
func essence(t *testing.T, r agenttest.Result) []string {
	t.Helper()
	all := []string{fmt.Sprintf("%s, exit code %d, %d errors, %d warnings", r.Result, r.ExitCode, len(r.Errors), len(r.Warnings))}
	for _, name := range slices.Sorted(maps.Keys(r.Variables)) {
		if name != "reportPath" {
			all = append(all, name+"="+r.Variables[name])
		}
	}
	for _, line := range planLines(r) {
		all = append(all, "planned for pull request "+planLine.FindStringSubmatch(line)[1])
	}
	path := r.Variables["reportPath"]
	if path == "" {
		return all
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return append(all, decisions(t, data)...)
}

// decisions are what a report says, without names and texts.
func decisions(t *testing.T, data []byte) []string {
	t.Helper()
	type skipped struct {
		Reason string `json:"reason"`
	}
	var report struct {
		SkippedByReason map[string]int    `json:"skippedByReason"`
		Errors          []json.RawMessage `json:"errors"`
		PullRequests    []struct {
			ID           int      `json:"id"`
			Draft        bool     `json:"draft"`
			AutoComplete bool     `json:"autoComplete"`
			Skipped      *skipped `json:"skipped"`
			Error        *string  `json:"error"`
			Evaluations  []struct {
				PolicyID    int     `json:"policyId"`
				PipelineID  int     `json:"pipelineId"`
				Blocking    bool    `json:"blocking"`
				State       string  `json:"state"`
				Action      string  `json:"action"`
				Reason      *string `json:"reason"`
				Outcome     *string `json:"outcome"`
				BuildBefore int     `json:"buildBefore"`
				BuildAfter  int     `json:"buildAfter"`
				Error       *string `json:"error"`
				Result      *string `json:"result"`
			} `json:"evaluations"`
		} `json:"pullRequests"`
	}
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	text := func(s *string) string {
		if s == nil {
			return "none"
		}
		return *s
	}
	all := []string{fmt.Sprintf("%v, %d errors", report.SkippedByReason, len(report.Errors))}
	for _, pr := range report.PullRequests {
		line := fmt.Sprintf("pull request %04d: draft %v, auto-complete %v, error %v", pr.ID, pr.Draft, pr.AutoComplete, pr.Error != nil)
		if pr.Skipped != nil {
			line += ", " + pr.Skipped.Reason
		}
		all = append(all, line)
		for _, ev := range pr.Evaluations {
			all = append(all, fmt.Sprintf("pull request %04d, policy %d, pipeline %d, blocking %v: %s, %s, %s, %s, build %d to %d, error %v, result %s", pr.ID,
				ev.PolicyID, ev.PipelineID, ev.Blocking, ev.State, ev.Action, text(ev.Reason), text(ev.Outcome), ev.BuildBefore, ev.BuildAfter, ev.Error != nil, text(ev.Result)))
		}
	}
	slices.Sort(all[1:]) // pull requests that are left alone come by repository, whose names are others now
	return all
}
