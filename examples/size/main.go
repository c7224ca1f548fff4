// Command size is an example of a task in Go: it fails where a file is larger than a limit, warns where little is left of
// it, and hands the size to later steps.
package main

import (
	"io"
	"os"
	"runtime"
	"strconv"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

func main() {
	os.Exit(run(agent.NewEnvironment(agent.ReadVariables(os.Environ(), runtime.GOOS)), os.Stdout))
}

// run returns the exit code, which alone tells the agent that a task has failed: 1, or 2 for bad input.
func run(env agent.Environment, stdout io.Writer) int {
	log := agent.NewLog(stdout, env.LogOptions())
	defer log.FlushIssues()

	limit, err := strconv.ParseInt(env.Input("limit"), 10, 64)
	if err != nil || limit < 1 {
		log.Error("limit: it is not a number of bytes; allowed: 1 and more")
		return 2
	}
	file, err := os.Stat(env.Input("file"))
	if err != nil {
		log.Error("file: " + err.Error())
		return 2
	}
	size := file.Size()
	log.Line("%s holds %d of %d bytes.", file.Name(), size, limit)
	log.SetVariable(agent.Variable{Name: "size", Value: strconv.FormatInt(size, 10)})
	switch {
	case size > limit:
		log.Error(file.Name() + " is too large.")
		return 1
	case size > limit-limit/10:
		log.Warning(file.Name() + " is nearly too large.")
		log.CompleteWithIssues("Done, with a warning.")
	}
	return 0
}
