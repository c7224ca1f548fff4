package azdotest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// resolver fills in what a world leaves open, and collects its faults.
type resolver struct {
	w    *World
	now  time.Time
	errs []error

	where        []string
	pullRequests pool
	policies     pool
	pipelines    pool
	builds       pool
	byNumber     map[int]*PullRequest
	recorded     map[int]bool // builds that are listed
}

// pool hands out numbers that nobody has taken.
type pool struct {
	used map[int]bool
	next int
}

func newPool(first int) pool { return pool{used: map[int]bool{}, next: first} }

func (p *pool) free() int {
	for p.used[p.next] {
		p.next++
	}
	p.used[p.next] = true
	return p.next
}

// resolve returns a copy of the world with nothing left open: references are IDs, times are in wire format, states are
// statuses and contexts. Resolving such a world again changes nothing.
func resolve(w World) (*World, error) {
	c := w.clone()
	for _, f := range c.Faults {
		if f != nil {
			f.seen, f.done = 0, 0
		}
	}
	for _, change := range c.Changes {
		if change != nil {
			change.seen, change.done = 0, 0
		}
	}
	return &c, complete(&c, time.Now())
}

// complete is resolve in place.
func complete(w *World, now time.Time) error {
	r := &resolver{
		w: w, now: now,
		pullRequests: newPool(1), policies: newPool(1), pipelines: newPool(101), builds: newPool(1001),
		byNumber: map[int]*PullRequest{}, recorded: map[int]bool{},
	}
	r.world()
	if r.lists(); len(r.errs) > 0 { // a nil item would stop everything below
		return errors.Join(r.errs...)
	}
	for _, p := range w.Projects {
		r.reserve(p)
	}
	for _, p := range w.Projects {
		r.project(p)
	}
	r.rules()
	return errors.Join(r.errs...)
}

// in names the place that faults found by f are about.
func (r *resolver) in(place string, f func()) {
	r.where = append(r.where, place)
	f()
	r.where = r.where[:len(r.where)-1]
}

func (r *resolver) fault(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.errs = append(r.errs, errors.New(strings.Join(append(slices.Clone(r.where), text), ": ")))
}

// oneOf gives a blank value the first of the allowed ones and faults any other.
func (r *resolver) oneOf(member string, value *string, allowed ...string) {
	if *value == "" {
		*value = allowed[0]
		return
	}
	for _, a := range allowed {
		if strings.EqualFold(*value, a) {
			*value = a
			return
		}
	}
	r.fault("%s %q is none of %s", member, *value, strings.Join(allowed, ", "))
}

// at turns a relative time into wire format; blank becomes the default.
func (r *resolver) at(member string, value *string, byDefault string) {
	if *value == "" {
		*value = byDefault
	}
	if *value == "" || *value == none || len(*value) == len(wireTime) && !moment(*value).IsZero() {
		return
	}
	text, err := instant(*value, r.now)
	if err != nil {
		r.fault("%s: %v", member, err)
		return
	}
	*value = text
}

func (r *resolver) lasts(member string, value *string, byDefault string) {
	if *value == "" {
		*value = byDefault
	}
	if _, err := duration(*value); err != nil {
		r.fault("%s: %v", member, err)
	}
}

func (r *resolver) guid(member string, value *string, byDefault func() string) {
	if *value == "" {
		*value = byDefault()
		return
	}
	id, err := uuid.Parse(*value)
	if err != nil {
		r.fault("%s %q is no GUID", member, *value)
		return
	}
	*value = id.String()
}

// take reserves a number that the world gives.
func (r *resolver) take(what string, id int, numbers *pool) {
	switch {
	case id == 0:
	case id < 0:
		r.fault("%s %d is below 1", what, id)
	case numbers.used[id]:
		r.fault("%s %d exists twice", what, id)
	default:
		numbers.used[id] = true
	}
}

func (r *resolver) world() {
	w := r.w
	w.CollectionPath = strings.TrimSuffix(w.CollectionPath, "/")
	if w.CollectionPath == "" {
		w.CollectionPath = "/tfs/DefaultCollection"
	}
	if !strings.HasPrefix(w.CollectionPath, "/") {
		w.CollectionPath = "/" + w.CollectionPath
	}
	r.oneOf("style", &w.Style, "services", "server")
	r.oneOf("version", &w.Version, "7.2", "5.0", "6.0", "6.1", "7.0", "7.1")
	r.lasts("latency", &w.Latency, "0s")
	if w.Identity == "" {
		w.Identity = "Project Collection Build Service (" + w.organization() + ")"
		if len(w.Projects) > 0 && w.Projects[0] != nil {
			w.Identity = w.Projects[0].Name + " Build Service (" + w.organization() + ")"
		}
	}
	r.guid("identityId", &w.IdentityID, func() string { return guid("identity", w.Identity) })
	for _, id := range w.WithoutLocations {
		if _, err := uuid.Parse(id); err != nil {
			r.fault("withoutLocations: %q is no GUID", id)
		}
	}
	w.Pages = w.Pages.orDefault()
	r.in("behaviour", func() { r.behaviour(&w.Behaviour) })
}

// organization is the last segment of the collection's path.
func (w *World) organization() string {
	return w.CollectionPath[strings.LastIndex(w.CollectionPath, "/")+1:]
}

func (p Pages) orDefault() Pages {
	for _, size := range []struct {
		value     *int
		byDefault int
	}{
		{&p.PullRequestsDefault, 101},
		{&p.PullRequests, 1000},
		{&p.Evaluations, 100},
		{&p.Policies, 100},
		{&p.Builds, 1000},
		{&p.Pipelines, 1000},
		{&p.Projects, 100},
	} {
		if *size.value <= 0 {
			*size.value = size.byDefault
		}
	}
	return p
}

// lists faults empty items, which only a file that says null, or a program, can hold.
func (r *resolver) lists() {
	whole(r, "projects", r.w.Projects)
	whole(r, "faults", r.w.Faults)
	whole(r, "changes", r.w.Changes)
	for _, p := range r.w.Projects {
		if p == nil {
			continue
		}
		whole(r, "repositories", p.Repositories)
		whole(r, "policies", p.Policies)
		whole(r, "pipelines", p.Pipelines)
		whole(r, "builds", p.Builds)
		for _, c := range p.Policies {
			if c != nil {
				whole(r, "scopes", c.Scopes)
			}
		}
		for _, repo := range p.Repositories {
			if repo == nil {
				continue
			}
			whole(r, "pullRequests", repo.PullRequests)
			for _, pr := range repo.PullRequests {
				if pr == nil {
					continue
				}
				whole(r, "evaluations", pr.Evaluations)
				whole(r, "threads", pr.Threads)
				for _, t := range pr.Threads {
					if t != nil {
						whole(r, "comments", t.Comments)
					}
				}
			}
		}
	}
}

func whole[T any](r *resolver, member string, list []*T) {
	if slices.Contains(list, nil) {
		r.fault("%s holds null", member)
	}
}

// reserve notes the numbers that the world gives itself, so that the others stay clear of them.
func (r *resolver) reserve(p *Project) {
	r.in("project "+strconv.Quote(p.Name), func() {
		for _, c := range p.Pipelines {
			r.take("pipeline", c.ID, &r.pipelines)
		}
		for _, c := range p.Policies {
			r.take("policy", c.ID, &r.policies)
		}
		for _, b := range p.Builds {
			r.take("build", b.ID, &r.builds)
			r.recorded[b.ID] = true
		}
		for _, repo := range p.Repositories {
			for _, pr := range repo.PullRequests {
				r.take("pull request", pr.ID, &r.pullRequests)
				for _, ev := range pr.Evaluations {
					if ev.Build > 0 {
						r.builds.used[ev.Build] = true // may also be listed among the builds
					}
				}
			}
		}
	})
}

// rules checks faults and changes.
func (r *resolver) rules() {
	for i, f := range r.w.Faults {
		r.in("fault "+strconv.Itoa(i+1), func() { r.faultRule(f) })
	}
	for i, c := range r.w.Changes {
		r.in("change "+strconv.Itoa(i+1), func() {
			r.match(&c.Match)
			if len(c.Set) == 0 && c.Build == nil {
				r.fault("neither set nor build is given")
			}
			if r.w.PullRequest(c.PullRequest) == nil {
				r.fault("there is no pull request %d", c.PullRequest)
			} else if c.Policy != "" && r.w.Evaluation(c.PullRequest, c.Policy) == nil {
				r.fault("pull request %d has no evaluation of policy %q", c.PullRequest, c.Policy)
			}
		})
	}
}
