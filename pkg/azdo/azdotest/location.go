package azdotest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The locations that the stand-in serves, by the names that their resources have.
const (
	idBuilds                = "0cd358e1-9217-4d94-8269-1c1ee6f93dcf"
	idDefinitions           = "dbeaf647-6167-421a-bda9-c9327b25e2e6"
	idTimeline              = "8baac422-4c6e-4de5-8532-db96d92acffa"
	idLogs                  = "35a80daf-7f30-45fc-86e8-6b813d9c90df"
	idProjects              = "603fe2ac-9723-48b9-88ad-09305aa6c6e1"
	idGitPolicies           = "2c420070-a0a2-49cc-9639-c9f271c5ff07"
	idPullRequestQuery      = "b3a6eebe-9cf0-49ea-b6cb-1a4c5f5007b0"
	idPullRequestByID       = "01a46dea-7d46-4d40-bc84-319e7c260d99"
	idPullRequests          = "9946fd70-0d40-406e-b686-b4744cbbcc37"
	idPullRequestsByProject = "a5d28130-9cd2-40fa-9f08-902e7daa9efb"
	idLabels                = "f22387e3-984e-4c52-9c6d-fbb8f14c812d"
	idThreads               = "ab6e2e5d-a0b7-4153-b64a-a4efe0d49449"
	idIterations            = "d43911ee-6958-46b0-a42b-8445b8a0d004"
	idComments              = "965a3ec7-5ed8-455a-bdcb-835a5ea7fe7b"
	idReviewers             = "4b6702c7-aa35-4b89-9c96-b9abf6d3e540"
	idRefs                  = "2d874a60-a811-4f62-9c9f-963a6ea0a55b"
	idRepositories          = "225f7195-f9c7-4d14-ab28-a83f7ff77e1f"
	idConnectionData        = "00d9565f-ed9c-4a06-9a50-00e7896ccab4"
	idResourceAreas         = "e81700f7-3be2-46de-8624-2eb35882fcaa"
	idPolicies              = "dad91cbe-d183-45f8-9c6e-9c1164472121"
	idEvaluation            = "46aecb7a-5d2c-4647-897b-0209505a9fe4"
	idEvaluations           = "c23ddff5-229c-4d04-a80b-0fdce9f360c8"
	idPolicyRevisions       = "fe1e68a2-60d3-43cb-855b-85e41ae97c95"
	idPolicyTypes           = "44096322-2d3d-466a-bb30-d1b7de69f61f"
)

// location is one line of the location table, as OPTIONS _apis sends it.
type location struct {
	ID              string `json:"id"`
	Area            string `json:"area"`
	ResourceName    string `json:"resourceName"`
	RouteTemplate   string `json:"routeTemplate"`
	ResourceVersion int    `json:"resourceVersion"`
	MinVersion      string `json:"minVersion"`
	MaxVersion      string `json:"maxVersion"`
	ReleasedVersion string `json:"releasedVersion"`
}

// locations is the table of a server, by ID. A version of 0.0 says that the resource was never released.
func locations(w *World) map[string]location {
	const repository = "{project}/_apis/{area}/repositories/{repositoryId}/"
	const pullRequest = repository + "pullRequests/{pullRequestId}/"
	table := map[string]location{}
	add := func(id, area, name, template, minVersion string, released bool, resourceVersions ...int) {
		if slices.Contains(w.WithoutLocations, id) {
			return
		}
		l := location{
			ID: id, Area: area, ResourceName: name, RouteTemplate: template, MinVersion: minVersion, MaxVersion: w.Version,
			ReleasedVersion: "0.0", ResourceVersion: resourceVersion(w.Version, resourceVersions),
		}
		if released {
			l.ReleasedVersion = releasedVersion(w)
		}
		table[id] = l
	}
	add(idBuilds, "Build", "Builds", "{project}/_apis/build/{resource}/{buildId}", "1.0", true, 4, 5, 7)
	add(idDefinitions, "Build", "Definitions", "{project}/_apis/build/{resource}/{definitionId}", "1.0", true, 6, 7)
	add(idTimeline, "Build", "Timeline", "{project}/_apis/build/builds/{buildId}/{resource}/{timelineId}", "2.0", true, 2)
	add(idLogs, "Build", "Logs", "{project}/_apis/build/builds/{buildId}/{resource}/{logId}", "2.0", true, 2)
	add(idProjects, "core", "projects", "_apis/{resource}/{*projectId}", "1.0", true, 3, 4)
	add(idGitPolicies, "git", "policyConfigurations", "{project}/_apis/{area}/policy/configurations", "5.0", w.Version > "6.0" || w.Version == "6.0" && w.Style == "server", 1)
	add(idPullRequestQuery, "git", "pullRequestQuery", repository+"{resource}", "3.0", true, 1)
	add(idPullRequestByID, "git", "pullRequests", "{project}/_apis/{area}/{resource}/{pullRequestId}", "3.0", true, 1, 1, 1, 1, 1, 2)
	add(idPullRequests, "git", "pullRequests", repository+"{resource}/{pullRequestId}", "1.0", true, 1, 1, 1, 1, 1, 2)
	add(idPullRequestsByProject, "git", "pullRequests", "{project}/_apis/{area}/{resource}", "1.0", true, 1, 1, 1, 1, 1, 2)
	add(idLabels, "git", "pullRequestLabels", pullRequest+"labels/{labelIdOrName}", "4.0", w.Version > "5.0", 1)
	add(idThreads, "git", "pullRequestThreads", pullRequest+"threads/{threadId}", "3.0", true, 1)
	add(idIterations, "git", "pullRequestIterations", pullRequest+"iterations/{iterationId}", "3.0", true, 1, 1, 1, 1, 2)
	add(idComments, "git", "pullRequestThreadComments", pullRequest+"threads/{threadId}/comments/{commentId}", "3.0", true, 1)
	add(idReviewers, "git", "pullRequestReviewers", pullRequest+"reviewers/{reviewerId}", "3.0", true, 1)
	add(idRefs, "git", "refs", repository+"{resource}/{*filter}", "1.0", true, 1)
	add(idRepositories, "git", "repositories", "{project}/_apis/{area}/{resource}/{repositoryId}", "1.0", true, 1)
	add(idConnectionData, "Location", "ConnectionData", "_apis/{resource}", "1.0", false, 1)
	add(idResourceAreas, "Location", "ResourceAreas", "_apis/{resource}/{areaId}", "3.2", false, 1)
	add(idPolicies, "policy", "configurations", "{project}/_apis/{area}/{resource}/{configurationId}", "2.0", true, 1)
	add(idEvaluation, "policy", "evaluations", "{project}/_apis/{area}/{resource}/{evaluationId}", "2.0", false, 1)
	add(idEvaluations, "policy", "evaluations", "{project}/_apis/{area}/{resource}", "2.0", false, 1)
	add(idPolicyRevisions, "policy", "revisions", "{project}/_apis/{area}/configurations/{configurationId}/{resource}/{revisionId}", "2.0", true, 1)
	add(idPolicyTypes, "policy", "types", "{project}/_apis/{area}/{resource}/{typeId}", "2.0", true, 1)
	return table
}

func serverVersions() []string { return []string{"5.0", "6.0", "6.1", "7.0", "7.1", "7.2"} }

// resourceVersion picks the one of a server version; the last one given also holds for those that follow.
func resourceVersion(version string, versions []int) int {
	at := max(slices.Index(serverVersions(), version), 0)
	return versions[min(at, len(versions)-1)]
}

// releasedVersion is the newest version without "preview": on a Server its own, in Services the one before.
func releasedVersion(w *World) string {
	if w.Style == "server" {
		return w.Version
	}
	return map[string]string{"5.0": "4.1", "6.0": "5.1", "6.1": "6.0", "7.0": "6.0", "7.1": "7.0", "7.2": "7.1"}[w.Version]
}

// getAreaOptions answers with the part of the table that the official client for Node asks for.
func (s *Server) getAreaOptions(c *call) answer {
	var found []location
	for _, l := range s.table {
		if strings.EqualFold(l.Area, c.values["area"]) {
			found = append(found, l)
		}
	}
	slices.SortFunc(found, func(a, b location) int { return strings.Compare(a.ResourceName+a.ID, b.ResourceName+b.ID) })
	return list(found)
}

func (s *Server) getOptions(*call) answer {
	if s.options == nil {
		list := make([]location, 0, 800)
		for _, l := range s.table {
			list = append(list, l)
		}
		for i := 0; s.world.AllLocations && len(list) < 773; i++ {
			list = append(list, location{
				ID: guid("location", itoa(i)), Area: "wit", ResourceName: fmt.Sprintf("workItem%03d", i),
				RouteTemplate:   fmt.Sprintf("{project}/{team}/_apis/{area}/{resource}%03d/{id}", i),
				ResourceVersion: 1 + i%4, MinVersion: "1.0", MaxVersion: s.world.Version, ReleasedVersion: releasedVersion(s.world),
			})
		}
		slices.SortFunc(list, func(a, b location) int {
			return strings.Compare(a.Area+a.ResourceName+a.ID, b.Area+b.ResourceName+b.ID)
		})
		s.options = okJSON(counted[location]{len(list), list}).body
	}
	return ok(s.options)
}

// counted is {"count":n,"value":[...]}.
type counted[T any] struct {
	Count int `json:"count"`
	Value []T `json:"value"`
}

func list[T any](items []T) answer {
	if items == nil {
		items = []T{}
	}
	return okJSON(counted[T]{len(items), items})
}

// negotiated is "application/json;api-version=7.1-preview.1", with what matters in groups.
var negotiated = regexp.MustCompile(`(?i)api-version\s*=\s*"?(\d+)\.(\d+)(-preview(?:\.(\d+))?)?`)

// newest is the version of a request that asks for none: the newest that is released, else the newest preview. So the
// official client for Go says (versionnegotiation.go); that other verbs than GET are refused is quoted for POST, PUT and
// DELETE.
func (l location) newest() string {
	if l.ReleasedVersion != "0.0" {
		return l.ReleasedVersion
	}
	return l.MaxVersion + "-preview." + itoa(l.ResourceVersion)
}

// negotiate checks the version that a request asks for against the location table.
func (s *Server) negotiate(c *call) (string, *answer) {
	l, known := s.table[c.resource.location]
	if !known {
		a := noController(c.path)
		return "", &a
	}
	text := c.request.Header.Get("Accept")
	if v := c.query.Get("api-version"); v != "" {
		text = "api-version=" + v
	}
	parts := negotiated.FindStringSubmatch(text)
	if parts == nil && c.request.Method == http.MethodGet {
		return l.newest(), nil
	}
	if parts == nil {
		a := refuse(http.StatusBadRequest, "VssVersionNotSpecifiedException",
			`No api-version was supplied for the "`+c.request.Method+`" request. The version must be supplied either as part of the Accept header (e.g. "application/json; api-version=1.0") or as a query parameter (e.g. "?api-version=1.0").`)
		return "", &a
	}
	asked := parts[1] + "." + parts[2]
	full := asked + parts[3]
	preview, err := strconv.Atoi(parts[4])
	if err != nil {
		preview = 0
	}
	switch {
	case compareVersions(asked, l.MaxVersion) > 0, asked == l.MaxVersion && preview > l.ResourceVersion:
		a := refuse(http.StatusBadRequest, "VssVersionOutOfRangeException",
			"The requested REST API version of "+full+" is out of range for this server. The latest REST API version this server supports is "+l.MaxVersion+".")
		return "", &a
	case compareVersions(asked, l.MinVersion) < 0:
		a := refuse(http.StatusBadRequest, "VssVersionNotSupportedException",
			"The requested version \""+full+"\" of the resource is no longer supported. The oldest supported version is \""+l.MinVersion+"\".")
		return "", &a
	case parts[3] == "" && compareVersions(asked, l.ReleasedVersion) > 0:
		a := refuse(http.StatusBadRequest, "VssInvalidPreviewVersionException",
			"The requested version \""+full+"\" of the resource is under preview. The -preview flag must be supplied in the api-version for such requests. For example: \""+asked+"-preview\"")
		return "", &a
	}
	if parts[3] != "" && preview == 0 {
		full += "." + itoa(l.ResourceVersion)
	}
	return full, nil
}

// before says whether the request asks for an older version of the interface.
func (c *call) before(version string) bool {
	asked, _, _ := strings.Cut(c.version, "-")
	return compareVersions(asked, version) < 0
}

// compareVersions compares "7.1" and "7.2" by number.
func compareVersions(a, b string) int {
	number := func(v string) int {
		major, minor, _ := strings.Cut(v, ".")
		return Ref(major).number()*100 + Ref(minor).number()
	}
	return number(a) - number(b)
}

type wireArea struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	LocationURL string `json:"locationUrl"`
}

func (s *Server) areas() []wireArea {
	filled := s.world.Style == "services"
	if s.world.ResourceAreas != nil {
		filled = *s.world.ResourceAreas
	}
	if !filled {
		return nil
	}
	url := s.base + "/"
	return []wireArea{
		{"4e080c62-fa21-4fbc-8fef-2a10a2b38049", "git", url},
		{"fb13a388-40dd-4a04-b530-013a739c72ef", "policy", url},
		{"965220d5-5bb9-42cf-8d67-9b146df2a5a4", "build", url},
		{"79134c72-4a58-4b42-976c-04e7115f32bf", "core", url},
		{"5264459e-e5e0-4bd8-b118-0985e68a4ec5", "wit", url},
	}
}

func (s *Server) getResourceAreas(*call) answer { return list(s.areas()) }

func (s *Server) getResourceArea(c *call) answer {
	for _, a := range s.areas() {
		if strings.EqualFold(a.ID, c.values["area"]) {
			return okJSON(a)
		}
	}
	return answer{status: http.StatusOK, contentType: contentJSON, body: []byte("null")}
}

type wireUser struct {
	ID                  string                       `json:"id"`
	Descriptor          string                       `json:"descriptor"`
	SubjectDescriptor   string                       `json:"subjectDescriptor"`
	ProviderDisplayName string                       `json:"providerDisplayName"`
	IsActive            bool                         `json:"isActive"`
	Properties          map[string]map[string]string `json:"properties"`
	ResourceVersion     int                          `json:"resourceVersion"`
	MetaTypeID          int                          `json:"metaTypeId"`
}

type wireConnection struct {
	AuthenticatedUser   wireUser            `json:"authenticatedUser"`
	AuthorizedUser      wireUser            `json:"authorizedUser"`
	InstanceID          string              `json:"instanceId"`
	DeploymentID        string              `json:"deploymentId"`
	DeploymentType      string              `json:"deploymentType"`
	LocationServiceData wireLocationService `json:"locationServiceData"`
}

type wireLocationService struct {
	ServiceOwner                string `json:"serviceOwner"`
	DefaultAccessMappingMoniker string `json:"defaultAccessMappingMoniker"`
	LastChangeID                int    `json:"lastChangeId"`
	LastChangeID64              int    `json:"lastChangeId64"`
}

func (s *Server) getConnectionData(*call) answer {
	who := s.identity(s.world.Identity)
	user := wireUser{
		ID: s.world.IdentityID, Descriptor: "Microsoft.TeamFoundation.ServiceIdentity;" + s.world.IdentityID + ":Build:" + s.world.IdentityID,
		SubjectDescriptor: "svc." + s.world.IdentityID, ProviderDisplayName: who.name, IsActive: true, ResourceVersion: 2,
		Properties: map[string]map[string]string{"Account": {"$type": "System.String", "$value": s.world.IdentityID}},
	}
	deployment := "hosted"
	if s.world.Style == "server" {
		deployment = "onPremises"
	}
	return okJSON(wireConnection{
		AuthenticatedUser: user, AuthorizedUser: user, InstanceID: guid("instance", s.world.CollectionPath),
		DeploymentID: guid("deployment"), DeploymentType: deployment,
		LocationServiceData: wireLocationService{
			ServiceOwner: "00025394-6065-48ca-87d9-7f5672854ef7", DefaultAccessMappingMoniker: "PublicAccessMapping",
			LastChangeID: 4711, LastChangeID64: 4711,
		},
	})
}
