package agent

import (
	"encoding/json"
	"errors"
	"strings"
)

// Lookuper finds a variable of the process's environment, as os.LookupEnv does.
type Lookuper interface {
	Lookup(name string) (value string, found bool)
}

// Variables are environment variables by name, for a process whose environment was read once, and for tests.
type Variables map[string]string

// ReadVariables takes apart what os.Environ returns. On Windows, where goos is runtime.GOOS, names have no case: they come
// in upper case, as everything here looks them up.
func ReadVariables(environ []string, goos string) Variables {
	all := Variables{}
	for _, entry := range environ {
		name, value, found := strings.Cut(entry, "=")
		if !found || name == "" { // "=C:" holds a drive's folder
			continue
		}
		if goos == "windows" {
			name = strings.ToUpper(name)
		}
		all[name] = value
	}
	return all
}

// Handed reports whether an environment variable of this name is one in which the agent hands over an input, a secret or a
// connection. A process takes these out of its environment once it has read them, as azure-pipelines-task-lib does
// (internal.ts, _loadData), so that no program that it starts inherits them.
func Handed(name string) bool {
	for _, prefix := range []string{
		"INPUT_", "ENDPOINT_", "SECRET_", "SECUREFILE_", "VSTS_TASKVARIABLE_", "VSTS_PUBLIC_VARIABLES", "VSTS_SECRET_VARIABLES",
		"COMMAND_CORRELATION_ID", "SYSTEM_ACCESSTOKEN",
	} {
		if strings.HasPrefix(strings.ToUpper(name), prefix) {
			return true
		}
	}
	return false
}

// Lookup implements Lookuper.
func (v Variables) Lookup(name string) (value string, found bool) {
	value, found = v[name]
	return value, found
}

// Environment is what an agent hands over to a task. Blank means unset in all of it: the agent hands over every declared
// input, those that nobody filled in as well.
type Environment struct{ process Lookuper }

// NewEnvironment reads from the process's environment.
func NewEnvironment(process Lookuper) Environment { return Environment{process} }

// Lookup finds a variable by the name that it has in the process's environment. Blanks around a value are trimmed, but
// for a password, whose name ends in "PASSWORD".
func (e Environment) Lookup(name string) (value string, found bool) {
	value, found = e.process.Lookup(name)
	trimmed := strings.TrimSpace(value)
	switch {
	case !found || trimmed == "":
		return "", false
	case strings.HasSuffix(name, "PASSWORD"):
		return value, true
	}
	return trimmed, true
}

func (e Environment) get(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// Input is an input of the task; "" if it is blank. See Unresolved.
func (e Environment) Input(name string) string { return e.get("INPUT_" + EnvironmentName(name)) }

// Variable is a variable of the run that is no secret, by the name that a pipeline gives it: "Build.Reason".
func (e Environment) Variable(name string) string { return e.get(EnvironmentName(name)) }

// SecretVariable is a secret variable of the run.
func (e Environment) SecretVariable(name string) Secret {
	return Secret(e.get("SECRET_" + EnvironmentName(name)))
}

// EnvironmentName is how the agent turns the name of a variable, an input or a key of an endpoint into that of an
// environment variable (VarUtil.cs, ConvertToEnvVariableFormat). Several names may turn into one.
func EnvironmentName(name string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", " ", "_").Replace(name))
}

// Unresolved finds the first "$(name)" in an input or a variable. The agent leaves it there where the run has no variable
// of that name; where nothing closes it, the macro is the rest.
func Unresolved(value string) (macro string, found bool) {
	at := strings.Index(value, "$(")
	if at < 0 {
		return "", false
	}
	macro, _, closed := strings.Cut(value[at:], ")")
	if closed {
		macro += ")"
	}
	return macro, true
}

// OnAgent reports whether an agent started the task and reads what it prints.
func (e Environment) OnAgent() bool { return strings.EqualFold(e.get("TF_BUILD"), "true") }

// Debug reports whether the run's user asked for debug lines, by System.Debug.
func (e Environment) Debug() bool {
	value := e.Variable("System.Debug")
	return strings.EqualFold(value, "true") || value == "1"
}

// LogOptions are those of a Log for whoever started the task.
func (e Environment) LogOptions() LogOptions { return LogOptions{Agent: e.OnAgent(), Debug: e.Debug()} }

// PublicVariables are the names of the run's variables that are no secrets; none outside an agent.
func (e Environment) PublicVariables() ([]string, error) { return e.names("VSTS_PUBLIC_VARIABLES") }

// SecretVariables are the names of the run's secret variables; none outside an agent.
func (e Environment) SecretVariables() ([]string, error) { return e.names("VSTS_SECRET_VARIABLES") }

func (e Environment) names(variable string) ([]string, error) {
	list := e.get(variable)
	if list == "" {
		return nil, nil
	}
	var names []string
	if err := json.Unmarshal([]byte(list), &names); err != nil {
		return nil, errors.New(variable + " is not a list of names")
	}
	return names, nil
}
