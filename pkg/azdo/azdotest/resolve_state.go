package azdotest

import (
	"strconv"
	"strings"
	"time"
)

// shape is what a state stands for.
type shape struct {
	status     string
	build      string // the status of its build; "" for none
	result     string // of that build
	expired    bool
	notCurrent bool
	ago        time.Duration // the build started so long ago
	completed  bool          // a completedDate is set
}

// shapeOf returns what a state stands for. Build policies have them all, the others only those of their statuses.
func shapeOf(state string) (shape, bool) {
	switch strings.ToLower(state) {
	case "expired":
		return shape{status: "queued", build: "completed", result: "succeeded", expired: true, notCurrent: true, ago: 6 * time.Hour, completed: true}, true
	case "failed", "rejected":
		return shape{status: "rejected", build: "completed", result: "failed", ago: 2 * time.Hour, completed: true}, true
	case "canceled", "cancelled":
		return shape{status: "rejected", build: "completed", result: "canceled", ago: 2 * time.Hour, completed: true}, true
	case "broken":
		return shape{status: "broken", result: "failed", ago: 2 * time.Hour, completed: true}, true
	case "notstarted", "waiting":
		return shape{status: "queued", ago: time.Hour}, true
	case "queued":
		return shape{status: "queued", build: "notStarted", ago: time.Minute}, true
	case "running":
		return shape{status: "running", build: "inProgress", ago: 5 * time.Minute}, true
	case "succeeded", "approved":
		return shape{status: "approved", build: "completed", result: "succeeded", ago: time.Hour, completed: true}, true
	case "outdated":
		return shape{status: "approved", build: "completed", result: "succeeded", notCurrent: true, ago: 24 * time.Hour, completed: true}, true
	case "notapplicable":
		return shape{status: "notApplicable", ago: time.Hour, completed: true}, true
	default:
		return shape{}, false
	}
}

func (r *resolver) evaluations(p *Project, pr *PullRequest) {
	seen := map[Ref]int{}
	for i, ev := range pr.Evaluations {
		r.in("evaluation "+strconv.Itoa(i+1), func() {
			c := p.policy(ev.Policy)
			if c == nil {
				r.fault("there is no policy %q", ev.Policy)
				return
			}
			ev.Policy = Ref(strconv.Itoa(c.ID))
			seen[ev.Policy]++
			r.guid("id", &ev.ID, func() string {
				return guid("evaluation", p.ID, strconv.Itoa(pr.ID), string(ev.Policy), strconv.Itoa(seen[ev.Policy]))
			})
			if ev.Requeue != nil {
				r.requeue(ev.Requeue)
			}
			r.state(p, pr, c, ev)
		})
	}
}

// state turns the word into status and context, and gives the evaluation its builds.
func (r *resolver) state(p *Project, pr *PullRequest, c *Policy, ev *Evaluation) {
	isBuild := c.Type == BuildPolicyType
	sh := shape{status: ev.Status}
	if ev.State != "" || ev.Status == "" {
		byDefault(&ev.State, "succeeded")
		known := false
		if sh, known = shapeOf(ev.State); !known {
			r.fault("state %q is none that is known here", ev.State)
			return
		}
		if isBuild && sh.expired && c.Expires == "immediately" && r.w.Behaviour.ImmediateExpiry == "rejected" {
			sh.status, sh.expired = "rejected", false
		}
	} else if ev.Build > 0 {
		sh = shapeOfStatus(ev)
	}
	fresh := ev.State != ""
	ev.State = ""
	byDefault(&ev.Status, sh.status)
	if sh.ago == 0 {
		sh.ago = time.Hour
	}
	r.at("started", &ev.Started, stamp(r.now.Add(-sh.ago)))
	r.at("completed", &ev.Completed, "")
	if sh.completed && ev.Completed == "" && fresh {
		if start := moment(ev.Started); !start.IsZero() {
			ev.Completed = stamp(earliest(start.Add(10*time.Minute), r.now))
		}
	}
	if !isBuild {
		return
	}
	if fresh && ev.IsExpired == nil && sh.expired {
		ev.IsExpired = new(true)
	}
	if fresh && ev.BuildIsNotCurrent == nil && sh.notCurrent {
		ev.BuildIsNotCurrent = new(true)
	}
	byDefault(&ev.SourceCommit, pr.SourceCommit)
	byDefault(&ev.TargetCommit, pr.TargetCommit)
	byDefault(&ev.MergeCommit, pr.MergeCommit)
	r.ownBuilds(p, pr, c, ev, sh)
}

// shapeOfStatus guesses the build behind an evaluation that was described by its status.
func shapeOfStatus(ev *Evaluation) shape {
	sh := shape{status: ev.Status, build: "completed", result: "succeeded", ago: time.Hour}
	expired := ev.IsExpired != nil && *ev.IsExpired
	switch ev.Status {
	case "rejected", "broken":
		sh.result = "failed"
	case "running":
		sh.build, sh.result = "inProgress", ""
	case "queued":
		if !expired {
			sh.build, sh.result = "notStarted", ""
		}
	}
	return sh
}

// ownBuilds makes the builds that the evaluation speaks of, the earlier ones first, so that IDs grow with time.
func (r *resolver) ownBuilds(p *Project, pr *PullRequest, c *Policy, ev *Evaluation, sh shape) {
	start := moment(ev.Started)
	if start.IsZero() {
		start = r.now.Add(-time.Hour)
	}
	for i, result := range ev.History {
		end := start.Add(-time.Duration(len(ev.History)-i) * time.Hour)
		b := &Build{Result: result, Finished: stamp(end), Started: stamp(end.Add(-10 * time.Minute))}
		r.ownBuild(p, pr, c, ev, b)
	}
	ev.History = nil
	if ev.Build == 0 && sh.build == "" && ev.Result == "" {
		return
	}
	number(&ev.Build, &r.builds)
	r.at("buildStarted", &ev.BuildStarted, stamp(start))
	if ev.current == 0 {
		ev.current = ev.Build
	}
	if r.recorded[ev.Build] || ev.NoBuildRecord || ev.current != ev.Build {
		return
	}
	b := &Build{ID: ev.Build, Status: sh.build, Result: sh.result, Started: ev.BuildStarted, Finished: ev.Completed, Errors: ev.Errors}
	if ev.Result != "" {
		b.Status, b.Result = "completed", ev.Result
	}
	b.Deleted, b.Steps, b.ValidationResults, b.Timeline = ev.BuildDeleted, ev.Steps, ev.ValidationResults, ev.Timeline
	if b.Status == "notStarted" {
		b.Started, b.Queued = "", ev.BuildStarted
	}
	if b.Finished == none || b.Status != "completed" && b.Status != "" {
		b.Finished = ""
	}
	r.ownBuild(p, pr, c, ev, b)
}

func (r *resolver) ownBuild(p *Project, pr *PullRequest, c *Policy, ev *Evaluation, b *Build) {
	b.PullRequest, b.Pipeline = pr.ID, c.Pipeline
	b.SourceCommit, b.MergeCommit = ev.SourceCommit, ev.MergeCommit
	r.build(p, b)
	p.Builds = append(p.Builds, b)
}
