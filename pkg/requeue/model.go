package requeue

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Project is a team project. Its name is display text, its ID is what requests use.
type Project struct {
	ID   uuid.UUID
	Name string
}

// Same reports whether both are one project: by their IDs where both are known, else by their names.
func (p Project) Same(other Project) bool {
	if p.ID != uuid.Nil && other.ID != uuid.Nil {
		return p.ID == other.ID
	}
	return p.Name != "" && strings.EqualFold(p.Name, other.Name)
}

// Repository is a Git repository of Azure Repos.
type Repository struct {
	ID      uuid.UUID
	Name    string
	Project Project
	// URL is the browser page of the repository; "" if unknown.
	URL string
	// DefaultRefName is the full name of the default branch, "refs/heads/main"; "" for an empty repository.
	DefaultRefName string
	// Disabled repositories take no push and run no policy.
	Disabled bool
}

// Identity is whom a token stands for.
type Identity struct {
	ID          string
	DisplayName string
}

// Person is who has created a pull request, a person or a service, by the names that Azure DevOps shows.
type Person struct {
	DisplayName string
	UniqueName  string
}

// PullRequest is a pull request as a list or a single answer describes it, and what was read for it.
type PullRequest struct {
	ID            int
	Repository    *Repository // shared by the pull requests of one repository, never written
	Title         string
	SourceRefName string // full, "refs/heads/topic"
	TargetRefName string // full
	Author        Person
	Status        string // "active", "completed", "abandoned"
	Draft         bool
	AutoComplete  bool // AutoCompleteSetBy is set
	Fork          bool // the source branch lives in a fork
	MergeStatus   string
	Created       time.Time
	// Labels are the active labels. The list of pull requests carries them, the single answer never does
	// (vsts-rest-api-specs#389).
	Labels []string
	// LabelsKnown says that the answer had labels, perhaps none. Where the answer had no labels, it is not known
	// whether there are any.
	LabelsKnown bool
	// SourceCommitID is the commit that was pushed last to the source branch (lastMergeSourceCommit).
	SourceCommitID string
	// Votes are the reviewers' votes: 10 approved, 5 approved with suggestions, -5 waiting, -10 rejected.
	Votes []int

	// Evaluations is what the service holds for this pull request, without those of deleted or disabled policies;
	// nil until they were read.
	Evaluations []Evaluation
	// Err says why the pull request or its evaluations could not be read.
	Err error
}

// URL is the browser page of the pull request; "" if unknown.
func (pr *PullRequest) URL() string {
	if pr.Repository.URL == "" {
		return ""
	}
	return pr.Repository.URL + "/pullrequest/" + strconv.Itoa(pr.ID)
}

// Policy is a policy configuration: the branch policy as somebody has set it up. Evaluations of one configuration
// share it; it is never written.
type Policy struct {
	ID       int
	TypeID   uuid.UUID
	TypeName string // display text of the type, "Build"
	Enabled  bool
	Deleted  bool
	Blocking bool // false: optional
	// DisplayName is what the policy's author called it; "" when the pages show the pipeline's name.
	DisplayName string
	// PipelineID is settings.buildDefinitionId; 0 for other types.
	PipelineID              int
	ManualQueueOnly         bool
	QueueOnSourceUpdateOnly bool // false: a moved target branch expires the build immediately
	// ValidDuration is in minutes. With QueueOnSourceUpdateOnly, 0 means that the build never expires. It is 0 where
	// the service sends something else than a number; then no expiry is computed.
	ValidDuration float64
	// Scopes are the branches that the policy covers; none means unknown, which is taken as every branch.
	Scopes []PolicyScope
	// Malformed names the first field of a wrong type that every decision needs; "" if there is none.
	Malformed string
	// MalformedExpiry says that QueueOnSourceUpdateOnly is of a wrong type, which few states need.
	MalformedExpiry bool
}

// PolicyScope is one entry of a policy configuration's settings.scope.
type PolicyScope struct {
	RepositoryID uuid.UUID // the zero value covers every repository of the project
	RefName      string    // full; "" with MatchKind "DefaultBranch"
	MatchKind    string    // "Exact", "Prefix", "DefaultBranch"
}

// Evaluation is one policy on one pull request (PolicyEvaluationRecord). A run holds tens of thousands of them.
type Evaluation struct {
	ID     uuid.UUID
	Policy *Policy
	Status string // as the service sends it, "" if absent
	*Details
}

// NoDetails are the details of an evaluation that has none. They are shared and never written.
var NoDetails = new(Details)

// Details are what decides about the evaluations of build policies; those of other policies have none unless one is
// malformed. The pointer is never nil.
type Details struct {
	// Malformed names the first field of the record or its context that has a wrong type and that a state needs; such a
	// record is StateUnknown unless its status alone settles the matter.
	Malformed string

	Completed time.Time // completedDate; the zero time is none

	// From the context of a build evaluation, which Azure DevOps calls internal data: any of it may be absent.
	BuildID           int       // 0: absent
	BuildStarted      time.Time // buildStartedUtc; the zero time is none
	BuildIsNotCurrent bool
	IsExpired         bool
	HasIsExpired      bool // the key isExpired exists
	PipelineName      string
	MergeCommitID     string // lastMergeCommitId
	SourceCommitID    string // lastMergeSourceCommitId
	// Preview holds the error messages of buildOutputPreview; PreviewLost says that it is of another shape.
	Preview     []string
	PreviewLost bool
	// Words are what the service says of a broken record (errorMessage, else errorCode); "" if nothing.
	Words string
}

// Build is one run of a pipeline.
type Build struct {
	ID         int
	PipelineID int
	Status     string // "notStarted", "inProgress", "completed", ...
	Result     string // "succeeded", "partiallySucceeded", "failed", "canceled"; "" before the end
	Reason     string // "pullRequest", "manual", ...
	RefName    string // sourceBranch, "refs/pull/7/merge"
	// SourceCommitID is system.pullRequest.sourceCommitId of the build's parameters, else triggerInfo["pr.sourceSha"].
	SourceCommitID string
	MergeCommitID  string // sourceVersion
	// Queued, Started and Finished are the zero time where the service does not tell.
	Queued, Started, Finished time.Time
}

// hasResult reports whether the build has ended and was not cancelled, which would say nothing about its pipeline.
func (b *Build) hasResult() bool {
	return b.Status == "completed" && (b.Result == "succeeded" || b.Result == "partiallySucceeded" || b.Result == "failed")
}

// Pipeline is a build definition.
type Pipeline struct {
	ID          int
	Name        string
	QueueStatus string // "enabled", "paused", "disabled"
}

// IsBuild reports whether the evaluation's policy is a build validation, the only kind that reacts to a re-queue.
func (e Evaluation) IsBuild() bool { return e.Policy.IsBuild() }

// IsBuild reports whether the policy is a build validation. Old servers leave the type out; then it is one that has a
// pipeline.
func (p *Policy) IsBuild() bool {
	return p.TypeID == buildType || p.TypeID == uuid.Nil && p.PipelineID > 0
}

var (
	buildType     = uuid.MustParse(BuildPolicyType)
	reviewerTypes = []uuid.UUID{uuid.MustParse(minimumReviewersType), uuid.MustParse(requiredReviewersType)}
	mergeStrategy = uuid.MustParse(mergeStrategyType)
)
