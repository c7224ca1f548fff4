package requeue

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// QuestionKind says what a Question asks for.
type QuestionKind string

// The kinds of question, with the fields that each uses beside ProjectID.
const (
	AskPipeline       QuestionKind = "pipeline"       // PipelineID: its name and whether it takes builds
	AskBuild          QuestionKind = "build"          // BuildID: how it ended
	AskLastPush       QuestionKind = "lastPush"       // RepositoryID, PullRequestID: when its source branch was pushed to last
	AskHistory        QuestionKind = "history"        // PipelineID, RefName refs/pull/N/merge: the builds of a pull request
	AskErrors         QuestionKind = "errors"         // BuildID: what its timeline says of its failure
	AskLogs           QuestionKind = "logs"           // BuildID: what else says of its failure, where its timeline does not settle it
	AskTargetBranch   QuestionKind = "targetBranch"   // PipelineID, RefName refs/heads/main: the last finished build there
	AskTargetBuilds   QuestionKind = "targetBuilds"   // likewise: the newest finished builds there
	AskPipelineBuilds QuestionKind = "pipelineBuilds" // PipelineID: the newest finished builds of all pull requests
)

// Question is something that a decision needs to know. It is comparable, so that two candidates with the same question ask
// it once.
type Question struct {
	Kind          QuestionKind
	ProjectID     uuid.UUID
	RepositoryID  uuid.UUID
	PullRequestID int
	PipelineID    int
	BuildID       int
	RefName       string
}

// Answer answers a Question; the member that its kind needs is set, or Err.
type Answer struct {
	Pipeline Pipeline // AskPipeline; the zero value where the service shows none of that ID
	Build    Build    // AskBuild
	// Gone, of AskBuild, says that the build does not exist any more. Retention removes builds, and then nobody can tell how
	// one ended.
	Gone   bool
	Pushed time.Time // AskLastPush; the zero value where the service does not tell
	Builds []Build   // AskHistory, AskTargetBranch, AskTargetBuilds, AskPipelineBuilds
	// More, of the last three, says that there are older builds than those that were read.
	More   bool
	Errors Errors // AskErrors
	Logs   Logs   // AskLogs
	Err    error
}

// AnswerBuild makes the answer to AskBuild of a build and the error of reading it. A build that does not exist any more is
// an answer, and no error.
func AnswerBuild(build Build, err error) Answer {
	if errors.Is(err, ErrGone) {
		return Answer{Gone: true}
	}
	return Answer{Build: build, Err: err}
}

// Facts are the answers that are known so far, by their questions.
type Facts map[Question]Answer

// UnreadPipelines are the errors of the projects whose pipelines could not be read, the first of each, in the order of
// their IDs.
func (f Facts) UnreadPipelines() []error {
	var unread []Question
	for q, a := range f {
		if q.Kind == AskPipeline && a.Err != nil {
			unread = append(unread, q)
		}
	}
	slices.SortFunc(unread, func(a, b Question) int {
		return cmp.Or(slices.Compare(a.ProjectID[:], b.ProjectID[:]), cmp.Compare(a.PipelineID, b.PipelineID))
	})
	unread = slices.CompactFunc(unread, func(a, b Question) bool { return a.ProjectID == b.ProjectID })
	errs := make([]error, len(unread))
	for i, q := range unread {
		errs[i] = f[q].Err
	}
	return errs
}

// MergeRefName is the ref on which the builds of a pull request run.
func MergeRefName(pullRequestID int) string {
	return "refs/pull/" + strconv.Itoa(pullRequestID) + "/merge"
}
