package model

import (
	"container/heap"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// task is the task with a window.
func task(window int) Strategy {
	return Strategy{
		Name: "task",
		Rules: &requeue.Rules{
			RequireAutoComplete: true, When: []requeue.State{requeue.StateExpired, requeue.StateFailed},
			WaitForTargetBranch: requeue.TargetBranchProbe, MaxInFlightPerBranch: window, AutoInFlight: window == 0,
			MaxRetriesPerCommit: 2, Cooldown: 10 * time.Minute,
			Order: []requeue.OrderKey{requeue.OrderAutoComplete, requeue.OrderStalest},
		},
		Push: true, Completed: true, Every: 15 * time.Minute,
	}
}

// busy is a load in which all that the model knows happens within two days.
func busy() Load {
	l := Standard()
	l.Days, l.Open, l.Pipelines, l.Flaky = 2, 40, 2, 0.1
	l.Red = []Red{{10 * time.Hour, 2 * time.Hour}}
	return l
}

// TestWindow counts who holds a place before and after each run: a run must not let in more than the window takes.
func TestWindow(t *testing.T) {
	t.Parallel()
	for window := 1; window <= 3; window++ {
		w := newWorld(busy(), task(window), 1)
		full := 0
		for len(w.events) > 0 && w.now.Before(begin.Add(48*time.Hour)) && w.failure == nil {
			e, ok := heap.Pop(&w.events).(event)
			if !ok {
				t.Fatal("something is among the events that is none")
			}
			w.now = e.at
			before, runs := w.places(), w.result.runs
			e.do()
			if w.result.runs == runs {
				continue // it was no run, and others may start what they like
			}
			after := w.places()
			if after > max(before, window) {
				t.Fatalf("window %d, %s: a run left %d pull requests in flight, where %d were before", window, w.now, after, before)
			}
			if after == window && after > before {
				full++
			}
		}
		if w.failure != nil {
			t.Fatal(w.failure)
		}
		if full == 0 {
			t.Errorf("window %d: no run has ever filled it", window)
		}
	}
}

// places counts the pull requests in flight, whoever has started them, that can still be merged by what is in progress.
func (w *world) places() (n int) {
	for _, p := range w.open {
		flies, doomed := false, false
		for i := range p.checks {
			b := p.checks[i].build
			flies = flies || b.inProgress()
			doomed = doomed || b.result == "failed" || b.inProgress() && b.head != w.head
		}
		if p.autoComplete && flies && !doomed {
			n++
		}
	}
	return n
}

func TestSameSeedSameResult(t *testing.T) {
	t.Parallel()
	for _, s := range []Strategy{{Name: "authors", Authors: true}, {Name: "script", Everything: true, Every: 15 * time.Minute}, task(0)} {
		first, err := Run(busy(), s, 7)
		if err != nil {
			t.Fatal(err)
		}
		second, err := Run(busy(), s, 7)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, second, cmpopts.IgnoreUnexported(Result{})); diff != "" {
			t.Errorf("%s: the same seed gave another result (-first +second):\n%s", s.Name, diff)
		}
		other, err := Run(busy(), s, 8)
		if err != nil {
			t.Fatal(err)
		}
		if cmp.Equal(first, other, cmpopts.IgnoreUnexported(Result{})) {
			t.Errorf("%s: another seed gave the same result", s.Name)
		}
	}
}

// TestEveryLoadMeetsTheSamePeople holds chance apart from strategy: who opens what, and when it is approved, is the same
// under each.
func TestEveryLoadMeetsTheSamePeople(t *testing.T) {
	t.Parallel()
	opened := map[string]int{}
	for _, s := range []Strategy{{Name: "nobody"}, {Name: "authors", Authors: true}, task(1)} {
		r, err := Run(busy(), s, 3)
		if err != nil {
			t.Fatal(err)
		}
		opened[s.Name] = r.Opened
	}
	if opened["nobody"] != opened["authors"] || opened["nobody"] != opened["task"] {
		t.Errorf("the strategies met %v pull requests", opened)
	}
}

func TestMergesNothingThatIsNotGreen(t *testing.T) {
	t.Parallel()
	w := newWorld(busy(), task(2), 2)
	w.forward(t, 48*time.Hour)
	merged := 0
	for _, p := range w.pullRequests {
		if p.merged.IsZero() {
			continue
		}
		merged++
		for i := range p.checks {
			b := p.checks[i].build
			if b.result != "succeeded" || b.source != p.source || p.bad {
				t.Errorf("pull request %d was merged with build %+v", p.id, b)
			}
		}
	}
	if merged < 20 {
		t.Errorf("only %d pull requests were merged in two days", merged)
	}
}
