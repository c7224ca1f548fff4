package azdotest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// failing is a pull request whose build failed in several ways.
const failing = `{"behaviour":{"issueLimit":2},"projects":[{"name":"Shop","repositories":[{"name":"web","pullRequests":[{"id":7,"evaluations":[
	{"policy":"CI","state":"failed","build":3,"errors":["one"],"steps":[
		{"name":"Test","errors":["a","b","c"],"log":["first","second","third"]},
		{"errors":["quiet"],"noLog":true},
		{"name":"Lint","result":"succeededWithIssues","log":"a\nb\n"},
		{"name":"Pack","errorCount":12,"errors":["x"],"logGone":true}]}]}]}],
	"policies":[{"displayName":"CI"}],"builds":[
	{"id":4,"result":"failed","timeline":"204","validationResults":[{"message":"bad YAML"},{"result":"warning","message":"old"}]},
	{"id":5,"result":"failed","timeline":"404"},{"id":6,"deleted":true},{"id":7,"status":"notStarted"}]}]}`

func TestStepsOfATimeline(t *testing.T) {
	t.Parallel()
	s := Start(t, parse(t, failing))
	timeline := get(t, s, "/Shop/_apis/build/builds/3/timeline")
	type step struct {
		Name, Type, Result    string
		Errors, Issues, LogID int
	}
	var got []step
	records, _ := at(t, timeline, "records").([]any)
	for _, r := range records {
		one := step{Name: text(at(t, r, "name")), Type: text(at(t, r, "type")), Result: text(at(t, r, "result")), Errors: count(at(t, r, "errorCount"))}
		if issues, ok := at(t, r, "issues").([]any); ok {
			one.Issues = len(issues)
		}
		if log, ok := at(t, r, "log").(map[string]any); ok {
			one.LogID = count(log["id"])
		}
		got = append(got, one)
	}
	want := []step{
		{"Build", "Job", "failed", 0, 0, 0},
		{"Checkout", "Task", "succeeded", 0, 0, 1},
		{"Run tests 1", "Task", "failed", 1, 1, 2},
		{"Test", "Task", "failed", 3, 2, 3},
		{"Step 3", "Task", "failed", 1, 1, 0},
		{"Lint", "Task", "succeededWithIssues", 0, 0, 5},
		{"Pack", "Task", "failed", 12, 1, 6},
		{"Publish results", "Task", "succeeded", 0, 0, 7},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func count(v any) int {
	n, _ := v.(float64)
	return int(n)
}

func TestLogs(t *testing.T) {
	t.Parallel()
	s := Start(t, parse(t, failing))
	logs := get(t, s, "/Shop/_apis/build/builds/3/logs")
	lengths := map[int]int{}
	list, _ := at(t, logs, "value").([]any)
	for _, l := range list {
		lengths[count(at(t, l, "id"))] = count(at(t, l, "lineCount"))
	}
	if diff := cmp.Diff(map[int]int{1: 2, 2: 3, 3: 3, 5: 2, 6: 3, 7: 2}, lengths); diff != "" {
		t.Errorf("lengths (-want +got):\n%s", diff)
	}
	for _, test := range []struct{ lines, query, want string }{
		{"fromOne", "", "first second third"},
		{"fromOne", "?startLine=1&endLine=1", "first"},
		{"fromOne", "?startLine=2", "second third"},
		{"fromOne", "?startLine=2&endLine=900", "second third"},
		{"fromOne", "?startLine=4", ""},
		{"fromOne", "?startLine=0&endLine=2", "first second"},
		{"fromZero", "?startLine=0&endLine=1", "first second"},
		{"fromZero", "?startLine=2", "third"},
		{"fromZero", "?startLine=3", ""},
	} {
		s.Update(func(w *World) { w.Behaviour.LogLines = test.lines })
		path := "/Shop/_apis/build/builds/3/logs/3" + test.query
		headers := map[string]string{"Authorization": "Bearer token", "Accept": "text/plain;api-version=7.1-preview.2"}
		plain := sendAs(t, s, http.MethodGet, path, "", headers)
		if got := unstamped(t, strings.Split(strings.TrimSuffix(plain.text, "\r\n"), "\r\n")); got != test.want || !strings.HasPrefix(plain.header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s %s: %s, want %s", test.lines, test.query, got, test.want)
		}
		var lines []string
		headers["Accept"] = "application/json;api-version=7.1-preview.2"
		values, _ := at(t, decode(t, sendAs(t, s, http.MethodGet, path, "", headers), 200), "value").([]any)
		for _, v := range values {
			lines = append(lines, text(v))
		}
		if got := unstamped(t, lines); got != test.want {
			t.Errorf("%s %s as JSON: %s, want %s", test.lines, test.query, got, test.want)
		}
	}
	s.Except(`query parameter "startLine": "x"`, "the stand-in is shown to refuse it")
	if r := send(t, s, "GET", "/Shop/_apis/build/builds/3/logs/3?startLine=x", ""); r.status != 400 {
		t.Errorf("a line that is no number: %d", r.status)
	}
}

// unstamped takes the time off each line.
func unstamped(t *testing.T, lines []string) string {
	t.Helper()
	var list []string
	for _, line := range lines {
		if line == "" {
			continue
		}
		stamp, text, found := strings.Cut(line, " ")
		if !found || moment(stamp).IsZero() {
			t.Fatalf("no time before %q", line)
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

func TestBuildsWithoutTimelineOrLog(t *testing.T) {
	t.Parallel()
	s := Start(t, parse(t, failing))
	for path, want := range map[string]int{
		"3/logs/4": 404, "3/logs/6": 404, "3/logs/99": 404, "3/logs/2": 200,
		"4/timeline": 204, "4/logs": 200, "4/logs/1": 404,
		"5/timeline": 404, "5/logs": 200,
		"6/timeline": 204, "6/logs": 404, "6/logs/1": 404,
		"7/timeline": 204, "7/logs": 200, "9/logs": 404,
	} {
		if r := send(t, s, "GET", "/Shop/_apis/build/builds/"+path, ""); r.status != want {
			t.Errorf("%s: %d, want %d", path, r.status, want)
		}
	}
	want := []any{map[string]any{"result": "error", "message": "bad YAML"}, map[string]any{"result": "warning", "message": "old"}}
	if diff := cmp.Diff(want, at(t, get(t, s, "/Shop/_apis/build/builds/4"), "validationResults")); diff != "" {
		t.Errorf("validation results (-want +got):\n%s", diff)
	}
}

func TestStepsThatCannotBe(t *testing.T) {
	t.Parallel()
	for member, want := range map[string]string{
		`"steps":[{"result":"lost"}]`:                 `result "lost" is none of`,
		`"steps":[{"noLog":true,"logGone":true}]`:     "it has a log and has none",
		`"steps":[{"log":5}]`:                         "a text or a list of lines is wanted",
		`"validationResults":[{"result":"mediocre"}]`: `"mediocre" is none of error`,
		`"timeline":"500"`:                            `timeline "500" is none of`,
	} {
		_, err := Parse([]byte(`{"projects":[{"name":"Shop","builds":[{` + member + `}]}]}`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", member, err, want)
		}
	}
}
