package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// versionPart is a part of a version as the agent and the Marketplace read it: digits, no sign, no leading zero.
var versionPart = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)

// taskVersion reads the version out of task/task.json, the one place that holds it.
func taskVersion(root fs.FS) (string, error) {
	data, err := fs.ReadFile(root, "task/task.json")
	if err != nil {
		return "", fmt.Errorf("read the version: %w", err)
	}
	var task struct {
		Version map[string]any `json:"version"`
	}
	if err := json.Unmarshal(data, &task); err != nil {
		return "", fmt.Errorf("read the version of task/task.json: %w", err)
	}
	parts := make([]string, 0, 3)
	for _, name := range []string{"Major", "Minor", "Patch"} {
		part := fmt.Sprint(task.Version[name])
		if !versionPart.MatchString(part) {
			return "", fmt.Errorf("task/task.json: version.%s is %q; allowed: a whole number", name, part)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "."), nil
}

// checkVersions reports every file whose version is not that of task/task.json.
func checkVersions(root fs.FS) error {
	want, err := taskVersion(root)
	if err != nil {
		return err
	}
	var faults []error
	differs := func(file, got string) {
		if got != want {
			faults = append(faults, fmt.Errorf("%s has version %q, task/task.json has %q", file, got, want))
		}
	}
	var extension struct {
		Version string `json:"version"`
	}
	if err := readJSON(root, "vss-extension.json", &extension); err != nil {
		return err
	}
	differs("vss-extension.json", extension.Version)

	all, err := releases(root)
	if err != nil {
		return err
	}
	newest := "(no heading)"
	if len(all) > 0 {
		newest = all[0].version
	}
	differs("CHANGELOG.md's newest heading", newest)
	if err := checkDates(all); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func readJSON(root fs.FS, name string, into any) error {
	data, err := fs.ReadFile(root, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
