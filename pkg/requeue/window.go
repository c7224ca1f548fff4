package requeue

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Window is how many pull requests of one target branch may be in flight under Rules.AutoInFlight, and why. Where a
// merge expires the builds of all others, each further pull request in flight costs one more build for each merge of
// another one. With a single one in flight, though, nothing merges as long as it fails. So the window is the least
// number with which one pull request turns green with a probability of 90 %. The probability is computed from builds of
// commits that had been green before, since the first builds of new code often fail for other reasons.
type Window struct {
	Repository *Repository
	RefName    string // full
	// Size is 1 to 10.
	Size int
	// Success is the probability that a pull request turns green: the product of those of its pipelines.
	Success float64
	// Why says what made it 1 whatever the probability; "" if nothing did. It may quote foreign text.
	Why string
	// Statistics are those of the branch's pipelines, by ID.
	Statistics []Statistics
}

// Statistics are what the newest finished builds of one pipeline for pull requests say about the next one.
type Statistics struct {
	PipelineID int
	Pipeline   string // its name; "" if unknown
	// Sample is how many builds of commits that had been green before were looked at, Succeeded how many of them were
	// green again.
	Sample, Succeeded int
	// Success is the share of those, or DefaultSuccess where the sample is too small to tell.
	Success float64
	// NoneOfNewest says that none of the newest NewestOfSample of the sample succeeded.
	NoneOfNewest bool
	// Wait is the median time in the queue, Duration that of running; both are 0 where no build tells.
	Wait, Duration time.Duration
	// Err says why the list could not be read; then nothing else is known.
	Err error
}

// These numbers define how a window is computed.
const (
	// PipelineBuilds is how many of the newest finished builds are looked at.
	PipelineBuilds = 200
	// sampleBuilds is how many of those count at most.
	sampleBuilds = 50
	// leastSample is the smallest sample that is believed.
	leastSample = 10
	// NewestOfSample is among how many of the newest of the sample one must have succeeded.
	NewestOfSample = 10
	// DefaultSuccess is taken for the share of green builds where the sample is smaller than leastSample.
	DefaultSuccess = 0.9
	// wanted is how likely one of the pull requests in flight is to turn green; largestWindow ends the search.
	wanted, largestWindow = 0.9, 10
	// shortAgents is the part of the median duration that the median wait must not exceed.
	shortAgents = 4
)

// newWindow computes the window of the statistics.
func newWindow(repository *Repository, refName string, statistics []Statistics) Window {
	w := Window{Repository: repository, RefName: refName, Statistics: statistics, Success: 1}
	for _, r := range statistics {
		switch {
		case r.Err != nil:
			w.Why = cmp.Or(w.Why, "the builds of "+r.Name()+" could not be read")
			continue
		case r.NoneOfNewest:
			w.Why = cmp.Or(w.Why, fmt.Sprintf("none of the newest %d builds of %s succeeded", NewestOfSample, r.Name()))
		case r.agentsAreShort():
			w.Why = cmp.Or(w.Why, "builds of "+r.Name()+" wait for agents")
		}
		w.Success *= r.Success
	}
	if w.Size = leastWindow(w.Success); w.Why != "" {
		w.Size = 1
	}
	return w
}

// leastWindow is the least n with 1 - (1-p)^n >= wanted.
func leastWindow(p float64) int {
	const rounding = 1e-9
	n, missed := 1, 1-p
	for n < largestWindow && 1-missed < wanted-rounding {
		n, missed = n+1, missed*(1-p)
	}
	return n
}

// Name is how people know the pipeline.
func (r Statistics) Name() string { return cmp.Or(r.Pipeline, "pipeline "+strconv.Itoa(r.PipelineID)) }

// Believed reports whether the sample is large enough to tell.
func (r Statistics) Believed() bool { return r.Sample >= leastSample }

func (r Statistics) agentsAreShort() bool { return r.Duration > 0 && r.Wait*shortAgents > r.Duration }

// newStatistics reads the answer to AskPipelineBuilds. Builds that it was not asked for are left out. A list that is short
// or empty proves nothing: the sample is then too small to be believed.
func newStatistics(pipelineID int, answer Answer) Statistics {
	r := Statistics{PipelineID: pipelineID, Err: answer.Err}
	if r.Err != nil {
		return r
	}
	builds := ofPullRequests(pipelineID, answer.Builds)
	builds = builds[:min(len(builds), PipelineBuilds)]
	green := make(map[string]int, len(builds)) // the first green build of a commit
	for _, b := range builds {
		if commit := strings.ToLower(b.SourceCommitID); b.Result == "succeeded" && (green[commit] == 0 || b.ID < green[commit]) {
			green[commit] = b.ID
		}
	}
	newest := 0
	for _, b := range builds {
		first := green[strings.ToLower(b.SourceCommitID)]
		if b.SourceCommitID == "" || first == 0 || first >= b.ID || r.Sample == sampleBuilds {
			continue
		}
		r.Sample++
		if b.Result == "succeeded" {
			r.Succeeded++
			if r.Sample <= NewestOfSample {
				newest++
			}
		}
	}
	r.Success, r.NoneOfNewest = DefaultSuccess, false
	if r.Believed() {
		r.Success, r.NoneOfNewest = float64(r.Succeeded)/float64(r.Sample), newest == 0
	}
	r.Wait, r.Duration = medians(builds)
	return r
}

func recordOf(projectID uuid.UUID, pipelineID int) Question {
	return Question{Kind: AskPipelineBuilds, ProjectID: projectID, PipelineID: pipelineID}
}

// ofPullRequests are the pipeline's builds for pull requests that came to an end, the newest first. Cancelled ones say
// nothing.
func ofPullRequests(pipelineID int, builds []Build) []*Build {
	out := make([]*Build, 0, len(builds))
	for i := range builds {
		b := &builds[i]
		if b.hasResult() && b.PipelineID == pipelineID && pullRequestOf(b.RefName) != 0 {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b *Build) int { return cmp.Or(b.Finished.Compare(a.Finished), cmp.Compare(b.ID, a.ID)) })
	return out
}

// pullRequestOf is the number within a ref such as refs/pull/7/merge; 0 if it is another ref.
func pullRequestOf(refName string) int {
	number, isPull := strings.CutPrefix(refName, "refs/pull/")
	number, isMerge := strings.CutSuffix(number, "/merge")
	n, err := strconv.Atoi(number)
	if !isPull || !isMerge || err != nil || n < 0 {
		return 0
	}
	return n
}

// medians are the median times in the queue and of running, of the builds that tell both.
func medians(builds []*Build) (wait, duration time.Duration) {
	waits, durations := make([]time.Duration, 0, len(builds)), make([]time.Duration, 0, len(builds))
	for _, b := range builds {
		if b.Queued.IsZero() || b.Started.Before(b.Queued) || b.Finished.Before(b.Started) {
			continue
		}
		waits, durations = append(waits, b.Started.Sub(b.Queued)), append(durations, b.Finished.Sub(b.Started))
	}
	return median(waits), median(durations)
}

func median(of []time.Duration) time.Duration {
	if len(of) == 0 {
		return 0
	}
	slices.Sort(of)
	return (of[(len(of)-1)/2] + of[len(of)/2]) / 2
}
