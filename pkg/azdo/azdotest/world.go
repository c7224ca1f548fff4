package azdotest

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// World is everything a stand-in holds: one collection (or organization) with its projects, and how its server behaves.
// The zero value of every field is a sensible default; the package comment shows the file that describes a World.
type World struct {
	// CollectionPath is the path below the origin; "/tfs/DefaultCollection" if blank. Matched without regard to case.
	CollectionPath string `json:"collectionPath,omitempty"`
	// Style is "services" (the default) or "server".
	Style string `json:"style,omitempty"`
	// Version is the newest REST version that the server speaks: 5.0, 6.0, 6.1, 7.0, 7.1 or 7.2 (the default).
	Version string `json:"version,omitempty"`
	// ResourceAreas says whether the list of resource areas is filled; by default it is for "services" only.
	ResourceAreas *bool `json:"resourceAreas,omitempty"`
	// AllLocations pads the location table to the size that a real organization sends (773 entries, 190 kB).
	AllLocations bool `json:"allLocations,omitempty"`
	// WithoutLocations are location IDs that this server lacks.
	WithoutLocations []string `json:"withoutLocations,omitempty"`
	// Tokens are the bearer tokens that are let in; none means any.
	Tokens []string `json:"tokens,omitempty"`
	// Identity is whom the token belongs to, "Name" or "Name <unique name>".
	Identity string `json:"identity,omitempty"`
	// IdentityID is the identity's GUID, made from its name if blank.
	IdentityID string `json:"identityId,omitempty"`
	// Latency is added to every request, such as "20ms".
	Latency string `json:"latency,omitempty"`
	// Gzip says whether answers are compressed for clients that accept it; the default is true.
	Gzip *bool `json:"gzip,omitempty"`
	// Seed starts the random numbers behind Match.Probability.
	Seed uint64 `json:"seed,omitempty"`

	Pages     Pages      `json:"pages,omitzero"`
	Behaviour Behaviour  `json:"behaviour,omitzero"`
	Projects  []*Project `json:"projects,omitempty"`
	Faults    []*Fault   `json:"faults,omitempty"`
	Changes   []*Change  `json:"changes,omitempty"`
}

// Pages are the page sizes of the lists. Zero means the default.
type Pages struct {
	PullRequestsDefault int `json:"pullRequestsDefault,omitempty"` // without $top: 101
	PullRequests        int `json:"pullRequests,omitempty"`        // at most: 1000
	Evaluations         int `json:"evaluations,omitempty"`         // 100
	Policies            int `json:"policies,omitempty"`            // 100
	Builds              int `json:"builds,omitempty"`              // 1000
	Pipelines           int `json:"pipelines,omitempty"`           // 1000
	Projects            int `json:"projects,omitempty"`            // 100
}

// Project is a team project.
type Project struct {
	ID   string `json:"id,omitempty"` // GUID, made from the name if blank
	Name string `json:"name"`
	// Hidden projects are unknown to the token.
	Hidden       bool          `json:"hidden,omitempty"`
	Repositories []*Repository `json:"repositories,omitempty"`
	Policies     []*Policy     `json:"policies,omitempty"`
	Pipelines    []*Pipeline   `json:"pipelines,omitempty"`
	Builds       []*Build      `json:"builds,omitempty"`
}

// Repository is a Git repository.
type Repository struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	// DefaultBranch is "main" if blank; "none" for an empty repository, which has none.
	DefaultBranch string          `json:"defaultBranch,omitempty"`
	Disabled      bool            `json:"disabled,omitempty"`
	Hidden        bool            `json:"hidden,omitempty"` // from this token
	PullRequests  []*PullRequest  `json:"pullRequests,omitempty"`
	Raw           json.RawMessage `json:"raw,omitempty"`
}

// PullRequest is a pull request. Branches may be short or full names.
type PullRequest struct {
	ID           int    `json:"id,omitempty"` // the next free number if 0
	Title        string `json:"title,omitempty"`
	Description  string `json:"description,omitempty"`
	Status       string `json:"status,omitempty"` // active (default), completed, abandoned
	Source       string `json:"source,omitempty"` // "topic/N" if blank
	Target       string `json:"target,omitempty"` // "main" if blank
	Author       string `json:"author,omitempty"` // "Name" or "Name <unique name>"
	Draft        bool   `json:"draft,omitempty"`
	AutoComplete bool   `json:"autoComplete,omitempty"`
	// AutoCompleteNobody says that auto-complete was set by the empty GUID, which is by nobody.
	AutoCompleteNobody bool            `json:"autoCompleteNobody,omitempty"`
	Fork               bool            `json:"fork,omitempty"`
	Labels             []string        `json:"labels,omitempty"`
	InactiveLabels     []string        `json:"inactiveLabels,omitempty"`
	Votes              []int           `json:"votes,omitempty"`
	MergeStatus        string          `json:"mergeStatus,omitempty"`  // "succeeded" if blank
	Created            string          `json:"created,omitempty"`      // "1d ago" if blank
	Pushed             string          `json:"pushed,omitempty"`       // the last push; blank is none after the creation
	SourceCommit       string          `json:"sourceCommit,omitempty"` // made from the number if blank
	TargetCommit       string          `json:"targetCommit,omitempty"`
	MergeCommit        string          `json:"mergeCommit,omitempty"`
	Evaluations        []*Evaluation   `json:"evaluations,omitempty"`
	Threads            []*Thread       `json:"threads,omitempty"`
	Raw                json.RawMessage `json:"raw,omitempty"`
}

// Evaluation is one policy on one pull request. State fills every other field that is blank.
type Evaluation struct {
	ID string `json:"id,omitempty"` // GUID, made from pull request and policy if blank
	// Policy is the policy's ID, its display name, its pipeline's name or its type; blank is the project's first Build
	// policy.
	Policy Ref `json:"policy,omitempty"`
	// State is one of expired, failed, canceled (failed because its build was), broken, notStarted, queued, running,
	// succeeded (the default), outdated, notApplicable. It is used up: what it stood for is in the other fields.
	State string `json:"state,omitempty"`
	// Status as the service sends it: queued, running, approved, rejected, notApplicable, broken, or anything.
	Status    string `json:"status,omitempty"`
	Started   string `json:"started,omitempty"`   // startedDate
	Completed string `json:"completed,omitempty"` // completedDate; "none" leaves it out

	Build             int    `json:"build,omitempty"`        // context.buildId
	BuildStarted      string `json:"buildStarted,omitempty"` // context.buildStartedUtc
	IsExpired         *bool  `json:"isExpired,omitempty"`
	BuildIsNotCurrent *bool  `json:"buildIsNotCurrent,omitempty"`
	BuildAfterMerge   bool   `json:"buildAfterMerge,omitempty"`
	WasAutoRequeued   bool   `json:"wasAutoRequeued,omitempty"`
	SourceCommit      string `json:"sourceCommit,omitempty"` // lastMergeSourceCommitId
	TargetCommit      string `json:"targetCommit,omitempty"`
	MergeCommit       string `json:"mergeCommit,omitempty"`
	// ErrorCode and ErrorMessage are what the context of a broken one may say.
	ErrorCode    string `json:"errorCode,omitempty"`
	ErrorMessage string `json:"errorMessage,omitempty"`
	// Preview are the messages of context.buildOutputPreview.
	Preview []string `json:"preview,omitempty"`

	// Result is the result of the evaluation's build, where State does not say it.
	Result string `json:"result,omitempty"`
	// Errors, Steps, ValidationResults and Timeline are those of the evaluation's build.
	Errors            []string     `json:"errors,omitempty"`
	Steps             []Step       `json:"steps,omitempty"`
	ValidationResults []Validation `json:"validationResults,omitempty"`
	Timeline          string       `json:"timeline,omitempty"`
	// History are the results of earlier builds of the same commit, oldest first.
	History []string `json:"history,omitempty"`
	// BuildDeleted says that retention has removed the evaluation's own build (see Build.Deleted).
	BuildDeleted bool `json:"buildDeleted,omitempty"`
	// NoBuildRecord says that the build is gone from the builds list.
	NoBuildRecord bool `json:"noBuildRecord,omitempty"`
	// Requeue says what a re-queue does, if other than the pipeline says.
	Requeue *Requeue        `json:"requeue,omitempty"`
	Raw     json.RawMessage `json:"raw,omitempty"`

	// current is the build that stands behind the evaluation, which may still show an older one (Behaviour.Lag).
	current int
}

// Thread is a comment thread of a pull request.
type Thread struct {
	ID       int        `json:"id,omitempty"`
	Status   string     `json:"status,omitempty"` // "active" if blank
	Deleted  bool       `json:"deleted,omitempty"`
	Comments []*Comment `json:"comments,omitempty"`

	properties json.RawMessage
}

// Comment is one comment of a thread.
type Comment struct {
	ID      int    `json:"id,omitempty"`
	Author  string `json:"author,omitempty"` // the token's identity if blank
	Content string `json:"content,omitempty"`
	Type    string `json:"type,omitempty"` // "text" if blank, "system"
	Deleted bool   `json:"deleted,omitempty"`
	Updated string `json:"updated,omitempty"`
}

// Policy is a policy configuration.
type Policy struct {
	ID int `json:"id,omitempty"` // the next free number if 0
	// Type is a word ("Build", the default, "Minimum reviewers", "Required reviewers", "Work items", "Comments",
	// "Merge strategy", "Status", "File names", "File size", which is of a repository) or a GUID.
	Type     string `json:"type,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
	Deleted  bool   `json:"deleted,omitempty"`
	Optional bool   `json:"optional,omitempty"` // not blocking
	Hidden   bool   `json:"hidden,omitempty"`   // from this token, in every list; its evaluations are there
	Typeless bool   `json:"typeless,omitempty"` // the configuration has no type
	Revision int    `json:"revision,omitempty"`
	// DisplayName is settings.displayName; null if blank.
	DisplayName string `json:"displayName,omitempty"`
	// Pipeline is the name or ID of the pipeline of a Build policy; one of that name is made if there is none.
	Pipeline        Ref  `json:"pipeline,omitempty"`
	ManualQueueOnly bool `json:"manualQueueOnly,omitempty"`
	// Expires is "immediately", "never" or a duration ("72h" if blank, as recorded): queueOnSourceUpdateOnly and validDuration.
	Expires          string   `json:"expires,omitempty"`
	FilenamePatterns []string `json:"filenamePatterns,omitempty"`
	// Scopes say what the policy covers; none is every branch of every repository.
	Scopes []*Scope `json:"scopes,omitempty"`
	// Settings are merged into the settings, Raw into the whole configuration.
	Settings json.RawMessage `json:"settings,omitempty"`
	Raw      json.RawMessage `json:"raw,omitempty"`
}

// Scope is one entry of a policy's scope.
type Scope struct {
	Repository Ref    `json:"repository,omitempty"` // name or GUID; blank is every repository
	Branch     string `json:"branch,omitempty"`
	Match      string `json:"match,omitempty"` // Exact (default), Prefix, DefaultBranch
}

// Pipeline is a build definition.
type Pipeline struct {
	ID          int             `json:"id,omitempty"`
	Name        string          `json:"name"`
	QueueStatus string          `json:"queueStatus,omitempty"` // enabled (default), paused, disabled
	Requeue     Requeue         `json:"requeue,omitzero"`
	Raw         json.RawMessage `json:"raw,omitempty"`
}

// Requeue says what a re-queue of a build evaluation does.
type Requeue struct {
	// Outcome is the result of the build that is started: "succeeded" (the default), "failed", "partiallySucceeded",
	// "canceled"; or "staysQueued", "staysRunning", "declines" (200, nothing done) or "refuses" (see Behaviour.Refusal).
	Outcome string `json:"outcome,omitempty"`
	// StartsAfter is how long the build waits for an agent, "200ms" if blank; Takes is how long it then runs, "1s".
	StartsAfter string `json:"startsAfter,omitempty"`
	Takes       string `json:"takes,omitempty"`
}

// Build is one run of a pipeline. An evaluation's own builds need not be listed: they are made from it.
type Build struct {
	ID       int `json:"id,omitempty"`
	Pipeline Ref `json:"pipeline,omitempty"`
	// PullRequest or Branch say what was built.
	PullRequest  int    `json:"pullRequest,omitempty"`
	Branch       string `json:"branch,omitempty"`
	Status       string `json:"status,omitempty"` // completed (default), inProgress, notStarted, cancelling, postponed
	Result       string `json:"result,omitempty"` // succeeded (default), partiallySucceeded, failed, canceled
	Reason       string `json:"reason,omitempty"` // pullRequest or individualCI if blank
	SourceCommit string `json:"sourceCommit,omitempty"`
	MergeCommit  string `json:"mergeCommit,omitempty"` // sourceVersion
	Queued       string `json:"queued,omitempty"`
	Started      string `json:"started,omitempty"`
	Finished     string `json:"finished,omitempty"`
	// Deleted says that retention has removed the build: it answers 404, and lists have it as Behaviour.DeletedBuilds says.
	Deleted bool `json:"deleted,omitempty"`
	// Errors are short for a failed step each, Warnings for those of a step that succeeded.
	Errors   []string `json:"errors,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Steps    []Step   `json:"steps,omitempty"`
	// ValidationResults are what was found wrong before the build ran.
	ValidationResults []Validation `json:"validationResults,omitempty"`
	// Timeline is "204" or "404" for a build that has none, "empty" for one whose timeline has no records.
	Timeline string          `json:"timeline,omitempty"`
	Raw      json.RawMessage `json:"raw,omitempty"`

	visibleFrom string // Behaviour.BuildsLag
}

// Change alters the world just before a request that matches is handled: it sets members of a pull request or of one of
// its evaluations, or adds a build, or both.
type Change struct {
	Match       Match `json:"match"`
	PullRequest int   `json:"pullRequest,omitempty"`
	// Policy names one of the pull request's evaluations; blank is the pull request itself.
	Policy Ref `json:"policy,omitempty"`
	// Set is merged into it, in the words of this file.
	Set json.RawMessage `json:"set,omitempty"`
	// Build is a build that somebody starts meanwhile; it is added to the pull request's project.
	Build *Build `json:"build,omitempty"`

	seen, done int
}

// Ref names something by its ID or its name. In a world file a number may stand without quotes.
type Ref string

// UnmarshalJSON accepts a string or a whole number.
func (r *Ref) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		*r = Ref(text)
		return nil
	}
	var number int
	if err := json.Unmarshal(data, &number); err != nil {
		return fmt.Errorf("read %s: a name or a number is wanted", data)
	}
	*r = Ref(strconv.Itoa(number))
	return nil
}

// number returns the ID that the reference is, or 0.
func (r Ref) number() int {
	n, err := strconv.Atoi(string(r))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Push gives the pull request another source commit, and with it another merge commit and a new iteration. It is meant
// for Server.Update.
func (pr *PullRequest) Push(commit string) {
	pr.SourceCommit, pr.MergeCommit, pr.Pushed = commit, "", "now"
}

// SetState gives the evaluation one of the states of Evaluation.State and forgets what it was. It is meant for
// Server.Update.
func (ev *Evaluation) SetState(state string) {
	*ev = Evaluation{ID: ev.ID, Policy: ev.Policy, State: state, Requeue: ev.Requeue}
}
