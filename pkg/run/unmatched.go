package run

import (
	"github.com/pr-evaluations/reschedule/pkg/discover"
	"github.com/pr-evaluations/reschedule/pkg/report"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// warnOfUnmatched says which patterns matched nothing. Where pull requests are named, filters that leave them out are what
// somebody wants to know of each, and the plan says so.
func (r *run) warnOfUnmatched(f discover.Found, facts requeue.Facts) {
	if r.config.ValidatesPullRequest > 0 || len(r.config.PullRequestIDs) > 0 {
		return
	}
	for _, u := range r.config.Rules.Unmatched(f.Screened, visibleItems(r.config.Repositories, f, r.config.Project), r.config.Project, facts) {
		r.log.Warning(report.Unmatched(u))
	}
}

// visibleItems are those of the patterns that match a visible repository. Discovery has warned of the others.
func visibleItems(p requeue.RepositoryPatterns, f discover.Found, own requeue.Project) requeue.RepositoryPatterns {
	var visible requeue.RepositoryPatterns
	for _, item := range p.Items {
		for _, r := range f.Visible {
			if item.Matches(*r, own) {
				visible.Items = append(visible.Items, item)
				break
			}
		}
	}
	return visible
}
