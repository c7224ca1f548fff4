package azdo

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxPause bounds what one answer can ask for. The service's budget is a window of five minutes (Azure DevOps docs, rate limits),
	// so nothing it can mean takes longer.
	maxPause = 5 * time.Minute
	// maxSpread bounds the time between two requests when the budget runs low; the service itself delays a request by
	// at most so much.
	maxSpread = 30 * time.Second
	// lowShare is the share of the budget below which requests are spread.
	lowShare = 0.2
	// defaultLimit is the documented budget of a pipeline, for answers that do not say.
	defaultLimit = 200.0
	// guessedCost is what a request is taken to cost until answers have shown it.
	guessedCost = 0.5
)

// The reasons given to Options.OnWait.
const (
	waitAsked  = "the service asked for a pause (Retry-After)"
	waitDelays = "the service has begun to delay requests (X-RateLimit-Delay)"
	waitSpread = "the rate limit is nearly used up; requests are spread until it resets"
)

// pace is the one speed of all requests: a pause that nothing may start in, and a distance between starts when the
// service's budget runs low. Its zero value but for onWait is full speed.
type pace struct {
	onWait func(reason string, d time.Duration)

	mu       sync.Mutex
	until    time.Time     // no request starts before
	spread   time.Duration // between two starts, while now is before reset
	reset    time.Time
	next     time.Time // the earliest next start, while spread
	notified time.Time // spreading was told about until then

	// What a request costs, learnt from the budget's fall.
	started       int
	cost          float64
	lastRemaining float64
	lastStarted   int
}

// wait returns when a request may start, or with the context's error. It is called with a slot in hand: requests that
// waited for a slot while a pause began must not slip through it.
func (p *pace) wait(ctx context.Context) error {
	for {
		d := p.take(time.Now())
		if d <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(d)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// take claims a start, or says how long to wait before asking again.
func (p *pace) take(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.until.Sub(now); d > 0 {
		return d
	}
	if p.spread > 0 && now.Before(p.reset) {
		if d := p.next.Sub(now); d > 0 {
			return d
		}
		p.next = now.Add(p.spread)
	}
	p.started++
	return 0
}

// observe takes what an answer of any status says about the service's load.
func (p *pace) observe(h http.Header, now time.Time) {
	server := now
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		server = date // clocks differ; the service's instants are measured on its own
	}
	if d := parseRetryAfter(h.Get("Retry-After"), server); d > 0 {
		p.pause(now, d, waitAsked)
	} else if seconds, ok := parseSeconds(h.Get("X-RateLimit-Delay")); ok && seconds > 0 {
		p.pause(now, min(seconds, maxSpread), waitDelays)
	}
	remaining, err := strconv.ParseFloat(h.Get("X-RateLimit-Remaining"), 64)
	if err != nil || math.IsNaN(remaining) {
		return
	}
	limit, err := strconv.ParseFloat(h.Get("X-RateLimit-Limit"), 64)
	if err != nil || !(limit > 0) || math.IsInf(limit, 0) {
		limit = defaultLimit
	}
	left := time.Duration(0)
	if reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil && reset > 0 && reset < 1<<40 {
		left = min(time.Unix(reset, 0).Sub(server), maxPause)
	}
	p.budget(now, remaining, limit, left)
}

// pause keeps every request from starting for so long.
func (p *pace) pause(now time.Time, d time.Duration, reason string) {
	p.mu.Lock()
	until := now.Add(d)
	added := until.Sub(p.until)
	if p.until.Before(now) {
		added = d
	}
	if added > 0 {
		p.until = until
	}
	p.mu.Unlock()
	// Answers that were under way together ask for the same pause, a few milliseconds apart: that is one wait.
	if added == d || added > time.Second {
		p.onWait(reason, added)
	}
}

// budget spreads what is left of the service's budget over the time until it is full again.
func (p *pace) budget(now time.Time, remaining, limit float64, left time.Duration) {
	p.mu.Lock()
	if n := p.started - p.lastStarted; n >= 5 || p.lastStarted == 0 {
		if p.lastStarted > 0 && remaining < p.lastRemaining {
			seen := (p.lastRemaining - remaining) / float64(n)
			if p.cost == 0 {
				p.cost = seen
			}
			p.cost = 0.7*p.cost + 0.3*seen
		}
		p.lastRemaining, p.lastStarted = remaining, p.started
	}
	if remaining >= lowShare*limit || left <= 0 {
		p.spread = 0
		p.mu.Unlock()
		return
	}
	cost := p.cost
	if cost <= 0 {
		cost = guessedCost
	}
	requests := max(remaining/cost, 1)
	p.spread = min(time.Duration(float64(left)/requests), maxSpread)
	p.reset = now.Add(left)
	if latest := now.Add(p.spread); p.next.After(latest) {
		p.next = latest // spread less than before
	}
	tell := p.notified.Before(now)
	if tell {
		p.notified = p.reset
	}
	p.mu.Unlock()
	if tell {
		p.onWait(waitSpread, left)
	}
}

// parseRetryAfter reads the header as seconds or as an HTTP date; 0 for anything else, at most maxPause.
func parseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if d, ok := parseSeconds(value); ok {
		return d
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxPause)
	}
	return 0
}

// parseSeconds reads a number of seconds, with or without decimals; at most maxPause.
func parseSeconds(value string) (time.Duration, bool) {
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(seconds) || math.IsInf(seconds, 0) || seconds < 0 {
		return 0, false
	}
	if seconds >= maxPause.Seconds() {
		return maxPause, true
	}
	return time.Duration(seconds * float64(time.Second)), true
}
