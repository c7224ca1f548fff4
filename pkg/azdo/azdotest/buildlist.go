package azdotest

import (
	"slices"
	"strings"
	"time"
)

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
		if b.visibleFrom <= now && s.seesBuild(b) && s.listsDeleted(b, c.param("deletedFilter")) &&
			oneOf(c.param("definitions"), string(b.Pipeline)) && s.filters(c.param("reasonFilter"), b.Reason) &&
			s.filters(c.param("statusFilter"), b.Status) && s.filters(c.param("resultFilter"), b.Result) &&
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

// filters says whether a filter that is meant for one value lets a build through.
func (s *Server) filters(filter, value string) bool {
	if strings.Contains(filter, ",") {
		switch s.world.Behaviour.StatusLists {
		case "ignored":
			return true
		case "empty":
			return false
		}
	}
	return oneOf(filter, value)
}

// listsDeleted says whether a list that asks so has a build, which may have been removed.
func (s *Server) listsDeleted(b *Build, filter string) bool {
	is := func(word string) bool { return strings.EqualFold(filter, word) }
	if !b.Deleted {
		return !is("onlyDeleted")
	}
	switch s.world.Behaviour.DeletedBuilds {
	case "hidden":
		return false
	case "always":
		return !is("excludeDeleted")
	default:
		return is("includeDeleted") || is("onlyDeleted")
	}
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
