package model

import (
	"container/heap"
	"testing"
	"time"
)

// quiet is a load without people: nothing is there and nothing comes, nobody looks, and no build is unlucky.
func quiet() Load {
	return Load{Name: "quiet", Pipelines: 1, Agents: 8, Build: 20 * time.Minute, Notice: 10_000 * time.Hour, Days: 1}
}

// still is a world of that load, at eight in the morning of its first day.
func still(t *testing.T, change func(*Load), s Strategy) *world {
	t.Helper()
	l := quiet()
	if change != nil {
		change(&l)
	}
	w := newWorld(l, s, 1)
	w.forward(t, workFrom)
	return w
}

// forward lets time pass.
func (w *world) forward(t *testing.T, d time.Duration) {
	t.Helper()
	end := w.now.Add(d)
	for len(w.events) > 0 && !w.events[0].at.After(end) {
		e, ok := heap.Pop(&w.events).(event)
		if !ok {
			t.Fatal("something is among the events that is none")
		}
		w.now = e.at
		e.do()
	}
	w.now = end
	if w.failure != nil {
		t.Fatal(w.failure)
	}
}

// add opens a pull request with a good commit.
func (w *world) add(t *testing.T) *pullRequest {
	t.Helper()
	p := w.newPullRequest()
	w.push(p, false)
	return p
}

// move is a push to the target branch that is no merge.
func (w *world) move(t *testing.T) {
	t.Helper()
	w.pushed(nil)
	w.forward(t, 0)
}
