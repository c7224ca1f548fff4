package report

import (
	"slices"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// maxNamed is how many pull requests the summary names for one reason.
const maxNamed = 5

// leftAloneGroup is what was left alone in one and the same way.
type leftAloneGroup struct {
	reason requeue.Reason
	state  string // " (running)" for the reason "state", else ""
	text   string
	noun   string // what n counts
	n      int
	named  []*requeue.PullRequest // the first of them, each once
	all    int                    // pull requests
}

func (g *leftAloneGroup) count() string { return plural(g.n, g.noun) }

// add counts one more of the pull request, whose entries come one after the other.
func (g *leftAloneGroup) add(pr *requeue.PullRequest, last map[*leftAloneGroup]*requeue.PullRequest) {
	g.n++
	if last[g] == pr {
		return
	}
	last[g] = pr
	if g.all++; g.all <= maxNamed {
		g.named = append(g.named, pr)
	}
}

// groupLeftAlone counts what is left alone by the sentence that explains it, in the order of the reasons and states.
func groupLeftAlone(p requeue.Plan) []*leftAloneGroup {
	type key struct {
		reason requeue.Reason
		state  requeue.State
		text   string
	}
	groups := map[key]*leftAloneGroup{}
	last := map[*leftAloneGroup]*requeue.PullRequest{}
	var keys []key
	add := func(k key, noun string, pr *requeue.PullRequest) {
		g := groups[k]
		if g == nil {
			g = &leftAloneGroup{reason: k.reason, text: k.text, noun: noun}
			if k.state != "" {
				g.state = " (" + string(k.state) + ")"
			}
			groups[k] = g
			keys = append(keys, k)
		}
		g.add(pr, last)
	}
	for _, pr := range p.PullRequests {
		if pr.Skipped != "" {
			text, _ := explainReason(pr.Skipped)
			add(key{reason: pr.Skipped, text: text}, "pull request", pr.PullRequest)
		}
		for _, e := range pr.Evaluations {
			if e.Reason == "" {
				continue
			}
			k := key{reason: e.Reason}
			k.text, _ = explainEvaluation(e)
			switch {
			case isSatisfiedOther(e):
				k.text = satisfiedOther
			case e.Reason == requeue.NotSelectedState && e.Evaluation.IsBuild():
				k.state = e.State
			}
			add(k, "evaluation", pr.PullRequest)
		}
	}
	reasons, states := allReasons(), allStates()
	slices.SortStableFunc(keys, func(a, b key) int {
		if by := slices.Index(reasons, a.reason) - slices.Index(reasons, b.reason); by != 0 {
			return by
		}
		if a.state == "" || b.state == "" { // what is no build comes last
			return len(b.state) - len(a.state)
		}
		return slices.Index(states, a.state) - slices.Index(states, b.state)
	})
	all := make([]*leftAloneGroup, len(keys))
	for i, k := range keys {
		all[i] = groups[k]
		if k.text == satisfiedOther {
			all[i].named, all[i].all = nil, 0
		}
	}
	return all
}

// satisfiedOther is the sentence for satisfied policies of other kinds, which are counted and not named.
const satisfiedOther = "these policies are not builds, and they are satisfied"
