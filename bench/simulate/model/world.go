package model

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// world is everything at one moment.
type world struct {
	load     Load
	strategy Strategy
	seed     uint64
	policies []*requeue.Policy

	now    time.Time
	events events
	count  int // of events, so that those of one moment come in the order in which they were made

	head   int // the target branch's commit, counting
	red    bool
	ci     []ci // each pipeline on the target branch
	ciRuns int  // runs of all of them so far
	// ciFinished are the finished runs of all of them, in the order of their ends.
	ciFinished []*build

	pullRequests []*pullRequest // all of them, by number
	open         []*pullRequest // by number
	builds       []*build       // all of them, by number
	finished     []*build       // in the order of their ends
	waiting      []*build       // for an agent
	free         int            // agents
	running      bool           // a run of the strategy has been triggered and has not begun
	failure      error          // of the program; ends the simulation
	// What the last run was shown; the next one is shown its own in the same place.
	shown    []requeue.PullRequest
	screened []requeue.Screened

	result Result
}

// event is something that will happen.
type event struct {
	at    time.Time
	count int
	do    func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].count < e[j].count
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push and Pop are heap.Interface; nothing but events is pushed.
func (e *events) Push(x any) { *e = append(*e, x.(event)) }

// Pop removes the last one.
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func (w *world) at(t time.Time, do func()) {
	w.count++
	heap.Push(&w.events, event{t, w.count, do})
}

func (w *world) after(d time.Duration, do func()) { w.at(w.now.Add(d), do) }

// random is a stream of its own for each purpose: what happens to one pull request does not depend on what a strategy has
// done to another one.
func (w *world) random(purpose uint64, number int) *rand.Rand {
	return rand.New(rand.NewPCG(w.seed<<8|purpose, uint64(number))) // #nosec G404 G115 -- a simulation, and numbers are not negative
}

// The purposes of random numbers.
const (
	forArrivals = iota
	forPullRequest
	forAuthor
	forBuild
	forConflict
)

// Run simulates a load under a strategy. It fails only where the program does what it must not.
func Run(load Load, strategy Strategy, seed uint64) (Result, error) {
	w := newWorld(load, strategy, seed)
	end := begin.Add(time.Duration(load.Days) * 24 * time.Hour)
	for len(w.events) > 0 && w.failure == nil {
		e := heap.Pop(&w.events).(event)
		if e.at.After(end) {
			break
		}
		w.now = e.at
		e.do()
	}
	if w.failure != nil {
		return Result{}, fmt.Errorf("simulate %q with %q, seed %d: %w", load.Name, strategy.Name, seed, w.failure)
	}
	w.now = end
	return w.measure(), nil
}

func newWorld(load Load, strategy Strategy, seed uint64) *world {
	w := &world{load: load, strategy: strategy, seed: seed, now: begin, head: 1, free: load.Agents, policies: policies(load), ci: make([]ci, load.Pipelines)}
	w.populate()
	for _, red := range load.Red {
		w.at(begin.Add(red.At), func() { w.red = true; w.pushed(nil) })
		w.at(begin.Add(red.At+red.For), func() { w.red = false; w.pushed(nil) })
	}
	w.sample()
	if strategy.Every > 0 && strategy.runs() {
		w.at(begin.Add(strategy.Every), w.schedule)
	}
	return w
}

func (w *world) schedule() {
	w.trigger()
	w.after(w.strategy.Every, w.schedule)
}

// trigger starts a run of the strategy; one that has not begun yet will see the same.
func (w *world) trigger() {
	if w.running {
		return
	}
	w.running = true
	w.after(runDelay, func() {
		w.running = false
		w.result.runs++
		w.run()
	})
}

// pushed is what follows when the target branch moves, with the pull request that was merged, if it was one.
func (w *world) pushed(merged *pullRequest) {
	w.head++
	w.expire()
	w.conflict(merged)
	w.startCI()
	if w.strategy.Push && w.strategy.runs() {
		w.trigger()
	}
	w.autoRequeue()
	w.notice()
}
