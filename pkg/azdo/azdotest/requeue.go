package azdotest

import (
	"net/http"
	"strings"
	"time"
)

// requeueEvaluation is PATCH on an evaluation. The 200 with the record says nothing about whether a build was started.
func (s *Server) requeueEvaluation(c *call) answer {
	if body := strings.TrimSpace(string(c.body)); body != "" && body != "null" { // as the official client for Node sends it
		return badRequest("The request must not have a body.")
	}
	if refusal := s.evaluationRefused(c); refusal != nil {
		return *refusal
	}
	e := c.evaluation
	if a := s.keptFromQueueing(e); a != nil {
		return *a
	}
	pipeline := e.project.pipeline(e.policy.Pipeline)
	if pipeline == nil || pipeline.QueueStatus == "disabled" {
		return s.decline(e)
	}
	how := pipeline.Requeue
	if e.evaluation.Requeue != nil {
		how = *e.evaluation.Requeue
	}
	switch how.Outcome {
	case "declines":
		return s.decline(e)
	case "refuses":
		if s.world.Behaviour.Refusal == "ignored" {
			return s.decline(e)
		}
		return queueDenied(s.identity(s.world.Identity), itoa(pipeline.ID)+":"+pipeline.Name, e.project.Name)
	}
	if pipeline.QueueStatus == "paused" {
		how.Outcome = "staysQueued"
	}
	before := *e.evaluation
	s.start(e, how)
	if s.world.Behaviour.RecordNumber == "new" {
		s.renumber(e)
	}
	if s.world.Behaviour.RequeueAnswer == "unchanged" {
		before.ID = e.evaluation.ID
		return ok(s.recordOf(e, &before))
	}
	return ok(s.startedRecord(e))
}

// keptFromQueueing is the answer where the policy or the pull request is not one for builds, or nil.
func (s *Server) keptFromQueueing(e *evaluationEntry) *answer {
	unchanged := ok(s.record(e))
	if e.policy.Type != BuildPolicyType {
		return &unchanged
	}
	if e.pullRequest.Status != "active" {
		switch s.world.Behaviour.ClosedPullRequest {
		case "refused":
			a := refuse(http.StatusBadRequest, "GitPullRequestNotEditableException", "TF401181: The pull request cannot be edited due to its state.")
			return &a
		case "ignored":
			return &unchanged
		}
	}
	if e.policy.Deleted || e.policy.Disabled {
		switch s.world.Behaviour.DeletedPolicy {
		case "refused":
			a := policyNotFound(itoa(e.policy.ID))
			return &a
		case "ignored":
			return &unchanged
		}
	}
	return nil
}

// decline starts nothing, and leaves behind what Behaviour.Decline says.
func (s *Server) decline(e *evaluationEntry) answer {
	ev := e.evaluation
	switch s.world.Behaviour.Decline {
	case "queued":
		ev.Status, ev.Completed = "queued", none
		ev.IsExpired, ev.BuildIsNotCurrent = new(false), new(true)
	case "broken":
		ev.Status, ev.Completed = "broken", stamp(time.Now())
		ev.IsExpired = new(false)
		ev.ErrorCode, ev.ErrorMessage = "3000", "The build could not be queued."
	}
	return ok(s.record(e))
}

// renumber gives an evaluation another ID; the one that it had is known no longer.
func (s *Server) renumber(e *evaluationEntry) {
	old := e.evaluation.ID
	e.evaluation.ID = guid("evaluation", old)
	delete(s.index.evaluations, old)
	s.index.evaluations[e.evaluation.ID] = e
	s.origins[e.evaluation.ID] = s.origin(old)
}

// origin is the ID that an evaluation had first.
func (s *Server) origin(id string) string {
	if first, renumbered := s.origins[id]; renumbered {
		return first
	}
	return id
}

// startedRecord is what the answer to a re-queue shows, and what reads go on to show from the start.
func (s *Server) startedRecord(e *evaluationEntry) []byte {
	shown := *e.evaluation
	if build := s.index.builds[shown.current]; build != nil {
		s.show(&shown, build)
	}
	if s.world.Behaviour.RequeueAnswer == "withoutBuild" {
		shown.Build, shown.BuildStarted = 0, ""
		shown.Status = "queued"
		if lasting(s.world.Behaviour.Lag) > 0 {
			*e.evaluation = shown // reads lack the build, too, until it is there
		}
	}
	return s.recordOf(e, &shown)
}

// recordOf encodes an evaluation as if it looked otherwise.
func (s *Server) recordOf(e *evaluationEntry, shown *Evaluation) []byte {
	as := *e
	as.evaluation = shown
	return s.record(&as)
}

// start queues a build for an evaluation, as a re-queue does: one that is in progress is cancelled.
func (s *Server) start(e *evaluationEntry, how Requeue) {
	now := time.Now()
	ev := e.evaluation
	if old := s.index.builds[ev.current]; old != nil && old.Status != "completed" {
		old.Status, old.Result, old.Finished = "completed", "canceled", stamp(now)
	}
	b := &Build{
		ID: max(s.index.lastBuild+1, 1001), Pipeline: e.policy.Pipeline, PullRequest: e.pullRequest.ID, Branch: mergeRef(e.pullRequest.ID), Status: "notStarted",
		Reason: s.world.Behaviour.RequeueReason, SourceCommit: e.pullRequest.SourceCommit, MergeCommit: e.pullRequest.MergeCommit, Queued: stamp(now),
		Errors: ev.Errors, Steps: ev.Steps,
	}
	if d := lasting(s.world.Behaviour.BuildsLag); d > 0 {
		b.visibleFrom = stamp(now.Add(d))
	}
	e.project.Builds = append(e.project.Builds, b)
	s.index.addBuild(e.project, b)
	ev.current = b.ID
	s.starts[s.origin(ev.ID)]++
	s.started = append(s.started, startedBuild{s.origin(ev.ID), b.ID})
	s.follow(ev, b, now)
	if how.Outcome == "staysQueued" {
		return
	}
	s.later(now.Add(lasting(how.StartsAfter)), func(at time.Time) {
		if b.Status != "notStarted" {
			return
		}
		b.Status, b.Started = "inProgress", stamp(at)
		s.follow(ev, b, at)
		if how.Outcome == "staysRunning" {
			return
		}
		s.later(at.Add(lasting(how.Takes)), func(at time.Time) {
			if b.Status == "inProgress" {
				s.finish(ev, b, how.Outcome, at)
			}
		})
	})
	s.advance(now)
}

func (s *Server) finish(ev *Evaluation, b *Build, result string, at time.Time) {
	b.Status, b.Result, b.Finished = "completed", result, stamp(at)
	s.follow(ev, b, at)
}

// follow lets the evaluation show what became of its build, after the lag.
func (s *Server) follow(ev *Evaluation, b *Build, at time.Time) {
	lag := lasting(s.world.Behaviour.Lag)
	if lag == 0 {
		s.show(ev, b)
		return
	}
	s.later(at.Add(lag), func(time.Time) {
		if ev.current == b.ID {
			s.show(ev, b)
		}
	})
}

// show makes the evaluation look as its build is now.
func (s *Server) show(ev *Evaluation, b *Build) {
	ev.IsExpired, ev.BuildIsNotCurrent = new(false), new(false)
	ev.Build, ev.BuildStarted = b.ID, b.Queued
	ev.SourceCommit, ev.MergeCommit = b.SourceCommit, b.MergeCommit
	ev.Completed, ev.Preview, ev.ErrorCode, ev.ErrorMessage = "", nil, "", ""
	if s.world.Behaviour.StartedDate == "build" {
		ev.Started = b.Queued
	}
	switch b.Status {
	case "completed":
		ev.Completed = b.Finished
		ev.Status = "rejected"
		if b.Result == "succeeded" {
			ev.Status = "approved"
		}
	case "inProgress":
		ev.Status = "running"
	default:
		ev.Status = "queued"
	}
}

// FinishBuild ends a build that is not over, and lets its evaluation follow.
func (s *Server) FinishBuild(id int, result string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.advance(now)
	b := s.index.builds[id]
	if b == nil || b.Status == "completed" {
		s.problem("finish build %d: there is none that is not over", id)
		return
	}
	for _, e := range s.index.evaluations {
		if e.evaluation.current == id {
			s.finish(e.evaluation, b, result, now)
			return
		}
	}
	b.Status, b.Result, b.Finished = "completed", result, stamp(now)
}

func (s *Server) pipelineOfCall(c *call) *Pipeline {
	if c.evaluation == nil {
		return nil
	}
	return c.evaluation.project.pipeline(c.evaluation.policy.Pipeline)
}
