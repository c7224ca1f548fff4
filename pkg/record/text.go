package record

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// serviceCode is the service's number for a failure, the only part of a message that passes.
var serviceCode = regexp.MustCompile(`\b(?:TF|VS)[0-9]{5,6}\b`)

// text returns what stands for the text of a member.
func (n *neutral) text(name, owner, text string) string {
	m := n.known.members[name]
	switch {
	case text == "":
		return ""
	case m != nil && (m.has(text) || m.date && isDate(text) || m.version && isVersion(text) || m.number && isNumbers(text)):
		return text
	}
	switch name {
	case "parameters":
		return n.inner(text)
	case "routeTemplate":
		return n.template(text)
	case "message", "Message", "errorMessage", "errorCode", "mergeFailureMessage":
		return n.message(text)
	case "content":
		return n.content(text)
	case "artifactId":
		if artifact, ok := n.artifact(text); ok {
			return artifact
		}
	}
	switch {
	case isRef(name), strings.HasPrefix(text, "refs/"):
		return n.ref(text)
	case strings.Contains(text, "://"):
		return "https://example.invalid/" + n.standIns.of(kindURL, text)
	}
	return n.name(kindOf(name, owner), text)
}

// name returns the stand-in of a name. A GUID stays one, but for those that are the same everywhere, which pass; a commit
// stays one, too.
func (n *neutral) name(kind, text string) string {
	switch {
	case isGUID(text) && n.passing[strings.ToLower(text)]:
		return strings.ToLower(text)
	case isGUID(text):
		return n.standIns.guid(text)
	case len(text) == 40 && isHex(text):
		return n.standIns.commit(text)
	}
	return n.standIns.of(kind, text)
}

// message keeps the service's code.
func (n *neutral) message(text string) string {
	standIn := n.name(kindText, text)
	if code := serviceCode.FindString(text); code != "" {
		return code + ": " + standIn
	}
	return standIn
}

// content keeps our own marker, by which a comment is known as ours.
func (n *neutral) content(text string) string {
	standIn := n.name(kindText, text)
	for _, own := range n.own {
		if own != "" && strings.Contains(text, own) {
			return standIn + "\n\n" + own
		}
	}
	return standIn
}

// inner treats JSON within a text.
func (n *neutral) inner(text string) string {
	if n.depth >= maxInner || text[0] != '{' {
		return n.name(kindText, text)
	}
	n.depth++
	defer func() { n.depth-- }()
	out, err := n.json(nil, []byte(text), "")
	if err != nil {
		return n.name(kindText, text)
	}
	return string(out)
}

// maxInner is how deep JSON may be within texts of JSON.
const maxInner = 3

// artifactOf is what the artifact of a pull request begins with in the policy service.
const artifactOf = "vstfs:///CodeReview/CodeReviewId/"

// artifact reads "vstfs:///CodeReview/CodeReviewId/{project}/{number}"; the service sends the last slash as %2f.
func (n *neutral) artifact(text string) (string, bool) {
	rest, ok := strings.CutPrefix(text, artifactOf)
	if !ok || len(rest) < 38 || !isGUID(rest[:36]) {
		return "", false
	}
	number, slash := strings.CutPrefix(rest[36:], "/")
	if !slash {
		number, slash = strings.CutPrefix(strings.ToLower(rest[36:]), "%2f")
	}
	if !slash || !isNumber(number) {
		return "", false
	}
	return artifactOf + n.name(kindProject, rest[:36]) + "/" + number, true
}

func isRef(name string) bool {
	switch name {
	case "sourceRefName", "targetRefName", "newTargetRefName", "oldTargetRefName", "refName", "sourceBranch", "targetBranch",
		"defaultBranch", "branchName", "system.pullRequest.sourceBranch", "system.pullRequest.targetBranch",
		"searchCriteria.sourceRefName", "searchCriteria.targetRefName":
		return true
	}
	return false
}

// ref keeps what a ref is: a branch, a tag, or what a pull request's builds run on.
func (n *neutral) ref(text string) string {
	if rest, ok := strings.CutPrefix(text, "refs/pull/"); ok {
		number, what, _ := strings.Cut(rest, "/")
		if isNumber(number) && (what == "merge" || what == "head") {
			return text
		}
	}
	for _, prefix := range []string{"refs/heads/", "refs/tags/"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			return prefix + n.segments(map[string]string{"refs/heads/": kindBranch, "refs/tags/": kindTag}[prefix], rest)
		}
	}
	if rest, ok := strings.CutPrefix(text, "refs/"); ok {
		return "refs/" + n.segments(kindSegment, rest)
	}
	return n.segments(kindBranch, text)
}

// segments replaces each part between slashes by itself, so that a folder of branches stays one.
func (n *neutral) segments(kind, text string) string {
	parts := strings.Split(text, "/")
	for i, part := range parts {
		parts[i] = n.name(kind, part)
	}
	return strings.Join(parts, "/")
}

// template keeps the route of a location as far as its parts are known.
func (n *neutral) template(text string) string {
	parts := strings.Split(text, "/")
	for i, part := range parts {
		if !n.routeParts[strings.ToLower(part)] || !isASCII(part) {
			parts[i] = n.name(kindSegment, part)
		}
	}
	return strings.Join(parts, "/")
}

func isDate(text string) bool {
	if len(text) < len("2006-01-02T15:04:05") || len(text) > len("2006-01-02T15:04:05.999999999+00:00") || text[4] != '-' || text[10] != 'T' {
		return false
	}
	layout := time.RFC3339Nano
	if !strings.ContainsAny(text[19:], "Z+-") {
		layout = "2006-01-02T15:04:05.999999999"
	}
	_, err := time.Parse(layout, text)
	return err == nil
}

func isHTTPDate(text string) bool {
	_, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", text)
	return err == nil
}

func isVersion(text string) bool {
	major, minor, ok := strings.Cut(text, ".")
	return ok && isNumber(major) && isNumber(minor) && len(text) <= 9
}

// isNumber reports whether the text is a number that the service may give to something.
func isNumber(text string) bool {
	if text == "" || len(text) > maxDigits {
		return false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// isNumbers reports whether the text is numbers with commas between them.
func isNumbers(text string) bool {
	for part := range strings.SplitSeq(text, ",") {
		if !isNumber(part) {
			return false
		}
	}
	return true
}

// isDecimal reports whether the text is a number of a header, "12" or "0.125".
func isDecimal(text string) bool {
	whole, fraction, point := strings.Cut(text, ".")
	return isNumber(whole) && (!point || isNumber(fraction))
}

func isHex(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// isGUID leaves out what else package uuid reads: braces, and the digits alone.
func isGUID(text string) bool { return len(text) == 36 && uuid.Validate(text) == nil }

// quote appends a text as JSON.
func quote(to []byte, text string) []byte {
	to, _ = jsontext.AppendQuote(to, text) // its error is that of invalid UTF-8, which it has replaced
	return to
}

// unescape is the plain text of a header or of a part of a path.
func unescape(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}
