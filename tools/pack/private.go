package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// publisherName is what a publisher may be called here. The Marketplace checks the rest.
var publisherName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// private makes the staged files those of somebody else's package: the task gets an ID of its own, since the Marketplace
// refuses a second extension with the same one. It prints the ID and the full name of the task, which a pipeline needs
// where both extensions are installed: publisher, extension, contribution and task, as Azure Pipelines itself lists them
// for a name that is ambiguous. A package of the manifest's own publisher stays as it is.
func private(stage, publisher string, stdout io.Writer) error {
	if !publisherName.MatchString(publisher) {
		return fmt.Errorf("the publisher %q; allowed: letters, digits, dots, underscores and hyphens", publisher)
	}
	root := os.DirFS(stage)
	var e extension
	if err := readJSON(root, extensionFile, &e); err != nil {
		return err
	}
	var t task
	if err := readJSON(root, taskFile, &t); err != nil {
		return err
	}
	id, err := uuid.Parse(t.ID)
	if err != nil {
		return fmt.Errorf("read the task's ID: %w", err)
	}
	if len(e.Contributions) != 1 {
		return fmt.Errorf("%s: there must be one contribution, the task", extensionFile)
	}
	if !strings.EqualFold(publisher, e.Publisher) {
		id = privateID(id, publisher, t.Name)
		if err := replaceID(filepath.Join(stage, filepath.FromSlash(taskFile)), t.ID, id.String()); err != nil {
			return err
		}
	}
	full := strings.Join([]string{publisher, e.ID, e.Contributions[0].ID, t.Name}, ".")
	_, err = fmt.Fprintf(stdout, "The task's ID in this package is %s, and its full name %s@%v\n", id, full, t.Version["Major"])
	return err
}

// privateID is the task's ID in the package of another publisher, the same for every version: a UUID of version 5 (RFC 9562)
// of publisher and task within the public ID. Publishers are compared without regard to case.
func privateID(public uuid.UUID, publisher, name string) uuid.UUID {
	return uuid.NewSHA1(public, []byte(strings.ToLower(publisher)+"."+name))
}

// replaceID changes the ID and no other byte of the file.
func replaceID(name, from, to string) error {
	data, err := os.ReadFile(name) //nolint:gosec // a path from the command line of a build tool
	if err != nil {
		return fmt.Errorf("read the task: %w", err)
	}
	quoted := []byte(strconv.Quote(from))
	if bytes.Count(data, quoted) != 1 {
		return fmt.Errorf("%s does not hold the ID %s once", name, from)
	}
	data = bytes.Replace(data, quoted, []byte(strconv.Quote(to)), 1)
	if err := os.WriteFile(name, data, 0o644); err != nil { //nolint:gosec // to be read by everybody
		return fmt.Errorf("write the task: %w", err)
	}
	return nil
}
