package record

import (
	_ "embed"
	"strings"
	"sync"
)

// description are the names and words of the service's official description. TestDescription writes it.
//
//go:embed description.txt
var description string

// member is what is known of a member of an answer, or of a parameter of a query.
type member struct {
	words   []string // its enumeration
	date    bool
	number  bool // of a query: a number, or several
	flag    bool // of a query
	version bool // "7.2"
}

// has returns the word, in the caller's spelling, if it is one of the enumeration.
func (m *member) has(text string) bool {
	for _, word := range m.words {
		if len(word) == len(text) && strings.EqualFold(word, text) && isASCII(text) {
			return true
		}
	}
	return false
}

// vocabulary is what passes by its name.
type vocabulary struct {
	members    map[string]*member
	parameters map[string]*member // of queries
}

var known = sync.OnceValue(func() vocabulary {
	v := vocabulary{members: map[string]*member{}, parameters: map[string]*member{}}
	v.add(description)
	v.add(ours)
	return v
})

// add reads lines of "name" or "name: word ...", where "<date>" and the like are classes of values. The name of a
// parameter has a question mark before it.
func (v vocabulary) add(lines string) {
	for line := range strings.Lines(lines) {
		name, words, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name == "" {
			continue
		}
		to := v.members
		if parameter, ok := strings.CutPrefix(name, "?"); ok {
			to, name = v.parameters, parameter
		}
		if to[name] == nil {
			to[name] = &member{}
		}
		for word := range strings.FieldsSeq(words) {
			to[name].learn(word)
		}
	}
}

func (m *member) learn(word string) {
	switch word {
	case "<date>":
		m.date = true
	case "<number>":
		m.number = true
	case "<flag>":
		m.flag = true
	case "<version>":
		m.version = true
	default:
		m.words = append(m.words, word)
	}
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
