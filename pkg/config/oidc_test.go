package config

import (
	"strings"
	"testing"
)

// TestOIDCRequestURI: the address of identity tokens is taken from the variable, else made, and checked in either case
// against the run's organization; but only where a service connection uses it.
func TestOIDCRequestURI(t *testing.T) {
	t.Parallel()
	const (
		plan  = "b1f0c9de-7c2e-4a39-a1b6-5d8e3f2a9c03"
		jobID = "12f1170f-54f2-53f3-20dd-22fc7dff55f9"
		tail  = "/_apis/distributedtask/hubs/build/plans/" + plan + "/jobs/" + jobID + "/oidctoken"
	)
	const foreign, unknown = "SYSTEM_OIDCREQUESTURI is", "azureSubscription: SYSTEM_OIDCREQUESTURI is not set"
	made := variables{"SYSTEM_OIDCREQUESTURI": "", "SYSTEM_PLANID": strings.ToUpper(plan), "SYSTEM_JOBID": jobID}
	at := func(collection, request string) variables {
		return variables{"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": collection, "ENDPOINT_URL_SYSTEMVSSCONNECTION": collection, "SYSTEM_OIDCREQUESTURI": request}
	}
	tests := []struct {
		name    string
		changes []variables
		want    string
		fault   string
	}{
		{name: "as it is", changes: []variables{at("https://dev.azure.com/fabrikam/", "https://dev.azure.com/fabrikam/p"+tail)}, want: "https://dev.azure.com/fabrikam/p" + tail},
		{
			name:    "on the old host, with a version",
			changes: []variables{at("https://dev.azure.com/fabrikam/", "https://fabrikam.visualstudio.com/p/_apis/oidctoken?api-version=7.1")},
			want:    "https://fabrikam.visualstudio.com/p/_apis/oidctoken",
		},
		{
			name:    "on the host of releases",
			changes: []variables{at("https://dev.azure.com/fabrikam/", "https://vsrm.dev.azure.com/fabrikam/p/_apis/oidctoken")},
			want:    "https://vsrm.dev.azure.com/fabrikam/p/_apis/oidctoken",
		},
		{name: "on the server", changes: []variables{at("https://tfs/tfs/One", "https://tfs/tfs/one/p/_apis/oidctoken")}, want: "https://tfs/tfs/one/p/_apis/oidctoken"},
		{name: "elsewhere", changes: []variables{at("https://dev.azure.com/fabrikam/", "https://evil.example/fabrikam/x")}, fault: foreign},
		{name: "another organization", changes: []variables{at("https://dev.azure.com/fabrikam/", "https://dev.azure.com/contoso/x")}, fault: foreign},
		{name: "another collection", changes: []variables{at("https://tfs/tfs/one", "https://tfs/tfs/two/x")}, fault: foreign},
		{name: "out of the collection", changes: []variables{at("https://tfs/tfs/one", "https://tfs/tfs/one/../two/x")}, fault: foreign},
		{name: "in a query", changes: []variables{at("https://dev.azure.com/fabrikam/", "https://evil.example/?https://dev.azure.com/fabrikam/")}, fault: foreign},
		{name: "with a user", changes: []variables{at("https://dev.azure.com/fabrikam/", "https://dev.azure.com@evil.example/fabrikam/")}, fault: foreign},

		{name: "made", changes: []variables{made}, want: "https://dev.azure.com/fabrikam/" + projectID + tail},
		{name: "made on a server", changes: []variables{at("http://tfs:8080/tfs/One/", ""), made}, want: "http://tfs:8080/tfs/One/" + projectID + tail},
		{
			name:    "made of the project's name",
			changes: []variables{made, {"SYSTEM_TEAMPROJECTID": "", "SYSTEM_TEAMPROJECT": "My things/1"}},
			want:    "https://dev.azure.com/fabrikam/My%20things%2F1" + tail,
		},
		{
			name: "made for a release", changes: []variables{made, {"SYSTEM_HOSTTYPE": "Deployment"}},
			want: "https://dev.azure.com/fabrikam/" + projectID + strings.Replace(tail, "/build/", "/deployment/", 1),
		},
		{name: "no plan", changes: []variables{made, {"SYSTEM_PLANID": ""}}, fault: unknown},
		{name: "no job", changes: []variables{made, {"SYSTEM_JOBID": "12f1170f"}}, fault: unknown},
		{name: "no kind", changes: []variables{made, {"SYSTEM_HOSTTYPE": ""}}, fault: unknown},
		{name: "a kind that leads elsewhere", changes: []variables{made, {"SYSTEM_HOSTTYPE": "../x"}}, fault: unknown},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			env := job(append([]variables{{"INPUT_REPOSITORIES": "web"}}, tc.changes...)...)
			if c := mustLoad(t, env); c.Connection != (Connection{}) {
				t.Errorf("the job's own token asks for no other one: %+v", c.Connection)
			}
			c, found := load(t, job(env, federated()))
			if tc.fault != "" {
				expect(t, found, tc.fault)
				return
			}
			expect(t, found)
			diff(t, tc.want, c.Connection.OIDCRequestURI)
		})
	}
}
