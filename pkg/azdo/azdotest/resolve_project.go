package azdotest

import (
	"strconv"
	"strings"
	"time"
)

// none stands for a value that is left out on purpose.
const none = "none"

func (r *resolver) project(p *Project) {
	if strings.TrimSpace(p.Name) == "" {
		r.fault("a project has no name")
	}
	r.in("project "+strconv.Quote(p.Name), func() {
		r.guid("id", &p.ID, func() string { return guid("project", p.Name) })
		for _, c := range p.Pipelines {
			r.pipeline(c)
		}
		r.defaultPolicy(p)
		for _, repo := range p.Repositories {
			r.in("repository "+strconv.Quote(repo.Name), func() { r.repository(p, repo) })
		}
		for _, c := range p.Policies {
			r.policy(p, c)
		}
		for _, b := range p.Builds {
			r.build(p, b)
		}
		for _, repo := range p.Repositories {
			for _, pr := range repo.PullRequests {
				r.in("pull request "+strconv.Itoa(pr.ID), func() { r.evaluations(p, pr) })
			}
		}
	})
}

// defaultPolicy gives a project a Build policy if one of its evaluations takes that for granted.
func (r *resolver) defaultPolicy(p *Project) {
	for _, c := range p.Policies {
		if t, err := typeOf(c.Type); err == nil && t.id == BuildPolicyType {
			return
		}
	}
	for _, repo := range p.Repositories {
		for _, pr := range repo.PullRequests {
			for _, ev := range pr.Evaluations {
				if ev.Policy == "" {
					p.Policies = append(p.Policies, &Policy{})
					return
				}
			}
		}
	}
}

func (r *resolver) pipeline(c *Pipeline) {
	r.in("pipeline "+strconv.Quote(c.Name), func() {
		if c.Name == "" {
			r.fault("it has no name")
		}
		number(&c.ID, &r.pipelines)
		r.oneOf("queueStatus", &c.QueueStatus, "enabled", "paused", "disabled")
		r.requeue(&c.Requeue)
	})
}

func (r *resolver) requeue(q *Requeue) {
	r.oneOf("requeue.outcome", &q.Outcome, "succeeded", "failed", "partiallySucceeded", "canceled", "staysQueued",
		"staysRunning", "declines", "refuses")
	r.lasts("requeue.startsAfter", &q.StartsAfter, "200ms")
	r.lasts("requeue.takes", &q.Takes, "1s")
}

// pipelineOf finds a pipeline by ID or name; one that is named but not described is made.
func (r *resolver) pipelineOf(p *Project, ref Ref) *Pipeline {
	if c := p.pipeline(ref); c != nil {
		return c
	}
	if ref.number() > 0 {
		r.fault("there is no pipeline %s", ref)
		return &Pipeline{}
	}
	c := &Pipeline{Name: string(ref)}
	r.pipeline(c)
	p.Pipelines = append(p.Pipelines, c)
	return c
}

func (r *resolver) policy(p *Project, c *Policy) {
	number(&c.ID, &r.policies)
	r.in("policy "+strconv.Itoa(c.ID), func() {
		t, err := typeOf(c.Type)
		if err != nil {
			r.fault("%v", err)
			return
		}
		c.Type = t.id
		if c.Revision == 0 {
			c.Revision = 1
		}
		if c.Type == BuildPolicyType {
			if c.Pipeline == "" {
				c.Pipeline = Ref(c.DisplayName)
			}
			if c.Pipeline == "" {
				c.Pipeline = Ref(p.Name + " CI")
			}
			c.Pipeline = Ref(strconv.Itoa(r.pipelineOf(p, c.Pipeline).ID))
			if c.Expires != "immediately" && c.Expires != "never" {
				r.lasts("expires", &c.Expires, "72h")
			}
		}
		for _, s := range c.Scopes {
			r.oneOf("scope.match", &s.Match, "Exact", "Prefix", "DefaultBranch")
			s.Branch = fullRef(s.Branch)
			if s.Repository == "" {
				continue
			}
			repo := p.repository(string(s.Repository))
			if repo == nil {
				r.fault("scope: there is no repository %q", s.Repository)
				continue
			}
			s.Repository = Ref(repo.ID)
		}
	})
}

func (r *resolver) repository(p *Project, repo *Repository) {
	if repo.Name == "" {
		r.fault("it has no name")
	}
	r.guid("id", &repo.ID, func() string { return guid("repository", p.ID, repo.Name) })
	if repo.DefaultBranch == "" {
		repo.DefaultBranch = "main"
	}
	if repo.DefaultBranch != none {
		repo.DefaultBranch = fullRef(repo.DefaultBranch)
	}
	for _, pr := range repo.PullRequests {
		number(&pr.ID, &r.pullRequests)
		r.byNumber[pr.ID] = pr
		r.in("pull request "+strconv.Itoa(pr.ID), func() { r.pullRequest(repo, pr) })
	}
}

func (r *resolver) pullRequest(repo *Repository, pr *PullRequest) {
	id := strconv.Itoa(pr.ID)
	r.oneOf("status", &pr.Status, "active", "completed", "abandoned")
	if pr.Title == "" {
		pr.Title = "Pull request " + id
	}
	if pr.Source == "" {
		pr.Source = "topic/" + id
	}
	if pr.Target == "" {
		pr.Target = "main"
	}
	pr.Source, pr.Target = fullRef(pr.Source), fullRef(pr.Target)
	if pr.Author == "" {
		pr.Author = "Ada Lindqvist <ada@example.com>"
	}
	if pr.MergeStatus == "" {
		pr.MergeStatus = "succeeded"
	}
	r.at("created", &pr.Created, "1d ago")
	r.at("pushed", &pr.Pushed, "")
	if pr.SourceCommit == "" {
		pr.SourceCommit = Commit("source/" + id)
	}
	if pr.TargetCommit == "" {
		pr.TargetCommit = Commit(repo.ID + pr.Target)
	}
	if pr.MergeCommit == "" {
		pr.MergeCommit = Commit("merge/" + id + pr.SourceCommit + pr.TargetCommit)
	}
	for i, t := range pr.Threads {
		r.thread(i, t)
	}
}

func (r *resolver) thread(i int, t *Thread) {
	if t.ID == 0 {
		t.ID = i + 1
	}
	if t.Status == "" {
		t.Status = "active"
	}
	for j, c := range t.Comments {
		if c.ID == 0 {
			c.ID = j + 1
		}
		if c.Author == "" {
			c.Author = r.w.Identity
		}
		r.oneOf("comment.type", &c.Type, "text", "system", "codeChange")
		r.at("comment.updated", &c.Updated, "1h ago")
	}
}

func (r *resolver) build(p *Project, b *Build) {
	number(&b.ID, &r.builds)
	r.recorded[b.ID] = true
	r.in("build "+strconv.Itoa(b.ID), func() {
		if b.Pipeline == "" && len(p.Pipelines) > 0 {
			b.Pipeline = Ref(strconv.Itoa(p.Pipelines[0].ID))
		}
		if b.Pipeline == "" {
			b.Pipeline = Ref(p.Name + " CI")
		}
		b.Pipeline = Ref(strconv.Itoa(r.pipelineOf(p, b.Pipeline).ID))
		r.oneOf("status", &b.Status, "completed", "inProgress", "notStarted", "cancelling", "postponed")
		if b.Status == "completed" {
			r.oneOf("result", &b.Result, "succeeded", "partiallySucceeded", "failed", "canceled")
		}
		if b.PullRequest != 0 {
			pr := r.byNumber[b.PullRequest]
			if pr == nil {
				r.fault("there is no pull request %d", b.PullRequest)
				return
			}
			byDefault(&b.Reason, "pullRequest")
			byDefault(&b.Branch, mergeRef(pr.ID))
			byDefault(&b.SourceCommit, pr.SourceCommit)
			byDefault(&b.MergeCommit, pr.MergeCommit)
		}
		byDefault(&b.Branch, "main")
		if !strings.HasPrefix(b.Branch, "refs/") {
			b.Branch = fullRef(b.Branch)
		}
		byDefault(&b.Reason, "individualCI")
		byDefault(&b.MergeCommit, Commit("build/"+strconv.Itoa(b.ID)))
		r.buildTimes(b)
		r.checkSteps(b)
	})
}

// buildTimes gives a build that says nothing a run of ten minutes that ended an hour ago.
func (r *resolver) buildTimes(b *Build) {
	r.at("finished", &b.Finished, "")
	r.at("started", &b.Started, "")
	r.at("queued", &b.Queued, "")
	if b.Status == "completed" && b.Finished == "" {
		b.Finished = stamp(r.now.Add(-time.Hour))
		if start := moment(b.Started); !start.IsZero() {
			b.Finished = stamp(earliest(start.Add(10*time.Minute), r.now))
		}
	}
	if b.Started == "" && b.Status != "notStarted" && b.Status != "postponed" {
		b.Started = stamp(r.now.Add(-5 * time.Minute))
		if end := moment(b.Finished); !end.IsZero() {
			b.Started = stamp(end.Add(-10 * time.Minute))
		}
	}
	if b.Queued == "" {
		b.Queued = stamp(r.now.Add(-time.Minute))
		if start := moment(b.Started); !start.IsZero() {
			b.Queued = stamp(start.Add(-10 * time.Second))
		}
	}
}

// number gives what has no number the next free one.
func number(id *int, numbers *pool) {
	if *id == 0 {
		*id = numbers.free()
	}
}

func byDefault(value *string, text string) {
	if *value == "" {
		*value = text
	}
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func mergeRef(pullRequest int) string { return "refs/pull/" + strconv.Itoa(pullRequest) + "/merge" }
