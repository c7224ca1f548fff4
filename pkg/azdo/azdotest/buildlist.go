package azdotest

import (
	"slices"
	"strings"
	"time"
)

// buildQuery is what a list of builds is asked for.
type buildQuery struct {
	reason, status, result filter
	deleted, order         string
}

func (c *call) buildQuery() (q buildQuery, refusal *answer) {
	for _, f := range []struct {
		name string
		of   enumeration
		into *filter
	}{
		{"reasonFilter", buildReasons, &q.reason}, {"statusFilter", buildStatuses, &q.status}, {"resultFilter", buildResults, &q.result},
	} {
		if *f.into, refusal = c.filter(f.name, f.of); refusal != nil {
			return q, refusal
		}
	}
	if q.deleted, refusal = c.word("deletedFilter", deletedFilters); refusal != nil {
		return q, refusal
	}
	q.order, refusal = c.word("queryOrder", buildOrders)
	return q, refusal
}

func (s *Server) listBuilds(c *call) answer {
	if repo := c.param("repositoryId"); repo != "" && c.param("repositoryType") == "" {
		return badRequest("The query parameter 'repositoryType' is needed with 'repositoryId'.")
	}
	query, refusal := c.buildQuery()
	if refusal != nil {
		return *refusal
	}
	candidates := c.project.Builds
	if branch := c.param("branchName"); branch != "" {
		candidates = s.index.ofBranch[c.project][branch]
	}
	now := stamp(time.Now())
	var found []*Build
	for _, b := range candidates {
		if b.visibleFrom <= now && s.seesBuild(b) && s.listsDeleted(b, query.deleted) && oneOf(c.param("definitions"), string(b.Pipeline)) &&
			s.filters(query.reason, b.Reason) && s.filters(query.status, b.Status) && s.filters(query.result, b.Result) &&
			oneOf(c.param("buildIds"), itoa(b.ID)) && s.ofRepository(b, c.param("repositoryId")) {
			found = append(found, b)
		}
	}
	key, ascending := buildOrder(query.order)
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
	return pageByToken(c, found, s.world.Pages.Builds, func(page []*Build) answer {
		items := make([][]byte, 0, len(page))
		for _, b := range page {
			items = append(items, s.wireBuild(c.project, b))
		}
		return listOf(items)
	})
}

// filters says whether a filter lets a build through. The description has one value for each.
func (s *Server) filters(f filter, value string) bool {
	if f.several {
		switch s.world.Behaviour.StatusLists {
		case "ignored":
			return true
		case "empty":
			return false
		}
	}
	return f.lets(value)
}

// listsDeleted says whether a list that asks so has a build, which may have been removed.
func (s *Server) listsDeleted(b *Build, filter string) bool {
	if !b.Deleted {
		return filter != "onlyDeleted"
	}
	switch s.world.Behaviour.DeletedBuilds {
	case "hidden":
		return false
	case "always":
		return filter != "excludeDeleted"
	default:
		return filter == "includeDeleted" || filter == "onlyDeleted"
	}
}

// buildOrder says by what builds are sorted. What has no time yet comes last in time.
func buildOrder(order string) (key func(*Build) string, ascending bool) {
	last := func(t string) string {
		if t == "" {
			return "9999"
		}
		return t
	}
	ascending = strings.HasSuffix(order, "Ascending")
	switch {
	case strings.HasPrefix(order, "startTime"):
		return func(b *Build) string { return last(b.Started) }, ascending
	case strings.HasPrefix(order, "finishTime"):
		return func(b *Build) string { return last(b.Finished) }, ascending
	default:
		return func(b *Build) string { return b.Queued }, ascending
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
