package report

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRecording: folders are made, what was there goes with the first line only, and a new file without a line is taken
// away.
func TestRecording(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "folder", "recording.jsonl")
	content := func() string {
		data, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(data)
	}
	for _, step := range []struct {
		lines  []string
		during string
		want   string
	}{
		{nil, "", ""},
		{[]string{"one\n", "two\n"}, "one\ntwo\n", "one\ntwo\n"},
		{nil, "one\ntwo\n", "one\ntwo\n"},
		{[]string{"3\n"}, "3\n", "3\n"},
	} {
		r, err := OpenRecording(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range step.lines {
			if _, err := io.WriteString(r, line); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(step.during, content()); diff != "" {
			t.Errorf("before it is closed -want +got:\n%s", diff)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(step.want, content()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if _, err := os.Stat(path); step.want == "" && !os.IsNotExist(err) {
			t.Errorf("a new file without a line is still there: %v", err)
		}
	}
}

func TestRecordingRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files, err := OpenFiles(filepath.Join(dir, "report.json"), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "report.json"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		dir, filepath.Join(dir, "report.json"), filepath.Join(dir, "link"), filepath.Join(dir, "report.json", "x"),
		filepath.Join(dir, "a\u202eb"), os.DevNull,
	} {
		if _, err := OpenRecording(path, files); err == nil {
			t.Errorf("OpenRecording(%q) gives no error", path)
		}
	}
	if r, err := OpenRecording("", files); r != nil || err != nil || r.Close() != nil {
		t.Errorf("no recording is %v, %v", r, err)
	}
	if err := files.Discard(); err != nil {
		t.Error(err)
	}
}
