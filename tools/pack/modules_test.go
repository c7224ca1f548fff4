package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// thisBinary is a Go program with dependencies: the test itself.
func thisBinary(t *testing.T) string {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func TestNoticesHoldEveryLinkedModule(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := notices(&b, []string{thisBinary(t)}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\n## Go 1.", "\n## github.com/santhosh-tekuri/jsonschema/v6 v6.", "Apache License",
		"Redistribution and use in source and binary forms",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the notices lack %q", want)
		}
	}
}

func TestNoticesRefuse(t *testing.T) {
	t.Parallel()
	for name, binaries := range map[string][]string{"nothing": nil, "no program": {"main.go"}, "no file": {"nothing"}} {
		if err := notices(&bytes.Buffer{}, binaries); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := notice(&bytes.Buffer{}, "a work", "https://example.com", t.TempDir()); err == nil {
		t.Error("a work without a licence: no error")
	}
}

func TestLicenceFiles(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"LICENSE": true, "LICENCE.txt": true, "license.md": true, "COPYING": true, "NOTICE.txt": true, "PATENTS": true,
		"LICENSE-MIT": true, "licenses": false, "README.md": false, "notices.go": false,
	} {
		if got := licenceFile.MatchString(name); got != want {
			t.Errorf("%s is a licence file: %t, want %t", name, got, want)
		}
	}
}

func TestCheckSBOM(t *testing.T) {
	t.Parallel()
	modules, _, err := linked([]string{thisBinary(t)})
	if err != nil || len(modules) == 0 {
		t.Fatalf("linked: %v, %d modules", err, len(modules))
	}
	type component struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	write := func(modules []module) string {
		t.Helper()
		var sbom struct {
			Components []component `json:"components"`
		}
		for _, m := range modules {
			sbom.Components = append(sbom.Components, component{m.path, m.version})
		}
		data, err := json.Marshal(sbom)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "sbom.json")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	if err := checkSBOM(write(modules), []string{thisBinary(t)}); err != nil {
		t.Errorf("a complete bill: %v", err)
	}
	if err := checkSBOM(write(modules[1:]), []string{thisBinary(t)}); err == nil || !strings.Contains(err.Error(), "lacks "+modules[0].String()) {
		t.Errorf("a bill without %s: %v", modules[0], err)
	}
}
