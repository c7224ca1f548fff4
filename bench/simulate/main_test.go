package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pr-evaluations/reschedule/bench/simulate/model"
)

// small is a section that takes a second.
func small() section {
	l := model.Standard()
	l.Days, l.Open = 2, 30
	return section{"Small", "Two days.", []model.Load{l}, strategies()}
}

// TestSameBytes simulates at once what was simulated before: how the work falls on processors must not show.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	var pages [2]bytes.Buffer
	for i := range pages {
		s := small()
		results, err := runAll(s.loads, s.strategies, 2)
		if err != nil {
			t.Fatal(err)
		}
		if err := table(&pages[i], s, results); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(pages[0].Bytes(), pages[1].Bytes()) {
		t.Errorf("the same seeds gave two pages:\n%s\n%s", &pages[0], &pages[1])
	}
	if n := strings.Count(pages[0].String(), "\n| task, "); n != 5 {
		t.Errorf("the page has %d lines for the task, want 5:\n%s", n, &pages[0])
	}
}

func TestGoals(t *testing.T) {
	t.Parallel()
	good := map[string]model.Result{
		builtIn:   {Days: 1, Merged: 100, Pipelines: 1, Waits: []time.Duration{10 * time.Hour}},
		window(1): {Days: 1, Merged: 100, Pipelines: 1},
		auto:      {Days: 1, Merged: 100, Pipelines: 1, Requeued: 130, Ready: 100, Late: 1, Waits: []time.Duration{5 * time.Hour}, Red: [3]model.InFlight{{Since: 1, All: 1}, {Since: 1, All: 1}, {Since: 1, All: 1}}},
	}
	tests := []struct {
		name   string
		change func(r *model.Result) // of the task with auto
		missed string                // the beginning of the goal that is missed then; "" if none is
	}{
		{"all just met", func(*model.Result) {}, ""},
		{"a build too many", func(r *model.Result) { r.Requeued++ }, "re-queued builds of the task per merge, one pipeline"},
		{"too slow", func(r *model.Result) { r.Waits[0] += time.Minute }, "95th percentile"},
		{"too many late", func(r *model.Result) { r.Late++ }, "waiting for more than 24 hours"},
		{"two in flight, one from before", func(r *model.Result) { r.Red[model.RedNewest].All = 2 }, "in flight that the task re-queued while"},
		{"two in flight", func(r *model.Result) { r.Red[model.RedNewest].Since = 2 }, "only what it re-queued since that run"},
		{"two in flight, one from before, any pipeline", func(r *model.Result) { r.Red[model.RedAny].All = 2 }, "in flight likewise while the last finished run of any"},
		{"two in flight, any pipeline", func(r *model.Result) { r.Red[model.RedAny].Since = 2 }, "only what it re-queued since one of them"},
		{"two in flight, one from before, same pipeline", func(r *model.Result) { r.Red[model.RedSame].All = 2 }, "in flight likewise while the last finished run of the same"},
		{"two in flight, same pipeline", func(r *model.Result) { r.Red[model.RedSame].Since = 2 }, "only what it re-queued since its pipeline"},
		{"too few merges", func(r *model.Result) { r.Merged, r.Requeued = 84, 100 }, "merges a day, one pipeline"},
		{"just enough merges", func(r *model.Result) { r.Merged, r.Requeued = 85, 100 }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := section{loads: []model.Load{model.Standard()}, strategies: strategies()}
			var row []model.Result
			for _, strategy := range s.strategies {
				r := good[strategy.Name]
				r.Waits = append([]time.Duration(nil), r.Waits...)
				if strategy.Name == auto {
					tt.change(&r)
				}
				row = append(row, r)
			}
			var out strings.Builder
			if err := goals(&out, s, [][]model.Result{row}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				missed := strings.Contains(line, "| no: ")
				if want := tt.missed != "" && strings.HasPrefix(line, "| "+tt.missed); missed != want {
					t.Errorf("missed is %t, want %t: %s", missed, want, line)
				}
			}
		})
	}
}

func TestWanted(t *testing.T) {
	t.Parallel()
	var one, two []string
	for _, l := range loads() {
		if wanted(1)(l) {
			one = append(one, l.Name)
		}
		if wanted(2)(l) {
			two = append(two, l.Name)
		}
	}
	if got := strings.Join(one, ", "); got != "standard, 16 agents, 50 agents" {
		t.Errorf("the goals for one pipeline are set for %s", got)
	}
	if got := strings.Join(two, ", "); got != "two pipelines, two pipelines, 16 agents, two pipelines, 50 agents" {
		t.Errorf("the goals for two pipelines are set for %s", got)
	}
}

func TestDraw(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := small()
	results, err := runAll(s.loads, s.strategies, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := draw(folder, s.strategies, results[0]); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 6 {
		t.Fatalf("drew %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Ext(file) {
		case ".svg":
			for _, name := range drawn() {
				if !bytes.Contains(data, []byte(name)) {
					t.Errorf("%s does not name %q", file, name)
				}
			}
		case ".png":
			if !bytes.HasPrefix(data, []byte("\x89PNG")) {
				t.Errorf("%s is no PNG", file)
			}
		}
	}
}

// TestPageQuotesResults holds the page that people read against the tables that it takes its lines from.
func TestPageQuotesResults(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	results, err := os.ReadFile("RESULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(results)) {
		known[line] = true
	}
	_, simulation, found := strings.Cut(string(page), "## What a merge costs")
	if !found {
		t.Fatal("../README.md has no section about the simulation")
	}
	simulation, _, _ = strings.Cut(simulation, "\n## ")
	quoted := 0
	for line := range strings.Lines(simulation) {
		if !strings.HasPrefix(line, "| ") || strings.Count(line, " | ") < 3 { // the table of claims is the page's own
			continue
		}
		quoted++
		if !known[line] {
			t.Errorf("RESULTS.md has no such line: %s", line)
		}
	}
	if quoted < 10 {
		t.Errorf("only %d lines of tables are quoted", quoted)
	}
}
