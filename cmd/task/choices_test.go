package main_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// choiceDecides are the cases whose result is what a choice is about, by "name value" of the choice, with the reason.
var choiceDecides = map[string]map[string]string{
	"disabledRepositories refused": {"projects": "pull requests of a disabled repository are counted where they can be read"},
	"iterations missing":           {"not-started": "without iterations the wait counts from the creation of the pull request"},
	"buildSource none":             {"train-auto": "a build that names no source commit tells nothing, so the window is the one that is presumed"},
	"refusal ignored":              {"refused-many": "a 200 that does nothing is a decline, which stops no other"},
}

// TestCasesUnderEachChoice runs the end-to-end cases under each answer to each open question about the service: the same
// evaluations are re-queued, and the same is counted, whichever it is.
func TestCasesUnderEachChoice(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, choice := range azdotest.Choices() {
		for _, value := range choice.Values[1:] {
			name := choice.Name + " " + value
			decides := choiceDecides[name]
			known[name] = true
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				eachCase(t, func(t *testing.T, file string, archive *txtar.Archive) {
					name := strings.TrimSuffix(filepath.Base(file), ".txtar")
					if decides[name] != "" || strings.HasPrefix(name, "declined") && !long() {
						return // what the service declines is looked for during 20 s
					}
					all := runCase(t, archive, taskDir, program, func(w *azdotest.World) { choice.Set(&w.Behaviour, value) })
					for _, part := range []string{"writes", "outputs"} {
						want, got := sectionLines(archive, part), all[part]
						// What is confirmed late lets others begin before the next write of its pull request, and some builds are seen late.
						slices.Sort(want)
						slices.Sort(got)
						builds := func(line string) bool { return strings.HasPrefix(line, "buildIds=") }
						if diff := gocmp.Diff(slices.DeleteFunc(want, builds), slices.DeleteFunc(got, builds), cmpopts.EquateEmpty()); diff != "" {
							t.Errorf("%s (-want +got):\n%s%s", part, diff, strings.Join(all["whole log"], "\n"))
						}
					}
				})
			})
		}
	}
	for name := range choiceDecides {
		if !known[name] {
			t.Errorf("%q is no choice", name)
		}
	}
}
