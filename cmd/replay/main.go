// Command replay runs the task on a recording, which the input recordPath writes: the real program, started as an agent
// does it, gets the answers that were recorded. Inputs are those of the recorded run, unless others are given.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pr-evaluations/reschedule/cmd/demo/show"
	"github.com/pr-evaluations/reschedule/cmd/replay/recording"
)

func main() { show.Main("replay", replay) }

// replay runs the task on the recording that the first argument names, with inputs such as "dryRun=true".
func replay(ctx context.Context, w io.Writer, args []string) (err error) {
	rec, inputs, err := arguments(args)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "reschedule-replay-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, err := show.Build(ctx, dir)
	if err != nil {
		return err
	}
	print := show.Printer{W: w}
	print.Line("Recorded by version %s at %s. Every date is moved to today, so that ages are as they were.",
		rec.Version, rec.At.UTC().Format("2006-01-02 15:04 UTC"))
	if rec.Torn {
		print.Line("The run died while it wrote its last line, which is left out.")
	}
	print.Line("The task runs on it as a pipeline step would, with inputs: %s.", strings.ReplaceAll(show.Describe(inputs), "\n", ", "))
	print.Line("")
	server, err := rec.Serve(time.Now())
	if err != nil {
		return err
	}
	defer server.Close()
	step := rec.Step(server, inputs)
	step.Binary, step.WorkDir = program, filepath.Join(dir, "work")
	result, err := server.Run(ctx, step)
	if err != nil {
		return err
	}
	print.Step(result, nil, server.Writes(), server.Requests())
	if missing := server.Missing(); missing != "" {
		return fmt.Errorf("the recording does not hold %s. A replay goes no further than the recorded run; were its inputs others, or was it a dry run?", missing)
	}
	return print.Err
}

// arguments are the recording, and its inputs with those that follow it.
func arguments(args []string) (*recording.Recording, map[string]string, error) {
	if len(args) == 0 {
		return nil, nil, errors.New("which recording? Say its file, and after it inputs that are to be others, such as dryRun=true")
	}
	given, err := show.Inputs(args[1:])
	if err != nil {
		return nil, nil, err
	}
	for _, name := range []string{"reportPath", "recordPath"} {
		if path := given[name]; path != "" { // relative to the caller, not to a folder that goes away
			if given[name], err = filepath.Abs(path); err != nil {
				return nil, nil, err
			}
		}
	}
	rec, err := read(args[0])
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", args[0], err)
	}
	known, err := inputNames(filepath.Join("task", "task.json"))
	if err != nil {
		return nil, nil, err
	}
	inputs, err := rec.Inputs(given, known)
	return rec, inputs, err
}

func read(path string) (*recording.Recording, error) {
	file, err := os.Open(path) //nolint:gosec // the caller's own file
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer func() { _ = file.Close() }() // it is read only
	return recording.Read(file)
}

// inputNames are the inputs that task.json declares.
func inputNames(path string) ([]string, error) {
	data, err := os.ReadFile(path) //nolint:gosec // a file of ours
	if err != nil {
		return nil, err
	}
	var definition struct {
		Inputs []struct {
			Name string `json:"name"`
		} `json:"inputs"`
	}
	if err := json.Unmarshal(data, &definition); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	names := make([]string, 0, len(definition.Inputs))
	for _, input := range definition.Inputs {
		names = append(names, input.Name)
	}
	return names, nil
}
