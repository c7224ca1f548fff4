package azdotest

import (
	"strconv"
	"strings"
)

// enumeration is one of the service's enumerations by its words. Its values may be sent as numbers as well, as the official
// client for Node does; the numbers are those of that client.
type enumeration map[string]int

// threadStatuses is the one enumeration of request bodies that matters here.
var threadStatuses = enumeration{"unknown": 0, "active": 1, "fixed": 2, "wontFix": 3, "closed": 4, "byDesign": 5, "pending": 6}

// The enumerations of query parameters. The first three are sets of flags.
var (
	buildStatuses = enumeration{"none": 0, "inProgress": 1, "completed": 2, "cancelling": 4, "postponed": 8, "notStarted": 32, "all": 47}
	buildResults  = enumeration{"none": 0, "succeeded": 2, "partiallySucceeded": 4, "failed": 8, "canceled": 32}
	buildReasons  = enumeration{
		"none": 0, "manual": 1, "individualCI": 2, "batchedCI": 4, "schedule": 8, "scheduleForced": 16, "userCreated": 32,
		"validateShelveset": 64, "checkInShelveset": 128, "pullRequest": 256, "buildCompletion": 512, "resourceTrigger": 1024,
		"triggered": 1967, "all": 2031,
	}
	deletedFilters = enumeration{"excludeDeleted": 0, "includeDeleted": 1, "onlyDeleted": 2}
	buildOrders    = enumeration{
		"finishTimeAscending": 2, "finishTimeDescending": 3, "queueTimeDescending": 4, "queueTimeAscending": 5,
		"startTimeDescending": 6, "startTimeAscending": 7,
	}
	pullRequestStatuses = enumeration{"notSet": 0, "active": 1, "abandoned": 2, "completed": 3, "all": 4}
	timeRangeTypes      = enumeration{"created": 1, "closed": 2}
	projectStates       = enumeration{"deleting": 2, "new": 0, "wellFormed": 1, "createPending": 3, "all": -1, "unchanged": -2, "deleted": 4}
)

// word reads a query parameter that has one value: its word, or blank if it is not there. A value that is none is refused,
// as the service does with what it cannot bind.
func (c *call) word(name string, of enumeration) (string, *answer) {
	text := c.param(name)
	if text == "" {
		return "", nil
	}
	if word, found := of.single(text); found {
		return word, nil
	}
	a := notValid(name, text)
	return "", &a
}

// single is the word of a value that is a word or a number.
func (e enumeration) single(text string) (string, bool) {
	number, err := strconv.Atoi(text)
	for word, n := range e {
		if strings.EqualFold(word, text) || err == nil && n == number {
			return word, true
		}
	}
	return "", false
}

// filter is a query parameter whose value is a set of flags.
type filter struct {
	absent, several bool
	flags           int
	of              enumeration
}

func (c *call) filter(name string, of enumeration) (filter, *answer) {
	f := filter{absent: true, of: of}
	text := c.param(name)
	if text == "" {
		return f, nil
	}
	f.absent = false
	for part := range strings.SplitSeq(text, ",") {
		n, found := of.number(strings.TrimSpace(part))
		if !found {
			a := notValid(name, text)
			return f, &a
		}
		f.flags |= n
		_, isWord := of.named(n)
		f.several = f.several || !isWord
	}
	f.several = f.several || strings.Contains(text, ",")
	return f, nil
}

// number is the value of a word, or of a number as far as it is made of the enumeration's own.
func (e enumeration) number(text string) (int, bool) {
	if n, err := strconv.Atoi(text); err == nil {
		all := 0
		for _, flag := range e {
			all |= flag
		}
		return n, n >= 0 && n&^all == 0
	}
	for word, n := range e {
		if strings.EqualFold(word, text) {
			return n, true
		}
	}
	return 0, false
}

// named is the word of a value that has one.
func (e enumeration) named(n int) (string, bool) {
	for word, value := range e {
		if value == n {
			return word, true
		}
	}
	return "", false
}

// lets says whether a value passes: one of the flags, or anything where nothing is asked for.
func (f filter) lets(word string) bool {
	if f.absent {
		return true
	}
	n, _ := f.of.number(word)
	return n&f.flags != 0
}

func notValid(name, value string) answer {
	return badRequest("The value '" + value + "' of the query parameter '" + name + "' is not valid.")
}
