// Package command is the command line that people use: every input of the task as a flag, help, and completion for shells.
//
// It turns arguments into the variables that an agent would set, and says what is wrong with them. Names, groups and help
// come from task/task.json. It must not know what an input means, and reads neither the environment nor a file: what a
// flag holds is judged where a variable is.
package command

type group struct {
	title  string
	inputs []input
}

// input is an input of the task as its flag needs it.
type input struct {
	name string
	// kind is what stands for the value: "bool" for a switch, "list", "word" for one of words, "path" or "text".
	kind  string
	def   string // the default; "" is blank
	label string // what a shell shows beside the flag
	help  string // a sentence or two
	words []string
}
