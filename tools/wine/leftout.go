package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// leftOutFile names what does not run under Wine. Each line is "package test: reason"; # begins a comment.
const leftOutFile = ".ci/windows-left-out"

// leftOut is a test that does not run under Wine.
type leftOut struct{ pkg, test, reason string }

func (l leftOut) String() string { return l.pkg + " " + l.test + ": " + l.reason }

// readLeftOut reads the list of a checkout.
func readLeftOut(root string) ([]leftOut, error) {
	text, err := os.ReadFile(filepath.Join(root, leftOutFile)) //nolint:gosec // a file of the checkout
	if err != nil {
		return nil, fmt.Errorf("read what is left out: %w", err)
	}
	return parseLeftOut(string(text))
}

// parseLeftOut reads the list, which is sorted.
func parseLeftOut(text string) ([]leftOut, error) {
	var list []leftOut
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, _ := strings.Cut(line, ":")
		pkg, test, _ := strings.Cut(name, " ")
		l := leftOut{pkg, test, strings.TrimSpace(reason)}
		if pkg == "" || test == "" || l.reason == "" || strings.ContainsAny(test, " /") {
			return nil, fmt.Errorf(`%s: %q is not "package test: reason"`, leftOutFile, line)
		}
		if n := len(list); n > 0 && list[n-1].pkg+" "+list[n-1].test >= name {
			return nil, fmt.Errorf("%s: %q stands after %q", leftOutFile, name, list[n-1])
		}
		list = append(list, l)
	}
	return list, nil
}

// checkLeftOut compares the list with the tests of the packages in a folder: what it names is a test, and a test that is
// not compiled for Windows is named.
func checkLeftOut(root string, list []leftOut, packages []string) error {
	here, there := map[string]bool{}, map[string]bool{}
	for _, pkg := range packages {
		for goos, tests := range map[string]map[string]bool{"linux": here, "windows": there} {
			names, err := testsOf(filepath.Join(root, pkg), goos)
			if err != nil {
				return err
			}
			for _, name := range names {
				tests[pkg+" "+name] = true
			}
		}
	}
	named := map[string]bool{}
	for _, l := range list {
		name := l.pkg + " " + l.test
		if named[name] = true; !here[name] && !there[name] {
			return fmt.Errorf("%s: %s is not a test", leftOutFile, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(here)) {
		if !there[name] && !named[name] {
			return fmt.Errorf("%s is not compiled for Windows; name it in %s, with the reason", name, leftOutFile)
		}
	}
	return nil
}

// testsOf lists the tests of a package for an operating system.
func testsOf(dir, goos string) ([]string, error) {
	context := build.Default
	context.GOOS, context.GOARCH, context.CgoEnabled = goos, "amd64", false
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%d test files in %s: %w", len(files), dir, err)
	}
	var tests []string
	for _, file := range files {
		matches, err := context.MatchFile(filepath.Split(file))
		if err != nil {
			return nil, err
		}
		if !matches {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range parsed.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && isTest(fn.Name.Name) {
				tests = append(tests, fn.Name.Name)
			}
		}
	}
	return tests, nil
}

// isTest tells whether "go test" runs a function of that name.
func isTest(name string) bool {
	for _, kind := range []string{"Test", "Fuzz", "Example"} {
		if rest, ok := strings.CutPrefix(name, kind); ok && name != "TestMain" && (rest == "" || !unicode.IsLower([]rune(rest)[0])) {
			return true
		}
	}
	return false
}
