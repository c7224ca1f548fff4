package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"image"
	_ "image/png" // the format of every picture
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed task.schema.json
var taskSchema []byte

// check reports everything that is wrong with the sources of the package, all at once. tfx-cli 0.23.1 warns about
// little of this and accepts the rest.
func check(root fs.FS) error {
	return errors.Join(checkVersions(root), checkTask(root), checkExtension(root))
}

type task struct {
	ID                 string             `json:"id"`
	Name               string             `json:"name"`
	Version            map[string]any     `json:"version"`
	InstanceNameFormat string             `json:"instanceNameFormat"`
	Groups             []taskGroup        `json:"groups"`
	Inputs             []taskInput        `json:"inputs"`
	OutputVariables    []taskOutput       `json:"outputVariables"`
	PreJob             map[string]handler `json:"prejobexecution"`
	Execution          map[string]handler `json:"execution"`
	PostJob            map[string]handler `json:"postjobexecution"`
	Restrictions       struct {
		SettableVariables struct {
			Allowed []string `json:"allowed"`
		} `json:"settableVariables"`
	} `json:"restrictions"`
}

type taskGroup struct {
	Name        string `json:"name"`
	VisibleRule string `json:"visibleRule"`
}

type taskInput struct {
	Name         string            `json:"name"`
	Aliases      []string          `json:"aliases"`
	Type         string            `json:"type"`
	DefaultValue any               `json:"defaultValue"`
	HelpMarkDown string            `json:"helpMarkDown"`
	GroupName    string            `json:"groupName"`
	VisibleRule  string            `json:"visibleRule"`
	Options      map[string]string `json:"options"`
}

type taskOutput struct {
	Name string `json:"name"`
}

type handler struct {
	Target string `json:"target"`
}

const taskFile = "task/task.json"

// checkTask validates task.json against the schema and what a schema cannot say.
func checkTask(root fs.FS) error {
	data, err := fs.ReadFile(root, taskFile)
	if err != nil {
		return fmt.Errorf("read the task: %w", err)
	}
	if err := validateTask(data); err != nil {
		return err
	}
	var t task
	if err := readJSON(root, taskFile, &t); err != nil {
		return err
	}
	var f faults
	f.inputs(t)
	f.outputs(t)
	for _, stage := range []map[string]handler{t.PreJob, t.Execution, t.PostJob} {
		for _, name := range slices.Sorted(maps.Keys(stage)) {
			target := path.Join("task", stage[name].Target)
			if info, err := fs.Stat(root, target); err != nil || !info.Mode().IsRegular() {
				f.add("%s: handler %s starts %s, which is no file", taskFile, name, target)
			}
		}
	}
	f.png(root, "task/icon.png", 32, 32)
	return errors.Join(f...)
}

func validateTask(data []byte) error {
	schemaDoc, err := jsonschema.UnmarshalJSON(bytes.NewReader(taskSchema))
	if err != nil {
		return fmt.Errorf("read the task schema: %w", err)
	}
	// A name of its own: one without a scheme would be a file in the working directory, whose path may hold a blank.
	const name = "embedded:task.schema.json"
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(name, schemaDoc); err != nil {
		return fmt.Errorf("read the task schema: %w", err)
	}
	schema, err := compiler.Compile(name)
	if err != nil {
		return fmt.Errorf("read the task schema: %w", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("read %s: %w", taskFile, err)
	}
	if err := schema.Validate(doc); err != nil {
		return fmt.Errorf("validate %s: %w", taskFile, err)
	}
	return nil
}

type faults []error

func (f *faults) add(format string, a ...any) { *f = append(*f, fmt.Errorf(format, a...)) }

// macro is a reference to an input within instanceNameFormat.
var macro = regexp.MustCompile(`\$\(([^)]*)\)`)

// ruleJoint joins the comparisons of a visible rule.
var ruleJoint = regexp.MustCompile(`&&|\|\|`)

// ruleTerm is one comparison of a visible rule.
var ruleTerm = regexp.MustCompile(`^\s*([A-Za-z][A-Za-z0-9]*)\s*(=|==|!=|[A-Z][A-Za-z]*)\s*\S`)

func (f *faults) inputs(t task) {
	groups := map[string]bool{}
	for _, g := range t.Groups {
		if groups[g.Name] {
			f.add("%s: group %s is there twice", taskFile, g.Name)
		}
		groups[g.Name] = true
	}
	names := map[string]bool{}
	for _, in := range t.Inputs {
		for _, name := range append([]string{in.Name}, in.Aliases...) {
			// The agent makes INPUT_<NAME> of it, so letters of another case do not make another input.
			if upper := strings.ToUpper(name); names[upper] {
				f.add("%s: input %s is there twice", taskFile, name)
			} else {
				names[upper] = true
			}
		}
		if in.GroupName != "" && !groups[in.GroupName] {
			f.add("%s: input %s is in group %q, which does not exist", taskFile, in.Name, in.GroupName)
		}
		if strings.TrimSpace(in.HelpMarkDown) == "" {
			f.add("%s: input %s has no help", taskFile, in.Name)
		}
		f.defaultValue(in)
	}
	for _, m := range macro.FindAllStringSubmatch(t.InstanceNameFormat, -1) {
		if !names[strings.ToUpper(m[1])] {
			f.add("%s: instanceNameFormat names %q, which is no input", taskFile, m[1])
		}
	}
	for _, g := range t.Groups {
		f.visibleRule("group "+g.Name, g.VisibleRule, names)
	}
	for _, in := range t.Inputs {
		f.visibleRule("input "+in.Name, in.VisibleRule, names)
	}
}

func (f *faults) defaultValue(in taskInput) {
	value := ""
	if in.DefaultValue != nil {
		value = fmt.Sprint(in.DefaultValue)
	}
	switch in.Type {
	case "pickList", "radio":
		if _, ok := in.Options[value]; !ok {
			f.add("%s: input %s has default %q, which is none of its options", taskFile, in.Name, value)
		}
	case "boolean":
		if value != "true" && value != "false" {
			f.add("%s: input %s has default %q; allowed: true, false", taskFile, in.Name, value)
		}
	}
}

func (f *faults) visibleRule(what, rule string, names map[string]bool) {
	if rule == "" {
		return
	}
	for _, term := range ruleJoint.Split(rule, -1) {
		m := ruleTerm.FindStringSubmatch(term)
		if m == nil {
			f.add("%s: %s has the visible rule %q; %q is no comparison", taskFile, what, rule, term)
		} else if !names[strings.ToUpper(m[1])] {
			f.add("%s: %s has the visible rule %q; %s is no input", taskFile, what, rule, m[1])
		}
	}
}

// outputs checks that the agent lets the task set every variable that it declares, and no other.
func (f *faults) outputs(t task) {
	declared := make([]string, 0, len(t.OutputVariables))
	for _, out := range t.OutputVariables {
		if slices.Contains(declared, out.Name) {
			f.add("%s: output variable %s is there twice", taskFile, out.Name)
		}
		declared = append(declared, out.Name)
	}
	allowed := t.Restrictions.SettableVariables.Allowed
	for _, name := range declared {
		if !slices.Contains(allowed, name) {
			f.add("%s: output variable %s is missing in restrictions.settableVariables", taskFile, name)
		}
	}
	for _, name := range allowed {
		if !slices.Contains(declared, name) {
			f.add("%s: restrictions.settableVariables allows %s, which is no output variable", taskFile, name)
		}
	}
}

func (f *faults) png(root fs.FS, name string, width, height int) {
	file, err := root.Open(name)
	if err != nil {
		f.add("read picture: %w", err)
		return
	}
	defer func() { _ = file.Close() }()
	config, format, err := image.DecodeConfig(file)
	switch {
	case err != nil:
		f.add("read picture %s: %w", name, err)
	case format != "png" || config.Width != width || config.Height != height:
		f.add("%s is a %s of %dx%d; it must be a png of %dx%d", name, format, config.Width, config.Height, width, height)
	}
}
