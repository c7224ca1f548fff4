package agenttest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Step is one step of a job: the task, and what a pipeline says about it.
type Step struct {
	// TaskDir is the task's folder, with task.json and the launcher.
	TaskDir string
	// Binary is started in place of the handler's script, if it is set.
	Binary string
	// Node runs the handler's script; "" looks for "node" on PATH.
	Node string
	// Nodes lets the agent choose the Node by its own rules; nil leaves it to Node.
	Nodes *Nodes
	// WorkDir is the agent's work folder; "" makes a new one, which [Result.WorkDir] names and the caller removes.
	WorkDir string
	// AgentVersion decides which handlers are known and whether variables win over inputs; "" is DefaultAgentVersion.
	AgentVersion string
	// AgentEnv is the environment of the agent itself; nil holds PATH, HOME and what the system needs.
	AgentEnv map[string]string
	Job      Job
	// Name is the step's name; "" is the task's.
	Name string

	Inputs          map[string]string
	Variables       map[string]string // over those of the job
	SecretVariables map[string]string
	Env             map[string]string // the step's own "env:"

	// ServiceConnections are those of the project; the step gets the ones that its inputs name.
	ServiceConnections []ServiceConnection
	// Restricted is the step's "target: commands: restricted".
	Restricted bool
	// SettableVariables is the step's "target: settableVariables"; nil allows all, an empty list none.
	SettableVariables []string

	// Timeout ends the step as timeoutInMinutes does; 0 is none.
	Timeout time.Duration
	Rhythm  Rhythm
	// OnLine is told each line of "stdout" and "stderr" after it was dealt with, from several goroutines.
	OnLine func(stream, line string)
}

// Rhythm is how long the agent waits when it ends a process. Zero fields are the agent's own times.
type Rhythm struct {
	Interrupt time.Duration // after SIGINT, 7.5 s
	Terminate time.Duration // after SIGTERM, 2.5 s
	Drain     time.Duration // for the streams to close once the process has ended, 5 s
	Done      time.Duration // after task.complete with done=true, 5 s
}

func (r Rhythm) withDefaults() Rhythm {
	fill := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	fill(&r.Interrupt, 7500*time.Millisecond)
	fill(&r.Terminate, 2500*time.Millisecond)
	fill(&r.Drain, 5*time.Second)
	fill(&r.Done, 5*time.Second)
	return r
}

// Result is what became of a step.
type Result struct {
	// Result is one of Succeeded, SucceededWithIssues, Failed, Canceled, Skipped, Abandoned.
	Result string
	// ExitCode is that of the started process; -1 when it was ended by a signal, was not started, or was not waited for.
	ExitCode int
	// Signal is the number of the signal that ended the started process; 0 for none.
	Signal int
	// Handler is the key of the handler that was chosen, "Node20_1"; NodeFolder is the folder of the Node, if it was chosen.
	Handler, NodeFolder string
	WorkDir             string

	// Log is what a person sees: commands removed, secrets masked, issues with their tag.
	Log []string
	// Errors and Warnings are the step's issues, at most ten of each; IssuesDropped counts those beyond.
	Errors, Warnings []string
	IssuesDropped    int
	// Variables are the step's output variables by their bare name, JobVariables those set for the job.
	Variables, JobVariables map[string]string
	// Secrets are the values of task.setsecret.
	Secrets []string
	// Summary is the text of the uploaded summaries as the files were at the end; Uploads are their paths, Lost those
	// that had gone by then.
	Summary       string
	Uploads, Lost []string
	Progress      []int
	Commands      []Command

	// Leaks says where a secret turned up outside task.setsecret, masked by the agent or not, before it was announced or
	// after: in a line of either stream, the summary, an output variable.
	Leaks []string
	// Stdout and Stderr are the raw lines, each with "\n" at its end.
	Stdout, Stderr string
	// Held says that somebody still held the streams when the agent stopped waiting for them.
	Held bool
	// Leftovers are processes of this step that were found running at the end, and killed. Linux only.
	Leftovers []int
	Duration  time.Duration
}

func (s Step) agentVersion() string {
	if s.AgentVersion == "" {
		return DefaultAgentVersion
	}
	return s.AgentVersion
}

func (s Step) name(d definition) string {
	if s.Name == "" {
		return d.Name
	}
	return s.Name
}

// Run runs the step. When ctx ends, the step is canceled in the agent's rhythm. The error is about the test's own set-up,
// such as a missing node (which is exec.ErrNotFound); a step that goes wrong is a Result.
func (s Step) Run(ctx context.Context) (Result, error) {
	begin := time.Now()
	r := Result{ExitCode: -1}
	if s.WorkDir == "" {
		dir, err := os.MkdirTemp("", "agenttest-")
		if err != nil {
			return r, fmt.Errorf("make a work folder: %w", err)
		}
		s.WorkDir = dir
	}
	lookupID := "vsts_" + rand.Text()
	p, err := s.prepare(lookupID)
	if err != nil {
		return r, err
	}
	r.WorkDir, r.Handler = p.folders.work, p.handlerKey
	session := newSession(s, p)
	switch {
	case p.skipped:
		session.result = Skipped
		session.finish(&r, ending{unread: true})
		return r, nil
	case !p.handlerOK:
		session.error("A supported task execution handler was not found. This step does not have an implementation for this agent.")
		session.result = Failed
		session.finish(&r, ending{unread: true})
		return r, nil
	}
	if s.Nodes != nil {
		choice, folder, err := s.chooseNode(p.handlerKey, p.definition, p.variables)
		for _, text := range choice.warnings {
			session.warning(text)
		}
		if err != nil {
			session.error(err.Error())
			session.result = Failed
			session.finish(&r, ending{unread: true})
			return r, nil
		}
		r.NodeFolder, s.Node = folder, s.Nodes.Programs[folder]
	}
	args, err := s.commandLine(p)
	if err != nil {
		return r, err
	}
	dir := p.folders.defaultWorkingDirectory()
	if p.handler.WorkingDirectory != "" {
		dir = replaceCurrentDirectory(p.handler.WorkingDirectory, s.TaskDir)
	}
	end, err := run(ctx, process{
		args: args, dir: dir, env: p.environment, rhythm: s.Rhythm.withDefaults(), timeout: s.Timeout, session: session,
	})
	if err != nil {
		return r, err
	}
	patience := s.Rhythm.withDefaults().Drain
	if end.unread {
		patience = 0
	}
	r.Leftovers = endLeftovers(lookupID, patience)
	session.finish(&r, end)
	r.ExitCode, r.Signal, r.Held = end.exitCode, end.signal, end.held
	r.Duration = time.Since(begin)
	return r, nil
}

// commandLine is what is started: node with the script, or the program itself.
func (s Step) commandLine(p prepared) ([]string, error) {
	if s.Binary != "" {
		path, err := filepath.Abs(s.Binary)
		if err != nil {
			return nil, fmt.Errorf("find the program: %w", err)
		}
		return []string{path}, nil
	}
	node := s.Node
	if node == "" {
		node = "node"
	}
	node, err := exec.LookPath(node)
	if err != nil {
		return nil, fmt.Errorf("find node: %w", err)
	}
	taskDir, err := filepath.Abs(s.TaskDir)
	if err != nil {
		return nil, fmt.Errorf("find the task: %w", err)
	}
	script := p.handler.script(taskDir)
	if info, err := os.Stat(script); err != nil {
		return nil, fmt.Errorf("find the handler's script: %w", err)
	} else if info.IsDir() {
		return nil, fmt.Errorf("find the handler's script: %s: %w", script, errors.ErrUnsupported)
	}
	return []string{node, script}, nil
}
