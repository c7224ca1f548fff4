package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// seeds are texts of every form that is treated by itself.
var seeds = []string{
	"Ada Lovelace", "refs/heads/ada/lovelace", "6f1e2c3d-0000-4000-8000-000000000001", "https://shop.example/ada", "TF401027: Ada Lovelace",
	`{"system.pullRequest.sourceBranch":"refs/heads/lovelace"}`, "vstfs:///CodeReview/CodeReviewId/lovelace/7", "2024-01-09T16:32:42Z",
	"5de03fa94ab05adb8db801d47396523d990be6ec", "completed", "\x00\xff\u2028", "refs/pull/7/merge", "7.2", "K\u212Acompleted", "{*lovelace}/_apis",
}

// FuzzNeutral: whatever a text is and wherever it stands, it is not in what is written, and all that is written is on
// the list of what may be.
func FuzzNeutral(f *testing.F) {
	for _, text := range seeds {
		f.Add(uint32(len(text)), text, []byte(`{"value":[{"title":"`+"Lovelace"+`"}]}`))
		f.Add(uint32(1+len(text)<<16), text, []byte(text))
	}
	f.Fuzz(func(t *testing.T, pick uint32, text string, raw []byte) { checkNeutral(t, pick, text, raw) })
}

// TestNeutralAtRandom is FuzzNeutral without guidance, which is many times as fast: the seeds, and what becomes of them
// when pieces are cut out, doubled, mixed and put in. RESCHEDULE_NEUTRAL is how many inputs.
func TestNeutralAtRandom(t *testing.T) {
	t.Parallel()
	total := 20_000
	if wanted := os.Getenv("RESCHEDULE_NEUTRAL"); wanted != "" {
		var err error
		if total, err = strconv.Atoi(wanted); err != nil {
			t.Fatal(err)
		}
	}
	begin, workers := time.Now(), runtime.GOMAXPROCS(0)
	var running sync.WaitGroup
	for worker := range workers {
		running.Go(func() {
			rng := rand.New(rand.NewPCG(rand.Uint64(), uint64(worker))) // a find is printed whole, so no seed is needed
			for i := worker; i < total && !t.Failed(); i += workers {
				checkNeutral(t, rng.Uint32(), mutated(rng), []byte(mutated(rng)))
			}
		})
	}
	running.Wait()
	t.Logf("%d inputs, %.0f a second", total, float64(total)/time.Since(begin).Seconds())
}

// pieces are what is put into a text: what separates, what begins something that is treated by itself, and words that pass.
var pieces = []string{
	"/", "%2f", "%2F", ":", ": ", "-", ".", ",", "\n", "\r\n", "\"", "\\", "{", "}", "[", "]", "{}", "://", "?", "*", "!", "@", " ", "\x00", "\xff", "\u2028",
	"\u212A", "\u0130", "refs/", "refs/heads/", "refs/tags/", "refs/pull/", "/merge", "/head", "vstfs:///CodeReview/CodeReviewId/", "TF401027", "VS800075",
	"https://", "T16:32:42", "2024-01-09", "+00:00", "GMT", "true", "queued", "approved", "all", "completed", "label:", "<!-- ours -->", "_apis", "{project}",
	"0", "7", "99999999999999999999", "1e999", "abcdef0123456789abcdef0123456789abcdef01", "00000000-0000-0000-0000-000000000000",
	"0609b952-1397-4640-95ec-e00a01b2c241", "Lovelace", "countess", "\u00e4nalytical", "engine",
}

func mutated(rng *rand.Rand) string {
	text := seeds[rng.IntN(len(seeds))]
	for range rng.IntN(6) {
		at := rng.IntN(len(text) + 1)
		to := min(len(text), at+rng.IntN(9))
		switch rng.IntN(5) {
		case 0:
			text = text[:at] + text[to:]
		case 1:
			text = text[:to] + text[at:]
		case 2:
			other := seeds[rng.IntN(len(seeds))]
			text = text[:at] + other[rng.IntN(len(other)):]
		case 3:
			text = text[:at] + string([]byte{byte(rng.Uint32())}) + text[to:]
		default:
			text = text[:at] + pieces[rng.IntN(len(pieces))] + text[at:]
		}
	}
	return text
}

var memberNames = sync.OnceValue(func() []string { return slices.Sorted(maps.Keys(known().members)) })

func checkNeutral(t *testing.T, pick uint32, text string, raw []byte) {
	t.Helper()
	n, names := newNeutral([]string{marker}), memberNames()
	one, two := names[int(pick>>16)%len(names)], names[int(pick&0xffff)%len(names)]
	body := built(one, two, text)
	out, err := n.json(nil, body, kindRepository)
	if err != nil {
		t.Errorf("%s: %v", body, err)
		return
	}
	(&judge{t: t}).line(out)
	lookFor(t, text, out)
	if out, err := n.json(nil, raw, ""); err == nil {
		(&judge{t: t}).line(out)
	}
	lookFor(t, text, []byte(elsewhere(&n, pick, text)))
}

// elsewhere is what becomes of a text that stands outside a body, in one of the places where it may stand.
func elsewhere(n *neutral, pick uint32, text string) string {
	inputs := []string{"repositories", "targetBranches", "labels", "titles", "policies", "retryOnlyIf", "order", "when", "reportPath"}
	parameters := []string{"continuationToken", "branchName", "artifactId", "statusFilter", "$top", "includeLinks", "minTime", "name", "policyType"}
	names := []string{"Content-Type", "Date", "Location", "Retry-After", "X-MS-ContinuationToken", "X-RateLimit-Limit", "X-TFS-ServiceError"}
	switch place := pick >> 8; pick % 5 {
	case 0:
		return n.input(inputs[int(place)%len(inputs)], text)
	case 1:
		return n.argument(parameters[int(place)%len(parameters)], text)
	case 2:
		return n.header(names[int(place)%len(names)], text)
	case 3:
		return n.log(text)
	}
	return n.path(text)
}

// FuzzRecording writes whole recordings of a small world: nothing of its names is in any line.
func FuzzRecording(f *testing.F) {
	f.Add("Lovelace", "countess/lovelace", "Analytical Engine", "TF401027: Lovelace may not", "5de03fa94ab05adb8db801d47396523d990be6ec")
	f.Add("6f1e2c3d-0000-4000-8000-000000000001", "refs/pull/7/merge", "active", "<html>", `{"a":"Lovelace"}`)
	f.Add("\xff\x00", "a\u2028b", "K\u212A", "{", "\r\n")
	control := strings.ToLower(string(recording(f, "q", "q", "q", "q", "q")))
	f.Fuzz(func(t *testing.T, name, branch, title, message, commit string) {
		out := recording(t, name, branch, title, message, commit)
		for line := range bytes.Lines(out) {
			if !json.Valid(line) || !bytes.HasSuffix(line, []byte("}\n")) {
				t.Errorf("no line: %q", line)
			}
		}
		for _, text := range []string{name, branch, title, message, commit} {
			lookBeside(t, text, out, control)
		}
	})
}

// recording is the recording of a run on a small world.
func recording(t testing.TB, name, branch, title, message, commit string) []byte {
	t.Helper()
	var out bytes.Buffer
	r := New(&out, marker)
	all := map[string]any{
		"id": commit, "name": name, "displayName": name, "uniqueName": title, "title": title, "sourceRefName": "refs/heads/" + branch,
		"sourceBranch": branch, "message": message, "content": message + marker, "commitId": commit, "webUrl": "https://" + name + "/" + branch,
		"parameters": `{"` + title + `":1,"system.pullRequest.sourceCommitId":"` + commit + `"}`, "triggerInfo": map[string]any{"pr.number": name, title: name},
		"labels": []any{map[string]any{"name": title, "active": true}}, name: title, "type": message, "creationDate": title, "status": branch,
		"settings": map[string]any{"displayName": name, "scope": []any{map[string]any{"refName": branch, "matchKind": title}}},
		"area":     name, "routeTemplate": "{project}/" + branch, "maxVersion": commit, "artifactId": artifactOf + commit + "/" + name,
	}
	body, err := json.Marshal(map[string]any{"value": []any{all, name, title}, "count": 3, "context": all, branch: all})
	if err != nil {
		t.Fatal(err)
	}
	exchange := Exchange{
		Method: "POST", Path: url.PathEscape(name) + "/_apis/git/repositories/" + url.PathEscape(branch) + "/pullRequests/7/threads",
		Query:   url.Values{"branchName": {branch}, "continuationToken": {commit}, name: {title}, "searchCriteria.status": {title}},
		Request: body, Status: 403, Body: body,
	}
	faults := []error{r.Begin(Run{
		Project: Project{commit, name}, Repository: Repository{commit, branch, Project{title, name}},
		Inputs: []Input{{"repositories", name + ",!" + title}, {"targetBranches", branch}, {"retryOnlyIf", message}, {"order", "label:" + title}, {"when", name}},
	})}
	for _, what := range []string{"repositories", whatLocations, whatLog} {
		for _, contentType := range []string{"application/json; x=" + name, "text/plain", title} {
			exchange.What, exchange.Header = what, func(header string) string {
				if header == "Content-Type" {
					return contentType
				}
				return message
			}
			exchange.Body = body
			faults = append(faults, r.Add(exchange))
			exchange.Body = []byte(message + "\n" + title)
			faults = append(faults, r.Add(exchange))
		}
	}
	if err := errors.Join(faults...); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
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
	return strings.ToLower(description + ours + passing + kinds + strings.Join(slices.Collect(maps.Keys(routeParts())), " ") +
		` vstfs codereview codereviewid https example invalid c` + strings.Repeat("0", 38))
})

// lookFor looks for the pieces of a text in what was written: each run of six or more letters and digits.
func lookFor(t *testing.T, text string, out []byte) { lookBeside(t, text, out, "") }

// lookBeside is lookFor without what is in the text beside, in lower case.
func lookBeside(t *testing.T, text string, out []byte, beside string) {
	if len(text) < 6 || isDate(text) {
		return
	}
	var small []byte
	for piece := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		piece = strings.ToLower(piece)
		if len(piece) < 6 || strings.Trim(piece, "0123456789dhms") == "" { // a number or a duration
			continue
		}
		if small == nil {
			small = bytes.ToLower(out)
		}
		if bytes.Contains(small, []byte(piece)) && !strings.Contains(plainText(), piece) && !strings.Contains(beside, piece) &&
			!strings.Contains(strings.ToLower(serviceCode.FindString(text)), piece) {
			t.Errorf("%q of %q is in %s", piece, text, out)
		}
	}
}

// judge judges what was written by rules of its own: it reads it byte by byte and knows neither the decoder nor how a
// stand-in is made.
type judge struct{ t *testing.T }

// line judges one value of JSON.
func (j *judge) line(out []byte) {
	name, inside := "", make([]string, 0, 8) // the member, and those of the objects around
	for i := 0; i < len(out); i++ {
		switch c := out[i]; {
		case c == '{', c == '[':
			inside = append(inside, name)
		case c == '}', c == ']':
			name, inside = inside[len(inside)-1], inside[:len(inside)-1]
		case c == '"':
			end := i + 1
			for out[end] != '"' {
				if out[end] == '\\' {
					end++
				}
				end++
			}
			if end+1 < len(out) && out[end+1] == ':' {
				name = string(out[i+1 : end])
				if known().members[name] == nil {
					j.t.Errorf("member %q in %s", name, out)
				}
			} else if text := unquoted(out[i : end+1]); !j.allowed(name, text) {
				j.t.Errorf("%q of %q in %s", text, name, out)
			}
			i = end
		case c >= '0' && c <= '9', c == '-':
			end := i
			for end < len(out) && strings.IndexByte("0123456789+-.eE", out[end]) >= 0 {
				end++
			}
			if end-i > 20 {
				j.t.Errorf("a long number in %s", out)
			}
			i = end - 1
		case strings.IndexByte(",:truefalsn", c) < 0:
			j.t.Errorf("byte %q in %s", c, out)
			return
		}
	}
}

func unquoted(text []byte) string {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text[1 : len(text)-1])
	}
	plain, err := jsontext.AppendUnquote(nil, text)
	if err != nil {
		return "no text: " + string(text)
	}
	return string(plain)
}

// allowed reports whether a member may have a text.
func (j *judge) allowed(name, text string) bool {
	m := known().members[name]
	switch {
	case text == "", j.standIn(text):
		return true
	case m != nil && (m.has(text) || m.date && isDate(text) || m.version && isVersion(text) || m.number && isNumbers(text)):
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

// standIn reports whether a text is a stand-in, or made of some.
func (j *judge) standIn(text string) bool {
	if code, rest, ok := strings.Cut(text, ": "); ok && isCode(code) {
		return isStandIn(rest)
	}
	if first, ok := strings.CutSuffix(text, "\n\n"+marker); ok {
		return isStandIn(first)
	}
	if rest, ok := strings.CutPrefix(text, "https://example.invalid/"); ok {
		return isStandIn(rest)
	}
	if rest, ok := strings.CutPrefix(text, "vstfs:///CodeReview/CodeReviewId/"); ok {
		guid, number, _ := strings.Cut(rest, "/")
		return isStandIn(guid) && isDigits(number)
	}
	if rest, ok := strings.CutPrefix(text, "refs/pull/"); ok {
		number, what, _ := strings.Cut(rest, "/")
		return isDigits(number) && (what == "merge" || what == "head")
	}
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "refs/"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			text = rest
			break
		}
	}
	for part := range strings.SplitSeq(text, "/") {
		if part != "" && !isStandIn(part) {
			return false
		}
	}
	return true
}

const kinds = " account branch exception label pattern person pipeline policy project repository segment step tag text title token type url "

// isStandIn reports whether a text is one stand-in, or a GUID that is the same everywhere.
func isStandIn(text string) bool {
	switch {
	case len(text) == 36 && passingGUIDs()[text]:
		return true
	case len(text) == 36:
		return text[:24] == "00000000-0000-4000-8000-" && isDigits(text[24:])
	case len(text) == 40:
		return text[0] == 'c' && isDigits(text[1:])
	}
	kind, number, ok := strings.Cut(text, "-")
	return ok && isDigits(number) && strings.Contains(kinds, " "+strings.ToLower(kind)+" ")
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func isCode(text string) bool {
	return (len(text) == 7 || len(text) == 8) && (text[:2] == "TF" || text[:2] == "VS") && isDigits(text[2:])
}
