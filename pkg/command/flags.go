package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/pflag"

	"github.com/pr-evaluations/reschedule/pkg/config"
)

// Line is what a command line asks for.
type Line struct {
	// Variables are the inputs that were given, by the names of their variables. They win over those of the environment.
	Variables map[string]string
	// Faults are what is wrong, each in one sentence; nothing may be sent then.
	Faults []string
	// Help and Version ask for a text instead of a run; Completion names the shell whose script is asked for.
	Help, Version bool
	Completion    string
}

// The flags that are no inputs.
const (
	helpFlag       = "help"
	versionFlag    = "version"
	completionFlag = "completion"
)

// Parse reads arguments, without the program's name.
func Parse(args []string) Line {
	var line Line
	args = line.withoutMissingValues(args)
	var set *pflag.FlagSet
	for {
		set = flags()
		err := set.Parse(args)
		if err == nil {
			break
		}
		// The library stops at the first fault, and all are to be told at once.
		args = line.without(args, err)
	}
	line.refuse(args, set.Args())
	line.Help, _ = set.GetBool(helpFlag)
	line.Version, _ = set.GetBool(versionFlag)
	line.Completion = set.Lookup(completionFlag).Value.String()
	line.Variables = map[string]string{}
	for _, g := range groups() {
		for _, in := range g.inputs {
			if f := set.Lookup(in.flag()); f.Changed {
				line.Variables["INPUT_"+strings.ToUpper(in.name)] = f.Value.String()
			}
		}
	}
	if shell := line.Completion; shell != "" && !slices.Contains(shells(), shell) {
		line.fault("--%s: %q is no shell that it knows; allowed: %s", completionFlag, shown(shell), strings.Join(shells(), ", "))
	}
	return line
}

// flags are all flags, each with the default of nothing: what is blank is decided elsewhere.
func flags() *pflag.FlagSet {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SortFlags = false
	for _, g := range groups() {
		for _, in := range g.inputs {
			in.addTo(set, in.label)
		}
	}
	set.BoolP(helpFlag, "h", false, "print this help")
	set.Bool(versionFlag, false, "print the version")
	set.Var(&value{kind: "word"}, completionFlag, "print a script that completes flags: "+strings.Join(shells(), ", "))
	return set
}

func (in input) addTo(set *pflag.FlagSet, usage string) {
	flag := set.VarPF(&value{kind: in.kind}, in.flag(), "", usage)
	if in.kind == "bool" {
		flag.NoOptDefVal = "true"
	}
}

// flag is the name of an input in lower case with hyphens.
func (in input) flag() string {
	var b strings.Builder
	for _, r := range in.name {
		if unicode.IsUpper(r) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// value is the text of a flag. A list that is given more than once has the items of all.
type value struct {
	kind, text string
	given      bool
}

// String implements pflag.Value.
func (v *value) String() string { return v.text }

// Type implements pflag.Value: it stands for the value in the help.
func (v *value) Type() string { return v.kind }

// Set implements pflag.Value.
func (v *value) Set(text string) error {
	if v.given && v.kind == "list" {
		text = v.text + "\n" + text
	}
	v.text, v.given = text, true
	return nil
}

func (l *Line) fault(format string, args ...any) {
	l.Faults = append(l.Faults, fmt.Sprintf(format, args...))
}

// withoutMissingValues takes out each flag that needs a value and is followed by another flag instead, which would
// otherwise become its value without a word.
func (l *Line) withoutMissingValues(args []string) []string {
	set := flags()
	var kept []string
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			return append(kept, args[i:]...)
		}
		name, isFlag := strings.CutPrefix(args[i], "--")
		f := set.Lookup(name)
		switch {
		case !isFlag || f == nil || f.NoOptDefVal != "":
		case i+1 < len(args) && strings.HasPrefix(args[i+1], "--"):
			l.fault("--%s needs a value; if %q is meant, write it behind \"=\"", name, shown(args[i+1]))
			continue
		case i+1 < len(args):
			kept = append(kept, args[i])
			i++
		}
		kept = append(kept, args[i])
	}
	return kept
}

// without says what the library found wrong and takes it out, with what seems to be its value.
func (l *Line) without(args []string, err error) []string {
	given := ""
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		given = "--" + unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			given = "-" + short
		}
		l.unknown(given)
	} else if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		given = "--" + missing.GetSpecifiedName()
		l.fault("%s needs a value, such as %s=...", given, given)
	} else if syntax, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		given = syntax.GetSpecifiedFlag()
		l.fault("%q is no flag", shown(given))
	} else if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		given = "--" + invalid.GetFlag().Name
		l.fault("%s: %q is neither true nor false; allowed: true, false", given, shown(invalid.GetValue()))
	}
	at := slices.IndexFunc(args, func(arg string) bool {
		name, _, _ := strings.Cut(arg, "=")
		return arg == given || name == given
	})
	if at < 0 { // a fault of a kind that is not known here
		if given == "" {
			l.fault("%s", shown(err.Error()))
		}
		return nil
	}
	end := at + 1
	if args[at] == given && end < len(args) && !strings.HasPrefix(args[end], "-") {
		end++ // of an unknown flag, whatever it is
	}
	return slices.Concat(args[:at], args[end:])
}

func (l *Line) unknown(given string) {
	if near, ok := nearest(given); ok {
		l.fault("there is no flag %q; the nearest is --%s", shown(given), near)
		return
	}
	l.fault("there is no flag %q; --help lists all", shown(given))
}

// nearest is the flag that a text resembles, else the one that begins with the most letters of it, at least four.
func nearest(given string) (string, bool) {
	var names []string
	flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if name, ok := config.Nearest(given, names); ok {
		return name, true
	}
	given = strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(given))
	best, most := "", 3
	for _, name := range names {
		bare, same := strings.ReplaceAll(name, "-", ""), 0
		for same < len(bare) && same < len(given) && bare[same] == given[same] {
			same++
		}
		if same > most {
			best, most = name, same
		}
	}
	return best, best != ""
}

// refuse says of each argument that is no flag what it may have been meant for.
func (l *Line) refuse(args, rest []string) {
	set := flags()
	for _, arg := range rest {
		before := ""
		if at := slices.Index(args, arg); at > 0 {
			before = strings.TrimPrefix(args[at-1], "--")
		}
		f := set.Lookup(before)
		near, ok := nearest(arg)
		switch {
		case f != nil && f.NoOptDefVal != "":
			l.fault("%q is no flag; a switch takes its value behind \"=\": --%s=false", shown(arg), before)
		case ok:
			l.fault("%q is no flag; the nearest is --%s", shown(arg), near)
		default:
			l.fault("%q is no flag; --help lists all", shown(arg))
		}
	}
}

// shown is an argument for a message. What may be a token is not repeated.
func shown(arg string) string {
	const most = 80
	name, rest, _ := strings.Cut(arg, "=")
	for _, text := range []string{arg, name, rest} {
		if config.LooksPersonal(text) || len(text) > most {
			return "(not repeated: it may be a token)"
		}
	}
	return arg
}
