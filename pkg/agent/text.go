package agent

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxLine bounds a line, in UTF-16 units: the agent's live console cuts at 1024.
const maxLine = 1000

// softHyphen is the only format character of Latin-1.
const softHyphen = '\u00ad'

// Invisible reports whether a character has no place in a line for people: it ends lines, moves the cursor, reverses the reading
// order or hides text. Beside controls (Cc) and format characters (Cf) these are the line and paragraph separators and
// whatever else is ignorable by default, which a culture-sensitive search may skip.
func Invisible(r rune) bool {
	if r <= unicode.MaxLatin1 {
		return unicode.IsControl(r) || r == softHyphen
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Clean replaces each invisible character by a blank and each invalid byte by U+FFFD.
func Clean(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r == utf8.RuneError || Invisible(r) }) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if Invisible(r) {
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
		if Invisible(r) {
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

// Shorten cleans a text and cuts it to at most n characters.
func Shorten(text string, n int) string {
	text = strings.Join(strings.Fields(Clean(text)), " ")
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
