package main

import (
	"bytes"
	"image"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const goodTask = `{
  "id": "6f5b3a0e-7a3e-4a0c-9d3e-1f2a3b4c5d6e", "name": "Some-Task", "friendlyName": "Some task",
  "description": "d", "author": "a", "releaseNotes": "r", "category": "Azure Repos", "version": {"Major": 1, "Minor": 2, "Patch": 3},
  "instanceNameFormat": "Do $(when)", "groups": [{"name": "g", "displayName": "G", "visibleRule": "when != never"}],
  "inputs": [
    {"name": "when", "label": "When", "type": "pickList", "defaultValue": "now", "options": {"now": "Now", "never": "Never"}, "groupName": "g", "helpMarkDown": "h"},
    {"name": "wait", "label": "Wait", "type": "boolean", "defaultValue": "false", "helpMarkDown": "h", "visibleRule": "when = now && when != never"}
  ],
  "outputVariables": [{"name": "count", "description": "d"}],
  "execution": {"Node20_1": {"target": "launcher.js"}},
  "restrictions": {"settableVariables": {"allowed": ["count"]}}
}`

const goodExtension = `{
  "manifestVersion": 1, "id": "some-task", "publisher": "acme", "version": "1.2.3", "name": "Some task", "description": "d",
  "targets": [{"id": "Microsoft.VisualStudio.Services"}], "categories": ["Azure Pipelines", "Azure Repos"],
  "screenshots": [{"path": "images/shot.png"}],
  "links": {"getstarted": {"uri": "https://e/1"}, "learn": {"uri": "https://e/2"}, "license": {"uri": "https://e/3"},
    "support": {"uri": "https://e/issues"}, "issues": {"uri": "https://e/issues"}, "privacypolicy": {"uri": "https://e/4"}},
  "CustomerQnASupport": {"enableMarketplaceQnA": true, "url": "https://e/issues"},
  "icons": {"default": "images/icon.png"}, "content": {"details": {"path": "overview.md"}, "license": {"path": "LICENSE.md"}},
  "contributions": [{"id": "t", "type": "ms.vss-distributed-task.task", "targets": ["ms.vss-distributed-task.tasks"], "properties": {"name": "task"}}],
  "files": [{"path": "task"}, {"path": "task/bin/linux-arm/reschedule", "contentType": "application/octet-stream"}]
}`

func icon(t *testing.T, side int) *fstest.MapFile {
	t.Helper()
	return drawn(t, side, side)
}

func drawn(t *testing.T, width, height int) *fstest.MapFile {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: b.Bytes()}
}

func goodTree(t *testing.T) fstest.MapFS {
	t.Helper()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"task/task.json":     file(goodTask),
		"task/launcher.js":   file(""),
		"task/icon.png":      icon(t, 32),
		"images/icon.png":    icon(t, 128),
		"images/shot.png":    drawn(t, 1366, 768),
		"overview.md":        file("# Some task"),
		"CHANGELOG.md":       file("# Changes\n\n## 1.2.3 (unreleased)\n\n- new\n\n## 1.1.0 (2026-02-01)\n\n## 1.0.0 (2026-01-31)\n"),
		"vss-extension.json": file(goodExtension),
	}
}

func TestCheckAcceptsWhatIsRight(t *testing.T) {
	t.Parallel()
	if err := check(goodTree(t)); err != nil {
		t.Error(err)
	}
}

func TestCheckAcceptsThisRepository(t *testing.T) {
	t.Parallel()
	if err := check(os.DirFS("../..")); err != nil {
		t.Error(err)
	}
}

// TestCheckWorksInEveryFolder does not run in parallel: it changes the working directory of the process.
func TestCheckWorksInEveryFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a b %20 c")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	tree := goodTree(t)
	t.Chdir(folder)
	if err := check(tree); err != nil {
		t.Error(err)
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	replace := func(file, old, text string) func(*testing.T, fstest.MapFS) {
		return func(t *testing.T, tree fstest.MapFS) {
			t.Helper()
			changed := strings.Replace(string(tree[file].Data), old, text, 1)
			if changed == string(tree[file].Data) {
				t.Fatalf("%s does not hold %s", file, old)
			}
			tree[file] = &fstest.MapFile{Data: []byte(changed)}
		}
	}
	without := func(file string) func(*testing.T, fstest.MapFS) {
		return func(_ *testing.T, tree fstest.MapFS) { delete(tree, file) }
	}
	for _, tc := range []struct {
		name  string
		spoil func(*testing.T, fstest.MapFS)
		want  string
	}{
		{"another version in the manifest", replace("vss-extension.json", "1.2.3", "1.2.4"), `vss-extension.json has version "1.2.4"`},
		{"another version in the changelog", replace("CHANGELOG.md", "## 1.2.3 (unreleased)\n", ""), `CHANGELOG.md's newest heading has version "1.1.0"`},
		{"a changelog without a release", func(_ *testing.T, tree fstest.MapFS) {
			tree["CHANGELOG.md"] = &fstest.MapFile{Data: []byte("# Changes\n")}
		}, "(no heading)"},
		{"a release without a date", replace("CHANGELOG.md", " (2026-02-01)", ""), `the heading of 1.1.0 has the date ""; allowed: a day`},
		{"a day that there is not", replace("CHANGELOG.md", "2026-02-01", "2026-02-31"), `the heading of 1.1.0 has the date "2026-02-31"`},
		{"an old release that is unreleased", replace("CHANGELOG.md", "2026-01-31", "unreleased"), `the heading of 1.0.0 has the date "unreleased"`},
		{"releases in another order", replace("CHANGELOG.md", "2026-01-31", "2026-02-02"), "1.0.0 is younger than the release above it"},
		{"a version that is no number", replace("task/task.json", `"Patch": 3`, `"Patch": "3-beta"`), `version.Patch is "3-beta"`},
		{"a version with a leading zero", replace("task/task.json", `"Patch": 3`, `"Patch": "03"`), `version.Patch is "03"`},
		{"an ID that is no GUID", replace("task/task.json", "6f5b3a0e-", ""), "/id"},
		{"a name with a blank", replace("task/task.json", "Some-Task", "Some Task"), "/name"},
		{"a long friendly name", replace("task/task.json", `"Some task"`, `"`+strings.Repeat("x", 41)+`"`), "/friendlyName"},
		{"a long label", replace("task/task.json", `"label": "Wait"`, `"label": "`+strings.Repeat("x", 41)+`"`), "/label"},
		{"no instanceNameFormat", replace("task/task.json", `"instanceNameFormat": "Do $(when)",`, ""), "instanceNameFormat"},
		{"an unknown member", replace("task/task.json", `"author": "a"`, `"author": "a", "colour": "a"`), "colour"},
		{"an unknown input type", replace("task/task.json", `"type": "boolean"`, `"type": "bool"`), "/type"},
		{"an unknown handler", replace("task/task.json", "Node20_1", "Node20"), "Node20"},
		{"instanceNameFormat names no input", replace("task/task.json", "$(when)", "$(then)"), `names "then"`},
		{"a handler without its file", without("task/launcher.js"), "task/launcher.js, which is no file"},
		{"an unknown group", replace("task/task.json", `"groupName": "g"`, `"groupName": "h"`), `group "h"`},
		{"an input twice, in another case", replace("task/task.json", `"name": "wait"`, `"name": "When"`), "input When is there twice"},
		{"an input without help", replace("task/task.json", `"helpMarkDown": "h"`, `"helpMarkDown": " "`), "input when has no help"},
		{"a default that is no option", replace("task/task.json", `"defaultValue": "now"`, `"defaultValue": "soon"`), `default "soon"`},
		{"a default that is no boolean", replace("task/task.json", `"defaultValue": "false"`, `"defaultValue": "no"`), `default "no"`},
		{"a visible rule on no input", replace("task/task.json", "&& when != never", "&& then != never"), "then is no input"},
		{"an output that the agent would refuse", replace("task/task.json", `["count"]`, `["counts"]`), "count is missing in restrictions"},
		{"a task icon of another size", func(t *testing.T, tree fstest.MapFS) { tree["task/icon.png"] = icon(t, 48) }, "48x48"},
		{"no task icon", without("task/icon.png"), "task/icon.png"},
		{"an extension icon of another size", func(t *testing.T, tree fstest.MapFS) { tree["images/icon.png"] = icon(t, 64) }, "64x64"},
		{"no overview", without("overview.md"), "overview.md"},
		{"a picture that is not served", replace("overview.md", "# Some task", "![x](images/icon.png)"), "shows images/icon.png"},
		{"an extension ID with a blank", replace("vss-extension.json", `"some-task"`, `"some task"`), `id "some task"`},
		{"another target", replace("vss-extension.json", "Microsoft.VisualStudio.Services", "Other"), "the only target"},
		{"another category", replace("vss-extension.json", "Azure Pipelines", "Azure Boards"), "the categories must be"},
		{"a category less", replace("vss-extension.json", `, "Azure Repos"`, ""), "the categories must be"},
		{"a screenshot of another size", func(t *testing.T, tree fstest.MapFS) { tree["images/shot.png"] = drawn(t, 1280, 768) }, "1280x768"},
		{"no screenshot of that name", without("images/shot.png"), "images/shot.png"},
		{"a picture that the manifest does not name", func(t *testing.T, tree fstest.MapFS) { tree["images/more.png"] = drawn(t, 1, 1) }, "does not name images/more.png"},
		{"no privacy policy", replace("vss-extension.json", "privacypolicy", "privacy"), "the link privacypolicy is missing"},
		{"a link without https", replace("vss-extension.json", "https://e/2", "http://e/2"), "the link learn is missing, or not https"},
		{"support elsewhere", replace("vss-extension.json", `"support": {"uri": "https://e/issues"}`, `"support": {"uri": "https://e/5"}`), "must be that of the issues"},
		{"questions elsewhere", replace("vss-extension.json", `"url": "https://e/issues"`, `"url": "https://e/5"`), "must be that of the issues"},
		{"questions by a name that tfx drops", replace("vss-extension.json", "enableMarketplaceQnA", "enableqna"), "enableMarketplaceQnA must be true"},
		{"no questions", replace("vss-extension.json", `"enableMarketplaceQnA": true`, `"enableMarketplaceQnA": false`), "enableMarketplaceQnA must be true"},
		{"no release notes", replace("task/task.json", `"releaseNotes": "r",`, ""), "releaseNotes"},
		{"another manifest version", replace("vss-extension.json", `"manifestVersion": 1`, `"manifestVersion": 2`), "manifestVersion is 2"},
		{"a long description", replace("vss-extension.json", `"description": "d"`, `"description": "`+strings.Repeat("x", 201)+`"`), "within 200"},
		{"a contribution of another type", replace("vss-extension.json", "task.task\"", "task.gate\""), "must be a ms.vss-distributed-task.task"},
		{"a contribution without its folder", replace("vss-extension.json", `{"path": "task"}, `, ""), `folder "task"`},
		{"an addressable binary", replace("vss-extension.json", `"contentType"`, `"addressable": true, "contentType"`), "must not be addressable"},
		{"a file that is not there", replace("vss-extension.json", `{"path": "task"}`, `{"path": "task"}, {"path": "nothing.md"}`), "nothing.md"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tree := maps.Clone(goodTree(t))
			tc.spoil(t, tree)
			err := check(tree)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("check: %v; want an error with %q", err, tc.want)
			}
		})
	}
}

func TestCheckReportsAllAtOnce(t *testing.T) {
	t.Parallel()
	tree := goodTree(t)
	delete(tree, "task/icon.png")
	delete(tree, "overview.md")
	tree["CHANGELOG.md"] = &fstest.MapFile{Data: []byte("## 9.9.9\n")}
	err := check(tree)
	for _, want := range []string{"task/icon.png", "overview.md", "9.9.9"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("check: %v; want an error with %q", err, want)
		}
	}
}
