package requeue

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// neverStarted comes after every time: one that never starts must hold nobody up.
var neverStarted = time.Unix(1<<60, 0)

// addCandidate keeps the start of the build that started longest ago.
func (p *surveyed) addCandidate(e Evaluation, state State) {
	started := cmp.Or(e.BuildStarted, e.Completed) // older servers do not tell when the build started
	if e.BuildID == 0 || state == StateExpired && e.neverStarts() {
		started = neverStarted
	}
	if !p.selected || started.Before(p.stalest) {
		p.stalest = started
	}
	p.selected = true
}

// compareEvaluations: required before optional, then by policy ID.
func compareEvaluations(a, b *Evaluation) int {
	if a.Policy.Blocking != b.Policy.Blocking {
		if a.Policy.Blocking {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.Policy.ID, b.Policy.ID), slices.Compare(a.ID[:], b.ID[:]))
}

// compare puts pull requests into plan order.
func (r *Rules) compare(a, b *surveyed) int {
	for _, key := range r.Order {
		var c int
		switch key {
		case OrderAutoComplete:
			c = trueFirst(a.pr.AutoComplete, b.pr.AutoComplete)
		case OrderApproved:
			c = trueFirst(a.approved, b.approved)
		case OrderStalest:
			c = cmp.Or(trueFirst(a.selected, b.selected), a.stalest.Compare(b.stalest))
		case OrderOldest:
			c = a.pr.Created.Compare(b.pr.Created)
		case OrderNewest:
			c = b.pr.Created.Compare(a.pr.Created)
		default:
			labels := r.OrderLabels[key]
			c = trueFirst(labels.Match(a.pr.Labels...), labels.Match(b.pr.Labels...))
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Or(
		cmp.Compare(a.pr.ID, b.pr.ID),
		strings.Compare(a.pr.Repository.Project.Name, b.pr.Repository.Project.Name),
		slices.Compare(a.pr.Repository.ID[:], b.pr.Repository.ID[:]),
	)
}

func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
