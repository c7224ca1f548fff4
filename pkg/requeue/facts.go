package requeue

import (
	"strconv"

	"github.com/google/uuid"
)

// QuestionKind says what a Question asks for.
type QuestionKind string

// The kinds of question, with the fields that each uses beside ProjectID.
const (
	AskPipeline     QuestionKind = "pipeline"     // PipelineID: its name and whether it takes builds
	AskBuild        QuestionKind = "build"        // BuildID: how it ended
	AskHistory      QuestionKind = "history"      // PipelineID, RefName refs/pull/N/merge: the builds of a pull request
	AskErrors       QuestionKind = "errors"       // BuildID: the error texts of its timeline
	AskTargetBranch QuestionKind = "targetBranch" // PipelineID, RefName refs/heads/main: the last finished run there
)

// Question is what a verdict still lacks. It is comparable, so that no two candidates ask the same twice.
type Question struct {
	Kind       QuestionKind
	ProjectID  uuid.UUID
	PipelineID int
	BuildID    int
	RefName    string
}

// Answer answers a Question; the member that its kind needs is set, or Err.
type Answer struct {
	Pipeline Pipeline // AskPipeline
	Build    Build    // AskBuild
	Builds   []Build  // AskHistory, AskTargetBranch
	Texts    []string // AskErrors
	Err      error
}

// Facts are the answers so far.
type Facts map[Question]Answer

// MergeRefName is the ref on which the builds of a pull request run.
func MergeRefName(pullRequestID int) string {
	return "refs/pull/" + strconv.Itoa(pullRequestID) + "/merge"
}
