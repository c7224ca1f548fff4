package main_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

const (
	connectionID = "6f0f7a3e-59e5-4e1a-9f39-0a4ea1d2b6c5"
	tenantID     = "4b1c2d3e-1111-4222-8333-444455556666"
	clientID     = "0a1b2c3d-7777-4888-9999-aaaabbbbcccc"
	oidcToken    = "eyJhbGciOiJub25lIn0.oidc-assertion.c2ln"
	entraToken   = "eyJhbGciOiJub25lIn0.entra-access-token.c2ln"
)

// entra stands in for the sign-in address.
type entra struct {
	recorder
	refusal string // the body of a 401 in place of a token
	token   string // the first one
	expires int    // seconds
	tokens  atomic.Int32
}

func newEntra() *entra {
	e := &entra{token: entraToken, expires: 3600}
	e.next = http.HandlerFunc(e.answer)
	return e
}

func (e *entra) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.URL.Path == "/"+tenantID+"/oauth2/v2.0/token" && e.refusal != "":
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(e.refusal))
	case r.URL.Path == "/"+tenantID+"/oauth2/v2.0/token":
		token := e.token
		if n := e.tokens.Add(1); n > 1 {
			token = fmt.Sprintf("%s.%d", token, n)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"token_type": "Bearer", "expires_in": e.expires, "access_token": token})
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// forms are the bodies of the token requests.
func (e *entra) forms(t *testing.T) []url.Values {
	t.Helper()
	var all []url.Values
	for _, q := range e.requests() {
		if q.method != http.MethodPost {
			continue
		}
		form, err := url.ParseQuery(q.body)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, form)
	}
	return all
}

// organization is an organization with the API that hands out identity tokens.
type organization struct {
	recorder
	s    *azdotest.Server
	oidc http.HandlerFunc // nil hands out oidcToken
}

func newOrganization(t *testing.T, w azdotest.World) *organization {
	t.Helper()
	o := &organization{s: azdotest.Start(t, w)}
	o.next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.URL.Path, "/oidctoken"):
			o.s.ServeHTTP(w, r)
		case o.oidc != nil:
			o.oidc(w, r)
		default:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]string{"oidcToken": oidcToken})
		}
	})
	return o
}

// refuseOIDC answers a request for an identity token with something else.
func refuseOIDC(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// isOIDC tells the requests for an identity token.
func isOIDC(q seenRequest) bool { return strings.Contains(q.target, "/oidctoken") }

// federated is a step whose azureSubscription is a connection with workload identity federation.
func federated(t *testing.T, home *organization, address, authority string, cainfo string, inputs map[string]string) agenttest.Step {
	t.Helper()
	inputs["azureSubscription"] = "azure"
	step := at(home.s, stepFile{Inputs: inputs, Variables: map[string]string{"agent.cainfo": cainfo}}.step(t, home.s), address)
	step.Job.Token = agenttest.PresetToken // which home need not let in
	step.Job.OIDCRequestURI = step.Job.CollectionURL + step.Job.ProjectID + "/_apis/distributedtask/hubs/build/plans/" +
		agenttest.PresetPlanID + "/jobs/" + agenttest.PresetJobID + "/oidctoken"
	c := agenttest.AzureConnection(connectionID, "azure", tenantID, clientID)
	delete(c.Data, "environmentAuthorityUrl")
	if authority != "" {
		c.Data["environmentAuthorityUrl"] = authority + "/"
	}
	step.ServiceConnections = []agenttest.ServiceConnection{c}
	return step
}

func otherWorld(token string) azdotest.World {
	w := expiredWorld()
	w.Projects[0].Name, w.Tokens = "Shop", []string{token}
	return w
}

// checkExchange checks what each party was sent of a run that has exchanged the job's token for another one.
func checkExchange(t *testing.T, home *organization, e *entra) {
	t.Helper()
	oidc := 0
	for _, q := range home.requests() {
		if !isOIDC(q) {
			continue
		}
		oidc++
		u, err := url.Parse(q.target)
		if err != nil {
			t.Fatal(err)
		}
		if q.method != http.MethodPost || q.authorization != "Bearer "+agenttest.PresetToken || u.Query().Get("serviceConnectionId") != connectionID || u.Query().Get("api-version") != "7.1" {
			t.Errorf("the identity token was asked for by %+v", q)
		}
	}
	if oidc == 0 {
		t.Error("no identity token was asked for")
	}
	forms := e.forms(t)
	if len(forms) != 1 {
		t.Fatalf("%d tokens were asked for, want 1", len(forms))
	}
	for name, want := range map[string]string{
		"scope": "499b84ac-1321-427f-aa17-267ca6975798/.default", "client_assertion": oidcToken, "client_id": clientID, "grant_type": "client_credentials",
		"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
	} {
		if got := forms[0].Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if strings.Contains(e.all(), agenttest.PresetToken) {
		t.Error("the sign-in address was sent the job's token")
	}
	if strings.Contains(home.all(), oidcToken) {
		t.Error("the organization was sent its own identity token")
	}
}

// TestFederation re-queues in another organization, with an identity for which no secret is stored anywhere.
func TestFederation(t *testing.T) {
	t.Parallel()
	authority := agenttest.NewAuthority(t)
	for _, variables := range []map[string]string{nil, {"system.debug": "true", "AZURE_SDK_GO_LOGGING": "all", "AZURE_REGIONAL_AUTHORITY_NAME": "westeurope", "MSAL_FORCE_REGION": "westeurope"}} {
		t.Run(fmt.Sprintf("%d variables", len(variables)), func(t *testing.T) {
			t.Parallel()
			e := newEntra()
			signIn := serveTLS(t, e, &tls.Config{Certificates: []tls.Certificate{authority.Issue(t)}, MinVersion: tls.VersionTLS12})
			home, other := newOrganization(t, expiredWorld()), newOrganization(t, otherWorld(entraToken))
			step := federated(t, home, serve(t, home), signIn, authority.File, map[string]string{
				"organization": serve(t, other) + "/tfs/DefaultCollection", "repositories": "Shop/web", "comment": "always", "wait": "true",
			})
			maps.Copy(step.Variables, variables)
			r := run(t, nil, step)
			if r.ExitCode != 0 || len(other.s.Writes()) != 2 || len(home.s.Writes()) > 0 {
				t.Errorf("exit code %d, writes %v and at home %v\n%s", r.ExitCode, other.s.Writes(), home.s.Writes(), r.Stdout)
			}
			checkExchange(t, home, e)
			for _, q := range home.requests() {
				if !isOIDC(q) {
					t.Errorf("the run's own organization was sent %+v", q)
				}
			}
			for _, q := range other.requests() {
				if q.authorization != "Bearer "+entraToken {
					t.Errorf("the other organization was sent %+v", q)
				}
			}
			if !slices.Contains(r.Secrets, entraToken) {
				t.Error("the new token is not masked")
			}
			checkFederationSecrets(t, r, comments(other.s))
		})
	}
}

// checkFederationSecrets is checkSecrets, but that the token which comes later is masked later.
func checkFederationSecrets(t *testing.T, r agenttest.Result, others string) {
	t.Helper()
	for _, secret := range []string{agenttest.PresetToken, entraToken, oidcToken} {
		for _, form := range encodings(secret) {
			for line := range strings.SplitSeq(r.Stdout+r.Stderr+r.Summary+others, "\n") {
				if strings.Contains(line, form) && !strings.HasPrefix(line, "##vso[task.setsecret]") {
					t.Errorf("a secret is in %q", line)
				}
			}
		}
	}
	if strings.Contains(r.Stdout, oidcToken) {
		t.Error("the identity token was printed")
	}
}

// TestFederationInTheSameOrganization: without "organization" the connection's identity works in the run's own one.
func TestFederationInTheSameOrganization(t *testing.T) {
	t.Parallel()
	authority := agenttest.NewAuthority(t)
	e := newEntra()
	signIn := serveTLS(t, e, &tls.Config{Certificates: []tls.Certificate{authority.Issue(t)}, MinVersion: tls.VersionTLS12})
	w := expiredWorld()
	w.Tokens = []string{entraToken}
	home := newOrganization(t, w)
	step := federated(t, home, serve(t, home), signIn, authority.File, map[string]string{})
	r := run(t, nil, step)
	if r.ExitCode != 0 || len(home.s.Writes()) != 1 {
		t.Errorf("exit code %d, writes %v\n%s", r.ExitCode, home.s.Writes(), r.Stdout)
	}
	checkExchange(t, home, e)
	for _, q := range home.requests() {
		if !isOIDC(q) && q.authorization != "Bearer "+entraToken {
			t.Errorf("the organization was sent %+v", q)
		}
	}
	checkFederationSecrets(t, r, comments(home.s))
}

// TestFederationMakesTheAddress: older agents and servers do not say where identity tokens are handed out, so the address
// is made of what the job knows about itself. One that has a query already is asked no differently.
func TestFederationMakesTheAddress(t *testing.T) {
	t.Parallel()
	authority := agenttest.NewAuthority(t)
	for name, change := range map[string]func(job *agenttest.Job){
		"missing":    func(job *agenttest.Job) { job.OIDCRequestURI = "" },
		"a query":    func(job *agenttest.Job) { job.OIDCRequestURI += "?api-version=7.0" },
		"deployment": func(job *agenttest.Job) { job.OIDCRequestURI, job.Host = "", agenttest.Deployment },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEntra()
			signIn := serveTLS(t, e, &tls.Config{Certificates: []tls.Certificate{authority.Issue(t)}, MinVersion: tls.VersionTLS12})
			w := expiredWorld()
			w.Tokens = []string{entraToken}
			home := newOrganization(t, w)
			step := federated(t, home, serve(t, home), signIn, authority.File, map[string]string{"repositories": "*"})
			change(&step.Job)
			r := run(t, nil, step)
			if r.ExitCode != 0 || len(home.s.Writes()) != 1 {
				t.Errorf("exit code %d, writes %v\n%s", r.ExitCode, home.s.Writes(), r.Stdout)
			}
			checkExchange(t, home, e)
			hub := strings.ReplaceAll(strings.ToLower(name), "missing", "build")
			if name == "a query" {
				hub = "build"
			}
			want := "/tfs/DefaultCollection/" + step.Job.ProjectID + "/_apis/distributedtask/hubs/" + hub + "/plans/" +
				agenttest.PresetPlanID + "/jobs/" + agenttest.PresetJobID + "/oidctoken?api-version=7.1&serviceConnectionId=" + connectionID
			for _, q := range home.requests() {
				if isOIDC(q) && q.target != want {
					t.Errorf("asked %s, want %s", q.target, want)
				}
			}
		})
	}
}

// TestFederationKnowsItsAuthority: a connection that names no sign-in address means the public one, whatever an earlier
// step has put into AZURE_AUTHORITY_HOST. The real name leads to the stand-in through a proxy.
func TestFederationKnowsItsAuthority(t *testing.T) {
	t.Parallel()
	authority := agenttest.NewAuthority(t)
	e, evil := newEntra(), newEntra()
	certificate := authority.Issue(t, "login.microsoftonline.com", "evil.example")
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	signIn, elsewhere := serveTLS(t, e, config), serveTLS(t, evil, config)
	w := expiredWorld()
	w.Tokens = []string{entraToken}
	home := newOrganization(t, w)
	proxy := startProxy(t, "", "login.microsoftonline.com:443="+hostOf(t, signIn), "evil.example:443="+hostOf(t, elsewhere))
	step := federated(t, home, serve(t, home), "", authority.File, map[string]string{})
	step.Variables["agent.proxyurl"] = "http://" + proxy.address
	step.Variables["AZURE_AUTHORITY_HOST"] = "https://evil.example/"
	r := run(t, nil, step)
	if len(evil.requests()) > 0 {
		t.Errorf("the assertion went to another address: %s", evil.all())
	}
	if r.ExitCode != 0 || len(home.s.Writes()) != 1 {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Stdout)
	}
	checkExchange(t, home, e)
}

// TestFederationRefused: each refusal ends in one line that a person can read, and in no request of the wrong kind.
func TestFederationRefused(t *testing.T) {
	t.Parallel()
	authority := agenttest.NewAuthority(t)
	aadsts := func(code string) string {
		data, _ := json.Marshal(map[string]any{ // it always encodes
			"error": "invalid_client", "error_codes": []int{700213}, "trace_id": "t",
			"error_description": code + ": No matching federated identity record found for presented assertion subject 'sc://x'.\r\nSECONDLINE Trace ID: ##vso[task.complete result=Succeeded] " + oidcToken,
		})
		return string(data)
	}
	other := &recorder{}
	elsewhere := serve(t, other)
	tests := []struct {
		name    string
		refusal string
		oidc    http.HandlerFunc
		want    string
	}{
		{name: "no such credential", refusal: aadsts("AADSTS700213"), want: "127.0.0.1 answered 401 AADSTS700213"},
		{name: "expired assertion", refusal: aadsts("AADSTS700024"), want: "AADSTS700024"},
		{name: "nonsense", refusal: "<html>##vso[task.complete result=Succeeded]", want: "127.0.0.1 answered 401"},
		{name: "the pipeline may not use it", want: "127.0.0.1 answered 403", oidc: func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "SECONDLINE\r\n##vso[task.complete result=Succeeded]"+agenttest.PresetToken, http.StatusForbidden)
		}},
		{name: "redirected", want: "127.0.0.1 answered 302", oidc: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusFound)
		}},
		{name: "redirected as it is", want: "127.0.0.1 answered 307", oidc: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}},
		{name: "disabled", want: "the service connection is disabled, as the service does with one that was not used for 100 days", oidc: refuseOIDC(http.StatusBadRequest,
			`{"$id": "1", "message": "Service connection azure is disabled.", "typeKey": "ServiceEndpointException", "errorCode": 0}`)},
		{name: "disabled, or something else", want: "check that the connection still exists, that it is not disabled", oidc: refuseOIDC(http.StatusNotFound,
			`{"message": "The service connection does not exist, has been disabled or hasn't been authorized for use."}`)},
		{name: "the job's token has expired", want: "127.0.0.1 answered 401; the job's own token is not accepted: it has expired or was withdrawn", oidc: refuseOIDC(http.StatusUnauthorized, "")},
		{name: "no token in it", want: "holds no identity token", oidc: refuseOIDC(http.StatusOK, `{"oidcToken": ""}`)},
		{name: "no JSON", want: "get a token for the service connection", oidc: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("SECONDLINE\r\n##vso[task.complete result=Succeeded]"))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newEntra()
			e.refusal = tt.refusal
			signIn := serveTLS(t, e, &tls.Config{Certificates: []tls.Certificate{authority.Issue(t)}, MinVersion: tls.VersionTLS12})
			home := newOrganization(t, expiredWorld())
			home.oidc = tt.oidc
			step := federated(t, home, serve(t, home), signIn, authority.File, map[string]string{})
			step.Variables["AZURE_SDK_GO_LOGGING"] = "all"
			r := run(t, nil, step)
			if r.ExitCode != 1 || len(home.s.Requests()) > 0 {
				t.Errorf("exit code %d after %d requests\n%s", r.ExitCode, len(home.s.Requests()), r.Stdout)
			}
			// The agent adds one about the exit code.
			if len(r.Errors) != 2 || !strings.Contains(r.Errors[0], tt.want) || len(r.Errors[0]) > 400 {
				t.Errorf("errors %q, want %q", r.Errors, tt.want)
			}
			checkOutput(t, r)
			checkFederationSecrets(t, r, "")
			if len(other.requests()) > 0 {
				t.Errorf("another server was sent %s", other.all())
			}
		})
	}
}

// TestFederationFaults: what is no federation is bad input, and nothing is sent.
func TestFederationFaults(t *testing.T) {
	t.Parallel()
	connection := func(change func(c *agenttest.ServiceConnection)) agenttest.ServiceConnection {
		c := agenttest.AzureConnection(connectionID, "azure", tenantID, clientID)
		change(&c)
		return c
	}
	inputs := func(pairs ...string) map[string]string {
		m := map[string]string{"azureSubscription": "azure"}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	tests := []struct {
		name       string
		connection agenttest.ServiceConnection
		inputs     map[string]string
		oidc       string
		want       []string
	}{
		{name: "a secret", inputs: inputs(), want: []string{"Convert", "workload identity federation"}, connection: connection(func(c *agenttest.ServiceConnection) {
			c.Scheme, c.Auth["serviceprincipalkey"] = "ServicePrincipal", "the-key-of-the-connection"
		})},
		{name: "a machine's identity", inputs: inputs(), want: []string{"workload identity federation"}, connection: connection(func(c *agenttest.ServiceConnection) { c.Scheme = "ManagedServiceIdentity" })},
		{name: "unknown", inputs: inputs("azureSubscription", "another"), want: []string{"azureSubscription"}, connection: connection(func(*agenttest.ServiceConnection) {})},
		{name: "authority in the clear", inputs: inputs(), want: []string{"https"}, connection: connection(func(c *agenttest.ServiceConnection) { c.Data["environmentAuthorityUrl"] = "http://login.example/" })},
		{name: "tenant with a path", inputs: inputs(), want: []string{"tenant"}, connection: connection(func(c *agenttest.ServiceConnection) { c.Auth["tenantid"] = "x/../y" })},
		{name: "no identity tokens", inputs: inputs(), oidc: "none", want: []string{"SYSTEM_OIDCREQUESTURI"}, connection: connection(func(*agenttest.ServiceConnection) {})},
		{
			name: "an organization elsewhere", inputs: inputs("organization", "https://dev.azure.com.evil.example/x", "repositories", "a/b"),
			want: []string{"organization"}, connection: connection(func(*agenttest.ServiceConnection) {}),
		},
		{name: "an organization alone", inputs: map[string]string{"organization": "https://dev.azure.com/x"}, want: []string{"azureSubscription", "repositories"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			home := newOrganization(t, expiredWorld())
			step := at(home.s, stepFile{Inputs: tt.inputs}.step(t, home.s), serve(t, home))
			step.Job.OIDCRequestURI = step.Job.CollectionURL + "_apis/oidctoken"
			if tt.oidc == "none" {
				step.Job.OIDCRequestURI, step.Variables = "", map[string]string{"system.planId": "none"}
			}
			if tt.connection.ID != "" {
				step.ServiceConnections = []agenttest.ServiceConnection{tt.connection}
			}
			r := run(t, home.s, step)
			if r.ExitCode != 2 || len(home.requests()) > 0 {
				t.Errorf("exit code %d, sent %s\n%s", r.ExitCode, home.all(), r.Stdout)
			}
			for _, want := range tt.want {
				if !strings.Contains(strings.Join(r.Errors, "\n"), want) {
					t.Errorf("%q is not said in %q", want, r.Errors)
				}
			}
			if strings.Contains(r.Stdout, "the-key-of-the-connection") {
				t.Errorf("the connection's key was printed:\n%s", r.Stdout)
			}
		})
	}
}

// TestFederationAliases gives the job variables that take the place of the connection, or add what it lacks.
func TestFederationAliases(t *testing.T) {
	t.Parallel()
	other := &recorder{}
	elsewhere := serve(t, other)
	t.Cleanup(func() {
		if len(other.requests()) > 0 {
			t.Errorf("another server was sent %s", other.all())
		}
	})
	for _, version := range []string{"4.275.0", "5.278.0"} {
		for name, value := range map[string]string{
			"ENDPOINT_DATA_" + connectionID + "_ENVIRONMENTAUTHORITYURL":      strings.Replace(elsewhere, "http", "https", 1),
			"endpoint.data." + connectionID + ".environmentAuthorityUrl":      strings.Replace(elsewhere, "http", "https", 1),
			"ENDPOINT_AUTH_PARAMETER_" + connectionID + "_TENANTID":           tenantID,
			"ENDPOINT_AUTH_PARAMETER_" + connectionID + "_SERVICEPRINCIPALID": clientID,
			"ENDPOINT_AUTH_SCHEME_" + connectionID:                            "WorkloadIdentityFederation",
			"input.organization":                                              elsewhere,
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				t.Parallel()
				home := newOrganization(t, expiredWorld())
				step := federated(t, home, serve(t, home), "", "", map[string]string{})
				step.AgentVersion, step.Variables = version, map[string]string{name: value}
				refused(t, home.s, run(t, home.s, step), name)
				if len(home.requests()) > 0 {
					t.Errorf("sent %s", home.all())
				}
			})
		}
	}
}

// TestFederationInTheOwnOrganization: whoever names the run's own organization is not in another one, so a validation
// is still limited to its pull request and never re-queues its own pipeline.
func TestFederationInTheOwnOrganization(t *testing.T) {
	t.Parallel()
	authority := agenttest.NewAuthority(t)
	signIn := serveTLS(t, newEntra(), &tls.Config{Certificates: []tls.Certificate{authority.Issue(t)}, MinVersion: tls.VersionTLS12})
	w := readWorld(t, `{"projects": [{"name": "Fabrikam",
		"pipelines": [{"id": 12, "name": "self"}, {"id": 13, "name": "ci"}],
		"policies": [{"id": 1, "pipeline": "self"}, {"id": 2, "pipeline": "ci"}],
		"repositories": [{"name": "web", "pullRequests": [
			{"id": 7, "evaluations": [{"policy": 1, "state": "expired"}, {"policy": 2, "state": "expired"}]},
			{"id": 9, "evaluations": [{"policy": 1, "state": "expired"}]}]}]}]}`)
	home := newOrganization(t, w)
	address := serve(t, home)
	step := federated(t, home, address, signIn, authority.File, map[string]string{
		"repositories": "Fabrikam/web", "organization": address + "/tfs/DefaultCollection",
	})
	step.Job.Reason, step.Job.PullRequest, step.Job.DefinitionID = "PullRequest", &agenttest.PullRequest{ID: 7}, 12
	step.Job.RepositoryProvider = "TfsGit"
	run(t, nil, step)
	if diff := gocmp.Diff([]string{"PATCH evaluation pr=7 policy=2 (ci)"}, home.s.Writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}
