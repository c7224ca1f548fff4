package config

// oidcRequestURI is where the job asks for the identity token of a service connection, without a query.
func (l *loader) oidcRequestURI() string {
	address := l.agent.OIDCRequestURI(l.cfg.CollectionURL)
	switch {
	case address == "":
		l.add("azureSubscription", "SYSTEM_OIDCREQUESTURI is not set, and without a project, SYSTEM_HOSTTYPE, SYSTEM_PLANID and SYSTEM_JOBID its value cannot be told, "+
			"so the job cannot prove its identity to the service connection; leave azureSubscription blank, or run as a task of a pipeline")
	case l.env.OIDCRequestURI != "": // else it was made of the collection
		request, err := parseServiceURL(address)
		if _, inside := request.within(l.collection.organization()); err != nil || !inside {
			l.environment("SYSTEM_OIDCREQUESTURI is %s, which does not belong to %s; the token stays here. Look for a variable of the pipeline that replaces it",
				quoteURL(l.env.OIDCRequestURI), quoteURL(l.env.CollectionURI))
		}
	}
	return address
}
