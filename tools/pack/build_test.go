package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// build runs build.sh where PATH holds the named programs alone, and a Go that says it has a version and does nothing. It
// returns what it says.
func build(t *testing.T, version string, programs []string, args ...string) (string, error) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: build.sh is not run on Windows")
	}
	folder := t.TempDir()
	for _, name := range append([]string{"bash", "cut", "dirname", "sed", "mktemp", "rm"}, programs...) {
		found, err := exec.LookPath(name)
		if err != nil && name == "node" {
			found, err = exec.LookPath("bash") // it is looked for and not started
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(found, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if version != "" {
		// A Go before 1.21 does not read this go.mod, but knows its version outside of the module.
		script := "#!/bin/sh\ncase $1 in version) echo go version " + version + " linux/amd64 ;; env) echo " + version + " ;; run) exit 1 ;; esac\n"
		if strings.HasPrefix(version, "go1.19") {
			script = "#!/bin/sh\n[ \"$PWD\" = / ] || { echo 'go: errors parsing go.mod' >&2; exit 1; }\n" + script
		}
		if err := os.WriteFile(filepath.Join(folder, "go"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(folder, "bash"), append([]string{"../../build.sh"}, args...)...)
	cmd.Env = []string{"PATH=" + folder, "HOME=" + folder, "TMPDIR=" + folder}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// goOfModule is the version that go.mod names.
func goOfModule(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(data)
	if m == nil {
		t.Fatal("go.mod names no version of Go")
	}
	return string(m[1])
}

func TestBuildSaysWhichGo(t *testing.T) {
	t.Parallel()
	needed := goOfModule(t)
	for _, tt := range []struct{ name, version, want string }{
		{"none", "", "build.sh: Go is missing; install Go " + needed + " or newer from https://go.dev/dl/\n"},
		{"one that cannot read go.mod", "go1.19.8", "build.sh: this Go is 1.19.8, too old; install Go " + needed + " or newer from https://go.dev/dl/\n"},
		{"an old one", "go1.21.13", "build.sh: this Go is 1.21.13, too old; install Go " + needed + " or newer from https://go.dev/dl/\n"},
		{"the one of go.mod", "go" + needed, ""},
		{"a newer one", "go1.100rc1", ""},
		{"one built from its sources", "devel", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := build(t, tt.version, nil, "docs")
			if out != tt.want || tt.want != "" && err == nil {
				t.Errorf("build.sh said %q, %v; want %q", out, err, tt.want)
			}
		})
	}
}

func TestBuildSaysWhichTestsAreLeftOut(t *testing.T) {
	t.Parallel()
	const line = "Left out: the tests of the launcher: there is no node on PATH.\n"
	out, err := build(t, "go"+goOfModule(t), nil, "test")
	if err != nil || !strings.Contains(out, line) {
		t.Errorf("without Node: %v, %s", err, out)
	}
	out, err = build(t, "go"+goOfModule(t), []string{"node"}, "test")
	if err != nil || strings.Contains(out, line) || !strings.Contains(out, "Left out: ") {
		t.Errorf("with Node: %v, %s", err, out)
	}
}
