package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/report"
)

// Process is what the program is given by the system that starts it.
type Process struct {
	Env     map[string]string // all of it, so that misspelt inputs are found
	Faults  []string          // of the command line
	Stdout  io.Writer
	Version string
	// Terminal says that people look at Stdout while it runs, Colour that it shows colours.
	Terminal, Colour bool
	// Width is how many columns a terminal has at the moment; nil, or 0, where nobody knows.
	Width func() int
}

// Exit codes. The launcher passes them on, and the agent takes any but 0 as failed.
const (
	exitOK       = 0
	exitFailed   = 1
	exitBadInput = 2
)

// Run does the whole job and returns the exit code: 0 succeeded, perhaps with issues; 1 failed; 2 bad input, and then
// not one request was sent. When ctx ends it begins nothing more, reports what was done and what was not, and returns 1.
func Run(ctx context.Context, p Process) (code int) {
	cfg, faults := config.Load(ctx, agent.Variables(p.Env))
	log := report.New(agent.NewLog(p.Stdout, agent.LogOptions{Agent: cfg.Agent, Debug: cfg.Debug, Colour: p.Colour, Terminal: p.Terminal, Width: p.Width}), nil)
	log.Mask(cfg.Secrets...)
	log.Mask(cfg.Network.ProxyAuthorization())
	defer func() {
		if p := recover(); p != nil {
			log.Error(fmt.Sprintf("Internal error, please report it: %v", p))
			log.Debugf("%s", debug.Stack())
			code = exitFailed
		}
		log.FlushIssues()
		if code == exitFailed && cfg.RecordPath == "" && ctx.Err() == nil {
			log.Line("For a bug report run it again with recordPath, which records what the service answers with every name and text replaced: %s", report.RecordingURL)
		}
	}()
	for _, fault := range p.Faults {
		faults = errors.Join(faults, config.Fault{Message: fault})
	}
	files, err := report.OpenFiles(cfg.ReportPath, cfg.TempDirectory)
	if err != nil {
		faults = errors.Join(faults, config.Fault{Input: "reportPath", Message: err.Error()})
	} else {
		// What was written is closed by then, and stays.
		defer func() { _ = files.Discard() }()
	}
	recording, err := report.OpenRecording(cfg.RecordPath, files)
	if err != nil {
		faults = errors.Join(faults, config.Fault{Input: "recordPath", Message: err.Error()})
	}
	defer func() { _ = recording.Close() }() // each line was written at once
	if faults != nil {
		all := config.Faults(faults)
		for _, fault := range all {
			log.Error(fault.Error())
		}
		if len(all) == 0 {
			log.Error(faults.Error())
		}
		return exitBadInput
	}
	for _, warning := range cfg.Warnings {
		log.Warning(warning)
	}
	log.Head(p.Version, cmp.Or(cfg.Connection.Organization, cfg.CollectionURL), cfg.Effective)

	r := &run{config: cfg, log: log, files: files, recording: recording, process: p, started: time.Now()}
	return r.line(ctx)
}
