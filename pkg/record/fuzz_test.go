package record

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// FuzzNeutral: whatever a text is and wherever it stands, it is not in what is written, and all that is written is on
// the list of what may be.
func FuzzNeutral(f *testing.F) {
	for _, text := range []string{
		"Ada Lovelace", "refs/heads/ada/lovelace", "6f1e2c3d-0000-4000-8000-000000000001", "https://shop.example/ada", "TF401027: Ada Lovelace",
		`{"system.pullRequest.sourceBranch":"refs/heads/lovelace"}`, "vstfs:///CodeReview/CodeReviewId/lovelace/7", "2024-01-09T16:32:42Z",
		"5de03fa94ab05adb8db801d47396523d990be6ec", "completed", "\x00\xff\u2028", "refs/pull/7/merge", "7.2", "K\u212Acompleted", "{*lovelace}/_apis",
	} {
		f.Add(uint32(len(text)), text, []byte(`{"value":[{"title":"`+"Lovelace"+`"}]}`))
		f.Add(uint32(1+len(text)<<16), text, []byte(text))
	}
	names := slices.Sorted(maps.Keys(known().members))
	f.Fuzz(func(t *testing.T, pick uint32, text string, raw []byte) {
		n := newNeutral([]string{marker})
		one, two := names[int(pick>>16)%len(names)], names[int(pick&0xffff)%len(names)]
		body := built(one, two, text)
		out, err := n.json(nil, body, kindRepository)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		(&judge{t: t}).line(out)
		lookFor(t, text, out)
		if out, err := n.json(nil, raw, ""); err == nil {
			(&judge{t: t}).line(out)
		}
		lookFor(t, text, []byte(n.path(text)))
	})
}

const marker = "<!-- ours -->"

// built is an answer that holds a text in many places, also as the name of a member.
func built(one, two, text string) []byte {
	quoted := quote(nil, text)
	inner := append(append([]byte(`{"`+two+`":`), quoted...), '}')
	b := append([]byte(`{"value":[{"`+one+`":`), quoted...)
	b = append(append(b, `,"`+two+`":{"`+one+`":`...), quoted...)
	b = append(append(b, ','), quoted...)
	b = append(append(b, `:1,"name":[`...), quoted...)
	b = append(append(b, `]},`...), quoted...)
	b = append(append(b, `:[{"id":`...), quoted...)
	b = append(append(b, `}]}],"parameters":`...), quote(nil, string(inner))...)
	return append(b, '}')
}

// plainText is all that the list of known words holds, and what stand-ins are made of.
var plainText = sync.OnceValue(func() string {
	return strings.ToLower(description + ours + passing + strings.Join(slices.Collect(maps.Keys(routeParts())), " ") +
		` refs/heads/ refs/tags/ refs/pull/ vstfs:///codereview/codereviewid/ https://example.invalid/url-`)
})

// lookFor looks for a text in what was written, unless it is so short or so like what may be written that it may be there
// by itself.
func lookFor(t *testing.T, text string, out []byte) {
	t.Helper()
	if len(text) < 6 || !strings.ContainsFunc(text, func(r rune) bool { return r > '9' && r != '_' && r != '{' && r != '}' }) {
		return // digits and what stands between them
	}
	small := strings.ToLower(text)
	if !bytes.Contains(bytes.ToLower(out), []byte(small)) || strings.Contains(plainText(), small) || mayPass(text) {
		return
	}
	t.Errorf("%q is in %q", text, out)
}

// mayPass tells what passes as it is in one place or another: a word, a date, a ref of a pull request, and what has the
// form of a stand-in.
func mayPass(text string) bool {
	j := &judge{}
	return isDate(text) || isWord(text) || j.standIn(text) || looksLike.MatchString(text)
}

// looksLike are parts of what is written by itself.
var looksLike = regexp.MustCompile(`(?i)^["/{}\[\],: _.-]*(?:(?:[a-z]+-[0-9]+|refs/(?:pull/[0-9]+/(?:merge|head)|heads|tags)|_apis|TF[0-9]+|VS[0-9]+)["/{}\[\],: _.-]*)+$`)

func isWord(text string) bool {
	for _, m := range known().members {
		if m.has(text) {
			return true
		}
	}
	return false
}

// judge judges what was written by rules of its own.
type judge struct{ t *testing.T }

func (j *judge) line(out []byte) {
	j.t.Helper()
	d := jsontext.NewDecoder(bytes.NewReader(out), jsontext.AllowDuplicateNames(true))
	var names []string // of the objects around
	for {
		token, err := d.ReadToken()
		if err != nil {
			return
		}
		switch kind := token.Kind(); {
		case kind == jsontext.KindBeginObject, kind == jsontext.KindBeginArray:
			names = append(names, last(names))
		case kind == jsontext.KindEndObject, kind == jsontext.KindEndArray:
			names = names[:len(names)-1]
		case kind == jsontext.KindNumber && len(token.String()) > 20:
			j.t.Errorf("a long number in %s", out)
		case kind == jsontext.KindString:
			if in, position := d.StackIndex(d.StackDepth()); in == jsontext.KindBeginObject && position%2 == 1 {
				names[len(names)-1] = token.String()
				if known().members[token.String()] == nil {
					j.t.Errorf("member %q in %s", token.String(), out)
				}
			} else if !j.allowed(last(names), token.String()) {
				j.t.Errorf("%q of %q in %s", token.String(), last(names), out)
			}
		}
	}
}

func last(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

// allowed reports whether a member may have a text.
func (j *judge) allowed(name, text string) bool {
	m := known().members[name]
	switch {
	case text == "", j.standIn(text):
		return true
	case m != nil && m.has(text), m != nil && m.date && isDate(text), m != nil && m.version && isVersion(text), m != nil && m.number && isNumbers(text):
		return true
	case name == "parameters" && text[0] == '{':
		j.line([]byte(text))
		return json.Valid([]byte(text))
	case name == "routeTemplate":
		for part := range strings.SplitSeq(text, "/") {
			if part != "" && !routeParts()[strings.ToLower(part)] && !j.standIn(part) {
				return false
			}
		}
		return true
	}
	return false
}

var (
	standInForm = regexp.MustCompile(`(?i)^(?:(?:account|branch|exception|label|pattern|person|pipeline|policy|project|repository|segment|step|tag|text|title|token|type|url)-[0-9]+` +
		`|00000000-0000-4000-8000-[0-9]{12}|c[0-9]{39})$`)
	urlForm     = regexp.MustCompile(`(?i)^https://example\.invalid/[a-z]+-[0-9]+$`)
	messageForm = regexp.MustCompile(`^(?:TF|VS)[0-9]{5,6}: `)
	pullForm    = regexp.MustCompile(`^refs/pull/[0-9]{1,20}/(?:merge|head)$`)
	ownForm     = regexp.MustCompile(`^([^ \n]+)\n\n` + marker + `$`)
	artifact    = regexp.MustCompile(`^vstfs:///CodeReview/CodeReviewId/([0-9a-f-]{36})/[0-9]{1,20}$`)
)

// standIn reports whether a text is a stand-in, or made of some.
func (j *judge) standIn(text string) bool {
	if standInForm.MatchString(text) || slices.Contains(strings.Fields(passing), text) || passingGUIDs()[text] {
		return true
	}
	if urlForm.MatchString(text) || pullForm.MatchString(text) {
		return true
	}
	if at := messageForm.FindString(text); at != "" {
		return standInForm.MatchString(text[len(at):])
	}
	if found := ownForm.FindStringSubmatch(text); found != nil {
		return standInForm.MatchString(found[1])
	}
	if found := artifact.FindStringSubmatch(text); found != nil {
		return j.standIn(found[1])
	}
	if !strings.Contains(text, "/") {
		return false
	}
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "refs/"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			text = rest
			break
		}
	}
	for part := range strings.SplitSeq(text, "/") {
		if part != "" && !standInForm.MatchString(part) && !passingGUIDs()[part] {
			return false
		}
	}
	return true
}
