package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// headers is a lookup of headers.
func headers(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// lineOf is the line of one exchange, without what every line has.
func lineOf(t *testing.T, e Exchange, own ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := New(&out, own...).Add(e); err != nil {
		t.Fatal(err)
	}
	line, ok := strings.CutSuffix(out.String(), "}\n")
	if !ok {
		t.Fatalf("no line: %q", out.String())
	}
	_, line, _ = strings.Cut(line, `"path":`)
	return line
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	const json = "application/json; charset=utf-8; api-version=7.1"
	for _, test := range []struct{ name, what, contentType, body, want string }{
		{"what nobody names is dropped", "builds", json, `{"value":[{"id":7,"secretKey":{"id":8},"status":"completed"}],"count":1}`, `"body":{"value":[{"id":7,"status":"completed"}],"count":1}`},
		{"names have kinds", "repositories", json, `{"value":[{"name":"web","project":{"name":"Shop"},"isDisabled":false,"defaultBranch":"refs/heads/main"}]}`, `"body":{"value":[{"name":"repository-1","project":{"name":"project-1"},"isDisabled":false,"defaultBranch":"refs/heads/branch-1"}]}`},
		{"equal texts, equal stand-ins", "definitions", json, `{"value":[{"name":"web","queueStatus":"paused"},{"name":"web"},{"name":"api"}]}`, `"body":{"value":[{"name":"pipeline-1","queueStatus":"paused"},{"name":"pipeline-1"},{"name":"pipeline-2"}]}`},
		{"case is kept apart", "definitions", json, `{"value":[{"name":"web"},{"name":"WEB"},{"name":"Web"},{"name":"WEB"}]}`, `"body":{"value":[{"name":"pipeline-1"},{"name":"Pipeline-1"},{"name":"pIpeline-1"},{"name":"Pipeline-1"}]}`},
		{"a word passes where it is one", "pullrequests", json, `{"title":"active","status":"Active","mergeStatus":"active"}`, `"body":{"title":"title-1","status":"Active","mergeStatus":"title-1"}`},
		{"a date passes where it is one", "pullrequests", json, `{"title":"2024-01-09T16:32:42Z","creationDate":"2024-01-09T16:32:42.21Z","closedDate":"yesterday"}`, `"body":{"title":"title-1","creationDate":"2024-01-09T16:32:42.21Z","closedDate":"text-1"}`},
		{"numbers in texts do not pass", "pullrequests", json, `{"title":"4711","pullRequestId":4711,"triggerInfo":{"pr.number":"7","pr.title":"x","pr.sourceSha":"4711"}}`, `"body":{"title":"title-1","pullRequestId":4711,"triggerInfo":{"pr.number":"7","pr.sourceSha":"title-1"}}`},
		{"numbers end somewhere", "builds", json, `{"id":123456789012345678901,"size":1e9,"vote":-10}`, `"body":{"id":99999999999999999999,"size":1e9,"vote":-10}`},
		{"GUIDs, commits", "evaluations", json, `{"id":"6F1E2C3D-0000-4000-8000-000000000001","evaluationId":"6f1e2c3d-0000-4000-8000-000000000001","commitId":"5de03fa94ab05adb8db801d47396523d990be6ec"}`, `"body":{"id":"00000000-0000-4000-8000-000000000001","evaluationId":"00000000-0000-4000-8000-000000000001","commitId":"c000000000000000000000000000000000000001"}`},
		{"policy types, nobody", "policies", json, `{"type":{"id":"0609B952-1397-4640-95ec-e00a01b2c241","displayName":"Build"},"autoCompleteSetBy":{"id":"00000000-0000-0000-0000-000000000000"}}`, `"body":{"type":{"id":"0609b952-1397-4640-95ec-e00a01b2c241","displayName":"type-1"},"autoCompleteSetBy":{"id":"00000000-0000-0000-0000-000000000000"}}`},
		{"refs stay refs", "builds", json, `{"sourceBranch":"refs/pull/7/merge","sourceRefName":"refs/heads/release/1.0","refName":"refs/heads/release/","targetRefName":"release","defaultBranch":"refs/tags/v1"}`, `"body":{"sourceBranch":"refs/pull/7/merge","sourceRefName":"refs/heads/branch-1/branch-2","refName":"refs/heads/branch-1/","targetRefName":"branch-1","defaultBranch":"refs/tags/tag-1"}`},
		{"refs of other kinds", "builds", json, `{"sourceBranch":"refs/pull/ada/merge","refName":"refs/pull/7/ada"}`, `"body":{"sourceBranch":"refs/segment-1/segment-2/segment-3","refName":"refs/segment-1/segment-4/segment-2"}`},
		{"addresses", "pullrequest", json, `{"url":"https://dev.azure.com/shop/_apis","webUrl":"https://dev.azure.com/shop","artifactId":"vstfs:///CodeReview/CodeReviewId/6f1e2c3d-0000-4000-8000-000000000001%2f7"}`, `"body":{"url":"https://example.invalid/url-1","webUrl":"https://example.invalid/url-2","artifactId":"vstfs:///CodeReview/CodeReviewId/00000000-0000-4000-8000-000000000001/7"}`},
		{"other artifacts", "pullrequest", json, `{"artifactId":"vstfs:///CodeReview/CodeReviewId/shop/7"}`, `"body":{"artifactId":"https://example.invalid/url-1"}`},
		{"JSON in a text", "builds", json, `{"parameters":"{\"system.pullRequest.sourceCommitId\":\"5de03fa94ab05adb8db801d47396523d990be6ec\",\"password\":\"x\",\"system.pullRequest.sourceBranch\":\"refs/heads/main\"}"}`, `"body":{"parameters":"{\"system.pullRequest.sourceCommitId\":\"c000000000000000000000000000000000000001\",\"system.pullRequest.sourceBranch\":\"refs/heads/branch-1\"}"}`},
		{"a text that is no JSON", "builds", json, `{"parameters":"{no"}`, `"body":{"parameters":"text-1"}`},
		{"people", "connectionData", json, `{"authenticatedUser":{"providerDisplayName":"Ada","properties":{"Account":{"$type":"System.String","$value":"ada@shop.example"}}},"createdBy":{"displayName":"Ada","uniqueName":"ada@shop.example"}}`, `"body":{"authenticatedUser":{"providerDisplayName":"person-1","properties":{"Account":{"$value":"account-1"}}},"createdBy":{"displayName":"person-1","uniqueName":"account-1"}}`},
		{"a policy's name", "evaluation", json, `{"configuration":{"settings":{"displayName":"CI of Ada","buildDefinitionId":5},"type":{"displayName":"Build"}},"context":{"isExpired":true,"buildDefinitionName":"ci","internal":1}}`, `"body":{"configuration":{"settings":{"displayName":"policy-1","buildDefinitionId":5},"type":{"displayName":"type-1"}},"context":{"isExpired":true,"buildDefinitionName":"pipeline-1"}}`},
		{"a timeline", "timeline", json, `{"records":[{"type":"Task","name":"Test Shop","result":"failed","issues":[{"type":"error","message":"Shop is down"}]}]}`, `"body":{"records":[{"type":"Task","name":"step-1","result":"failed","issues":[{"type":"error","message":"text-1"}]}]}`},
		{"a refusal keeps its code", "evaluations", json, `{"$id":"1","innerException":null,"message":"TF401027: You need the Git 'X' permission","typeName":"Microsoft.X","typeKey":"GitNeedsPermissionException","errorCode":0}`, `"body":{"innerException":null,"message":"TF401027: text-1","typeKey":"GitNeedsPermissionException","errorCode":0}`},
		{"an unknown refusal", "evaluations", json, `{"message":"Ada may not","typeKey":"AdaException"}`, `"body":{"message":"text-1","typeKey":"exception-1"}`},
		{"lists of texts", "policies", json, `{"filenamePatterns":["/src/*","!/docs/*"],"queueOptions":["none","x"]}`, `"body":{"filenamePatterns":["text-1","text-2"],"queueOptions":["none","text-3"]}`},
		{"null and strange roots", "builds", json, `[null,true,"web",[{}]]`, `"body":[null,true,"text-1",[{}]]`},
		{"twice the same member", "builds", json, `{"name":"a","name":"b"}`, `"body":{"name":"text-1","name":"text-2"}`},
		{"invalid UTF-8", "builds", json, "{\"name\":\"a\xff\"}", `"body":{"name":"text-1"}`},
		{"it ends in the middle", "builds", json, `{"value":[{"name":"web"`, `"text":"{"`},
		{"no JSON", "builds", json, `{"value":[web]}`, `"text":"{]"`},
		{"something follows", "builds", json, `{} web`, `"text":"{]"`},
		{"a page", "builds", "text/html; charset=utf-8", `<html><title>Shop</title>`, `"text":"<html></html>"`},
		{"a page without its type", "builds", json, `<html><title>Shop</title>`, `"text":"<html></html>"`},
		{"a log", "log", "text/plain", "one Shop\r\n\ntwo\none Shop", `"text":"text-1\n\ntext-2\ntext-1\n"`},
		{"a log that looks like a page", "log", "text/plain", "<one>\n", `"text":"text-1\n"`},
		{"a log in JSON", "log", json, `{"count":2,"value":["one Shop",""]}`, `"body":{"count":2,"value":["text-1",""]}`},
		{"plain text", "builds", "text/plain", `TF400733: The Shop is closed`, `"text":"TF400733: text-1"`},
		{"empty", "builds", json, "", ""},
		{"white space", "builds", json, " \r\n", ""},
		{"what stands before an answer", "builds", json, "\xef\xbb\xbf \n{\"id\":7}", `"body":{"id":7}`},
		{"versions", "locations", json, `{"value":[{"id":"225f7195-f9c7-4d14-ab28-a83f7ff77e1f","area":"git","resourceName":"repositories","routeTemplate":"{project}/_apis/{area}/{resource}/{repositoryId}","maxVersion":"7.2","minVersion":"Shop","resourceVersion":1},{"id":"6f1e2c3d-0000-4000-8000-000000000001","area":"shop"}],"count":2}`, `"body":{"value":[{"id":"225f7195-f9c7-4d14-ab28-a83f7ff77e1f","area":"git","resourceName":"repositories","routeTemplate":"{project}/_apis/{area}/{resource}/{repositoryId}","maxVersion":"7.2","minVersion":"text-1","resourceVersion":1}]}`},
		{"a strange route", "locations", json, `{"value":[{"id":"225f7195-f9c7-4d14-ab28-a83f7ff77e1f","routeTemplate":"shop/_apis/{ada}"}]}`, `"body":{"value":[{"id":"225f7195-f9c7-4d14-ab28-a83f7ff77e1f","routeTemplate":"segment-1/_apis/segment-2"}]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := lineOf(t, Exchange{What: test.what, Path: "_apis/projects", Status: 200, Header: headers("Content-Type", test.contentType), Body: []byte(test.body)})
			_, got, _ = strings.Cut(got, `"headers":`)
			if _, after, ok := strings.Cut(got, "},"); ok {
				got = after
			} else {
				got = ""
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	const guid = "6f1e2c3d-0000-4000-8000-000000000001"
	for _, test := range []struct{ name, path, query, want string }{
		{"a project by name", "/Shop%20of%20Ada/_apis/git/repositories", "", `"project-1/_apis/git/repositories"`},
		{"a project that is called like a part", "git/_apis/git/pullRequests", "", `"project-1/_apis/git/pullRequests"`},
		{"a repository that is called like a part", "Shop/_apis/git/repositories/pullRequests/pullRequests", "", `"project-1/_apis/git/repositories/repository-1/pullRequests"`},
		{"names that are numbers", "4711/_apis/git/repositories/4712/pullRequests/7/threads", "", `"project-1/_apis/git/repositories/repository-1/pullRequests/7/threads"`},
		{"GUIDs", guid + "/_apis/policy/evaluations/" + guid, "", `"00000000-0000-4000-8000-000000000001/_apis/policy/evaluations/00000000-0000-4000-8000-000000000001"`},
		{"no project", "_apis/connectionData", "", `"_apis/connectionData"`},
		{"the table", "_apis", "", `"_apis"`},
		{"an unknown route", "Shop/_apis/ada/7", "", `"project-1/_apis/segment-1/segment-2"`},
		{"more than a project", "Shop/team/_apis/projects", "", `"project-1/project-2/_apis/projects"`},
		{
			"queries", "Shop/_apis/build/builds", url.Values{
				"$top": {"200"}, "definitions": {"5,6"}, "branchName": {"refs/pull/7/merge"}, "statusFilter": {"completed,ada"}, "queryOrder": {"finishTimeDescending"},
				"ada": {"ada"}, "includeLinks": {"false"}, "continuationToken": {"5"}, "minTime": {"2024-01-09T16:32:42Z"}, "name": {"7"},
			}.Encode(), `"project-1/_apis/build/builds","query":{"$top":"200","branchName":"refs/pull/7/merge","continuationToken":"token-1","definitions":"5,6","includeLinks":"false","minTime":"2024-01-09T16:32:42Z","name":"text-1","queryOrder":"finishTimeDescending","statusFilter":"completed,text-2"}`,
		},
		{
			"numbers and flags that are none", "_apis/projects", url.Values{"$skip": {"ada"}, "includeLinks": {"ada"}, "searchCriteria.status": {"ada"}, "minTime": {"ada"}}.Encode(),
			`"_apis/projects","query":{"$skip":"text-1","includeLinks":"text-1","minTime":"text-1","searchCriteria.status":"text-1"}`,
		},
		{
			"the artifact of a pull request", "Shop/_apis/policy/evaluations", url.Values{"artifactId": {"vstfs:///CodeReview/CodeReviewId/" + guid + "/7"}, "policyType": {"0609b952-1397-4640-95ec-e00a01b2c241"}}.Encode(),
			`"project-1/_apis/policy/evaluations","query":{"artifactId":"vstfs:///CodeReview/CodeReviewId/00000000-0000-4000-8000-000000000001/7","policyType":"0609b952-1397-4640-95ec-e00a01b2c241"}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, lineOf(t, Exchange{Path: test.path, Query: query})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, header, value, want string }{
		{"seconds", "Retry-After", "12", `{"Retry-After":"12"}`},
		{"a date", "Retry-After", "Mon, 02 Mar 2026 12:00:00 GMT", `{"Retry-After":"Mon, 02 Mar 2026 12:00:00 GMT"}`},
		{"nonsense", "Retry-After", "when Ada comes", `{}`},
		{"the server's clock", "Date", "Mon, 02 Mar 2026 12:00:00 GMT", `{"Date":"Mon, 02 Mar 2026 12:00:00 GMT"}`},
		{"decimals", "X-RateLimit-Delay", "0.125", `{"X-RateLimit-Delay":"0.125"}`},
		{"no date there", "X-RateLimit-Reset", "Mon, 02 Mar 2026 12:00:00 GMT", `{}`},
		{"a token, also a number", "X-MS-ContinuationToken", "1", `{"X-MS-ContinuationToken":"token-1"}`},
		{"the kind of a type", "Content-Type", "application/json; charset=utf-8; x=Shop", `{"Content-Type":"application/json"}`},
		{"another type", "Content-Type", "image/shop", `{"Content-Type":"other/other"}`},
		{"a code", "X-TFS-ServiceError", "TF24668%3A+The+collection+Shop+is+stopped", `{"X-TFS-ServiceError":"TF24668: text-1"}`},
		{"a redirect", "Location", "https://shop.example/ada", `{"Location":"https://redirect.invalid/"}`},
		{"to a sign-in page", "Location", "https://spsprodcin2.vssps.visualstudio.com/_signin?x=ada", `{"Location":"https://redirect.invalid/_signin"}`},
		{"within the server", "Location", "/ada/_signin", `{"Location":"/_signin"}`},
		{"no address", "Location", "http://[ada", `{"Location":"/"}`},
		{"any other header", "WWW-Authenticate", "Bearer authorization_uri=https://login/ada", `{}`},
		{"a cookie", "Set-Cookie", "ada=1", `{}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			want := `"_apis","status":200,"headers":` + test.want
			if diff := cmp.Diff(want, lineOf(t, Exchange{Path: "_apis", Status: 200, Header: headers(test.header, test.value)})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestLines: a line has all members in their order, numbers count up, and a comment of ours keeps its marker.
func TestLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := New(&out, "<!-- ours -->")
	run := Run{
		Version: "1.1.0", At: noon, Project: Project{"6f1e2c3d-0000-4000-8000-000000000001", "Shop"}, Repository: Repository{Name: "web"},
		Validates: 7, Pipeline: 55, Position: 1, Total: 3, Foreign: true, Inputs: []Input{{"repositories", "web"}, {"reportPath", "/home/ada"}},
	}
	exchanges := []Exchange{
		{
			At: noon.Add(time.Second), Took: 12 * time.Millisecond, Method: "POST", What: "thread",
			Path: "Shop/_apis/git/repositories/web/pullRequests/7/threads", Status: 200,
			Request: []byte(`{"comments":[{"parentCommentId":0,"content":"Shop\n<!-- ours -->","commentType":"text"}],"status":"closed"}`),
			Header:  headers("Content-Type", "application/json"), Body: []byte(`{"id":1}`),
		},
		{At: noon.Add(2 * time.Second), Method: "GET", What: "projects", Path: "_apis/projects", Fault: "connection"},
	}
	if err := r.Begin(run); err != nil {
		t.Fatal(err)
	}
	for _, e := range exchanges {
		if err := r.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	want := `{"recording":1,"version":"1.1.0","at":"2026-03-01T12:00:00.000Z","run":{"project":{"id":"00000000-0000-4000-8000-000000000001","name":"project-1"},"repository":{"name":"repository-1"},"validates":7,"pipeline":55,"slice":[1,3],"foreign":true},"inputs":{"repositories":"repository-1"}}
{"n":1,"at":"2026-03-01T12:00:01.000Z","ms":12,"method":"POST","what":"thread","path":"project-1/_apis/git/repositories/repository-1/pullRequests/7/threads","request":{"comments":[{"parentCommentId":0,"content":"text-1\n\n<!-- ours -->","commentType":"text"}],"status":"closed"},"status":200,"headers":{"Content-Type":"application/json"},"body":{"id":1}}
{"n":2,"at":"2026-03-01T12:00:02.000Z","ms":0,"method":"GET","what":"projects","path":"_apis/projects","fault":"connection"}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestInputs: names are what they are in the answers; what looks into texts or is half a name is said to be that.
func TestInputs(t *testing.T) {
	t.Parallel()
	n := newNeutral(nil)
	n.path("Shop/_apis/git/repositories/web/pullRequests")
	for _, test := range []struct{ input, value, want string }{
		{"repositories", "WEB, !Shop/api\n*/*, 4711, web*", "Repository-1\n!project-1/repository-2\n*/*\nrepository-3\npattern-1"},
		{"targetBranches", "main,refs/heads/release/*\n!hot?ix", "branch-1\nrefs/heads/branch-2/*\n!pattern-2"},
		{"labels", "urgent", "label-1"},
		{"authors", "Ada, Countess\n!ada@shop.example", "person-1\n!person-2"},
		{"titles", "*", "*"},
		{"policies", "CI\n!4711", "policy-1\n!4711"},
		{"retryOnlyIf", "@network\nShop is (down|closed)", "@network\ntext-1"},
		{"order", "label:urgent, Stalest", "label:label-1\nStalest"},
		{"when", "expired,failed", "expired\nfailed"},
		{"cooldown", "1h30m", "1h30m"},
		{"cooldown", "7396529652396h", "text-2"},
		{"pullRequestIds", "7, 8", "7\n8"},
		{"dryRun", "True", "True"},
		{"comment", "Ada true", "text-3"},
		{"organization", "https://dev.azure.com/shop", ""},
		{"azureSubscription", "ada", ""},
		{"reportPath", "/home/ada", ""},
		{"recordPath", "ada", ""},
	} {
		if diff := cmp.Diff(test.want, n.input(test.input, test.value)); diff != "" {
			t.Errorf("%s -want +got:\n%s", test.input, diff)
		}
	}
}

// TestDefinitionPasses: the defaults and the options of every input are written as they are, so that a replay has them.
func TestDefinitionPasses(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "..", "task", "task.json"))
	if err != nil {
		t.Fatal(err)
	}
	var definition struct {
		Inputs []struct {
			Name, DefaultValue string
			Options            map[string]string
		}
	}
	if err := json.Unmarshal(data, &definition); err != nil || len(definition.Inputs) == 0 {
		t.Fatalf("%d inputs: %v", len(definition.Inputs), err)
	}
	n := newNeutral(nil)
	for _, input := range definition.Inputs {
		for _, value := range append(slices.Collect(maps.Keys(input.Options)), input.DefaultValue) {
			if got := strings.ReplaceAll(n.input(input.Name, value), "\n", ","); got != value {
				t.Errorf("%s: %q becomes %q", input.Name, value, got)
			}
		}
	}
}

// halfDisk takes some lines and fails.
type halfDisk struct {
	bytes.Buffer
	left int
}

func (d *halfDisk) Write(p []byte) (int, error) {
	if d.left--; d.left < 0 {
		return 0, errors.New("no space left on device")
	}
	return d.Buffer.Write(p)
}

// TestDiskFull: one error, and nothing behind the gap.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := &halfDisk{left: 1}
	r := New(disk)
	var faults []error
	for range 3 {
		if err := r.Add(Exchange{Path: "_apis"}); err != nil {
			faults = append(faults, err)
		}
		disk.left++
	}
	if len(faults) != 0 {
		t.Fatalf("%v", faults)
	}
	disk.left = 0
	for range 3 {
		if err := r.Add(Exchange{Path: "_apis"}); err != nil {
			faults = append(faults, err)
		}
		disk.left = 9
	}
	if len(faults) != 1 || strings.Count(disk.String(), "\n") != 3 {
		t.Errorf("%d errors, and:\n%s", len(faults), disk.String())
	}
}

// TestAtOnce: lines do not mix, and their numbers are in order, whoever writes.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := New(&out)
	var writing sync.WaitGroup
	for i := range 8 {
		writing.Go(func() {
			for range 50 {
				body := fmt.Sprintf(`{"value":[{"name":"repository of %d"}]}`, i)
				if err := r.Add(Exchange{What: "repositories", Path: "_apis/projects", Body: []byte(body)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	names := map[string]int{}
	for i, line := range lines {
		_, name, _ := strings.Cut(line, `"body":`)
		names[name]++
		if !strings.HasPrefix(line, fmt.Sprintf(`{"n":%d,`, i+1)) {
			t.Errorf("line %d is %s", i+1, line)
		}
	}
	if len(lines) != 400 || len(names) != 8 {
		t.Errorf("%d lines, %d repositories", len(lines), len(names))
	}
	for name, count := range names {
		if count != 50 {
			t.Errorf("%s stands in %d lines", name, count)
		}
	}
}

// TestPanicHarmsNobody: a fault of the recorder ends the recording, not the run.
func TestPanicHarmsNobody(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := New(&out)
	broken := Exchange{Path: "_apis", Header: func(string) string { panic("broken") }}
	if err := r.Add(broken); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("the error is %v", err)
	}
	if err := r.Add(broken); err != nil || out.Len() > 0 {
		t.Errorf("and then %v, %q", err, out.String())
	}
}

// TestManySpellings: a text may have more spellings than its stand-in.
func TestManySpellings(t *testing.T) {
	t.Parallel()
	s := newStandIns()
	seen := map[string]string{}
	for i := range 1 << 5 {
		text := []byte("abcde")
		for j := range text {
			if i>>j&1 == 1 {
				text[j] -= 'a' - 'A'
			}
		}
		standIn := s.of(kindTag, string(text))
		if other, ok := seen[standIn]; ok {
			t.Errorf("%s and %s are both %s", other, text, standIn)
		}
		seen[standIn] = string(text)
	}
}
