//go:build unix

package main_test

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// agentNodes are the Nodes of an agent, by the folder in which it has them, as far as this machine has their like.
func agentNodes(t *testing.T) map[string]string {
	t.Helper()
	folders := map[string]string{"v6": "node", "v10": "node10", "v16": "node16", "v20": "node20_1", "v24": "node24"}
	programs := map[string]string{}
	for _, node := range findNodes(t) {
		version, err := exec.CommandContext(t.Context(), node, "--version").Output()
		if err != nil {
			t.Fatalf("%s --version: %v", node, err)
		}
		major, _, _ := strings.Cut(string(version), ".")
		if folder, ok := folders[major]; ok {
			programs[folder] = node
		}
	}
	return programs
}

// TestNodesOfAgents lets agents choose the Node as they do, and has the task do its main job on the one that comes out:
// the warnings are the agent's own, and there should be none. What all agents choose is agenttest's own table.
func TestNodesOfAgents(t *testing.T) {
	t.Parallel()
	programs := agentNodes(t)
	archive, err := txtar.ParseFile(filepath.Join("testdata", "no-inputs.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	const (
		data     = "AGENT_USE_NODE24_WITH_HANDLER_DATA"
		enhanced = "AGENT_USE_ENHANCED_NODE_SELECTION"
		restrict = "AGENT_RESTRICT_EOL_NODE_VERSIONS"
		told     = "VSTSAGENT_ENABLE_NODE_WARNINGS"
		atStart  = "AZP_AGENT_CHECK_IF_TASK_NODE_RUNNER_IS_DEPRECATED_246"
	)
	tests := []struct {
		name, version  string
		missing, knobs string
		musl, oldGlibc bool
		handler, want  string
		warnings       []string
	}{
		{name: "2.x before Node 16", version: "2.144.0", handler: "Node10", want: "node10"},
		{name: "2.x", version: "2.218.1", handler: "Node16", want: "node16"},
		{name: "3.x", version: "3.258.1", knobs: told + " " + atStart, handler: "Node20_1", want: "node20_1"},
		{name: "3.x on an old system", version: "3.258.1", oldGlibc: true, handler: "Node20_1", want: "node16", warnings: []string{"node20_1 does not run on this system, node16 does instead"}},
		{name: "the first agent with Node 24", version: "4.265.0", handler: "Node24", want: "node"},
		{name: "4.x", version: "4.275.0", knobs: told + " " + atStart, handler: "Node24", want: "node20_1"},
		{name: "4.x on Alpine", version: "4.275.0", musl: true, missing: "node", handler: "Node24", want: "node10"},
		{name: "4.x with the knob", version: "4.275.0", knobs: data, handler: "Node24", want: "node24"},
		{name: "5.x", version: "5.278.0", knobs: told + " " + atStart, handler: "Node24", want: "node20_1"},
		{name: "5.x with the knob", version: "5.278.0", knobs: data + " " + told, handler: "Node24", want: "node24"},
		{name: "5.x with the knob on an old system", version: "5.278.0", knobs: data, oldGlibc: true, handler: "Node24", want: "node16", warnings: []string{"node24 does not run on this system, node16 does instead"}},
		{name: "5.x, the new selection", version: "5.278.0", knobs: enhanced, handler: "Node24", want: "node20_1", warnings: []string{"node24 does not run on this system, node20_1 does instead"}},
		{name: "5.x, the new selection with the knob", version: "5.278.0", knobs: enhanced + " " + data, handler: "Node24", want: "node24"},
		{name: "5.x, old Nodes forbidden", version: "5.278.0", knobs: enhanced + " " + restrict, handler: "Node24", want: "node24"},
		{name: "5.x on Alpine, old Nodes forbidden", version: "5.279.0", musl: true, missing: "node node10 node16", knobs: enhanced + " " + restrict, handler: "Node24", want: "node24"},
		{name: "5.x without Node 24, old Nodes forbidden", version: "5.278.0", missing: "node24", knobs: enhanced + " " + restrict, handler: "Node24", want: "node20_1"},
		{name: "5.x without old Nodes", version: "5.279.0", missing: "node node10 node16", handler: "Node24", want: "node20_1"},
		{name: "after Node 20", version: "5.279.0", missing: "node node10 node16 node20_1", knobs: data, handler: "Node24", want: "node24"},
	}
	folder := t.TempDir()
	copyFile(t, program, filepath.Join(folder, "bin", runtime.GOOS+"-"+runtime.GOARCH, "reschedule"))
	for _, name := range []string{"task.json", "launcher.js", "package.json"} {
		copyFile(t, filepath.Join(taskDir, name), filepath.Join(folder, name))
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			nodes := agenttest.Nodes{Musl: tt.musl, Programs: map[string]string{}}
			for _, name := range []string{"node", "node10", "node16", "node20_1", "node24"} {
				if !strings.Contains(" "+tt.missing+" ", " "+name+" ") {
					nodes.Programs[name] = programs[name]
				}
				if nodes.Programs[name] == "" && name == tt.want {
					missing(t, "RESCHEDULE_REQUIRE_NODE", "no Node for "+tt.want+" in RESCHEDULE_NODES")
				} else if nodes.Programs[name] == "" && !strings.Contains(" "+tt.missing+" ", " "+name+" ") {
					nodes.Programs[name] = "not on this machine, and not to be chosen"
				}
			}
			if tt.oldGlibc {
				nodes.OldGlibc = []string{"node20_1", "node24"}
			}
			file, world := readCase(t, archive)
			s := azdotest.Start(t, world)
			file.AgentVersion, file.Variables = tt.version, map[string]string{}
			for knob := range strings.FieldsSeq(tt.knobs) {
				file.Variables[knob] = "true"
			}
			step := file.step(t, s)
			step.TaskDir, step.Binary, step.Nodes = folder, "", &nodes
			r := run(t, s, step)
			if r.Handler != tt.handler || r.NodeFolder != tt.want || r.Result != agenttest.Succeeded || r.Variables["requeuedCount"] != "4" {
				t.Errorf("handler %s on %s: %s, %q re-queued; want %s on %s and success\n%s", r.Handler, r.NodeFolder, r.Result,
					r.Variables["requeuedCount"], tt.handler, tt.want, strings.Join(r.Log, "\n"))
			}
			if diff := cmp.Diff(tt.warnings, r.Warnings, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}
