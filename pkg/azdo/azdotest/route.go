package azdotest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest/openapi"
)

// Whether a route stands below a project.
const (
	noProject = iota
	anyProject
	inProject
)

// resource is one route and verb.
type resource struct {
	word, method string
	location     string // its ID in the location table; "" needs no version
	project      int
	path         []string // below _apis; "{name}" takes one segment
	params       []string // the query parameters it understands
	handle       func(*Server, *call) answer
}

// Routes returns the words by which faults and changes name the routes.
func Routes() []string {
	var words []string
	for _, r := range routes() {
		if !slices.Contains(words, r.word) {
			words = append(words, r.word)
		}
	}
	return words
}

func routes() []resource {
	const get, post, patch = http.MethodGet, http.MethodPost, http.MethodPatch
	path := func(text string) []string {
		if text == "" {
			return nil
		}
		return strings.Split(text, "/")
	}
	pullRequest := "git/repositories/{repository}/pullRequests/{pullRequest}"
	return []resource{
		{"options", http.MethodOptions, "", noProject, path(""), nil, (*Server).getOptions},
		{"options", http.MethodOptions, "", noProject, path("{area}"), nil, (*Server).getAreaOptions},
		{"resourceAreas", get, idResourceAreas, noProject, path("ResourceAreas"), nil, (*Server).getResourceAreas},
		{"resourceAreas", get, idResourceAreas, noProject, path("ResourceAreas/{area}"), nil, (*Server).getResourceArea},
		{"connectionData", get, idConnectionData, noProject, path("ConnectionData"), []string{"connectOptions", "lastChangeId", "lastChangeId64"}, (*Server).getConnectionData},
		{"projects", get, idProjects, noProject, path("projects"), []string{"stateFilter", "$top", "$skip", "continuationToken", "getDefaultTeamImageUrl"}, (*Server).listProjects},
		{"project", get, idProjects, noProject, path("projects/{aProject}"), []string{"includeCapabilities", "includeHistory"}, (*Server).getProject},
		{"repositories", get, idRepositories, anyProject, path("git/repositories"), []string{"includeLinks", "includeAllUrls", "includeHidden"}, (*Server).listRepositories},
		{"repository", get, idRepositories, anyProject, path("git/repositories/{repository}"), nil, (*Server).getRepository},
		{"pullRequests", get, idPullRequestsByProject, anyProject, path("git/pullRequests"), searchParams(), (*Server).listPullRequests},
		{"pullRequest", get, idPullRequestByID, anyProject, path("git/pullRequests/{pullRequest}"), nil, (*Server).getPullRequest},
		{"pullRequests", get, idPullRequests, anyProject, path("git/repositories/{repository}/pullRequests"), searchParams(), (*Server).listPullRequests},
		{"pullRequest", get, idPullRequests, anyProject, path(pullRequest), []string{"maxCommentLength", "$skip", "$top", "includeCommits", "includeWorkItemRefs"}, (*Server).getPullRequest},
		{"reviewers", get, idReviewers, anyProject, path(pullRequest + "/reviewers"), nil, (*Server).listReviewers},
		{"refs", get, idRefs, anyProject, path("git/repositories/{repository}/refs"), []string{"filter", "filterContains", "$top", "continuationToken", "includeLinks"}, (*Server).listRefs},
		{"labels", get, idLabels, anyProject, path(pullRequest + "/labels"), []string{"projectId"}, (*Server).listLabels},
		{"iterations", get, idIterations, anyProject, path(pullRequest + "/iterations"), []string{"includeCommits"}, (*Server).listIterations},
		{"threads", get, idThreads, anyProject, path(pullRequest + "/threads"), []string{"$iteration", "$baseIteration"}, (*Server).listThreads},
		{"newThread", post, idThreads, anyProject, path(pullRequest + "/threads"), nil, (*Server).createThread},
		{"thread", get, idThreads, anyProject, path(pullRequest + "/threads/{thread}"), nil, (*Server).getThread},
		{"thread", patch, idThreads, anyProject, path(pullRequest + "/threads/{thread}"), nil, (*Server).updateThread},
		{"newComment", post, idComments, anyProject, path(pullRequest + "/threads/{thread}/comments"), nil, (*Server).createComment},
		{"comment", patch, idComments, anyProject, path(pullRequest + "/threads/{thread}/comments/{comment}"), nil, (*Server).updateComment},
		{"policies", get, idGitPolicies, inProject, path("git/policy/configurations"), []string{"repositoryId", "refName", "policyType", "$top", "continuationToken"}, (*Server).listGitPolicies},
		{"policies", get, idPolicies, inProject, path("policy/configurations"), []string{"scope", "policyType", "$top", "continuationToken"}, (*Server).listPolicies},
		{"policy", get, idPolicies, inProject, path("policy/configurations/{configuration}"), nil, (*Server).getPolicy},
		{"policyTypes", get, idPolicyTypes, inProject, path("policy/types"), nil, (*Server).listPolicyTypes},
		{"policyType", get, idPolicyTypes, inProject, path("policy/types/{type}"), nil, (*Server).getPolicyType},
		{"evaluations", get, idEvaluations, inProject, path("policy/evaluations"), []string{"artifactId", "includeNotApplicable", "$top", "$skip"}, (*Server).listEvaluations},
		{"evaluation", get, idEvaluation, inProject, path("policy/evaluations/{evaluation}"), nil, (*Server).getEvaluation},
		{"requeue", patch, idEvaluation, inProject, path("policy/evaluations/{evaluation}"), nil, (*Server).requeueEvaluation},
		{"builds", get, idBuilds, inProject, path("build/builds"), []string{"definitions", "branchName", "reasonFilter", "statusFilter", "resultFilter", "queryOrder", "buildIds", "repositoryId", "repositoryType", "$top", "continuationToken", "deletedFilter"}, (*Server).listBuilds},
		{"build", get, idBuilds, inProject, path("build/builds/{build}"), []string{"propertyFilters"}, (*Server).getBuild},
		{"timeline", get, idTimeline, inProject, path("build/builds/{build}/timeline"), []string{"changeId", "planId"}, (*Server).getTimeline},
		{"timeline", get, idTimeline, inProject, path("build/builds/{build}/timeline/{timeline}"), []string{"changeId", "planId"}, (*Server).getTimeline},
		{"logs", get, idLogs, inProject, path("build/builds/{build}/logs"), nil, (*Server).listLogs},
		{"log", get, idLogs, inProject, path("build/builds/{build}/logs/{log}"), []string{"startLine", "endLine"}, (*Server).getLog},
		{"definitions", get, idDefinitions, inProject, path("build/definitions"), []string{"definitionIds", "name", "$top", "continuationToken", "queryOrder", "includeAllProperties", "includeLatestBuilds"}, (*Server).listDefinitions},
		{"definition", get, idDefinitions, inProject, path("build/definitions/{definition}"), []string{"revision", "propertyFilters"}, (*Server).getDefinition},
	}
}

func searchParams() []string {
	return []string{
		"searchCriteria.status", "searchCriteria.targetRefName", "searchCriteria.sourceRefName", "searchCriteria.repositoryId",
		"searchCriteria.creatorId", "searchCriteria.includeLinks",
		"searchCriteria.minTime", "searchCriteria.maxTime", "searchCriteria.queryTimeRangeType", "maxCommentLength", "$top", "$skip",
	}
}

// call is a request on its way: the route, and what it is about as far as that exists.
type call struct {
	request   *http.Request
	body      []byte
	query     url.Values
	path      string    // below the collection
	segments  []string  // of that path
	route     string    // the word, "" for an unknown one
	resource  *resource // nil for an unknown one
	values    map[string]string
	operation *openapi.Operation // by the description, if there is one
	version   string             // that the request asks for, such as "7.1-preview.1"; "" where none is needed

	projectSegment, repositorySegment string
	pullRequest, policy, build        int

	project    *Project
	repository *Repository
	entry      *entry
	evaluation *evaluationEntry
}

// read finds the route of a request and what it is about.
func (s *Server) read(r *http.Request, body []byte) *call {
	c := &call{request: r, body: body, query: r.URL.Query(), path: r.URL.Path}
	segments, below := s.below(r.URL)
	if !below {
		return c
	}
	c.path, c.segments = "/"+strings.Join(segments, "/"), segments
	at := slices.IndexFunc(segments, func(s string) bool { return strings.EqualFold(s, "_apis") })
	if at < 0 || at > 1 {
		return c
	}
	if at == 1 {
		c.projectSegment = segments[0]
	}
	for i := range s.routes {
		if s.routes[i].fits(r.Method, at == 1, segments[at+1:]) {
			c.resource = &s.routes[i]
			c.route = c.resource.word
			break
		}
	}
	if c.resource == nil || slices.Contains(s.world.WithoutLocations, c.resource.location) {
		c.resource = nil
		return c
	}
	c.values = map[string]string{}
	for i, p := range c.resource.path {
		if strings.HasPrefix(p, "{") {
			c.values[p[1:len(p)-1]] = segments[at+1+i]
		}
	}
	s.resolveCall(c)
	return c
}

// below returns the decoded segments of a URL below the collection.
func (s *Server) below(u *url.URL) ([]string, bool) {
	segments := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	for i, segment := range segments {
		decoded, err := url.PathUnescape(segment)
		if err != nil {
			return nil, false
		}
		segments[i] = decoded
		if i < len(s.root) && !strings.EqualFold(decoded, s.root[i]) {
			return nil, false
		}
	}
	if len(segments) < len(s.root) {
		return nil, false
	}
	return segments[len(s.root):], true
}

func (r *resource) fits(method string, hasProject bool, segments []string) bool {
	if r.method != method || len(segments) != len(r.path) ||
		hasProject && r.project == noProject || !hasProject && r.project == inProject {
		return false
	}
	for i, p := range r.path {
		if !strings.HasPrefix(p, "{") && !strings.EqualFold(p, segments[i]) {
			return false
		}
	}
	return true
}

func (r *resource) accepts(param string) bool {
	return strings.EqualFold(param, "api-version") ||
		slices.ContainsFunc(r.params, func(p string) bool { return strings.EqualFold(p, param) })
}

// resolveCall looks up what the path names.
func (s *Server) resolveCall(c *call) {
	if c.resource == nil {
		return
	}
	c.project, c.repository, c.entry, c.evaluation = nil, nil, nil, nil
	c.pullRequest, c.policy, c.build = 0, 0, 0
	if c.projectSegment != "" {
		c.project = s.world.Project(c.projectSegment)
	}
	if name, ok := c.values["repository"]; ok {
		c.repositorySegment = name
		c.repository = s.findRepository(c.project, name)
		if c.repository != nil && c.project == nil {
			c.project = s.index.projectOf[c.repository]
		}
	}
	if text, ok := c.values["pullRequest"]; ok {
		c.pullRequest = Ref(text).number()
		c.entry = s.index.pullRequests[c.pullRequest]
	}
	if text, ok := c.values["build"]; ok {
		c.build = Ref(text).number()
	}
	if id, ok := c.values["evaluation"]; ok {
		if ev := s.index.evaluations[strings.ToLower(id)]; ev != nil && ev.project == c.project {
			c.evaluation = ev
			c.entry = ev.entry
			c.pullRequest = ev.pullRequest.ID
			c.policy = ev.policy.ID
			c.build = ev.evaluation.Build
		}
	}
	if c.route == "evaluations" {
		_, c.pullRequest = artifact(c.query.Get("artifactId"))
		c.entry = s.index.pullRequests[c.pullRequest]
	}
	if c.entry != nil && c.repository == nil && c.project == c.entry.project {
		c.repository = c.entry.repository
	}
}

func (s *Server) findRepository(p *Project, name string) *Repository {
	if p != nil {
		return p.repository(name)
	}
	if !isGUID(name) {
		return nil // a name needs its project
	}
	for _, p := range s.world.Projects {
		if repo := p.repository(name); repo != nil {
			return repo
		}
	}
	return nil
}

func (c *call) projectName() string {
	if c.project == nil {
		return c.projectSegment
	}
	return c.project.Name
}

func (c *call) repositoryName() string {
	if c.repository == nil {
		return c.repositorySegment
	}
	return c.repository.ID
}

func isGUID(text string) bool { return uuid.Validate(text) == nil && len(text) == 36 }

func itoa(n int) string { return strconv.Itoa(n) }

// describe names a pull request's evaluation in Writes.
func (c *call) describe() string {
	method := c.request.Method
	pr := " pr=" + strconv.Itoa(c.pullRequest)
	switch c.route {
	case "requeue":
		name := "unknown"
		if c.evaluation != nil {
			name = c.evaluation.policyName()
		}
		return method + " evaluation" + pr + " policy=" + strconv.Itoa(c.policy) + " (" + name + ")"
	case "newThread":
		return method + " thread" + pr
	case "thread":
		return method + " thread" + pr + " thread=" + c.values["thread"]
	case "newComment", "comment":
		text := method + " comment" + pr + " thread=" + c.values["thread"]
		if id := c.values["comment"]; id != "" {
			text += " comment=" + id
		}
		return text
	default:
		return method + " " + c.request.URL.Path
	}
}
