package agent

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookup(t *testing.T) {
	t.Parallel()
	e := NewEnvironment(Variables{
		"INPUT_NAME": " x \n", "INPUT_EMPTY": "", "INPUT_BLANK": " \t\r\n", "SECRET_AGENT_PROXYPASSWORD": " p ", "SECRET_BLANK_PASSWORD": " ",
		"INPUT_MY_NAME": "dotted", "BUILD_REASON": "Schedule", "SECRET_DEPLOY_KEY": "k", "lower": "l",
	})
	for name, want := range map[string]string{
		"INPUT_NAME": "x", "INPUT_EMPTY": "", "INPUT_BLANK": "", "INPUT_MISSING": "", "SECRET_AGENT_PROXYPASSWORD": " p ", "SECRET_BLANK_PASSWORD": "", "lower": "l",
	} {
		if got, found := e.Lookup(name); got != want || found != (want != "") {
			t.Errorf("Lookup(%q) = %q, %t; want %q", name, got, found, want)
		}
	}
	got := []string{e.Input("name"), e.Input("my name"), e.Input("My.Name"), e.Variable("Build.Reason"), e.SecretVariable("deploy.key").Reveal(), e.Variable("deploy.key")}
	if diff := cmp.Diff([]string{"x", "dotted", "dotted", "Schedule", "k", ""}, got); diff != "" {
		t.Errorf("by their own names (-want +got):\n%s", diff)
	}
}

func TestEnvironmentName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"build.reason": "BUILD_REASON", "my input": "MY_INPUT", "a-b": "A-B", "İ": "İ", "": "",
	} {
		if got := EnvironmentName(name); got != want {
			t.Errorf("EnvironmentName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestOnAgentAndDebug(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][2]bool{
		"True": {true, true}, "true": {true, true}, "1": {false, true}, "": {}, "False": {}, "yes": {},
	} {
		e := NewEnvironment(Variables{"TF_BUILD": value, "SYSTEM_DEBUG": value})
		if got := [2]bool{e.OnAgent(), e.Debug()}; got != want {
			t.Errorf("%q: OnAgent, Debug = %v, want %v", value, got, want)
		}
	}
}

func TestVariableNames(t *testing.T) {
	t.Parallel()
	e := NewEnvironment(Variables{"VSTS_PUBLIC_VARIABLES": `["a.b","c"]`, "VSTS_SECRET_VARIABLES": "broken"})
	if names, err := e.PublicVariables(); err != nil || !slices.Equal(names, []string{"a.b", "c"}) {
		t.Errorf("PublicVariables() = %q, %v", names, err)
	}
	if names, err := e.SecretVariables(); err == nil || err.Error() != "VSTS_SECRET_VARIABLES is not a list of names" || names != nil {
		t.Errorf("SecretVariables() = %q, %v", names, err)
	}
	if names, err := NewEnvironment(Variables{}).PublicVariables(); err != nil || names != nil {
		t.Errorf("outside an agent: %q, %v", names, err)
	}
}

const connectionID = "0f0f0f0f-1111-2222-3333-4444ABCDEF00"

func TestEndpoint(t *testing.T) {
	t.Parallel()
	lower := Variables{
		"ENDPOINT_URL_0f0f0f0f-1111-2222-3333-4444abcdef00":                          "https://management.azure.com/",
		"ENDPOINT_AUTH_SCHEME_0f0f0f0f-1111-2222-3333-4444abcdef00":                  "ServicePrincipal",
		"ENDPOINT_AUTH_PARAMETER_0f0f0f0f-1111-2222-3333-4444abcdef00_TENANTID":      "t",
		"ENDPOINT_DATA_0f0f0f0f-1111-2222-3333-4444abcdef00_ENVIRONMENTAUTHORITYURL": "https://login/",
	}
	upper := Variables{}
	for name, value := range lower {
		upper[EnvironmentName(name)] = value
	}
	for name, env := range map[string]Variables{"as the agent writes it": lower, "in upper case": upper} {
		p := NewEnvironment(env).Endpoint(connectionID)
		got := []string{p.URL(), p.Scheme(), p.Parameter("tenantid").Reveal(), p.Data("environmentAuthorityUrl"), p.Data("other")}
		if diff := cmp.Diff([]string{"https://management.azure.com/", "ServicePrincipal", "t", "https://login/", ""}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if scheme := NewEnvironment(lower).Endpoint("0f0f0f0f-1111-2222-3333-4444abcdef01").Scheme(); scheme != "" {
		t.Errorf("a connection that the job was not given has the scheme %q", scheme)
	}
	// A step's own "env:" can invent the spelling that no agent uses.
	if url := NewEnvironment(Variables{"ENDPOINT_URL_systemvssconnection": "https://evil.example"}).Endpoint(JobConnection).URL(); url != "" {
		t.Errorf("the job's own connection leads to %s", url)
	}
}

func TestJobTokens(t *testing.T) {
	t.Parallel()
	e := NewEnvironment(Variables{
		"ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": "one", "SECRET_SYSTEM_ACCESSTOKEN": " two ", "SYSTEM_ACCESSTOKEN": " ",
	})
	var got []string
	for _, found := range e.JobTokens() {
		got = append(got, found.Variable+"="+found.Token.Reveal())
	}
	want := []string{"ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN=one", "SECRET_SYSTEM_ACCESSTOKEN=two", "SYSTEM_ACCESSTOKEN="}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("JobTokens (-want +got):\n%s", diff)
	}
}

func TestOIDCRequestURI(t *testing.T) {
	t.Parallel()
	const collection = "https://dev.azure.com/fabrikam"
	job := Variables{
		"SYSTEM_TEAMPROJECTID": "11111111-2222-3333-4444-555555555555", "SYSTEM_TEAMPROJECT": "Shop", "SYSTEM_HOSTTYPE": "Build",
		"SYSTEM_PLANID": "B1F0C9DE-7C2E-4A39-A1B6-5D8E3F2A9C03", "SYSTEM_JOBID": "12f1170f-54f2-53f3-20dd-22fc7dff55f9",
	}
	const made = collection + "/11111111-2222-3333-4444-555555555555/_apis/distributedtask/hubs/build/plans/b1f0c9de-7c2e-4a39-a1b6-5d8e3f2a9c03" +
		"/jobs/12f1170f-54f2-53f3-20dd-22fc7dff55f9/oidctoken"
	tests := []struct {
		name   string
		change Variables
		want   string
	}{
		{"told", Variables{"SYSTEM_OIDCREQUESTURI": "https://host/x?api-version=7.1"}, "https://host/x"},
		{"made", nil, made},
		{"no plan", Variables{"SYSTEM_PLANID": ""}, ""},
		{"a job that is no ID", Variables{"SYSTEM_JOBID": "12f1170f"}, ""},
		{"an ID without dashes", Variables{"SYSTEM_JOBID": "12f1170f54f253f320dd22fc7dff55f9"}, ""},
		{"a kind that leads elsewhere", Variables{"SYSTEM_HOSTTYPE": "../x"}, ""},
		{"no project", Variables{"SYSTEM_TEAMPROJECTID": "", "SYSTEM_TEAMPROJECT": ""}, ""},
	}
	for _, tt := range tests {
		env := maps.Clone(job)
		maps.Copy(env, tt.change)
		if got := NewEnvironment(env).OIDCRequestURI(collection); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestReadVariables(t *testing.T) {
	t.Parallel()
	environ := []string{"Path=/bin", "INPUT_A=x=y", "EMPTY=", "=C:=C:\\work", "broken"}
	for goos, want := range map[string]Variables{
		"linux":   {"Path": "/bin", "INPUT_A": "x=y", "EMPTY": ""},
		"windows": {"PATH": "/bin", "INPUT_A": "x=y", "EMPTY": ""},
	} {
		if diff := cmp.Diff(want, ReadVariables(environ, goos)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", goos, diff)
		}
	}
}

func TestHanded(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"INPUT_NAME": true, "input_name": true, "ENDPOINT_URL_X": true, "SECRET_X": true, "SECUREFILE_TICKET_X": true, "VSTS_TASKVARIABLE_X": true,
		"VSTS_PUBLIC_VARIABLES": true, "VSTS_SECRET_VARIABLES": true, "COMMAND_CORRELATION_ID": true, "SYSTEM_ACCESSTOKEN": true,
		"VSTS_PROCESS_LOOKUP_ID": false, "AGENT_TEMPDIRECTORY": false, "MY_INPUT_NAME": false, "PATH": false, "INPUT": false,
	} {
		if got := Handed(name); got != want {
			t.Errorf("Handed(%q) = %t", name, got)
		}
	}
}

func TestUnresolved(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"a$(Build.Reason)b$(c)": "$(Build.Reason)", "$(open": "$(open", "$()": "$()", "$ (x)": "", "$x": "", "": "",
	} {
		if got, found := Unresolved(value); got != want || found != (want != "") {
			t.Errorf("Unresolved(%q) = %q, %t; want %q", value, got, found, want)
		}
	}
}
