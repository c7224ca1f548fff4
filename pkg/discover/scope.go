package discover

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// scope is one project of the run, with what of it is asked for.
type scope struct {
	project requeue.Project
	// all selects by pattern; else single is the one repository of the run, by ID or name.
	single *config.RunRepository
	ids    []int
}

// scopes lists the projects that the inputs speak of.
func (d *discoverer) scopes(ctx context.Context) ([]scope, []requeue.Failure) {
	c := d.config
	switch {
	case c.ValidatesPullRequest > 0:
		return []scope{{project: c.Project, ids: []int{c.ValidatesPullRequest}}}, nil
	case len(c.Repositories.Items) == 0 && len(c.PullRequestIDs) > 0:
		return []scope{{project: c.Project, ids: c.PullRequestIDs}}, nil
	case len(c.Repositories.Items) == 0:
		return []scope{{project: cmp.Or(c.RunRepository.Project, c.Project), single: &c.RunRepository}}, nil
	}
	projects, failures := d.namedProjects(ctx)
	scopes := make([]scope, len(projects))
	for i, p := range projects {
		scopes[i] = scope{project: p, ids: c.PullRequestIDs}
	}
	return scopes, failures
}

// namedProjects is every project that an including item of the input repositories speaks of.
func (d *discoverer) namedProjects(ctx context.Context) ([]requeue.Project, []requeue.Failure) {
	c := d.config
	var projects []requeue.Project
	add := func(p requeue.Project) {
		if !slices.ContainsFunc(projects, p.Same) {
			projects = append(projects, p)
		}
	}
	including, listed := false, false
	for _, item := range c.Repositories.Items {
		including = including || !item.Exclude
		switch {
		case item.Exclude:
		case item.Project == "":
			add(c.Project)
		case item.ProjectIsPattern():
			listed = true
		case item.MatchesProject(c.Project, c.Project):
			add(c.Project)
		default:
			add(namedProject(item.Project))
		}
	}
	if !including {
		add(c.Project)
	}
	if !listed {
		return projects, nil
	}
	visible, err := d.client.Projects(ctx)
	if err != nil {
		return projects, []requeue.Failure{{Err: fmt.Errorf("list the projects: %w", err)}}
	}
	for _, p := range visible {
		if slices.ContainsFunc(c.Repositories.Items, func(i requeue.RepositoryItem) bool {
			return !i.Exclude && i.ProjectIsPattern() && i.MatchesProject(p, c.Project)
		}) {
			add(p)
		}
	}
	return projects, nil
}

func namedProject(nameOrID string) requeue.Project {
	if id, err := uuid.Parse(nameOrID); err == nil && len(nameOrID) == 36 {
		return requeue.Project{ID: id, Name: nameOrID}
	}
	return requeue.Project{Name: nameOrID}
}

// route is how requests address a project: by its ID where known, which needs no escaping and survives a rename.
func route(p requeue.Project) string {
	if p.ID != uuid.Nil {
		return p.ID.String()
	}
	return p.Name
}
