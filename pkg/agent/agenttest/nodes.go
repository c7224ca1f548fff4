package agenttest

import (
	"fmt"
	"slices"
	"strings"
)

// Nodes are what an agent chooses a Node from: those that came with it, and what the system can start.
type Nodes struct {
	// Programs are the Nodes by their folder under the agent's externals: node (which is 6), node10, node16, node20_1, node24.
	Programs map[string]string
	// Musl says that the agent runs on Alpine.
	Musl bool
	// OldGlibc lists the folders whose Node needs a newer glibc than the system has.
	OldGlibc []string
}

// The versions in which the choice of a Node changed. What is read of other versions is that of the one before.
const (
	handlerDataKnob = "4.265.1" // Node24 has a knob of its own; before, AGENT_USE_NODE24 was it
	newSelection    = "4.274.0" // the new selection can be switched on by a variable
	absentOlder     = "5.277.0" // an older Node that is missing is no fallback
	initialWarning  = "3.246.0" // tasks with old handlers alone can be warned of
)

// nodeChoice is one choice of a Node: the agent's version and machine, its switches, and what it says.
type nodeChoice struct {
	version  string
	nodes    Nodes
	on       func(knob string) bool
	useNode  string // AGENT_USE_NODE: "LTS" or "UPGRADE"
	warnings []string
}

func (c *nodeChoice) since(version string) bool { return compareVersions(c.version, version) >= 0 }

func (c *nodeChoice) warn(format string, a ...any) {
	c.warnings = append(c.warnings, fmt.Sprintf(format, a...))
}

// choose gives the folder of the Node that runs a handler. The error is what fails the step.
func (c *nodeChoice) choose(key string) (folder string, err error) {
	if c.since(newSelection) && c.on("AGENT_USE_ENHANCED_NODE_SELECTION") {
		folder = c.enhanced(key)
		if folder == "" {
			return "", fmt.Errorf("no Node that is allowed here runs handler %s", key)
		}
	} else {
		folder = c.legacy(key)
		if c.on("VSTSAGENT_ENABLE_NODE_WARNINGS") && (folder == "node" || c.since(handlerDataKnob) && oldNode(folder)) {
			c.warn("the task runs on the old %s", folder)
		}
		folder = c.instead(folder)
	}
	if !c.there(folder) {
		return "", fmt.Errorf("the agent has no %s", folder)
	}
	return folder, nil
}

// oldNode tells whether a Node has reached the end of its life in the agent's eyes.
func oldNode(folder string) bool {
	return slices.Contains([]string{"node", "node10", "node16"}, folder)
}

// nodeFolder is the folder of a handler's own Node.
func nodeFolder(key string) string { return strings.ToLower(key) }

// there tells whether the agent brought a Node.
func (c *nodeChoice) there(folder string) bool { return c.nodes.Programs[folder] != "" }

// starts tells whether a Node is there and finds the glibc that it needs.
func (c *nodeChoice) starts(folder string) bool {
	return c.there(folder) && !slices.Contains(c.nodes.OldGlibc, folder)
}

// legacy is the choice that agents make unless the new selection is switched on.
func (c *nodeChoice) legacy(key string) string {
	folder := nodeFolder(key)
	switch key {
	case "Node24":
		knob := "AGENT_USE_NODE24_WITH_HANDLER_DATA"
		if !c.since(handlerDataKnob) {
			knob = "AGENT_USE_NODE24"
		}
		switch {
		case c.on(knob):
			folder = c.fallback(folder)
		case c.nodes.Musl: // as for a task of Node 6, which has no build for musl
			folder = "node10"
		case !c.since(handlerDataKnob):
			folder = "node"
		default: // without a look at glibc
			folder = "node20_1"
		}
	case "Node20_1":
		folder = c.fallback(folder)
	}
	switch {
	case c.since(handlerDataKnob) && c.on("AGENT_USE_NODE24"):
		folder = c.fallback("node24")
	case c.since("3.230.2") && c.on("AGENT_USE_NODE20_1"):
		folder = c.fallback("node20_1")
	case c.since("3.230.2") && c.on("AGENT_USE_NODE10"):
		folder = "node10"
	}
	return folder
}

// fallback gives Node 24 or 20, or the older one that takes its place. One that is missing counts as one that does not
// start, as agents on Linux have it in every version.
func (c *nodeChoice) fallback(folder string) string {
	if c.starts(folder) {
		return folder
	}
	instead := "node16"
	if folder == "node24" && c.starts("node20_1") {
		instead = "node20_1"
	}
	if c.since(absentOlder) && !c.there(instead) {
		if folder == "node20_1" {
			return folder
		}
		instead = "node20_1"
	}
	c.warn("%s does not run on this system, %s does instead", folder, instead)
	return instead
}

// instead gives another Node for one that is missing, where AGENT_USE_NODE asks for it.
func (c *nodeChoice) instead(folder string) string {
	newer := []string{"node", "node10", "node16", "node20_1", "node24"}
	if at := slices.Index(newer, folder); c.there(folder) || at < 0 {
		return folder
	} else if newer = newer[at+1:]; strings.EqualFold(c.useNode, "LTS") {
		newer = []string{"node20_1"}
	} else if !strings.EqualFold(c.useNode, "UPGRADE") {
		return folder
	}
	for _, other := range newer {
		if c.there(other) {
			c.warn("%s is missing, %s runs instead", folder, other)
			return other
		}
	}
	return folder
}

// enhanced is the new selection: the handler is a ceiling, and the newest Node below it that starts is taken. With old
// Nodes forbidden the ceiling does not count, and 24 or 20 runs everything.
func (c *nodeChoice) enhanced(key string) string {
	ceiling := map[string]int{"Node24": 24, "Node20_1": 20, "Node16": 16, "Node10": 10, "Node": 6}[key]
	forbidden := c.on("AGENT_RESTRICT_EOL_NODE_VERSIONS")
	if c.starts("node24") {
		switch {
		case c.on("AGENT_USE_NODE24"):
			return "node24"
		case forbidden:
			return c.lifted("node24", ceiling)
		case ceiling >= 24 && c.on("AGENT_USE_NODE24_WITH_HANDLER_DATA"):
			return "node24"
		}
	}
	if c.starts("node20_1") {
		switch {
		case c.on("AGENT_USE_NODE20_1"):
			return "node20_1"
		case forbidden:
			return c.lifted("node20_1", ceiling)
		case ceiling > 20: // also where nothing but the knob of Node 24 is off
			c.warn("node24 does not run on this system, node20_1 does instead")
			return "node20_1"
		case ceiling == 20:
			return "node20_1"
		}
	}
	if forbidden {
		return ""
	}
	for _, old := range []struct {
		folder string
		takes  bool
	}{{"node16", ceiling >= 16}, {"node10", key == "Node10" || ceiling >= 10 && c.nodes.Musl}, {"node", key == "Node"}} {
		if old.takes && (c.there(old.folder) || !c.since(absentOlder)) {
			c.warn("the task runs on the old %s", old.folder)
			return old.folder
		}
	}
	return ""
}

// lifted says that a task of an old Node runs on a newer one.
func (c *nodeChoice) lifted(folder string, ceiling int) string {
	if ceiling <= 16 {
		c.warn("the task asks for an old Node and runs on %s", folder)
	}
	return folder
}

// oldOnly says, as the agent does when the job begins, that a task has no handler but old ones.
func (c *nodeChoice) oldOnly(handlers map[string]handler) {
	if !c.since(initialWarning) || !c.on("AZP_AGENT_CHECK_IF_TASK_NODE_RUNNER_IS_DEPRECATED_246") {
		return
	}
	for _, key := range []string{"Node20_1", "Node24"} {
		if _, ok := handlers[key]; ok {
			return
		}
	}
	c.warn("the task has handlers for old Nodes alone")
}

// chooseNode chooses the Node for a handler on the step's machine. Knobs are variables, else the agent's environment; the
// service switches some of them by a variable of its own.
func (s Step) chooseNode(key string, d definition, vars *variables) (*nodeChoice, string, error) {
	features := map[string]string{
		"AGENT_USE_NODE24": "UseNode24", "AGENT_USE_NODE24_WITH_HANDLER_DATA": "UseNode24withHandlerData",
		"AGENT_USE_ENHANCED_NODE_SELECTION":                     "UseEnhancedNodeSelection",
		"AZP_AGENT_CHECK_IF_TASK_NODE_RUNNER_IS_DEPRECATED_246": "CheckIfTaskNodeRunnerIsDeprecated246",
	}
	agentEnv := s.agentEnv()
	value := func(knob string) string {
		if feature, ok := features[knob]; ok {
			if text, _ := vars.value("DistributedTask.Agent." + feature); text != "" {
				return text
			}
		}
		if text, _ := vars.value(knob); text != "" {
			return text
		}
		return agentEnv[knob]
	}
	c := &nodeChoice{version: s.agentVersion(), nodes: *s.Nodes, useNode: value("AGENT_USE_NODE"), on: func(knob string) bool {
		text := value(knob)
		return text == "1" || strings.EqualFold(text, "true")
	}}
	c.oldOnly(d.Execution)
	folder, err := c.choose(key)
	return c, folder, err
}
