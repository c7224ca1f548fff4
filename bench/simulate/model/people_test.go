package model

import (
	"testing"
	"time"
)

func TestAfterWork(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	tests := []struct {
		name          string
		from, d, want time.Duration // since the first midnight
	}{
		{"within a day", 9 * time.Hour, time.Hour, 10 * time.Hour},
		{"before the day", 3 * time.Hour, time.Hour, 9 * time.Hour},
		{"after the day", 20 * time.Hour, time.Hour, day + 9*time.Hour},
		{"over night", 17 * time.Hour, 2 * time.Hour, day + 9*time.Hour},
		{"over two nights", 17 * time.Hour, 12 * time.Hour, 2*day + 9*time.Hour},
		{"nothing", 12 * time.Hour, 0, 12 * time.Hour},
	}
	for _, tt := range tests {
		if got := afterWork(begin.Add(tt.from), tt.d).Sub(begin); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestAuthors(t *testing.T) {
	t.Parallel()
	expire := func(w *world, p *pullRequest) { p.checks[0].expired = true }
	fail := func(w *world, p *pullRequest) { p.checks[0].build.result = "failed" }
	tests := []struct {
		name     string
		authors  bool
		anyway   bool
		approved bool
		happen   func(*world, *pullRequest)
		pressed  int
		pushed   int
	}{
		{"expired, and nothing else re-queues", true, false, true, expire, 1, 0},
		{"expired, and a strategy re-queues", false, false, true, expire, 0, 0},
		{"expired, a strategy re-queues, but authors press too", false, true, true, expire, 1, 0},
		{"expired, but not approved yet", true, false, false, expire, 0, 0},
		{"failed, by bad luck", false, false, false, fail, 1, 0},
		{"failed, and the commit is bad", false, false, false, func(w *world, p *pullRequest) { fail(w, p); p.bad = true }, 0, 1},
		{"failed, and a merge has broken it", false, false, false, func(w *world, p *pullRequest) { fail(w, p); p.conflicted = true }, 0, 1},
		{"failed, and the branch is known to be red", false, false, false, func(w *world, p *pullRequest) {
			fail(w, p)
			w.ci[0].runs = append(w.ci[0].runs, &build{result: "failed"})
		}, 0, 0},
		{"green", true, false, true, func(*world, *pullRequest) {}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := still(t, func(l *Load) { l.AuthorsPress, l.Notice = tt.anyway, time.Hour }, Strategy{Authors: tt.authors})
			p := w.add(t)
			w.forward(t, 30*time.Minute)
			p.approved = tt.approved
			tt.happen(w, p)
			pushes := p.source
			w.noticeOne(p)
			w.forward(t, 9*time.Hour)
			if got := w.result.started[byAuthor]; got != tt.pressed {
				t.Errorf("the author pressed %d times, want %d", got, tt.pressed)
			}
			if got := p.source - pushes; got < tt.pushed || got > 0 && tt.pushed == 0 {
				t.Errorf("the author pushed %d times, want %d", got, tt.pushed)
			}
		})
	}
}
