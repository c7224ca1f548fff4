package azdotest

import (
	"encoding/json"
	"net/http"
	"strings"
)

type wireType struct {
	ID          string `json:"id"`
	URL         string `json:"url"`
	DisplayName string `json:"displayName"`
}

type wirePolicy struct {
	CreatedBy           wireIdentity        `json:"createdBy"`
	CreatedDate         string              `json:"createdDate"`
	IsEnabled           bool                `json:"isEnabled"`
	IsBlocking          bool                `json:"isBlocking"`
	IsDeleted           bool                `json:"isDeleted"`
	Settings            json.RawMessage     `json:"settings"`
	IsEnterpriseManaged bool                `json:"isEnterpriseManaged"`
	Links               map[string]wireLink `json:"_links"`
	Revision            int                 `json:"revision"`
	ID                  int                 `json:"id"`
	URL                 string              `json:"url"`
	Type                *wireType           `json:"type,omitempty"`
}

type wireScope struct {
	RefName      *string `json:"refName"`
	MatchKind    string  `json:"matchKind"`
	RepositoryID *string `json:"repositoryId"`
}

// wireRepositoryScope is the scope of a policy that is about pushes to a repository, whatever the branch.
type wireRepositoryScope struct {
	RepositoryID *string `json:"repositoryId"`
}

type buildSettings struct {
	BuildDefinitionID       int         `json:"buildDefinitionId"`
	QueueOnSourceUpdateOnly bool        `json:"queueOnSourceUpdateOnly"`
	ManualQueueOnly         bool        `json:"manualQueueOnly"`
	DisplayName             *string     `json:"displayName"`
	ValidDuration           float64     `json:"validDuration"`
	FilenamePatterns        []string    `json:"filenamePatterns,omitempty"`
	Scope                   []wireScope `json:"scope"`
}

type reviewerSettings struct {
	MinimumApproverCount int         `json:"minimumApproverCount"`
	CreatorVoteCounts    bool        `json:"creatorVoteCounts"`
	AllowDownvotes       bool        `json:"allowDownvotes"`
	ResetOnSourcePush    bool        `json:"resetOnSourcePush"`
	Scope                []wireScope `json:"scope"`
}

type otherSettings struct {
	Scope []wireScope `json:"scope"`
}

type repositorySettings struct {
	Scope []wireRepositoryScope `json:"scope"`
}

func typeName(id string) string {
	for _, t := range policyTypes() {
		if t.id == id {
			return t.displayName
		}
	}
	return "Custom policy"
}

func (c *Policy) scopes() []wireScope {
	if len(c.Scopes) == 0 {
		return []wireScope{{RefName: new("refs/heads/"), MatchKind: "Prefix"}}
	}
	list := make([]wireScope, 0, len(c.Scopes))
	for _, s := range c.Scopes {
		w := wireScope{MatchKind: s.Match}
		if s.Branch != "" && s.Match != "DefaultBranch" {
			w.RefName = new(s.Branch)
		}
		if s.Repository != "" {
			w.RepositoryID = new(string(s.Repository))
		}
		list = append(list, w)
	}
	return list
}

func (c *Policy) repositoryScopes() []wireRepositoryScope {
	list := make([]wireRepositoryScope, 0, len(c.Scopes))
	for _, s := range c.scopes() {
		list = append(list, wireRepositoryScope{s.RepositoryID})
	}
	return list
}

func (c *Policy) settings() any {
	if c.ofRepository() {
		return repositorySettings{Scope: c.repositoryScopes()}
	}
	switch c.Type {
	case BuildPolicyType:
		b := buildSettings{
			BuildDefinitionID: c.Pipeline.number(), ManualQueueOnly: c.ManualQueueOnly, FilenamePatterns: c.FilenamePatterns,
			QueueOnSourceUpdateOnly: c.Expires != "immediately", Scope: c.scopes(),
		}
		if c.Expires != "immediately" && c.Expires != "never" {
			b.ValidDuration = lasting(c.Expires).Minutes()
		}
		if c.DisplayName != "" {
			b.DisplayName = &c.DisplayName
		}
		return b
	case MinimumReviewersPolicyType:
		return reviewerSettings{MinimumApproverCount: 1, Scope: c.scopes()}
	default:
		return otherSettings{Scope: c.scopes()}
	}
}

// configuration is a policy as lists and evaluations hold it.
func (s *Server) configuration(p *Project, c *Policy) []byte {
	if known := s.index.policies[c]; known != nil {
		return known
	}
	page := s.base + "/" + p.ID + "/_apis/policy/configurations/" + itoa(c.ID)
	kind := s.wireType(p, policyType{id: c.Type, displayName: typeName(c.Type)})
	w := wirePolicy{
		CreatedBy: s.wireIdentity("Grace Okafor"), CreatedDate: "2024-05-13T08:23:33.3008147Z", IsEnabled: !c.Disabled,
		IsBlocking: !c.Optional, IsDeleted: c.Deleted, Settings: overlay(encode(c.settings()), c.Settings), Revision: c.Revision, ID: c.ID, URL: page,
		Links: map[string]wireLink{"self": {page}, "policyType": {kind.URL}},
		Type:  &kind,
	}
	if c.Typeless {
		w.Type = nil
		delete(w.Links, "policyType")
	}
	encoded := s.encode(w, c.Raw)
	s.index.policies[c] = encoded
	return encoded
}

func (s *Server) getPolicy(c *call) answer {
	for _, policy := range c.project.Policies {
		if itoa(policy.ID) == c.values["configuration"] && !policy.Hidden {
			return ok(s.configuration(c.project, policy))
		}
	}
	return policyNotFound(c.values["configuration"])
}

func (s *Server) wireType(p *Project, t policyType) wireType {
	return wireType{ID: t.id, URL: s.base + "/" + p.ID + "/_apis/policy/types/" + t.id, DisplayName: t.displayName}
}

func (s *Server) listPolicyTypes(c *call) answer {
	var types []wireType
	for _, t := range policyTypes() {
		types = append(types, s.wireType(c.project, t))
	}
	return list(types)
}

func (s *Server) getPolicyType(c *call) answer {
	for _, t := range policyTypes() {
		if strings.EqualFold(t.id, c.values["type"]) {
			return okJSON(s.wireType(c.project, t))
		}
	}
	return refuse(http.StatusNotFound, "PolicyTypeNotFoundException", "The policy type with ID "+c.values["type"]+" was not found.")
}
