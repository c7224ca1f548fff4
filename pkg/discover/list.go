package discover

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// maxSingleLists is up to how many selected repositories of a project are listed one by one: nothing is hidden within one.
// Beyond it one list of the whole project costs less.
const maxSingleLists = 20

// selected lists the pull requests of the repositories that the patterns select: one by one, or the whole project where
// these are too many. What that list may have hidden is listed by itself.
func (d *discoverer) selected(ctx context.Context, project requeue.Project, visible []*requeue.Repository, screener *screener) []requeue.Failure {
	var chosen []*requeue.Repository
	for _, r := range visible {
		if d.config.Repositories.Match(*r, d.config.Project) {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) > maxSingleLists {
		seen, failures := d.list(ctx, project, nil, screener, nil)
		switch {
		case len(failures) > 0 && !azdo.IsRefused(failures[0].Err):
			return failures
		case len(failures) > 0:
			// A token that sees some repositories only may be refused the list of the project: ask for each.
		case seen.trimmed || len(seen.repositories) == 0:
			chosen = slices.DeleteFunc(chosen, func(r *requeue.Repository) bool { return seen.repositories[r.ID] })
		default:
			return nil
		}
	}
	failures := make([][]requeue.Failure, len(chosen))
	parallel.Each(ctx, d.config.Concurrency, len(chosen), func(i int) {
		_, failures[i] = d.list(ctx, project, chosen[i], screener, nil)
	})
	return slices.Concat(failures...)
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

// ahead begins to read the list of the run's repository, which project needs in any case.
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
	a := &ahead{first: make(chan struct{}), more: true}
	next, stop := iter.Pull2(d.client.PullRequests(ctx, q))
	a.next, a.stop = next, func() { cancel(); <-a.first; stop() }
	go func() {
		defer close(a.first)
		defer parallel.Recover(&a.err)
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
	ctx context.Context, project requeue.Project, repository *requeue.Repository, screener *screener, ahead *ahead,
) (listed, []requeue.Failure) {
	pages := d.client.PullRequests(ctx, azdo.Query{Project: route(project), Repository: repository, Known: screener.known})
	if ahead != nil {
		pages = ahead.pages
	}
	seen := listed{repositories: map[uuid.UUID]bool{}}
	selected := map[*requeue.Repository]bool{} // by pull requests that share it
	for part, err := range pages {
		prs := part.PullRequests
		seen.trimmed = part.Trimmed
		for i := range prs {
			if known, ok := screener.known[prs[i].Repository.ID]; ok {
				prs[i].Repository = known // the list ahead could not know it
			}
			seen.repositories[prs[i].Repository.ID] = true
		}
		switch {
		case err != nil && repository != nil && repository.Disabled:
			return seen, nil // passed over; the service refuses to list what nobody can change
		case err != nil && repository != nil:
			return seen, []requeue.Failure{{Project: project.Name, Repository: repository.Name, Err: fmt.Errorf("list the pull requests: %w", err)}}
		case err != nil:
			return seen, []requeue.Failure{{Project: project.Name, Err: fmt.Errorf("list the pull requests: %w", err)}}
		}
		screener.add(ctx, slices.DeleteFunc(prs, func(pr *requeue.PullRequest) bool {
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
func (d *discoverer) numbers(ctx context.Context, s scope, screener *screener) []requeue.Failure {
	failures := make([][]requeue.Failure, len(s.ids))
	prs := make([]*requeue.PullRequest, len(s.ids))
	parallel.Each(ctx, d.config.Concurrency, len(s.ids), func(i int) {
		pr, err := d.number(ctx, s, s.ids[i], screener.known)
		switch {
		case azdo.IsNotFound(err):
			failures[i] = []requeue.Failure{{Project: s.project.Name, PullRequest: s.ids[i], Err: err, Missing: true}}
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
			failures[i] = []requeue.Failure{{
				Project: s.project.Name, PullRequest: pr.ID, Missing: true,
				Err: fmt.Errorf("pull request %d belongs to repository %s, which the input repositories does not select", pr.ID, pr.Repository.Name),
			}}
		default:
			list = append(list, pr)
		}
	}
	screener.add(ctx, list)
	return slices.Concat(failures...)
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
	d.labels(ctx, &pr)
	return pr, nil
}

// labels asks for the labels of one pull request, if they matter.
func (d *discoverer) labels(ctx context.Context, pr *requeue.PullRequest) {
	if !d.config.Rules.AsksLabels(pr) {
		return
	}
	var err error
	if pr.Labels, err = d.client.Labels(ctx, *pr); err != nil {
		pr.Err = fmt.Errorf("read the labels: %w", err)
	}
	pr.LabelsKnown = err == nil
}
