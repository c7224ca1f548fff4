package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// effective words what the run is going to do, for people who read the log.
func (l *loader) effective() []string {
	lines := []string{
		"Scope: " + l.scope(),
		"Re-queue: evaluations that are " + join(l.cfg.Rules.When),
		"Limits: " + limits(l.cfg.Rules),
	}
	told := []string{"repositories", "pullRequestIds", "when", "maxPerRun", "maxInFlightPerBranch"}
	for _, f := range l.in.fields() {
		value := f.plain(*f.value)
		if !slices.Contains(told, f.name) && !strings.EqualFold(value, f.plain(f.defaultValue)) {
			lines = append(lines, f.name+": "+clip(value, 2*quoted))
		}
	}
	return lines
}

// plain is one spelling for values of an input that mean the same.
func (f field) plain(value string) string {
	if f.list != "" {
		return strings.Join(splitList(value, f.list), ", ")
	}
	if strings.Trim(f.defaultValue, "0123456789") == "" && f.defaultValue != "" {
		return cmp.Or(strings.TrimLeft(value, "0"), "0")
	}
	return value
}

func (l *loader) scope() string {
	c := &l.cfg
	project := ""
	if name := nameOf(c.Project); name != "" {
		project = " of project " + name
	}
	named := make([]string, len(c.Repositories.Items))
	for i, item := range c.Repositories.Items {
		named[i] = item.Text
		if item.Exclude {
			named[i] = "!" + item.Text
		}
	}
	repositories := clip(strings.Join(named, ", "), 2*quoted)

	switch ids := numbers(c.PullRequestIDs); {
	case c.ValidatesPullRequest > 0:
		return fmt.Sprintf("pull request %d, which this run validates", c.ValidatesPullRequest)
	case ids != "" && repositories == "":
		return "pull requests " + ids + " in any visible repository" + project
	case ids != "":
		return "pull requests " + ids + " in the repositories " + repositories
	case repositories == "*":
		return "active pull requests in all visible repositories" + project
	case repositories != "":
		return "active pull requests in the repositories " + repositories
	}
	text := "active pull requests in repository " + cmp.Or(c.RunRepository.Name, c.RunRepository.ID)
	if name := nameOf(c.RunRepository.Project); name != "" {
		text += " of project " + name
	}
	return text
}

func nameOf(p requeue.Project) string {
	if p.Name == "" && p != (requeue.Project{}) {
		return p.ID.String()
	}
	return p.Name
}

func numbers(ids []int) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.Itoa(id)
	}
	return clip(strings.Join(texts, ", "), 2*quoted)
}

func limits(r requeue.Rules) string {
	text := "no limit for the run"
	if r.MaxPerRun > 0 {
		text = "at most " + requeue.Plural(r.MaxPerRun, "re-queue") + " in this run"
	}
	switch {
	case r.AutoInFlight:
		text += ", as few pull requests in flight per target branch as make it 90 % likely that one of them turns green"
	case r.MaxInFlightPerBranch > 0:
		text += ", at most " + requeue.Plural(r.MaxInFlightPerBranch, "pull request") + " in flight per target branch"
	default:
		text += ", no limit per target branch"
	}
	if r.Slice.Total > 1 {
		text += fmt.Sprintf(", share %d of %d of the pull requests", r.Slice.Position, r.Slice.Total)
	}
	return text
}
