package azdotest

import (
	"encoding/json"
	"net/url"
	"strings"
)

type wireLink struct {
	Href string `json:"href"`
}

type wireIdentity struct {
	DisplayName string              `json:"displayName"`
	URL         string              `json:"url"`
	Links       map[string]wireLink `json:"_links"`
	ID          string              `json:"id"`
	UniqueName  string              `json:"uniqueName"`
	ImageURL    string              `json:"imageUrl"`
	Descriptor  string              `json:"descriptor"`
}

// identity reads a name as identityOf does, and knows the token's own.
func (s *Server) identity(text string) identity {
	who := identityOf(text)
	if text == s.world.Identity {
		who.id = s.world.IdentityID
	}
	return who
}

func (s *Server) wireIdentity(text string) wireIdentity {
	who := s.identity(text)
	return wireIdentity{
		DisplayName: who.name, URL: s.base + "/_apis/Identities/" + who.id, ID: who.id, UniqueName: who.unique,
		Links:      map[string]wireLink{"avatar": {s.base + "/_apis/GraphProfile/MemberAvatars/aad." + who.id}},
		ImageURL:   s.base + "/_api/_common/identityImage?id=" + who.id,
		Descriptor: "aad." + who.id,
	}
}

type wireProject struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	URL            string `json:"url,omitempty"`
	State          string `json:"state"`
	Revision       int    `json:"revision,omitempty"`
	Visibility     string `json:"visibility"`
	LastUpdateTime string `json:"lastUpdateTime"`
}

func (s *Server) wireProject(p *Project) wireProject {
	return wireProject{
		ID: p.ID, Name: p.Name, URL: s.base + "/_apis/projects/" + p.ID, State: "wellFormed", Revision: 42, Visibility: "private",
		LastUpdateTime: "2024-01-09T16:32:42.21Z",
	}
}

// bareProject is the project inside a pull request of a list.
func bareProject(p *Project) wireProject {
	return wireProject{ID: p.ID, Name: p.Name, State: "unchanged", Visibility: "unchanged", LastUpdateTime: "0001-01-01T00:00:00"}
}

type wireRepository struct {
	ID              string      `json:"id"`
	Name            string      `json:"name"`
	URL             string      `json:"url"`
	Project         wireProject `json:"project"`
	DefaultBranch   string      `json:"defaultBranch,omitempty"`
	Size            *int        `json:"size,omitempty"`
	RemoteURL       string      `json:"remoteUrl,omitempty"`
	SSHURL          string      `json:"sshUrl,omitempty"`
	WebURL          string      `json:"webUrl,omitempty"`
	IsDisabled      *bool       `json:"isDisabled,omitempty"`
	IsInMaintenance *bool       `json:"isInMaintenance,omitempty"`
	IsFork          bool        `json:"isFork,omitempty"`
}

func (s *Server) repositoryURL(p *Project, repo *Repository) string {
	return s.base + "/" + p.ID + "/_apis/git/repositories/" + repo.ID
}

func (s *Server) wireRepository(p *Project, repo *Repository) wireRepository {
	page := s.base + "/" + url.PathEscape(p.Name) + "/_git/" + url.PathEscape(repo.Name)
	w := wireRepository{
		ID: repo.ID, Name: repo.Name, URL: s.repositoryURL(p, repo), Project: s.wireProject(p), DefaultBranch: repo.DefaultBranch,
		Size: new(20299), RemoteURL: page, SSHURL: "ssh://stand-in.example.com/" + url.PathEscape(repo.Name), WebURL: page,
		IsDisabled: new(repo.Disabled), IsInMaintenance: new(false),
	}
	if compareVersions(s.world.Version, "6.0") < 0 {
		w.IsDisabled, w.IsInMaintenance = nil, nil // disabling came with Server 2020
	}
	if w.DefaultBranch == none {
		w.DefaultBranch = ""
	}
	return w
}

// bareRepository is the repository inside a pull request of a list.
func (s *Server) bareRepository(p *Project, repo *Repository) wireRepository {
	return wireRepository{ID: repo.ID, Name: repo.Name, URL: s.repositoryURL(p, repo), Project: bareProject(p)}
}

// encode encodes a wire value.
func encode(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		return []byte("null") // our own wire types always encode
	}
	return body
}

// encode encodes a wire value and lays the world's raw members over it.
func (s *Server) encode(v any, raw json.RawMessage) []byte { return s.overlay(encode(v), raw) }

// overlay lays raw members over a record, which then is as wrong as the world wants it.
func (s *Server) overlay(body []byte, raw json.RawMessage) []byte {
	if len(raw) == 0 {
		return body
	}
	body = overlay(body, raw)
	s.spare(body)
	return body
}

func overlay(body []byte, raw json.RawMessage) []byte {
	if len(raw) == 0 {
		return body
	}
	merged, err := merge(body, raw)
	if err != nil {
		return raw
	}
	return merged
}

func (s *Server) listProjects(c *call) answer {
	state, refusal := c.word("stateFilter", projectStates)
	if refusal != nil {
		return *refusal
	}
	var visible [][]byte
	for _, p := range s.world.Projects {
		if !p.Hidden && (state == "" || state == "all" || state == "wellFormed") {
			visible = append(visible, encode(s.wireProject(p)))
		}
	}
	token := "continuationToken"
	if c.param("$skip") != "" && c.param(token) == "" {
		c.query.Set(token, c.param("$skip"))
	}
	return pageByToken(c, visible, s.world.Pages.Projects, listOf)
}

func (s *Server) getProject(c *call) answer {
	name := c.values["aProject"]
	if p := s.world.Project(name); p != nil && !p.Hidden {
		return okJSON(s.wireProject(p))
	}
	c.projectSegment, c.project = name, s.world.Project(name)
	return s.projectRefused(c)
}

func (s *Server) listRepositories(c *call) answer {
	var items [][]byte
	for _, p := range s.world.Projects {
		if p.Hidden || c.project != nil && p != c.project {
			continue
		}
		for _, repo := range p.Repositories {
			if !repo.Hidden {
				items = append(items, s.encode(s.wireRepository(p, repo), repo.Raw))
			}
		}
	}
	return listOf(items)
}

func (s *Server) getRepository(c *call) answer {
	if c.repository == nil || c.repository.Hidden {
		return repositoryNotFound(c.repositorySegment)
	}
	return ok(s.encode(s.wireRepository(c.project, c.repository), c.repository.Raw))
}

// shortRef is the name of a branch as pages show it.
func shortRef(ref string) string { return strings.TrimPrefix(ref, "refs/heads/") }
