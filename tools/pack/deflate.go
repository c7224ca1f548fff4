package main

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// denseFrom is the size from which a file is worth the seconds that dense deflate takes.
const denseFrom = 256 << 10

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// deflateAll returns the deflated data of every entry. Large files go through the script, which is slow and 4 % denser
// than zlib; its results are kept in the cache under the hash of what was deflated, and none is believed without being
// inflated again.
func deflateAll(entries []entry, cache, script string) ([][]byte, error) {
	dense, err := denseDeflate(entries, cache, script)
	if err != nil {
		return nil, err
	}
	deflated := make([][]byte, len(entries))
	for i, e := range entries {
		if deflated[i], err = deflate(e.data); err != nil {
			return nil, fmt.Errorf("deflate %s: %w", e.name, err)
		}
		if d, ok := dense[e.name]; ok && len(d) < len(deflated[i]) {
			deflated[i] = d
		}
	}
	return deflated, nil
}

func deflate(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func denseDeflate(entries []entry, cache, script string) (map[string][]byte, error) {
	if script == "" {
		return nil, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil { //nolint:gosec // a cache of public files
		return nil, fmt.Errorf("make the cache: %w", err)
	}
	args := []string{script}
	files := map[string]string{}
	for _, e := range entries {
		if len(e.data) < denseFrom {
			continue
		}
		file := filepath.Join(cache, digest(e.data))
		files[e.name] = file
		if inflatesTo(file+".deflate", e.data) {
			continue
		}
		if err := os.WriteFile(file, e.data, 0o600); err != nil {
			return nil, fmt.Errorf("write for deflate: %w", err)
		}
		args = append(args, file)
	}
	if len(args) > 1 {
		if _, err := output("node", args...); err != nil {
			return nil, fmt.Errorf("deflate densely: %w", err)
		}
	}
	dense := map[string][]byte{}
	for _, e := range entries {
		file, ok := files[e.name]
		if !ok {
			continue
		}
		if !inflatesTo(file+".deflate", e.data) {
			return nil, fmt.Errorf("%s.deflate is not %s", file, e.name)
		}
		data, err := os.ReadFile(file + ".deflate") //nolint:gosec // a file of our own cache
		if err != nil {
			return nil, fmt.Errorf("read what was deflated: %w", err)
		}
		dense[e.name] = data
	}
	return dense, forget(cache, files)
}

// forget removes what was kept for other files than these.
func forget(cache string, files map[string]string) error {
	kept, err := os.ReadDir(cache)
	if err != nil {
		return fmt.Errorf("tidy the cache: %w", err)
	}
	used := map[string]bool{}
	for _, file := range files {
		used[filepath.Base(file)+".deflate"] = true
	}
	for _, entry := range kept {
		if used[entry.Name()] {
			continue
		}
		if err := os.Remove(filepath.Join(cache, entry.Name())); err != nil {
			return fmt.Errorf("tidy the cache: %w", err)
		}
	}
	return nil
}

func inflatesTo(file string, want []byte) bool {
	data, err := os.ReadFile(file) //nolint:gosec // a file of our own cache
	if err != nil {
		return false
	}
	got, err := io.ReadAll(flate.NewReader(bytes.NewReader(data)))
	return err == nil && bytes.Equal(got, want)
}
