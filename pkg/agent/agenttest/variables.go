package agenttest

import (
	"maps"
	"slices"
	"strings"
)

// variable is one variable of a job.
type variable struct {
	name, value string
	secret      bool
}

// variables are the variables of a job by name, whatever the case.
type variables struct{ byName map[string]variable }

// set gives a variable its value; the name keeps the spelling it came with last.
func (v *variables) set(name, value string, secret bool) {
	if v.byName == nil {
		v.byName = map[string]variable{}
	}
	v.byName[strings.ToLower(name)] = variable{name: name, value: value, secret: secret}
}

// value is a variable's value.
func (v *variables) value(name string) (string, bool) {
	found, ok := v.byName[strings.ToLower(name)]
	return found.value, ok
}

// isTrue tells whether a variable converts to true.
func (v *variables) isTrue(name string) bool {
	value, _ := v.value(name)
	return strings.EqualFold(value, "true") || value == "1"
}

// sorted lists the variables by name.
func (v *variables) sorted() []variable {
	return slices.SortedFunc(maps.Values(v.byName), func(a, b variable) int { return strings.Compare(a.name, b.name) })
}

// maxDepth is how deep the agent follows variables that name variables.
const maxDepth = 50

// expanded follows macros inside variables, as the agent does before each step: nested, a cycle is left alone, and a
// value that took in a secret is secret.
func (v *variables) expanded() *variables {
	result := &variables{}
	for _, one := range v.sorted() {
		value, secret := v.follow(one, nil)
		result.set(one.name, value, secret)
	}
	return result
}

func (v *variables) follow(one variable, path []string) (value string, secret bool) {
	secret = one.secret
	path = append(slices.Clone(path), strings.ToLower(one.name))
	value = replaceMacros(one.value, func(name string) (string, bool) {
		next, ok := v.byName[strings.ToLower(name)]
		if !ok || len(path) >= maxDepth || slices.Contains(path, strings.ToLower(name)) {
			return "", false
		}
		text, hidden := v.follow(next, path)
		secret = secret || hidden
		return text, true
	})
	return value, secret
}

// replaceMacros replaces each $(name) that lookup knows, in one pass: what it puts in is not looked at again, what lookup
// does not know stays as it is, and the search goes on right behind its "$".
func replaceMacros(text string, lookup func(name string) (string, bool)) string {
	const prefix, suffix = "$(", ")"
	for from := 0; from < len(text); {
		at := strings.Index(text[from:], prefix)
		if at < 0 {
			break
		}
		at += from
		end := strings.Index(text[at+len(prefix):], suffix)
		if end < 0 {
			break
		}
		end += at + len(prefix)
		value, ok := lookup(text[at+len(prefix) : end])
		if !ok {
			from = at + 1
			continue
		}
		text = text[:at] + value + text[end+len(suffix):]
		from = at + len(value)
	}
	return text
}

// mangle turns the name of a variable, an input or a key of an endpoint into that of an environment variable.
func mangle(name string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", " ", "_").Replace(name))
}
