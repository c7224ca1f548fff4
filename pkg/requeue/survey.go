package requeue

import (
	"cmp"
	"slices"
	"time"
)

// Decide decides on every pull request and every evaluation. If it returns questions, there is no plan yet: the caller
// adds the answers to the facts and calls Decide again, until there are no questions. No question comes twice, and
// those about what is first in plan order come first. Questions about history, errors and target branches are asked for
// candidates alone, and for no more of them than the limits could still take.
func (r *Rules) Decide(prs []Screened, f Facts, now time.Time) (Plan, []Question) {
	s := r.survey(prs, f, now)
	if len(s.questions) > 0 {
		return Plan{}, s.questions
	}
	return s.plan(), nil
}

// survey is one walk over all pull requests.
type survey struct {
	rules *Rules
	facts Facts
	now   time.Time

	pullRequests []*surveyed
	decisions    map[Decision]*Decision // those without an error
	questions    []Question
	asked        map[Question]bool

	planned int               // re-queues planned, or possible as far as is known
	beyond  int               // failed ones beyond the limits that were examined
	tracks  map[branch]*track // what is in flight
	windows []Window          // those that are known, in plan order
	// breakers are those of the pipelines of failures, in plan order in inOrder; probed are those whose probe is taken.
	breakers map[Question]*Breaker
	inOrder  []*Breaker
	probed   map[Question]bool
	scratch  []verdict // of the pull request that is being decided on
}

// surveyed is a pull request under consideration.
type surveyed struct {
	pr          *PullRequest
	skipped     Reason
	detail      string
	evaluations []EvaluationPlan // in plan order; at first with what selects has decided
	approved    bool
	stalest     time.Time // start of its selected build that started longest ago; neverStarted if none has
	selected    bool      // it has a candidate
	holds       bool      // a place on its target branch
	waits       string    // what keeps it, which has a build in progress, from holding one; "" if nothing does
}

func (r *Rules) survey(prs []Screened, f Facts, now time.Time) *survey {
	s := &survey{
		rules: r, facts: f, now: now,
		decisions: map[Decision]*Decision{}, asked: map[Question]bool{}, tracks: map[branch]*track{},
		breakers: map[Question]*Breaker{}, probed: map[Question]bool{},
		pullRequests: make([]*surveyed, len(prs)),
	}
	for i := range prs {
		s.pullRequests[i] = s.filter(&prs[i])
	}
	slices.SortStableFunc(s.pullRequests, r.compare)
	// Who goes first depends on what selects asks; nothing dearer is asked before that is settled.
	if len(s.questions) > 0 {
		return s
	}
	for _, pr := range s.pullRequests {
		s.place(pr)
	}
	for _, pr := range s.pullRequests {
		s.window(pr)
	}
	if len(s.questions) > 0 {
		return s // every limit hangs on them
	}
	for _, pr := range s.pullRequests {
		s.decide(pr)
	}
	return s
}

// filter applies what no limit can change.
func (s *survey) filter(in *Screened) *surveyed {
	out := &surveyed{pr: in.PullRequest, skipped: in.Skipped, detail: in.Detail}
	if in.PullRequest.Err != nil {
		return out
	}
	out.approved = out.skipped == "" && in.PullRequest.approved()
	out.evaluations = make([]EvaluationPlan, len(in.PullRequest.Evaluations))
	for i := range in.PullRequest.Evaluations {
		out.evaluations[i].Evaluation = &in.PullRequest.Evaluations[i]
	}
	slices.SortFunc(out.evaluations, func(a, b EvaluationPlan) int { return compareEvaluations(a.Evaluation, b.Evaluation) })
	if out.skipped == "" && s.rules.RequireApproved && !out.approved {
		out.skipped = NotApproved
	}
	for i := range out.evaluations {
		e := &out.evaluations[i]
		v := s.rules.selects(in.PullRequest, *e.Evaluation, s.facts, s.now)
		if out.skipped != "" {
			e.Decision = s.decision(Decision{State: v.State, Pipeline: v.Pipeline, BuildGone: v.BuildGone})
			continue
		}
		e.Decision = s.decision(v.Decision)
		if v.need != nil {
			s.ask(*v.need)
		}
		if v.Requeue {
			out.addCandidate(*e.Evaluation, v.State)
		}
	}
	return out
}

// decision returns the shared value of a decision.
func (s *survey) decision(d Decision) *Decision {
	if d.Err == nil {
		if known := s.decisions[d]; known != nil {
			return known
		}
	}
	kept := d // the address of d would move it to the heap in every call, for each evaluation
	if d.Err == nil {
		s.decisions[d] = &kept
	}
	return &kept
}

func (s *survey) ask(q Question) {
	if !s.asked[q] {
		s.asked[q] = true
		s.questions = append(s.questions, q)
	}
}

// decide settles one pull request, in plan order.
func (s *survey) decide(p *surveyed) {
	if p.skipped != "" || p.pr.Err != nil {
		return
	}
	verdicts := slices.Grow(s.scratch[:0], len(p.evaluations))[:len(p.evaluations)]
	s.scratch = verdicts
	for i := range p.evaluations {
		e := &p.evaluations[i]
		v := verdict{Decision: *e.Decision}
		if v.Requeue {
			known := v.Decision
			v = s.rules.retries(p.pr, *e.Evaluation, v.State, s.facts, s.now)
			v.State, v.Pipeline, v.BuildGone = known.State, known.Pipeline, known.BuildGone
			if v.BuildGone && v.Reason == HistoryUnknown {
				v.Detail = detailBuildGone
			}
		}
		verdicts[i] = v
	}
	if s.rules.RequireNoOtherBlockers {
		if blocker := p.blocker(verdicts); blocker >= 0 {
			p.skipped, p.detail = OtherBlockers, p.evaluations[blocker].name()+" is "+string(verdicts[blocker].State)
			for i := range verdicts {
				e := &p.evaluations[i]
				e.Decision = s.decision(Decision{State: e.State, Pipeline: e.Pipeline, BuildGone: e.BuildGone, Err: verdicts[i].Err})
			}
			return
		}
		s.askBlockers(p, verdicts)
	}
	s.settle(p, verdicts)
}

// blocker is the first blocking evaluation that nothing here would turn green; -1 if there is none. What still waits
// for an answer is given the benefit of the doubt.
func (p *surveyed) blocker(verdicts []verdict) int {
	for i := range p.evaluations {
		if p.evaluations[i].Blocks() && !verdicts[i].Requeue && verdicts[i].need == nil {
			return i
		}
	}
	return -1
}

// askBlockers asks all that may still turn out to be a blocker at once, unless a limit holds the pull request back
// anyway. Until that is answered, the pull request's other candidates wait: none is re-queued beside a blocker.
func (s *survey) askBlockers(p *surveyed, verdicts []verdict) {
	if s.limit(p).Reason != "" {
		return
	}
	s.askFirst(verdicts, func(i int) bool { return p.evaluations[i].Blocks() })
}

// askFirst asks what these verdicts lack, all at once, and lets the others wait for it.
func (s *survey) askFirst(verdicts []verdict, of func(i int) bool) {
	var pending *Question
	for i := range verdicts {
		if need := verdicts[i].need; need != nil && of(i) {
			s.ask(*need)
			pending = need
		}
	}
	if pending == nil {
		return
	}
	for i := range verdicts {
		if verdicts[i].Requeue {
			verdicts[i].Requeue, verdicts[i].need = false, pending
		}
	}
}

// Blocks reports whether the pull request cannot complete before this evaluation is satisfied. "Require a merge strategy"
// is satisfied by completing and holds nothing back.
func (e EvaluationPlan) Blocks() bool {
	return e.Evaluation.Policy.Blocking && e.Evaluation.Policy.TypeID != mergeStrategy && !satisfied(e.State)
}

// settle puts the last word on each open evaluation into the plan: limits come after all other reasons, but where a limit
// is full anyway nothing more is asked.
func (s *survey) settle(p *surveyed, verdicts []verdict) {
	for i := range verdicts {
		v := &verdicts[i]
		if !v.Requeue {
			continue
		}
		before, match := v.Detail, v.Match
		if *v = s.circuit(p, &p.evaluations[i]); !v.Requeue {
			v.Detail = cmp.Or(v.Detail, before)
			continue
		}
		if v.Detail != "" && before != "" {
			before = join(before, v.Detail)
		} else {
			before = cmp.Or(before, v.Detail)
		}
		*v = s.targetBranch(p, *p.evaluations[i].Evaluation)
		if v.Detail == "" {
			v.Detail = before
		} else if v.Requeue && before != "" {
			v.Detail = join(before, v.Detail)
		}
		v.Match = match
	}
	apart := s.together(p, verdicts)
	for i := range p.evaluations {
		out, v := &p.evaluations[i], verdicts[i]
		if !out.Requeue && out.Err == nil {
			continue // selects has settled it
		}
		s.countBeyond(p, out, v)
		if v.Requeue {
			if c := s.circuit(p, out); c.Reason != "" {
				v = c // another failure of the same pull request is the one
			}
		}
		if v.Err != nil && s.inVain(p, out) {
			v = verdict{Decision: s.limit(p)}
			v.NotExamined = true
		}
		if v.Requeue || v.need != nil {
			limit := s.limit(p)
			if limit.Reason == "" {
				limit = apart
			}
			if limit.Reason != "" {
				if !s.examines(v.need) {
					limit.NotExamined = v.need != nil
					v = verdict{Decision: limit}
				}
			} else {
				s.takePlace(p)
				s.probes(p, out)
				s.planned++
			}
		}
		if v.need != nil {
			s.ask(*v.need)
		}
		v.State, v.Pipeline, v.BuildGone = out.State, out.Pipeline, out.BuildGone
		out.Decision = s.decision(v.Decision)
	}
}

// MostExamined is for how many failed ones beyond the limits Rules.ExamineBeyondLimits asks for the history.
const MostExamined = 100

// countBeyond counts the failed ones beyond the limits whose history is known or is to be asked for.
func (s *survey) countBeyond(p *surveyed, e *EvaluationPlan, v verdict) {
	if !s.rules.ExamineBeyondLimits || e.State != StateFailed && e.State != StateBroken || s.limit(p).Reason == "" {
		return
	}
	if _, known := s.facts[historyOf(p.pr, *e.Evaluation)]; known || v.need != nil && v.need.Kind == AskHistory {
		s.beyond++
	}
}

// examines reports whether a question about one that a limit holds back is asked all the same.
func (s *survey) examines(need *Question) bool {
	return s.rules.ExamineBeyondLimits && need != nil && need.Kind == AskHistory && s.beyond <= MostExamined
}

func (s *survey) plan() Plan {
	p := Plan{Windows: s.windows}
	for _, b := range s.inOrder {
		p.Breakers = append(p.Breakers, *b)
	}
	p.PullRequests = make([]PullRequestPlan, len(s.pullRequests))
	for i, in := range s.pullRequests {
		p.PullRequests[i] = PullRequestPlan{PullRequest: in.pr, Skipped: in.skipped, Detail: in.detail, Evaluations: in.evaluations}
		for j := range in.evaluations {
			e := &in.evaluations[j]
			if e.Requeue {
				e.Outcome = &Outcome{Kind: OutcomePlanned}
			}
		}
	}
	return p
}

// name is how people know the policy.
func (e EvaluationPlan) name() string {
	return cmp.Or(e.Evaluation.Policy.DisplayName, e.Pipeline, e.Evaluation.Policy.TypeName, "a policy")
}

// inVain reports whether the history could not be read of one that a limit holds back: it was only to be told about, so that
// the run does not fail for it. What needs no history fails for something else.
func (s *survey) inVain(p *surveyed, e *EvaluationPlan) bool {
	needsHistory := e.State == StateFailed || (e.State == StateBroken || e.State == StateRecovered) && e.Evaluation.BuildID != 0
	return s.rules.ExamineBeyondLimits && e.Err == nil && needsHistory && s.limit(p).Reason != "" && s.facts[historyOf(p.pr, *e.Evaluation)].Err != nil
}
