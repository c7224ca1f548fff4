package requeue

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// Breaker is what Rules.PauseAfterFailures has found out about one pipeline.
type Breaker struct {
	Project    Project
	PipelineID int
	Pipeline   string // its name; "" if unknown
	// Open says that the pipeline fails for everybody, so that one failure is retried and the others wait.
	Open bool
	// Undecided says that the list of builds is too long to find out: only Read of those that the input names were found.
	Undecided bool
	Read      int
	// Err says why its builds could not be read; the breaker then stays closed.
	Err error
}

// Name is how people know the pipeline.
func (b Breaker) Name() string { return cmp.Or(b.Pipeline, "pipeline "+strconv.Itoa(b.PipelineID)) }

// breakerPullRequests is of how many pull requests the failures must be: one that is broken says nothing of the others.
const breakerPullRequests = 3

// SettlesBreaker reports whether these builds, the newest of a pipeline, tell what pauseAfterFailures asks for, whatever older
// ones there are: they hold the newest so many of pull requests, or one that succeeded.
func (r *Rules) SettlesBreaker(pipelineID int, builds []Build) bool {
	n := r.PauseAfterFailures
	newest := ofPullRequests(pipelineID, builds)
	return len(newest) >= n || slices.ContainsFunc(newest, succeeded)
}

func succeeded(b *Build) bool { return b.Result == "succeeded" }

// look finds out whether the newest n finished builds of the pipeline for pull requests, of several of them, have all failed.
// A list that ends with fewer says nothing. Where the list goes on and was not read any further, that stays undecided, and
// what was found counts: where all of it has failed, of several pull requests, one retry more finds out.
func (b *Breaker) look(n int, answer Answer) {
	newest := ofPullRequests(b.PipelineID, answer.Builds)
	newest = newest[:min(n, len(newest))]
	b.Read = len(newest)
	if slices.ContainsFunc(newest, succeeded) {
		return
	}
	b.Undecided = len(newest) < n && answer.More
	if len(newest) < n && !b.Undecided {
		return
	}
	numbers := map[int]bool{}
	for _, build := range newest {
		numbers[pullRequestOf(build.RefName)] = true
	}
	b.Open = len(numbers) >= breakerPullRequests
}

// circuit applies pauseAfterFailures to a failure that is to be retried: where its pipeline fails for everybody, one of
// them is retried in a run, to find out.
func (s *survey) circuit(p *surveyed, e *EvaluationPlan) verdict {
	n := s.rules.PauseAfterFailures
	if n <= 0 || e.State != StateFailed && e.State != StateBroken {
		return goAhead()
	}
	question := recordOf(p.pr.Repository.Project.ID, e.Evaluation.Policy.PipelineID)
	answer, known := s.facts[question]
	if !known {
		return ask(question)
	}
	b := s.breakers[question]
	if b == nil {
		b = &Breaker{Project: p.pr.Repository.Project, PipelineID: question.PipelineID, Err: answer.Err}
		if answer.Err == nil {
			b.look(n, answer)
		}
		s.breakers[question], s.inOrder = b, append(s.inOrder, b)
	}
	b.Pipeline = cmp.Or(b.Pipeline, e.Pipeline)
	switch {
	case !b.Open:
		return goAhead()
	case s.probed[question]:
		return skip(PipelineFailing, fmt.Sprintf("its newest %d builds have all failed, and another one finds out", b.Read))
	}
	return verdict{Decision: Decision{Requeue: true, Detail: fmt.Sprintf("the newest %d builds of its pipeline have all failed; this one finds out", b.Read)}}
}

// probes notes that the one failure of a failing pipeline is taken for this run.
func (s *survey) probes(p *surveyed, e *EvaluationPlan) {
	if question := recordOf(p.pr.Repository.Project.ID, e.Evaluation.Policy.PipelineID); s.breakers[question] != nil && (e.State == StateFailed || e.State == StateBroken) {
		s.probed[question] = true
	}
}
