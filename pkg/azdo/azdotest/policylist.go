package azdotest

import (
	"slices"
	"strings"
)

// allBranches as refName asks the list of Git for whatever affects any branch of a repository; only 7.2 knows it.
const allBranches = "~all"

// listPolicies is the older list: the policies of the whole project, also those of single branches and repositories.
func (s *Server) listPolicies(c *call) answer {
	scope := c.param("scope")
	return s.pageOfPolicies(c, "6.0", func(p *Policy) bool { return scope == "" || p.isScopedTo(scope) })
}

// listGitPolicies is the list of Git, which shows what is enforced at a place. Without a branch that is no branch policy.
func (s *Server) listGitPolicies(c *call) answer {
	var repo *Repository
	if id := c.param("repositoryId"); id != "" {
		if repo = c.project.repository(id); repo == nil || repo.Hidden {
			return repositoryNotFound(id)
		}
	}
	ref := c.param("refName")
	return s.pageOfPolicies(c, "5.1", func(p *Policy) bool {
		if ref == allBranches && repo != nil && !c.before("7.2") {
			return p.affects(repo)
		}
		return p.isEnforcedAt(repo, ref)
	})
}

// pageOfPolicies lists the policies that are wanted; before a version of the interface there are no pages.
func (s *Server) pageOfPolicies(c *call, pagedFrom string, wanted func(*Policy) bool) answer {
	var found [][]byte
	for _, policy := range c.project.Policies {
		if !policy.Deleted && !policy.Hidden && equalOrBlank(c.param("policyType"), policy.Type) && wanted(policy) {
			found = append(found, s.configuration(c.project, policy))
		}
	}
	if c.before(pagedFrom) {
		return listOf(found)
	}
	return pageByToken(c, found, s.world.Pages.Policies, listOf)
}

// ofRepository says whether the policy is about pushes to a repository. All others are about branches.
func (c *Policy) ofRepository() bool {
	for _, t := range policyTypes() {
		if t.id == c.Type {
			return t.ofRepository
		}
	}
	return false
}

// anyScope says whether one of the policy's scopes meets a condition. A policy without scopes covers every branch.
func (c *Policy) anyScope(meets func(*Scope) bool) bool {
	if len(c.Scopes) == 0 {
		return meets(&Scope{Branch: "refs/heads/", Match: "Prefix"})
	}
	return slices.ContainsFunc(c.Scopes, meets)
}

// affects says whether the policy is about a repository or any of its branches.
func (c *Policy) affects(repo *Repository) bool {
	return c.anyScope(func(s *Scope) bool { return s.covers(repo) })
}

// covers says whether a scope holds a repository, or, with nil, those of the whole project.
func (s *Scope) covers(repo *Repository) bool {
	return s.Repository == "" || repo != nil && strings.EqualFold(string(s.Repository), repo.ID)
}

// isEnforcedAt says whether the policy holds at a repository or, with nil, at the project; and there for a branch or, if
// blank, for the repository as a whole.
func (c *Policy) isEnforcedAt(repo *Repository, ref string) bool {
	return c.anyScope(func(s *Scope) bool {
		return s.covers(repo) && (c.ofRepository() || ref != "" && s.holds(repo, ref))
	})
}

// holds says whether a scope holds a branch. One that ends in * stands for all below it.
func (s *Scope) holds(repo *Repository, ref string) bool {
	folder, all := strings.CutSuffix(ref, "*")
	switch s.Match {
	case "Exact":
		return !all && s.Branch == ref
	case "Prefix":
		return strings.HasPrefix(folder, s.Branch)
	default:
		return repo != nil && repo.DefaultBranch == ref
	}
}

// isScopedTo is the filter of old: a repository's ID, or that and a colon and a branch, exactly as the scope has them.
func (c *Policy) isScopedTo(scope string) bool {
	plain := func(id string) string { return strings.ToLower(strings.ReplaceAll(id, "-", "")) }
	repository, ref, _ := strings.Cut(scope, ":")
	return c.anyScope(func(s *Scope) bool {
		branch := s.Branch
		if c.ofRepository() {
			branch = ""
		}
		return plain(string(s.Repository)) == plain(repository) && branch == ref && (ref == "" || s.Match == "Exact")
	})
}
