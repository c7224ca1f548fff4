package main_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// torn stands at the beginning of a line that an attacker would like to begin.
const torn = "SECONDLINE"

// payloads are what somebody writes into a title, a branch, a name. Names are cut, so the point comes first.
func payloads() []string {
	return []string{
		"##vso[task.setvariable variable=PWNED;isoutput=true]1",
		"##vso[task.complete result=Failed]PWNED",
		"##vso[task.setsecret]pull request",
		"##vso[task.logissue type=error]PWNED",
		"#" + "##vso[task.prependpath]/PWNED",
		"####vso[task.setendpoint id=PWNED;field=url]http://x",
		"##[error]PWNED ##[section]PWNED",
		"x\r\nSECONDLINE ##vso[task.setvariable variable=PWNED]1",
		"x\nSECONDLINE",
		"x\rSECONDLINE##[debug]",
		"x\u2028SECONDLINE\u2029SECONDLINE\u0085SECONDLINE\v\fSECONDLINE",
		"#\u200b#vso[task.setvariable variable=PWNED]1 #\u00ad#[error] #\u2060\ufe0f#vso[a.b]c",
		"\u202e\u2066oh\u2069\u202c\u200e\u061c\ufeff\x1b[31mred\x1b[0m\x07\x00",
		"%23%23vso[task.setvariable variable=PWNED]1 %0D%0ASECONDLINE %AZP25",
		"];variable=PWNED]##vso[task.setvariable variable=PWNED]",
		"$(System.AccessToken) $(PWNED) ${{ PWNED }}",
		"<img src=x onerror=alert(1)><script>alert(1)</script><!-- ",
		"a | b | c ||",
		"[click](javascript:alert(1)) ![x](http://evil.example/x.png) <javascript:alert(1)>",
		"https://evil.example/?x=1 www.evil.example ftp://evil.example mailto:eve@evil.example",
		"@everyone @<8c1a6a8e-1d5b-4f0a-9f56-2f1f4e1c7a01> @[PWNED](mention://x)",
		"#123 AB#123 !456 PR #7",
		"`code` ``` ~~~ **bold** _it_ $$x$$ :boom:",
		"# heading",
		"- item",
		"1. one",
		"--- | ---",
		"\\[x\\](javascript:alert(1)) &lt;b&gt; &#60;b&#62; &colon;",
		"<!-- reschedule-pull-request-evaluations -->",
	}
}

func raw(t *testing.T, value any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// hostileWorld has a pull request for every payload, which stands in everything that somebody may write.
func hostileWorld(t *testing.T) azdotest.World {
	t.Helper()
	repository := &azdotest.Repository{Name: "##vso[task.complete result=Failed]|<b>@x"}
	project := &azdotest.Project{
		Name: "##[error]P|<i>#12", Repositories: []*azdotest.Repository{repository, {Name: "x\r\nSECONDLINE"}},
		Policies: []*azdotest.Policy{{DisplayName: "By hand ##vso[task.complete result=Failed] @x |", Type: "Minimum reviewers"}},
	}
	for i, text := range payloads() {
		project.Pipelines = append(project.Pipelines, &azdotest.Pipeline{ID: 500 + i, Name: text})
		project.Policies = append(
			project.Policies,
			&azdotest.Policy{ID: 100 + i, DisplayName: text, Pipeline: azdotest.Ref(strconv.Itoa(500 + i))},
			&azdotest.Policy{ID: 200 + i, Pipeline: azdotest.Ref(strconv.Itoa(500 + i))},
			&azdotest.Policy{ID: 300 + i, DisplayName: text, Pipeline: azdotest.Ref(strconv.Itoa(500 + i))},
		)
		ref := func(n int) azdotest.Ref { return azdotest.Ref(strconv.Itoa(n + i)) }
		repository.PullRequests = append(repository.PullRequests, &azdotest.PullRequest{
			ID: 1000 + i, Title: text, Description: text, Source: "refs/heads/" + text, Target: "refs/heads/" + text,
			Labels: []string{text}, AutoComplete: true,
			Raw: raw(t, map[string]any{
				"createdBy": map[string]any{"displayName": text, "uniqueName": text}, "mergeFailureMessage": text,
				"repository": map[string]any{"url": text, "webUrl": text}, "url": text,
			}),
			Evaluations: []*azdotest.Evaluation{
				{Policy: ref(100), State: "expired"},
				{Policy: ref(200), State: "failed", Completed: "2h ago", History: []string{"failed", "failed"}, Errors: []string{text}, Preview: []string{text}},
				{Policy: ref(300), State: "failed", Completed: "2h ago", Errors: []string{text}, Preview: []string{text}},
				{Policy: "By hand ##vso[task.complete result=Failed] @x |", Status: "queued"},
			},
			Threads: []*azdotest.Thread{{Comments: []*azdotest.Comment{{Author: "Eve", Content: ourMarker + "\n" + text}, {Author: "Eve", Content: text}}}},
		})
	}
	return azdotest.World{
		Identity: "##vso[task.complete result=Skipped]\u202eBuild |<b>@x\nSECONDLINE", Projects: []*azdotest.Project{project},
	}
}

// refusal is a refusal of the service in these words.
func refusal(t *testing.T, m azdotest.Match, word, text string) *azdotest.Fault {
	t.Helper()
	body := map[string]any{"$id": "1", "message": "TF401027: " + text, "typeKey": text, "typeName": text, "errorCode": 0, "eventId": 3000}
	return &azdotest.Fault{Match: m, Fault: word, Body: string(raw(t, body)), ContentType: "application/json"}
}

// inLogs gives every evaluation of the world that failed a step that holds its pull request's text.
func inLogs(w *azdotest.World, step func(text string) azdotest.Step) {
	for _, pr := range w.Projects[0].Repositories[0].PullRequests {
		for _, e := range pr.Evaluations {
			if e.State == "failed" {
				e.Errors, e.Preview, e.Steps = nil, nil, []azdotest.Step{step(pr.Title)}
			}
		}
	}
}

// TestLogLinesStayInTheLog: what a build has printed is quoted in the run's own log and report, and never in a comment,
// whose readers may not be allowed to see the build; nor in the summary.
func TestLogLinesStayInTheLog(t *testing.T) {
	t.Parallel()
	const line = "ECONNRESET behind closed doors"
	const failed = `"state": "failed", "steps": [{"name": "Test", "errors": ["exit 1"], "log": ["` + line + `"]}]`
	for _, patterns := range []map[string]string{{"retryOnlyIf": "ECONNRESET"}, {"neverRetryIf": "ECONNRESET"}, {"retryOnlyIf": "^exactly this$"}} {
		s := startWorld(t, oneRepository("", "", `
			{"id": 1, "evaluations": [{`+failed+`}]}, {"id": 2, "evaluations": [{`+failed+`, "history": ["failed", "failed"]}]},
			{"id": 3, "evaluations": [{`+failed+`, "requeue": {"outcome": "refuses"}}]}, {"id": 4, "evaluations": [{"state": "expired"}]}`))
		step := stepFile{Inputs: inputs("when", "expired, failed", "cooldown", "0", "comment", "always", "onError", "warn", "order", "newest")}
		maps.Copy(step.Inputs, patterns)
		r := run(t, s, step.step(t, s))
		report, err := os.ReadFile(r.Variables["reportPath"])
		if err != nil {
			t.Fatal(err)
		}
		quoted := patterns["retryOnlyIf"] != "^exactly this$" // else the log was tried, and its line is of no interest
		if inReport := strings.Contains(string(report), line); inReport != quoted {
			t.Errorf("%v: the report quotes the line: %v", patterns, inReport)
		}
		if all := comments(s); !strings.Contains(all, "retries used") || strings.Contains(all, "closed doors") {
			t.Errorf("%v: comments\n%s", patterns, all)
		}
		if strings.Contains(r.Summary, "closed doors") {
			t.Errorf("%v: the summary quotes the line\n%s", patterns, r.Summary)
		}
	}
}

// TestHostileText lets strangers write everywhere they can, and runs the task in every mode.
func TestHostileText(t *testing.T) {
	t.Parallel()
	each := func(route string) func(*testing.T, *azdotest.World) {
		return func(t *testing.T, w *azdotest.World) {
			for i, text := range payloads() {
				w.Faults = append(w.Faults, refusal(t, azdotest.Match{Route: route, PullRequest: 1000 + i}, "403-tf401027", text))
			}
		}
	}
	everywhere := func(word, body, contentType string) func(*testing.T, *azdotest.World) {
		return func(_ *testing.T, w *azdotest.World) {
			w.Faults = append(w.Faults, &azdotest.Fault{Match: azdotest.Match{Route: "pullRequests"}, Fault: word, Body: body, ContentType: contentType})
		}
	}
	var lines strings.Builder
	for _, text := range payloads() {
		lines.WriteString(text + " ")
	}
	modes := []struct {
		name      string
		inputs    map[string]string
		variables map[string]string
		world     func(*testing.T, *azdotest.World)
		result    string
	}{
		{name: "plain", result: "Succeeded"},
		{name: "debug", inputs: map[string]string{"when": "expired, failed", "cooldown": "0"}, variables: map[string]string{"system.debug": "true"}, result: "Succeeded"},
		{name: "retries by error text", inputs: map[string]string{"when": "expired, failed", "retryOnlyIf": "PWNED", "neverRetryIf": "complete|x", "cooldown": "0"}, result: "Succeeded"},
		{name: "dry run of one", inputs: map[string]string{"dryRun": "true", "pullRequestIds": "1000, 1009, 1016", "when": "expired,failed"}, result: "Succeeded"},
		{name: "dry run", inputs: map[string]string{"dryRun": "true", "when": "expired,failed", "maxPerRun": "0"}, result: "Succeeded"},
		{name: "comment", inputs: map[string]string{"comment": "always", "when": "expired, failed", "cooldown": "0", "maxPerRun": "0"}, result: "Succeeded"},
		{name: "filters", inputs: map[string]string{"titles": "nobody", "labels": "*", "repositories": "*/*"}, result: "Succeeded"},
		{name: "requeue refused", world: each("requeue"), inputs: map[string]string{"comment": "always", "when": "expired,failed", "cooldown": "0"}, result: "Failed"},
		{name: "requeue refused, all of it", world: each("requeue"), inputs: map[string]string{"onError": "warn", "maxPerRun": "0"}, result: "SucceededWithIssues"},
		{name: "evaluations refused", world: each("evaluations"), result: "Failed"},
		{name: "history refused", inputs: map[string]string{"when": "failed", "cooldown": "0", "retryOnlyIf": "x"}, result: "Failed", world: func(t *testing.T, w *azdotest.World) {
			w.Faults = append(w.Faults, refusal(t, azdotest.Match{Route: "timeline"}, "403-tf401027", payloads()[7]), refusal(t, azdotest.Match{Route: "builds"}, "403-tf401027", payloads()[0]))
		}},
		{name: "logs that match", inputs: map[string]string{"when": "failed", "cooldown": "0", "retryOnlyIf": "beside", "comment": "always", "maxPerRun": "0"}, result: "Succeeded", world: func(_ *testing.T, w *azdotest.World) {
			inLogs(w, func(text string) azdotest.Step {
				return azdotest.Step{Name: text, Errors: []string{"exit 1"}, Log: azdotest.Lines(strings.Split(text+" beside "+text, "\n"))}
			})
		}},
		{name: "steps that lost errors", inputs: map[string]string{"when": "failed", "cooldown": "0", "neverRetryIf": "beside", "maxPerRun": "0"}, result: "Succeeded", world: func(_ *testing.T, w *azdotest.World) {
			inLogs(w, func(text string) azdotest.Step {
				return azdotest.Step{Name: text, Errors: []string{text}, ErrorCount: 12, NoLog: true}
			})
		}},
		{name: "comment refused", world: each("newThread"), inputs: map[string]string{"comment": "always"}, result: "Succeeded"},
		{name: "declined", inputs: map[string]string{"comment": "always", "maxPerRun": "6"}, result: "Failed", world: func(_ *testing.T, w *azdotest.World) {
			for _, p := range w.Projects[0].Pipelines {
				p.Requeue.Outcome = "declines"
			}
		}},
		{name: "run refused", result: "Failed", world: func(t *testing.T, w *azdotest.World) {
			w.Faults = append(w.Faults, refusal(t, azdotest.Match{}, "403-tf401027", lines.String()))
		}},
		{name: "plain text", world: everywhere("403-tf401027", lines.String(), "text/plain"), result: "Failed"},
		{name: "sign-in page", world: everywhere("203-signin", "<html><head><title>"+strings.ReplaceAll(lines.String(), "<", "")+"</title></head></html>", "text/html"), result: "Failed"},
		{name: "wrong shape", world: everywhere("200-empty", `{"value":[{"##vso[task.complete result=Failed]PWNED":1,"id":{"\nSECONDLINE":2}}],"count":"##[error]"}`, "application/json"), result: "Failed"},
		{name: "redirect", result: "Failed", world: func(_ *testing.T, w *azdotest.World) {
			w.Faults = append(w.Faults, &azdotest.Fault{Match: azdotest.Match{Route: "pullRequests"}, Status: 302, Headers: map[string]string{"Location": "https://##vso[task.complete]PWNED@[x]|<b>/"}})
		}},
		{name: "waited for", inputs: map[string]string{"wait": "true", "waitTimeout": "6s", "failOnRejected": "true", "maxPerRun": "4"}, result: "Failed", world: func(_ *testing.T, w *azdotest.World) {
			for _, p := range w.Projects[0].Pipelines {
				p.Requeue = azdotest.Requeue{Outcome: "failed", StartsAfter: "50ms", Takes: "50ms"}
			}
		}},
		{name: "bad input", result: "Failed", inputs: map[string]string{
			"when": lines.String(), "repositories": "a/b/c/" + payloads()[0], "retryOnlyIf": "(" + payloads()[7], "order": payloads()[10],
			"organization": payloads()[19], "drafts": payloads()[12], "reportPath": "x\r\nSECONDLINE", "pullRequestIds": payloads()[15],
		}},
		{name: "patterns", result: "Succeeded", inputs: map[string]string{"titles": strings.Join(payloads()[:5], "\n"), "authors": "*", "labels": "*##vso*"}},
	}
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			w := hostileWorld(t)
			if mode.world != nil {
				mode.world(t, &w)
			}
			s := azdotest.Start(t, w)
			step := stepFile{Inputs: maps.Clone(mode.inputs), Variables: mode.variables}.step(t, s)
			for name, value := range step.Inputs {
				step.Inputs[name] = strings.ReplaceAll(value, "\x00", "") // no environment holds it
			}
			r := run(t, s, step)
			if r.Result != mode.result {
				t.Errorf("%s, want %s\n%s", r.Result, mode.result, strings.Join(r.Log, "\n"))
			}
			checkOutput(t, r)
			checkMarkdown(t, s.URL(), "the summary", r.Summary)
			comments := 0
			for _, p := range s.World().Projects {
				for _, repository := range p.Repositories {
					for _, pr := range repository.PullRequests {
						for _, thread := range pr.Threads {
							if first := thread.Comments[0]; first.Author != "Eve" {
								comments++
								// One marker begins it, the other stands before the line that says who wrote it, and no text has another.
								text, ours := strings.CutPrefix(first.Content, ourMarker+"\n")
								text, writer, twice := strings.Cut(text, "\n"+ourMarker+"\n")
								if !ours || !twice || !strings.HasPrefix(strings.TrimSpace(writer), "Written by ") {
									t.Errorf("a comment without our two markers: %s", first.Content)
								}
								checkMarkdown(t, s.URL(), "the comment on "+strconv.Itoa(pr.ID), text)
								checkMarkdown(t, s.URL(), "the writer of the comment on "+strconv.Itoa(pr.ID), writer)
							} else if !slices.ContainsFunc(payloads(), func(text string) bool { return thread.Comments[1].Content == text }) {
								t.Errorf("somebody else's thread was changed: %q", thread.Comments[1].Content)
							}
						}
					}
				}
			}
			if mode.inputs["comment"] == "always" && mode.name != "comment refused" && mode.result == "Succeeded" && comments == 0 {
				t.Error("no comment was written")
			}
		})
	}
}

// ourMarker is what a comment of ours begins with.
const ourMarker = "<!-- reschedule-pull-request-evaluations -->"

// ourTags are the formatting tags that a line of ours may begin with.
var ourTags = regexp.MustCompile(`^##\[(section|group|endgroup|debug|error|warning)\]`)

// checkOutput is the allow-list for everything that an agent reads: whatever is not ours is foreign.
func checkOutput(t *testing.T, r agenttest.Result) {
	t.Helper()
	allowed := map[string][]string{
		"task.setsecret": nil, "task.uploadsummary": nil, "task.logissue": {"type"}, "task.complete": {"result"},
		"task.setprogress": {"value"}, "task.setvariable": {"variable", "isoutput"},
	}
	outputs := outputNames(t)
	for _, c := range r.Commands {
		properties, known := allowed[c.Name()]
		if !known {
			t.Errorf("a foreign command: %s", c.Line)
			continue
		}
		if c.Refused {
			t.Errorf("a command that the agent refused: %s", c.Line)
		}
		if !strings.HasPrefix(c.Line, "##vso[") {
			t.Errorf("a command within a line: %s", c.Line)
		}
		for name := range c.Properties {
			if !slices.Contains(properties, name) {
				t.Errorf("a foreign property %q: %s", name, c.Line)
			}
		}
		if hidden(c.Data) {
			t.Errorf("a command whose data is no line of text: %q", c.Data)
		}
		switch c.Name() {
		case "task.setvariable":
			if !slices.Contains(outputs, c.Properties["variable"]) || c.Properties["isoutput"] != "true" {
				t.Errorf("a foreign variable: %s", c.Line)
			}
		case "task.logissue":
			if kind := c.Properties["type"]; kind != "error" && kind != "warning" {
				t.Errorf("a foreign issue: %s", c.Line)
			}
		case "task.complete":
			if c.Properties["result"] != "SucceededWithIssues" || r.Result != "SucceededWithIssues" {
				t.Errorf("a foreign result: %s", c.Line)
			}
		case "task.setsecret":
			if c.Data != agenttest.PresetToken && !strings.Contains(c.Line, base64.StdEncoding.EncodeToString([]byte(agenttest.PresetToken))[:20]) &&
				!strings.Contains(c.Line, base64.StdEncoding.EncodeToString([]byte(":" + agenttest.PresetToken))[:20]) {
				t.Errorf("a foreign secret: %s", c.Line)
			}
		case "task.uploadsummary":
			if !strings.HasPrefix(c.Data, r.WorkDir) {
				t.Errorf("a foreign file: %s", c.Line)
			}
		}
	}
	if len(r.JobVariables) > 0 {
		t.Errorf("variables of the job were set: %v", r.JobVariables)
	}
	plain := regexp.MustCompile(`^(true|false|[0-9]*(,[0-9]+)*)$`)
	for name, value := range r.Variables {
		if !plain.MatchString(value) && (name != "reportPath" || hidden(value) || !strings.HasPrefix(value, r.WorkDir)) {
			t.Errorf("output variable %s holds %q", name, value)
		}
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(r.Stdout, "\n"), "\n") {
		rest := line
		if _, command := agenttest.ParseCommand(line); command {
			rest = strings.TrimPrefix(line, "##vso[")
		} else {
			rest = ourTags.ReplaceAllString(rest, "")
		}
		if strings.Contains(rest, "##") {
			t.Errorf("a line with ## in it: %q", line)
		}
		if hidden(line) {
			t.Errorf("a line with characters that are not to be seen: %q", line)
		}
		if strings.HasPrefix(strings.TrimLeft(line, " #"), torn) {
			t.Errorf("a second line: %q", line)
		}
	}
	for _, line := range r.Log {
		if strings.HasPrefix(line, torn) {
			t.Errorf("a second line in the log: %q", line)
		}
	}
}

// hidden reports characters that end a line, hide or turn around text.
func hidden(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector)
	})
}

func outputNames(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(taskDir, "task.json"))
	if err != nil {
		t.Fatal(err)
	}
	var definition struct{ OutputVariables []struct{ Name string } }
	if err := json.Unmarshal(data, &definition); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range definition.OutputVariables {
		names = append(names, v.Name)
	}
	return names
}

var (
	ownLink = regexp.MustCompile(`\[([A-Za-z0-9 ]*)\]\((https?://[-._/:?=&,%#A-Za-z0-9]+)\)`)
	ownCode = regexp.MustCompile("`[A-Za-z]+`")
)

// checkMarkdown reads Markdown of ours strictly: links of ours lead to the collection or to our help, a table has as many
// cells in each row, and everything else is plain.
func checkMarkdown(t *testing.T, collection, what, text string) {
	t.Helper()
	columns := 0
	for line := range strings.SplitSeq(text, "\n") {
		if hidden(line) {
			t.Errorf("%s holds characters that are not to be seen: %q", what, line)
		}
		if strings.HasPrefix(strings.TrimSpace(line), torn) {
			t.Errorf("%s has a second line: %q", what, line)
		}
		rest := ownLink.ReplaceAllStringFunc(line, func(link string) string {
			address := ownLink.FindStringSubmatch(link)[2]
			if !strings.HasPrefix(address, collection+"/") && !strings.HasPrefix(address, "https://github.com/pr-evaluations/reschedule/blob/main/docs/") {
				t.Errorf("%s links to %s", what, address)
			}
			return "x"
		})
		rest = ownCode.ReplaceAllString(rest, "x")
		rest = strings.TrimPrefix(rest, "### ")
		rest = strings.ReplaceAll(rest, "**", "")
		rest = strings.ReplaceAll(rest, "*Reschedule pull request evaluations*", "")
		bars := strings.Count(rest, "|")
		switch {
		case bars == 0:
			columns = 0
		case columns == 0:
			columns = bars
		case bars != columns:
			t.Errorf("%s has a row of %d bars in a table of %d: %s", what, bars, columns, line)
		}
		if bars > 0 && (!strings.HasPrefix(rest, "|") || !strings.HasSuffix(rest, "|")) {
			t.Errorf("%s holds a bar that is no table's: %s", what, line)
		}
		// Our own words hold none of these; foreign ones are written as references.
		for _, live := range []string{
			"<", ">", "@", "#", "!", "`", "*", "_", "[", "]", "$", "](", "javascript:", "mailto:", "://", "www.", "evil.example", "&#", "##",
		} {
			if strings.Contains(strings.ToLower(rest), live) {
				t.Errorf("%s holds %q alive: %s", what, live, line)
			}
		}
		for _, begin := range []string{"1. ", "1) ", "---", "===", "~~~", "    "} {
			if strings.HasPrefix(rest, begin) {
				t.Errorf("%s begins a block: %s", what, line)
			}
		}
	}
}

// seenRequest is a request as it arrived.
type seenRequest struct{ method, host, target, proto, authorization, body string }

// recorder keeps what it is sent and lets next answer; without next the answer is an empty object.
type recorder struct {
	next http.Handler

	mu   sync.Mutex
	seen []seenRequest
	raw  strings.Builder // all headers of all requests
}

// ServeHTTP implements http.Handler.
func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body) // a client that has gone sent what it sent
	r.mu.Lock()
	r.seen = append(r.seen, seenRequest{q.Method, q.Host, q.RequestURI, q.Proto, q.Header.Get("Authorization"), string(body)})
	_ = q.Header.Write(&r.raw) // a strings.Builder takes everything
	r.mu.Unlock()
	q.Body = io.NopCloser(bytes.NewReader(body))
	if r.next == nil {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
		return
	}
	r.next.ServeHTTP(w, q)
}

func (r *recorder) requests() []seenRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

// all is everything that has arrived, as one text.
func (r *recorder) all() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("%q %s", r.seen, r.raw.String())
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

// expiredWorld is one pull request with something to do.
func expiredWorld() azdotest.World {
	return azdotest.World{Projects: []*azdotest.Project{{Name: "Fabrikam", Repositories: []*azdotest.Repository{
		{Name: "web", PullRequests: []*azdotest.PullRequest{{ID: 7, Title: "x", Evaluations: []*azdotest.Evaluation{{State: "expired"}}}}},
	}}}}
}

// encodings are the forms in which a secret is looked for, of a long one the beginnings: whoever cuts texts must not
// let half a token through.
func encodings(secret string) []string {
	forms := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(":"+secret)), "="),
		strings.TrimRight(base64.URLEncoding.EncodeToString([]byte(secret)), "="),
	}
	for i, form := range forms {
		forms[i] = form[:min(len(form), 40)]
	}
	return forms
}

// checkSecrets looks for secrets in everything that a run has written, task.setsecret left out, and checks that these
// come before every other line.
func checkSecrets(t *testing.T, r agenttest.Result, others string, secrets ...string) {
	t.Helper()
	texts := map[string]string{"stderr": r.Stderr, "the summary": r.Summary, "what others were sent": others}
	var rest strings.Builder
	masks := 0
	for line := range strings.SplitSeq(r.Stdout, "\n") {
		if c, ok := agenttest.ParseCommand(line); ok && c.Name() == "task.setsecret" {
			if rest.Len() > 0 {
				t.Errorf("a secret is masked after the line %q", rest.String())
			}
			masks++
			continue
		}
		rest.WriteString(line + "\n")
	}
	if masks == 0 {
		t.Error("nothing was masked")
	}
	texts["stdout"] = rest.String()
	files := 0
	err := filepath.WalkDir(r.WorkDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		texts[path] = path + string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.ExitCode == 0 && files < 2 {
		t.Errorf("%d files were found, the report and the summary are among them", files)
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		for _, secret := range secrets {
			for i, form := range encodings(secret) {
				if strings.Contains(texts[name], form) {
					t.Errorf("%s holds a secret, form %d: %.2000s", name, i, texts[name])
				}
			}
		}
	}
}

// comments are all texts that the stand-in holds.
func comments(s *azdotest.Server) string {
	var out strings.Builder
	for _, p := range s.World().Projects {
		for _, repository := range p.Repositories {
			for _, pr := range repository.PullRequests {
				for _, thread := range pr.Threads {
					for _, c := range thread.Comments {
						out.WriteString(c.Content)
					}
				}
			}
		}
	}
	for _, q := range s.Requests() {
		out.WriteString(q.Path + q.Query.Encode())
	}
	return out.String()
}

const proxyPassword = "p@ss w/ord+%41&é" // each encoding of it is another text

// TestTokenIsNowhere looks for the token and the proxy's password in all that a run writes, in every mode, also where
// the service sends the token back.
func TestTokenIsNowhere(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]string{"short": agenttest.PresetToken, "long": longToken(5)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokenIsNowhere(t, token)
		})
	}
}

func tokenIsNowhere(t *testing.T, token string) {
	t.Helper()
	echo := "TF401027: you sent Bearer " + token + " and Basic " + base64.StdEncoding.EncodeToString([]byte(":"+token)) +
		" and " + url.QueryEscape(proxyPassword) + " and " + base64.StdEncoding.EncodeToString([]byte(token))
	fault := func(route, word string) func(*testing.T, *azdotest.World) {
		return func(t *testing.T, w *azdotest.World) {
			w.Faults = append(w.Faults, refusal(t, azdotest.Match{Route: route}, word, echo))
		}
	}
	modes := []struct {
		name      string
		inputs    map[string]string
		variables map[string]string
		world     func(*testing.T, *azdotest.World)
		exit      int
	}{
		{name: "plain"},
		{name: "debug", variables: map[string]string{"system.debug": "true"}, inputs: map[string]string{"comment": "always"}},
		{name: "dry run", inputs: map[string]string{"dryRun": "true", "pullRequestIds": "7"}, variables: map[string]string{"system.debug": "true"}},
		{name: "wait", inputs: map[string]string{"wait": "true", "reportPath": "report.json"}},
		{name: "requeue refused", world: fault("requeue", "403-tf401027"), inputs: map[string]string{"comment": "always"}, exit: 1},
		{name: "all refused", world: fault("", "401-empty"), variables: map[string]string{"system.debug": "true"}, exit: 1},
		{name: "comment refused", world: fault("newThread", "403-tf401027"), inputs: map[string]string{"comment": "always"}},
		{name: "evaluations refused", world: fault("evaluations", "403-tf401027"), variables: map[string]string{"system.debug": "true"}, exit: 1},
		{name: "nonsense", exit: 1, world: func(_ *testing.T, w *azdotest.World) {
			w.Faults = append(w.Faults, &azdotest.Fault{
				Match: azdotest.Match{Route: "pullRequests"}, Fault: "200-empty", Body: `{"value":[{"` + token + `":1,"id":{"` + token + `":2}}]}`, ContentType: "application/json",
			})
		}},
		{name: "redirect", exit: 1, world: func(_ *testing.T, w *azdotest.World) {
			w.Faults = append(w.Faults, &azdotest.Fault{
				Match: azdotest.Match{Route: "pullRequests"}, Status: 302, Headers: map[string]string{"Location": "https://" + token + ".example/" + token},
			})
		}},
		{name: "bad input", inputs: map[string]string{"when": token, "order": "$(nothing)"}, exit: 2},
	}
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			w := letIn(token)
			if mode.world != nil {
				mode.world(t, &w)
			}
			s := azdotest.Start(t, w)
			inputs := map[string]string{"recordPath": "recording.jsonl"}
			maps.Copy(inputs, mode.inputs)
			file := stepFile{Inputs: inputs, Variables: maps.Clone(mode.variables), SecretVariables: map[string]string{"agent.proxypassword": proxyPassword}}
			if file.Variables == nil {
				file.Variables = map[string]string{}
			}
			file.Variables["agent.proxyurl"], file.Variables["agent.proxyusername"] = "http://127.0.0.1:1", "me" // loopback is never sent there
			step := file.step(t, s)
			step.Env = map[string]string{"SYSTEM_ACCESSTOKEN": "$(System.AccessToken)"}
			r := run(t, s, step)
			if r.ExitCode != mode.exit {
				t.Errorf("exit code %d, want %d\n%s", r.ExitCode, mode.exit, r.Stdout)
			}
			checkSecrets(t, r, comments(s), token, proxyPassword)
			for _, secret := range []string{token, proxyPassword} {
				if !slices.Contains(r.Secrets, secret) {
					t.Errorf("%q was not masked", secret)
				}
			}
		})
	}
}

// TestWithoutAgentNoCommand runs the program on a laptop: there is nobody who would read commands, and a masked token
// would be a printed one.
func TestWithoutAgentNoCommand(t *testing.T) {
	t.Parallel()
	for _, inputs := range [][]string{{"INPUT_REPOSITORIES=*"}, {"INPUT_REPOSITORIES=*", "SYSTEM_DEBUG=true", "INPUT_DRYRUN=true"}, {"INPUT_WHEN=x"}} {
		s := azdotest.Start(t, expiredWorld())
		temp := t.TempDir()
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Dir = temp
		cmd.Env = append(inputs, "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI="+s.URL(), "SYSTEM_TEAMPROJECT=Fabrikam", "SYSTEM_ACCESSTOKEN="+agenttest.PresetToken,
			"AGENT_TEMPDIRECTORY="+temp, "GOCOVERDIR="+os.Getenv("GOCOVERDIR"))
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if (err != nil) != slices.Contains(inputs, "INPUT_WHEN=x") {
			t.Errorf("%v: %v\n%s", inputs, err, out)
		}
		text := string(out) + stderr.String()
		if strings.Contains(text, "##") || strings.Contains(text, "setsecret") {
			t.Errorf("a command without an agent:\n%s", text)
		}
		for _, form := range encodings(agenttest.PresetToken) {
			if strings.Contains(text, form) {
				t.Errorf("the token was printed:\n%s", text)
			}
		}
	}
}

// TestNoCoreDump looks at the limits of the running process.
func TestNoCoreDump(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux shows the limits of another process")
	}
	w := expiredWorld()
	w.Faults = []*azdotest.Fault{{Match: azdotest.Match{Route: "options"}, Fault: "hang"}}
	s := azdotest.Start(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = environment(t, stepFile{}.step(t, s))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); _ = cmd.Wait() }() // it was killed
	for end := time.Now().Add(time.Minute); len(s.Requests()) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no request came")
		}
	}
	limits, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "limits"))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^Max core file size +0 +0 `).Match(limits) {
		t.Errorf("a crash would write the token to a file:\n%s", limits)
	}
}

// TestTokenStaysAtItsOrigin redirects a read and a write to another server.
func TestTokenStaysAtItsOrigin(t *testing.T) {
	t.Parallel()
	for _, route := range []string{"options", "pullRequests", "evaluation", "requeue", "connectionData", "newThread"} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			if status != 302 && status != 307 && route != "requeue" {
				continue
			}
			t.Run(fmt.Sprintf("%s %d", route, status), func(t *testing.T) {
				t.Parallel()
				other := &recorder{}
				elsewhere := serve(t, other)
				w := expiredWorld()
				w.Faults = []*azdotest.Fault{{
					Match: azdotest.Match{Route: route}, Fault: "500", Status: status, Headers: map[string]string{"Location": elsewhere + "/tfs/DefaultCollection/_apis"},
				}}
				s := azdotest.Start(t, w)
				r := run(t, s, stepFile{Inputs: map[string]string{"comment": "always"}}.step(t, s))
				if len(other.requests()) > 0 {
					t.Errorf("another server was sent %s", other.all())
				}
				harmless := route == "connectionData" || route == "newThread"
				if (r.ExitCode == 0) != harmless || !strings.Contains(r.Stdout, "redirected to "+strings.TrimPrefix(elsewhere, "http://")) {
					t.Errorf("exit code %d\n%s", r.ExitCode, r.Stdout)
				}
				if route == "requeue" && len(s.Writes()) > 2 {
					t.Errorf("writes: %v", s.Writes())
				}
			})
		}
	}
}

// TestAliasesAreRefused gives the job variables that take the place of what the agent hands over, on an agent where they
// win and on one where they lose.
func TestAliasesAreRefused(t *testing.T) {
	t.Parallel()
	other := &recorder{}
	elsewhere := serve(t, other)
	for _, version := range []string{"2.206.1", "4.275.0", "5.278.0"} {
		for name, value := range map[string]string{
			"INPUT_REPOSITORIES": "*", "input.dryRun": "false", "input comment": "always", "Input_AzureSubscription": "x",
			"ENDPOINT_URL_SYSTEMVSSCONNECTION": elsewhere, "endpoint.url.SystemVssConnection": elsewhere,
			"ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": "theirs", "endpoint.auth.parameter.systemVssConnection.accessToken": "theirs",
			"ENDPOINT_AUTH_SYSTEMVSSCONNECTION": "{}", "ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION": "None",
			"SECRET_SYSTEM_ACCESSTOKEN": "theirs", "secret.system.accessToken": "theirs",
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				t.Parallel()
				s := azdotest.Start(t, expiredWorld())
				step := stepFile{AgentVersion: version, Variables: map[string]string{name: value}}.step(t, s)
				r := run(t, s, step)
				refused(t, s, r, strconv.Quote(name))
			})
		}
		for name, uri := range map[string]string{
			"another host":            elsewhere + "/tfs/DefaultCollection/",
			"another collection":      "http://HOST/tfs/Other/",
			"within the user":         "http://HOST@" + strings.TrimPrefix(elsewhere, "http://") + "/tfs/DefaultCollection/",
			"another scheme":          "https://HOST/tfs/DefaultCollection/",
			"a project of it":         "http://HOST/tfs/DefaultCollection/Fabrikam",
			"the services themselves": "https://dev.azure.com/fabrikam",
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				t.Parallel()
				s := azdotest.Start(t, expiredWorld())
				home, err := url.Parse(s.URL())
				if err != nil {
					t.Fatal(err)
				}
				uri := strings.ReplaceAll(uri, "HOST", home.Host)
				step := stepFile{AgentVersion: version, Variables: map[string]string{"system.teamFoundationCollectionUri": uri}}.step(t, s)
				refused(t, s, run(t, s, step), "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")
			})
		}
		t.Run(version+" OIDC", func(t *testing.T) {
			t.Parallel()
			s := azdotest.Start(t, expiredWorld())
			// It matters only where a service connection uses it.
			step := stepFile{AgentVersion: version, Variables: map[string]string{"system.oidcRequestUri": elsewhere + "/oidctoken"}}.step(t, s)
			if r := run(t, s, step); r.ExitCode != 0 {
				t.Errorf("exit code %d without a service connection\n%s", r.ExitCode, r.Stdout)
			}
			home := newOrganization(t, expiredWorld())
			step = federated(t, home, serve(t, home), "", "", map[string]string{})
			step.AgentVersion, step.Variables = version, map[string]string{"system.oidcRequestUri": elsewhere + "/oidctoken"}
			refused(t, home.s, run(t, home.s, step), "SYSTEM_OIDCREQUESTURI")
		})
	}
	t.Cleanup(func() {
		if len(other.requests()) > 0 {
			t.Errorf("another server was sent %s", other.all())
		}
	})
}

// refused is a run that ends before anything is sent, for a reason that it names.
func refused(t *testing.T, s *azdotest.Server, r agenttest.Result, reason string) {
	t.Helper()
	if r.ExitCode != 2 || len(s.Requests()) > 0 {
		t.Errorf("exit code %d after %d requests\n%s", r.ExitCode, len(s.Requests()), r.Stdout)
	}
	if !slices.ContainsFunc(r.Errors, func(text string) bool { return strings.Contains(text, reason) }) {
		t.Errorf("no error names %s: %q", reason, r.Errors)
	}
}

var (
	testName = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`")
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)\(`)
)

// TestThreatModel: each threat of docs/security.md names tests, and there are such tests.
func TestThreatModel(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	known := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, found := range testFunc.FindAllSubmatch(data, -1) {
			known[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	threats := 0
	_, model, found := strings.Cut(string(data), "## Threats")
	if !found {
		t.Fatal("docs/security.md has no section of threats")
	}
	model, _, _ = strings.Cut(model, "\n## ")
	for line := range strings.SplitSeq(model, "\n") {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| threat") || strings.HasPrefix(line, "| ---") {
			continue
		}
		threats++
		names := testName.FindAllStringSubmatch(line, -1)
		if len(names) == 0 {
			t.Errorf("a threat without a test: %s", line)
		}
		for _, name := range names {
			if !known[name[1]] {
				t.Errorf("there is no test %s: %s", name[1], line)
			}
		}
	}
	if threats < 10 {
		t.Errorf("%d threats were found", threats)
	}
}
