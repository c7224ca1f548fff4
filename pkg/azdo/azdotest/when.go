package azdotest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// wireTime is how Azure DevOps writes an instant: UTC, seven digits. Equal lengths sort as text.
const wireTime = "2006-01-02T15:04:05.0000000Z"

func stamp(t time.Time) string { return t.UTC().Format(wireTime) }

// instant turns "2h ago", "in 5m", "now" or an RFC 3339 time into wire format.
func instant(text string, now time.Time) (string, error) {
	switch {
	case text == "now":
		return stamp(now), nil
	case strings.HasSuffix(text, " ago"):
		d, err := duration(strings.TrimSuffix(text, " ago"))
		if err != nil {
			return "", err
		}
		return stamp(now.Add(-d)), nil
	case strings.HasPrefix(text, "in "):
		d, err := duration(strings.TrimPrefix(text, "in "))
		if err != nil {
			return "", err
		}
		return stamp(now.Add(d)), nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return "", fmt.Errorf(`read time %q: wanted is "2h ago", "in 5m", "now" or an RFC 3339 time`, text)
	}
	return stamp(t), nil
}

var days = regexp.MustCompile(`^(?:(\d+)w)?(?:(\d+)d)?(.*)$`)

// duration reads what time.ParseDuration reads, and days and weeks before it. Blank is 0.
func duration(text string) (time.Duration, error) {
	parts := days.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
	var sum time.Duration
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour} {
		if parts[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(parts[i+1])
		if err != nil || n > 100_000 {
			return 0, fmt.Errorf("read duration %q: too many", text)
		}
		sum += time.Duration(n) * unit
	}
	if parts[3] == "" {
		return sum, nil
	}
	rest, err := time.ParseDuration(parts[3])
	if err != nil || rest < 0 {
		return 0, fmt.Errorf(`read duration %q: wanted is such as "90s", "1h30m", "2d"`, text)
	}
	return sum + rest, nil
}

// lasting is duration for a text that resolve has checked.
func lasting(text string) time.Duration {
	d, err := duration(text)
	if err != nil {
		return 0
	}
	return d
}

// moment is the instant of a text in wire format, or zero.
func moment(text string) time.Time {
	t, err := time.Parse(wireTime, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
