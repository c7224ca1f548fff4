package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// stageOf writes the files of a package that name its task.
func stageOf(t *testing.T, taskJSON, extensionJSON string) string {
	t.Helper()
	stage := t.TempDir()
	if err := os.Mkdir(filepath.Join(stage, "task"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{taskFile: taskJSON, extensionFile: extensionJSON} {
		if err := os.WriteFile(filepath.Join(stage, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return stage
}

// TestPrivatePackage: another publisher gets another ID, always the same one, and nothing else of task.json changes. The
// IDs are those that Python's uuid.uuid5 makes.
func TestPrivatePackage(t *testing.T) {
	t.Parallel()
	const public, fabrikam = "6f5b3a0e-7a3e-4a0c-9d3e-1f2a3b4c5d6e", "bea30a8c-aba3-549f-99fb-e94d579c4503"
	for _, tt := range []struct{ publisher, id string }{
		{"fabrikam", fabrikam},
		{"Fabrikam", fabrikam},
		{"acme", public}, // the manifest's own
	} {
		t.Run(tt.publisher, func(t *testing.T) {
			t.Parallel()
			stage := stageOf(t, goodTask, goodExtension)
			var out strings.Builder
			if err := private(stage, tt.publisher, &out); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(stage, taskFile))
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Replace(goodTask, public, tt.id, 1); string(data) != want {
				t.Errorf("task.json is\n%s\nwant\n%s", data, want)
			}
			want := "The task's ID in this package is " + tt.id + ", and its full name " + tt.publisher + ".some-task.t.Some-Task@1\n"
			if out.String() != want {
				t.Errorf("said %q, want %q", out.String(), want)
			}
		})
	}
}

func TestPrivatePackageRefuses(t *testing.T) {
	t.Parallel()
	twice := strings.Replace(goodTask, `"author": "a"`, `"author": "6f5b3a0e-7a3e-4a0c-9d3e-1f2a3b4c5d6e"`, 1)
	for _, tt := range []struct{ name, task, publisher, want string }{
		{"a blank in the publisher", goodTask, "fabri kam", `the publisher "fabri kam"; allowed: letters`},
		{"no publisher", goodTask, "", `the publisher ""; allowed: letters`},
		{"an ID that is there twice", twice, "fabrikam", "once"},
		{"an ID that is none", strings.Replace(goodTask, "6f5b3a0e-", "", 1), "fabrikam", "read the task's ID"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stage := stageOf(t, tt.task, goodExtension)
			if err := private(stage, tt.publisher, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("private: %v; want an error with %q", err, tt.want)
			}
			data, err := os.ReadFile(filepath.Join(stage, taskFile))
			if err != nil || string(data) != tt.task {
				t.Errorf("task.json has changed, %v", err)
			}
		})
	}
}

// TestPageShowsTheFullName: docs/install.md shows how the task is named where both packages are installed, for the publisher
// of its own example, with the ID that this publisher's package gets.
func TestPageShowsTheFullName(t *testing.T) {
	t.Parallel()
	root := os.DirFS("../..")
	var of task
	var e extension
	if err := readJSON(root, taskFile, &of); err != nil {
		t.Fatal(err)
	}
	if err := readJSON(root, extensionFile, &e); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/install.md")
	if err != nil {
		t.Fatal(err)
	}
	major, err := json.Marshal(of.Version["Major"])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"PUBLISHER=fabrikam ./build.sh\n",
		"- task: fabrikam." + e.ID + "." + e.Contributions[0].ID + "." + of.Name + "@" + string(major) + "\n",
		"- task: " + e.Publisher + "." + e.ID + "." + e.Contributions[0].ID + "." + of.Name + "@" + string(major) + "\n",
		"`" + privateID(uuid.MustParse(of.ID), "fabrikam", of.Name).String() + "`",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("docs/install.md does not show %q", want)
		}
	}
}
