//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInstall puts the program into a folder for programs and runs it there.
func TestInstall(t *testing.T) {
	t.Parallel()
	version, err := taskVersion(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	bin, other := filepath.Join(t.TempDir(), "programs of mine"), t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "reschedule"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, path, want string }{
		{"not on the path", "", "That folder is not on the PATH; for bash: export PATH=\"$PATH:" + bin + "\""},
		{"on the path", ":" + bin, `That folder is on the PATH: try "reschedule --help".`},
		{"behind another", ":" + other + ":" + bin, "but " + other + "/reschedule comes before it on the PATH."},
	} {
		cmd := exec.CommandContext(t.Context(), "../../build.sh", "install")
		cmd.Env = append(os.Environ(), "GOBIN="+bin, "PATH="+os.Getenv("PATH")+tc.path)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Installed version "+version+" as "+bin+"/reschedule\n"+tc.want) {
			t.Fatalf("%s: %v\n%s", tc.name, err, out)
		}
	}
	printed, err := exec.CommandContext(t.Context(), filepath.Join(bin, "reschedule"), "--version").Output()
	if err != nil || string(printed) != version+"\n" {
		t.Errorf("%v: it calls itself %q, want %q", err, printed, version)
	}
	out, err := exec.CommandContext(t.Context(), "../../build.sh", "install", "somewhere").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "install takes nothing; GOBIN says where to") {
		t.Errorf("%v\n%s", err, out)
	}
}
