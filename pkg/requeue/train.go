package requeue

import "github.com/google/uuid"

// branch is what maxInFlightPerBranch counts by.
type branch struct {
	repository uuid.UUID
	refName    string
}

func (p *surveyed) branch() branch { return branch{p.pr.Repository.ID, p.pr.TargetRefName} }

// countInFlight gives a place to each pull request that passes the filters and has a selected evaluation in progress.
func (s *survey) countInFlight(p *surveyed) {
	if p.skipped != "" {
		return
	}
	for i := range p.evaluations {
		e := &p.evaluations[i]
		if e.State == StateRunning && (e.Reason == NotSelectedState || e.Reason == PipelineDisabled) && e.Evaluation.IsBuild() {
			s.takePlace(p)
			return
		}
	}
}

func (s *survey) takePlace(p *surveyed) {
	if !s.holds[p] {
		s.holds[p] = true
		s.inFlight[p.branch()]++
	}
}

// limit says which limit holds the pull request's next candidate back, "" if none.
func (s *survey) limit(p *surveyed) Reason {
	switch {
	case s.rules.MaxInFlightPerBranch > 0 && !s.holds[p] && s.inFlight[p.branch()] >= s.rules.MaxInFlightPerBranch:
		return BranchBusy
	case s.rules.MaxPerRun > 0 && s.planned >= s.rules.MaxPerRun:
		return RunLimit
	}
	return ""
}
