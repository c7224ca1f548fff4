package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestIssueForms: the forms have what GitHub asks for, and their links lead somewhere. The one for bugs asks for a recording,
// and names the inputs by which it is made.
func TestIssueForms(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, ".github", "ISSUE_TEMPLATE", "*.yml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d forms, %v", len(files), err)
	}
	for _, file := range files {
		name := ".github/ISSUE_TEMPLATE/" + filepath.Base(file)
		text := read(t, name)
		if filepath.Base(file) != "config.yml" {
			checkForm(t, name, text)
		}
		for _, m := range regexp.MustCompile(regexp.QuoteMeta(home)+`/blob/main/([^)#\s]+)`).FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("%s links to %s, which is not there", name, m[1])
			}
		}
	}
	bug := read(t, ".github/ISSUE_TEMPLATE/bug.yml")
	for _, word := range []string{"`recordPath`", "`reportPath`", "docs/recording.md", "Nothing of your organization is in it"} {
		if !strings.Contains(bug, word) {
			t.Errorf("the form for bugs does not say %s", word)
		}
	}
}

// TestIssueChooser: whoever opens an issue is led to a form, or to a page that answers.
func TestIssueChooser(t *testing.T) {
	t.Parallel()
	var chooser struct {
		Blank    *bool `yaml:"blank_issues_enabled"`
		Contacts []struct {
			Name  string `yaml:"name"`
			URL   string `yaml:"url"`
			About string `yaml:"about"`
		} `yaml:"contact_links"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(read(t, ".github/ISSUE_TEMPLATE/config.yml")))
	decoder.KnownFields(true)
	if err := decoder.Decode(&chooser); err != nil {
		t.Fatal(err)
	}
	if chooser.Blank == nil || *chooser.Blank || len(chooser.Contacts) < 3 {
		t.Errorf("blank issues are open, or a contact is missing: %+v", chooser)
	}
	for _, c := range chooser.Contacts {
		if c.Name == "" || c.About == "" || !strings.HasPrefix(c.URL, home+"/") {
			t.Errorf("%+v is no contact", c)
		}
	}
}

func checkForm(t *testing.T, name, text string) {
	t.Helper()
	type item struct {
		Type       string `yaml:"type"`
		ID         string `yaml:"id"`
		Attributes struct {
			Label       string   `yaml:"label"`
			Description string   `yaml:"description"`
			Value       string   `yaml:"value"`
			Render      string   `yaml:"render"`
			Options     []string `yaml:"options"`
		} `yaml:"attributes"`
		Validations struct {
			Required bool `yaml:"required"`
		} `yaml:"validations"`
	}
	var form struct {
		Name        string   `yaml:"name"`
		Description string   `yaml:"description"`
		Labels      []string `yaml:"labels"`
		Body        []item   `yaml:"body"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&form); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if form.Name == "" || form.Description == "" {
		t.Errorf("%s has no name or no description", name)
	}
	var ids []string
	asks := false
	for _, i := range form.Body {
		if i.Type == "markdown" {
			if i.Attributes.Value == "" {
				t.Errorf("%s: a text is empty", name)
			}
			continue
		}
		asks = true
		if !slices.Contains([]string{"textarea", "input", "dropdown"}, i.Type) || i.ID == "" || i.Attributes.Label == "" || slices.Contains(ids, i.ID) ||
			(i.Type == "dropdown") != (len(i.Attributes.Options) > 0) {
			t.Errorf("%s: %+v is no item of a form", name, i)
		}
		ids = append(ids, i.ID)
	}
	if !asks {
		t.Errorf("%s asks for nothing", name)
	}
}
