package azdotest

import (
	"encoding/json"
	"net/http"
	"strings"
)

type wireContext struct {
	LastMergeCommitID       string          `json:"lastMergeCommitId"`
	LastMergeSourceCommitID string          `json:"lastMergeSourceCommitId"`
	LastMergeTargetCommitID string          `json:"lastMergeTargetCommitId"`
	BuildID                 int             `json:"buildId,omitempty"`
	BuildDefinitionID       int             `json:"buildDefinitionId"`
	BuildDefinitionName     *string         `json:"buildDefinitionName,omitempty"`
	BuildIsNotCurrent       bool            `json:"buildIsNotCurrent"`
	BuildStartedUTC         string          `json:"buildStartedUtc,omitempty"`
	IsExpired               *bool           `json:"isExpired,omitempty"`
	BuildAfterMerge         bool            `json:"buildAfterMerge"`
	WasAutoRequeued         *bool           `json:"wasAutoRequeued,omitempty"`
	BuildOutputPreview      json.RawMessage `json:"buildOutputPreview,omitempty"`
	ErrorCode               string          `json:"errorCode,omitempty"`
	ErrorMessage            string          `json:"errorMessage,omitempty"`
}

type wirePreview struct {
	JobName  string      `json:"jobName"`
	TaskName string      `json:"taskName"`
	Errors   []wireError `json:"errors"`
}

type wireError struct {
	LineNumber int    `json:"lineNumber"`
	Message    string `json:"message"`
}

// wireRecord is an evaluation without its configuration, which is encoded once for all evaluations of a policy.
type wireRecord struct {
	ArtifactID    string `json:"artifactId"`
	EvaluationID  string `json:"evaluationId"`
	StartedDate   string `json:"startedDate,omitempty"`
	CompletedDate string `json:"completedDate,omitempty"`
	Status        string `json:"status"`
	Context       any    `json:"context,omitempty"`
}

// context is what a build evaluation says about its build; other policies have none.
func (s *Server) context(e *evaluationEntry) any {
	ev := e.evaluation
	if e.policy.Type != BuildPolicyType {
		return nil
	}
	if ev.Build == 0 {
		switch s.world.Behaviour.NeverRunContext {
		case "absent":
			return nil
		case "null":
			return json.RawMessage("null")
		}
	}
	w := wireContext{
		LastMergeCommitID: ev.MergeCommit, LastMergeSourceCommitID: ev.SourceCommit, LastMergeTargetCommitID: ev.TargetCommit,
		BuildID: ev.Build, BuildDefinitionID: e.policy.Pipeline.number(), BuildIsNotCurrent: ev.BuildIsNotCurrent != nil && *ev.BuildIsNotCurrent,
		BuildAfterMerge: ev.BuildAfterMerge, ErrorCode: ev.ErrorCode, ErrorMessage: ev.ErrorMessage,
	}
	if ev.Build != 0 {
		w.BuildStartedUTC = ev.BuildStarted
	}
	if !s.world.Behaviour.OmitsExpiry {
		if d := e.project.pipeline(e.policy.Pipeline); d != nil {
			w.BuildDefinitionName = &d.Name
		}
		w.IsExpired = new(ev.IsExpired != nil && *ev.IsExpired)
		w.WasAutoRequeued = &ev.WasAutoRequeued
		w.BuildOutputPreview = json.RawMessage("null")
		if len(ev.Preview) > 0 {
			p := wirePreview{JobName: "Build", TaskName: "Run tests"}
			for i, message := range ev.Preview {
				p.Errors = append(p.Errors, wireError{LineNumber: 100 + i, Message: message})
			}
			w.BuildOutputPreview = encode(p)
		}
	}
	return w
}

// record encodes an evaluation.
func (s *Server) record(e *evaluationEntry) []byte {
	ev := e.evaluation
	w := wireRecord{
		ArtifactID:   "vstfs:///CodeReview/CodeReviewId/" + e.project.ID + "%2f" + itoa(e.pullRequest.ID),
		EvaluationID: ev.ID, StartedDate: ev.Started, CompletedDate: ev.Completed, Status: ev.Status, Context: s.context(e),
	}
	if w.StartedDate == none {
		w.StartedDate = ""
	}
	if w.CompletedDate == none {
		w.CompletedDate = ""
	}
	rest := encode(w)
	configuration := s.configuration(e.project, e.policy)
	body := make([]byte, 0, len(rest)+len(configuration)+24)
	body = append(body, `{"configuration":`...)
	body = append(body, configuration...)
	body = append(body, ',')
	body = append(body, rest[1:]...)
	body = overlay(body, ev.Raw)
	if s.checker != nil && (len(ev.Raw) > 0 || len(e.policy.Raw) > 0 || !isDescribed(ev.Status)) {
		s.checker.spare(body)
	}
	return body
}

func (s *Server) listEvaluations(c *call) answer {
	project, number := artifact(c.param("artifactId"))
	if number == 0 {
		return badRequest("The artifact ID '" + c.param("artifactId") + "' is not one of a code review.")
	}
	if !strings.EqualFold(project, c.project.ID) {
		return badRequest("The artifact ID '" + c.param("artifactId") + "' does not belong to the project '" + c.project.ID + "'.")
	}
	e := s.index.pullRequests[number]
	if e == nil || e.project != c.project {
		return listOf(nil)
	}
	if s.outOfSight(e.repository) {
		return repositoryNotFound(e.repository.ID)
	}
	notApplicable := strings.EqualFold(c.param("includeNotApplicable"), "true")
	applies := func(ev *Evaluation) bool { return notApplicable || ev.Status != "notApplicable" }
	var found []*evaluationEntry
	for _, ev := range e.pullRequest.Evaluations {
		if entry := s.index.evaluations[ev.ID]; entry != nil && (s.world.Behaviour.NotApplicable == "afterCut" || applies(ev)) {
			found = append(found, entry)
		}
	}
	from, to, refusal := c.page(len(found), s.world.Pages.Evaluations, s.world.Pages.Evaluations)
	if refusal != nil {
		return *refusal
	}
	records := make([][]byte, 0, to-from)
	for _, entry := range found[from:to] {
		if applies(entry.evaluation) {
			records = append(records, s.record(entry))
		}
	}
	return listOf(records)
}

func (s *Server) getEvaluation(c *call) answer {
	if refusal := s.evaluationRefused(c); refusal != nil {
		return *refusal
	}
	return ok(s.record(c.evaluation))
}

func (s *Server) evaluationRefused(c *call) *answer {
	if c.evaluation == nil {
		a := refuse(http.StatusNotFound, "PolicyEvaluationNotFoundException", "The policy evaluation with ID "+c.values["evaluation"]+" was not found.")
		return &a
	}
	if s.outOfSight(c.evaluation.repository) {
		a := repositoryNotFound(c.evaluation.repository.ID)
		return &a
	}
	return nil
}
