package requeue

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrorSet is the name of a built-in list of expressions: what infrastructure prints when it fails.
type ErrorSet string

// The sets.
const (
	AgentErrors          ErrorSet = "@agent"          // the machine that ran the job, its checkout, the service behind it
	NetworkErrors        ErrorSet = "@network"        // names that do not resolve, connections that break, servers that are down
	RegistryErrors       ErrorSet = "@registry"       // packages and images that could not be fetched this time
	DiskErrors           ErrorSet = "@disk"           // no room left
	InfrastructureErrors ErrorSet = "@infrastructure" // all of the above
)

// ErrorSets returns every set.
func ErrorSets() []ErrorSet {
	return []ErrorSet{AgentErrors, NetworkErrors, RegistryErrors, DiskErrors, InfrastructureErrors}
}

// KnownError is one row of a set.
type KnownError struct {
	Set ErrorSet
	// What failed, in a few plain words; unique within a set, since the log says it.
	What string
	// Expression is RE2 and no longer than a user's may be. It begins with plain text, so that the search through a
	// long log can skip to the next place with that text. It is not anchored, since it is tried on single messages and
	// on whole logs.
	Expression string
	// Example is what was really printed, at Source.
	Example, Source string
	// NearMiss looks alike, but is the build's own fault, cannot get better by itself, or is going to be tried again by
	// who printed it.
	NearMiss string
}

// KnownErrors returns the rows of all sets.
func KnownErrors() []KnownError {
	var all []KnownError
	for _, list := range []struct {
		set  ErrorSet
		rows []KnownError
	}{
		{AgentErrors, agentErrors()},
		{NetworkErrors, networkErrors()},
		{RegistryErrors, registryErrors()},
		{DiskErrors, diskErrors()},
	} {
		for _, row := range list.rows {
			row.Set = list.set
			all = append(all, row)
		}
	}
	return all
}

// ErrorPattern is one item of retryOnlyIf or neverRetryIf: an expression of the user's, or a set. The zero value matches
// nothing.
type ErrorPattern struct {
	set   ErrorSet // "": one expression of the user's
	tries []try
}

// try is one expression and what it means, which is "" for the user's own.
type try struct {
	what string
	re   *regexp.Regexp
}

var (
	errUnknownSet = errors.New("it names no set; for an expression of that text write [@]word")
	errManySets   = errors.New("it names several sets; write one a line")
)

// NewErrorPattern makes a pattern of an expression in RE2 syntax or of the name of a set, in any case. Errors: an
// expression that does not compile (a *syntax.Error of package regexp), "@" and letters that are no set, several sets.
func NewErrorPattern(item string) (ErrorPattern, error) {
	if strings.HasPrefix(item, "@") {
		if set, ok := setNamed(item); ok {
			return newSet(set), nil
		}
		if regexp.MustCompile(`\A@\pL+\z`).MatchString(item) {
			return ErrorPattern{}, errUnknownSet
		}
		words := strings.FieldsFunc(item, func(r rune) bool { return strings.ContainsRune(", \t;", r) })
		if !slices.ContainsFunc(words, func(word string) bool { _, ok := setNamed(word); return !ok }) {
			return ErrorPattern{}, errManySets
		}
	}
	re, err := regexp.Compile(item)
	if err != nil {
		return ErrorPattern{}, err
	}
	return ErrorPattern{tries: []try{{re: re}}}, nil
}

func setNamed(word string) (ErrorSet, bool) {
	for _, set := range ErrorSets() {
		if strings.EqualFold(word, string(set)) {
			return set, true
		}
	}
	return "", false
}

func newSet(set ErrorSet) ErrorPattern {
	p := ErrorPattern{set: set}
	for _, row := range KnownErrors() {
		if set == row.Set || set == InfrastructureErrors {
			p.tries = append(p.tries, try{what: row.What, re: regexp.MustCompile(row.Expression)})
		}
	}
	return p
}

// Match reports whether the pattern is in the text.
func (p ErrorPattern) Match(text string) bool {
	_, at := p.find(text)
	return at != nil
}

// find returns where the pattern is in the text, and how the log calls what is there. A nil place is no match.
func (p ErrorPattern) find(text string) (name string, at []int) {
	for _, t := range p.tries {
		if at := t.re.FindStringIndex(text); at != nil {
			if p.set == "" {
				return "/" + beginning(t.re.String(), maxExpression) + "/", at
			}
			return fmt.Sprintf("%s (%s)", p.set, t.what), at
		}
	}
	return "", nil
}
