package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

// readIdentity finds the job's token. The endpoint's comes first: it is the one that no step has to map.
func (l *loader) readIdentity() {
	var variable, token string
	for _, found := range l.agent.JobTokens() {
		if _, left := agent.Unresolved(found.Token.Reveal()); !left {
			l.secret(found.Token)
		}
		if token == "" {
			variable, token = found.Variable, found.Token.Reveal()
		}
	}
	switch {
	case token == "":
		l.environment("the job hands over no token; in a script step map it with env: SYSTEM_ACCESSTOKEN: $(System.AccessToken), " +
			"in the classic editor tick \"Allow scripts to access the OAuth token\", and on a laptop set SYSTEM_ACCESSTOKEN to what " +
			"az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 --query accessToken --output tsv prints")
	case strings.Contains(token, "$("):
		l.environment("%s holds a variable that the run does not have instead of a token; map it with env: SYSTEM_ACCESSTOKEN: $(System.AccessToken), "+
			"or in the classic editor tick \"Allow scripts to access the OAuth token\"", variable)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		l.environment("%s is not a token: it holds a blank, a line break or another character that no token has", variable)
	default:
		l.cfg.Token = agent.Secret(token)
	}
}

// secret remembers what is to be masked, once.
func (l *loader) secret(values ...agent.Secret) {
	for _, value := range values {
		if value != "" && !slices.Contains(l.cfg.Secrets, value) {
			l.cfg.Secrets = append(l.cfg.Secrets, value)
		}
	}
}

// readCollection finds the one address that the job's token may be sent to, and compares it with the job's own
// connection: a job variable may have replaced one of them, but hardly both.
func (l *loader) readCollection() {
	const variable = "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"
	if l.env.CollectionURI == "" {
		l.environment("%s is not set; outside a pipeline set it to the organization, such as https://dev.azure.com/fabrikam", variable)
		return
	}
	collection, err := parseServiceURL(l.env.CollectionURI)
	if err == nil && collection.services && len(collection.path) > 1 {
		err = errBeyond
	}
	if err != nil {
		l.environment("%s is %s, which %v; allowed: the URL of an organization or a collection, such as https://dev.azure.com/fabrikam",
			variable, quoteURL(l.env.CollectionURI), err)
		return
	}
	l.collection = collection
	l.cfg.CollectionURL = strings.TrimRight(l.env.CollectionURI, "/")

	if own := l.agent.Endpoint(agent.JobConnection).URL(); own != "" {
		endpoint, err := parseServiceURL(own)
		if err != nil || !endpoint.sameOrganization(collection) {
			l.environment("%s is %s, but the job's own connection, ENDPOINT_URL_SYSTEMVSSCONNECTION, is %s: another scheme, host, port or organization; "+
				"the token stays here. Look for a variable of the pipeline that replaces one of them",
				variable, quoteURL(l.env.CollectionURI), quoteURL(own))
		}
	}
}

// readConnection reads the inputs organization and azureSubscription.
func (l *loader) readConnection() {
	if l.in.Organization != "" {
		l.readOrganization()
	}
	if l.given["organization"] {
		if !l.given["azureSubscription"] {
			l.add("azureSubscription", "it is blank, but organization needs it: the job's token is of no use in another organization; "+
				"allowed: an Azure service connection with workload identity federation")
		}
		if !l.given["repositories"] {
			l.add("repositories", "it is blank, but organization needs it: the repository of this run is not in the other organization; "+
				"allowed: project/repository, or */* for all that is visible")
		}
	}
	if l.in.AzureSubscription != "" {
		l.readServiceConnection()
	}
}

func (l *loader) readOrganization() {
	const allowed = "allowed: https://dev.azure.com/<name>, https://<name>.visualstudio.com"
	text := l.in.Organization
	organization, err := parseServiceURL(text)
	switch {
	case err != nil:
		l.add("organization", "%s %v; %s", quoteURL(text), err, allowed)
	case organization.loopback() && !l.collection.loopback():
		l.add("organization", "%s is this machine, and the run's own collection is not; %s", quoteURL(text), allowed)
	case organization.loopback():
		l.cfg.Connection.Organization = strings.TrimRight(text, "/")
	case !organization.services || organization.port != "443" || len(organization.path) != 1 || organization.releases:
		l.add("organization", "%s is not an organization of Azure DevOps Services; %s", quoteURL(text), allowed)
	default:
		l.cfg.Connection.Organization = strings.TrimRight(text, "/")
	}
}

const federation = "WorkloadIdentityFederation"

// tenant is what may stand in the path of a token request.
var tenant = regexp.MustCompile(`\A[0-9A-Za-z.-]+\z`)

func (l *loader) readServiceConnection() {
	const input = "azureSubscription"
	id, ok := parseGUID(l.in.AzureSubscription)
	if !ok {
		l.add(input, "%s is not a service connection; allowed: the name of one Azure Resource Manager connection of this project (the agent hands over its ID)",
			quote(l.in.AzureSubscription))
		return
	}
	endpoint := l.agent.Endpoint(id.String())
	switch scheme := endpoint.Scheme(); {
	case scheme == "":
		l.add(input, "the job was not given the service connection %s; check that it exists in this project, that it is not disabled (the service does that "+
			"after 100 days without use), and that this pipeline may use it", id)
		return
	case !strings.EqualFold(scheme, federation):
		l.add(input, "the service connection %s keeps a secret or uses a machine's identity (its scheme is %s); allowed: workload identity federation. "+
			"Open Project settings > Service connections, choose the connection and press \"Convert\", or create one of the type Azure Resource Manager with workload identity federation",
			id, quote(scheme))
		return
	}
	connection := &ServiceConnection{
		ID:           id.String(),
		TenantID:     endpoint.Parameter("tenantid").Reveal(),
		ClientID:     endpoint.Parameter("serviceprincipalid").Reveal(),
		AuthorityURL: endpoint.Data("environmentAuthorityUrl"),
	}
	if !tenant.MatchString(connection.TenantID) || !tenant.MatchString(connection.ClientID) {
		l.add(input, "the service connection %s is incomplete: its tenant is %s and its application %s; create it anew with workload identity federation",
			id, quote(connection.TenantID), quote(connection.ClientID))
	}
	if connection.AuthorityURL != "" {
		authority, err := parseServiceURL(connection.AuthorityURL)
		if err != nil || authority.scheme != "https" && (!authority.loopback() || !l.collection.loopback()) {
			l.add(input, "the service connection %s has the authority %s; allowed: an https URL", id, quoteURL(connection.AuthorityURL))
		}
	}
	l.cfg.Connection.ServiceConnection = connection
	l.cfg.Connection.OIDCRequestURI = l.oidcRequestURI()
}

// refuseAliases looks for job variables whose environment variable is one that the task reads. On agents before 5.277
// they replace what the agent itself has put there, so that anybody who may set a variable could redirect the token.
func (l *loader) refuseAliases() {
	public, err := l.agent.PublicVariables()
	l.refuseAliasesAmong(public, err, true)
	secret, err := l.agent.SecretVariables()
	l.refuseAliasesAmong(secret, err, false)
}

func (l *loader) refuseAliasesAmong(names []string, err error, public bool) {
	if err != nil {
		l.environment("%v, so nobody can tell whether a variable replaces an input", err)
	}
	for _, name := range names {
		key := agent.EnvironmentName(name)
		if what := l.replaces(key, public); what != "" {
			l.environment("the job variable %s turns into %s and can replace %s; rename the variable", quote(name), quote(key), what)
		}
	}
}

// replaces says what an environment variable of this name stands for; "" if the task does not depend on it.
func (l *loader) replaces(key string, public bool) string {
	for _, f := range l.in.fields() {
		if f.env == key {
			return "the input " + f.name
		}
	}
	switch {
	case key == "ENDPOINT_URL_SYSTEMVSSCONNECTION":
		return "the address of the job's own connection"
	case strings.HasPrefix(key, "ENDPOINT_AUTH") && strings.Contains(key, "_SYSTEMVSSCONNECTION"),
		public && key == "SECRET_SYSTEM_ACCESSTOKEN":
		return "the job's token"
	}
	if connection := l.cfg.Connection.ServiceConnection; connection != nil &&
		(strings.HasPrefix(key, "ENDPOINT_AUTH") || strings.HasPrefix(key, "ENDPOINT_DATA_")) &&
		strings.Contains(key, "_"+strings.ToUpper(connection.ID)) {
		return "the service connection"
	}
	return ""
}

// readNetwork reads how the agent reaches the service.
func (l *loader) readNetwork() {
	network, warnings, err := l.agent.Network()
	if err != nil {
		l.environment("%v", err)
	}
	l.cfg.Network, l.cfg.Warnings = network, append(l.cfg.Warnings, warnings...)
	l.secret(network.Passwords...)
}

func (l *loader) warn(format string, args ...any) {
	l.cfg.Warnings = append(l.cfg.Warnings, fmt.Sprintf(format, args...))
}
