package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStandIn plays go.exe against the server.
func TestStandIn(t *testing.T) {
	s, err := startGoServer(t.Context(), "/prefix")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.listener.Close() })
	_, value, _ := strings.Cut(s.variable(), "=")
	for _, tt := range []struct {
		name, value, args, want string
		code                    int
		err                     bool
	}{
		{"builds for Windows", value, "env GOOS CGO_ENABLED", "windows\n0\n", 0, false},
		{"hands on what went wrong", value, "list ./none", "", 1, false},
		{"runs nothing", value, "run .", "", 2, false},
		{"a stranger", strings.Replace(value, "/", "/x", 1), "env GOOS", "", 1, true},
		{"without a server", "", "env GOOS", "", 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(goVariable, tt.value)
			var stdout bytes.Buffer
			code, err := askGo(strings.Fields(tt.args), &stdout)
			if code != tt.code || (err != nil) != tt.err || stdout.String() != tt.want {
				t.Errorf("code %d, %v, %q; want %d, %q", code, err, stdout.String(), tt.code, tt.want)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	s := &goServer{prefix: "/prefix"}
	for path, want := range map[string]string{
		`Z:\tmp\a b\c.exe`: "/tmp/a b/c.exe",
		`z:/tmp/c`:         "/tmp/c",
		`C:\users\root\t`:  "/prefix/drive_c/users/root/t",
		"./cmd/task":       "./cmd/task",
		"-ldflags=-s -w":   "-ldflags=-s -w",
		"build":            "build",
	} {
		if got := s.unixPath(path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if got := windowsPath("/tmp/a b/c"); got != `Z:\tmp\a b\c` {
		t.Errorf("/tmp/a b/c is %s", got)
	}
}

// TestOverlay: Go's sources still have the switch.
func TestOverlay(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, err := overlay(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if diff := cmp.Diff([]string{"at_windows.go", "overlay.json"}, names); diff != "" || !strings.HasSuffix(file, "overlay.json") {
		t.Errorf("%s; files (-want +got):\n%s", file, diff)
	}
}
