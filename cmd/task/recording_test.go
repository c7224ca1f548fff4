package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
	"github.com/pr-evaluations/reschedule/pkg/report"
)

// recorded are the lines of a step's recording; none where there is no file.
func recorded(t *testing.T, path string) []map[string]any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var lines []map[string]any
	for line := range bytes.Lines(data) {
		var one map[string]any
		if err := json.Unmarshal(line, &one); err != nil || !bytes.HasSuffix(line, []byte("\n")) {
			t.Fatalf("no line of a recording: %v\n%s", err, line)
		}
		lines = append(lines, one)
	}
	return lines
}

// TestRecordingsHoldNoName: whoever knows a world finds no text of it in its recording, which the program itself has made.
func TestRecordingsHoldNoName(t *testing.T) {
	t.Parallel()
	eachCase(t, func(t *testing.T, _ string, archive *txtar.Archive) {
		file, world := readCase(t, archive)
		s := azdotest.Start(t, world)
		if file.Inputs == nil {
			file.Inputs = map[string]string{}
		}
		file.Inputs["recordPath"] = filepath.Join(t.TempDir(), "deep", "recording.jsonl")
		r := run(t, s, file.step(t, s))
		lines := recorded(t, file.Inputs["recordPath"])
		if r.ExitCode == 2 {
			if len(lines) > 0 {
				t.Errorf("bad input, and yet %d lines were recorded", len(lines))
			}
			return
		}
		checkCompleteness(t, s, lines)
		data, err := os.ReadFile(file.Inputs["recordPath"])
		if err != nil {
			t.Fatal(err)
		}
		values := bytes.ToLower(memberName.ReplaceAll(data, nil))
		for _, text := range namesIn(t, s, section(archive, "world.json"), section(archive, "step.json")) {
			if at := bytes.Index(values, []byte(text)); at >= 0 {
				t.Errorf("%q is in the recording: …%s…", text, values[max(0, at-80):min(len(values), at+80)])
			}
		}
	})
}

// memberName is the name of a member, also of one within a text. Which ones may be there is tested in package record.
var memberName = regexp.MustCompile(`"[^"\\]+":|\\"[^"\\]+\\":`)

// checkCompleteness: the run comes first, and then every request that the service has seen.
func checkCompleteness(t *testing.T, s *azdotest.Server, lines []map[string]any) {
	t.Helper()
	if len(lines) == 0 || lines[0]["recording"] != 1.0 {
		t.Fatalf("the recording has %d lines", len(lines))
	}
	requests := map[string]int{}
	for _, q := range s.Requests() {
		requests[q.Method]++
	}
	for i, line := range lines[1:] {
		if line["n"] != float64(i+1) {
			t.Errorf("line %d has number %v", i+1, line["n"])
		}
		requests[fmt.Sprint(line["method"])]--
	}
	for method, missing := range requests {
		if missing != 0 {
			t.Errorf("%s: the service has seen %d requests more than were recorded", method, missing)
		}
	}
}

// ownWords are members of a world file whose values are words of that file or of the service, and no names.
var ownWords = regexp.MustCompile(`(?i)^(?:style|version|collectionPath|status|state|result|outcome|reason|mergeStatus|queueStatus|type|match|method|route|fault|` +
	`contentType|timeline|expires|latency|after|lag|started|completed|finished|queued|created|pushed|updated|buildStarted|times?|takes|startsAfter|requeueAnswer|refusal|` +
	`retryOnlyIf|neverRetryIf|when|order|require|drafts|comment|onNothing|onError|cooldown|createdWithin|outdatedAfter|waitTimeout|waitForTargetBranch|enforcement|manualPolicies|` +
	`host|agentVersion|provider)$`)

// excepted are words of the service and of the format that worlds use as names, too.
var excepted = []string{
	"account", "active", "application", "branch", "build", "buildid", "change", "complete", "completed", "configuration", "connect", "connection", "evaluations", "example", "expired", "failed", "manual",
	"network", "optional", "person", "pipeline", "policies", "policy", "project", "projects", "pullrequest", "queued", "rejected", "repository",
	"request", "reschedule", "service", "succeeded", "unchanged",
}

// pullRef is what a pull request's builds run on; its number passes.
var pullRef = regexp.MustCompile(`^refs/pull/[0-9]+/merge$`)

// namesIn are the texts of a world and of its step, whole and in pieces of six or more letters, in lower case.
func namesIn(t *testing.T, s *azdotest.Server, files ...[]byte) []string {
	t.Helper()
	resolved, err := json.Marshal(s.World())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, data := range append(files, resolved) {
		var value any
		if err := json.Unmarshal(data, &value); err != nil {
			t.Fatal(err)
		}
		collectTexts(value, "", found)
	}
	for _, text := range []string{s.URL(), strings.TrimPrefix(s.URL(), "http://")} {
		found[text] = true
	}
	var names []string
	for text := range found {
		for _, piece := range append(regexp.MustCompile(`[^\pL]+`).Split(text, -1), strings.Trim(text, " \r\n")) {
			piece = strings.ToLower(piece)
			if len([]rune(piece)) >= 6 && !slices.Contains(excepted, piece) && !slices.Contains(names, piece) && strings.Trim(piece, "0123456789.:-") != "" && !pullRef.MatchString(piece) {
				names = append(names, piece)
			}
		}
	}
	return names
}

func collectTexts(value any, name string, found map[string]bool) {
	switch v := value.(type) {
	case string:
		if !ownWords.MatchString(name) {
			found[strings.TrimPrefix(v, "refs/heads/")] = true
		}
	case []any:
		for _, item := range v {
			collectTexts(item, name, found)
		}
	case map[string]any:
		for member, item := range v {
			if name == "raw" || name == "settings" || name == "headers" {
				found[member] = true
			}
			collectTexts(item, member, found)
		}
	}
}

// TestRecordPath: the recording is tried before the first request, and a fault names its input.
func TestRecordPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, report, dryRun string
		works                      bool
	}{
		{name: "relative", path: "out/deep/recording.jsonl", report: "report.json", works: true},
		{name: "in a dry run", path: "recording.jsonl", report: "report.json", dryRun: "true", works: true},
		{name: "absolute", path: filepath.Join(dir, "a", "b.jsonl"), works: true},
		{name: "a folder", path: dir},
		{name: "below a file", path: filepath.Join(dir, "file", "x.jsonl")},
		{name: "the report", path: "out/x.json", report: "out/y/../x.json"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := startWorld(t, oneExpired)
			step := stepFile{Inputs: inputs("recordPath", c.path, "reportPath", c.report, "dryRun", c.dryRun)}.step(t, s)
			r := run(t, s, step)
			if !c.works {
				if r.ExitCode != 2 || len(r.Errors) == 0 || !strings.HasPrefix(r.Errors[0], "recordPath: ") {
					t.Errorf("exit code %d\n%s", r.ExitCode, logged(r))
				}
				return
			}
			path := c.path
			if !filepath.IsAbs(path) {
				path = filepath.Join(filepath.Dir(r.Variables["reportPath"]), path) // which is beside it
			}
			if lines := recorded(t, path); r.ExitCode != 0 || len(lines) < 5 {
				t.Errorf("exit code %d, %d lines\n%s", r.ExitCode, len(lines), logged(r))
			}
		})
	}
	if data, err := os.ReadFile(filepath.Join(dir, "file")); err != nil || string(data) != "mine" {
		t.Errorf("another file is %q, %v", data, err)
	}
}

// TestRecordingOfAKilledRun: what was answered until then is there, in whole lines.
func TestRecordingOfAKilledRun(t *testing.T) {
	t.Parallel()
	w := cancelWorld()
	w.Faults = append(w.Faults, &azdotest.Fault{Match: azdotest.Match{Route: "requeue"}, Fault: "hang"})
	s := azdotest.Start(t, w)
	path := filepath.Join(t.TempDir(), "recording.jsonl")
	asked := make(chan struct{}, 1)
	s.Before(azdotest.Match{Route: "requeue", Times: 1}, func(azdotest.Request, *azdotest.World) { asked <- struct{}{} })
	p := start(t, stepFile{Inputs: map[string]string{"recordPath": path, "concurrency": "1"}}.step(t, s))
	select {
	case <-asked:
	case <-time.After(time.Minute):
		t.Fatal("nothing was re-queued")
	}
	p.signal(t, os.Kill)
	p.end()
	lines := recorded(t, path)
	want := s.Requests()
	if len(lines) != len(want) { // the run's own, and no answer to the last request
		t.Errorf("%d lines of %d requests", len(lines), len(want))
	}
}

// TestAskForARecording: the last line after an error says how to make one; not after bad input, not twice, and not where
// there is one.
func TestAskForARecording(t *testing.T) {
	t.Parallel()
	const refused = `{"projects": [{"name": "Fabrikam", "repositories": [{"name": "web", "pullRequests": [{"id": 1, "evaluations": [{"state": "expired"}]}]}]}],
	  "faults": [{"match": {"route": "evaluations"}, "fault": "403-tf401027"}]}`
	for _, c := range []struct {
		name, world string
		inputs      map[string]string
		exit        int
		asked       bool
	}{
		{"succeeded", oneExpired, nil, 0, false},
		{"failed", refused, nil, 1, true},
		{"no failure", refused, inputs("onError", "warn"), 0, false},
		{"bad input", refused, inputs("when", "red"), 2, false},
		{"recorded", refused, inputs("recordPath", "recording.jsonl"), 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, r, _ := try(t, c.world, stepFile{Inputs: c.inputs})
			lines := slices.DeleteFunc(slices.Clone(r.Log), func(line string) bool { return strings.HasPrefix(line, "##[error]Exit code ") })
			asked := len(lines) > 0 && strings.Contains(lines[len(lines)-1], "recordPath") && strings.HasSuffix(lines[len(lines)-1], report.RecordingURL)
			if r.ExitCode != c.exit || asked != c.asked || strings.Count(logged(r), report.RecordingURL) > 1 {
				t.Errorf("exit code %d, asked: %v\n%s", r.ExitCode, asked, logged(r))
			}
		})
	}
}
