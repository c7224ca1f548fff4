package model

import (
	"slices"
	"strconv"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// pullRequest is an open, or once open, pull request.
type pullRequest struct {
	id      int
	created time.Time
	source  int // its commit, counting
	// As the records show them.
	sourceRefName, mergeRefName, sourceCommit string
	// bad says that the commit does not build; conflicted that it no longer does since another one was merged.
	bad, conflicted        bool
	approved, autoComplete bool
	checks                 []check
	builds                 []*build // all of them, by number
	built                  int      // how many of them the model has seen begin
	autoRequeued           int      // by Azure Repos
	ready                  time.Time
	merged                 time.Time
	completing             bool
	noticing               bool    // the author will look at it
	people                 *random // what the author does next
}

// check is a build policy on a pull request.
type check struct {
	build *build // the one that counts
	// expired says that the build succeeded and no longer counts.
	expired bool
	// autoRequeued is the commit for which Azure Repos has re-queued it; with OncePerPolicy only a push changes that.
	autoRequeued int
}

func (c *check) green() bool { return c.build.result == "succeeded" && !c.expired }

// open makes a pull request.
func (w *world) newPullRequest() *pullRequest {
	p := &pullRequest{id: len(w.pullRequests) + 1, created: w.now, checks: make([]check, w.load.Pipelines)}
	p.people = &random{w.random(forAuthor, p.id)}
	p.sourceRefName, p.mergeRefName = "refs/heads/topic/"+strconv.Itoa(p.id), requeue.MergeRefName(p.id)
	w.pullRequests = append(w.pullRequests, p)
	w.open = append(w.open, p)
	return p
}

// commit makes the pull request's next commit.
func (p *pullRequest) commit() {
	p.source++
	p.sourceCommit = "source-" + strconv.Itoa(p.id) + "-" + strconv.Itoa(p.source)
}

// push puts a new commit into a pull request, whose builds in progress are cancelled and begin anew.
func (w *world) push(p *pullRequest, bad bool) {
	if !p.merged.IsZero() {
		return
	}
	p.commit()
	p.bad, p.conflicted = bad, false
	for i := range p.checks {
		c := &p.checks[i]
		if c.build.inProgress() {
			w.finish(c.build, "canceled")
		}
		w.start(p, i, byPush)
	}
	w.becomeReady(p)
}

// start starts a build of one policy. One that is in progress is cancelled.
func (w *world) start(p *pullRequest, i int, by starter) {
	c := &p.checks[i]
	if c.build.inProgress() {
		w.finish(c.build, "canceled")
	}
	c.expired = false
	c.build = w.queue(p, i+1, by)
}

// becomeReady notes from when on a pull request waits for machines alone: it is approved, set to auto-complete, and its
// commit is good. A push that mends it begins the wait anew.
func (w *world) becomeReady(p *pullRequest) {
	p.ready = time.Time{}
	if p.approved && p.autoComplete && !p.bad {
		p.ready = w.now
	}
}

// finishCheck is what follows when a build of a pull request has ended.
func (w *world) finishCheck(b *build) {
	p := b.pr
	c := &p.checks[b.pipeline-1]
	if c.build != b || !p.merged.IsZero() {
		return
	}
	c.expired = b.result == "succeeded" && w.load.ValidHours == 0 && b.head != w.head
	w.complete(p)
	w.autoRequeueOne(p)
	w.noticeOne(p)
}

// expire applies the policies' expiry after the target branch was updated (docs, "Git branch policies": "immediately" and
// "after n hours").
func (w *world) expire() {
	for _, p := range w.open {
		for i := range p.checks {
			c := &p.checks[i]
			if c.build == nil || c.build.result != "succeeded" {
				continue
			}
			c.expired = c.expired || w.outlived(c.build)
		}
	}
}

// outlived reports whether an update of the branch ends the time of a green build.
func (w *world) outlived(b *build) bool {
	return w.now.Sub(b.queued) >= time.Duration(w.load.ValidHours)*time.Hour
}

// conflict lets a merge break others.
func (w *world) conflict(merged *pullRequest) {
	if merged == nil {
		return
	}
	for _, p := range w.open {
		if w.random(forConflict, merged.id<<20|p.id).Float64() < w.load.Conflict {
			p.conflicted = true
		}
	}
}

// mergeable reports whether every policy is satisfied.
func (p *pullRequest) mergeable() bool {
	return p.approved && p.autoComplete && p.merged.IsZero() &&
		!slices.ContainsFunc(p.checks, func(c check) bool { return c.build == nil || !c.green() })
}

// completeTime is how long auto-complete takes from the last green policy to the merge.
const completeTime = 15 * time.Second

// complete merges the pull request in a moment, if every policy still is satisfied then.
func (w *world) complete(p *pullRequest) {
	if p.completing || !p.mergeable() {
		return
	}
	p.completing = true
	w.after(completeTime, func() {
		p.completing = false
		if !p.mergeable() {
			return
		}
		p.merged = w.now
		w.open = slices.DeleteFunc(w.open, func(o *pullRequest) bool { return o == p })
		w.pushed(p)
	})
}
