package azdotest

import (
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

type wireCommit struct {
	CommitID  string      `json:"commitId"`
	Author    *wireAuthor `json:"author,omitempty"`
	Committer *wireAuthor `json:"committer,omitempty"`
	Comment   string      `json:"comment,omitempty"`
	URL       string      `json:"url"`
}

type wireAuthor struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	Date  string `json:"date"`
}

type wireReviewer struct {
	ReviewerURL string `json:"reviewerUrl"`
	Vote        int    `json:"vote"`
	HasDeclined bool   `json:"hasDeclined"`
	IsFlagged   bool   `json:"isFlagged"`
	wireIdentity
}

type wireLabel struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Active bool   `json:"active"`
	URL    string `json:"url,omitempty"`
}

type wireFork struct {
	Name       string         `json:"name"`
	Repository wireRepository `json:"repository"`
}

type wirePullRequest struct {
	Repository            wireRepository `json:"repository"`
	PullRequestID         int            `json:"pullRequestId"`
	CodeReviewID          int            `json:"codeReviewId"`
	Status                string         `json:"status"`
	CreatedBy             wireIdentity   `json:"createdBy"`
	CreationDate          string         `json:"creationDate"`
	ClosedDate            string         `json:"closedDate,omitempty"`
	Title                 string         `json:"title"`
	Description           string         `json:"description,omitempty"`
	SourceRefName         string         `json:"sourceRefName"`
	TargetRefName         string         `json:"targetRefName"`
	MergeStatus           string         `json:"mergeStatus"`
	IsDraft               bool           `json:"isDraft"`
	MergeID               string         `json:"mergeId"`
	LastMergeSourceCommit *wireCommit    `json:"lastMergeSourceCommit,omitempty"`
	LastMergeTargetCommit *wireCommit    `json:"lastMergeTargetCommit,omitempty"`
	LastMergeCommit       *wireCommit    `json:"lastMergeCommit,omitempty"`
	Reviewers             []wireReviewer `json:"reviewers"`
	Labels                []wireLabel    `json:"labels,omitempty"`
	URL                   string         `json:"url"`
	AutoCompleteSetBy     *wireIdentity  `json:"autoCompleteSetBy,omitempty"`
	ForkSource            *wireFork      `json:"forkSource,omitempty"`
	SupportsIterations    bool           `json:"supportsIterations"`
	ArtifactID            string         `json:"artifactId,omitempty"`
}

// wirePullRequest is what lists and single answers have in common.
func (s *Server) wirePullRequest(e *entry) wirePullRequest {
	pr := e.pullRequest
	repository := s.repositoryURL(e.project, e.repository)
	page := repository + "/pullRequests/" + itoa(pr.ID)
	w := wirePullRequest{
		Repository: s.bareRepository(e.project, e.repository), PullRequestID: pr.ID, CodeReviewID: pr.ID, Status: pr.Status,
		CreatedBy: s.wireIdentity(pr.Author), CreationDate: pr.Created, Title: pr.Title, Description: pr.Description,
		SourceRefName: pr.Source, TargetRefName: pr.Target, MergeStatus: pr.MergeStatus, IsDraft: pr.Draft,
		MergeID:               guid("merge", pr.MergeCommit),
		LastMergeSourceCommit: &wireCommit{CommitID: pr.SourceCommit, URL: repository + "/commits/" + pr.SourceCommit},
		LastMergeTargetCommit: &wireCommit{CommitID: pr.TargetCommit, URL: repository + "/commits/" + pr.TargetCommit},
		Reviewers:             s.reviewers(pr, page), URL: page, SupportsIterations: true,
	}
	if pr.MergeStatus == "succeeded" {
		w.LastMergeCommit = &wireCommit{CommitID: pr.MergeCommit, URL: repository + "/commits/" + pr.MergeCommit}
	}
	if pr.Status != "active" {
		w.ClosedDate = pr.Created
	}
	switch {
	case pr.AutoCompleteNobody:
		w.AutoCompleteSetBy = &wireIdentity{ID: uuid.Nil.String(), Links: map[string]wireLink{}}
	case pr.AutoComplete:
		by := s.wireIdentity(pr.Author)
		w.AutoCompleteSetBy = &by
	}
	if pr.Fork {
		fork := wireRepository{ID: guid("fork", e.repository.ID), Name: e.repository.Name + ".fork", Project: bareProject(e.project), IsFork: true}
		fork.URL = s.base + "/" + e.project.ID + "/_apis/git/repositories/" + fork.ID
		w.ForkSource = &wireFork{Name: pr.Source, Repository: fork}
	}
	return w
}

func (s *Server) reviewers(pr *PullRequest, page string) []wireReviewer {
	names := []string{"Noor Haddad", "Tomasz Brandt", "Grace Okafor", "Yuki Arai"}
	list := make([]wireReviewer, 0, len(pr.Votes))
	for i, vote := range pr.Votes {
		name := names[i%len(names)]
		if i >= len(names) {
			name += " " + itoa(i)
		}
		who := s.wireIdentity(name)
		list = append(list, wireReviewer{ReviewerURL: page + "/reviewers/" + who.ID, Vote: vote, wireIdentity: who})
	}
	return list
}

func (s *Server) labels(e *entry, withURL bool) []wireLabel {
	var list []wireLabel
	add := func(names []string, active bool) {
		for _, name := range names {
			l := wireLabel{ID: guid("label", e.project.ID, name), Name: name, Active: active}
			if withURL {
				l.URL = s.repositoryURL(e.project, e.repository) + "/pullRequests/" + itoa(e.pullRequest.ID) + "/labels/" + l.ID
			}
			list = append(list, l)
		}
	}
	add(e.pullRequest.Labels, true)
	add(e.pullRequest.InactiveLabels, false)
	return list
}

// listed is a pull request as lists hold it: with labels, a bare project, and a description cut to 400 characters.
func (s *Server) listed(e *entry) []byte {
	if e.item == nil {
		w := s.wirePullRequest(e)
		w.Labels = s.labels(e, false)
		if text := []rune(w.Description); len(text) > 400 {
			w.Description = string(text[:400])
		}
		e.item = s.encode(w, e.pullRequest.Raw)
	}
	return e.item
}

func (s *Server) listPullRequests(c *call) answer {
	candidates, refusal := s.candidates(c)
	if refusal != nil {
		return *refusal
	}
	wanted, refusal := s.criteria(c)
	if refusal != nil {
		return *refusal
	}
	var found []*entry
	for _, e := range candidates {
		if wanted.meets(s, e.pullRequest) {
			found = append(found, e)
		}
	}
	from, to, refusal := c.page(len(found), s.world.Pages.PullRequestsDefault, s.world.Pages.PullRequests)
	if refusal != nil {
		return *refusal
	}
	items := make([][]byte, 0, to-from)
	for _, e := range found[from:to] {
		if !s.outOfSight(e.repository) {
			items = append(items, s.listed(e))
		}
	}
	return listOf(items)
}

func equalOrBlank(want, is string) bool { return want == "" || strings.EqualFold(want, is) }

// criteria are the search criteria of a list.
type criteria struct {
	status, target, source, creator, from, to string

	closed bool // the times are those of closing
}

func (s *Server) criteria(c *call) (criteria, *answer) {
	search := func(name string) string { return c.param("searchCriteria." + name) }
	wanted := criteria{target: search("targetRefName"), source: search("sourceRefName"), creator: search("creatorId")}
	status, refusal := c.word("searchCriteria.status", pullRequestStatuses)
	if refusal != nil {
		return wanted, refusal
	}
	wanted.status = status
	if status == "" || status == "notSet" {
		wanted.status = "active"
	}
	kind, refusal := c.word("searchCriteria.queryTimeRangeType", timeRangeTypes)
	if refusal != nil {
		return wanted, refusal
	}
	if compareVersions(s.world.Version, "7.1") >= 0 { // older servers ignore the times
		wanted.from, wanted.to, wanted.closed = wire(search("minTime")), wire(search("maxTime")), kind == "closed"
	}
	return wanted, nil
}

// wire is a time in wire format, or blank for what is no time.
func wire(text string) string {
	at, err := instant(text, time.Time{})
	if err != nil {
		return ""
	}
	return at
}

func (c criteria) meets(s *Server, pr *PullRequest) bool {
	return oneOf(c.status, pr.Status) && equalOrBlank(c.target, pr.Target) && equalOrBlank(c.source, pr.Source) &&
		(c.creator == "" || strings.EqualFold(c.creator, s.identity(pr.Author).id)) &&
		(c.from == "" || pr.Created >= c.from) && (c.to == "" || pr.Created <= c.to) &&
		(!c.closed || c.from == "" && c.to == "" || pr.Status != "active") // what is closed was closed when it was created
}

// candidates are the pull requests of the repository or the project that a list is about. Those that the token may not
// see are among them where Behaviour.Visibility takes them out only after the page is cut.
func (s *Server) candidates(c *call) ([]*entry, *answer) {
	repo := c.repository
	if id := c.param("searchCriteria.repositoryId"); repo == nil && id != "" {
		if repo = s.findRepository(c.project, id); repo == nil || s.outOfSight(repo) {
			a := repositoryNotFound(id)
			return nil, &a
		}
	}
	if repo != nil {
		return s.index.ofRepository[repo], nil
	}
	var found []*entry
	for _, p := range s.world.Projects {
		if p.Hidden || c.project != nil && p != c.project {
			continue
		}
		for _, repo := range p.Repositories {
			if s.outOfSight(repo) && s.world.Behaviour.HiddenRepositories == "refused" {
				a := repositoryNotFound(repo.ID)
				return nil, &a
			}
		}
		for _, e := range s.index.ofProject[p] {
			if s.world.Behaviour.Visibility == "afterCut" || !s.outOfSight(e.repository) {
				found = append(found, e)
			}
		}
	}
	return found, nil
}

// addressed is the pull request that the path names, if the token sees it there.
func (s *Server) addressed(c *call) (*entry, *answer) {
	e := c.entry
	if e == nil || e.project.Hidden || s.outOfSight(e.repository) ||
		c.project != nil && e.project != c.project || c.repositorySegment != "" && e.repository != c.repository {
		a := pullRequestNotFound()
		return nil, &a
	}
	return e, nil
}

// getPullRequest answers with the whole repository, and without labels: only lists have those.
func (s *Server) getPullRequest(c *call) answer {
	e, refusal := s.addressed(c)
	if refusal != nil {
		return *refusal
	}
	pr := e.pullRequest
	w := s.wirePullRequest(e)
	w.Repository = s.wireRepository(e.project, e.repository)
	w.Repository.DefaultBranch = ""
	w.ArtifactID = "vstfs:///Git/PullRequestId/" + e.project.ID + "%2f" + e.repository.ID + "%2f" + itoa(pr.ID)
	if w.LastMergeCommit != nil {
		who := identityOf(pr.Author)
		author := &wireAuthor{Name: who.name, Email: who.unique, Date: pr.Created}
		w.LastMergeCommit.Author, w.LastMergeCommit.Committer = author, author
		w.LastMergeCommit.Comment = "Merge pull request " + itoa(pr.ID) + " from " + shortRef(pr.Source) + " into " + shortRef(pr.Target)
	}
	return ok(s.encode(w, pr.Raw))
}

func (s *Server) listLabels(c *call) answer {
	e, refusal := s.addressed(c)
	if refusal != nil {
		return *refusal
	}
	return list(s.labels(e, true))
}

// artifact reads vstfs:///CodeReview/CodeReviewId/{project}/{pull request}.
func artifact(id string) (project string, pullRequest int) {
	const kind = "vstfs:///CodeReview/CodeReviewId/"
	if decoded, err := url.PathUnescape(id); err == nil {
		id = decoded
	}
	if len(id) < len(kind) || !strings.EqualFold(id[:len(kind)], kind) {
		return "", 0
	}
	project, number, found := strings.Cut(id[len(kind):], "/")
	if !found {
		return "", 0
	}
	return project, Ref(number).number()
}
