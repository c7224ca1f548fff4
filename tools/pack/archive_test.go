package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stagedPrograms is a folder as it is packed, with programs of a few letters.
func stagedPrograms(t *testing.T, platforms ...string) string {
	t.Helper()
	stage := t.TempDir()
	put := func(name, text string) {
		file := filepath.Join(stage, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("LICENSE.md", "the licence")
	put("THIRD-PARTY-NOTICES.md", "the notices")
	for _, p := range platforms {
		suffix := ""
		if strings.HasPrefix(p, "windows") {
			suffix = ".exe"
		}
		put("task/bin/"+p+"/reschedule"+suffix, "program for "+p)
	}
	return stage
}

func TestArchives(t *testing.T) {
	t.Parallel()
	stage, out := stagedPrograms(t, "linux-arm64", "windows-amd64"), t.TempDir()
	var told bytes.Buffer
	if err := archives(archiveOptions{stage, "1.2.3", out}, &told); err != nil {
		t.Fatal(err)
	}
	tarball, zipped := filepath.Join(out, "reschedule-1.2.3-linux-arm64.tar.gz"), filepath.Join(out, "reschedule-1.2.3-windows-amd64.zip")
	if told.String() != tarball+"\n"+zipped+"\n" {
		t.Errorf("told:\n%s", told.String())
	}
	type file struct{ Name, Text, Mode string }
	const linux, windows = "reschedule-1.2.3-linux-arm64/", "reschedule-1.2.3-windows-amd64/"
	rest := func(folder string) []file {
		return []file{{folder + "LICENSE", "the licence", "-rw-r--r--"}, {folder + "THIRD-PARTY-NOTICES.md", "the notices", "-rw-r--r--"}}
	}

	var got []file
	opened, err := os.Open(tarball)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.Close() }()
	unpacked, err := gzip.NewReader(opened)
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, file{header.Name, string(data), header.FileInfo().Mode().String()})
	}
	if diff := cmp.Diff(append([]file{{linux + "reschedule", "program for linux-arm64", "-rwxr-xr-x"}}, rest(linux)...), got); diff != "" {
		t.Errorf("the tarball (-want +got):\n%s", diff)
	}

	got = nil
	archive, err := zip.OpenReader(zipped)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	for _, entry := range archive.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, file{entry.Name, string(data), entry.Mode().String()})
	}
	if diff := cmp.Diff(append([]file{{windows + "reschedule.exe", "program for windows-amd64", "-rwxr-xr-x"}}, rest(windows)...), got); diff != "" {
		t.Errorf("the zip (-want +got):\n%s", diff)
	}
}

// TestArchivesAreReproducible: neither the time nor the folder is in the bytes.
func TestArchivesAreReproducible(t *testing.T) {
	t.Parallel()
	var first []byte
	for _, name := range []string{"reschedule-1.2.3-linux-amd64.tar.gz", "reschedule-1.2.3-windows-amd64.zip"} {
		first = nil
		for range 2 {
			stage, out := stagedPrograms(t, "linux-amd64", "windows-amd64"), t.TempDir()
			old := archiveTime.AddDate(20, 0, len(first)+1)
			if err := os.Chtimes(filepath.Join(stage, "LICENSE.md"), old, old); err != nil {
				t.Fatal(err)
			}
			if err := archives(archiveOptions{stage, "1.2.3", out}, io.Discard); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(out, name))
			if err != nil {
				t.Fatal(err)
			}
			if first != nil && !bytes.Equal(first, data) {
				t.Errorf("%s: other bytes for the same content", name)
			}
			first = data
		}
	}
}

func TestArchivesNeedEverything(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, missing, want string }{
		{"no programs", "task", "find the programs"},
		{"no program", "task/bin/linux-amd64/reschedule", "read the program"},
		{"no licence", "LICENSE.md", "read what goes with the programs"},
		{"no notices", "THIRD-PARTY-NOTICES.md", "read what goes with the programs"},
	} {
		stage := stagedPrograms(t, "linux-amd64")
		if err := os.RemoveAll(filepath.Join(stage, filepath.FromSlash(tc.missing))); err != nil {
			t.Fatal(err)
		}
		if err := archives(archiveOptions{stage, "1.2.3", t.TempDir()}, io.Discard); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if err := archives(archiveOptions{stagedPrograms(t, "linux-amd64"), "", t.TempDir()}, io.Discard); err == nil {
		t.Error("an archive without a version")
	}
}
