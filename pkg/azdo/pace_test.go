package azdo

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfterOn200StopsEveryRequest(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{1, 8, 64} {
		t.Run(strconv.Itoa(concurrency), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var waits []time.Duration
				c, f := newFake(t, Options{Concurrency: concurrency, OnWait: func(_ string, d time.Duration) { waits = append(waits, d) }}, func(n int, _ *http.Request) reply {
					a := ok(toJSON(record(nil))).after(100 * time.Millisecond)
					if n == 0 {
						return a.with("Retry-After", "2").after(50 * time.Millisecond)
					}
					return a
				})
				if err := c.Connect(t.Context()); err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				var all sync.WaitGroup
				for range 200 {
					all.Go(func() { _, _ = c.Evaluation(t.Context(), projectID, evaluationID) })
				}
				all.Wait()
				from, until := begin.Add(50*time.Millisecond), begin.Add(2050*time.Millisecond)
				for _, r := range f.requests() {
					if r.at.After(from) && r.at.Before(until) {
						t.Fatalf("a request started %v after the answer", r.at.Sub(from))
					}
				}
				if len(waits) != 1 || waits[0] != 2*time.Second {
					t.Errorf("told about %v, want one wait of 2s", waits)
				}
			})
		})
	}
}

func TestRetryAfterOfARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, f := newFake(t, Options{}, func(n int, r *http.Request) reply {
			if n < 3 || r.Method == http.MethodPatch {
				return reply{status: 429}.with("Retry-After", "40")
			}
			return ok(toJSON(record(nil)))
		})
		begin := time.Now()
		if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil {
			t.Fatal(err) // 120 s of waiting is what the service said
		}
		if took := time.Since(begin); took != 120*time.Second {
			t.Errorf("took %v, want 2m0s", took)
		}
		_, err := c.Requeue(t.Context(), projectID, evaluationID, nil)
		if e := asError(t, err); e.StatusCode != 429 || e.RetryAfter != 40*time.Second || e.Lost {
			t.Errorf("got %+v", e)
		}
		if n := len(f.requests()); n != 5 {
			t.Errorf("%d requests, want 5", n)
		}
	})
}

func TestAbsurdRetryAfterIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := newFake(t, Options{}, func(n int, _ *http.Request) reply {
			if n == 0 {
				return reply{status: 503}.with("Retry-After", "99999999999")
			}
			return ok(toJSON(record(nil)))
		})
		begin := time.Now()
		if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil || time.Since(begin) != maxPause {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
	})
}

func TestDelayHeaderSlowsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := newFake(t, Options{}, func(n int, _ *http.Request) reply {
			return ok(toJSON(record(nil))).with("X-RateLimit-Delay", []string{"1.500", "0.000"}[min(n, 1)])
		})
		begin := time.Now()
		for range 3 {
			_, _ = c.Evaluation(t.Context(), projectID, evaluationID)
		}
		if took := time.Since(begin); took != 1500*time.Millisecond {
			t.Errorf("took %v, want 1.5s", took)
		}
	})
}

// TestBudgetLastsUntilItsReset runs against a service that takes one unit for each request and gives nothing back
// before its window ends.
func TestBudgetLastsUntilItsReset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const limit = 200.0
		begin := time.Now()
		reset := begin.Add(60 * time.Second)
		var mu sync.Mutex
		remaining, emptyAt := limit, time.Time{}
		spreads := 0
		c, f := newFake(t, Options{OnWait: func(reason string, _ time.Duration) {
			if reason == waitSpread {
				spreads++
			}
		}}, func(int, *http.Request) reply {
			mu.Lock()
			defer mu.Unlock()
			if time.Now().After(reset) {
				return ok(toJSON(record(nil))).with("X-RateLimit-Remaining", "200", "X-RateLimit-Limit", "200", "X-RateLimit-Reset", strconv.FormatInt(reset.Add(5*time.Minute).Unix(), 10))
			}
			if remaining--; remaining <= 0 && emptyAt.IsZero() {
				emptyAt = time.Now()
			}
			return ok(toJSON(record(nil))).after(10*time.Millisecond).with(
				"X-RateLimit-Remaining", strconv.FormatFloat(max(remaining, 0), 'f', 2, 64), "X-RateLimit-Limit", "200", "X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
		})
		var all sync.WaitGroup
		work := make(chan struct{}, 400)
		for range 260 {
			work <- struct{}{}
		}
		close(work)
		for range 8 {
			all.Go(func() {
				for range work {
					_, _ = c.Evaluation(t.Context(), projectID, evaluationID)
				}
			})
		}
		all.Wait()
		if !emptyAt.IsZero() && emptyAt.Before(reset.Add(-10*time.Second)) {
			t.Errorf("the budget was used up after %v, its reset comes after 60s", emptyAt.Sub(begin))
		}
		seen := f.requests()
		early := slices.IndexFunc(seen, func(r sent) bool { return r.at.Sub(begin) > time.Second })
		if early < 150 {
			t.Errorf("slowed down after %d requests, long before the budget ran low", early)
		}
		if took := time.Since(begin); took < 55*time.Second || took > 70*time.Second {
			t.Errorf("took %v, want about 60s", took)
		}
		if spreads < 1 || spreads > 2 {
			t.Errorf("told %d times that requests are spread", spreads)
		}
	})
}

func TestPaceWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &pace{onWait: func(string, time.Duration) {}}
		p.pause(time.Now(), time.Minute, waitAsked)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		if err := p.wait(ctx); err == nil || time.Since(begin) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(begin))
		}
	})
}

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "2": 2 * time.Second, " 2 ": 2 * time.Second, "0.5": 500 * time.Millisecond, "-1": 0, "soon": 0, "NaN": 0, "Inf": 0,
		"1e300": maxPause, "300": maxPause, "301": maxPause, "99999999999999999999999": maxPause,
		"Wed, 01 Apr 2026 09:00:30 GMT": 30 * time.Second, "Wed, 01 Apr 2026 08:00:00 GMT": 0, "Fri, 01 Jan 2100 00:00:00 GMT": maxPause,
	} {
		if got := parseRetryAfter(value, now); got != want {
			t.Errorf("parseRetryAfter(%q) = %v, want %v", value, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "2", "0.5", "-1", "1e309", "NaN", "Wed, 01 Apr 2026 09:00:30 GMT", "99999999999999999999"} {
		f.Add(seed, seed, seed, seed)
	}
	now := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, after, delay, remaining, reset string) {
		if d := parseRetryAfter(after, now); d < 0 || d > maxPause {
			t.Errorf("%q gives %v", after, d)
		}
		p := &pace{onWait: func(_ string, d time.Duration) {
			if d <= 0 || d > maxPause {
				t.Errorf("told about a wait of %v", d)
			}
		}}
		h := http.Header{}
		for name, value := range map[string]string{"Retry-After": after, "X-RateLimit-Delay": delay, "X-RateLimit-Remaining": remaining, "X-RateLimit-Limit": delay, "X-RateLimit-Reset": reset} {
			h.Set(name, value)
		}
		for range 3 {
			p.observe(h, now)
			if d := p.take(now); d < 0 && d < -maxPause || d > maxPause {
				t.Errorf("waits for %v", d)
			}
			if d := p.take(now.Add(maxPause)); d > maxSpread {
				t.Errorf("still waits for %v after the longest pause", d)
			}
		}
	})
}
