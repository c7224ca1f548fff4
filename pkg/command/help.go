package command

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

const head = `Re-queues the build validation of pull requests in Azure Repos: expired, failed, broken or never started.

Usage: reschedule [--FLAG VALUE ...]

  export SYSTEM_TEAMFOUNDATIONCOLLECTIONURI=https://dev.azure.com/fabrikam SYSTEM_TEAMPROJECT=Shop
  export SYSTEM_ACCESSTOKEN=$(az account get-access-token --query accessToken -o tsv \
    --resource 499b84ac-1321-427f-aa17-267ca6975798)
  reschedule --repositories 'web, api' --dry-run

A flag wins over the variable of its input: --max-per-run 5 over INPUT_MAXPERRUN=3. A list that is given more than once has
the items of all. A switch alone is true; it takes a value only behind "=", as in --wait=false.
`

const tail = `
Environment:
  SYSTEM_ACCESSTOKEN                    the token; a personal access token is refused
  SYSTEM_TEAMFOUNDATIONCOLLECTIONURI    https://dev.azure.com/<organization>, or the URL of a collection
  SYSTEM_TEAMPROJECT                    the project's name
  INPUT_<NAME>                          an input, such as INPUT_REPOSITORIES='*' or INPUT_DRYRUN=true
  NO_COLOR                              keeps colours away from a terminal

Exit codes: 0 succeeded, perhaps with issues; 1 failed; 2 bad input, and nothing was sent.

Everything about the inputs: https://github.com/pr-evaluations/reschedule/blob/main/docs/reference.md
`

// helpWidth is how wide the help is, in characters.
const helpWidth = 110

// Help is the text of --help: the flags in the groups of the editor.
func Help() string {
	var b strings.Builder
	b.WriteString(head)
	for _, g := range groups() {
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		set.SortFlags = false
		for _, in := range g.inputs {
			usage := in.help
			if in.def != "" && in.kind != "bool" {
				usage += " Default: " + in.def + "."
			}
			in.addTo(set, usage)
		}
		fmt.Fprintf(&b, "\n%s:\n%s", g.title, set.FlagUsagesWrapped(helpWidth))
	}
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SortFlags = false
	flags().VisitAll(func(f *pflag.Flag) {
		if f.Name == helpFlag || f.Name == versionFlag || f.Name == completionFlag {
			set.AddFlag(f)
		}
	})
	fmt.Fprintf(&b, "\nOthers:\n%s", set.FlagUsagesWrapped(helpWidth))
	b.WriteString(tail)
	return b.String()
}
