package requeue

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// malformed names the first field of a wrong type in the record or in its policy's settings.
func (e Evaluation) malformed() string {
	if e.Malformed == "" {
		return e.Policy.Malformed
	}
	return e.Malformed
}

// StateOf derives the state of an evaluation: the first row of the contract's table that fits. A record with a field
// of a wrong type is unknown unless its status alone settles the matter.
//
// Two rows depend on what the record does not say. A policy that expires builds immediately can show a green build as
// rejected; and a record that waits, with a build that is not current, may wait for one that has ended long ago: a
// re-queue that the service declined can leave such a record. The Question asks for that build; until it is answered
// the state is StateFailed or StateRunning. Whether a failed one is StateRecovered follows from the builds of the target
// branch. They are asked for where When holds that state. If they cannot be read, the state is StateFailed.
func (r *Rules) StateOf(pr *PullRequest, e Evaluation, f Facts, now time.Time) (State, *Question) {
	projectID := pr.Repository.Project.ID
	switch {
	case e.Malformed != "status" && e.Status == StatusNotApplicable:
		return StateNotApplicable, nil
	case e.Malformed != "status" && e.Status == "running":
		return StateRunning, nil
	case e.malformed() != "":
		return StateUnknown, nil
	case e.IsExpired:
		return StateExpired, nil
	}
	var build Answer
	if question := r.hangsOn(projectID, e); question != nil {
		known := false
		if build, known = f[*question]; !known {
			return e.unlessExpired(), question
		}
	}
	switch e.Status {
	case "queued":
		switch {
		case e.BuildID == 0:
			return StateNotStarted, nil
		case build.Gone, build.Err == nil && build.Build.Status == "completed":
			return StateExpired, nil
		}
		return StateRunning, nil
	case "rejected":
		switch {
		case e.BuildIsNotCurrent && e.Policy.MalformedExpiry:
			return StateUnknown, nil
		case build.Err == nil && build.Build.Result == "succeeded":
			return StateExpired, nil
		case build.Gone:
			return StateFailed, nil // nobody knows how it ended
		}
		return r.failedOrRecovered(pr, e, f)
	case "broken":
		return StateBroken, nil
	case "approved":
		switch {
		case e.BuildIsNotCurrent && e.Policy.MalformedExpiry && e.Policy.ValidDuration > 0:
			return StateUnknown, nil
		case e.outlived(now):
			return StateExpired, nil
		case slices.Contains(r.When, StateExpiring) && e.expiresWithin(r.ExpiringWithin, now):
			return StateExpiring, nil
		case e.BuildIsNotCurrent && !e.BuildStarted.IsZero() && now.Sub(e.BuildStarted) >= r.OutdatedAfter:
			return StateOutdated, nil
		}
		return StateSucceeded, nil
	}
	return StateUnknown, nil
}

// hangsOn is the question on whose answer the state of the record depends; nil if it depends on none.
func (r *Rules) hangsOn(projectID uuid.UUID, e Evaluation) *Question {
	if !e.IsBuild() || !e.BuildIsNotCurrent || e.BuildID == 0 || e.IsExpired || e.malformed() != "" {
		return nil
	}
	switch e.Status {
	case "queued":
	case "rejected":
		if e.Policy.QueueOnSourceUpdateOnly || e.Policy.MalformedExpiry ||
			!slices.Contains(r.When, StateExpired) && !slices.Contains(r.When, StateFailed) && !slices.Contains(r.When, StateRecovered) {
			return nil
		}
	default:
		return nil
	}
	return &Question{Kind: AskBuild, ProjectID: projectID, BuildID: e.BuildID}
}

// unlessExpired is the state of a record that hangs on its build, until that is known.
func (e Evaluation) unlessExpired() State {
	if e.Status == "queued" {
		return StateRunning
	}
	return StateFailed
}

// outlived reports whether a green build of a policy that expires "after n hours" is older than the policy allows, and
// the target branch was updated since. The record may say so later: other clients compute it as well
// (jjonescz/vs-insertions, RpsParser.cs).
func (e Evaluation) outlived(now time.Time) bool {
	since := e.Completed
	if e.BuildStarted.After(since) {
		since = e.BuildStarted
	}
	return e.IsBuild() && e.BuildIsNotCurrent && e.Policy.QueueOnSourceUpdateOnly && e.Policy.ValidDuration > 0 && !since.IsZero() &&
		now.Sub(since).Minutes() >= e.Policy.ValidDuration
}

// expiresWithin reports whether a green build of a policy that expires "after n hours" comes of age so soon, or has. One
// that has used less than half of its time is left alone: with a short policy it would never come to rest.
func (e Evaluation) expiresWithin(within time.Duration, now time.Time) bool {
	p := e.Policy
	if !e.IsBuild() || !e.BuildIsNotCurrent || !p.QueueOnSourceUpdateOnly || p.ValidDuration <= 0 || e.BuildStarted.IsZero() {
		return false
	}
	age := now.Sub(e.BuildStarted).Minutes()
	return age+within.Minutes() >= p.ValidDuration && age*2 >= p.ValidDuration
}

// neverStarts reports whether the expired evaluation waits for a build that has ended: somebody has tried to start
// another one, and none came.
func (e Evaluation) neverStarts() bool { return !e.IsExpired && e.Status == "queued" }
