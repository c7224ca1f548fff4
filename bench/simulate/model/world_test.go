package model

import (
	"testing"
	"time"
)

func TestMergeExpiresOthers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		validHours int
		age        time.Duration // of the other's build, which is green, at the merge
		expired    bool
	}{
		{"immediately", 0, time.Hour, true},
		{"after 12 hours, a young build", 12, time.Hour, false},
		{"after 12 hours, an old build", 12, 13 * time.Hour, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := still(t, func(l *Load) { l.ValidHours, l.Days = tt.validHours, 3 }, Strategy{})
			other := w.add(t)
			w.forward(t, tt.age)
			merged := w.add(t)
			w.forward(t, 0)
			merged.approved, merged.autoComplete = true, true
			w.forward(t, 40*time.Minute)
			if merged.merged.IsZero() {
				t.Fatal("the pull request was approved and green, and was not merged")
			}
			if got := other.checks[0].expired; got != tt.expired {
				t.Errorf("after a merge the other build is expired: %t, want %t", got, tt.expired)
			}
		})
	}
}

func TestBuildOfAnOlderHead(t *testing.T) {
	t.Parallel()
	w := still(t, nil, Strategy{})
	p := w.add(t)
	p.approved, p.autoComplete = true, true
	w.forward(t, 10*time.Minute)
	w.move(t)
	if c := p.checks[0]; c.expired || !c.build.inProgress() {
		t.Fatalf("a build in progress ended or expired when the branch moved: %+v", c)
	}
	w.forward(t, 14*time.Minute) // it takes at most 25
	w.forward(t, time.Minute+completeTime)
	if !p.merged.IsZero() {
		t.Error("a build with an older head of the branch merged its pull request")
	}
}

func TestAutoRequeue(t *testing.T) {
	t.Parallel()
	approved := func(p *pullRequest) { p.approved, p.autoComplete = true, true }
	tests := []struct {
		name    string
		load    func(*Load)
		prepare func(w *world, p *pullRequest)
		moves   int
		want    int
	}{
		{"auto-complete, all else is passed", nil, func(_ *world, p *pullRequest) { approved(p) }, 1, 1},
		{"not approved", nil, func(_ *world, p *pullRequest) { p.autoComplete = true }, 1, 0},
		{"no auto-complete", nil, func(_ *world, p *pullRequest) { p.approved = true }, 1, 0},
		{"another build failed", func(l *Load) { l.Pipelines = 2 }, func(_ *world, p *pullRequest) {
			approved(p)
			p.checks[1].build.result = "failed"
		}, 1, 0},
		{"two expired", func(l *Load) { l.Pipelines = 2 }, func(_ *world, p *pullRequest) { approved(p) }, 1, 2},
		{"six expired: five at most", func(l *Load) { l.Pipelines = 6 }, func(_ *world, p *pullRequest) { approved(p) }, 1, 5},
		{"its own build expires: once", nil, func(_ *world, p *pullRequest) { approved(p) }, 2, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := still(t, tt.load, Strategy{})
			p := w.add(t)
			w.forward(t, 30*time.Minute)
			tt.prepare(w, p)
			for range tt.moves {
				w.move(t)
				w.forward(t, 10*time.Minute) // the build is in progress, and the next move makes it one of an older head
			}
			w.forward(t, 30*time.Minute)
			if got := w.result.started[byService]; got != tt.want {
				t.Errorf("Azure Repos re-queued %d builds, want %d", got, tt.want)
			}
		})
	}
}

// TestAutoRequeueOfAnothersBuild holds both readings of "each build once" apart.
func TestAutoRequeueOfAnothersBuild(t *testing.T) {
	t.Parallel()
	for _, once := range []bool{false, true} {
		w := still(t, func(l *Load) { l.OncePerPolicy = once }, Strategy{})
		p := w.add(t)
		w.forward(t, 30*time.Minute)
		p.approved, p.autoComplete = true, true
		w.move(t) // the service re-queues
		w.move(t) // in vain
		w.forward(t, 30*time.Minute)
		w.start(p, 0, byAuthor)
		w.move(t) // in vain again
		w.forward(t, 30*time.Minute)
		want := 2
		if once {
			want = 1
		}
		if got := w.result.started[byService]; got != want {
			t.Errorf("OncePerPolicy %t: Azure Repos re-queued %d builds, want %d", once, got, want)
		}
	}
}

func TestAgents(t *testing.T) {
	t.Parallel()
	w := still(t, func(l *Load) { l.Agents = 2 }, Strategy{})
	for range 7 {
		w.add(t)
	}
	for range 200 {
		running := 0
		for _, b := range w.builds {
			if b.inProgress() && !b.started.IsZero() {
				running++
			}
		}
		if running > 2 || running+w.free != 2 {
			t.Fatalf("two agents run %d builds and %d are free", running, w.free)
		}
		w.forward(t, time.Minute)
	}
	for _, b := range w.builds {
		if b.result != "succeeded" {
			t.Errorf("build %d is %q after two hours", b.id, b.result)
		}
	}
}

func TestRedBranch(t *testing.T) {
	t.Parallel()
	w := still(t, func(l *Load) {
		l.Red = []Red{{9 * time.Hour, time.Hour}}
	}, Strategy{})
	before := w.add(t)
	w.forward(t, time.Hour+time.Minute) // nine o'clock has passed
	during := w.add(t)
	w.forward(t, 30*time.Minute)
	if !w.knownRed() {
		t.Error("the branch is red, and its CI does not say so")
	}
	w.forward(t, time.Hour)
	after := w.add(t)
	w.forward(t, 30*time.Minute)
	if w.knownRed() {
		t.Error("the branch is green again, and its CI does not say so")
	}
	for _, tt := range []struct {
		name string
		p    *pullRequest
		want string
	}{{"before", before, "succeeded"}, {"during", during, "failed"}, {"after", after, "succeeded"}} {
		if got := tt.p.builds[0].result; got != tt.want {
			t.Errorf("a build from %s the branch was red is %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		strategy Strategy
		red      bool
		want     int // runs within half an hour after a push
	}{
		{"push", Strategy{Everything: true, Push: true}, false, 1},
		{"green CI", Strategy{Everything: true, Completed: true}, false, 1},
		{"red CI", Strategy{Everything: true, Completed: true}, true, 0},
		{"schedule", Strategy{Everything: true, Every: 15 * time.Minute}, false, 2},
		{"none", Strategy{Everything: true}, false, 0},
		{"nothing to run", Strategy{Push: true, Completed: true, Every: 15 * time.Minute}, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := still(t, nil, tt.strategy)
			w.result.runs, w.red = 0, tt.red
			w.move(t)
			w.forward(t, 30*time.Minute)
			if w.result.runs != tt.want {
				t.Errorf("%d runs, want %d", w.result.runs, tt.want)
			}
		})
	}
}

// TestInFlightWhileRed holds the readings of "the last finished run on the branch" apart.
func TestInFlightWhileRed(t *testing.T) {
	t.Parallel()
	const one, both = 1, 2
	before, since := -time.Minute, time.Minute // when something was re-queued, counted from the end of the failed run
	tests := []struct {
		name  string
		runs  []string        // the runs on the branch as they ended: a pipeline's number, and F or S
		moved []time.Duration // when the build of pipeline 2 of each pull request was re-queued
		want  [readings]InFlight
	}{
		{"green", []string{"1S", "2S"}, []time.Duration{since}, [readings]InFlight{}},
		{"its own pipeline failed last", []string{"1S", "2F"}, []time.Duration{since}, [readings]InFlight{{one, one}, {one, one}, {one, one}}},
		{"another one failed last", []string{"2S", "1F"}, []time.Duration{since, since}, [readings]InFlight{{both, both}, {both, both}, {}}},
		{"another one failed before", []string{"1F", "2S"}, []time.Duration{since, since}, [readings]InFlight{RedAny: {both, both}}},
		{"its own one failed before", []string{"2F", "1S"}, []time.Duration{since}, [readings]InFlight{RedAny: {one, one}, RedSame: {one, one}}},
		{"one was under way", []string{"1S", "2F"}, []time.Duration{before, since}, [readings]InFlight{{one, both}, {one, both}, {one, both}}},
		{"it is green again", []string{"2F", "2S"}, []time.Duration{since}, [readings]InFlight{}},
		{"two failed: since the first", []string{"2F", "2F"}, []time.Duration{since}, [readings]InFlight{{one, one}, {one, one}, {one, one}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(quiet(), Strategy{}, 1)
			w.ci = make([]ci, 2)
			for i, run := range tt.runs {
				b := &build{pipeline: int(run[0] - '0'), result: "succeeded", finished: w.now.Add(time.Duration(i) * time.Second)}
				if run[1] == 'F' {
					b.result = "failed"
				}
				c := &w.ci[b.pipeline-1]
				c.runs, w.ciFinished = append(c.runs, b), append(w.ciFinished, b)
			}
			for _, at := range tt.moved {
				p := w.newPullRequest()
				p.checks = []check{{build: &build{pipeline: 2, pr: p, by: byRun, queued: w.now.Add(at)}}}
			}
			w.countRed()
			if w.result.Red != tt.want {
				t.Errorf("in flight %v, want %v", w.result.Red, tt.want)
			}
		})
	}
}
