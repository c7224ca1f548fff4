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

func TestDated(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, page, date, want, wantErr string }{
		{"the newest only", "## 2.0.0 (unreleased)\n\n## 1.0.0 (2026-01-31)\n", "2026-02-01", "## 2.0.0 (2026-02-01)\n\n## 1.0.0 (2026-01-31)\n", ""},
		{"one that has its date", "## 1.0.0 (2026-01-31)\n", "2026-02-01", "", "does not say (unreleased)"},
		{"no release", "# Changes\n", "2026-02-01", "", "does not say (unreleased)"},
		{"no day", "## 1.0.0 (unreleased)\n", "tomorrow", "", `"tomorrow" is no day`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := dated(tt.page, tt.date)
			if got != tt.want || (err == nil) != (tt.wantErr == "") || err != nil && !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("dated: %q, %v; want %q, %q", got, err, tt.want, tt.wantErr)
			}
		})
	}
}

// TestRelease makes a release of a copy of this repository: first it tells, then it tags, and a second time it refuses.
func TestRelease(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: build.sh is not run on Windows")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("SKIPPED: git is missing; no release is made")
	}
	folder := t.TempDir()
	for _, name := range []string{"build.sh", "go.mod", "go.sum", "CHANGELOG.md", "LICENSE", "overview.md", "vss-extension.json", ".gitignore", "task", "images", "tools/pack"} {
		into := filepath.Join(folder, filepath.Dir(name))
		if err := os.MkdirAll(into, 0o700); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), "cp", "-R", filepath.Join("../..", name), into).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b",
			"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := run(args...)
		if err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
		return out
	}
	changelog := filepath.Join(folder, changelogFile)
	data, err := os.ReadFile(changelog)
	if err != nil {
		t.Fatal(err)
	}
	// Between releases the newest version may have its date.
	undated := changelogHeading.ReplaceAllString(string(data), "## $1 (unreleased)")
	undated = undated[:strings.Index(undated, "\n- ")] + "\n- `when`: something new.\n"
	if err := os.WriteFile(changelog, []byte(undated), 0o600); err != nil {
		t.Fatal(err)
	}
	version, err := taskVersion(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	must("git", "init", "-q", "-b", "main")
	must("git", "add", "-A")
	must("git", "commit", "-q", "-m", "first")
	before := must("git", "rev-parse", "HEAD")

	told := must("bash", "build.sh", "release")
	if !strings.Contains(told, "- `when`: something new.") || !strings.Contains(told, "Nothing was done.") {
		t.Errorf("told: %s", told)
	}
	if after := must("git", "rev-parse", "HEAD"); after != before || must("git", "tag") != "" || must("git", "status", "--porcelain") != "" {
		t.Errorf("the dry run has changed something: %s", must("git", "status"))
	}
	if out, err := run("bash", "build.sh", "release", "tomorrow"); err == nil || !strings.Contains(out, `not "tomorrow"`) {
		t.Errorf("release tomorrow: %v, %s", err, out)
	}
	must("git", "checkout", "-q", "-b", "elsewhere")
	if out, err := run("bash", "build.sh", "release", "now"); err == nil || !strings.Contains(out, "on the branch main") {
		t.Errorf("on another branch: %v, %s", err, out)
	}
	must("git", "checkout", "-q", "main")

	must("bash", "build.sh", "release", "now")
	if kind := must("git", "cat-file", "-t", "v"+version); kind != "tag\n" {
		t.Errorf("v%s is a %s", version, kind)
	}
	if message := must("git", "tag", "-l", "--format=%(contents)", "v"+version); !strings.HasPrefix(message, version+"\n") || !strings.Contains(message, "- `when`: something new.") {
		t.Errorf("the tag says %q", message)
	}
	page := must("git", "show", "v"+version+":"+changelogFile)
	if !regexp.MustCompile(`(?m)^## `+regexp.QuoteMeta(version)+` \(\d{4}-\d{2}-\d{2}\)$`).MatchString(page) || must("git", "status", "--porcelain") != "" {
		t.Errorf("the changelog was not dated, or something is not committed:\n%s", page)
	}
	if out, err := run("bash", "build.sh", "release", "now"); err == nil || !strings.Contains(out, "is there already") {
		t.Errorf("a second time: %v, %s", err, out)
	}
}
