package requeue

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Finding is what the builds of one pipeline for pull requests say about its failures, as far as a run has read them
// anyway. All counts are of what was read, which need not be all that there is.
type Finding struct {
	Project    Project
	PipelineID int
	Pipeline   string // its name; "" if unknown
	// Builds came to an end, and were not cancelled; Commits are the source commits that they were for, as far as they say
	// so.
	Builds, Commits int
	// Flaky are the commits that went red and then green although neither they nor the target branch had changed. Changed
	// are those that went green only for another state of the target branch. Partly succeeded is red.
	Flaky, Changed int
	// ErrorsRead is of how many failed builds the errors were read, and Sets in how many of them each set was found, in the
	// order of ErrorSets; InfrastructureErrors is not among them, and Unknown are the builds in which none was.
	ErrorsRead int
	Sets       []SetCount
	Unknown    int
	// Requeued are the evaluations that were re-queued, and in a dry run those that would be. Took is what the last builds
	// of so many of them took together, as far as Measured.
	Requeued, Measured int
	Took               time.Duration
}

// SetCount is in how many builds a set was found; at least 1.
type SetCount struct {
	Set    ErrorSet
	Builds int
}

// Findings are those of each pipeline of which a plan has asked for builds of pull requests, by project and name. Nothing
// more has to be asked for them.
func Findings(p Plan, f Facts, dryRun bool) []Finding {
	all := map[PipelineRef]*findingOf{}
	for q, a := range f {
		if q.Kind != AskHistory && q.Kind != AskPipelineBuilds || a.Err != nil {
			continue
		}
		ref := PipelineRef{q.ProjectID, q.PipelineID}
		if all[ref] == nil {
			all[ref] = &findingOf{Finding: Finding{PipelineID: q.PipelineID}, builds: map[int]Build{}}
		}
		for _, b := range ofPullRequests(q.PipelineID, a.Builds) {
			all[ref].builds[b.ID] = *b
		}
	}
	var sets []ErrorPattern
	for _, pr := range p.PullRequests {
		project := pr.PullRequest.Repository.Project
		for _, e := range pr.Evaluations {
			finding := all[PipelineRef{project.ID, e.Evaluation.Policy.PipelineID}]
			if finding == nil || !e.Evaluation.IsBuild() {
				continue
			}
			if sets == nil {
				sets = eachSet()
			}
			finding.Project, finding.Pipeline = project, cmp.Or(finding.Pipeline, e.Pipeline)
			finding.addErrors(project.ID, *e.Evaluation, f, sets)
			if e.Requeue && (e.Outcome.Kind == OutcomeRequeued || dryRun) {
				finding.addRequeued(e.Evaluation.BuildID)
			}
		}
	}
	out := make([]Finding, 0, len(all))
	for _, finding := range all {
		finding.addCommits()
		out = append(out, finding.Finding)
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Project.Name, b.Project.Name), strings.Compare(a.Project.ID.String(), b.Project.ID.String()),
			strings.Compare(a.Pipeline, b.Pipeline), cmp.Compare(a.PipelineID, b.PipelineID))
	})
	return out
}

// eachSet is every set but the one that holds all others.
func eachSet() []ErrorPattern {
	var sets []ErrorPattern
	for _, set := range ErrorSets() {
		if set != InfrastructureErrors {
			sets = append(sets, newSet(set))
		}
	}
	return sets
}

// findingOf is a finding in the making.
type findingOf struct {
	Finding
	builds map[int]Build
	errors map[int]bool // the builds whose errors are counted
}

// addCommits counts what became of each commit.
func (f *findingOf) addCommits() {
	f.Builds = len(f.builds)
	type commit struct{ refName, id string }
	commits := map[commit][]Build{}
	for _, b := range f.builds {
		if b.SourceCommitID != "" {
			of := commit{b.RefName, strings.ToLower(b.SourceCommitID)}
			commits[of] = append(commits[of], b)
		}
	}
	f.Commits = len(commits)
	for builds := range maps.Values(commits) {
		switch flaky, changed := redThenGreen(builds); {
		case flaky:
			f.Flaky++
		case changed:
			f.Changed++
		}
	}
}

// redThenGreen reports whether one of these builds of a commit failed before another succeeded: flaky with the same merge
// commit, changed with another. Which it was of a build that names none, nobody knows.
func redThenGreen(builds []Build) (flaky, changed bool) {
	for _, red := range builds {
		for _, green := range builds {
			if red.Result == "succeeded" || green.Result != "succeeded" || green.ID < red.ID || red.MergeCommitID == "" || green.MergeCommitID == "" {
				continue
			}
			same := strings.EqualFold(red.MergeCommitID, green.MergeCommitID)
			flaky, changed = flaky || same, changed || !same
		}
	}
	return flaky, changed
}

// addErrors counts the sets that are behind the failure of an evaluation's build, where its errors were read.
func (f *findingOf) addErrors(projectID uuid.UUID, e Evaluation, facts Facts, sets []ErrorPattern) {
	question := Question{Kind: AskErrors, ProjectID: projectID, BuildID: e.BuildID}
	timeline, known := facts[question]
	if !known || timeline.Err != nil || f.errors[e.BuildID] {
		return
	}
	if f.errors == nil {
		f.errors = map[int]bool{}
	}
	f.errors[e.BuildID] = true
	question.Kind = AskLogs
	texts := append(timeline.Errors.texts(e), facts[question].Logs.texts(timeline.Errors.FailedSteps)...)
	f.ErrorsRead++
	found := false
	for _, set := range sets {
		if firstMatch([]ErrorPattern{set}, texts) != nil {
			found = true
			f.countSet(set.set)
		}
	}
	if !found {
		f.Unknown++
	}
}

func (f *findingOf) countSet(set ErrorSet) {
	if i := slices.IndexFunc(f.Sets, func(c SetCount) bool { return c.Set == set }); i >= 0 {
		f.Sets[i].Builds++
		return
	}
	f.Sets = append(f.Sets, SetCount{set, 1})
	slices.SortFunc(f.Sets, func(a, b SetCount) int {
		return cmp.Compare(slices.Index(ErrorSets(), a.Set), slices.Index(ErrorSets(), b.Set))
	})
}

// addRequeued counts a re-queue, and what its build took last time.
func (f *findingOf) addRequeued(buildID int) {
	f.Requeued++
	if b, known := f.builds[buildID]; known && !b.Started.IsZero() && b.Finished.After(b.Started) {
		f.Measured++
		f.Took += b.Finished.Sub(b.Started)
	}
}
