package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// definition is task/task.json as far as this package is concerned.
type definition struct {
	Schema                   string `json:"$schema"`
	ID, Name, FriendlyName   string
	Description, Author      string
	HelpURL, HelpMarkDown    string
	ReleaseNotes             string
	Category                 string
	Visibility, RunsOn       []string
	Version                  struct{ Major, Minor, Patch int }
	MinimumAgentVersion      string
	InstanceNameFormat       string
	ShowEnvironmentVariables bool
	Groups                   []struct {
		Name, DisplayName, VisibleRule string
		IsExpanded                     bool
	}
	Inputs          []definitionInput
	OutputVariables []struct{ Name, Description string }
	Restrictions    struct {
		SettableVariables struct{ Allowed []string }
	}
	Execution map[string]struct{ Target string }
}

type definitionInput struct {
	Name, Type, Label, HelpMarkDown, GroupName, VisibleRule, DefaultValue string
	Required                                                              bool
	Options                                                               map[string]string
	Properties                                                            struct {
		Resizable bool
		Rows      string
	}
}

func task(t *testing.T) definition {
	t.Helper()
	text, err := os.ReadFile("../../task/task.json")
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var d definition
	if err := decoder.Decode(&d); err != nil {
		t.Fatalf("decode task.json: %v", err)
	}
	return d
}

var update = flag.Bool("update", false, "rewrite the contract")

// TestContract holds the definition against the public contract: names, types, defaults, groups and order. Whoever changes
// it runs the test with -update, and the diff shows what users will notice.
func TestContract(t *testing.T) {
	t.Parallel()
	var lines []string
	for _, i := range task(t).Inputs {
		line := i.Name + " " + i.Type
		if len(i.Options) > 0 {
			line += "(" + strings.Join(slices.Sorted(maps.Keys(i.Options)), ",") + ")"
		}
		line += " " + i.GroupName
		if i.DefaultValue != "" {
			line += " =" + i.DefaultValue
		}
		lines = append(lines, line)
	}
	const file = "testdata/contract.txt"
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	diff(t, strings.Split(strings.TrimSpace(strings.ReplaceAll(string(want), "\r\n", "\n")), "\n"), lines)
}

// TestNoInputIsOverlooked: an input that task.json has, and that nothing here looks at, would do nothing without a word.
func TestNoInputIsOverlooked(t *testing.T) {
	t.Parallel()
	read := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		// The inputs are read as in.Name or l.in.Name.
		ast.Inspect(file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			switch of := selector.X.(type) {
			case *ast.Ident:
				read[selector.Sel.Name] = read[selector.Sel.Name] || of.Name == "in"
			case *ast.SelectorExpr:
				read[selector.Sel.Name] = read[selector.Sel.Name] || of.Sel.Name == "in"
			}
			return true
		})
	}
	for field := range reflect.TypeFor[inputs]().Fields() {
		if !read[field.Name] {
			t.Errorf("nothing in this package reads the input %s", field.Tag.Get("input"))
		}
	}
}

func TestTagsAgreeWithTheDefinition(t *testing.T) {
	t.Parallel()
	d := task(t)
	fields := new(inputs).fields()
	if len(fields) != len(d.Inputs) {
		t.Fatalf("%d inputs in task.json, %d in the tags", len(d.Inputs), len(fields))
	}
	for i, f := range fields {
		in := d.Inputs[i]
		if f.name != in.Name || f.defaultValue != in.DefaultValue || f.env != "INPUT_"+strings.ToUpper(in.Name) {
			t.Errorf("input %d: task.json has %s=%q, the tags have %s=%q (%s)", i, in.Name, in.DefaultValue, f.name, f.defaultValue, f.env)
		}
		if in.Type == "multiLine" && f.list == "" {
			t.Errorf("%s is multiLine in task.json, but no list in the tags", f.name)
		}
		if !slices.Contains([]string{"", "comma", "line"}, f.list) {
			t.Errorf("%s: list:%q is unknown", f.name, f.list)
		}
		// The words of a pick list are exactly the ones that the code takes, in any case.
		for word := range in.Options {
			expectNoFaults(t, variables{f.env: word})
			expectNoFaults(t, variables{f.env: strings.ToUpper(word)})
		}
		if in.Type == "pickList" {
			_, found := load(t, job(variables{f.env: "none of them"}))
			_, allowed, _ := strings.Cut(found[0].Message, "allowed: ")
			words := strings.Split(allowed, ", ")
			slices.Sort(words)
			diff(t, slices.Sorted(maps.Keys(in.Options)), words)
		}
		if in.Type == "boolean" {
			expectNoFaults(t, variables{f.env: "True"})
			expectNoFaults(t, variables{f.env: "False"})
			if _, found := load(t, job(variables{f.env: "neither"})); len(found) != 1 || found[0].Input != f.name {
				t.Errorf("%s: \"neither\" is no fault: %v", f.name, found)
			}
		}
	}
	var lines []string
	for _, f := range fields {
		if f.list == "line" {
			lines = append(lines, f.name)
		}
	}
	diff(t, []string{"authors", "titles", "policies", "retryOnlyIf", "neverRetryIf"}, lines)
}

func expectNoFaults(t *testing.T, env variables) {
	t.Helper()
	_, found := load(t, job(env))
	expect(t, found)
}

func TestOutputsAreDeclared(t *testing.T) {
	t.Parallel()
	want := strings.Fields("plannedCount requeuedCount declinedCount movedCount failedCount skippedCount skippedPullRequestCount " +
		"pullRequestCount evaluationCount pullRequestIds buildIds exhaustedPullRequestIds limited reportPath succeededCount rejectedCount pendingCount")
	d := task(t)
	var declared []string
	for _, output := range d.OutputVariables {
		declared = append(declared, output.Name)
		if output.Description == "" {
			t.Errorf("output %s has no description", output.Name)
		}
	}
	diff(t, want, declared)
	diff(t, want, d.Restrictions.SettableVariables.Allowed)
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := task(t)
	name := regexp.MustCompile(`\A[A-Za-z][A-Za-z0-9]*\z`)
	if _, ok := parseGUID(d.ID); !ok || d.Name != "ReschedulePullRequestEvaluations" || d.FriendlyName != "Reschedule pull request evaluations" ||
		len(d.FriendlyName) > 40 || !strings.HasPrefix(d.Description, "Re-queue ") || d.Category != "Azure Repos" ||
		d.MinimumAgentVersion != "2.144.0" || !d.ShowEnvironmentVariables || d.Version.Major < 1 {
		t.Errorf("head of task.json: %+v", d)
	}
	diff(t, []string{"Build", "Release"}, d.Visibility)
	diff(t, []string{"Agent", "DeploymentGroup"}, d.RunsOn)
	diff(t, []string{"Node10", "Node16", "Node20_1", "Node24"}, slices.Sorted(maps.Keys(d.Execution)))
	for handler, execution := range d.Execution {
		if execution.Target != "launcher.js" {
			t.Errorf("%s starts %q", handler, execution.Target)
		}
	}
	var groups, expanded []string
	for _, group := range d.Groups {
		groups = append(groups, group.Name+"|"+group.DisplayName+"|"+group.VisibleRule)
		if group.IsExpanded {
			expanded = append(expanded, group.Name)
		}
	}
	diff(t, []string{
		"pullRequests|Which pull requests|", "evaluations|Which evaluations|", "retries|Retrying failures|when != expired",
		"limits|Limits and order|", "run|Running and reporting|", "connection|Another organization|",
	}, groups)
	diff(t, []string{"pullRequests", "evaluations"}, expanded)

	names := make(map[string]bool)
	for _, in := range d.Inputs {
		names[in.Name] = true
	}
	for _, in := range d.Inputs {
		if !name.MatchString(in.Name) || in.Required || in.Label == "" || utf8.RuneCountInString(in.Label) > 40 {
			t.Errorf("%s: required %t, label %q", in.Name, in.Required, in.Label)
		}
		if !strings.Contains(in.HelpMarkDown, "Example: `") {
			t.Errorf("%s: the help has no example", in.Name)
		}
		for word := range in.Options {
			if !strings.Contains(in.HelpMarkDown, "`"+word+"`") {
				t.Errorf("%s: the help does not name %s", in.Name, word)
			}
		}
		if in.Type == "boolean" && !strings.Contains(in.HelpMarkDown, "Allowed: `true`, `false`") {
			t.Errorf("%s: the help does not name true and false", in.Name)
		}
		if (in.Type == "multiLine") != in.Properties.Resizable {
			t.Errorf("%s: only a text of several lines can be resized", in.Name)
		}
		if subject, _, _ := strings.Cut(in.VisibleRule, " "); in.VisibleRule != "" && !names[subject] {
			t.Errorf("%s: the visible rule %q names no input", in.Name, in.VisibleRule)
		}
	}
	for macro := range strings.SplitSeq(d.InstanceNameFormat, "$(") {
		if input, _, found := strings.Cut(macro, ")"); found && !names[input] {
			t.Errorf("the instance name names no input: %q", d.InstanceNameFormat)
		}
	}
	// The words of the lists are documented, too.
	for input, words := range map[string]string{
		"when":         "expired failed broken notStarted outdated",
		"require":      "autoComplete approved noOtherBlockers",
		"order":        "autoComplete approved stalest oldest newest",
		"retryOnlyIf":  "@agent @network @registry @disk @infrastructure",
		"neverRetryIf": "@agent @network @registry @disk @infrastructure",
	} {
		at := slices.IndexFunc(d.Inputs, func(i definitionInput) bool { return i.Name == input })
		for word := range strings.FieldsSeq(words) {
			if !strings.Contains(d.Inputs[at].HelpMarkDown, "`"+word+"`") {
				t.Errorf("%s: the help does not name %s", input, word)
			}
			expectNoFaults(t, variables{"INPUT_" + strings.ToUpper(input): word})
		}
	}
}
