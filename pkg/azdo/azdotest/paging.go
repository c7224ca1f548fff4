package azdotest

import "strings"

// page cuts a page out of a list of n items by $top and $skip.
func (c *call) page(n, byDefault, most int) (from, to int, refusal *answer) {
	top, refusal := c.count("$top", byDefault)
	if refusal != nil {
		return 0, 0, refusal
	}
	skip, refusal := c.count("$skip", 0)
	if refusal != nil {
		return 0, 0, refusal
	}
	from = min(skip, n)
	return from, min(from+min(top, most), n), nil
}

// pageByToken shows the page of all that $top and continuationToken ask for, at most that many items; a header has the token
// of the next page.
func pageByToken[T any](c *call, all []T, most int, show func(page []T) answer) answer {
	top, refusal := c.count("$top", most)
	if refusal != nil {
		return *refusal
	}
	from, refusal := c.count("continuationToken", 0)
	if refusal != nil {
		return *refusal
	}
	from = min(from, len(all))
	to := min(from+min(top, most), len(all))
	a := show(all[from:to])
	if to < len(all) {
		a.set("X-Ms-Continuationtoken", itoa(to))
	}
	return a
}

// param is a query parameter, whose name may be written in any case.
func (c *call) param(name string) string {
	if values, found := c.query[name]; found {
		return values[0]
	}
	for other, values := range c.query {
		if strings.EqualFold(other, name) {
			return values[0]
		}
	}
	return ""
}

// count reads a query parameter that is a number.
func (c *call) count(name string, byDefault int) (int, *answer) {
	text := c.param(name)
	if text == "" {
		return byDefault, nil
	}
	n := Ref(text).number()
	if n == 0 && text != "0" || n == 0 && name == "$top" {
		a := notValid(name, text)
		return 0, &a
	}
	return n, nil
}

// oneOf says whether a value is in a list with commas; every value is in an empty one, and in "all".
func oneOf(list, value string) bool {
	if list == "" || strings.EqualFold(list, "all") {
		return true
	}
	for item := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(item), value) {
			return true
		}
	}
	return false
}
