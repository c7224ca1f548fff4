package azdotest

import (
	"encoding/json"
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
	Type                wireType            `json:"type"`
}

type wireScope struct {
	RefName      *string `json:"refName"`
	MatchKind    string  `json:"matchKind"`
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

func (c *Policy) settings() any {
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
	typePage := s.base + "/" + p.ID + "/_apis/policy/types/" + c.Type
	encoded := encode(wirePolicy{
		CreatedBy: s.wireIdentity("Grace Okafor"), CreatedDate: "2024-05-13T08:23:33.3008147Z", IsEnabled: !c.Disabled,
		IsBlocking: !c.Optional, IsDeleted: c.Deleted, Settings: encode(c.settings(), c.Settings), Revision: c.Revision, ID: c.ID, URL: page,
		Links: map[string]wireLink{"self": {page}, "policyType": {typePage}},
		Type:  wireType{ID: c.Type, URL: typePage, DisplayName: typeName(c.Type)},
	}, c.Raw)
	s.index.policies[c] = encoded
	return encoded
}

// listPolicies serves both lists of configurations: the one of Git, and the older one, which knows no repository.
func (s *Server) listPolicies(c *call) answer {
	var repo *Repository
	if id := c.param("repositoryId"); id != "" {
		if repo = c.project.repository(id); repo == nil || repo.Hidden {
			return repositoryNotFound(id)
		}
	}
	var found [][]byte
	for _, policy := range c.project.Policies {
		if policy.Deleted || !equalOrBlank(c.param("policyType"), policy.Type) || !policy.covers(repo, c.param("refName")) {
			continue
		}
		found = append(found, s.configuration(c.project, policy))
	}
	from, to, next, refusal := c.pageByToken(len(found), s.world.Pages.Policies)
	if refusal != nil {
		return *refusal
	}
	a := listOf(found[from:to])
	if next != "" {
		a.set("X-Ms-Continuationtoken", next)
	}
	return a
}

// covers says whether one of the policy's scopes meets a repository and a branch, either of which may be left open.
func (c *Policy) covers(repo *Repository, ref string) bool {
	if len(c.Scopes) == 0 || repo == nil && ref == "" {
		return true
	}
	for _, s := range c.Scopes {
		if repo != nil && s.Repository != "" && !strings.EqualFold(string(s.Repository), repo.ID) {
			continue
		}
		if ref == "" {
			return true
		}
		switch s.Match {
		case "Exact":
			if s.Branch == ref {
				return true
			}
		case "Prefix":
			if strings.HasPrefix(ref, s.Branch) {
				return true
			}
		default:
			if repo != nil && repo.DefaultBranch == ref {
				return true
			}
		}
	}
	return false
}

func (s *Server) getPolicy(c *call) answer {
	for _, policy := range c.project.Policies {
		if itoa(policy.ID) == c.values["configuration"] {
			return ok(s.configuration(c.project, policy))
		}
	}
	return refuse(404, "PolicyConfigurationNotFoundException", "The policy configuration with ID "+c.values["configuration"]+" was not found.")
}

func (s *Server) listPolicyTypes(c *call) answer {
	var types []wireType
	for _, t := range policyTypes() {
		types = append(types, wireType{ID: t.id, URL: s.base + "/" + c.project.ID + "/_apis/policy/types/" + t.id, DisplayName: t.displayName})
	}
	return list(types)
}
