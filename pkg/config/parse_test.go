package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSplitList(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, value, list string
		want              []string
	}{
		{"blank", " \r\n\t", "comma", nil},
		{"commas", "a,b, c ,,d,", "comma", []string{"a", "b", "c", "d"}},
		{"every line ending", "a\nb\r\nc\rd", "comma", []string{"a", "b", "c", "d"}},
		{"both", "a,b\nc", "comma", []string{"a", "b", "c"}},
		{"lines only keep commas", "a,b\r\n\r\n c, d ", "line", []string{"a,b", "c, d"}},
		{"duplicates stay", "a,a", "comma", []string{"a", "a"}},
		{"blanks within stay", "on hold,b", "comma", []string{"on hold", "b"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			diff(t, tc.want, splitList(tc.value, tc.list))
		})
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	tests := []struct {
		text string
		want time.Duration
		err  error
	}{
		{"0", 0, nil},
		{"0s", 0, nil},
		{"90s", 90 * time.Second, nil},
		{"30m", 30 * time.Minute, nil},
		{"12h", 12 * time.Hour, nil},
		{"2d", 2 * day, nil},
		{"1h30m", 90 * time.Minute, nil},
		{"1d2h3m4s", day + 2*time.Hour + 3*time.Minute + 4*time.Second, nil},
		{"30m1h", 90 * time.Minute, nil},
		{"010m", 10 * time.Minute, nil},
		{"36500d", longest, nil},
		{"36499d24h", longest, nil},
		{"36500d1s", 0, errTooLong},
		{"36501d", 0, errTooLong},
		{"99999999999999999999s", 0, errTooLong},
		{"9223372036854775807d", 0, errTooLong},
		{"9223372036854775807s9223372036854775807s", 0, errTooLong},
		{"99999999999999999999x", 0, errNoDuration},
		{"36501d1x", 0, errNoDuration},
		{"", 0, errNoDuration},
		{"00", 0, errNoDuration},
		{"5", 0, errNoDuration},
		{"-5m", 0, errNoDuration},
		{"+5m", 0, errNoDuration},
		{"1.5h", 0, errNoDuration},
		{"1h 30m", 0, errNoDuration},
		{"1h30", 0, errNoDuration},
		{"10ms", 0, errNoDuration},
		{"1us", 0, errNoDuration},
		{"1µs", 0, errNoDuration},
		{"12H", 0, errNoDuration},
		{"h", 0, errNoDuration},
		{"1w", 0, errNoDuration},
		{"٣m", 0, errNoDuration},
		{"1_0m", 0, errNoDuration},
		{"P1D", 0, errNoDuration},
	}
	for _, tc := range tests {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			got, err := parseDuration(tc.text)
			if got != tc.want || !errors.Is(err, tc.err) {
				t.Errorf("parseDuration(%q) = %v, %v; want %v, %v", tc.text, got, err, tc.want, tc.err)
			}
		})
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text       string
		want       int
		digits, ok bool
	}{
		{"0", 0, true, true},
		{"20", 20, true, true},
		{"010", 10, true, true},
		{"2147483647", largest, true, true},
		{"2147483648", 0, true, false},
		{"99999999999999999999", 0, true, false},
		{"", 0, false, false},
		{"-1", 0, false, false},
		{"+1", 0, false, false},
		{"0x10", 0, false, false},
		{"1_000", 0, false, false},
		{"1e3", 0, false, false},
		{"1.0", 0, false, false},
		{"1 0", 0, false, false},
		{"٣", 0, false, false},
	}
	for _, tc := range tests {
		got, digits, ok := number(tc.text, 0, largest)
		if got != tc.want || digits != tc.digits || ok != tc.ok {
			t.Errorf("number(%q) = %d, %t, %t; want %d, %t, %t", tc.text, got, digits, ok, tc.want, tc.digits, tc.ok)
		}
	}
}

func FuzzSplitList(f *testing.F) {
	for _, seed := range []string{"", "a,b", " a \r\n,, b\r", "\u0085,\u2028", "\xff,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for list, separators := range map[string]string{"comma": ",\r\n", "line": "\r\n"} {
			items := splitList(value, list)
			for _, item := range items {
				if item == "" || item != strings.TrimSpace(item) || strings.ContainsAny(item, separators) {
					t.Errorf("splitList(%q, %q) gives %q", value, list, item)
				}
				if !strings.Contains(value, item) {
					t.Errorf("splitList(%q, %q) made %q up", value, list, item)
				}
			}
			if again := splitList(strings.Join(items, "\r\n"), list); !slices.Equal(items, again) {
				t.Errorf("splitList(%q, %q) gives %q, and of that %q", value, list, items, again)
			}
		}
	})
}

func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"0", "90s", "1h30m", "2d", "1.5h", "-1s", "36500d1s", "9223372036854775807s", "00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseDuration(text)
		if got < 0 || got > longest || err != nil && got != 0 {
			t.Errorf("parseDuration(%q) = %v, %v", text, got, err)
		}
		// What Go reads too must be the same, and what it cannot read is no duration here unless it has days.
		theirs, theirErr := time.ParseDuration(text)
		if err == nil && theirErr == nil && theirs != got {
			t.Errorf("parseDuration(%q) = %v, time.ParseDuration says %v", text, got, theirs)
		}
		if err == nil && theirErr != nil && !strings.Contains(text, "d") {
			t.Errorf("parseDuration(%q) = %v, time.ParseDuration refuses it: %v", text, got, theirErr)
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add("repositories", "web")
	f.Add("when", "expired,failed")
	f.Add("organization", "https://dev.azure.com/x")
	f.Add("retryOnlyIf", "(a{1000}){1000}")
	f.Add("neverRetryIf", "@network\n@nobody")
	f.Fuzz(func(t *testing.T, input, value string) {
		c, found := load(t, job(variables{"INPUT_" + strings.ToUpper(input): value}))
		for _, fault := range found {
			if fault.Message == "" || len(fault.Message) > 2000 || strings.ContainsAny(fault.Message, "\r\n") {
				t.Errorf("%s=%q gives the fault %q", input, value, fault.Error())
			}
		}
		if len(found) == 0 && len(c.Rules.When) == 0 {
			t.Errorf("%s=%q leaves no state to re-queue", input, value)
		}
	})
}
