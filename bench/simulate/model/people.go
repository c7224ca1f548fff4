package model

import (
	"math/rand/v2"
	"time"
)

// random is a stream of random numbers with the distributions that the model needs.
type random struct{ *rand.Rand }

func (r *random) chance(p float64) bool { return r.Float64() < p }

// exponential is a time with the given mean.
func (r *random) exponential(mean time.Duration) time.Duration {
	return time.Duration(r.ExpFloat64() * float64(mean))
}

// The habits of people that no load changes.
const (
	// pushesInReview is how many commits the comments of reviewers bring about, on average.
	pushesInReview = 1.0
	// fixBad is the chance that a fix does not build either.
	fixBad  = 0.1
	fixTime = time.Hour // the mean working time that a fix takes
)

// populate lets the first pull requests be there and the others arrive.
func (w *world) populate() {
	if w.load.PerDay <= 0 {
		return
	}
	review := time.Duration(float64(w.load.Open) / w.load.PerDay * float64(workDay))
	r := &random{w.random(forArrivals, 0)}
	for range w.load.Open {
		p := w.newPullRequest()
		p.created = begin.Add(-r.exponential(2 * 24 * time.Hour))
		p.commit()
		for i := range p.checks {
			b := w.oldBuild(p, i+1)
			p.checks[i] = check{build: b, expired: w.outlived(b)}
		}
		w.review(p, begin, review)
	}
	for at := afterWork(begin, 0); ; {
		at = afterWork(at, r.exponential(time.Duration(float64(workDay)/w.load.PerDay)))
		if at.After(begin.Add(time.Duration(w.load.Days) * 24 * time.Hour)) {
			return
		}
		w.at(at, func() {
			p := w.newPullRequest()
			w.review(p, w.now, review)
		})
	}
}

// oldBuild is a green build of a pull request that is there in the beginning: it ended before the branch moved last.
func (w *world) oldBuild(p *pullRequest, pipeline int) *build {
	b := &build{
		id: firstBuild + len(w.builds), pipeline: pipeline, pr: p, source: p.source, by: byPush, result: "succeeded",
		queued: p.created, started: p.created, finished: p.created.Add(w.load.Build),
	}
	b.name()
	w.builds = append(w.builds, b)
	p.builds = append(p.builds, b)
	w.finished = append(w.finished, b)
	return b
}

// review lets reviewers comment, authors push, and reviewers approve: after a time with the given mean, from t on.
func (w *world) review(p *pullRequest, t time.Time, mean time.Duration) {
	r := &random{w.random(forPullRequest, p.id)}
	p.autoComplete = r.chance(w.load.EarlyAutoComplete)
	if p.source == 0 {
		w.push(p, r.chance(w.load.Bad))
	}
	takes := r.exponential(mean)
	for r.chance(pushesInReview / (1 + pushesInReview)) {
		part, bad := time.Duration(r.Float64()*float64(takes)), r.chance(w.load.Bad)
		w.at(afterWork(t, part), func() { w.push(p, bad) })
	}
	w.at(afterWork(t, takes), func() { w.approve(p) })
}

func (w *world) approve(p *pullRequest) {
	p.approved, p.autoComplete = true, true
	w.becomeReady(p)
	w.complete(p)
	w.autoRequeueOne(p)
	w.noticeOne(p)
}

// notice lets authors find out what became of their builds.
func (w *world) notice() {
	for _, p := range w.open {
		w.noticeOne(p)
	}
}

// noticeOne lets the author look after a while, if there is something to do.
func (w *world) noticeOne(p *pullRequest) {
	if p.noticing || !w.calls(p) {
		return
	}
	p.noticing = true
	w.at(afterWork(w.now, p.people.exponential(w.load.Notice)), func() {
		p.noticing = false
		w.look(p)
	})
}

// calls reports whether there is something that an author would act on: a build that failed, or one that has expired and
// holds back a pull request that is ready otherwise, where nothing else takes care of those.
func (w *world) calls(p *pullRequest) bool {
	if !p.merged.IsZero() {
		return false
	}
	for i := range p.checks {
		c := &p.checks[i]
		if c.build.result == "failed" {
			return true
		}
		if c.expired && p.approved && (w.strategy.Authors || w.load.AuthorsPress) {
			return true
		}
	}
	return false
}

// look is what an author does: mend what is broken, re-queue what was unlucky or has expired. As long as the branch is
// known to be red, they wait.
func (w *world) look(p *pullRequest) {
	if !w.calls(p) {
		return
	}
	if p.bad || p.conflicted {
		p.noticing = true
		w.at(afterWork(w.now, p.people.exponential(fixTime)), func() {
			p.noticing = false
			w.push(p, p.people.chance(fixBad))
		})
		return
	}
	if w.knownRed() {
		w.noticeOne(p)
		return
	}
	for i := range p.checks {
		c := &p.checks[i]
		stuck := c.expired && p.approved && (w.strategy.Authors || w.load.AuthorsPress)
		if c.build.result == "failed" || stuck {
			w.start(p, i, byAuthor)
		}
	}
}
