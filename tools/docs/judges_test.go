package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// judges is the folder with the judges that we did not write: node_modules as .ci/judges/package.json names them, and
// what no registry has, tasks.schema.json of microsoft/azure-pipelines-task-lib and service-schema.json of
// microsoft/azure-pipelines-vscode.
func judges(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("RESCHEDULE_JUDGES")
	switch {
	case folder != "":
	case os.Getenv("RESCHEDULE_REQUIRE_JUDGES") == "1":
		t.Fatal("RESCHEDULE_JUDGES names no folder (RESCHEDULE_REQUIRE_JUDGES=1)")
	default:
		t.Skip("SKIPPED: RESCHEDULE_JUDGES names no folder")
	}
	return folder
}

// official reads a schema that no registry has; nil where the folder lacks it.
func official(t *testing.T, name string) map[string]any {
	t.Helper()
	file, err := os.Open(filepath.Join(judges(t), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // it is read only
	schema, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	return schema.(map[string]any)
}

// TestJudgeTaskJSON: task.json follows the schema that Microsoft publishes for it.
func TestJudgeTaskJSON(t *testing.T) {
	t.Parallel()
	schema := official(t, "tasks.schema.json")
	if schema == nil {
		t.Skip("SKIPPED: the folder of RESCHEDULE_JUDGES has no tasks.schema.json")
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("tasks.schema.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("tasks.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	task, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, "task/task.json")))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(task); err != nil {
		t.Error(err)
	}
	task.(map[string]any)["inputz"] = []any{}
	if err := compiled.Validate(task); err == nil {
		t.Error("the schema takes a member that there is not")
	}
}

// TestJudgeYAML: Microsoft's language service finds nothing wrong with any piece of YAML that people copy, by the
// official schema of pipelines where it is there, else by our own.
func TestJudgeYAML(t *testing.T) {
	t.Parallel()
	d := theDefinition(t)
	pages := pieces(examples(t))
	for i, page := range pages {
		pages[i].text = expand(t, page.text, nil) // the judge does not know what an expression will be
	}
	for name, schema := range map[string]map[string]any{"official": official(t, "service-schema.json"), "ours": ourSchema(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if schema == nil {
				t.Skip("SKIPPED: the folder of RESCHEDULE_JUDGES has no service-schema.json")
			}
			d.addTo(schema)
			for _, fault := range judgeYAML(t, schema, pages) {
				t.Error(fault)
			}
			wrong := []example{
				{"an unknown input", "steps:\n- task: " + d.reference() + "\n  inputs:\n    nonsense: x\n"},
				{"a word that is none", "steps:\n- task: " + d.reference() + "\n  inputs:\n    drafts: never\n"},
				{"no inputs under the key", "steps:\n- task: " + d.reference() + "\n  inputs:\n    # drafts: skip\n"},
				{"a key twice", "steps:\n- task: " + d.reference() + "\n  name: a\n  name: b\n"},
				{"an unknown key", "steps:\n- task: " + d.reference() + "\n  input:\n    drafts: skip\n"},
			}
			for _, piece := range wrong {
				if len(judgeYAML(t, schema, []example{piece})) == 0 {
					t.Errorf("the judge takes %s", piece.where)
				}
			}
		})
	}
}

// pieces makes pipelines of examples: a list of steps is one that people paste under "steps".
func pieces(all []example) []example {
	list := regexp.MustCompile(`(?m)\A(?:\s*#.*\n|\s*\n)*\s*- `)
	for i, e := range all {
		if list.MatchString(e.text) {
			all[i] = example{e.where, "steps:\n" + e.text}
		}
	}
	return all
}

func ourSchema(t *testing.T) map[string]any {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, "tools/docs/testdata/pipeline.schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	return schema.(map[string]any)
}

// addTo adds the task to a schema of pipelines, in the form in which the service lists the tasks of an organization.
func (d definition) addTo(schema map[string]any) {
	inputs := map[string]any{}
	for _, in := range d.Inputs {
		one := map[string]any{"type": "string", "ignoreCase": "key"}
		switch {
		case len(in.Options) > 0:
			var words []any
			for _, option := range in.Options {
				words = append(words, option.Value)
			}
			one = map[string]any{"enum": words, "ignoreCase": "all"}
		case in.Type == "boolean":
			one["type"] = "boolean"
		}
		inputs[in.Name] = one
	}
	pattern := `^(([\w-]+\.){3})?` + regexp.QuoteMeta(d.reference()) + "$" // the full name, too
	ours := map[string]any{"properties": map[string]any{
		"task":   map[string]any{"ignoreCase": "value", "pattern": pattern},
		"inputs": map[string]any{"type": "object", "properties": inputs, "additionalProperties": false},
	}}
	if definitions, ok := schema["definitions"].(map[string]any); ok {
		task := definitions["task"].(map[string]any)
		names := task["properties"].(map[string]any)["task"].(map[string]any)
		names["anyOf"] = append(names["anyOf"].([]any), map[string]any{"pattern": pattern, "ignoreCase": "value"})
		// Two tasks are named there and not described, UseNode@1 is one of them (release 1.261.1).
		task["anyOf"] = append(task["anyOf"].([]any), ours, map[string]any{"properties": map[string]any{
			"task": map[string]any{"enum": []any{"UseNode@1"}, "ignoreCase": "value"}, "inputs": map[string]any{"type": "object"},
		}})
		return
	}
	others := map[string]any{"properties": map[string]any{
		"task":   map[string]any{"pattern": `^(?!(([\w-]+\.){3})?` + d.Name + "@)"},
		"inputs": map[string]any{"type": "object"},
	}}
	schema["$defs"].(map[string]any)["task"].(map[string]any)["anyOf"] = []any{ours, others}
}

// judgeYAML asks the language service.
func judgeYAML(t *testing.T, schema map[string]any, documents []example) []string {
	t.Helper()
	type document struct {
		Where string `json:"where"`
		Text  string `json:"text"`
	}
	request := struct {
		Schema    map[string]any `json:"schema"`
		Documents []document     `json:"documents"`
	}{Schema: schema}
	for _, e := range documents {
		request.Documents = append(request.Documents, document{e.where, e.text})
	}
	data, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs(filepath.Join(root, ".ci", "judges", "language.js"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script)
	cmd.Dir, cmd.Stdin = judges(t), bytes.NewReader(data)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the judge: %v\n%s", err, stderr.String())
	}
	var faults []string
	if err := json.Unmarshal(out, &faults); err != nil {
		t.Fatalf("the judge says %q: %v", out, err)
	}
	return faults
}
