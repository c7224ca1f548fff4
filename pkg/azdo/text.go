package azdo

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxErrorText   = 300 // characters of Error.Error
	maxMessageText = 240 // characters of Error.Message, so that the operation still fits in front
)

// isPage reports whether an answer is a web page rather than data.
func isPage(contentType string, body []byte) bool {
	if len(body) == 0 {
		return false
	}
	return body[0] == '<' || strings.Contains(contentType, "html") && body[0] != '{' && body[0] != '['
}

var titleElement = regexp.MustCompile(`(?is)<title[^>]*>([^<]*)</title>`)

// pageTitle is the title of a web page as an excerpt to print, `: "Sign In"`; "" if it has none.
func pageTitle(body []byte) string {
	found := titleElement.FindSubmatch(head(body, 64<<10))
	if found == nil {
		return ""
	}
	title := cutText(oneLine(string(found[1])), 80)
	if title == "" {
		return ""
	}
	return `: "` + title + `"`
}

func head(b []byte, n int) []byte { return b[:min(len(b), n)] }

// oneLine makes a foreign text safe to print: one line of at most maxMessageText characters, without control and format
// characters.
func oneLine(s string) string {
	if len(s) > 16*maxMessageText {
		s = s[:16*maxMessageText]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co):
			return -1
		}
		return r
	}, s)
	return cutText(strings.Join(strings.Fields(s), " "), maxMessageText)
}

// withoutToken takes the token out of a text that may quote it, also one that was cut in the middle of it.
func withoutToken(text, token string) string {
	const head = 24 // what begins like the token is hidden as far as it goes on like it
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, token[:min(len(token), head)])
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString("***")
		n, tail := 0, token[min(len(token), head):]
		for n < min(len(tail), len(rest)) && rest[n] == tail[n] {
			n++
		}
		text = rest[n:]
	}
}

// cutText shortens a text to at most n characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	runes := 0
	for i := range s {
		if runes == n-1 {
			rest := s[i:]
			if utf8.RuneCountInString(rest) <= 1 {
				return s
			}
			return s[:i] + "…"
		}
		runes++
	}
	return s
}

// cutBytes shortens a text to at most n bytes without tearing a character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
