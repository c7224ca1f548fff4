package agenttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// ServiceConnection is a service connection of the project. A step gets it only if an input of a type that starts with
// "connectedService:" holds its ID (or its Name, which the service replaces by the ID).
type ServiceConnection struct {
	ID     string // a GUID
	Name   string
	URL    string
	Scheme string // "WorkloadIdentityFederation", "ServicePrincipal", ...
	Auth   map[string]string
	Data   map[string]string
}

// AzureConnection is an Azure Resource Manager connection with workload identity federation.
func AzureConnection(id, name, tenantID, clientID string) ServiceConnection {
	return ServiceConnection{
		ID:     id,
		Name:   name,
		URL:    "https://management.azure.com/",
		Scheme: "WorkloadIdentityFederation",
		Auth:   map[string]string{"tenantid": tenantID, "serviceprincipalid": clientID},
		Data: map[string]string{
			"subscriptionId": "5a4b6a3f-0d3c-4f0e-8f6c-1e2d3c4b5a09", "subscriptionName": "Fabrikam", "environment": "AzureCloud",
			"environmentAuthorityUrl": "https://login.microsoftonline.com/", "activeDirectoryServiceEndpointResourceId": "https://management.core.windows.net/",
		},
	}
}

// secretParameter tells whether the agent masks an authorization parameter.
func secretParameter(name string) bool {
	switch strings.ToLower(name) {
	case "tenantid", "serviceprincipalid", "authenticationtype", "scope", "role", "audience":
		return false
	}
	return true
}

// prepared is a step that is ready to start.
type prepared struct {
	definition  definition
	handlerKey  string
	handler     handler
	folders     folders
	variables   *variables
	environment map[string]string
	secrets     []string // values that the agent masks from the start
	skipped     bool     // a fork with restricted secrets and a service connection
	handlerOK   bool
}

// Environ is the environment that the step's process gets, the agent's own variables included. The folders that it
// names exist afterwards; WorkDir must be set.
func (s Step) Environ() (map[string]string, error) {
	p, err := s.prepare("agenttest")
	return p.environment, err
}

// prepare reads task.json, makes the folders and works out the environment.
func (s Step) prepare(lookupID string) (prepared, error) {
	var p prepared
	var err error
	if p.definition, err = readDefinition(s.TaskDir); err != nil {
		return p, err
	}
	if s.WorkDir == "" {
		return p, fmt.Errorf("prepare step %q: no work folder", s.name(p.definition))
	}
	work, err := filepath.Abs(s.WorkDir)
	if err != nil {
		return p, fmt.Errorf("find the work folder: %w", err)
	}
	p.folders = s.Job.foldersFor(work)
	for _, dir := range []string{p.folders.temp, p.folders.tools, p.folders.defaultWorkingDirectory(), p.folders.staging} {
		if dir == "" {
			continue
		}
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return p, fmt.Errorf("make the agent's folders: %w", err)
		}
	}
	p.handlerKey, p.handler, p.handlerOK = p.definition.chooseHandler(s.agentVersion())

	all := s.Job.variables(p.folders, s.agentVersion())
	for name, value := range s.Variables {
		all.set(name, value, false)
	}
	for name, value := range s.SecretVariables {
		all.set(name, value, true)
	}
	p.variables = all.expanded()
	for _, v := range p.variables.sorted() {
		if v.secret {
			p.secrets = append(p.secrets, v.value)
		}
	}
	p.secrets = append(p.secrets, s.Job.Token)

	agentEnv := s.agentEnv()
	inputs := s.inputs(p, agentEnv)
	connections := s.connections(p.definition, inputs)
	for _, c := range s.ServiceConnections { // of the whole job, wanted or not
		for name, value := range c.Auth {
			if secretParameter(name) {
				p.secrets = append(p.secrets, value)
			}
		}
	}
	p.skipped = len(connections) > 0 && s.Job.RestrictSecrets && s.Job.PullRequest != nil && s.Job.PullRequest.Fork

	env := map[string]string{}
	for name, value := range s.Env {
		env[name] = expand(value, p.variables, agentEnv)
	}
	steps := []func() error{
		func() error { return addVariables(env, p.variables) },
		func() error { addInputs(env, inputs); return nil },
		func() error { return s.addEndpoints(env, connections, p.variables, agentEnv) },
	}
	if compareVersions(s.agentVersion(), variablesLose) < 0 {
		steps = append(steps[1:], steps[0])
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return p, err
		}
	}
	p.environment = maps.Clone(agentEnv)
	maps.Copy(p.environment, env)
	p.environment["TF_BUILD"] = "True"
	p.environment["GIT_TERMINAL_PROMPT"] = "0"
	p.environment["VSTS_PROCESS_LOOKUP_ID"] = lookupID
	return p, nil
}

// agentEnv is the agent's own environment: what the system and a build with "-cover" need, and nothing of the test's.
func (s Step) agentEnv() map[string]string {
	if s.AgentEnv != nil {
		return s.AgentEnv
	}
	env := map[string]string{"LANG": "C.UTF-8"}
	for _, name := range []string{"PATH", "HOME", "SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "GOCOVERDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	return env
}

// expand replaces macros from the variables, then what is left from the agent's environment: two passes, and the second
// sees what the first put in.
func expand(text string, vars *variables, agentEnv map[string]string) string {
	text = replaceMacros(text, vars.value)
	return replaceMacros(text, func(name string) (string, bool) {
		if value, ok := agentEnv[name]; ok {
			return value, true
		}
		if runtime.GOOS == "windows" {
			for key, value := range agentEnv {
				if strings.EqualFold(key, name) {
					return value, true
				}
			}
		}
		return "", false
	})
}

// inputs works out the values of the inputs, by lower-case name: those of task.json with their defaults, and whatever
// else the step names.
func (s Step) inputs(p prepared, agentEnv map[string]string) map[string]string {
	knob := func(name string) bool { return p.variables.isTrue(name) || strings.EqualFold(agentEnv[name], "true") }
	trim := strings.TrimSpace
	if knob("DISABLE_INPUT_TRIMMING") {
		trim = func(text string) string { return text }
	}
	values := map[string]string{}
	canonical := map[string]string{} // aliases are resolved by the service
	for _, input := range p.definition.Inputs {
		name := strings.ToLower(input.Name)
		values[name] = strings.TrimSpace(string(input.DefaultValue))
		for _, alias := range input.Aliases {
			canonical[strings.ToLower(alias)] = name
		}
	}
	for name, value := range s.Inputs {
		name = strings.ToLower(name)
		if full, ok := canonical[name]; ok {
			name = full
		}
		values[name] = trim(value)
	}
	for name, value := range values {
		value = expand(value, p.variables, agentEnv)
		if knob("AGENT_ENABLE_VARIABLE_INPUT_TRIMMING") {
			value = strings.TrimSpace(value)
		}
		values[name] = value
	}
	for _, input := range p.definition.Inputs {
		name := strings.ToLower(input.Name)
		switch {
		case strings.EqualFold(input.Type, "filePath"):
			values[name] = rooted(values[name], p.folders.defaultWorkingDirectory())
		case isConnectedService(input.Type):
			values[name] = s.connectionIDs(values[name])
		}
	}
	return values
}

// rooted is a path under the root; an empty one becomes the root.
func rooted(path, root string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(root, path)
}

func isConnectedService(inputType string) bool {
	return strings.HasPrefix(strings.ToLower(inputType), "connectedservice:")
}

// connectionIDs replaces names of service connections by their IDs, as the service does before a run.
func (s Step) connectionIDs(value string) string {
	parts := strings.Split(value, ",")
	for i, part := range parts {
		for _, c := range s.ServiceConnections {
			if c.Name != "" && strings.EqualFold(strings.TrimSpace(part), c.Name) {
				parts[i] = c.ID
			}
		}
	}
	return strings.Join(parts, ",")
}

// connections are the service connections that the step's inputs name.
func (s Step) connections(d definition, inputs map[string]string) []ServiceConnection {
	var wanted []string
	for _, input := range d.Inputs {
		if isConnectedService(input.Type) {
			for id := range strings.SplitSeq(inputs[strings.ToLower(input.Name)], ",") {
				wanted = append(wanted, strings.ToLower(strings.TrimSpace(id)))
			}
		}
	}
	var found []ServiceConnection
	for _, c := range s.ServiceConnections {
		if slices.Contains(wanted, strings.ToLower(c.ID)) {
			found = append(found, c)
		}
	}
	return found
}

// addVariables adds public variables by their mangled name, secret ones as SECRET_, and the lists of both.
func addVariables(env map[string]string, vars *variables) error {
	public, secret := []string{}, []string{}
	for _, v := range vars.sorted() {
		if v.secret {
			secret = append(secret, v.name)
			continue
		}
		public = append(public, v.name)
		env[mangle(v.name)] = v.value
		if strings.EqualFold(v.name, "agent.jobstatus") {
			env["agent.jobstatus"] = v.value
		}
	}
	for _, v := range vars.sorted() {
		if v.secret {
			env["SECRET_"+mangle(v.name)] = v.value
		}
	}
	return errors.Join(addJSON(env, "VSTS_PUBLIC_VARIABLES", public), addJSON(env, "VSTS_SECRET_VARIABLES", secret))
}

// addInputs adds the inputs.
func addInputs(env, inputs map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		env["INPUT_"+mangle(name)] = inputs[name]
	}
}

// endpointAuth is the JSON of ENDPOINT_AUTH_*.
type endpointAuth struct {
	Parameters map[string]string `json:"parameters"`
	Scheme     string            `json:"scheme"`
}

// addEndpoints adds SystemVssConnection, which every step gets, and the step's service connections.
func (s Step) addEndpoints(env map[string]string, connections []ServiceConnection, vars *variables, agentEnv map[string]string) error {
	url := s.Job.EndpointURL
	if url == "" {
		url = s.Job.CollectionURL
	}
	system := ServiceConnection{ID: "SystemVssConnection", URL: url, Scheme: "OAuth", Auth: map[string]string{"AccessToken": s.Job.Token}}
	for _, c := range append([]ServiceConnection{system}, connections...) {
		key := strings.ToLower(c.ID)
		if c.ID == system.ID {
			key = strings.ToUpper(c.ID)
		}
		env["ENDPOINT_URL_"+key] = c.URL
		env["ENDPOINT_AUTH_SCHEME_"+key] = c.Scheme
		for _, name := range slices.Sorted(maps.Keys(c.Auth)) {
			env["ENDPOINT_AUTH_PARAMETER_"+key+"_"+mangle(name)] = c.Auth[name]
		}
		if err := addJSON(env, "ENDPOINT_AUTH_"+key, endpointAuth{c.Auth, c.Scheme}); err != nil {
			return err
		}
		if c.ID == system.ID {
			continue // its data is not handed out
		}
		data := map[string]string{}
		for name, value := range c.Data {
			data[name] = expand(value, vars, agentEnv)
			env["ENDPOINT_DATA_"+key+"_"+mangle(name)] = data[name]
		}
		if err := addJSON(env, "ENDPOINT_DATA_"+key, data); err != nil {
			return err
		}
	}
	return nil
}

// addJSON adds a value as JSON.
func addJSON(env map[string]string, name string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	env[name] = string(data)
	return nil
}
