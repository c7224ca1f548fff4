package discover

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Problem is something that could not be read or found and that no pull request of the plan carries.
type Problem struct {
	Project, Repository string
	scope               requeue.Project // where a whole project could not be read
	PullRequest         int             // 0: not about one
	Err                 error
	// Missing is something that the user named and that is not there: always a failure, whatever onError says.
	Missing bool
}

// Found is what discovery has seen.
type Found struct {
	Visible  []*requeue.Repository // in all projects of the scope
	unlisted []requeue.Project     // their repositories could not be listed
	Screened []requeue.Screened
	Early    requeue.Facts // what was answered on the way
	Problems []Problem
	Notes    []Note
	Warnings []string
}

// Note is a list that could not be read and that the run can do without.
type Note struct {
	Text string // what could not be read, and what follows
	Err  error
}

// Read reads the whole scope of the configuration. It fails only as a whole: where nothing can be read at all.
func Read(ctx context.Context, client *azdo.Client, c config.Config, now time.Time) Found {
	d := &discoverer{client: client, config: c, now: now}
	return d.discover(ctx)
}

// discoverer reads what there is: projects, repositories, pull requests and their evaluations. Reads only.
type discoverer struct {
	client *azdo.Client
	config config.Config
	now    time.Time
}

// discover reads the whole scope. It fails only as a whole: where nothing can be read at all.
func (d *discoverer) discover(ctx context.Context) Found {
	scopes, problems := d.scopes(ctx)
	parts := make([]Found, len(scopes))
	screeners := make([]*screener, len(scopes))
	for i := range screeners {
		screeners[i] = &screener{discoverer: d}
	}
	parallel.Each(ctx, d.config.Concurrency, len(scopes), func(i int) {
		defer func() {
			if p := recover(); p != nil {
				parts[i].Problems = append(parts[i].Problems, Problem{
					Project: scopes[i].project.Name, Err: fmt.Errorf("internal error: %v", p),
				})
			}
		}()
		parts[i] = d.project(ctx, scopes[i], screeners[i])
	})
	all := Found{Problems: problems, Early: requeue.Facts{}, Warnings: believe(ctx, screeners)}
	for i, part := range parts {
		part.Screened, part.Early = screeners[i].wait()
		all.Visible = append(all.Visible, part.Visible...)
		all.unlisted = append(all.unlisted, part.unlisted...)
		all.Screened = append(all.Screened, part.Screened...)
		for question, answer := range part.Early {
			// A project under two names is asked twice, and one good answer is enough.
			if known, ok := all.Early[question]; !ok || known.Err != nil {
				all.Early[question] = answer
			}
		}
		all.Problems = append(all.Problems, part.Problems...)
		all.Notes = append(all.Notes, part.Notes...)
		all.Warnings = append(all.Warnings, part.Warnings...)
	}
	all.Visible = unique(all.Visible, func(r *requeue.Repository) uuid.UUID { return r.ID })
	all.Screened = unique(all.Screened, func(s requeue.Screened) [2]string {
		project := s.PullRequest.Repository.Project
		return [2]string{route(project), fmt.Sprint(s.PullRequest.ID)}
	})
	all.Problems = onlyMissingEverywhere(all.Problems, len(scopes))
	d.settleNamed(&all)
	return all
}

// project reads one project of the scope; its pull requests go to the screener.
func (d *discoverer) project(ctx context.Context, s scope, page *screener) (out Found) {
	ahead := d.ahead(ctx, s)
	defer ahead.drop()
	var policiesErr error
	var reading sync.WaitGroup
	reading.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				policiesErr = fmt.Errorf("internal error: %v", p)
			}
		}()
		page.policies, policiesErr = d.client.Policies(ctx, route(s.project))
	})
	repositories, err := d.client.Repositories(ctx, route(s.project))
	reading.Wait()
	out.Visible = repositories
	page.policiesKnown, page.known = policiesErr == nil, map[uuid.UUID]*requeue.Repository{}
	for _, r := range repositories {
		page.known[r.ID] = r
	}
	defer page.check(ctx)

	switch {
	case err != nil && s.single == nil && len(s.ids) == 0:
		out.Problems = append(out.Problems, Problem{
			Project: s.project.Name, scope: s.project,
			Err: fmt.Errorf("list the repositories: %w", err), Missing: azdo.IsNotFound(err),
		})
	case len(s.ids) > 0:
		out.Problems = append(out.Problems, d.numbers(ctx, s, page)...)
	case s.single != nil:
		repository := d.runRepository(s, repositories)
		_, problems := d.list(ctx, s.project, repository, page, ahead)
		out.Problems = append(out.Problems, problems...)
	default:
		out.Problems = append(out.Problems, d.selected(ctx, s.project, repositories, page)...)
	}
	if len(out.Problems) > 0 {
		return out // which says enough
	}
	if err != nil {
		out.unlisted = append(out.unlisted, s.project)
		out.Notes = append(out.Notes, Note{fmt.Sprintf(
			"The repositories of project %s could not be read, so it is not known which are disabled", s.project.Name), err})
	}
	if policiesErr != nil {
		out.Notes = append(out.Notes, Note{fmt.Sprintf(
			"The policy configurations of project %s could not be read, so the evaluations of every pull request are asked for", s.project.Name), policiesErr})
	}
	return out
}

// runRepository finds the repository of the run. If the list does not show it, its own pull requests are asked for all
// the same: the service's refusal says more than an absence.
func (d *discoverer) runRepository(s scope, visible []*requeue.Repository) *requeue.Repository {
	id, err := uuid.Parse(s.single.ID)
	for _, r := range visible {
		if err == nil && r.ID == id || err != nil && strings.EqualFold(r.Name, cmp.Or(s.single.Name, s.single.ID)) {
			return r
		}
	}
	return &requeue.Repository{ID: id, Name: cmp.Or(s.single.Name, s.single.ID), Project: s.project}
}
