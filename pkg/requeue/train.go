package requeue

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// branch is what maxInFlightPerBranch counts by.
type branch struct {
	repository uuid.UUID
	refName    string
}

func (p *surveyed) branch() branch { return branch{p.pr.Repository.ID, p.pr.TargetRefName} }

// track is what is under way on one branch.
type track struct {
	places int // pull requests that hold one
	// flying are all that have a selected evaluation in progress, whether or not they hold a place.
	flying map[*surveyed]bool
	// immediate are the pipelines of its selected required policies that a merge expires at once, by ID.
	immediate map[int]string
	// window is set under Rules.AutoInFlight, once it is known, where the branch is limited.
	window *Window
}

func (s *survey) track(p *surveyed) *track {
	b := p.branch()
	t := s.tracks[b]
	if t == nil {
		t = &track{flying: map[*surveyed]bool{}, immediate: map[int]string{}}
		s.tracks[b] = t
	}
	return t
}

// picked reports whether the groups of inputs select the evaluation's policy, whatever its state.
func (e *EvaluationPlan) picked() bool {
	return e.Evaluation.IsBuild() && (e.Reason == "" || e.Reason == NotSelectedState || e.Reason == PipelineDisabled)
}

// expiresAtOnce reports whether a merge expires the builds of the policy immediately.
func (p *Policy) expiresAtOnce() bool {
	return !p.QueueOnSourceUpdateOnly && !p.MalformedExpiry && p.Malformed == "" && p.PipelineID > 0
}

// place finds out who holds a place: a pull request that passes the filters and has a selected evaluation in progress.
// One of which a required evaluation has failed meanwhile, or whose build is for an older head of the target branch,
// cannot complete with it. It holds none, and waits for the end of the build so that its evaluations come together.
func (s *survey) place(p *surveyed) {
	if p.skipped != "" || p.pr.Err != nil {
		return
	}
	t := s.track(p)
	flies, blocked := false, false
	for i := range p.evaluations {
		e := &p.evaluations[i]
		// What is in progress is no blocker here, or the condition would end train mode. Whatever else nothing would turn
		// green keeps the pull request from passing the filter.
		blocked = blocked || s.rules.RequireNoOtherBlockers && e.Blocks() && e.Reason != "" && (!e.picked() || e.State != StateRunning)
		if !e.picked() {
			continue
		}
		policy := e.Evaluation.Policy
		if policy.Blocking && policy.expiresAtOnce() && e.State != StateUnknown && e.State != StateNotApplicable {
			t.immediate[policy.PipelineID] = cmp.Or(e.Pipeline, t.immediate[policy.PipelineID])
		}
		switch {
		case e.State == StateRunning:
			flies = true
			if e.Evaluation.BuildIsNotCurrent && policy.expiresAtOnce() {
				p.waits = cmp.Or(p.waits, "its build of "+e.name()+" is for an older head of the target branch, and has to end first")
			}
		case (e.State == StateFailed || e.State == StateRecovered) && policy.Blocking && e.Reason != PipelineDisabled: // of a disabled one it is not asked
			p.waits = cmp.Or(p.waits, e.name()+" has failed, and what is in progress has to end first")
		}
	}
	if !flies {
		p.waits = ""
		return
	}
	t.flying[p] = true
	if p.waits == "" && !blocked && s.mayHold(p) {
		s.takePlace(p)
	}
}

// mayHold reports whether the pull request may hold a place at all.
func (s *survey) mayHold(p *surveyed) bool {
	return !s.rules.AutoInFlight || p.pr.AutoComplete || p.approved
}

func (s *survey) takePlace(p *surveyed) {
	t := s.track(p)
	t.flying[p] = true
	if !p.holds {
		p.holds = true
		t.places++
	}
}

// limitsByWindow reports whether the pull request goes to a branch that Rules.AutoInFlight limits, where only auto-complete
// or approved ones take a place. A policy whose pipeline's name is unknown and decides does not count.
func (r *Rules) limitsByWindow(pr *PullRequest) bool {
	return r.AutoInFlight && slices.ContainsFunc(pr.Evaluations, func(e Evaluation) bool {
		return e.Policy.Blocking && e.Policy.expiresAtOnce() && r.selectsState(pr, e, StateExpired, e.PipelineName).Requeue
	})
}

// window settles, under Rules.AutoInFlight, how many pull requests may be in flight on each branch that somebody wants
// to take a place on: it asks for the newest builds of each pipeline there whose builds a merge expires at once.
func (s *survey) window(p *surveyed) {
	t := s.track(p)
	if !s.rules.AutoInFlight || t.window != nil || len(t.immediate) == 0 || !s.wantsPlace(p) {
		return
	}
	projectID := p.pr.Repository.Project.ID
	pipelines := make([]int, 0, len(t.immediate))
	for id := range t.immediate {
		pipelines = append(pipelines, id)
	}
	slices.Sort(pipelines)
	var statistics []Statistics
	for _, id := range pipelines {
		question := recordOf(projectID, id)
		answer, known := s.facts[question]
		if !known {
			s.ask(question)
			continue
		}
		one := newStatistics(id, answer)
		one.Pipeline = t.immediate[id]
		statistics = append(statistics, one)
	}
	if len(statistics) == len(pipelines) {
		w := newWindow(p.pr.Repository, p.pr.TargetRefName, statistics)
		t.window = &w
		s.windows = append(s.windows, w)
	}
}

// wantsPlace reports whether a free place would be of use to the pull request, or would have been if a read had not failed:
// a window of which nobody knows must not pass for a full one.
func (s *survey) wantsPlace(p *surveyed) bool {
	if p.skipped != "" || p.pr.Err != nil || p.holds || p.waits != "" || !s.mayHold(p) {
		return false
	}
	return slices.ContainsFunc(p.evaluations, func(e EvaluationPlan) bool {
		if !e.Requeue {
			return false
		}
		v := s.rules.retries(p.pr, *e.Evaluation, e.State, s.facts, s.now)
		return v.Requeue || v.need != nil || v.Err != nil
	})
}

// places is how many pull requests may be in flight on the branch; 0 is no limit.
func (s *survey) places(p *surveyed) int {
	switch t := s.track(p); {
	case !s.rules.AutoInFlight:
		return s.rules.MaxInFlightPerBranch
	case len(t.immediate) == 0:
		return 0
	case t.window != nil:
		return t.window.Size
	}
	return 1 // nobody asked, so nobody wants one
}

// TakesNoPlace is the detail of BranchBusy where Rules.AutoInFlight passes a pull request over: no later run takes it before
// somebody sets auto-complete or approves it. Any other detail says what it waits for itself; without one, no place is free.
const TakesNoPlace = "neither auto-complete nor approved, so it takes no place"

// limit says which limit holds the pull request's next candidate back; the zero value if none does.
func (s *survey) limit(p *surveyed) Decision {
	places := s.places(p)
	switch {
	case places > 0 && !p.holds && p.waits != "":
		return Decision{Reason: BranchBusy, Detail: p.waits}
	case places > 0 && !p.holds && !s.mayHold(p):
		return Decision{Reason: BranchBusy, Detail: TakesNoPlace}
	case places > 0 && !p.holds && s.track(p).places >= places:
		return Decision{Reason: BranchBusy}
	case s.rules.MaxPerRun > 0 && s.planned >= s.rules.MaxPerRun:
		return Decision{Reason: RunLimit}
	}
	return Decision{}
}

// together says what keeps a pull request from taking a place with all of its evaluations at once; the zero value if
// nothing does. Half of them would hold the place in vain. What still hangs on an answer is asked first.
func (s *survey) together(p *surveyed, verdicts []verdict) Decision {
	if s.places(p) == 0 || p.holds {
		return Decision{}
	}
	for i := range p.evaluations {
		e, v := &p.evaluations[i], verdicts[i]
		if e.Evaluation.Policy.Blocking && (v.Reason == CoolingDown || v.Reason == PipelineFailing || v.Reason == TargetBranchRed) {
			return Decision{Reason: BranchBusy, Detail: "it is to come together with " + e.name() + ", which waits: " + string(v.Reason)}
		}
	}
	if s.limit(p).Reason == "" {
		s.askFirst(verdicts, func(int) bool { return true })
	}
	settled := 0
	for i := range verdicts {
		if verdicts[i].Requeue {
			settled++
		}
	}
	if s.rules.MaxPerRun > 0 && s.planned > 0 && s.planned+settled > s.rules.MaxPerRun {
		return Decision{Reason: RunLimit, Detail: fmt.Sprintf("its %d evaluations come together, and the run has room for %d more only", settled, s.rules.MaxPerRun-s.planned)}
	}
	return Decision{}
}
