package agenttest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// brought are the Nodes of an agent, by folder.
func brought(folders string) map[string]string {
	programs := map[string]string{}
	for folder := range strings.FieldsSeq(folders) {
		programs[folder] = folder
	}
	return programs
}

// TestChooseNode holds the choice to what the agent's source says: NodeHandler.cs and NodeVersionStrategies of
// microsoft/azure-pipelines-agent, at the versions named. The task has handlers for Node 24, 20, 16 and 10.
func TestChooseNode(t *testing.T) {
	t.Parallel()
	const (
		v2       = "node node10 node16"
		v3       = "node node10 node16 node20_1"
		all      = "node node10 node16 node20_1 node24"
		musl     = "node10 node16 node20_1 node24"
		slim     = "node20_1 node24" // pipelines-agent, and every agent once the old ones are gone
		next     = "node24"          // once Node 20 is gone as well
		data     = "AGENT_USE_NODE24_WITH_HANDLER_DATA"
		enhanced = "AGENT_USE_ENHANCED_NODE_SELECTION"
		noOld    = enhanced + " AGENT_RESTRICT_EOL_NODE_VERSIONS"
		told     = "VSTSAGENT_ENABLE_NODE_WARNINGS"
	)
	down := func(from, to string) string { return from + " does not run on this system, " + to + " does instead" }
	old := func(folder string) string { return "the task runs on the old " + folder }
	tests := []struct {
		name, version string
		nodes         Nodes
		knobs         string
		want          string
		warnings      []string
	}{
		{"the first agents with Node 10", "2.144.0", Nodes{Programs: brought("node node10")}, "", "node10", nil},
		{"before Node 16", "2.206.0", Nodes{Programs: brought("node node10")}, "", "node10", nil},
		{"Node 16", "2.206.1", Nodes{Programs: brought(v2)}, "", "node16", nil},
		{"the last 2.x", "2.218.1", Nodes{Programs: brought(v2)}, "", "node16", nil},
		{"Node20 in another spelling is not ours", "3.230.0", Nodes{Programs: brought(v3)}, "", "node16", nil},
		{"Node 20", "3.230.2", Nodes{Programs: brought(v3)}, "", "node20_1", nil},
		{"the last 3.x", "3.258.1", Nodes{Programs: brought(v3)}, "", "node20_1", nil},
		{"the last 3.x with an old glibc", "3.258.1", Nodes{Programs: brought(v3), OldGlibc: []string{"node20_1"}}, "", "node16", []string{down("node20_1", "node16")}},
		{"an old glibc, told twice", "4.265.1", Nodes{Programs: brought(all), OldGlibc: []string{"node20_1", "node24"}}, data + " " + told, "node16", []string{down("node24", "node16"), old("node16")}},
		{"before the warning counted Node 16", "3.258.1", Nodes{Programs: brought(v3), OldGlibc: []string{"node20_1"}}, told, "node16", []string{down("node20_1", "node16")}},
		{"the last 3.x on Alpine", "3.258.1", Nodes{Programs: brought("node10 node16 node20_1"), Musl: true}, "", "node20_1", nil},
		{"before Node 24", "4.264.2", Nodes{Programs: brought(v3)}, data, "node20_1", nil},
		{"the first with Node 24 runs it on 6", "4.265.0", Nodes{Programs: brought(all)}, "", "node", nil},
		{"and has no knob for it", "4.265.0", Nodes{Programs: brought(all)}, data, "node", nil},
		{"but for the old one", "4.265.0", Nodes{Programs: brought(all)}, "AGENT_USE_NODE24", "node24", nil},
		{"or on 10 on Alpine", "4.265.0", Nodes{Programs: brought(musl), Musl: true}, "", "node10", nil},
		{"or not at all", "4.265.0", Nodes{Programs: brought(slim)}, "", "", nil},
		{"Node 24 without its knob", "4.265.1", Nodes{Programs: brought(all)}, "", "node20_1", nil},
		{"with its knob", "4.265.1", Nodes{Programs: brought(all)}, data, "node24", nil},
		{"with the switch of the service", "4.265.1", Nodes{Programs: brought(all)}, "DistributedTask.Agent.UseNode24withHandlerData", "node24", nil},
		{"the last 4.x", "4.275.0", Nodes{Programs: brought(all)}, "", "node20_1", nil},
		{"the last 4.x with the knob", "4.275.0", Nodes{Programs: brought(all)}, data, "node24", nil},
		{"the last 4.x on Alpine", "4.275.0", Nodes{Programs: brought(musl), Musl: true}, "", "node10", nil},
		{"the last 4.x on Alpine with the knob", "4.275.0", Nodes{Programs: brought(musl), Musl: true}, data, "node24", nil},
		{"glibc too old for 24", "4.275.0", Nodes{Programs: brought(all), OldGlibc: []string{"node24"}}, data, "node20_1", []string{down("node24", "node20_1")}},
		{"glibc too old for both", "4.275.0", Nodes{Programs: brought(all), OldGlibc: []string{"node20_1", "node24"}}, data, "node16", []string{down("node24", "node16")}},
		{"nobody looks at glibc without the knob", "4.275.0", Nodes{Programs: brought(all), OldGlibc: []string{"node20_1"}}, "", "node20_1", nil},
		{"no Node 24 on ARM and 32-bit Windows", "5.278.0", Nodes{Programs: brought(v3)}, data, "node20_1", []string{down("node24", "node20_1")}},
		{"5.x", "5.278.0", Nodes{Programs: brought(all)}, "", "node20_1", nil},
		{"5.x with the knob", "5.278.0", Nodes{Programs: brought(all)}, data, "node24", nil},
		{"5.x without old Nodes", "5.279.0", Nodes{Programs: brought(slim)}, "", "node20_1", nil},
		{"5.x without old Nodes, with the knob", "5.279.0", Nodes{Programs: brought(slim)}, data, "node24", nil},
		{"5.x without old Nodes on Alpine", "5.279.0", Nodes{Programs: brought(slim), Musl: true}, "", "", nil},
		{"5.x without old Nodes on Alpine, rescued", "5.279.0", Nodes{Programs: brought(slim), Musl: true}, "AGENT_USE_NODE=LTS", "node20_1", []string{"node10 is missing, node20_1 runs instead"}},
		{"the next newer one", "5.279.0", Nodes{Programs: brought(next), Musl: true}, "AGENT_USE_NODE=upgrade", "node24", []string{"node10 is missing, node24 runs instead"}},
		{"a rescue of another name", "5.279.0", Nodes{Programs: brought(slim), Musl: true}, "AGENT_USE_NODE=newest", "", nil},
		{"5.x without old Nodes on Alpine, with the knob", "5.279.0", Nodes{Programs: brought(slim), Musl: true}, data, "node24", nil},
		{"without Node 20, with the knob", "5.279.0", Nodes{Programs: brought(next)}, data, "node24", nil},
		{"without Node 20, without the knob", "5.279.0", Nodes{Programs: brought(next)}, "", "", nil},
		{"an old glibc without old Nodes", "5.279.0", Nodes{Programs: brought(slim), OldGlibc: []string{"node20_1", "node24"}}, data, "node20_1", []string{down("node24", "node20_1")}},

		{"every task on 24", "5.278.0", Nodes{Programs: brought(all)}, "AGENT_USE_NODE24", "node24", nil},
		{"every task on 20", "5.278.0", Nodes{Programs: brought(all)}, data + " AGENT_USE_NODE20_1", "node20_1", nil},
		{"every task on 10", "5.278.0", Nodes{Programs: brought(all)}, "AGENT_USE_NODE10 " + told, "node10", []string{old("node10")}},

		{"the switch of the new selection is not known", "4.273.0", Nodes{Programs: brought(all)}, noOld, "node20_1", nil},
		{"the new selection", "4.274.0", Nodes{Programs: brought(all)}, enhanced + " " + data, "node24", nil},
		{"and its misleading warning", "4.274.0", Nodes{Programs: brought(all)}, enhanced, "node20_1", []string{down("node24", "node20_1")}},
		{"the new selection on Alpine", "5.278.0", Nodes{Programs: brought(musl), Musl: true}, enhanced, "node20_1", []string{down("node24", "node20_1")}},
		{"glibc too old for 24, new", "5.278.0", Nodes{Programs: brought(all), OldGlibc: []string{"node24"}}, enhanced + " " + data, "node20_1", []string{down("node24", "node20_1")}},
		{"glibc too old for both, new", "5.278.0", Nodes{Programs: brought(all), OldGlibc: []string{"node20_1", "node24"}}, enhanced + " " + data, "node16", []string{old("node16")}},
		{"an old glibc without old Nodes, new", "5.279.0", Nodes{Programs: brought(slim), OldGlibc: []string{"node20_1", "node24"}}, enhanced, "", nil},
		{"an old glibc and Alpine down to 10", "5.278.0", Nodes{Programs: brought("node10"), Musl: true}, enhanced, "node10", []string{old("node10")}},
		{"before absence was looked at", "5.276.0", Nodes{Programs: brought("node10"), Musl: true}, enhanced, "", []string{old("node16")}},
		{"every task on 24, new", "5.278.0", Nodes{Programs: brought(all)}, enhanced + " AGENT_USE_NODE24", "node24", nil},
		{"every task on 20, new", "5.278.0", Nodes{Programs: brought(all)}, enhanced + " AGENT_USE_NODE20_1", "node20_1", nil},
		{"without Node 20, without the knob, new", "5.279.0", Nodes{Programs: brought(next)}, enhanced, "", nil},

		{"old Nodes forbidden", "5.278.0", Nodes{Programs: brought(all)}, noOld, "node24", nil},
		{"old Nodes forbidden, without 24", "5.278.0", Nodes{Programs: brought(v3)}, noOld, "node20_1", nil},
		{"old Nodes forbidden on Alpine", "5.279.0", Nodes{Programs: brought(slim), Musl: true}, noOld, "node24", nil},
		{"old Nodes forbidden, an old glibc", "5.278.0", Nodes{Programs: brought(all), OldGlibc: []string{"node20_1", "node24"}}, noOld, "", nil},
		{"forbidden without the new selection is nothing", "5.278.0", Nodes{Programs: brought(all)}, "AGENT_RESTRICT_EOL_NODE_VERSIONS", "node20_1", nil},

		{"the job begins", "5.278.0", Nodes{Programs: brought(all)}, "AZP_AGENT_CHECK_IF_TASK_NODE_RUNNER_IS_DEPRECATED_246", "node20_1", nil},
	}
	handlers := map[string]handler{"Node24": {}, "Node20_1": {}, "Node16": {}, "Node10": {}}
	for _, tt := range tests {
		t.Run(tt.name+" "+tt.version, func(t *testing.T) {
			t.Parallel()
			s := Step{AgentVersion: tt.version, Nodes: &tt.nodes, AgentEnv: map[string]string{}}
			vars := &variables{}
			for knob := range strings.FieldsSeq(tt.knobs) {
				name, value, ok := strings.Cut(knob, "=")
				if !ok {
					value = "True"
				}
				vars.set(name, value, false)
			}
			d := definition{Execution: handlers}
			key, _, _ := d.chooseHandler(tt.version)
			choice, got, err := s.chooseNode(key, d, vars)
			if (err == nil) != (tt.want != "") || err == nil && got != tt.want {
				t.Errorf("%s runs on %q, %v; want %q", key, got, err, tt.want)
			}
			if diff := cmp.Diff(tt.warnings, choice.warnings, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestChooseNodeForOldTasks looks at what a task with other handlers gets.
func TestChooseNodeForOldTasks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, handlers, knobs string
		want                  string
		warnings              []string
	}{
		{"Node 16 alone", "Node16", "", "node16", nil},
		{"told when the job begins", "Node16 Node10", "AZP_AGENT_CHECK_IF_TASK_NODE_RUNNER_IS_DEPRECATED_246", "node16", []string{"the task has handlers for old Nodes alone"}},
		{"told by the new selection", "Node10", "AGENT_USE_ENHANCED_NODE_SELECTION", "node10", []string{"the task runs on the old node10"}},
		{"Node 6 by the new selection", "Node", "AGENT_USE_ENHANCED_NODE_SELECTION", "node", []string{"the task runs on the old node"}},
		{"lifted", "Node16", "AGENT_USE_ENHANCED_NODE_SELECTION AGENT_RESTRICT_EOL_NODE_VERSIONS", "node24", []string{"the task asks for an old Node and runs on node24"}},
		{"Node 20 alone", "Node20_1", "AGENT_USE_ENHANCED_NODE_SELECTION", "node20_1", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := definition{Execution: map[string]handler{}}
			for key := range strings.FieldsSeq(tt.handlers) {
				d.Execution[key] = handler{}
			}
			s := Step{Nodes: &Nodes{Programs: brought("node node10 node16 node20_1 node24")}, AgentEnv: map[string]string{}}
			for knob := range strings.FieldsSeq(tt.knobs) { // the agent's environment counts as well
				s.AgentEnv[knob] = "1"
			}
			key, _, _ := d.chooseHandler(s.agentVersion())
			choice, got, err := s.chooseNode(key, d, &variables{})
			if err != nil || got != tt.want {
				t.Errorf("%s runs on %q, %v; want %q", key, got, err, tt.want)
			}
			if diff := cmp.Diff(tt.warnings, choice.warnings, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}
