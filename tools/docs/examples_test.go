package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/sethvargo/go-envconfig"
	"go.yaml.in/yaml/v3"

	"github.com/pr-evaluations/reschedule/pkg/config"
)

var yamlBlock = regexp.MustCompile("(?ms)^ *```ya?ml\n(.*?)^ *```$")

// example is one piece of YAML that people copy.
type example struct{ where, text string }

// examples returns every YAML block of the documentation and every pipeline of the repository.
func examples(t testing.TB) []example {
	t.Helper()
	var all []example
	for _, page := range markdown(t) {
		for i, m := range yamlBlock.FindAllStringSubmatch(read(t, page), -1) {
			all = append(all, example{fmt.Sprintf("%s, YAML block %d", page, i+1), m[1]})
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "examples", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("find examples: %v, %d files", err, len(files))
	}
	for _, file := range files {
		name := "examples/" + filepath.Base(file)
		all = append(all, example{name, read(t, name)})
	}
	return append(all, example{"azure-pipelines.yml", read(t, "azure-pipelines.yml")})
}

// step is one use of the task.
type step struct {
	task   string
	name   string
	inputs map[string]string
}

// steps parses a piece of YAML and returns every task in it. A key that is there twice is an error.
func steps(text string) ([]step, error) {
	var all []step
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		var twice any
		if err := document.Decode(&twice); err != nil {
			return nil, err
		}
		if err := walk(&document, &all); err != nil {
			return nil, err
		}
	}
}

func walk(node *yaml.Node, all *[]step) error {
	if node.Kind == yaml.MappingNode {
		var s struct {
			Task   string               `yaml:"task"`
			Name   string               `yaml:"name"`
			Inputs map[string]yaml.Node `yaml:"inputs"`
		}
		if err := node.Decode(&s); err == nil && s.Task != "" {
			one := step{task: s.Task, name: s.Name, inputs: map[string]string{}}
			for name, value := range s.Inputs {
				if value.Kind != yaml.ScalarNode {
					return fmt.Errorf("line %d: the input %s is no text", value.Line, name)
				}
				one.inputs[name] = value.Value
				if value.Tag == "!!null" {
					one.inputs[name] = ""
				}
			}
			*all = append(*all, one)
		}
	}
	for _, child := range node.Content {
		if err := walk(child, all); err != nil {
			return err
		}
	}
	return nil
}

// environment is that of a build in Azure Repos, as far as the inputs of an example depend on it.
func environment(inputs map[string]string) envconfig.Lookuper {
	env := map[string]string{
		"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/fabrikam/",
		"SYSTEM_TEAMPROJECT":                 "Fabrikam",
		"SYSTEM_TEAMPROJECTID":               "11111111-1111-1111-1111-111111111111",
		"SYSTEM_ACCESSTOKEN":                 "token",
		"SYSTEM_JOBPOSITIONINPHASE":          "1",
		"SYSTEM_TOTALJOBSINPHASE":            "4",
		"SYSTEM_DEFINITIONID":                "7",
		"SYSTEM_HOSTTYPE":                    "build",
		"BUILD_REASON":                       "Schedule",
		"BUILD_REPOSITORY_PROVIDER":          "TfsGit",
		"BUILD_REPOSITORY_ID":                "22222222-2222-2222-2222-222222222222",
		"BUILD_REPOSITORY_NAME":              "web",
	}
	for name, value := range inputs {
		env["INPUT_"+strings.ToUpper(name)] = value
	}
	return envconfig.MapLookuper(env)
}

// check reports what is wrong with one use of the task. The configuration itself judges the values.
func (s step) check(t *testing.T, d definition) (faults []string) {
	t.Helper()
	if s.task != d.reference() {
		faults = append(faults, fmt.Sprintf("uses %s, but the task is %s", s.task, d.reference()))
	}
	known := map[string]input{}
	for _, in := range d.Inputs {
		known[in.Name] = in
	}
	judged := map[string]string{}
	for name, value := range s.inputs {
		in, ok := known[name]
		switch {
		case !ok:
			faults = append(faults, "there is no input "+name)
		case len(in.Options) > 0 && value != "" && !slices.ContainsFunc(in.Options, func(o option) bool { return o.Value == value }):
			faults = append(faults, fmt.Sprintf("%s: %q is none of %v", name, value, in.Options))
		case strings.Contains(value, "$(") || strings.HasPrefix(in.Type, "connectedService:"):
			// The agent fills these in; organization needs a connection.
		case name == "organization":
		default:
			judged[name] = value
		}
	}
	_, err := config.Load(t.Context(), environment(judged))
	for _, fault := range config.Faults(err) {
		faults = append(faults, fault.Error())
	}
	slices.Sort(faults)
	return faults
}

func TestExamplesUseWhatExists(t *testing.T) {
	t.Parallel()
	d := theDefinition(t)
	used := 0
	for _, e := range examples(t) {
		t.Run(e.where, func(t *testing.T) {
			found, err := steps(expand(t, e.text, nil))
			if err != nil {
				t.Fatalf("%v in:\n%s", err, e.text)
			}
			for _, s := range found {
				s.task = s.task[strings.LastIndex(s.task, ".")+1:] // the full name says publisher, extension and contribution, too
				if !strings.HasPrefix(s.task, d.Name+"@") {
					continue
				}
				used++
				for _, fault := range s.check(t, d) {
					t.Error(fault)
				}
			}
		})
	}
	if used < 10 {
		t.Errorf("%d uses of the task were found only; does this test look in the right places?", used)
	}
}

// TestNightlySaysWhoGoesFirst: its comment names the default of "order", and says how far "required" reaches.
func TestNightlySaysWhoGoesFirst(t *testing.T) {
	t.Parallel()
	comment := strings.Join(strings.Fields(strings.ReplaceAll(read(t, "examples/nightly.yml"), "#", "")), " ")
	order := theDefinition(t).Inputs[slices.IndexFunc(theDefinition(t).Inputs, func(in input) bool { return in.Name == "order" })]
	if order.DefaultText() != "autoComplete,stalest" {
		t.Errorf("the default of order is %s now", order.DefaultText())
	}
	for _, want := range []string{"with auto-complete come first, then those whose builds are the oldest", "within one pull request required validations come before optional ones"} {
		if !strings.Contains(comment, want) {
			t.Errorf("examples/nightly.yml does not say %q", want)
		}
	}
}

var inline = regexp.MustCompile("`([A-Za-z]+): ([^`]+)`")

// TestSentencesUseWhatExists looks at what the text quotes between examples, such as `drafts: include`.
func TestSentencesUseWhatExists(t *testing.T) {
	t.Parallel()
	d := theDefinition(t)
	used := 0
	for _, page := range markdown(t) {
		for _, m := range inline.FindAllStringSubmatch(yamlBlock.ReplaceAllString(read(t, page), ""), -1) {
			if !slices.ContainsFunc(d.Inputs, func(in input) bool { return in.Name == m[1] }) {
				continue
			}
			used++
			s := step{task: d.reference(), inputs: map[string]string{m[1]: strings.Trim(m[2], "'")}}
			for _, fault := range s.check(t, d) {
				t.Errorf("%s, %s: %s", page, m[0], fault)
			}
		}
	}
	if used < 5 {
		t.Errorf("%d inputs were found in sentences only; does this test look for the right thing?", used)
	}
}

// TestSnippetIsAStep takes the comment signs out of the generated step: each line must then be an input with its default.
func TestSnippetIsAStep(t *testing.T) {
	t.Parallel()
	d := theDefinition(t)
	text := yamlBlock.FindStringSubmatch(d.snippet())[1]
	found, err := steps(regexp.MustCompile(`(?m)^    #([a-zA-Z]+:)`).ReplaceAllString(text, "    $1"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d steps, %v in:\n%s", len(found), err, text)
	}
	for _, fault := range found[0].check(t, d) {
		t.Error(fault)
	}
	for _, in := range d.Inputs {
		if value, ok := found[0].inputs[in.Name]; !ok || value != in.DefaultText() {
			t.Errorf("%s is %q, want the default %q", in.Name, value, in.DefaultText())
		}
	}
}

var (
	readOutput   = regexp.MustCompile(`\$\(requeue\.(\w+)\)|'requeue\.(\w+)'`)
	namedRequeue = regexp.MustCompile(`(?m)^\s+name: requeue\b`)
)

// TestExamplesReadOutputsThatExist: the examples call their step "requeue".
func TestExamplesReadOutputsThatExist(t *testing.T) {
	t.Parallel()
	d := theDefinition(t)
	for _, e := range examples(t) {
		for _, m := range readOutput.FindAllStringSubmatch(e.text, -1) {
			name := m[1] + m[2]
			if !slices.ContainsFunc(d.OutputVariables, func(out output) bool { return out.Name == name }) {
				t.Errorf("%s reads %s, which is no output variable", e.where, name)
			}
			if !namedRequeue.MatchString(e.text) {
				t.Errorf("%s reads %s, but no step has the name requeue", e.where, name)
			}
		}
	}
}

// TestExamplesAreAzurePipelines validates every example against what Azure Pipelines understands. A list of steps is one
// that people paste under "steps".
func TestExamplesAreAzurePipelines(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.NewCompiler().Compile("testdata/pipeline.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples(t) {
		var document any
		if err := yaml.Unmarshal([]byte(e.text), &document); err != nil {
			t.Errorf("%s: %v", e.where, err)
			continue
		}
		if list, ok := document.([]any); ok {
			document = map[string]any{"steps": list}
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v", e.where, err)
		}
	}
}
