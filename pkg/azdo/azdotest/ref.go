package azdotest

import (
	"slices"
	"strings"
)

type wireRef struct {
	Name     string       `json:"name"`
	ObjectID string       `json:"objectId"`
	Creator  wireIdentity `json:"creator"`
	URL      string       `json:"url"`
}

// refsOf are the branches that a repository's pull requests speak of, and their merge refs.
func refsOf(repo *Repository) map[string]string {
	refs := map[string]string{}
	if repo.DefaultBranch != none {
		refs[repo.DefaultBranch] = Commit(repo.ID + repo.DefaultBranch)
	}
	for _, pr := range repo.PullRequests {
		refs[pr.Target] = pr.TargetCommit
		if pr.Status != "active" {
			continue
		}
		if !pr.Fork {
			refs[pr.Source] = pr.SourceCommit
		}
		refs[mergeRef(pr.ID)] = pr.MergeCommit
	}
	return refs
}

// listRefs knows filter (what follows "refs/" begins so) and filterContains.
func (s *Server) listRefs(c *call) answer {
	commits := refsOf(c.repository)
	var names []string
	for name := range commits {
		short := strings.TrimPrefix(name, "refs/")
		if strings.HasPrefix(short, c.param("filter")) && strings.Contains(short, c.param("filterContains")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return pageByToken(c, names, 1000, func(page []string) answer {
		refs := make([]wireRef, 0, len(page))
		for _, name := range page {
			refs = append(refs, wireRef{
				Name: name, ObjectID: commits[name], Creator: s.wireIdentity("Grace Okafor"),
				URL: s.repositoryURL(c.project, c.repository) + "/refs?filter=" + strings.TrimPrefix(name, "refs/"),
			})
		}
		return list(refs)
	})
}

func (s *Server) listReviewers(c *call) answer {
	e, refusal := s.addressed(c)
	if refusal != nil {
		return *refusal
	}
	return list(s.reviewers(e.pullRequest, s.repositoryURL(e.project, e.repository)+"/pullRequests/"+itoa(e.pullRequest.ID)))
}
