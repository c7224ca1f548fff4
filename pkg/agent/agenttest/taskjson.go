package agenttest

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// DefaultAgentVersion is the version of the agent when a Step names none.
const DefaultAgentVersion = "5.278.0"

// variablesLose is the first agent version that puts inputs and endpoints over variables of the same mangled name.
const variablesLose = "5.277.0"

// definition is what the agent reads from task.json.
type definition struct {
	Name            string
	Inputs          []inputDefinition
	OutputVariables []struct{ Name string }
	Restrictions    restrictions
	Execution       map[string]handler
}

type inputDefinition struct {
	Name         string
	Type         string
	Aliases      []string
	DefaultValue defaultValue
}

type handler struct {
	Target           string
	WorkingDirectory string
	Platforms        []string
}

// restrictions limit the commands of a step. They come from task.json and from the step; all must agree.
type restrictions struct {
	Commands struct{ Mode string }
	// SettableVariables is nil when everything may be set; an empty list allows nothing.
	SettableVariables *struct{ Allowed []string }
}

// defaultValue is a string, or a boolean that the agent reads as one.
type defaultValue string

// UnmarshalJSON takes a string or any other scalar by its JSON text.
func (d *defaultValue) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		*d = defaultValue(text)
		return nil
	}
	*d = defaultValue(data)
	return nil
}

// readDefinition reads task.json of a task's folder.
func readDefinition(taskDir string) (definition, error) {
	var d definition
	data, err := fs.ReadFile(os.DirFS(taskDir), "task.json")
	if err != nil {
		return d, fmt.Errorf("read task.json: %w", err)
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return d, fmt.Errorf("decode task.json: %w", err)
	}
	return d, nil
}

// outputVariable tells whether task.json declares an output variable of this name.
func (d definition) outputVariable(name string) bool {
	for _, v := range d.OutputVariables {
		if strings.EqualFold(v.Name, name) {
			return true
		}
	}
	return false
}

// knownHandler is a handler that agents can run, in order of priority, with the first version that can.
type knownHandler struct{ key, since string }

// knownHandlers lists the Node handlers, the preferred one first. The keys for Windows alone are left out.
func knownHandlers() []knownHandler {
	return []knownHandler{
		{"Node24", "4.265.0"},
		{"Node20_1", "3.230.2"},
		{"Node16", "2.206.1"},
		{"Node10", "2.144.0"},
		{"Node", "0"},
	}
}

// chooseHandler picks the handler that an agent of this version runs: those that prefer the system first, then by
// priority. Keys that the version does not know are ignored, as the agent does.
func (d definition) chooseHandler(version string) (key string, chosen handler, ok bool) {
	for _, preferred := range []bool{true, false} {
		for _, known := range knownHandlers() {
			if compareVersions(version, known.since) < 0 {
				continue
			}
			for name, h := range d.Execution {
				windows := runtime.GOOS == "windows" &&
					slices.ContainsFunc(h.Platforms, func(p string) bool { return strings.EqualFold(p, "windows") })
				if strings.EqualFold(name, known.key) && (windows || !preferred) {
					return known.key, h, true
				}
			}
		}
	}
	return "", handler{}, false
}

// script is the file that the handler starts.
func (h handler) script(taskDir string) string {
	target := replaceCurrentDirectory(h.Target, taskDir)
	if filepath.IsAbs(target) {
		return target
	}
	return filepath.Join(taskDir, target)
}

// replaceCurrentDirectory fills in $(currentDirectory), the only macro of a handler's members.
func replaceCurrentDirectory(text, taskDir string) string {
	const macro = "$(currentdirectory)"
	for at := strings.Index(strings.ToLower(text), macro); at >= 0; at = strings.Index(strings.ToLower(text), macro) {
		text = text[:at] + taskDir + text[at+len(macro):]
	}
	return text
}

// compareVersions compares two dotted versions number by number.
func compareVersions(a, b string) int {
	return slices.Compare(versionNumbers(a), versionNumbers(b))
}

func versionNumbers(version string) []int {
	numbers := make([]int, 3)
	for i, part := range strings.SplitN(version, ".", len(numbers)) {
		numbers[i], _ = strconv.Atoi(part) // what is no number counts as zero
	}
	return numbers
}
