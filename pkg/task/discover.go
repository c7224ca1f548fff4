package task

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// maxSingleLists is up to how many selected repositories of a project are listed one by one: nothing is hidden within one.
// Beyond it one list of the whole project costs less.
const maxSingleLists = 20

// problem is something that could not be read or found and that no pull request of the plan carries.
type problem struct {
	project, repository string
	scope               requeue.Project // where a whole project could not be read
	pullRequest         int             // 0: not about one
	err                 error
	// missing is something that the user named and that is not there: always a failure, whatever onError says.
	missing bool
}

// found is what discovery has seen.
type found struct {
	visible  []*requeue.Repository // in all projects of the scope
	unlisted []requeue.Project     // their repositories could not be listed
	screened []requeue.Screened
	early    requeue.Facts // what was answered on the way
	problems []problem
	notes    []note
	warnings []string
}

// note is a list that could not be read and that the run can do without.
type note struct {
	text string // what could not be read, and what follows
	err  error
}

// discoverer reads what there is: projects, repositories, pull requests and their evaluations. Reads only.
type discoverer struct {
	client *azdo.Client
	config config.Config
	now    time.Time
}

// scope is one project of the run, with what of it is asked for.
type scope struct {
	project requeue.Project
	// all selects by pattern; else single is the one repository of the run, by ID or name.
	single *config.RunRepository
	ids    []int
}

// discover reads the whole scope. It fails only as a whole: where nothing can be read at all.
func (d *discoverer) discover(ctx context.Context) found {
	scopes, problems := d.scopes(ctx)
	parts := make([]found, len(scopes))
	screeners := make([]*screener, len(scopes))
	for i := range screeners {
		screeners[i] = &screener{discoverer: d}
	}
	each(ctx, d.config.Concurrency, len(scopes), func(i int) {
		defer func() {
			if p := recover(); p != nil {
				parts[i].problems = append(parts[i].problems, problem{
					project: scopes[i].project.Name, err: fmt.Errorf("internal error: %v", p),
				})
			}
		}()
		parts[i] = d.project(ctx, scopes[i], screeners[i])
	})
	all := found{problems: problems, early: requeue.Facts{}, warnings: believe(ctx, screeners)}
	for i, part := range parts {
		part.screened, part.early = screeners[i].wait()
		all.visible = append(all.visible, part.visible...)
		all.unlisted = append(all.unlisted, part.unlisted...)
		all.screened = append(all.screened, part.screened...)
		for question, answer := range part.early {
			// A project under two names is asked twice, and one good answer is enough.
			if known, ok := all.early[question]; !ok || known.Err != nil {
				all.early[question] = answer
			}
		}
		all.problems = append(all.problems, part.problems...)
		all.notes = append(all.notes, part.notes...)
		all.warnings = append(all.warnings, part.warnings...)
	}
	all.visible = unique(all.visible, func(r *requeue.Repository) uuid.UUID { return r.ID })
	all.screened = unique(all.screened, func(s requeue.Screened) [2]string {
		project := s.PullRequest.Repository.Project
		return [2]string{route(project), fmt.Sprint(s.PullRequest.ID)}
	})
	all.problems = onlyMissingEverywhere(all.problems, len(scopes))
	d.settleNamed(&all)
	return all
}

// scopes lists the projects that the inputs speak of.
func (d *discoverer) scopes(ctx context.Context) ([]scope, []problem) {
	c := d.config
	switch {
	case c.ValidatesPullRequest > 0:
		return []scope{{project: c.Project, ids: []int{c.ValidatesPullRequest}}}, nil
	case len(c.Repositories.Items) == 0 && len(c.PullRequestIDs) > 0:
		return []scope{{project: c.Project, ids: c.PullRequestIDs}}, nil
	case len(c.Repositories.Items) == 0:
		return []scope{{project: cmp.Or(c.RunRepository.Project, c.Project), single: &c.RunRepository}}, nil
	}
	projects, problems := d.namedProjects(ctx)
	scopes := make([]scope, len(projects))
	for i, p := range projects {
		scopes[i] = scope{project: p, ids: c.PullRequestIDs}
	}
	return scopes, problems
}

// namedProjects is every project that an including item of the input repositories speaks of.
func (d *discoverer) namedProjects(ctx context.Context) ([]requeue.Project, []problem) {
	c := d.config
	var projects []requeue.Project
	add := func(p requeue.Project) {
		if !slices.ContainsFunc(projects, func(known requeue.Project) bool { return sameProject(known, p) }) {
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
		return projects, []problem{{err: fmt.Errorf("list the projects: %w", err)}}
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

func sameProject(a, b requeue.Project) bool {
	return a.ID != uuid.Nil && a.ID == b.ID || a.Name != "" && strings.EqualFold(a.Name, b.Name)
}

// route is how requests address a project: by its ID where known, which needs no escaping and survives a rename.
func route(p requeue.Project) string {
	if p.ID != uuid.Nil {
		return p.ID.String()
	}
	return p.Name
}

// project reads one project of the scope; its pull requests go to the screener.
func (d *discoverer) project(ctx context.Context, s scope, page *screener) (out found) {
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
	out.visible = repositories
	page.policiesKnown, page.known = policiesErr == nil, map[uuid.UUID]*requeue.Repository{}
	for _, r := range repositories {
		page.known[r.ID] = r
	}
	defer page.check(ctx)

	switch {
	case err != nil && s.single == nil && len(s.ids) == 0:
		out.problems = append(out.problems, problem{
			project: s.project.Name, scope: s.project,
			err: fmt.Errorf("list the repositories: %w", err), missing: azdo.IsNotFound(err),
		})
	case len(s.ids) > 0:
		out.problems = append(out.problems, d.numbers(ctx, s, page)...)
	case s.single != nil:
		repository := d.runRepository(s, repositories)
		_, problems := d.list(ctx, s.project, repository, page, ahead)
		out.problems = append(out.problems, problems...)
	default:
		out.problems = append(out.problems, d.selected(ctx, s.project, repositories, page)...)
	}
	if len(out.problems) > 0 {
		return out // which says enough
	}
	if err != nil {
		out.unlisted = append(out.unlisted, s.project)
		out.notes = append(out.notes, note{fmt.Sprintf(
			"The repositories of project %s could not be read, so it is not known which are disabled", s.project.Name), err})
	}
	if policiesErr != nil {
		out.notes = append(out.notes, note{fmt.Sprintf(
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

// selected lists the pull requests of the repositories that the patterns select: one by one, or the whole project where
// these are too many. What that list may have hidden is listed by itself.
func (d *discoverer) selected(ctx context.Context, project requeue.Project, visible []*requeue.Repository, page *screener) []problem {
	var chosen []*requeue.Repository
	for _, r := range visible {
		if d.config.Repositories.Match(*r, d.config.Project) {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) > maxSingleLists {
		seen, problems := d.list(ctx, project, nil, page, nil)
		switch {
		case len(problems) > 0 && !azdo.IsRefused(problems[0].err):
			return problems
		case len(problems) > 0:
			// A token that sees some repositories only may be refused the list of the project: ask for each.
		case seen.trimmed || len(seen.repositories) == 0:
			chosen = slices.DeleteFunc(chosen, func(r *requeue.Repository) bool { return seen.repositories[r.ID] })
		default:
			return nil
		}
	}
	problems := make([][]problem, len(chosen))
	each(ctx, d.config.Concurrency, len(chosen), func(i int) {
		_, problems[i] = d.list(ctx, project, chosen[i], page, nil)
	})
	return slices.Concat(problems...)
}

// ahead is a list of pull requests whose first page was asked for before it was known what is visible. Nil is none.
type ahead struct {
	next  func() (azdo.Page, error, bool)
	stop  func()
	first chan struct{} // closed when the first page is there
	page  azdo.Page
	err   error
	more  bool
}

// ahead begins the list that project will want whatever it finds out, that of the run's repository.
func (d *discoverer) ahead(ctx context.Context, s scope) *ahead {
	if s.single == nil || s.single.Name == "" {
		return nil
	}
	id, err := uuid.Parse(s.single.ID)
	if err != nil {
		return nil
	}
	q := azdo.Query{Project: route(s.project), Repository: &requeue.Repository{ID: id, Name: s.single.Name, Project: s.project}}
	ctx, cancel := context.WithCancel(ctx)
	a := &ahead{first: make(chan struct{})}
	next, stop := iter.Pull2(d.client.PullRequests(ctx, q))
	a.next, a.stop = next, func() { cancel(); <-a.first; stop() }
	go func() {
		defer close(a.first)
		defer func() {
			if p := recover(); p != nil {
				a.err, a.more = fmt.Errorf("internal error: %v", p), true
			}
		}()
		a.page, a.err, a.more = next()
	}()
	return a
}

// drop ends the list, however much of it was used.
func (a *ahead) drop() {
	if a != nil {
		a.stop()
	}
}

// pages are all of the list.
func (a *ahead) pages(yield func(azdo.Page, error) bool) {
	<-a.first
	for page, err, more := a.page, a.err, a.more; more && yield(page, err) && err == nil; {
		page, err, more = a.next()
	}
}

// listed is what a list has shown.
type listed struct {
	repositories map[uuid.UUID]bool // that have a pull request in it
	trimmed      bool               // see azdo.Page
}

// list reads the active pull requests of one repository, or of the project where it is nil; ahead, unless nil, has begun
// just that.
func (d *discoverer) list(
	ctx context.Context, project requeue.Project, repository *requeue.Repository, page *screener, ahead *ahead,
) (listed, []problem) {
	pages := d.client.PullRequests(ctx, azdo.Query{Project: route(project), Repository: repository, Known: page.known})
	if ahead != nil {
		pages = ahead.pages
	}
	seen := listed{repositories: map[uuid.UUID]bool{}}
	selected := map[*requeue.Repository]bool{} // by pull requests that share it
	for part, err := range pages {
		prs := part.PullRequests
		seen.trimmed = part.Trimmed
		for i := range prs {
			if known, ok := page.known[prs[i].Repository.ID]; ok {
				prs[i].Repository = known // the list ahead could not know it
			}
			seen.repositories[prs[i].Repository.ID] = true
		}
		switch {
		case err != nil && repository != nil && repository.Disabled:
			return seen, nil // passed over; the service refuses to list what nobody can change
		case err != nil && repository != nil:
			return seen, []problem{{project: project.Name, repository: repository.Name, err: fmt.Errorf("list the pull requests: %w", err)}}
		case err != nil:
			return seen, []problem{{project: project.Name, err: fmt.Errorf("list the pull requests: %w", err)}}
		}
		page.add(ctx, slices.DeleteFunc(prs, func(pr *requeue.PullRequest) bool {
			unknown := pr.Err != nil && pr.Repository.ID == uuid.Nil // reported rather than lost
			if repository != nil || unknown {
				return false
			}
			match, known := selected[pr.Repository]
			if !known {
				match = d.config.Repositories.Match(*pr.Repository, d.config.Project)
				selected[pr.Repository] = match
			}
			return !match
		}))
	}
	return seen, nil
}

// numbers reads the pull requests that are named by number.
func (d *discoverer) numbers(ctx context.Context, s scope, page *screener) []problem {
	problems := make([][]problem, len(s.ids))
	prs := make([]*requeue.PullRequest, len(s.ids))
	each(ctx, d.config.Concurrency, len(s.ids), func(i int) {
		pr, err := d.number(ctx, s, s.ids[i], page.known)
		switch {
		case azdo.IsNotFound(err):
			problems[i] = []problem{{project: s.project.Name, pullRequest: s.ids[i], err: err, missing: true}}
		case err != nil:
			prs[i] = &requeue.PullRequest{ID: s.ids[i], Repository: &requeue.Repository{Project: s.project}, Err: err}
		default:
			prs[i] = &pr
		}
	})
	var list []*requeue.PullRequest
	for i, pr := range prs {
		inScope := pr != nil && (pr.Err != nil || d.config.ValidatesPullRequest > 0 || len(d.config.Repositories.Items) == 0 ||
			d.config.Repositories.Match(*pr.Repository, d.config.Project))
		switch {
		case pr == nil:
		case !inScope:
			problems[i] = []problem{{
				project: s.project.Name, pullRequest: pr.ID, missing: true,
				err: fmt.Errorf("pull request %d belongs to repository %s, which the input repositories does not select", pr.ID, pr.Repository.Name),
			}}
		default:
			list = append(list, pr)
		}
	}
	page.add(ctx, list)
	return slices.Concat(problems...)
}

func (d *discoverer) number(ctx context.Context, s scope, id int, known map[uuid.UUID]*requeue.Repository) (requeue.PullRequest, error) {
	pr, err := d.client.PullRequest(ctx, route(s.project), id)
	if err != nil {
		return pr, err
	}
	if s.project.ID != uuid.Nil && pr.Repository.Project.ID != s.project.ID {
		return pr, azdo.NotFound("read the pull request", fmt.Sprintf("it belongs to project %q", pr.Repository.Project.Name), false)
	}
	if r, ok := known[pr.Repository.ID]; ok {
		pr.Repository = r
	}
	if d.config.Rules.AsksLabels(&pr) {
		if pr.Labels, err = d.client.Labels(ctx, pr); err != nil {
			pr.Err = fmt.Errorf("read the labels: %w", err)
		}
		pr.LabelsKnown = true
	}
	return pr, nil
}
