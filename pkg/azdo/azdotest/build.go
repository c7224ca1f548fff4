package azdotest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

type wireDefinition struct {
	Drafts      []string    `json:"drafts"`
	ID          int         `json:"id"`
	Name        string      `json:"name"`
	URL         string      `json:"url"`
	URI         string      `json:"uri"`
	Path        string      `json:"path"`
	Type        string      `json:"type"`
	QueueStatus string      `json:"queueStatus"`
	Revision    int         `json:"revision"`
	Project     wireProject `json:"project"`
}

type wireBuild struct {
	Links             map[string]wireLink `json:"_links"`
	Properties        struct{}            `json:"properties"`
	Tags              []string            `json:"tags"`
	ValidationResults []string            `json:"validationResults"`
	Plans             []wirePlan          `json:"plans"`
	TriggerInfo       map[string]string   `json:"triggerInfo"`
	ID                int                 `json:"id"`
	BuildNumber       string              `json:"buildNumber"`
	Status            string              `json:"status"`
	Result            string              `json:"result,omitempty"`
	QueueTime         string              `json:"queueTime"`
	StartTime         string              `json:"startTime,omitempty"`
	FinishTime        string              `json:"finishTime,omitempty"`
	URL               string              `json:"url"`
	Definition        wireDefinition      `json:"definition"`
	Project           wireProject         `json:"project"`
	URI               string              `json:"uri"`
	SourceBranch      string              `json:"sourceBranch"`
	SourceVersion     string              `json:"sourceVersion"`
	Priority          string              `json:"priority"`
	Reason            string              `json:"reason"`
	RequestedFor      wireIdentity        `json:"requestedFor"`
	RequestedBy       wireIdentity        `json:"requestedBy"`
	LastChangedDate   string              `json:"lastChangedDate"`
	LastChangedBy     wireIdentity        `json:"lastChangedBy"`
	Parameters        string              `json:"parameters,omitempty"`
	OrchestrationPlan wirePlan            `json:"orchestrationPlan"`
	Logs              wireLog             `json:"logs"`
	Repository        wireBuildRepository `json:"repository"`
	KeepForever       bool                `json:"keepForever"`
	RetainedByRelease bool                `json:"retainedByRelease"`
	TriggeredByBuild  *struct{}           `json:"triggeredByBuild"`
}

type wirePlan struct {
	PlanID string `json:"planId"`
}

type wireLog struct {
	ID   int    `json:"id"`
	Type string `json:"type"`
	URL  string `json:"url"`
}

type wireBuildRepository struct {
	ID                 string  `json:"id"`
	Type               string  `json:"type"`
	Name               string  `json:"name"`
	URL                string  `json:"url"`
	Clean              *string `json:"clean"`
	CheckoutSubmodules bool    `json:"checkoutSubmodules"`
}

func (s *Server) wireDefinition(p *Project, d *Pipeline) wireDefinition {
	return wireDefinition{
		Drafts: []string{}, ID: d.ID, Name: d.Name, URL: s.base + "/" + p.ID + "/_apis/build/Definitions/" + itoa(d.ID) + "?revision=2",
		URI: "vstfs:///Build/Definition/" + itoa(d.ID), Path: `\`, Type: "build", QueueStatus: d.QueueStatus, Revision: 2, Project: s.wireProject(p),
	}
}

func (s *Server) wireBuild(p *Project, b *Build) []byte {
	id := itoa(b.ID)
	page := s.base + "/" + p.ID + "/_apis/build/Builds/" + id
	plan := wirePlan{guid("plan", id)}
	who := s.wireIdentity("Microsoft.VisualStudio.Services.TFS")
	w := wireBuild{
		Links: map[string]wireLink{
			"self":     {page},
			"web":      {s.base + "/" + p.ID + "/_build/results?buildId=" + id},
			"timeline": {page + "/Timeline"},
		},
		Tags: []string{}, ValidationResults: []string{}, Plans: []wirePlan{plan}, TriggerInfo: map[string]string{}, ID: b.ID,
		BuildNumber: "20240513." + id, Status: b.Status, Result: b.Result, QueueTime: b.Queued, StartTime: b.Started, FinishTime: b.Finished,
		URL: page, Project: s.wireProject(p), URI: "vstfs:///Build/Build/" + id, SourceBranch: b.Branch, SourceVersion: b.MergeCommit,
		Priority: "normal", Reason: b.Reason, RequestedFor: who, RequestedBy: who, LastChangedDate: b.Queued, LastChangedBy: who,
		OrchestrationPlan: plan, Logs: wireLog{Type: "Container", URL: page + "/logs"},
	}
	if d := p.pipeline(b.Pipeline); d != nil {
		w.Definition = s.wireDefinition(p, d)
	}
	if e := s.index.pullRequests[b.PullRequest]; e != nil {
		w.RequestedFor = s.wireIdentity(e.pullRequest.Author)
		w.Repository = wireBuildRepository{
			ID: e.repository.ID, Type: "TfsGit", Name: e.repository.Name,
			URL: s.base + "/" + url.PathEscape(p.Name) + "/_git/" + url.PathEscape(e.repository.Name),
		}
		s.sayWhatWasBuilt(&w, b, e)
	} else if len(p.Repositories) > 0 {
		repo := p.Repositories[0]
		w.Repository = wireBuildRepository{ID: repo.ID, Type: "TfsGit", Name: repo.Name, URL: s.repositoryURL(p, repo)}
	}
	return encode(w, b.Raw)
}

// sayWhatWasBuilt puts the source commit where Behaviour.BuildSource says.
func (s *Server) sayWhatWasBuilt(w *wireBuild, b *Build, e *entry) {
	pr := e.pullRequest
	w.TriggerInfo["pr.number"] = itoa(pr.ID)
	w.TriggerInfo["pr.isFork"] = "False"
	if pr.Fork {
		w.TriggerInfo["pr.isFork"] = "True"
	}
	w.TriggerInfo["pr.triggerRepository"] = e.repository.ID
	w.TriggerInfo["pr.triggerRepository.Type"] = "TfsGit"
	switch s.world.Behaviour.BuildSource {
	case "parameters":
		text, err := json.Marshal(map[string]string{
			"system.pullRequest.pullRequestId":        itoa(pr.ID),
			"system.pullRequest.sourceBranch":         pr.Source,
			"system.pullRequest.targetBranch":         pr.Target,
			"system.pullRequest.sourceCommitId":       b.SourceCommit,
			"system.pullRequest.sourceRepositoryUri":  w.Repository.URL,
			"system.pullRequest.pullRequestIteration": "1",
		})
		if err == nil {
			w.Parameters = string(text)
		}
	case "triggerInfo":
		w.TriggerInfo["pr.sourceSha"] = b.SourceCommit
	}
}

func (s *Server) listBuilds(c *call) answer {
	if repo := c.param("repositoryId"); repo != "" && c.param("repositoryType") == "" {
		return badRequest("The query parameter 'repositoryType' is needed with 'repositoryId'.")
	}
	order := c.param("queryOrder")
	key, ascending, known := buildOrder(order)
	if !known {
		return badRequest("The value '" + order + "' of the query parameter 'queryOrder' is not valid.")
	}
	candidates := c.project.Builds
	if branch := c.param("branchName"); branch != "" {
		candidates = s.index.ofBranch[c.project][branch]
	}
	now := stamp(time.Now())
	var found []*Build
	for _, b := range candidates {
		if b.visibleFrom <= now && s.seesBuild(b) &&
			oneOf(c.param("definitions"), string(b.Pipeline)) && oneOf(c.param("reasonFilter"), b.Reason) &&
			oneOf(c.param("statusFilter"), b.Status) && (c.param("resultFilter") == "" || oneOf(c.param("resultFilter"), b.Result)) &&
			oneOf(c.param("buildIds"), itoa(b.ID)) && s.ofRepository(b, c.param("repositoryId")) {
			found = append(found, b)
		}
	}
	slices.SortStableFunc(found, func(a, b *Build) int {
		sign := 1
		if !ascending {
			sign = -1
		}
		if by := strings.Compare(key(a), key(b)); by != 0 {
			return sign * by
		}
		return sign * (a.ID - b.ID)
	})
	from, to, next, refusal := c.pageByToken(len(found), s.world.Pages.Builds)
	if refusal != nil {
		return *refusal
	}
	items := make([][]byte, 0, to-from)
	for _, b := range found[from:to] {
		items = append(items, s.wireBuild(c.project, b))
	}
	a := listOf(items)
	if next != "" {
		a.set("X-Ms-Continuationtoken", next)
	}
	return a
}

// buildOrder reads queryOrder. What has no time yet comes last in time.
func buildOrder(text string) (key func(*Build) string, ascending, known bool) {
	last := func(t string) string {
		if t == "" {
			return "9999"
		}
		return t
	}
	switch strings.ToLower(text) {
	case "", "queuetimedescending":
		return func(b *Build) string { return b.Queued }, false, true
	case "queuetimeascending":
		return func(b *Build) string { return b.Queued }, true, true
	case "starttimedescending":
		return func(b *Build) string { return last(b.Started) }, false, true
	case "starttimeascending":
		return func(b *Build) string { return last(b.Started) }, true, true
	case "finishtimedescending":
		return func(b *Build) string { return last(b.Finished) }, false, true
	case "finishtimeascending":
		return func(b *Build) string { return last(b.Finished) }, true, true
	default:
		return nil, false, false
	}
}

// seesBuild says whether the token may see a build, which is so but for those of hidden repositories.
func (s *Server) seesBuild(b *Build) bool {
	e := s.index.pullRequests[b.PullRequest]
	return e == nil || !e.repository.Hidden
}

func (s *Server) ofRepository(b *Build, id string) bool {
	if id == "" {
		return true
	}
	e := s.index.pullRequests[b.PullRequest]
	return e != nil && strings.EqualFold(e.repository.ID, id)
}

// addressedBuild is the build that the path names, if it is one of that project.
func (s *Server) addressedBuild(c *call) (*Build, *answer) {
	b := s.index.builds[c.build]
	if b == nil || !slices.Contains(s.index.ofBranch[c.project][b.Branch], b) || !s.seesBuild(b) || b.visibleFrom > stamp(time.Now()) {
		a := refuse(http.StatusNotFound, "BuildNotFoundException", "The requested build "+c.values["build"]+" could not be found.")
		return nil, &a
	}
	return b, nil
}

func (s *Server) getBuild(c *call) answer {
	b, refusal := s.addressedBuild(c)
	if refusal != nil {
		return *refusal
	}
	return ok(s.wireBuild(c.project, b))
}

type wireIssue struct {
	Type     string            `json:"type"`
	Category string            `json:"category"`
	Message  string            `json:"message"`
	Data     map[string]string `json:"data"`
}

type wireTimelineRecord struct {
	PreviousAttempts []string    `json:"previousAttempts"`
	ID               string      `json:"id"`
	ParentID         *string     `json:"parentId"`
	Type             string      `json:"type"`
	Name             string      `json:"name"`
	StartTime        *string     `json:"startTime"`
	FinishTime       *string     `json:"finishTime"`
	State            string      `json:"state"`
	Result           *string     `json:"result"`
	Order            int         `json:"order"`
	ErrorCount       int         `json:"errorCount"`
	WarningCount     int         `json:"warningCount"`
	Issues           []wireIssue `json:"issues,omitempty"`
	Attempt          int         `json:"attempt"`
}

type wireTimeline struct {
	Records       []wireTimelineRecord `json:"records"`
	LastChangedBy string               `json:"lastChangedBy"`
	LastChangedOn string               `json:"lastChangedOn"`
	ID            string               `json:"id"`
	ChangeID      int                  `json:"changeId"`
	URL           string               `json:"url"`
}

// getTimeline shows a job with one task that failed for every error. A build that waits has no timeline yet: 204.
func (s *Server) getTimeline(c *call) answer {
	b, refusal := s.addressedBuild(c)
	if refusal != nil {
		return *refusal
	}
	if b.Status == "notStarted" {
		return answer{status: http.StatusNoContent}
	}
	id := itoa(b.ID)
	t := wireTimeline{
		ID: guid("timeline", id), ChangeID: 9, LastChangedBy: guid("identity", "service"), LastChangedOn: b.Queued,
		URL: s.base + "/" + c.project.ID + "/_apis/build/builds/" + id + "/Timeline/" + guid("timeline", id),
	}
	job := guid("job", id)
	add := func(kind, name string, parent *string, issues []wireIssue) {
		r := wireTimelineRecord{
			PreviousAttempts: []string{}, ID: guid("record", id, name, itoa(len(t.Records))), ParentID: parent, Type: kind, Name: name,
			StartTime: &b.Started, State: "inProgress", Order: len(t.Records) + 1, Issues: issues, Attempt: 1,
		}
		if parent == nil {
			r.ID = job
		}
		if b.Status == "completed" {
			r.State, r.FinishTime, r.Result = "completed", &b.Finished, &b.Result
		}
		for _, issue := range issues {
			if issue.Type == "error" {
				r.ErrorCount++
			} else {
				r.WarningCount++
			}
		}
		t.Records = append(t.Records, r)
	}
	add("Job", "Build", nil, nil)
	add("Task", "Checkout", &job, nil)
	for i, message := range b.Errors {
		add("Task", "Run tests "+itoa(i+1), &job, []wireIssue{{"error", "General", message, map[string]string{"type": "error"}}})
	}
	var warnings []wireIssue
	for _, message := range b.Warnings {
		warnings = append(warnings, wireIssue{"warning", "General", message, map[string]string{"type": "warning"}})
	}
	add("Task", "Publish results", &job, warnings)
	return okJSON(t)
}

func (s *Server) listDefinitions(c *call) answer {
	var items [][]byte
	for _, d := range c.project.Pipelines {
		if oneOf(c.param("definitionIds"), itoa(d.ID)) && equalOrBlank(c.param("name"), d.Name) {
			items = append(items, encode(s.wireDefinition(c.project, d), d.Raw))
		}
	}
	from, to, next, refusal := c.pageByToken(len(items), s.world.Pages.Pipelines)
	if refusal != nil {
		return *refusal
	}
	a := listOf(items[from:to])
	if next != "" {
		a.set("X-Ms-Continuationtoken", next)
	}
	return a
}

func (s *Server) getDefinition(c *call) answer {
	for _, d := range c.project.Pipelines {
		if itoa(d.ID) == c.values["definition"] {
			return ok(encode(s.wireDefinition(c.project, d), d.Raw))
		}
	}
	return refuse(http.StatusNotFound, "DefinitionNotFoundException", "VS800016: The requested definition "+c.values["definition"]+" could not be found.")
}
