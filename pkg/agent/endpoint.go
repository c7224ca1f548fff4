package agent

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"
)

// JobConnection is the ID of the job's own connection to the service, which every task gets.
const JobConnection = "SYSTEMVSSCONNECTION"

// Endpoint is a service connection, or the job's own. The agent hands one over only to a step that has an input of a type
// that begins with "connectedService:", whose value is then the connection's ID.
type Endpoint struct {
	environment Environment
	id          string
}

// Endpoint is the service connection of this ID.
func (e Environment) Endpoint(id string) Endpoint { return Endpoint{e, id} }

// URL is the address that the connection is for.
func (p Endpoint) URL() string { return p.get("URL_", "") }

// Scheme says how the connection signs in: "WorkloadIdentityFederation", "ServicePrincipal" and others. It is "" where
// the job was not given the connection.
func (p Endpoint) Scheme() string { return p.get("AUTH_SCHEME_", "") }

// Parameter is one of the values that the connection signs in with, "tenantid" or "AccessToken".
func (p Endpoint) Parameter(name string) Secret {
	return Secret(p.get("AUTH_PARAMETER_", "_"+EnvironmentName(name)))
}

// Data is a further value of the connection, "environment" for example. The job's own connection has none.
func (p Endpoint) Data(name string) string { return p.get("DATA_", "_"+EnvironmentName(name)) }

// get reads a variable of the connection: the agent writes an ID in lower case, and the rest in upper case.
func (p Endpoint) get(kind, key string) string {
	upper := p.environment.get("ENDPOINT_" + kind + strings.ToUpper(p.id) + key)
	if strings.EqualFold(p.id, JobConnection) {
		return upper
	}
	return cmp.Or(p.environment.get("ENDPOINT_"+kind+strings.ToLower(p.id)+key), upper)
}

// JobToken is a token of the job, with the environment variable that holds it.
type JobToken struct {
	Variable string
	Token    Secret
}

// JobTokens are the places at which a job may find its own token, the best one first: that of the job's connection needs
// nobody to hand it on. Those that are not there have an empty token.
func (e Environment) JobTokens() []JobToken {
	return []JobToken{
		{"ENDPOINT_AUTH_PARAMETER_" + JobConnection + "_ACCESSTOKEN", e.Endpoint(JobConnection).Parameter("AccessToken")},
		{"SECRET_SYSTEM_ACCESSTOKEN", e.SecretVariable("System.AccessToken")},
		{"SYSTEM_ACCESSTOKEN", Secret(e.Variable("System.AccessToken"))},
	}
}

// hubName is the kind of a plan, guid its ID, as the service writes them.
var (
	hubName = regexp.MustCompile(`\A[A-Za-z]{1,40}\z`)
	guid    = regexp.MustCompile(`(?i)\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\z`)
)

// OIDCRequestURI is where the job asks for the identity token of a service connection with workload identity federation,
// without a query. System.OidcRequestUri names it. Older agents and servers do not, and there it is the address below
// the collection at which the service takes such requests; the hub is the kind of the job, as the agent has it
// (ContainerOperationProvider.cs, CreateOidcTokenAsync). It is "" where the job does not know what it takes.
func (e Environment) OIDCRequestURI(collectionURL string) string {
	if told := e.Variable("System.OidcRequestUri"); told != "" {
		address, _, _ := strings.Cut(told, "?") // a version says nothing about where it leads to
		return address
	}
	project := cmp.Or(e.Variable("System.TeamProjectId"), e.Variable("System.TeamProject"))
	hub, plan, job := e.Variable("System.HostType"), e.Variable("System.PlanId"), e.Variable("System.JobId")
	if project == "" || !hubName.MatchString(hub) || !guid.MatchString(plan) || !guid.MatchString(job) {
		return ""
	}
	return collectionURL + "/" + url.PathEscape(project) + "/_apis/distributedtask/hubs/" + strings.ToLower(hub) +
		"/plans/" + strings.ToLower(plan) + "/jobs/" + strings.ToLower(job) + "/oidctoken"
}
