package model

import (
	"encoding/binary"
	"strconv"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// What the records name. There is one project with one repository.
var (
	project    = requeue.Project{ID: uuid.UUID{1}, Name: "Fabrikam"}
	repository = &requeue.Repository{ID: uuid.UUID{2}, Name: "web", Project: project, DefaultRefName: branchRefName}
	reviewers  = &requeue.Policy{
		ID: 1, TypeID: uuid.MustParse("fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"), TypeName: "Minimum number of reviewers",
		Enabled: true, Blocking: true,
	}
)

const branchRefName = "refs/heads/main"

// policies are the required build policies of a load; the ID of one is that of its pipeline and 100.
func policies(load Load) []*requeue.Policy {
	all := make([]*requeue.Policy, load.Pipelines)
	for i := range all {
		all[i] = &requeue.Policy{
			ID: 101 + i, TypeID: uuid.MustParse(requeue.BuildPolicyType), TypeName: "Build", Enabled: true, Blocking: true,
			DisplayName: "Build " + strconv.Itoa(i+1), PipelineID: i + 1,
			QueueOnSourceUpdateOnly: load.ValidHours > 0, ValidDuration: float64(load.ValidHours * 60),
			Scopes: []requeue.PolicyScope{{RepositoryID: repository.ID, RefName: branchRefName, MatchKind: "Exact"}},
		}
	}
	return all
}

// pullRequest shows a pull request as the service does, without its evaluations.
func (w *world) pullRequest(p *pullRequest) requeue.PullRequest {
	shown := requeue.PullRequest{
		ID: p.id, Repository: repository, SourceRefName: p.sourceRefName, TargetRefName: branchRefName,
		Status: "active", AutoComplete: p.autoComplete, MergeStatus: "succeeded", Created: p.created, LabelsKnown: true,
		SourceCommitID: p.sourceCommit,
	}
	if !p.merged.IsZero() {
		shown.Status = "completed"
	}
	if p.approved {
		shown.Votes = []int{10}
	}
	return shown
}

// evaluations shows all policies on a pull request.
func (w *world) evaluations(p *pullRequest) []requeue.Evaluation {
	status := "queued"
	if p.approved {
		status = "approved"
	}
	all := []requeue.Evaluation{{ID: evaluationID(p.id, 0), Policy: reviewers, Status: status, Details: requeue.NoDetails}}
	for i := range p.checks {
		all = append(all, w.evaluation(p, i))
	}
	return all
}

// evaluation shows a build policy on a pull request as the service does (see the recorded answers that the tests compare
// it with).
func (w *world) evaluation(p *pullRequest, i int) requeue.Evaluation {
	c := &p.checks[i]
	b := c.build
	d := &requeue.Details{
		BuildID: b.id, BuildStarted: b.queued, BuildIsNotCurrent: b.head != w.head, IsExpired: c.expired,
		HasIsExpired: true, PipelineName: pipelineName(i + 1),
		MergeCommitID: b.mergeCommit, SourceCommitID: b.sourceCommit,
	}
	e := requeue.Evaluation{ID: evaluationID(p.id, i+1), Policy: w.policies[i], Details: d}
	if b.result != "" {
		d.Completed = b.finished
	}
	switch {
	case b.result == "" && b.started.IsZero(), c.expired:
		e.Status = "queued"
	case b.result == "":
		e.Status = "running"
	case b.result == "succeeded":
		e.Status = "approved"
	default:
		e.Status = "rejected"
	}
	return e
}

func pipelineName(id int) string { return "pipeline " + strconv.Itoa(id) }

// evaluationID is made of the pull request and the number of the check; 0 is the reviewers' policy.
func evaluationID(pullRequest, check int) uuid.UUID {
	id := uuid.UUID{3}
	binary.BigEndian.PutUint32(id[8:], uint32(pullRequest)) // #nosec G115 -- a small number
	id[15] = byte(check)                                    // #nosec G115 -- at most the number of pipelines
	return id
}

// check finds what an evaluation stands for.
func (w *world) check(id uuid.UUID) (p *pullRequest, i int) {
	return w.pullRequests[binary.BigEndian.Uint32(id[8:])-1], int(id[15]) - 1
}

// name gives a build what its records show.
func (b *build) name() {
	if b.pr == nil {
		b.mergeCommit = "main-" + strconv.Itoa(b.head)
		return
	}
	b.sourceCommit = b.pr.sourceCommit
	b.mergeCommit = b.sourceCommit + "-" + strconv.Itoa(b.head)
}

// record shows a build as the service does.
func (w *world) record(b *build) requeue.Build {
	shown := requeue.Build{
		ID: b.id, PipelineID: b.pipeline, Status: "completed", Result: b.result, Reason: "pullRequest",
		RefName: branchRefName, MergeCommitID: b.mergeCommit, Queued: b.queued, Started: b.started, Finished: b.finished,
	}
	if b.pr != nil {
		shown.RefName, shown.SourceCommitID = b.pr.mergeRefName, b.sourceCommit
	} else {
		shown.Reason = "individualCI"
	}
	switch {
	case b.result != "":
	case b.started.IsZero():
		shown.Status = "notStarted"
	default:
		shown.Status = "inProgress"
	}
	return shown
}

// records shows the newest of some builds that a condition takes, at most top of them.
func (w *world) records(builds []*build, top int, takes func(*build) bool) []requeue.Build {
	shown := make([]requeue.Build, 0, min(top, len(builds)))
	for i := len(builds) - 1; i >= 0 && len(shown) < top; i-- {
		if takes(builds[i]) {
			shown = append(shown, w.record(builds[i]))
		}
	}
	return shown
}
