package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// TestDependenciesAreUpdated: what Dependabot looks at is every module of Go, every lock file of npm, and the workflows.
func TestDependenciesAreUpdated(t *testing.T) {
	t.Parallel()
	var config struct {
		Version int `yaml:"version"`
		Updates []struct {
			Ecosystem   string   `yaml:"package-ecosystem"`
			Directory   string   `yaml:"directory"`
			Directories []string `yaml:"directories"`
		} `yaml:"updates"`
	}
	if err := yaml.Unmarshal([]byte(read(t, ".github/dependabot.yml")), &config); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, update := range config.Updates {
		folders := update.Directories
		if update.Directory != "" {
			folders = append(folders, update.Directory)
		}
		got[update.Ecosystem] = append(got[update.Ecosystem], folders...)
	}
	want := map[string][]string{"github-actions": {"/"}}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", ".cache", "dist", "node_modules"}, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		folder := path.Join("/", path.Dir(filepath.ToSlash(relative)))
		switch d.Name() {
		case "go.mod":
			want["gomod"] = append(want["gomod"], folder)
		case "package-lock.json":
			want["npm"] = append(want["npm"], folder)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folders := range []map[string][]string{got, want} {
		for _, list := range folders {
			slices.Sort(list)
		}
	}
	if diff := cmp.Diff(want, got); config.Version != 2 || diff != "" {
		t.Errorf("folders that are updated (-there +listed):\n%s", diff)
	}
}

// TestToolsArePinned: each tool of .ci/tools is used, and no tool is fetched by a version that stands elsewhere.
func TestToolsArePinned(t *testing.T) {
	t.Parallel()
	module := read(t, ".ci/tools/go.mod")
	_, block, _ := strings.Cut(module, "\ntool (\n")
	block, _, _ = strings.Cut(block, ")")
	tools := strings.Fields(block)
	if len(tools) < 3 {
		t.Fatalf("the tools are %q", tools)
	}
	scripts := read(t, "build.sh") + read(t, ".ci/run")
	for _, tool := range tools {
		if !strings.Contains(scripts, tool+"\n") {
			t.Errorf("no script uses %s", tool)
		}
	}
	if found := regexp.MustCompile(`\S+\.\S+/\S+@v\d\S*`).FindAllString(scripts, -1); found != nil {
		t.Errorf("a script pins by itself: %q", found)
	}
	if diff := cmp.Diff(goVersion(t, "go.mod"), goVersion(t, ".ci/tools/go.mod")); diff != "" {
		t.Errorf("versions of Go (-ours +the tools'):\n%s", diff)
	}
}

func goVersion(t *testing.T, file string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, file))
	if m == nil {
		t.Fatalf("%s names no version of Go", file)
	}
	return m[1]
}

// TestWorkflowsArePinned: an action is named by its commit, with its version behind it, and gets no more than it needs.
func TestWorkflowsArePinned(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d workflows, %v", len(files), err)
	}
	pinned := regexp.MustCompile(`^[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, file := range files {
		name := ".github/workflows/" + filepath.Base(file)
		text := read(t, name)
		uses := regexp.MustCompile(`(?m)uses: (.+)$`).FindAllStringSubmatch(text, -1)
		for _, m := range uses {
			if !pinned.MatchString(m[1]) {
				t.Errorf("%s: %s is not pinned by a commit with its version", name, m[1])
			}
		}
		if len(uses) == 0 || !strings.Contains(text, "\npermissions: {}\n") {
			t.Errorf("%s has no actions, or may do more than its jobs say", name)
		}
		var workflow map[string]any
		if err := yaml.Unmarshal([]byte(text), &workflow); err != nil || workflow["jobs"] == nil {
			t.Errorf("%s: %v, or no jobs", name, err)
		}
	}
}

// TestDevContainer: what it installs are the versions that everything else here is built with.
func TestDevContainer(t *testing.T) {
	t.Parallel()
	var container struct {
		Features map[string]struct {
			Version string `json:"version"`
		} `json:"features"`
		PostCreate string `json:"postCreateCommand"`
	}
	if err := json.Unmarshal([]byte(read(t, ".devcontainer/devcontainer.json")), &container); err != nil {
		t.Fatal(err)
	}
	if got, want := container.Features["ghcr.io/devcontainers/features/go:1"].Version, goVersion(t, "go.mod"); got != want {
		t.Errorf("Go %s, but go.mod says %s", got, want)
	}
	pipeline := read(t, "azure-pipelines.yml")
	if node := container.Features["ghcr.io/devcontainers/features/node:1"].Version; node == "" || !strings.Contains(pipeline, "version: "+node+".x") {
		t.Errorf("Node %q is not the one of azure-pipelines.yml", node)
	}
	if !strings.Contains(pipeline, "version: "+goVersion(t, "go.mod")+"\n") {
		t.Error("azure-pipelines.yml has another version of Go")
	}
	for _, program := range []string{"shellcheck", "osslsigncode", "chromium"} {
		if !strings.Contains(container.PostCreate, program) {
			t.Errorf("%s is not installed", program)
		}
	}
}

// TestCodeOwnersExist: each line names something that is there, and somebody who owns it.
func TestCodeOwnersExist(t *testing.T) {
	t.Parallel()
	lines := 0
	for line := range strings.Lines(read(t, ".github/CODEOWNERS")) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		lines++
		if len(fields) < 2 || !strings.HasPrefix(fields[1], "@pr-evaluations/") {
			t.Errorf("nobody owns %q", line)
		}
		if fields[0] == "*" {
			continue
		}
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(fields[0]))); err != nil {
			t.Errorf("CODEOWNERS names %s: %v", fields[0], err)
		}
	}
	if lines < 2 {
		t.Errorf("%d lines", lines)
	}
}
