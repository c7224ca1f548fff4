package report

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// maxLine bounds a line, in UTF-16 units: the agent's live console cuts at 1024.
	maxLine = 1000
	// aimLine is the length that composed lines aim at.
	aimLine = 200

	maxTitle  = 80
	minTitle  = 20
	maxName   = 60 // branches, policies, repositories
	maxDetail = 200
)

// softHyphen is the only format character of Latin-1.
const softHyphen = '\u00ad'

// invisible characters have no place in a line for people: they end lines, move the cursor, reverse the reading order
// or hide text. Beside controls (Cc) and format characters (Cf) these are the line and paragraph separators and
// whatever else is ignorable by default, which a culture-sensitive search may skip.
func invisible(r rune) bool {
	if r <= unicode.MaxLatin1 {
		return unicode.IsControl(r) || r == softHyphen
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// clean replaces each invisible character by a blank and each invalid byte by U+FFFD.
func clean(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r == utf8.RuneError || invisible(r) }) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return ' '
		}
		return r
	}, text)
}

// neutral makes a finished line harmless: clean, without "##" anywhere, so that neither a command nor a formatting tag
// can begin in it, and at most maxLine long. It must see the whole line: a literal that ends in "#" and a title that
// begins with one meet only here.
func neutral(line string) string {
	var out strings.Builder
	out.Grow(len(line) + 8)
	units, last := 0, ' '
	cut := -1 // where the line ends if it turns out to be too long
	put := func(r rune) bool {
		if cut < 0 && units+utf16.RuneLen(r) > maxLine-1 {
			cut = out.Len()
		}
		units += utf16.RuneLen(r)
		out.WriteRune(r)
		last = r
		return units <= maxLine
	}
	for _, r := range line {
		if invisible(r) {
			r = ' '
		}
		if r == '#' && last == '#' && !put(' ') {
			break
		}
		if !put(r) {
			break
		}
	}
	text := out.String()
	if units > maxLine {
		text = text[:cut] + "…"
	}
	return strings.TrimRight(text, " ")
}

// shorten cleans a text and cuts it to at most n characters.
func shorten(text string, n int) string {
	text = strings.Join(strings.Fields(clean(text)), " ")
	if len(text) <= n {
		return text
	}
	count := 0
	for i := range text {
		if count == n-1 {
			if utf8.RuneCountInString(text[i:]) == 1 {
				return text
			}
			return strings.TrimRight(text[:i], " ") + "…"
		}
		count++
	}
	return text
}

// quoted is foreign text between quotation marks that it cannot close itself.
func quoted(text string, n int) string {
	return `"` + strings.ReplaceAll(shorten(text, n), `"`, `'`) + `"`
}

// ago is the age of something, in the one unit that matters.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute ago"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

// plural is a number with its noun: "1 pull request", "2 repositories".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, found := strings.CutSuffix(noun, "y"); found {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// join puts the texts that are not empty beside each other.
func join(separator string, texts ...string) string {
	var out []string
	for _, text := range texts {
		if text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, separator)
}
