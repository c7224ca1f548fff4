package config

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// tfsGit is the provider of a repository in Azure Repos.
const tfsGit = "TfsGit"

// isRelease reports whether the run is a stage of a classic release: the variable is then "release", or "deployment" in a
// job on a deployment group, or "gates"; all else is "build". A laptop has no such variable.
func (l *loader) isRelease() bool {
	return l.env.HostType != "" && !strings.EqualFold(l.env.HostType, "build")
}

// isValidation reports whether the run is itself the validation of a pull request. A release keeps the reason of the
// build that it deploys, and in another organization there is no pull request of this run.
func (l *loader) isValidation() bool {
	return strings.EqualFold(l.env.BuildReason, "PullRequest") && strings.EqualFold(l.env.Repository.Provider, tfsGit) &&
		!l.isRelease() && !l.foreign()
}

// foreign reports whether the run works in another organization than its own, where its project, its repository and its
// pull request mean nothing. It does not where the input organization names the run's own one.
func (l *loader) foreign() bool {
	if !l.given["organization"] {
		return false
	}
	named, err := parseServiceURL(l.cfg.Connection.Organization)
	return err != nil || !named.sameOrganization(l.collection)
}

// readScope finds out which pull requests the run is about.
func (l *loader) readScope() {
	l.cfg.Repositories = patterns(&l.faults, "repositories", splitList(l.in.Repositories, "comma"), requeue.NewRepositoryPatterns)
	l.readPullRequestIDs()
	if l.foreign() {
		l.checkForeignRepositories()
		return
	}
	l.readProject()
	provider := l.readRunRepository()
	if l.isValidation() {
		l.readValidation()
		return
	}
	if !l.given["repositories"] && !l.given["pullRequestIds"] && l.cfg.RunRepository == (RunRepository{}) {
		l.add("repositories", "%s; name the repositories, such as web, project/web, or * for all of this project", l.noRunRepository(provider))
	}
}

func (l *loader) readPullRequestIDs() {
	for _, item := range splitList(l.in.PullRequestIDs, "comma") {
		id, _, ok := number(item, 1, largest)
		switch {
		case !ok:
			l.add("pullRequestIds", "%s is not the number of a pull request; allowed: 1 to %d, separated by commas or new lines", quote(item), largest)
		case !slices.Contains(l.cfg.PullRequestIDs, id):
			l.cfg.PullRequestIDs = append(l.cfg.PullRequestIDs, id)
		}
	}
}

// checkForeignRepositories insists on projects: the run's own does not exist in another organization.
func (l *loader) checkForeignRepositories() {
	including := false
	for _, item := range l.cfg.Repositories.Items {
		including = including || !item.Exclude
		if item.Project == "" {
			l.add("repositories", "%s names no project, and this run's project is not in the other organization; allowed: project/repository, or */* for all that is visible", quote(item.Text))
		}
	}
	if len(l.cfg.Repositories.Items) > 0 && !including {
		l.add("repositories", "there are only exclusions, and in another organization no project that they could apply to; add what is included, such as */*")
	}
}

func (l *loader) readProject() {
	l.cfg.Project.Name = l.env.Project
	if l.env.ProjectID != "" {
		id, ok := parseGUID(l.env.ProjectID)
		if !ok {
			l.environment("SYSTEM_TEAMPROJECTID is %s, which is not the ID of a project", quote(l.env.ProjectID))
		}
		l.cfg.Project.ID = id
	}
	if l.env.Project == "" && l.env.ProjectID == "" {
		l.environment("SYSTEM_TEAMPROJECT is not set; outside a pipeline set it to the name of the project")
	}
}

// readValidation limits a run that validates a pull request to that one, and keeps it from starting itself for ever.
// Where that guard cannot be set up, the run must not start.
func (l *loader) readValidation() {
	if !l.given["pullRequestIds"] {
		id, _, ok := number(l.env.PullRequestID, 1, largest)
		if !ok {
			l.add("pullRequestIds", "this run validates a pull request, but SYSTEM_PULLREQUEST_PULLREQUESTID, which is %s, does not tell its number; allowed: 1 to %d",
				quote(l.env.PullRequestID), largest)
		}
		l.cfg.ValidatesPullRequest = id
	}
	definition, _, ok := number(l.env.DefinitionID, 1, largest)
	if !ok {
		l.environment("SYSTEM_DEFINITIONID is %s, so this run cannot tell the evaluations of its own pipeline from others; allowed: 1 to %d",
			quote(l.env.DefinitionID), largest)
	}
	if l.env.ProjectID == "" {
		l.environment("SYSTEM_TEAMPROJECTID is not set, so this run cannot tell the evaluations of its own pipeline from others")
	}
	l.cfg.Rules.OwnPipeline = requeue.PipelineRef{ProjectID: l.cfg.Project.ID, ID: definition}
}

// readRunRepository finds the repository that the run was started for and returns its provider.
func (l *loader) readRunRepository() string {
	provider, repository := l.env.Repository.Provider, RunRepository{ID: l.env.Repository.ID, Name: l.env.Repository.Name}
	uri, inRepos := l.env.Repository.URI, strings.EqualFold(provider, tfsGit)
	project := l.cfg.Project
	if l.isRelease() {
		kind := l.artifact("TYPE")
		provider, uri = l.artifact("REPOSITORY_PROVIDER"), l.artifact("REPOSITORY_URI")
		repository.ID, repository.Name = l.artifact("REPOSITORY_ID"), l.artifact("REPOSITORY_NAME")
		inRepos = strings.EqualFold(provider, tfsGit)
		if strings.EqualFold(kind, "Git") && (provider == "" || strings.EqualFold(provider, "Git")) {
			// An artifact that is the repository itself; the definition's variables then speak of the repository.
			inRepos = true
			repository.ID = cmp.Or(repository.ID, l.artifact("DEFINITIONID"))
			repository.Name = cmp.Or(repository.Name, l.artifact("DEFINITIONNAME"))
		}
		project = l.otherProject(l.artifact("PROJECTID"), l.artifact("PROJECTNAME"))
	}
	if !inRepos || repository.ID == "" && repository.Name == "" {
		return provider
	}
	if name := l.projectOf(uri); name != "" && !strings.EqualFold(name, project.Name) {
		project = l.otherProject("", name)
	}
	repository.Project = project
	l.cfg.RunRepository = repository
	return provider
}

// artifact reads a variable of a release's primary artifact, which has two names.
func (l *loader) artifact(variable string) string {
	value := l.get("BUILD_" + variable)
	if value == "" && l.env.PrimaryArtifact != "" {
		value = l.get("RELEASE_ARTIFACTS_" + agent.EnvironmentName(l.env.PrimaryArtifact) + "_" + variable)
	}
	return value
}

// otherProject is the project with this ID or name: the run's own if it is that one or none is named.
func (l *loader) otherProject(id, name string) requeue.Project {
	own := l.cfg.Project
	parsed, isGUID := parseGUID(cmp.Or(id, name)) // in a URL the ID may stand for the name
	switch {
	case isGUID && parsed == own.ID, !isGUID && (name == "" || strings.EqualFold(name, own.Name)):
		return own
	case !isGUID:
		return requeue.Project{Name: name}
	case id == "":
		return requeue.Project{ID: parsed}
	}
	return requeue.Project{ID: parsed, Name: name}
}

// projectOf finds the project in the URL of a repository: a pipeline may build the repository of another project. It
// returns "" for a URL outside the run's organization.
func (l *loader) projectOf(repository string) string {
	parsed, err := url.Parse(repository)
	if err != nil {
		return ""
	}
	parsed.User = nil // https://fabrikam@dev.azure.com/fabrikam/...
	theirs, err := parseServiceURL(parsed.String())
	if err != nil {
		return ""
	}
	path, inside := theirs.within(l.collection)
	switch git := slices.Index(path, "_git"); {
	case !inside || git < 0 || git+1 >= len(path):
		return ""
	case git == 0:
		return path[1] // the repository that has its project's name
	}
	return path[0]
}

// parseGUID reads the dashed form only.
func parseGUID(text string) (uuid.UUID, bool) {
	id, err := uuid.Parse(text)
	return id, err == nil && len(text) == len(uuid.Nil.String())
}

func (l *loader) noRunRepository(provider string) string {
	switch {
	case provider != "" && !strings.EqualFold(provider, tfsGit):
		return "the repository of this run is not in Azure Repos (its provider is " + quote(provider) + ")"
	case l.isRelease():
		return "this release has no primary artifact from Azure Repos"
	}
	return "this run has no repository of its own"
}
