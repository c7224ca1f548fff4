package discover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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
func (d *discoverer) settleNamed(all *Found) {
	c := d.config
	if c.ValidatesPullRequest > 0 {
		return
	}
	for _, item := range c.Repositories.Items {
		matches := func(r *requeue.Repository) bool { return item.Matches(*r, c.Project) }
		unlisted := func(p requeue.Project) bool { return item.MatchesProject(p, c.Project) }
		if item.Exclude || slices.ContainsFunc(all.Visible, matches) || slices.ContainsFunc(all.unlisted, unlisted) {
			continue
		}
		if item.Named() {
			all.Failures = append(all.Failures, requeue.Failure{
				Project: cmp.Or(item.Project, c.Project.Name), Repository: item.Repository, Missing: true,
				Err: azdo.NotFound("find the repository", fmt.Sprintf("repository %q does not exist or is hidden", item.Text), true),
			})
			continue
		}
		all.Warnings = append(all.Warnings, fmt.Sprintf("No visible repository matches %q. %s", item.Text, visible(all.Visible, c.Project)))
	}
}

// visible names what there is instead of what was asked for.
func visible(repositories []*requeue.Repository, own requeue.Project) string {
	count := map[string]int{}
	for _, r := range repositories {
		name := r.Name
		if !r.Project.Same(own) {
			name = r.Project.Name + "/" + name
		}
		count[fmt.Sprintf("%.60q", name)] = 1
	}
	names, more := requeue.MostFrequent(count)
	if more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	if len(names) == 0 {
		return "None is visible."
	}
	return "Visible: " + strings.Join(names, ", ") + "."
}

// onlyMissingEverywhere keeps "not found" for the pull requests that no project of the scope has.
func onlyMissingEverywhere(failures []requeue.Failure, projects int) []requeue.Failure {
	missing := map[int]int{}
	for _, f := range failures {
		if f.PullRequest > 0 && f.Missing {
			missing[f.PullRequest]++
		}
	}
	reported := map[int]bool{}
	return slices.DeleteFunc(failures, func(f requeue.Failure) bool {
		if f.PullRequest == 0 || !f.Missing {
			return false
		}
		drop := missing[f.PullRequest] < projects || reported[f.PullRequest]
		reported[f.PullRequest] = true
		return drop
	})
}
