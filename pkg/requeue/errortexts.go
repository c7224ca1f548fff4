package requeue

import (
	"fmt"
	"regexp"
	"strings"
)

// maxErrorText bounds what a regular expression is tried on, in bytes.
const maxErrorText = 64 << 10

// firstMatch finds the first pattern that matches one of the texts, and says so for people.
func firstMatch(patterns []*regexp.Regexp, texts []string) (string, bool) {
	for _, p := range patterns {
		for _, text := range texts {
			if len(text) > maxErrorText {
				text = text[:maxErrorText]
			}
			if at := p.FindStringIndex(text); at != nil {
				return fmt.Sprintf("/%s/ matches %q", p, excerpt(text, at[0], at[1])), true
			}
		}
	}
	return "", false
}

// excerpt is the surroundings of text[from:to], at most about 100 characters, whole UTF-8.
func excerpt(text string, from, to int) string {
	const before, size = 30, 100
	start := max(0, from-before)
	end := min(len(text), max(start+size, min(to, start+2*size)))
	cut := strings.ToValidUTF8(text[start:end], "")
	cut = strings.Join(strings.Fields(cut), " ")
	if start > 0 {
		cut = "…" + cut
	}
	if end < len(text) {
		cut += "…"
	}
	return cut
}
