package main

import (
	"io"
	"os"

	"github.com/pr-evaluations/reschedule/pkg/command"
)

// answer serves the arguments that ask for a text instead of a run. Only people use any: the launcher starts the program
// without.
func answer(w io.Writer, line command.Line, args []string) (code int, answered bool) {
	write := func(text string) error {
		_, err := io.WriteString(w, text)
		return err
	}
	err := error(nil)
	switch {
	case command.AsksCompletion(args):
		err = command.Complete(w, os.Stderr, args)
	case len(line.Faults) > 0:
		return 0, false // told with those of the environment
	case line.Help:
		err = write(command.Help())
	case line.Version:
		err = write(version + "\n")
	case line.Completion != "":
		err = command.WriteCompletion(w, line.Completion)
	default:
		return 0, false
	}
	if err != nil {
		return 1, true
	}
	return 0, true
}
