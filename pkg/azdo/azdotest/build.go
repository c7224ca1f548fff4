package azdotest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"
)

type wireBuild struct {
	Links             map[string]wireLink `json:"_links"`
	Properties        struct{}            `json:"properties"`
	Tags              []string            `json:"tags"`
	ValidationResults []wireValidation    `json:"validationResults"`
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
	Deleted           bool                `json:"deleted,omitempty"`
	KeepForever       bool                `json:"keepForever"`
	RetainedByRelease bool                `json:"retainedByRelease"`
	TriggeredByBuild  *struct{}           `json:"triggeredByBuild"`
}

type wireValidation struct {
	Result  string `json:"result"`
	Message string `json:"message"`
}

type wirePlan struct {
	PlanID string `json:"planId"`
}

type wireBuildRepository struct {
	ID                 string  `json:"id"`
	Type               string  `json:"type"`
	Name               string  `json:"name"`
	URL                string  `json:"url"`
	Clean              *string `json:"clean"`
	CheckoutSubmodules bool    `json:"checkoutSubmodules"`
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
		Tags: []string{}, ValidationResults: []wireValidation{}, Plans: []wirePlan{plan}, TriggerInfo: map[string]string{}, ID: b.ID,
		BuildNumber: "20240513." + id, Status: b.Status, Result: b.Result, QueueTime: b.Queued, StartTime: b.Started, FinishTime: b.Finished,
		URL: page, Project: s.wireProject(p), URI: "vstfs:///Build/Build/" + id, SourceBranch: b.Branch, SourceVersion: b.MergeCommit,
		Priority: "normal", Reason: b.Reason, RequestedFor: who, RequestedBy: who, LastChangedDate: b.Queued, LastChangedBy: who,
		OrchestrationPlan: plan, Logs: wireLog{Type: "Container", URL: page + "/logs"},
		Deleted: b.Deleted,
	}
	for _, v := range b.ValidationResults {
		byDefault(&v.Result, "error")
		w.ValidationResults = append(w.ValidationResults, wireValidation(v))
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
	return s.encode(w, b.Raw)
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

// addressedBuild is the build that the path names, if it is one of that project. Retention may have removed it.
func (s *Server) addressedBuild(c *call) (*Build, *answer) {
	b := s.index.builds[c.build]
	if b == nil || !slices.Contains(s.index.ofBranch[c.project][b.Branch], b) || !s.seesBuild(b) || b.visibleFrom > stamp(time.Now()) {
		a := buildNotFound(c.values["build"])
		return nil, &a
	}
	return b, nil
}

// buildNotFound is what a build gets that is not there, or not there any more.
func buildNotFound(id string) answer {
	return refuse(http.StatusNotFound, "BuildNotFoundException", "The requested build "+id+" could not be found.")
}

func (s *Server) getBuild(c *call) answer {
	b, refusal := s.addressedBuild(c)
	if refusal != nil {
		return *refusal
	}
	if b.Deleted {
		return buildNotFound(itoa(b.ID))
	}
	return ok(s.wireBuild(c.project, b))
}
