package report

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// entity is how Markdown text writes a character to which Markdown, its extensions in Azure DevOps or HTML give a
// meaning: as a named character reference. Named, because a numeric one would bring in a "#" followed by digits, which
// is a link to a work item; a reference rather than a backslash, because a backslash does not stop whatever searches the
// raw text for "@", "#12" and "!12", and because a table is split at "|" before anything else is looked at.
func entity(r rune) string {
	const (
		special = "&<>#@!|`*_[]{}\\+=:$^"
		names   = "amp lt gt num commat excl vert grave ast lowbar lsqb rsqb lcub rcub bsol plus equals colon dollar Hat"
	)
	if i := strings.IndexRune(special, r); i >= 0 {
		return "&" + strings.Fields(names)[i] + ";"
	}
	if r == '~' || r == '-' { // these have no name
		return `\` + string(r)
	}
	return ""
}

// inMarkdown makes foreign text inert within Markdown: one line of plain text, without live HTML, links, tables, mentions
// of people, links to work items or pull requests, formulas or emoji.
func inMarkdown(text string) string {
	text = strings.Join(strings.Fields(agent.Clean(text)), " ")
	var out strings.Builder
	out.Grow(len(text) + 16)
	start := true // nothing but digits so far: "1." and "1)" would begin a list
	last := ' '
	for i, r := range text {
		escaped := entity(r)
		switch {
		case r == '-' && wordRune(last): // "pre-commit" begins neither a list nor a rule
			escaped = ""
		case r == ':' && (i+1 == len(text) || text[i+1] == ' '): // begins no ":smile:"
			escaped = ""
		case r == '.' && (start || i+1 < len(text) && text[i+1] != ' ' && !digit(rune(text[i+1]))): // "evil.example" is an address
			escaped = "&period;"
		case r == ')' && start:
			escaped = "&rpar;"
		case r == '/' && last == '/': // a renderer that decodes references first would still make a link of "https://"
			escaped = " /"
		}
		if escaped == "" {
			escaped = string(r)
		}
		out.WriteString(escaped)
		start = start && digit(r)
		last = r
	}
	return out.String()
}

// wordRune reports whether r is an ASCII letter or digit.
func wordRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || digit(r)
}

func digit(r rune) bool { return '0' <= r && r <= '9' }

// markdown is inMarkdown, cut to n characters first.
func markdown(text string, n int) string { return inMarkdown(agent.Shorten(text, n)) }

// maxAdvice is how much is shown of an error that ends in a link of ours: the service's words and one instruction, whose end
// says on which page of the portal it is carried out.
const maxAdvice = 1000

// adviceLink is how such an error ends, see TopicURL. It is ours: whoever writes it leads to our own page, whatever follows.
var adviceLink = regexp.MustCompile(` See (` + regexp.QuoteMeta(troubleshooting) + `#[a-z0-9-]+)$`)

// advice is an error for people: a foreign text, of which a link to our own page at its end stays one.
func advice(text string, n int) string {
	found := adviceLink.FindStringSubmatchIndex(text)
	if found == nil {
		return markdown(text, n)
	}
	return markdown(text[:found[0]], maxAdvice) + " See [troubleshooting](" + text[found[2]:found[3]] + ")."
}

// link is a link of ours; without a usable address just its text. The text is foreign.
func link(text, address string) string {
	if address = safeURL(address); address == "" {
		return inMarkdown(text)
	}
	return "[" + inMarkdown(text) + "](" + address + ")"
}

// safeURL is an http or https address in which nothing can end a link or mean anything to Markdown; "" if it is none.
func safeURL(address string) string {
	u, err := url.Parse(agent.Clean(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Opaque != "" {
		return ""
	}
	u.Fragment = ""
	const plain = "-._/:?=&,%"
	var out strings.Builder
	for _, b := range []byte(u.String()) {
		if wordRune(rune(b)) || strings.IndexByte(plain, b) >= 0 {
			out.WriteByte(b)
			continue
		}
		const hex = "0123456789ABCDEF"
		out.Write([]byte{'%', hex[b>>4], hex[b&15]})
	}
	return out.String()
}

// helpLink is a reason's word, linked to its entry.
func helpLink(reason requeue.Reason) string {
	return "[" + string(reason) + "](" + helpURL(reason) + ")" // both are ours
}
