package command

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// program is what people call it.
const program = "reschedule"

func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

// WriteCompletion writes the script that completes flags and their values in a shell, which is one of those that the
// flag --completion takes.
func WriteCompletion(w io.Writer, shell string) error {
	c := completer()
	switch shell {
	case "bash":
		return c.GenBashCompletionV2(w, true)
	case "zsh":
		return c.GenZshCompletion(w)
	case "fish":
		return c.GenFishCompletion(w, true)
	case "powershell":
		return c.GenPowerShellCompletionWithDesc(w)
	}
	return fmt.Errorf("there is no completion for %q", shell)
}

// AsksCompletion reports whether the arguments are what such a script asks the program while somebody types.
func AsksCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// Complete answers those arguments.
func Complete(stdout, stderr io.Writer, args []string) error {
	c := completer()
	c.SetOut(stdout)
	c.SetErr(stderr)
	c.SetArgs(args)
	return c.Execute()
}

// completer knows the flags for completion alone: what a command line means, Parse says.
func completer() *cobra.Command {
	c := &cobra.Command{
		Use: program, SilenceErrors: true, SilenceUsage: true,
		Run:               func(*cobra.Command, []string) {},
		ValidArgsFunction: cobra.NoFileCompletions,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	flags().VisitAll(func(f *pflag.Flag) { c.Flags().AddFlag(f) })
	choices := map[string]cobra.CompletionFunc{completionFlag: oneOf(shells())}
	for _, g := range groups() {
		for _, in := range g.inputs {
			switch {
			case in.kind == "path": // the shell completes files
			case in.kind == "bool":
				choices[in.flag()] = oneOf([]string{"true", "false"})
			case in.kind == "list" && len(in.words) > 0:
				choices[in.flag()] = someOf(in.words)
			default:
				choices[in.flag()] = oneOf(in.words)
			}
		}
	}
	for name, choice := range choices {
		_ = c.RegisterFlagCompletionFunc(name, choice) // it fails for what is no flag, and each is one
	}
	return c
}

func oneOf(words []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !strings.HasPrefix(w, typed) }), cobra.ShellCompDirectiveNoFileComp
	}
}

// someOf completes the last item of a list that commas separate.
func someOf(words []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		var fit []string
		for _, w := range words {
			if strings.HasPrefix(w, typed[len(before):]) && !slices.Contains(strings.Split(before, ","), w) {
				fit = append(fit, before+w)
			}
		}
		return fit, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}
