package task

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// unique keeps the first of those with the same key. A project may be named twice, once by its ID and once by its name,
// and a list may be begun again for each repository: nothing may be handled twice because of that.
func unique[T any, K comparable](all []T, key func(T) K) []T {
	seen := map[K]bool{}
	return slices.DeleteFunc(all, func(v T) bool {
		k := key(v)
		known := seen[k]
		seen[k] = true
		return known
	})
}

// settleNamed says which named repositories and pull requests were not found, and which patterns matched nothing.
func (d *discoverer) settleNamed(all *found) {
	c := d.config
	if c.ValidatesPullRequest > 0 {
		return
	}
	for _, item := range c.Repositories.Items {
		matches := func(r *requeue.Repository) bool { return item.Matches(*r, c.Project) }
		unread := func(p problem) bool {
			return p.pullRequest == 0 && p.repository == "" && item.MatchesProject(p.scope, c.Project)
		}
		unlisted := func(p requeue.Project) bool { return item.MatchesProject(p, c.Project) }
		if item.Exclude || slices.ContainsFunc(all.visible, matches) || slices.ContainsFunc(all.problems, unread) ||
			slices.ContainsFunc(all.unlisted, unlisted) {
			continue
		}
		if item.Named() {
			all.problems = append(all.problems, problem{
				project: cmp.Or(item.Project, c.Project.Name), repository: item.Repository, missing: true,
				err: azdo.NotFound("find the repository", fmt.Sprintf("repository %q does not exist or is hidden", item.Text), true),
			})
			continue
		}
		all.warnings = append(all.warnings, fmt.Sprintf("No visible repository matches %q.", item.Text))
	}
}

// onlyMissingEverywhere keeps "not found" for the pull requests that no project of the scope has.
func onlyMissingEverywhere(problems []problem, projects int) []problem {
	missing := map[int]int{}
	for _, p := range problems {
		if p.pullRequest > 0 && p.missing {
			missing[p.pullRequest]++
		}
	}
	reported := map[int]bool{}
	return slices.DeleteFunc(problems, func(p problem) bool {
		if p.pullRequest == 0 || !p.missing {
			return false
		}
		drop := missing[p.pullRequest] < projects || reported[p.pullRequest]
		reported[p.pullRequest] = true
		return drop
	})
}
