package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// packages are those whose tests are compiled for Windows: what a pipeline runs, and what stands in for a pipeline. The
// tools run where the package is built, which is not Windows.
func packages(root string) ([]string, error) {
	var found []string
	for _, pattern := range []string{"pkg/*", "pkg/*/*", "cmd/*", "cmd/*/*", "examples"} {
		files, err := fs.Glob(os.DirFS(root), pattern+"/*_test.go")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			found = append(found, path.Dir(file))
		}
	}
	return slices.Compact(found), nil
}

// overlay lets os.RemoveAll work, for tests alone: of the two ways in which it deletes, Wine 8 refuses the first with an
// error for which Go does not take the second. Go's own tests have a switch for that, and this turns it on.
func overlay(ctx context.Context, folder string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("find Go's sources: %w", err)
	}
	const off, on = "\nvar TestDeleteatFallback bool\n", "\nvar TestDeleteatFallback = true\n"
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "internal", "syscall", "windows", "at_windows.go")
	text, err := os.ReadFile(source) //nolint:gosec // where Go is
	if err != nil {
		return "", fmt.Errorf("read Go's sources: %w", err)
	}
	if strings.Count(string(text), off) != 1 {
		return "", fmt.Errorf("%s has changed; look for another way to let os.RemoveAll work under Wine", source)
	}
	changed, file := filepath.Join(folder, "at_windows.go"), filepath.Join(folder, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {source: changed}})
	if err != nil {
		return "", err
	}
	changedText := []byte(strings.Replace(string(text), off, on, 1))
	return file, errors.Join(os.WriteFile(changed, changedText, 0o600), os.WriteFile(file, list, 0o600)) //nolint:gosec // a folder of ours
}

// build runs the Go command for Windows.
func (b bench) build(ctx context.Context, command, name, pkg string, flags ...string) error {
	args := append([]string{command, "-o", filepath.Join(b.folder, name)}, flags...)
	if command == "test" {
		args = append(args, "-c", "-overlay", b.overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...) //nolint:gosec // packages of ours
	cmd.Env = windowsBuild()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compile %s for Windows: %w\n%s", pkg, err, out)
	}
	return nil
}

// exeName is the file of a package's tests.
func exeName(pkg string) string { return strings.ReplaceAll(pkg, "/", "-") + ".test.exe" }
