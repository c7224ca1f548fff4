package requeue

import (
	"cmp"
	"fmt"
	"strconv"
)

// Breaker is what Rules.PauseAfterFailures has found out about one pipeline.
type Breaker struct {
	Project    Project
	PipelineID int
	Pipeline   string // its name; "" if unknown
	// Open says that the pipeline fails for everybody, so that one failure is retried and the others wait.
	Open bool
	// Err says why its builds could not be read; the breaker then stays closed.
	Err error
}

// Name is how people know the pipeline.
func (b Breaker) Name() string { return cmp.Or(b.Pipeline, "pipeline "+strconv.Itoa(b.PipelineID)) }

// breakerPullRequests is of how many pull requests the failures must be: one that is broken says nothing of the others.
const breakerPullRequests = 3

// failing reports whether the newest n finished builds of the pipeline for pull requests, of several of them, have all
// failed. A list that is shorter says nothing.
func failing(pipelineID, n int, builds []Build) bool {
	newest := ofPullRequests(pipelineID, builds)
	if len(newest) < n {
		return false
	}
	numbers := map[int]bool{}
	for _, b := range newest[:n] {
		if b.Result == "succeeded" {
			return false
		}
		numbers[pullRequestOf(b.RefName)] = true
	}
	return len(numbers) >= breakerPullRequests
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
		b.Open = answer.Err == nil && failing(question.PipelineID, n, answer.Builds)
		s.breakers[question], s.inOrder = b, append(s.inOrder, b)
	}
	b.Pipeline = cmp.Or(b.Pipeline, e.Pipeline)
	switch {
	case !b.Open:
		return goAhead()
	case s.probed[question]:
		return skip(PipelineFailing, fmt.Sprintf("its newest %d builds have all failed, and another one finds out", n))
	}
	return verdict{Decision: Decision{Requeue: true, Detail: fmt.Sprintf("the newest %d builds of its pipeline have all failed; this one finds out", n)}}
}

// probes notes that the one failure of a failing pipeline is taken for this run.
func (s *survey) probes(p *surveyed, e *EvaluationPlan) {
	if question := recordOf(p.pr.Repository.Project.ID, e.Evaluation.Policy.PipelineID); s.breakers[question] != nil && (e.State == StateFailed || e.State == StateBroken) {
		s.probed[question] = true
	}
}
