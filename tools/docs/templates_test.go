package main

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// parameter is a parameter of a template.
type parameter struct {
	Name    string `yaml:"name"`
	Default any    `yaml:"default"`
	Values  []any  `yaml:"values"`
}

func parameters(t testing.TB, text string) []parameter {
	t.Helper()
	var template struct {
		Parameters []parameter `yaml:"parameters"`
	}
	if strings.Contains(text, "\nparameters:\n") {
		if err := yaml.Unmarshal([]byte(text), &template); err != nil {
			t.Fatal(err)
		}
	}
	return template.Parameters
}

var expression = regexp.MustCompile(`\$\{\{ (?:parameters\.(\w+)|join\(',', parameters\.(\w+)\)) \}\}`)

// expand puts the parameters of a template in, as the service does before a run: their defaults, or other values.
func expand(t testing.TB, text string, values map[string]any) string {
	t.Helper()
	all := map[string]any{}
	for _, p := range parameters(t, text) {
		all[p.Name] = p.Default
		if value, ok := values[p.Name]; ok {
			all[p.Name] = value
		}
	}
	expanded := expression.ReplaceAllStringFunc(text, func(found string) string {
		m := expression.FindStringSubmatch(found)
		value, ok := all[m[1]+m[2]]
		if !ok {
			t.Errorf("%s names no parameter", found)
		}
		list, isList := value.([]any)
		if isList != (m[2] != "") {
			t.Errorf("%s does not fit %v", found, value)
		}
		if isList {
			var words []string
			for _, one := range list {
				words = append(words, fmt.Sprint(one))
			}
			value = strings.Join(words, ",")
		}
		if text, ok := value.(string); ok {
			return "'" + text + "'"
		}
		return fmt.Sprint(value)
	})
	if strings.Contains(expanded, "${{") {
		t.Errorf("an expression is not understood in:\n%s", expanded)
	}
	return expanded
}

// usage takes the comment signs off the piece of YAML at a template's head that shows how it is used.
var usage = regexp.MustCompile(`(?m)^#   ?(.*)$`)

// TestTemplates: each parameter is used, each of its values is one that the task takes, and the use that the head shows is a
// pipeline that names this file and no parameter that there is not.
func TestTemplates(t *testing.T) {
	t.Parallel()
	d := theDefinition(t)
	schema, err := jsonschema.NewCompiler().Compile("testdata/pipeline.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	templates := 0
	for _, e := range examples(t) {
		all := parameters(t, e.text)
		if len(all) == 0 {
			continue
		}
		templates++
		for _, p := range all {
			if !strings.Contains(e.text, "parameters."+p.Name) {
				t.Errorf("%s: nothing uses the parameter %s", e.where, p.Name)
			}
			for _, value := range p.Values {
				checkTemplate(t, d, e, map[string]any{p.Name: value})
			}
		}
		var lines []string
		for _, m := range usage.FindAllStringSubmatch(e.text, -1) {
			lines = append(lines, m[1])
		}
		shown := strings.Join(lines, "\n")
		var document any
		if err := yaml.Unmarshal([]byte(shown), &document); err != nil {
			t.Fatalf("%s: %v in:\n%s", e.where, err, shown)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: the use at its head: %v", e.where, err)
		}
		used := templatesIn(document)
		if len(used) != 1 || used[0].name != path.Base(e.where)+"@templates" {
			t.Errorf("%s: the use at its head names %v", e.where, used)
			continue
		}
		for name := range used[0].values {
			if !slices.ContainsFunc(all, func(p parameter) bool { return p.Name == name }) {
				t.Errorf("%s: the use at its head has the parameter %s, which there is not", e.where, name)
			}
		}
		checkTemplate(t, d, e, used[0].values)
	}
	if templates != 2 {
		t.Errorf("%d templates, want 2", templates)
	}
}

func checkTemplate(t *testing.T, d definition, e example, values map[string]any) {
	t.Helper()
	found, err := steps(expand(t, e.text, values))
	if err != nil {
		t.Fatalf("%s with %v: %v", e.where, values, err)
	}
	for _, s := range found {
		for _, fault := range s.check(t, d) {
			t.Errorf("%s with %v: %s", e.where, values, fault)
		}
	}
}

type templateUse struct {
	name   string
	values map[string]any
}

// templatesIn finds each use of a template in a document.
func templatesIn(node any) []templateUse {
	var all []templateUse
	switch node := node.(type) {
	case map[string]any:
		if name, ok := node["template"].(string); ok {
			values, _ := node["parameters"].(map[string]any)
			return []templateUse{{name, values}}
		}
		for _, child := range node {
			all = append(all, templatesIn(child)...)
		}
	case []any:
		for _, child := range node {
			all = append(all, templatesIn(child)...)
		}
	}
	return all
}
