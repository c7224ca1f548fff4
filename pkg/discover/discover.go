package discover

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/parallel"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Found is what Read has read.
type Found struct {
	Visible  []*requeue.Repository // in all projects of the scope
	unlisted []requeue.Project     // their repositories could not be listed; the zero value stands for unknown ones
	Screened []requeue.Screened
	Early    requeue.Facts // what was answered on the way
	// Failures are those that no pull request of the plan carries.
	Failures []requeue.Failure
	// Harmless are lists that could not be read and that the run can do without.
	Harmless []requeue.Failure
	Warnings []string
}

// Read reads the whole scope of the configuration. What cannot be read is among the Failures of the result, and everything
// else is read all the same. Read calls progress with the number of pull requests that were read, and the number of those
// that are known so far to be worth reading. Several calls may run at once, and an older number may come later.
func Read(ctx context.Context, client *azdo.Client, c config.Config, now time.Time, progress func(read, of int)) Found {
	d := &discoverer{client: client, config: c, now: now, progress: progress}
	return d.discover(ctx)
}

// discoverer reads projects, repositories, pull requests and their evaluations. It writes nothing to the service.
type discoverer struct {
	client *azdo.Client
	config config.Config
	now    time.Time

	progress           func(read, of int)
	wereRead, areWorth atomic.Int64 // pull requests, see Read
}

// tell says how far the reading is.
func (d *discoverer) tell(read, worth int64) {
	d.progress(int(d.wereRead.Add(read)), int(d.areWorth.Add(worth)))
}

// discover does what Read says.
func (d *discoverer) discover(ctx context.Context) Found {
	scopes, failures := d.scopes(ctx)
	parts := make([]Found, len(scopes))
	screeners := make([]*screener, len(scopes))
	for i := range screeners {
		screeners[i] = newScreener(d)
	}
	parallel.Each(ctx, d.config.Concurrency, len(scopes), func(i int) {
		var panicked error
		defer func() {
			if panicked != nil {
				parts[i].Failures = append(parts[i].Failures, requeue.Failure{Project: scopes[i].project.Name, Err: panicked})
			}
		}()
		defer parallel.Recover(&panicked)
		parts[i] = d.project(ctx, scopes[i], screeners[i])
	})
	all := Found{Failures: failures, Early: requeue.Facts{}, Warnings: believe(ctx, screeners)}
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
		all.Failures = append(all.Failures, part.Failures...)
		all.Harmless = append(all.Harmless, part.Harmless...)
		all.Warnings = append(all.Warnings, part.Warnings...)
	}
	all.Visible = unique(all.Visible, func(r *requeue.Repository) uuid.UUID { return r.ID })
	all.Screened = unique(all.Screened, func(s requeue.Screened) [2]string {
		project := s.PullRequest.Repository.Project
		return [2]string{route(project), fmt.Sprint(s.PullRequest.ID)}
	})
	all.Failures = onlyMissingEverywhere(all.Failures, len(scopes))
	if slices.ContainsFunc(all.Failures, func(f requeue.Failure) bool { return f.PullRequest == 0 && f.Repository == "" }) {
		all.unlisted = append(all.unlisted, requeue.Project{})
	}
	d.settleNamed(&all)
	all.Warnings = append(all.Warnings, odd(d.config, all)...)
	return all
}

// project reads one project of the scope; its pull requests go to the screener.
func (d *discoverer) project(ctx context.Context, s scope, screener *screener) (out Found) {
	ahead := d.ahead(ctx, s)
	defer ahead.drop()
	var policiesErr error
	var reading sync.WaitGroup
	reading.Go(func() {
		defer parallel.Recover(&policiesErr)
		screener.policies, policiesErr = d.client.Policies(ctx, route(s.project))
	})
	repositories, err := d.client.Repositories(ctx, route(s.project))
	reading.Wait()
	out.Visible = repositories
	screener.policiesKnown, screener.known = policiesErr == nil, map[uuid.UUID]*requeue.Repository{}
	for _, r := range repositories {
		screener.known[r.ID] = r
	}
	defer screener.check(ctx)

	switch {
	case err != nil && s.single == nil && len(s.ids) == 0:
		out.unlisted = append(out.unlisted, s.project)
		out.Failures = append(out.Failures, requeue.Failure{
			Project: s.project.Name, Err: fmt.Errorf("list the repositories: %w", err), Missing: azdo.IsNotFound(err),
		})
	case len(s.ids) > 0:
		out.Failures = append(out.Failures, d.numbers(ctx, s, screener)...)
	case s.single != nil:
		repository := d.runRepository(s, repositories)
		_, failures := d.list(ctx, s.project, repository, screener, ahead)
		out.Failures = append(out.Failures, failures...)
	default:
		out.Failures = append(out.Failures, d.selected(ctx, s.project, repositories, screener)...)
	}
	if len(out.Failures) > 0 {
		return out // what follows is harmless beside them
	}
	if err != nil {
		out.unlisted = append(out.unlisted, s.project)
		out.Harmless = append(out.Harmless, requeue.Failure{Err: err, Lead: fmt.Sprintf(
			"The repositories of project %s could not be read, so it is not known which are disabled", s.project.Name)})
	}
	if policiesErr != nil {
		out.Harmless = append(out.Harmless, requeue.Failure{Err: policiesErr, Lead: fmt.Sprintf(
			"The policy configurations of project %s could not be read, so the evaluations of every pull request are asked for", s.project.Name)})
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
