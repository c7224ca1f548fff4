package config

import (
	"strings"
	"testing"
)

func TestToken(t *testing.T) {
	t.Parallel()
	const endpoint, secret, plain = "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN", "SECRET_SYSTEM_ACCESSTOKEN", "SYSTEM_ACCESSTOKEN"
	tests := []struct {
		name        string
		env         variables
		want, fault string
	}{
		{"the endpoint's first", variables{endpoint: "one", secret: "two", plain: "three"}, "one", ""},
		{"then the secret variable", variables{endpoint: "", secret: "two", plain: "three"}, "two", ""},
		{"then the plain one", variables{endpoint: " ", secret: "", plain: "three"}, "three", ""},
		{"a line end behind it is nothing", variables{endpoint: "", secret: "", plain: "three\r\n"}, "three", ""},
		{"an unresolved one that is not used", variables{endpoint: "one", secret: "", plain: "$(System.AccessToken)"}, "one", ""},
		{"none", variables{endpoint: "", secret: "", plain: ""}, "", "az account get-access-token"},
		{"unresolved", variables{endpoint: "", secret: "", plain: "$(System.AccessToken)"}, "", "SYSTEM_ACCESSTOKEN holds a variable that the run does not have"},
		{"a line end within", variables{endpoint: "hunter\n2"}, "", "is not a token"},
		{"a blank within", variables{endpoint: "hunter 2"}, "", "is not a token"},
		{"a control character", variables{endpoint: "hunter\x002"}, "", "is not a token"},
		{"not ASCII", variables{endpoint: "hünter2"}, "", "is not a token"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, found := load(t, job(tc.env))
			if tc.fault == "" {
				expect(t, found)
			} else if len(found) != 1 || !strings.Contains(found[0].Error(), tc.fault) {
				t.Errorf("faults %v, want %q", found, tc.fault)
			}
			for _, fault := range found {
				if strings.Contains(fault.Error(), "hunter") || strings.Contains(fault.Error(), "hünter") {
					t.Errorf("the fault shows the token: %v", fault)
				}
			}
			if c.Token.Reveal() != tc.want {
				t.Errorf("token %q, want %q", c.Token.Reveal(), tc.want)
			}
		})
	}
}

func TestOrganizationCheck(t *testing.T) {
	t.Parallel()
	const mismatch = "ENDPOINT_URL_SYSTEMVSSCONNECTION"
	tests := []struct {
		name, collection, endpoint string
		faults                     []string
	}{
		{name: "equal", collection: "https://dev.azure.com/fabrikam/", endpoint: "https://dev.azure.com/fabrikam"},
		{name: "case and default port", collection: "https://DEV.azure.com:443/Fabrikam/", endpoint: "https://dev.azure.com/fabrikam/"},
		{name: "old host", collection: "https://fabrikam.visualstudio.com/", endpoint: "https://dev.azure.com/fabrikam/"},
		{name: "old host with its collection", collection: "https://fabrikam.visualstudio.com/DefaultCollection/", endpoint: "https://fabrikam.visualstudio.com/"},
		{name: "release", collection: "https://dev.azure.com/fabrikam/", endpoint: "https://vsrm.dev.azure.com/fabrikam/"},
		{name: "release, old host", collection: "https://fabrikam.visualstudio.com/", endpoint: "https://fabrikam.vsrm.visualstudio.com/"},
		{name: "release, mixed hosts", collection: "https://dev.azure.com/fabrikam/", endpoint: "https://Fabrikam.vsrm.visualstudio.com/"},
		{name: "laptop", collection: "https://dev.azure.com/fabrikam"},
		{name: "server", collection: "http://tfs:8080/tfs/DefaultCollection/", endpoint: "http://TFS:8080/tfs/defaultcollection"},
		{name: "server with blanks", collection: "https://tfs/My%20Things", endpoint: "https://tfs/my things/"},
		{name: "loopback", collection: "http://127.0.0.1:45000/tfs/Collection/", endpoint: "http://127.0.0.1:45000/tfs/Collection/"},

		{name: "another organization", collection: "https://dev.azure.com/contoso/", endpoint: "https://dev.azure.com/fabrikam/", faults: []string{mismatch}},
		{name: "another organization, release", collection: "https://dev.azure.com/contoso/", endpoint: "https://vsrm.dev.azure.com/fabrikam/", faults: []string{mismatch}},
		{name: "another organization, old host", collection: "https://contoso.visualstudio.com/", endpoint: "https://dev.azure.com/fabrikam/", faults: []string{mismatch}},
		{name: "prefix of a name", collection: "https://dev.azure.com/fabrikam-evil/", endpoint: "https://dev.azure.com/fabrikam/", faults: []string{mismatch}},
		{name: "another port", collection: "https://dev.azure.com:8443/fabrikam/", endpoint: "https://dev.azure.com/fabrikam/", faults: []string{mismatch}},
		{name: "look-alike suffix", collection: "https://dev.azure.com.evil.example/fabrikam/", endpoint: "https://dev.azure.com/fabrikam/", faults: []string{mismatch}},
		{name: "look-alike host", collection: "https://evil-visualstudio.com/fabrikam", endpoint: "https://fabrikam.visualstudio.com/", faults: []string{mismatch}},
		{name: "look-alike subdomain", collection: "https://fabrikam.evil.visualstudio.com/", endpoint: "https://fabrikam.visualstudio.com/", faults: []string{"names no organization"}},
		{name: "look-alike vsrm", collection: "https://evil.dev.azure.com/fabrikam/", endpoint: "https://dev.azure.com/fabrikam/", faults: []string{mismatch}},
		{name: "server, another scheme", collection: "http://tfs/c", endpoint: "https://tfs/c", faults: []string{mismatch}},
		{name: "server, another collection", collection: "https://tfs/tfs/a", endpoint: "https://tfs/tfs/b", faults: []string{mismatch}},
		{name: "server, above the collection", collection: "https://tfs/tfs", endpoint: "https://tfs/tfs/b", faults: []string{mismatch}},
		{name: "server, below the collection", collection: "https://tfs/tfs/b/p", endpoint: "https://tfs/tfs/b", faults: []string{mismatch}},
		{name: "endpoint that is no URL", collection: "https://tfs/c", endpoint: "tfs", faults: []string{mismatch}},

		{name: "user in it", collection: "https://dev.azure.com@evil.example/fabrikam", faults: []string{"its value, which holds a user name or a password"}},
		{name: "password in it", collection: "https://user:pass@dev.azure.com/fabrikam", faults: []string{"its value, which holds a user name or a password"}},
		{name: "plain http to Services", collection: "http://dev.azure.com/fabrikam", faults: []string{"is not https"}},
		{name: "no organization", collection: "https://dev.azure.com/", faults: []string{"names no organization"}},
		{name: "a project too", collection: "https://dev.azure.com/fabrikam/Project", faults: []string{"names more than an organization"}},
		{name: "odd organization", collection: "https://dev.azure.com/fabri%E2%84%AAam", faults: []string{"names no organization"}},
		{name: "query", collection: "https://tfs/c?x=1", faults: []string{"has a query or a fragment"}},
		{name: "fragment", collection: "https://tfs/c#x", faults: []string{"has a query or a fragment"}},
		{name: "dots", collection: "https://tfs/a/../c", faults: []string{"has a path with . or .."}},
		{name: "escaped dots", collection: "https://tfs/a/%2e%2e/c", faults: []string{"has a path with . or .."}},
		{name: "escaped separator", collection: "https://tfs/a%2Fc", faults: []string{"escaped separator"}},
		{name: "no scheme", collection: "dev.azure.com/fabrikam", faults: []string{"is not an absolute http or https URL"}},
		{name: "another scheme", collection: "ftp://tfs/c", faults: []string{"is not an absolute http or https URL"}},
		{name: "no host", collection: "https:///c", faults: []string{"is not an absolute http or https URL"}},
		{name: "port out of range", collection: "https://tfs:99999/c", faults: []string{"is not an absolute http or https URL"}},
		{name: "unset", faults: []string{"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI is not set"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, found := load(t, job(variables{
				"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": tc.collection, "ENDPOINT_URL_SYSTEMVSSCONNECTION": tc.endpoint,
			}))
			expect(t, found, tc.faults...)
			for _, fault := range found {
				if strings.Contains(fault.Error(), "user:pass") {
					t.Errorf("the fault shows a password: %v", fault)
				}
			}
			if len(tc.faults) == 0 && c.CollectionURL != strings.TrimRight(tc.collection, "/") {
				t.Errorf("collection %q of %q", c.CollectionURL, tc.collection)
			}
		})
	}
}

func TestAliases(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, public, secret string
		fault                string
	}{
		{"none", "", "", ""},
		{"ordinary ones", `["inputs.when","input.whenever","when","INPUT","ENDPOINT_URL_OTHER","system.accessToken"]`, `["system.accessToken","pat"]`, ""},
		{"input with a dot", `["input.maxPerRun"]`, "", `the job variable "input.maxPerRun" turns into "INPUT_MAXPERRUN" and can replace the input maxPerRun`},
		{"input with a blank", `["Input Dryrun"]`, "", `replace the input dryRun`},
		{"input as it is", `["INPUT_REPOSITORIES"]`, "", `replace the input repositories`},
		{"secret input", "", `["input.when"]`, `the job variable "input.when"`},
		{"input of another task", `["INPUT_SCRIPT","input.targetType"]`, "", ""},
		{"endpoint URL", `["endpoint.url.SystemVssConnection"]`, "", "the address of the job's own connection"},
		{"endpoint token", `["ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"]`, "", "the job's token"},
		{"endpoint scheme", `["endpoint_auth scheme.systemvssconnection"]`, "", "the job's token"},
		{"endpoint authorization", "", `["ENDPOINT_AUTH_SYSTEMVSSCONNECTION"]`, "the job's token"},
		{"another endpoint", `["ENDPOINT_AUTH_PARAMETER_OTHER_ACCESSTOKEN"]`, "", ""},
		{"public secret token", `["secret.system.accessToken"]`, "", `the job variable "secret.system.accessToken"`},
		{"secret secret token", "", `["secret.system.accessToken"]`, ""},
		{"no JSON", `system.debug`, "", "VSTS_PUBLIC_VARIABLES is not a list of names"},
		{"no list", "", `{"a":1}`, "VSTS_SECRET_VARIABLES is not a list of names"},
		{"no names", `[1]`, "", "VSTS_PUBLIC_VARIABLES is not a list of names"},
		{"null", `null`, `[]`, ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, found := load(t, job(variables{"VSTS_PUBLIC_VARIABLES": tc.public, "VSTS_SECRET_VARIABLES": tc.secret}))
			if tc.fault == "" {
				expect(t, found)
				return
			}
			expect(t, found, tc.fault)
		})
	}
	for _, f := range new(inputs).fields() {
		_, found := load(t, job(variables{"VSTS_PUBLIC_VARIABLES": `["input.` + f.name + `"]`}))
		expect(t, found, "can replace the input "+f.name)
	}
	for _, name := range []string{"ENDPOINT_AUTH_SCHEME_", "ENDPOINT_AUTH_PARAMETER_", "endpoint.data."} {
		list := variables{"VSTS_PUBLIC_VARIABLES": `["` + name + azureID + `_TENANTID"]`}
		_, found := load(t, job(list, federated()))
		expect(t, found, "can replace the service connection")
		_, found = load(t, job(list))
		expect(t, found)
	}
}

func TestOrganization(t *testing.T) {
	t.Parallel()
	const fabrikam, loopback = "https://dev.azure.com/fabrikam/", "http://127.0.0.1:8080/tfs/one"
	tests := []struct {
		name, collection, organization, repositories string
		want                                         string
		faults                                       []string
	}{
		{"by path", fabrikam, "https://dev.azure.com/contoso", "p/r", "https://dev.azure.com/contoso", nil},
		{"a slash behind it", fabrikam, "https://dev.azure.com/Contoso/", "p/r, !p/x", "https://dev.azure.com/Contoso", nil},
		{"by host", fabrikam, "https://contoso.visualstudio.com", "*/*", "https://contoso.visualstudio.com", nil},
		{"loopback to loopback", loopback, "http://localhost:9090/other", "*/*", "http://localhost:9090/other", nil},
		{"IPv6 loopback", loopback, "http://[::1]:9090/other", "*/*", "http://[::1]:9090/other", nil},
		{"loopback from elsewhere", fabrikam, "http://127.0.0.1:9090/other", "*/*", "", []string{"organization: is this machine"}},
		{"http", fabrikam, "http://dev.azure.com/contoso", "*/*", "", []string{"organization: is not https"}},
		{"a name only", fabrikam, "contoso", "*/*", "", []string{"organization: allowed: https://dev.azure.com/<name>, https://<name>.visualstudio.com"}},
		{"another host", fabrikam, "https://tfs.contoso.com/c", "*/*", "", []string{"organization: is not an organization of Azure DevOps Services"}},
		{"look-alike", fabrikam, "https://dev.azure.com.evil.example/contoso", "*/*", "", []string{"organization: is not an organization"}},
		{"user", fabrikam, "https://dev.azure.com@evil.example/contoso", "*/*", "", []string{"organization: holds a user name"}},
		{"no name", fabrikam, "https://dev.azure.com", "*/*", "", []string{"organization: names no organization"}},
		{"a project", fabrikam, "https://dev.azure.com/contoso/p", "*/*", "", []string{"organization: is not an organization"}},
		{"a port", fabrikam, "https://dev.azure.com:8443/contoso", "*/*", "", []string{"organization: is not an organization"}},
		{"the host of releases", fabrikam, "https://vsrm.dev.azure.com/contoso", "*/*", "", []string{"organization: is not an organization"}},
		{"the old host of releases", fabrikam, "https://contoso.vsrm.visualstudio.com", "*/*", "", []string{"organization: is not an organization"}},
		{"a query", fabrikam, "https://dev.azure.com/contoso?x", "*/*", "", []string{"organization: has a query"}},
		{"no repositories", fabrikam, "https://dev.azure.com/contoso", "", "", []string{"repositories: organization needs it"}},
		{
			"no project", fabrikam, "https://dev.azure.com/contoso", "p/r,web,!old,*", "",
			[]string{`repositories: "web" names no project`, `repositories: "old" names no project`, `repositories: "*" names no project`},
		},
		{"only exclusions", fabrikam, "https://dev.azure.com/contoso", "!p/r", "", []string{"repositories: there are only exclusions"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			env := job(federated(), variables{
				"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": tc.collection, "ENDPOINT_URL_SYSTEMVSSCONNECTION": tc.collection,
				"SYSTEM_OIDCREQUESTURI": tc.collection + "/oidctoken", "INPUT_ORGANIZATION": tc.organization, "INPUT_REPOSITORIES": tc.repositories,
			})
			if tc.collection == fabrikam {
				env["SYSTEM_OIDCREQUESTURI"] = fabrikam + "oidctoken"
			}
			c, found := load(t, env)
			expect(t, found, tc.faults...)
			if len(tc.faults) > 0 {
				return
			}
			if c.Connection.Organization != tc.want || c.RunRepository != (RunRepository{}) || c.Project.Name != "" {
				t.Errorf("organization %q, run repository %v, project %v", c.Connection.Organization, c.RunRepository, c.Project)
			}
		})
	}
	_, found := load(t, job(variables{"INPUT_ORGANIZATION": "https://dev.azure.com/contoso"}))
	expect(t, found, "repositories: organization needs it", "azureSubscription: organization needs it")
}

func TestServiceConnection(t *testing.T) {
	t.Parallel()
	const parameter, data = "ENDPOINT_AUTH_PARAMETER_" + azureID, "ENDPOINT_DATA_" + azureID
	tests := []struct {
		name   string
		env    variables
		faults []string
	}{
		{"complete", nil, nil},
		{"ID in capitals", variables{"INPUT_AZURESUBSCRIPTION": strings.ToUpper(azureID)}, nil},
		{"without an authority", variables{data + "_ENVIRONMENTAUTHORITYURL": ""}, nil},
		{"not handed over", variables{"ENDPOINT_AUTH_SCHEME_" + azureID: ""}, []string{"azureSubscription: the job was not given the service connection"}},
		{"a key", variables{"ENDPOINT_AUTH_SCHEME_" + azureID: "ServicePrincipal"}, []string{`azureSubscription: its scheme is "ServicePrincipal"); allowed: workload identity federation`}},
		{"how to convert", variables{"ENDPOINT_AUTH_SCHEME_" + azureID: "ServicePrincipal"}, []string{`azureSubscription: press "Convert"`}},
		{"a machine's identity", variables{"ENDPOINT_AUTH_SCHEME_" + azureID: "ManagedServiceIdentity"}, []string{`azureSubscription: its scheme is "ManagedServiceIdentity"`}},
		{"no tenant", variables{parameter + "_TENANTID": ""}, []string{"azureSubscription: is incomplete"}},
		{"odd tenant", variables{parameter + "_TENANTID": "a/../b"}, []string{"azureSubscription: is incomplete"}},
		{"no application", variables{parameter + "_SERVICEPRINCIPALID": ""}, []string{"azureSubscription: is incomplete"}},
		{"plain authority", variables{data + "_ENVIRONMENTAUTHORITYURL": "http://login.example"}, []string{"azureSubscription: allowed: an https URL"}},
		{"plain authority on this machine", variables{data + "_ENVIRONMENTAUTHORITYURL": "http://127.0.0.1:1"}, []string{"azureSubscription: allowed: an https URL"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, found := load(t, job(federated(), tc.env))
			expect(t, found, tc.faults...)
			if len(tc.faults) == 0 && (c.Connection.ServiceConnection.ID != azureID || c.RunRepository.Name != "web") {
				t.Errorf("connection %+v, run repository %+v", c.Connection.ServiceConnection, c.RunRepository)
			}
		})
	}

	capitals := variables{}
	for name, value := range federated() {
		if name != "INPUT_AZURESUBSCRIPTION" {
			name = strings.ToUpper(name)
		}
		capitals[name] = value
	}
	c := mustLoad(t, job(capitals))
	if c.Connection.ServiceConnection.TenantID == "" {
		t.Error("variables in capitals must be read, too")
	}
	stand := variables{
		"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "http://127.0.0.1:1/c", "ENDPOINT_URL_SYSTEMVSSCONNECTION": "http://127.0.0.1:1/c",
		"SYSTEM_OIDCREQUESTURI": "http://127.0.0.1:1/c/oidctoken", data + "_ENVIRONMENTAUTHORITYURL": "http://127.0.0.1:2/",
	}
	if c = mustLoad(t, job(federated(), stand)); c.Connection.ServiceConnection.AuthorityURL != "http://127.0.0.1:2/" {
		t.Errorf("authority %q", c.Connection.ServiceConnection.AuthorityURL)
	}
	if c = mustLoad(t, job()); c.Connection != (Connection{}) {
		t.Errorf("without azureSubscription the connection is %+v", c.Connection)
	}
}
