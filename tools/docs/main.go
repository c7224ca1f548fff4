package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// page is a file with generated parts, by their names.
type page struct {
	file  string
	parts map[string]string
}

func (d definition) pages() []page {
	return []page{{"README.md", d.parts()}, {"docs/reference.md", d.parts()}, {"docs/patterns.md", setParts()}}
}

func main() {
	root := flag.String("root", ".", "folder of the repository")
	checkOnly := flag.Bool("check", false, "change nothing; fail if a page is not what its sources make of it")
	previewOnly := flag.Bool("preview", false, "print a page that shows how the classic editor presents the inputs")
	flag.Parse()
	err := error(nil)
	if *previewOnly {
		err = preview(os.Stdout, *root)
	} else {
		err = run(*root, *checkOnly)
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(root string, checkOnly bool) error {
	d, err := readDefinition(filepath.Join(root, "task", "task.json"))
	if err != nil {
		return err
	}
	var faults []error
	put := func(name, before, after string) error {
		switch {
		case after == before:
		case checkOnly:
			faults = append(faults, fmt.Errorf("%s is not what task/task.json and pkg/requeue make of it; run ./build.sh docs", name))
		default:
			if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(after), 0o644); err != nil { //nolint:gosec // to be read by everybody
				return fmt.Errorf("write page: %w", err)
			}
		}
		return nil
	}
	for _, page := range d.pages() {
		file := filepath.Join(root, filepath.FromSlash(page.file))
		before, err := os.ReadFile(file) //nolint:gosec // a page of the repository
		if err != nil {
			return fmt.Errorf("read page: %w", err)
		}
		after, err := fill(string(before), page.parts)
		if err != nil {
			return fmt.Errorf("fill %s: %w", page.file, err)
		}
		if err := put(page.file, string(before), after); err != nil {
			return err
		}
	}
	for _, source := range []struct {
		file  string
		write func() (string, error)
	}{{flagsFile, d.flags}, {inputsFile, d.inputs}} {
		// Without the file there is nothing yet that could differ.
		before, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(source.file))) //nolint:gosec // a file of the repository
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("read a generated file: %w", err)
		}
		after, err := source.write()
		if err != nil {
			return fmt.Errorf("generate %s: %w", source.file, err)
		}
		if err := put(source.file, string(before), after); err != nil {
			return err
		}
	}
	return errors.Join(faults...)
}

const (
	beginMark = "<!-- begin generated: "
	endMark   = "<!-- end generated: "
	closeMark = " -->"
)

// fill replaces what stands between each pair of markers by the part of that name. A marker without its partner or of
// an unknown name is an error.
func fill(page string, parts map[string]string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(page, beginMark)
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, rest, closed := strings.Cut(rest, closeMark)
		part, known := parts[name]
		if !closed || !known {
			return "", fmt.Errorf("the marker %q names no part", name)
		}
		_, rest, found = strings.Cut(rest, endMark+name+closeMark)
		if !found {
			return "", fmt.Errorf("the part %q does not end", name)
		}
		fmt.Fprintf(&b, "%s%s%s\n%s\n%s%s%s", beginMark, name, closeMark, strings.TrimRight(part, "\n"), endMark, name, closeMark)
		page = rest
	}
}
