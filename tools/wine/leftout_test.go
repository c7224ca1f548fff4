package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLeftOut holds the list to the tests that there are.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	list, err := readLeftOut(root)
	if err != nil {
		t.Fatal(err)
	}
	all, err := packages(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 || len(all) < 7 {
		t.Fatalf("%d tests are left out, in %q", len(list), all)
	}
	if err := checkLeftOut(root, list, all); err != nil {
		t.Error(err)
	}
}

func TestParseLeftOut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"# nothing\n\n":                      "",
		"a TestB: c: d\nb TestA: e\n":        "a TestB: c: d|b TestA: e",
		"a TestB: x\na TestA: y\n":           `! "a TestA" stands after "a TestB: x"`,
		"a TestA: x\na TestA: y\n":           `! "a TestA" stands after "a TestA: x"`,
		"a TestA\n":                          `! "a TestA" is not "package test: reason"`,
		"a TestA: \n":                        `! "a TestA:" is not "package test: reason"`,
		"a: x\n":                             `! "a: x" is not "package test: reason"`,
		"a TestA/row: a row is no test, x\n": `! "a TestA/row: a row is no test, x" is not "package test: reason"`,
	} {
		list, err := parseLeftOut(text)
		var got []string
		for _, l := range list {
			got = append(got, l.String())
		}
		if err != nil {
			got = []string{strings.Replace(err.Error(), leftOutFile+":", "!", 1)}
		}
		if diff := cmp.Diff(want, strings.Join(got, "|")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestCheckLeftOut(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{
		"a_test.go":         "package p\nfunc TestA(t *testing.T) {}\nfunc Testing(t *testing.T) {}\nfunc TestMain(m *testing.M) {}\n",
		"b_test.go":         "//go:build unix\n\npackage p\nfunc TestB(t *testing.T) {}\nfunc FuzzB(f *testing.F) {}\n",
		"c_windows_test.go": "package p\nfunc TestC(t *testing.T) {}\nfunc helper() {}\n",
	} {
		if err := os.MkdirAll(filepath.Join(root, "p"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "p", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for names, want := range map[string]string{
		"FuzzB TestB":             "",
		"FuzzB TestA TestB TestC": "",
		"FuzzB":                   "p TestB is not compiled for Windows; name it in " + leftOutFile + ", with the reason",
		"TestB":                   "p FuzzB is not compiled for Windows; name it in " + leftOutFile + ", with the reason",
		"FuzzB TestB TestD":       leftOutFile + ": p TestD is not a test",
		"FuzzB TestB Testing":     leftOutFile + ": p Testing is not a test",
		"FuzzB TestB TestMain":    leftOutFile + ": p TestMain is not a test",
		"FuzzB TestB helper":      leftOutFile + ": p helper is not a test",
	} {
		var list []leftOut
		for name := range strings.FieldsSeq(names) {
			list = append(list, leftOut{"p", name, "why"})
		}
		got := ""
		if err := checkLeftOut(root, list, []string{"p"}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", names, got, want)
		}
	}
}
