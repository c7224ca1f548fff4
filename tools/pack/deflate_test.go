package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// large is a file that goes through the script.
func large() entry {
	return entry{"task/bin/linux-arm/reschedule", bytes.Repeat([]byte("program "), denseFrom/8)}
}

func TestDenseDeflateIsKept(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	e := large()
	kept, err := deflate(e.data)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cache, digest(e.data)+".deflate"), kept, 0o600); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(cache, digest([]byte("old"))+".deflate")
	if err := os.WriteFile(old, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	// A script that does not exist: what is kept needs none.
	dense, err := denseDeflate([]entry{e, {"small", []byte("x")}}, cache, "nothing.js")
	if err != nil {
		t.Fatal(err)
	}
	if len(dense) != 1 || !bytes.Equal(dense[e.name], kept) {
		t.Errorf("%d files were deflated densely, or other bytes than those kept", len(dense))
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("what no file needs any more is still there")
	}
}

func TestDenseDeflateBelievesNothing(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	e := large()
	other, err := deflate([]byte("something else"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cache, digest(e.data)+".deflate"), other, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := denseDeflate([]entry{e}, cache, "nothing.js"); err == nil {
		t.Error("what inflates to something else was taken")
	}
}
