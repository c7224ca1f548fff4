package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	t.Parallel()
	const out = "=== RUN   TestA\n--- PASS: TestA (0.00s)\n    --- PASS: TestA/x_y (0.00s)\n    a_test.go:1: no\n--- SKIP: TestB (1.00s)\n" +
		"--- FAIL: TestC (0.00s)\n    --- FAIL: TestC/x/(y) (0.00s)\n    --- FAIL: TestC/x (0.00s)\n--- FAIL: TestD (0.00s)\n    --- SKIP: TestC/y (0.00s)\nthis is no --- PASS: TestD (0.00s)\nFAIL\n"
	want := outcomes{passed: 2, failed: []string{"TestC/x/(y)", "TestD"}, skipped: []string{"TestB", "TestC/y"}}
	if diff := cmp.Diff(want, read([]byte(out)), cmp.AllowUnexported(outcomes{})); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("a_test.go:1: no\n--- SKIP: TestB (1.00s)", strings.Split(string(withoutPasses([]byte(out))), "\n--- FAIL")[0]); diff != "" {
		t.Errorf("what is shown (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(`^TestC$/^x$/^\(y\)$|^TestD$`, exactly(want.failed)); diff != "" {
		t.Errorf("pattern (-want +got):\n%s", diff)
	}
}
