package agenttest

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// taskJSON is a task with an input of each kind that matters.
const taskJSON = `{
  "name": "Sample",
  "inputs": [
    {"name": "plain", "type": "string", "defaultValue": "  d  "},
    {"name": "flag", "type": "boolean", "defaultValue": true},
    {"name": "empty", "type": "string", "aliases": ["alsoEmpty"]},
    {"name": "file", "type": "filePath"},
    {"name": "azure", "type": "connectedService:AzureRM"}
  ],
  "outputVariables": [{"name": "declared"}],
  "restrictions": {"settableVariables": {"allowed": ["declared", "free*"]}},
  "execution": {"Node20_1": {"target": "main.js"}, "Node10": {"target": "main.js"}}
}`

// sample is a step of that task.
func sample(t *testing.T) Step {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "task.json"), []byte(taskJSON), 0o600); err != nil {
		t.Fatal(err)
	}
	return Step{TaskDir: dir, WorkDir: t.TempDir(), AgentEnv: map[string]string{"HOME": "/home/agent"}, Job: BuildJob("http://localhost/tfs/Collection")}
}

func TestEnviron(t *testing.T) {
	t.Parallel()
	const guid = "0e3a4f1b-6a52-4ad0-9f0e-7f5bb1d7c0aa"
	connection := AzureConnection(strings.ToUpper(guid), "prod", "tenant-1", "client-1")
	lower := "$(home)"
	if runtime.GOOS == "windows" { // where names of variables have no case
		lower = "/home/agent"
	}
	tests := []struct {
		name   string
		change func(*Step)
		want   map[string]string // "-" wants the variable to be missing
	}{
		{"defaults are trimmed, and every declared input exists", nil, map[string]string{
			"INPUT_PLAIN": "d", "INPUT_FLAG": "true", "INPUT_EMPTY": "",
		}},
		{"values are trimmed", func(s *Step) { s.Inputs = map[string]string{"plain": " x\n", "alsoEmpty": "a"} }, map[string]string{
			"INPUT_PLAIN": "x", "INPUT_EMPTY": "a", "INPUT_ALSOEMPTY": "-",
		}},
		{"an undeclared input passes", func(s *Step) { s.Inputs = map[string]string{"other.one two-3": "x"} }, map[string]string{
			"INPUT_OTHER_ONE_TWO-3": "x",
		}},
		{"trimming can be switched off", func(s *Step) {
			s.Inputs = map[string]string{"plain": " x "}
			s.Variables = map[string]string{"DISABLE_INPUT_TRIMMING": "true"}
		}, map[string]string{"INPUT_PLAIN": " x "}},
		{"macros in any case, secret ones too, untrimmed", func(s *Step) {
			s.Inputs = map[string]string{"plain": "$(a.B)/$(hidden)"}
			s.Variables = map[string]string{"A.b": " 1 "}
			s.SecretVariables = map[string]string{"Hidden": "s3cret"}
		}, map[string]string{"INPUT_PLAIN": " 1 /s3cret", "A_B": " 1 ", "HIDDEN": "-", "SECRET_HIDDEN": "s3cret"}},
		{"inputs are not expanded again from variables", func(s *Step) {
			s.Inputs = map[string]string{"plain": "$(a)"}
			s.Variables = map[string]string{"a": "$(b)$(a)"}
		}, map[string]string{"INPUT_PLAIN": "$(b)$(a)"}},
		{"variables name variables", func(s *Step) {
			s.Inputs = map[string]string{"plain": "$(a)"}
			s.Variables = map[string]string{"a": "<$(b)>", "b": "$(c)", "c": "end"}
		}, map[string]string{"INPUT_PLAIN": "<end>", "A": "<end>"}},
		{"a variable that takes in a secret is secret", func(s *Step) {
			s.Variables = map[string]string{"a": "x$(b)"}
			s.SecretVariables = map[string]string{"b": "hidden"}
		}, map[string]string{"A": "-", "SECRET_A": "xhidden"}},
		{"the agent's environment comes second, in the system's case", func(s *Step) {
			s.Inputs = map[string]string{"plain": "$(HOME)|$(home)|$(v)"}
			s.Variables = map[string]string{"v": "$(HOME)"}
		}, map[string]string{"INPUT_PLAIN": "/home/agent|" + lower + "|/home/agent"}},
		{"what is unresolved stays", func(s *Step) { s.Inputs = map[string]string{"plain": "$(no.such) $($(system.hosttype)) $("} }, map[string]string{
			"INPUT_PLAIN": "$(no.such) $(build) $(",
		}},
		{"an empty file path is the root", nil, map[string]string{"INPUT_FILE": "{work}/1/s"}},
		{"a file path of a release is under its artifacts", func(s *Step) {
			s.Job = ReleaseJob("http://localhost/")
			s.Inputs = map[string]string{"file": "a/b"}
		}, map[string]string{"INPUT_FILE": "{work}/r1/a/a/b", "BUILD_SOURCESDIRECTORY": "-", "SECRET_SYSTEM_ACCESSTOKEN": "-", "SYSTEM_HOSTTYPE": "release"}},
		{"the job's token", nil, map[string]string{
			"ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": PresetToken,
			"ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION":                "OAuth",
			"ENDPOINT_AUTH_SYSTEMVSSCONNECTION":                       `{"parameters":{"AccessToken":"` + PresetToken + `"},"scheme":"OAuth"}`,
			"ENDPOINT_URL_SYSTEMVSSCONNECTION":                        "http://localhost/tfs/Collection/",
			"ENDPOINT_DATA_SYSTEMVSSCONNECTION":                       "-",
			"SECRET_SYSTEM_ACCESSTOKEN":                               PresetToken,
			"SYSTEM_ACCESSTOKEN":                                      "-",
			"SYSTEM_ENABLEACCESSTOKEN":                                "SecretVariable",
		}},
		{"the token by the step's env", func(s *Step) { s.Env = map[string]string{"SYSTEM_ACCESSTOKEN": "$(System.AccessToken)"} }, map[string]string{
			"SYSTEM_ACCESSTOKEN": PresetToken,
		}},
		{"the token by the classic editor's checkbox", func(s *Step) { s.Job.AllowScripts = true }, map[string]string{
			"SYSTEM_ACCESSTOKEN": PresetToken, "SYSTEM_ENABLEACCESSTOKEN": "True", "SECRET_SYSTEM_ACCESSTOKEN": "-",
		}},
		{"env loses against what the agent sets, but can invent an input", func(s *Step) {
			s.Env = map[string]string{"INPUT_PLAIN": "env", "INPUT_NEW": "env", "SYSTEM_TEAMPROJECT": "env"}
		}, map[string]string{"INPUT_PLAIN": "d", "INPUT_NEW": "env", "SYSTEM_TEAMPROJECT": "Fabrikam"}},
		{"a variable does not replace an input", func(s *Step) { s.Variables = map[string]string{"input.plain": "bad"} }, map[string]string{"INPUT_PLAIN": "d"}},
		{"on older agents it does", func(s *Step) {
			s.Variables = map[string]string{"input.plain": "bad", "ENDPOINT_URL_SYSTEMVSSCONNECTION": "http://bad/"}
			s.AgentVersion = "5.276.0"
		}, map[string]string{"INPUT_PLAIN": "bad", "ENDPOINT_URL_SYSTEMVSSCONNECTION": "http://bad/"}},
		{"the lists of variables cannot be faked", func(s *Step) {
			s.Job = Job{}
			s.Variables = map[string]string{"VSTS_SECRET_VARIABLES": "[]", "my var": "1"}
			s.SecretVariables = map[string]string{"k.ey": "v"}
		}, map[string]string{"VSTS_SECRET_VARIABLES": `["k.ey"]`, "MY_VAR": "1", "SECRET_K_EY": "v"}},
		{"agent.jobstatus comes unmangled too", nil, map[string]string{"AGENT_JOBSTATUS": "Succeeded", "agent.jobstatus": "Succeeded"}},
		{"a service connection by its ID", func(s *Step) {
			s.ServiceConnections = []ServiceConnection{connection}
			s.Inputs = map[string]string{"azure": strings.ToUpper(guid)}
		}, map[string]string{
			"INPUT_AZURE":                                   strings.ToUpper(guid),
			"ENDPOINT_AUTH_SCHEME_" + guid:                  "WorkloadIdentityFederation",
			"ENDPOINT_AUTH_PARAMETER_" + guid + "_TENANTID": "tenant-1",
			"ENDPOINT_DATA_" + guid + "_ENVIRONMENT":        "AzureCloud",
			"ENDPOINT_AUTH_" + guid:                         `{"parameters":{"serviceprincipalid":"client-1","tenantid":"tenant-1"},"scheme":"WorkloadIdentityFederation"}`,
		}},
		{"a service connection by its name", func(s *Step) {
			s.ServiceConnections = []ServiceConnection{connection}
			s.Inputs = map[string]string{"azure": "PROD"}
		}, map[string]string{"INPUT_AZURE": strings.ToUpper(guid), "ENDPOINT_URL_" + guid: "https://management.azure.com/"}},
		{"a GUID in a string input delivers nothing", func(s *Step) {
			s.ServiceConnections = []ServiceConnection{connection}
			s.Inputs = map[string]string{"plain": guid}
		}, map[string]string{"ENDPOINT_URL_" + guid: "-"}},
		{"a pull request", func(s *Step) {
			s.Job.Reason = "PullRequest"
			s.Job.PullRequest = &PullRequest{ID: 17, TargetBranch: "refs/heads/release/1"}
		}, map[string]string{
			"BUILD_REASON": "PullRequest", "SYSTEM_PULLREQUEST_PULLREQUESTID": "17",
			"SYSTEM_PULLREQUEST_TARGETBRANCHNAME": "release/1", "SYSTEM_PULLREQUEST_ISFORK": "False",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := sample(t)
			if tt.change != nil {
				tt.change(&s)
			}
			env, err := s.Environ()
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for name := range tt.want {
				value, ok := env[name]
				if !ok {
					value = "-"
				}
				got[name] = filepath.ToSlash(strings.ReplaceAll(value, s.WorkDir, "{work}"))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("environment (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVariablesLeaveCyclesAlone(t *testing.T) {
	t.Parallel()
	v := &variables{}
	v.set("a", "1$(b)", false)
	v.set("b", "2$(A)", false)
	v.set("self", "$(self)", false)
	got := map[string]string{}
	for _, one := range v.expanded().sorted() {
		got[one.name] = one.value
	}
	if diff := cmp.Diff(map[string]string{"a": "12$(A)", "b": "21$(b)", "self": "$(self)"}, got); diff != "" {
		t.Errorf("expanded (-want +got):\n%s", diff)
	}
}
