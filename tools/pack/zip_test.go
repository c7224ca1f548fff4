package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const someTypes = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".md" ContentType="text/markdown"/>
  <Default Extension=".json" ContentType="application/json"/>
  <Override ContentType="application/octet-stream" PartName="/task/bin/linux-arm/reschedule"/>
  <Override ContentType="application/octet-stream" PartName="/task/bin/darwin-arm64/reschedule"/>
</Types>`

// staged is a folder as build.sh stages it, and what tfx adds to it.
func staged(t *testing.T) (stage string, packed map[string]string) {
	t.Helper()
	stage = t.TempDir()
	packed = map[string]string{
		"task/task.json":                "{}",
		"task/bin/linux-arm/reschedule": strings.Repeat("program ", 1000),
		"overview.md":                   "# Some task",
	}
	for name, text := range packed {
		file := filepath.Join(stage, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	packed[contentTypes] = someTypes
	packed["extension.vsixmanifest"] = "<PackageManifest/>"
	packed["extension.vsomanifest"] = "{}"
	return stage, packed
}

// raw writes a package as tfx does: in any order, with folders, with the time of now, without modes.
func raw(t *testing.T, packed map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create("task/"); err != nil {
		t.Fatal(err)
	}
	for name, text := range packed { // the order is meant to differ between runs
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "raw.vsix")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFinishGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	stage, packed := staged(t)
	var first []byte
	for range 5 {
		out := filepath.Join(t.TempDir(), "out.vsix")
		if err := finish(finishOptions{stage: stage, in: raw(t, packed), out: out, limit: sizeLimit}, io.Discard); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if !bytes.Equal(first, got) {
			t.Fatal("two packages of the same files differ")
		}
	}
	z, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, file := range z.File {
		got = append(got, file.Mode().String()+" "+file.Modified.UTC().Format(time.DateOnly)+" "+file.Name)
	}
	want := []string{
		"-rw-r--r-- 1980-01-01 [Content_Types].xml",
		"-rw-r--r-- 1980-01-01 extension.vsixmanifest",
		"-rw-r--r-- 1980-01-01 extension.vsomanifest",
		"-rw-r--r-- 1980-01-01 overview.md",
		"-rwxr-xr-x 1980-01-01 task/bin/linux-arm/reschedule",
		"-rw-r--r-- 1980-01-01 task/task.json",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestFinishRefusesAPackageThatIsNotTheStage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		spoil func(packed map[string]string)
		want  string
	}{
		{"a file is missing", func(p map[string]string) { delete(p, "overview.md") }, "does not hold overview.md"},
		{"a file differs", func(p map[string]string) { p["task/task.json"] = "{} " }, "does not hold task/task.json"},
		{"a file was not staged", func(p map[string]string) { p["task/.env"] = "x" }, "task/.env, which was not staged"},
		{"a file of tfx is missing", func(p map[string]string) { delete(p, contentTypes) }, "has no [Content_Types].xml"},
		{"a name leaves the folder", func(p map[string]string) { p["../x"] = "x" }, `"../x"`},
		{"a name is there twice on Windows", func(p map[string]string) { p["Overview.md"] = "x" }, "overview.md is there twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			stage, packed := staged(t)
			tc.spoil(packed)
			out := filepath.Join(t.TempDir(), "out.vsix")
			err := finish(finishOptions{stage: stage, in: raw(t, packed), out: out, limit: sizeLimit}, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("finish: %v; want an error with %q", err, tc.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a package was written all the same")
			}
		})
	}
}

func TestFinishRefusesAPackageThatIsTooLarge(t *testing.T) {
	t.Parallel()
	stage, packed := staged(t)
	var b strings.Builder
	o := finishOptions{stage: stage, in: raw(t, packed), out: filepath.Join(t.TempDir(), "out.vsix"), limit: sizeLimit}
	if err := finish(o, &b); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(o.out)
	if err != nil {
		t.Fatal(err)
	}
	o.limit = int(info.Size())
	if err := finish(o, &b); err == nil || !strings.Contains(err.Error(), "must stay below "+strconv.Itoa(o.limit)) {
		t.Errorf("finish: %v; want a refusal of the size", err)
	}
	o.limit++
	if err := finish(o, &b); err != nil {
		t.Errorf("one byte below the limit: %v", err)
	}
}

// TestLimitIsBelowTheServers: CONTRIBUTING.md says both.
func TestLimitIsBelowTheServers(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("must stay below %d MiB: older servers refuse 25.", sizeLimit>>20)
	if !strings.Contains(string(page), want) || sizeLimit >= 25<<20 {
		t.Errorf("the limit is %d bytes, and CONTRIBUTING.md does not say %q", sizeLimit, want)
	}
}

func TestModifiedTime(t *testing.T) {
	t.Parallel()
	for epoch, want := range map[string]string{
		"":           "1980-01-01T00:00:00Z",
		"1767225600": "2026-01-01T00:00:00Z",
	} {
		got, err := modifiedTime(epoch)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("modifiedTime(%q) = %v, %v; want %s", epoch, got, err, want)
		}
	}
	for _, epoch := range []string{"x", "0", "99999999999"} {
		if got, err := modifiedTime(epoch); err == nil {
			t.Errorf("modifiedTime(%q) = %v; want an error", epoch, got)
		}
	}
}

func TestSortContentTypes(t *testing.T) {
	t.Parallel()
	got, err := sortContentTypes([]byte(someTypes))
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".json" ContentType="application/json"></Default>
  <Default Extension=".md" ContentType="text/markdown"></Default>
  <Override ContentType="application/octet-stream" PartName="/task/bin/darwin-arm64/reschedule"></Override>
  <Override ContentType="application/octet-stream" PartName="/task/bin/linux-arm/reschedule"></Override>
</Types>
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("sorted types (-want +got):\n%s", diff)
	}
}

func TestUnpackKeepsRunBits(t *testing.T) {
	t.Parallel()
	stage, packed := staged(t)
	dir := t.TempDir()
	vsix := filepath.Join(dir, "out.vsix")
	if err := finish(finishOptions{stage: stage, in: raw(t, packed), out: vsix, limit: sizeLimit}, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := unpack(vsix, dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"task/bin/linux-arm/reschedule": 0o111, "task/task.json": 0} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode() & 0o111; got != want {
			t.Errorf("%s has run bits %o, want %o", name, got, want)
		}
	}
}
