package model

import (
	"slices"
	"time"
)

// starter is who has started a build.
type starter int

const (
	byPush    starter = iota // a new pull request, or a new commit in it
	byService                // Azure Repos, for auto-complete
	byAuthor                 // "Re-queue" on the page
	byRun                    // the strategy that is measured
	byBranch                 // the target branch's CI
	starters
)

// build is a run of a pipeline: for a pull request, or of the target branch's CI.
type build struct {
	id       int
	pipeline int          // 1 to Load.Pipelines; each runs on the branch, too
	pr       *pullRequest // nil for the CI of the branch
	source   int          // the pull request's commit
	head     int          // the target branch's commit with which it is merged
	by       starter
	takes    time.Duration
	fails    bool

	queued, started, finished time.Time
	result                    string // "" before its end

	sourceCommit, mergeCommit string // as the records show them
}

// queue makes a build of what there is now. How long it takes and whether it is unlucky depends on nothing but the pull
// request and how many builds it has had.
func (w *world) queue(p *pullRequest, pipeline int, by starter) *build {
	b := &build{
		id: firstBuild + len(w.builds), pipeline: pipeline, pr: p, head: w.head, by: by, queued: w.now, fails: w.red,
	}
	number := w.ciRuns
	if p != nil {
		b.source = p.source
		number = p.id<<20 | pipeline<<16 | p.built
		p.built++
		p.builds = append(p.builds, b)
		b.fails = b.fails || p.bad || p.conflicted
	} else {
		w.ciRuns++
	}
	b.name()
	r := w.random(forBuild, number)
	b.takes = time.Duration(float64(w.load.Build) * (0.75 + 0.5*r.Float64()))
	b.fails = r.Float64() < w.load.Flaky || b.fails
	w.builds = append(w.builds, b)
	w.waiting = append(w.waiting, b)
	w.result.started[by]++
	w.assign()
	return b
}

// firstBuild is the number of the first build.
const firstBuild = 1001

// assign gives agents to the builds that have waited longest.
func (w *world) assign() {
	for w.free > 0 && len(w.waiting) > 0 {
		b := w.waiting[0]
		w.waiting = w.waiting[1:]
		if b.result != "" {
			continue // cancelled
		}
		w.free--
		b.started = w.now
		w.after(b.takes, func() { w.finish(b, "") })
	}
}

// finish ends a build, or cancels it before its end.
func (w *world) finish(b *build, result string) {
	if b.result != "" {
		return
	}
	if result == "" {
		result = "succeeded"
		if b.fails {
			result = "failed"
		}
	}
	b.result, b.finished = result, w.now
	w.finished = append(w.finished, b)
	if !b.started.IsZero() {
		w.free++
		w.result.busy += w.now.Sub(b.started)
	}
	w.assign()
	if b.pr == nil {
		w.finishCI(b)
		return
	}
	w.finishCheck(b)
}

func (b *build) inProgress() bool { return b != nil && b.result == "" }

// ci is one pipeline's runs on the target branch.
type ci struct {
	run   *build // that is under way or waits
	again bool   // the branch was pushed to since it began
	runs  []*build
}

// red reports whether the last finished run failed.
func (c *ci) red() bool {
	for _, b := range slices.Backward(c.runs) {
		if b.result != "" {
			return b.result == "failed"
		}
	}
	return false
}

// redSince is since when the branch is red for a build of the pipeline; zero where it is not.
func (w *world) redSince(reading Reading, pipeline int) (since time.Time) {
	switch reading {
	case RedNewest:
		return redSince(w.ciFinished)
	case RedSame:
		return redSince(w.ci[pipeline-1].runs)
	case RedAny:
		for i := range w.ci {
			if at := redSince(w.ci[i].runs); !at.IsZero() && (since.IsZero() || at.Before(since)) {
				since = at
			}
		}
	case readings: // their number
	}
	return since
}

// redSince is the end of the first of the failed runs after which none has succeeded; zero if the last one to finish is
// green. Some runs may not have finished yet.
func redSince(runs []*build) (since time.Time) {
	for _, b := range slices.Backward(runs) {
		switch b.result {
		case "failed":
			since = b.finished
		case "succeeded":
			return since
		}
	}
	return since
}

// startCI runs the pipelines on the branch: one run of each at a time, of what is there when it begins ("batch: true").
func (w *world) startCI() {
	for i := range w.ci {
		c := &w.ci[i]
		c.again = c.run.inProgress()
		if !c.again {
			c.run = w.queue(nil, i+1, byBranch)
			c.runs = append(c.runs, c.run)
		}
	}
}

func (w *world) finishCI(b *build) {
	w.ciFinished = append(w.ciFinished, b)
	w.countRed()
	if c := &w.ci[b.pipeline-1]; c.again {
		c.again = false
		c.run = w.queue(nil, b.pipeline, byBranch)
		c.runs = append(c.runs, c.run)
	}
	// A pipeline's completion triggers others only where it succeeded (docs, "Trigger one pipeline after another").
	if b.result == "succeeded" && w.strategy.Completed && w.strategy.runs() {
		w.trigger()
	}
}

// knownRed reports whether the last finished run of one of the pipelines on the branch failed.
func (w *world) knownRed() bool {
	return slices.ContainsFunc(w.ci, func(c ci) bool { return c.red() })
}
