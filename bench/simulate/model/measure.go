package model

import (
	"cmp"
	"slices"
	"time"
)

// InFlight is the largest number of pull requests in flight at a time when the branch was red: those that the strategy had
// re-queued since it was red, and All with those from before.
type InFlight struct{ Since, All int }

// Reading says what "the last finished run on the branch" is, where several pipelines run there.
type Reading int

// The readings.
const (
	RedNewest Reading = iota // the newest run of all pipelines
	RedAny                   // the last run of each pipeline: one that is red is enough
	RedSame                  // the last run of the pipeline of the build that is in flight
	readings
)

// Result is what came of one simulation.
type Result struct {
	Days      int
	Pipelines int
	// Opened counts the pull requests that were there or came; Ready those that were waiting for machines alone at some
	// time; Merged those that were merged.
	Opened, Ready, Merged int
	// Requeued counts the builds that the strategy started; Automatic those of Azure Repos, ByAuthors those of people.
	Requeued, Automatic, ByAuthors int
	// First counts the builds that pushes started.
	First int
	// Agents is the time that agents worked, the strategy's own runs included.
	Agents time.Duration
	// Runs counts the runs of the strategy.
	Runs int
	// Waits are the times from ready to merged, in ascending order; what still waits at the end is among them with the
	// time that it has waited so far.
	Waits []time.Duration
	// Left counts the pull requests that were ready and not merged at the end; Late those of them that had waited for
	// more than a day.
	Left, Late int
	// WhileRed counts the re-queues of the strategy while the branch did not build, known or not.
	WhileRed int
	// Red is how many pull requests were in flight while the branch was red, by each reading of that.
	Red [readings]InFlight

	// Backlog is how many pull requests were ready and not merged, hour by hour; the sum of all seeds.
	Backlog []int
	// Seeds is how many simulations this is the sum of.
	Seeds int

	started  [starters]int
	busy     time.Duration
	runs     int
	whileRed int
}

// countRed notes how many pull requests are in flight while the branch is red.
func (w *world) countRed() {
	for reading := range readings {
		var n InFlight
		for _, p := range w.open {
			since, all := false, false
			for i := range p.checks {
				b := p.checks[i].build
				if !b.inProgress() || b.by != byRun {
					continue
				}
				if at := w.redSince(reading, b.pipeline); !at.IsZero() {
					since, all = since || !b.queued.Before(at), true
				}
			}
			if since {
				n.Since++
			}
			if all {
				n.All++
			}
		}
		w.result.Red[reading] = w.result.Red[reading].most(n)
	}
}

func (f InFlight) most(o InFlight) InFlight {
	return InFlight{max(f.Since, o.Since), max(f.All, o.All)}
}

// sample notes how many pull requests wait for machines, and does so again in an hour.
func (w *world) sample() {
	waiting := 0
	for _, p := range w.open {
		if !p.ready.IsZero() {
			waiting++
		}
	}
	w.result.Backlog = append(w.result.Backlog, waiting)
	w.after(time.Hour, w.sample)
}

func (w *world) measure() Result {
	r := w.result
	r.Seeds = 1
	r.Days, r.Pipelines, r.Opened, r.Runs, r.WhileRed = w.load.Days, w.load.Pipelines, len(w.pullRequests), r.runs, r.whileRed
	r.Requeued, r.Automatic, r.ByAuthors, r.First = r.started[byRun], r.started[byService], r.started[byAuthor], r.started[byPush]
	r.Agents = r.busy + time.Duration(r.runs)*runTime
	for _, b := range w.builds {
		if b.result == "" && !b.started.IsZero() {
			r.Agents += w.now.Sub(b.started)
		}
	}
	for _, p := range w.pullRequests {
		if p.ready.IsZero() {
			continue
		}
		r.Ready++
		if !p.merged.IsZero() {
			r.Merged++
			r.Waits = append(r.Waits, p.merged.Sub(p.ready))
			continue
		}
		r.Left++
		waited := w.now.Sub(p.ready)
		r.Waits = append(r.Waits, waited)
		if waited > 24*time.Hour {
			r.Late++
		}
	}
	slices.Sort(r.Waits)
	return r
}

// Add adds another seed's result of the same load and strategy.
func (r Result) Add(o Result) Result {
	r.Days += o.Days
	r.Pipelines = cmp.Or(r.Pipelines, o.Pipelines)
	r.Opened, r.Ready, r.Merged = r.Opened+o.Opened, r.Ready+o.Ready, r.Merged+o.Merged
	r.Requeued, r.Automatic, r.ByAuthors = r.Requeued+o.Requeued, r.Automatic+o.Automatic, r.ByAuthors+o.ByAuthors
	r.First += o.First
	r.Agents += o.Agents
	r.Runs += o.Runs
	r.Seeds += o.Seeds
	r.Backlog = slices.Clone(r.Backlog)
	for i, n := range o.Backlog {
		if i == len(r.Backlog) {
			r.Backlog = append(r.Backlog, 0)
		}
		r.Backlog[i] += n
	}
	r.Waits = slices.Sorted(slices.Values(slices.Concat(r.Waits, o.Waits)))
	r.Left, r.Late = r.Left+o.Left, r.Late+o.Late
	r.WhileRed += o.WhileRed
	for i := range r.Red {
		r.Red[i] = r.Red[i].most(o.Red[i])
	}
	return r
}

// MergesPerDay is the number of merges on a day.
func (r Result) MergesPerDay() float64 { return ratio(float64(r.Merged), float64(r.Days)) }

// RequeuesPerMerge is the number of builds that the strategy started for each merge and required pipeline.
func (r Result) RequeuesPerMerge() float64 {
	return ratio(float64(r.Requeued), float64(r.Merged*r.Pipelines))
}

// AllRequeuesPerMerge counts those of Azure Repos and of people too.
func (r Result) AllRequeuesPerMerge() float64 {
	return ratio(float64(r.Requeued+r.Automatic+r.ByAuthors), float64(r.Merged*r.Pipelines))
}

// AgentHoursPerMerge is the time of agents for each merge, in hours.
func (r Result) AgentHoursPerMerge() float64 { return ratio(r.Agents.Hours(), float64(r.Merged)) }

// LateShare is the share of the pull requests that were ready, from 0 to 1, that had waited for more than a day at the end.
func (r Result) LateShare() float64 { return ratio(float64(r.Late), float64(r.Ready)) }

// Wait is a quantile of the time from ready to merged.
func (r Result) Wait(quantile float64) time.Duration {
	if len(r.Waits) == 0 {
		return 0
	}
	return r.Waits[min(int(quantile*float64(len(r.Waits))), len(r.Waits)-1)]
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
