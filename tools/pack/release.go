package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"
)

// unreleased stands in the place of the date of a version that has no tag yet.
const unreleased = "unreleased"

// release is a part of CHANGELOG.md: a version, its date or "unreleased", and its text.
type release struct{ version, date, text string }

// changelogHeading begins a release in CHANGELOG.md; the first one is the newest.
var changelogHeading = regexp.MustCompile(`(?m)^## (\S+)(?: \(([^)]*)\))?$`)

// releases reads CHANGELOG.md.
func releases(root fs.FS) ([]release, error) {
	data, err := fs.ReadFile(root, changelogFile)
	if err != nil {
		return nil, fmt.Errorf("read the changelog: %w", err)
	}
	page := string(data)
	var all []release
	places := changelogHeading.FindAllStringSubmatchIndex(page, -1)
	for i, at := range places {
		end := len(page)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		r := release{version: page[at[2]:at[3]], text: strings.TrimSpace(page[at[1]:end])}
		if at[4] >= 0 {
			r.date = page[at[4]:at[5]]
		}
		all = append(all, r)
	}
	return all, nil
}

const changelogFile = "CHANGELOG.md"

// checkDates reports every release without a date. The newest may be unreleased, and none is younger than the one above it.
func checkDates(all []release) error {
	var f faults
	above := ""
	for i, r := range all {
		_, err := time.Parse(time.DateOnly, r.date)
		switch {
		case i == 0 && r.date == unreleased:
			continue
		case err != nil:
			f.add("%s: the heading of %s has the date %q; allowed: a day such as (2026-01-31), for the newest also (%s)", changelogFile, r.version, r.date, unreleased)
		case above != "" && r.date > above:
			f.add("%s: %s is younger than the release above it", changelogFile, r.version)
		}
		above = r.date
	}
	return errors.Join(f...)
}

// notesOfRelease is what CHANGELOG.md says of the newest version, under its number.
func notesOfRelease(root fs.FS) (string, error) {
	all, err := releases(root)
	if err != nil {
		return "", err
	}
	if len(all) == 0 || all[0].text == "" {
		return "", fmt.Errorf("%s says nothing of a release", changelogFile)
	}
	return all[0].version + "\n\n" + all[0].text + "\n", nil
}

// setDate writes the date of the newest version into the file.
func setDate(file, date string) error {
	data, err := os.ReadFile(file) //nolint:gosec // a file of the repository
	if err != nil {
		return fmt.Errorf("read the changelog: %w", err)
	}
	page, err := dated(string(data), date)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil { //nolint:gosec // to be read by everybody
		return fmt.Errorf("write the changelog: %w", err)
	}
	return nil
}

// dated is CHANGELOG.md with a date for the newest version.
func dated(page, date string) (string, error) {
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return "", fmt.Errorf("%q is no day; allowed: such as 2026-01-31", date)
	}
	at := changelogHeading.FindStringSubmatchIndex(page)
	if at == nil || at[4] < 0 || page[at[4]:at[5]] != unreleased {
		return "", fmt.Errorf("the newest heading of %s does not say (%s)", changelogFile, unreleased)
	}
	return page[:at[4]] + date + page[at[5]:], nil
}
