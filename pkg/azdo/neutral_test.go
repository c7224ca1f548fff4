package azdo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	recording "github.com/pr-evaluations/reschedule/pkg/record"
)

// TestRecordedAnswersAreNeutralised records the answers that real servers gave, as recordPath does, and reads the recording: it
// leads to the same decisions, and no name or text of the answer is in it. RESCHEDULE_RECORDINGS names the folder.
func TestRecordedAnswersAreNeutralised(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("RESCHEDULE_RECORDINGS")
	if folder == "" {
		t.Skip("RESCHEDULE_RECORDINGS does not name the folder of recorded answers")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded answers in %s: %v", folder, err)
	}
	asked := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		ask := asking(name)
		if ask == nil {
			continue
		}
		asked++
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			original := recordedReply(t, name, data)
			before, line := recorded(t, original, ask)
			after, _ := recorded(t, replyOf(t, line), ask)
			for _, difference := range differences(before, after) {
				t.Error(difference)
			}
			for _, leak := range leaks(original.body, line) {
				t.Errorf("%q is in the recording: %s", leak, line)
			}
		})
	}
	if asked < 25 {
		t.Errorf("only %d answers were asked for", asked)
	}
}

// asking says how an answer is asked for, by its file's name; nil for those that this package never asks for.
func asking(name string) func(t *testing.T, c *Client) (any, error) {
	switch {
	case strings.HasPrefix(name, "evaluations-list"):
		return func(t *testing.T, c *Client) (any, error) {
			return c.Evaluations(t.Context(), testPullRequest(), true)
		}
	case strings.HasPrefix(name, "evaluation-build"), strings.HasPrefix(name, "requeue-response"), strings.HasPrefix(name, "error-"):
		return func(t *testing.T, c *Client) (any, error) {
			return c.Requeue(t.Context(), projectID, evaluationID, nil)
		}
	case strings.HasPrefix(name, "pull-requests-list"):
		return func(t *testing.T, c *Client) (any, error) {
			all, _, err := collect(t.Context(), c, Query{Project: "Shop"})
			return all, err
		}
	case name == "pull-request-24":
		return func(t *testing.T, c *Client) (any, error) { return c.PullRequest(t.Context(), "", 24) }
	case strings.HasPrefix(name, "policy-configurations"):
		return func(t *testing.T, c *Client) (any, error) { return c.Policies(t.Context(), "Shop") }
	case name == "builds-list":
		return func(t *testing.T, c *Client) (any, error) {
			return c.Builds(t.Context(), BuildQuery{Project: projectID})
		}
	case name == "build-show-not-started":
		return func(t *testing.T, c *Client) (any, error) { return c.Build(t.Context(), projectID, 638) }
	case name == "connection-data":
		return func(t *testing.T, c *Client) (any, error) { return c.Identity(t.Context()) }
	case strings.HasPrefix(name, "projects-list"):
		return func(t *testing.T, c *Client) (any, error) { return c.Projects(t.Context()) }
	case name == "repositories-list":
		return func(t *testing.T, c *Client) (any, error) { return c.Repositories(t.Context(), "Shop") }
	}
	return nil
}

// recordedReply is the answer in a file: the body alone, or with its status and headers where it is an error.
func recordedReply(t *testing.T, name string, data []byte) reply {
	t.Helper()
	r := reply{status: http.StatusOK, body: string(data), header: map[string]string{"Content-Type": "application/json"}}
	if !strings.HasPrefix(name, "error-") {
		return r
	}
	var envelope struct {
		Status  int            `json:"status"`
		Headers map[string]any `json:"headers"`
		Body    string         `json:"body"`
	}
	if err := json.Unmarshal(data, &envelope); err != nil {
		t.Fatal(err)
	}
	r = reply{status: envelope.Status, body: envelope.Body, header: map[string]string{"Content-Type": ""}}
	for name, value := range envelope.Headers {
		if s, isText := value.(string); isText && !strings.EqualFold(name, "content-length") {
			r.header[http.CanonicalHeaderKey(name)] = s
		}
	}
	return r
}

// replyOf is the answer in a line of a recording.
func replyOf(t *testing.T, line []byte) reply {
	t.Helper()
	var exchange struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
		Text    string            `json:"text"`
	}
	if err := json.Unmarshal(line, &exchange); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	r := reply{status: exchange.Status, body: string(exchange.Body) + exchange.Text, header: map[string]string{"Content-Type": ""}}
	maps.Copy(r.header, exchange.Headers)
	return r
}

// recorded asks a service that gives one answer to everything, and returns what was understood and the line that was recorded
// of the first try.
func recorded(t *testing.T, answer reply, ask func(t *testing.T, c *Client) (any, error)) (map[string]any, []byte) {
	t.Helper()
	var written bytes.Buffer
	recorder := recording.New(&written)
	c, _ := newFake(t, Options{OnExchange: func(e Exchange) {
		if e.Method == http.MethodOptions {
			return
		}
		if err := recorder.Add(recording.Exchange(e)); err != nil {
			t.Error(err)
		}
	}}, func(int, *http.Request) reply { return answer })
	value, err := ask(t, c)
	understood := map[string]any{}
	if failure := (*Error)(nil); errors.As(err, &failure) {
		understood["error"] = fmt.Sprint(failure.StatusCode, failure.Code, failure.Lost, failure.SignIn, failure.RetryAfter, failure.transient,
			failure.redirect, failure.blocked, failure.Refused(), failure.Topic(), failure.Advice("x") != "")
	} else if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(encoded, &plain); err != nil {
		t.Fatal(err)
	}
	leaves("", plain, understood)
	line, _, _ := bytes.Cut(written.Bytes(), []byte("\n"))
	return understood, line
}

// leaves collects what is at the end of each path.
func leaves(path string, value any, into map[string]any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			leaves(path+"."+name, member, into)
		}
	case []any:
		into[path+".length"] = len(v)
		for i, item := range v {
			leaves(fmt.Sprintf("%s[%d]", path, i), item, into)
		}
	default:
		into[path] = v
	}
}

// names are the members of our own types whose texts are names of somebody; all others are words, and words decide.
var names = regexp.MustCompile(`\.(ID|Name|DisplayName|UniqueName|Title|URL|\w*RefName|\w*CommitID|PipelineName|TypeName|RepositoryID|Preview\[\d+\]|Labels\[\d+\])$`)

// differences are what decides and is not the same any more: numbers, flags, times and words, and which names are equal.
func differences(before, after map[string]any) []string {
	var list []string
	there, back := map[string]string{}, map[string]string{}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		was, is := before[path], after[path]
		wasText, isText := was.(string)
		now, ok := is.(string)
		if !isText || !ok || !names.MatchString(path) {
			if was != is {
				list = append(list, fmt.Sprintf("%s was %v and is %v", path, was, is))
			}
			continue
		}
		if known, seen := there[wasText]; seen && known != now && !strings.HasSuffix(path, "URL") {
			list = append(list, fmt.Sprintf("%s: %q was %s before and is %s here", path, wasText, known, now))
		}
		if known, seen := back[now]; seen && known != wasText && !strings.HasSuffix(path, "URL") {
			list = append(list, fmt.Sprintf("%s: %q and %q are both %s", path, known, wasText, now))
		}
		if (wasText == "") != (now == "") {
			list = append(list, fmt.Sprintf("%s was %q and is %q", path, wasText, now))
		}
		there[wasText], back[now] = now, wasText
	}
	for _, path := range slices.Sorted(maps.Keys(after)) {
		if _, found := before[path]; !found {
			list = append(list, path+" was not there before")
		}
	}
	return list
}

var (
	harmless = regexp.MustCompile(`^([\d.]+|\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?|refs/pull/\d+/merge|[A-Za-z]+(\.[A-Za-z]+)*)$`)
	ofNames  = regexp.MustCompile(`\.(\w*[nN]ame|title|description|message|comment)$`)
)

// leaks are the texts of an answer that are in a recording: whatever is more than one word, and single words where names are.
func leaks(body string, line []byte) []string {
	var value any
	if json.Unmarshal([]byte(strings.TrimPrefix(body, "\ufeff")), &value) != nil {
		value = map[string]any{"message": body}
	}
	all := map[string]any{}
	leaves("", value, all)
	passing := map[string]bool{"": true}
	for _, id := range policyTypes {
		passing[id] = true
	}
	var found []string
	for _, path := range slices.Sorted(maps.Keys(all)) {
		text, isText := all[path].(string)
		if !isText || passing[strings.ToLower(text)] || harmless.MatchString(text) && !ofNames.MatchString(path) {
			continue
		}
		encoded, err := json.Marshal(text)
		if err != nil || bytes.Contains(line, encoded) || len(text) > 7 && bytes.Contains(line, []byte(text)) {
			found = append(found, path+" "+text)
		}
	}
	return found
}

// policyTypes are the types that the service has in every organization, and the empty ID.
var policyTypes = []string{uuid.Nil.String(), buildPolicyType.String(), "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd", "fd2167ab-b0be-447a-8ec8-39368250530e", "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab"}
