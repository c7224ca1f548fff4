package record

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite description.txt")

// TestDescription holds the table of known words against the service's official description, which is no part of the
// repository; .ci/run insists on it. "-update" writes the table.
func TestDescription(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("RESCHEDULE_DESCRIPTION")
	if folder == "" && os.Getenv("RESCHEDULE_REQUIRE_DESCRIPTION") == "1" {
		t.Fatal("RESCHEDULE_DESCRIPTION does not name the folder of the service's description, which must be here")
	}
	if folder == "" {
		t.Skip("SKIPPED: RESCHEDULE_DESCRIPTION does not name the folder of the service's description: nothing is compared with it")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	c := collector{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			Definitions map[string]any
			Paths       map[string]map[string]struct {
				Parameters []map[string]any
			}
		}
		if err := json.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
		for _, schema := range document.Definitions {
			c.schema("", schema)
		}
		for _, operations := range document.Paths {
			for _, operation := range operations {
				c.parameters(operation.Parameters)
			}
		}
	}
	got := c.lines()
	if *update {
		if err := os.WriteFile("description.txt", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(got, description); diff != "" {
		t.Errorf("-described +known:\n%s", diff)
	}
}

// collector holds the words of members and parameters by their names.
type collector map[string]map[string]bool

func (c collector) add(name string, words ...string) {
	if c[name] == nil {
		c[name] = map[string]bool{}
	}
	for _, word := range words {
		c[name][word] = true
	}
}

// schema takes in the members of a schema and their words. name is the member that it describes.
func (c collector) schema(name string, schema any) {
	s, ok := schema.(map[string]any)
	if !ok {
		return
	}
	if name != "" {
		c.values(name, s)
	}
	properties, _ := s["properties"].(map[string]any)
	for member, inner := range properties {
		c.add(member)
		c.schema(member, inner)
	}
	all, _ := s["allOf"].([]any)
	for _, part := range append(all, s["items"], s["additionalProperties"]) {
		c.schema(name, part)
	}
}

func (c collector) values(name string, s map[string]any) {
	words, _ := s["enum"].([]any)
	for _, word := range words {
		if text, ok := word.(string); ok {
			c.add(name, text)
		}
	}
	if s["format"] == "date-time" {
		c.add(name, "<date>")
	}
}

func (c collector) parameters(parameters []map[string]any) {
	for _, p := range parameters {
		name, _ := p["name"].(string)
		if p["in"] != "query" {
			continue
		}
		name = "?" + name
		c.add(name)
		c.values(name, p)
		switch format, _ := p["format"].(string); {
		case name == "?continuationToken": // a number somewhere, yet a secret of the service everywhere
		case p["type"] == "integer", format == "array (int32)":
			c.add(name, "<number>")
		case p["type"] == "boolean":
			c.add(name, "<flag>")
		}
	}
}

func (c collector) lines() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c)) {
		b.WriteString(name)
		if words := slices.Sorted(maps.Keys(c[name])); len(words) > 0 {
			b.WriteString(": " + strings.Join(words, " "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
