package config

import (
	"errors"
	"fmt"
	"math"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// splitList takes a list apart. Blanks around an item are trimmed and empty items dropped; CR, LF and CRLF end a line.
func splitList(value, list string) []string {
	separators := "\r\n"
	if list == "comma" {
		separators = ",\r\n"
	}
	var items []string
	for item := range strings.FieldsFuncSeq(value, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// longest is the longest duration that an input takes: a century, far below the overflow of time.Duration.
const longest = 36500 * 24 * time.Hour

var (
	errNoDuration = errors.New("is not a duration")
	errTooLong    = errors.New("is too long")
)

// units are what a duration may be counted in.
const units = "dhms"

// parseDuration reads "0" or a sum of whole numbers with a unit, "1h30m"; the order of the units does not matter.
// Nothing that only Go understands (signs, fractions, "ms") is taken.
func parseDuration(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	var sum time.Duration
	tooLong := false
	for first := true; first || text != ""; first = false {
		end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if end <= 0 || !strings.ContainsRune(units, rune(text[end])) {
			return 0, errNoDuration
		}
		unit := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute, 's': time.Second}[text[end]]
		// What does not fit an int64 is too long in every unit.
		n, err := strconv.ParseInt(text[:end], 10, 64)
		tooLong = tooLong || err != nil || n > int64((longest-sum)/unit)
		if !tooLong {
			sum += time.Duration(n) * unit
		}
		text = text[end+1:]
	}
	if tooLong {
		return 0, errTooLong
	}
	return sum, nil
}

func (f *faults) duration(input, value string) time.Duration {
	if value == "" {
		return 0
	}
	d, err := parseDuration(value)
	if err != nil {
		f.add(input, "%s %v; allowed: 0, or whole numbers with the units d, h, m, s, such as 90s, 30m, 12h, 2d or 1h30m, up to 36500d", quote(value), err)
	}
	return d
}

// period is a duration that must not be 0.
func (f *faults) period(input, value string) time.Duration {
	before := len(f.all)
	d := f.duration(input, value)
	if d == 0 && len(f.all) == before {
		f.add(input, "%s is no time at all; allowed: whole numbers above 0 with the units d, h, m, s, such as 90s, 30m, 12h, 2d or 1h30m, up to 36500d", quote(value))
	}
	return d
}

// number reads plain decimal digits.
func number(text string, low, high int) (n int, digits, ok bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false, false
	}
	parsed, err := strconv.ParseInt(text, 10, 32)
	if err != nil || int(parsed) < low || int(parsed) > high {
		return 0, true, false
	}
	return int(parsed), true, true
}

// largest bounds every number below 2^31, so that 32-bit builds agree.
const largest = math.MaxInt32

// count is a whole number from low to high. words are what the input takes besides: the fault names them, and the caller has
// looked for them before.
func (f *faults) count(input, value string, low, high int, words ...string) int {
	return f.within(input, value, low, high, strings.Join(append([]string{fmt.Sprintf("%d to %d", low, high)}, words...), ", "))
}

// zeroOr is a whole number that is 0 or at least so large.
func (f *faults) zeroOr(input, value string, low int) int {
	if _, _, ok := number(value, 0, 0); ok {
		return 0
	}
	return f.within(input, value, low, largest, fmt.Sprintf("0, or %d to %d", low, largest))
}

// within is a whole number from low to high, or 0 and a fault that says what is allowed.
func (f *faults) within(input, value string, low, high int, allowed string) int {
	n, digits, ok := number(value, low, high)
	switch {
	case ok:
	case digits:
		f.add(input, "%s is out of range; allowed: %s", quote(value), allowed)
	default:
		f.add(input, "%s is not a whole number; allowed: %s", quote(value), allowed)
	}
	return n
}

func (f *faults) boolean(input, value string) bool {
	switch {
	case strings.EqualFold(value, "true"):
		return true
	case strings.EqualFold(value, "false"):
		return false
	}
	f.add(input, "%s is neither true nor false; allowed: true, false", quote(value))
	return false
}

// oneOf finds the allowed word that the value spells, in any case.
func oneOf[T ~string](f *faults, input, value string, allowed ...T) T {
	for _, word := range allowed {
		if strings.EqualFold(value, string(word)) {
			return word
		}
	}
	f.add(input, "%s is not known; allowed: %s", quote(value), join(allowed))
	return ""
}

// someOf is oneOf for a list; duplicates are dropped, the order stays.
func someOf[T ~string](f *faults, input string, items []string, allowed ...T) []T {
	var words []T
	for _, item := range items {
		if word := oneOf(f, input, item, allowed...); word != "" && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

func join[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, ", ")
}

// patterns makes one value of a list. Each item is tried alone first, so that every wrong one is told.
func patterns[P any](f *faults, input string, items []string, create func([]string) (P, error)) P {
	good := slices.DeleteFunc(slices.Clone(items), func(item string) bool {
		_, err := create([]string{item})
		if err != nil {
			f.add(input, "%s", clip(err.Error(), 2*quoted))
		}
		return err != nil
	})
	made, err := create(good)
	if err != nil {
		f.add(input, "%s", clip(err.Error(), 2*quoted))
	}
	return made
}

// longestPattern bounds a regular expression, in characters.
const longestPattern = 1000

func (f *faults) errorPatterns(input string, items []string) []requeue.ErrorPattern {
	var made []requeue.ErrorPattern
	for _, item := range items {
		p, err := errorPattern(item)
		if err != nil {
			f.add(input, "%s is not usable: %v; allowed: regular expressions in RE2 syntax of at most %d characters, and the sets %s, one a line",
				quote(item), err, longestPattern, join(requeue.ErrorSets()))
			continue
		}
		made = append(made, p)
	}
	return made
}

// errorPattern makes one of a regular expression that is not too long, or of the name of a set, and words what is wrong.
func errorPattern(item string) (requeue.ErrorPattern, error) {
	if length := utf8.RuneCountInString(item); length > longestPattern {
		return requeue.ErrorPattern{}, fmt.Errorf("it has %d characters", length)
	}
	made, err := requeue.NewErrorPattern(item)
	if problem, ok := errors.AsType[*syntax.Error](err); ok {
		return requeue.ErrorPattern{}, fmt.Errorf("%s: %s", problem.Code, quote(problem.Expr))
	}
	return made, err
}
