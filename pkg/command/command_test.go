package command_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/command"
)

func TestParse(t *testing.T) {
	t.Parallel()
	type variables = map[string]string
	personal := strings.Repeat("abcd2", 10) + "67"
	for _, tc := range []struct {
		name string
		args []string
		want variables
		// faults are the beginnings of what is said
		faults []string
	}{
		{name: "nothing", want: variables{}},
		{name: "a value behind a blank", args: []string{"--pull-request-ids", "2"}, want: variables{"INPUT_PULLREQUESTIDS": "2"}},
		{name: "a value behind an equals sign", args: []string{"--repositories=*"}, want: variables{"INPUT_REPOSITORIES": "*"}},
		{name: "a switch alone is true", args: []string{"--dry-run"}, want: variables{"INPUT_DRYRUN": "true"}},
		{name: "a switch with a value", args: []string{"--dry-run=false", "--wait=TRUE"}, want: variables{"INPUT_DRYRUN": "false", "INPUT_WAIT": "TRUE"}},
		{name: "what a switch holds is judged elsewhere", args: []string{"--dry-run=maybe"}, want: variables{"INPUT_DRYRUN": "maybe"}},
		{name: "blank", args: []string{"--repositories=", "--titles", ""}, want: variables{"INPUT_REPOSITORIES": "", "INPUT_TITLES": ""}},
		{name: "a value with an equals sign", args: []string{"--titles=a=b"}, want: variables{"INPUT_TITLES": "a=b"}},
		{name: "a value that begins like a flag", args: []string{"--titles=--wait", "--labels", "-x"}, want: variables{"INPUT_TITLES": "--wait", "INPUT_LABELS": "-x"}},
		{name: "a list twice has all items", args: []string{"--labels", "a,b", "--labels=!c"}, want: variables{"INPUT_LABELS": "a,b\n!c"}},
		{name: "a list of words twice", args: []string{"--when", "failed", "--when", "broken"}, want: variables{"INPUT_WHEN": "failed\nbroken"}},
		{name: "of one value the last counts", args: []string{"--max-per-run", "1", "--max-per-run", "2"}, want: variables{"INPUT_MAXPERRUN": "2"}},
		{name: "a long name", args: []string{"--max-in-flight-per-branch=3"}, want: variables{"INPUT_MAXINFLIGHTPERBRANCH": "3"}},
		{name: "a misspelt flag", args: []string{"--dry-rnu"}, faults: []string{`there is no flag "--dry-rnu"; the nearest is --dry-run`}},
		{name: "a flag as the input is called", args: []string{"--dryRun"}, faults: []string{`there is no flag "--dryRun"; the nearest is --dry-run`}},
		{name: "a flag with an underscore", args: []string{"--dry_run=true"}, faults: []string{`there is no flag "--dry_run"; the nearest is --dry-run`}},
		{name: "an unknown flag takes what seems to be its value", args: []string{"--repository", "web", "--dry-run"}, faults: []string{`there is no flag "--repository"; the nearest is --repositories`}},
		{name: "the beginning of a flag", args: []string{"--repo=web"}, faults: []string{`there is no flag "--repo"; the nearest is --repositories`}},
		{name: "an unknown flag that resembles none", args: []string{"--verbose"}, faults: []string{`there is no flag "--verbose"; --help lists all`}},
		{name: "one hyphen", args: []string{"-dry-run"}, faults: []string{`there is no flag "-dry-run"; the nearest is --dry-run`}},
		{name: "an unknown letter", args: []string{"-x"}, faults: []string{`there is no flag "-x"; --help lists all`}},
		{name: "no name", args: []string{"--=x"}, faults: []string{`"--=x" is no flag`}},
		{name: "no flag", args: []string{"webshop"}, faults: []string{`"webshop" is no flag; --help lists all`}},
		{name: "no flag, but nearly", args: []string{"dry-run"}, faults: []string{`"dry-run" is no flag; the nearest is --dry-run`}},
		{name: "version is a flag", args: []string{"version"}, faults: []string{`"version" is no flag; the nearest is --version`}},
		{name: "a switch with a value behind a blank", args: []string{"--dry-run", "false"}, faults: []string{`"false" is no flag; a switch takes its value behind "=": --dry-run=false`}},
		{name: "behind two hyphens", args: []string{"--wait", "--", "--dry-run"}, faults: []string{`"--dry-run" is no flag`}},
		{name: "no value", args: []string{"--repositories"}, faults: []string{`--repositories needs a value`}},
		{name: "a flag instead of a value", args: []string{"--repositories", "--dry-run"}, faults: []string{`--repositories needs a value; if "--dry-run" is meant, write it behind "="`}},
		{name: "all at once", args: []string{"--dry-rnu", "--wiat=1", "x"}, faults: []string{`there is no flag "--dry-rnu"`, `there is no flag "--wiat"; the nearest is --wait`, `"x" is no flag`}},
		{name: "a token is not repeated", args: []string{personal}, faults: []string{`"(not repeated: it may be a token)" is no flag`}},
		{name: "the value of an unknown flag is not repeated", args: []string{"--token=" + personal}, faults: []string{`there is no flag "--token"`}},
		{name: "an unknown shell", args: []string{"--completion=cmd"}, faults: []string{`--completion: "cmd" is no shell that it knows; allowed: bash, zsh, fish, powershell`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			line := command.Parse(tc.args)
			if len(line.Faults) != len(tc.faults) {
				t.Fatalf("%d faults, want %d: %q", len(line.Faults), len(tc.faults), line.Faults)
			}
			for i, want := range tc.faults {
				if !strings.HasPrefix(line.Faults[i], want) {
					t.Errorf("fault %q, want %q", line.Faults[i], want)
				}
				if strings.Contains(line.Faults[i], personal) {
					t.Errorf("a token is repeated: %q", line.Faults[i])
				}
			}
			if tc.want != nil {
				if diff := cmp.Diff(tc.want, line.Variables); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
			if line.Help || line.Version {
				t.Errorf("asks for a text: %+v", line)
			}
		})
	}
}

func TestAsksForATextInstead(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"--help", "-h"} {
		if line := command.Parse([]string{"--dry-run", arg}); !line.Help || len(line.Faults) > 0 {
			t.Errorf("%s: %+v", arg, line)
		}
	}
	if line := command.Parse([]string{"--version"}); !line.Version || line.Help || len(line.Faults) > 0 {
		t.Errorf("%+v", line)
	}
	if line := command.Parse([]string{"--completion", "zsh"}); line.Completion != "zsh" || len(line.Faults) > 0 {
		t.Errorf("%+v", line)
	}
}

// definition is task.json.
type definition struct {
	Groups []struct{ Name, DisplayName string }
	Inputs []struct{ Name, Type, GroupName string }
}

func theDefinition(t *testing.T) definition {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "task", "task.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d definition
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestEveryInputIsAFlag: each input of task.json, and nothing else, becomes the variable of the same name.
func TestEveryInputIsAFlag(t *testing.T) {
	t.Parallel()
	capital := regexp.MustCompile(`[A-Z]`)
	want, args := map[string]string{}, []string{}
	for _, in := range theDefinition(t).Inputs {
		flag := "--" + strings.ToLower(capital.ReplaceAllString(in.Name, "-$0"))
		want["INPUT_"+strings.ToUpper(in.Name)] = "x"
		args = append(args, flag+"=x")
		if alone := command.Parse([]string{flag}); (len(alone.Faults) == 0) != (in.Type == "boolean") {
			t.Errorf("%s alone: %q", flag, alone.Faults)
		}
	}
	line := command.Parse(args)
	if diff := cmp.Diff(want, line.Variables); diff != "" || len(line.Faults) > 0 {
		t.Errorf("%q (-want +got):\n%s", line.Faults, diff)
	}
}

// TestHelp: the flags stand in the groups of the editor, in their order, and no line is too wide.
func TestHelp(t *testing.T) {
	t.Parallel()
	help := command.Help()
	d := theDefinition(t)
	at := 0
	find := func(text string) {
		next := strings.Index(help[at:], text)
		if next < 0 {
			t.Errorf("%q is not there, or not in its place", text)
			return
		}
		at += next
	}
	capital := regexp.MustCompile(`[A-Z]`)
	for _, g := range d.Groups {
		find("\n" + g.DisplayName + ":\n")
		for _, in := range d.Inputs {
			if in.GroupName == g.Name {
				find("      --" + strings.ToLower(capital.ReplaceAllString(in.Name, "-$0")) + " ")
			}
		}
	}
	for _, text := range []string{"-h, --help", "--version", "--completion", "SYSTEM_ACCESSTOKEN", "Exit codes:"} {
		find(text)
	}
	for line := range strings.SplitSeq(help, "\n") {
		if len(line) > 124 || strings.ContainsAny(line, "`\t") {
			t.Errorf("too wide, or not plain: %q", line)
		}
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		want string // of the first column, joined by blanks
	}{
		{[]string{"--dr"}, "--drafts --dry-run"},
		{[]string{"--drafts", ""}, "skip include only"},
		{[]string{"--drafts=o"}, "only"},
		{[]string{"--when", "fa"}, "failed"},
		{[]string{"--when", "failed,"}, "failed,expired failed,broken failed,notStarted failed,outdated failed,expiring failed,targetRecovered"},
		{[]string{"--dry-run="}, "true false"},
		{[]string{"--completion", "p"}, "powershell"},
		{[]string{"--repositories", ""}, ""},
		{[]string{""}, ""},
	} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"__complete"}, tc.args...)
		if !command.AsksCompletion(args) {
			t.Fatalf("%v does not ask for completion", args)
		}
		if err := command.Complete(&stdout, &stderr, args); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.SplitSeq(stdout.String(), "\n") {
			word, _, _ := strings.Cut(line, "\t")
			if word != "" && !strings.HasPrefix(word, ":") {
				got = append(got, strings.TrimPrefix(strings.TrimPrefix(word, "--drafts="), "--dry-run="))
			}
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%v: %q, want %q", tc.args, got, tc.want)
		}
	}
	if command.AsksCompletion(nil) || command.AsksCompletion([]string{"--dry-run"}) {
		t.Error("a run is taken for completion")
	}
}

func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	for shell, part := range map[string]string{
		"bash": "complete -o default -F __start_reschedule", "zsh": "#compdef reschedule", "fish": "complete -c reschedule",
		"powershell": "Register-ArgumentCompleter -CommandName 'reschedule'",
	} {
		var script bytes.Buffer
		if err := command.WriteCompletion(&script, shell); err != nil || !strings.Contains(script.String(), part) {
			t.Errorf("%s: %v\n%.300s", shell, err, script.String())
		}
	}
	if err := command.WriteCompletion(&bytes.Buffer{}, "cmd"); err == nil {
		t.Error("there is a script for cmd")
	}
}
