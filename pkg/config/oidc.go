package config

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"
)

// oidcRequestURI is where the job asks for the identity token of a service connection, without a query. The variable
// names it; older agents and servers do not, and there it is the address at which the service takes such requests.
func (l *loader) oidcRequestURI() string {
	if l.env.OIDCRequestURI == "" {
		return l.madeOIDCRequestURI()
	}
	address, _, _ := strings.Cut(l.env.OIDCRequestURI, "?") // a version says nothing about where it leads to
	request, err := parseServiceURL(address)
	if _, inside := request.within(l.collection.organization()); err != nil || !inside {
		l.environment("SYSTEM_OIDCREQUESTURI is %s, which does not belong to %s; the token stays here. Look for a variable of the pipeline that replaces it",
			quoteURL(l.env.OIDCRequestURI), quoteURL(l.env.CollectionURI))
	}
	return address
}

// hubName is the kind of a plan, as the service names it.
var hubName = regexp.MustCompile(`\A[A-Za-z]{1,40}\z`)

// madeOIDCRequestURI puts the address together. The hub is the kind of the job, as the agent has it
// (ContainerOperationProvider.cs, CreateOidcTokenAsync).
func (l *loader) madeOIDCRequestURI() string {
	project, hub := cmp.Or(l.env.ProjectID, l.env.Project), strings.ToLower(l.env.HostType)
	plan, planKnown := parseGUID(l.env.PlanID)
	job, jobKnown := parseGUID(l.env.JobID)
	if !planKnown || !jobKnown || project == "" || !hubName.MatchString(hub) {
		l.add("azureSubscription", "SYSTEM_OIDCREQUESTURI is not set, and without a project, SYSTEM_HOSTTYPE, SYSTEM_PLANID and SYSTEM_JOBID its value cannot be told, "+
			"so the job cannot prove its identity to the service connection; leave azureSubscription blank, or run as a task of a pipeline")
		return ""
	}
	return l.cfg.CollectionURL + "/" + url.PathEscape(project) + "/_apis/distributedtask/hubs/" + hub +
		"/plans/" + plan.String() + "/jobs/" + job.String() + "/oidctoken"
}
