package azdo

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestBuildErrorTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxText+10)
	timeline := func(issues ...string) string {
		return `{"records":[null,{"issues":null},{"issues":[null,` + strings.Join(issues, ",") + `]}]}`
	}
	issue := func(kind, message string) string { return toJSON(map[string]any{"type": kind, "message": message}) }
	var many []string
	for i := range 300 {
		many = append(many, issue("error", strconv.Itoa(i)+long))
	}
	for _, tt := range []struct {
		name  string
		reply reply
		want  []string
		none  bool // there is no timeline
		err   string
	}{
		{name: "errors of any case, each once", reply: ok(timeline(issue("error", "a"), issue("warning", "b"), issue("Error", "c"), issue("error", "a"), `{"type":"error"}`)), want: []string{"a", "c"}},
		{name: "a long one is cut", reply: ok(timeline(issue("error", long))), want: []string{long[:maxText]}},
		{name: "too much is an error, and no half answer", reply: ok(timeline(many...)), err: "16 MiB"},
		{name: "no timeline: 204", reply: reply{status: 204}, none: true},
		{name: "no timeline: empty", reply: ok(""), none: true},
		{name: "no timeline: null", reply: ok("null"), none: true},
		{name: "no timeline: 404", reply: reply{status: 404, body: `{"message":"The requested build 5 could not be found."}`}, none: true},
		{name: "a 404 that hides it", reply: reply{status: 404, body: `{"message":"VS800075: The project does not exist, or you do not have permission to access it."}`}, err: "VS800075"},
		{name: "records null", reply: ok(`{"records":null}`), none: true},
		{name: "no record", reply: ok(`{"records":[]}`), none: true},
		{name: "records that are null", reply: ok(`{"records":[null]}`), none: true},
		{name: "near miss: a record without errors", reply: ok(`{"records":[{"type":"Job","name":"Build","result":"failed"}]}`)},
		{name: "an object that is no timeline", reply: ok(`{"count":0}`), err: "no records"},
		{name: "a message of a wrong type", reply: ok(timeline(`{"type":"error","message":5}`)), err: "issue"},
		{name: "an issue of a wrong type", reply: ok(timeline(`5`)), err: "issues"},
		{name: "a timeline of a wrong type", reply: ok(`[]`), err: "no records"},
		{name: "records of a wrong type", reply: ok(`{"records":"x"}`), err: "records"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, f := newFake(t, Options{}, func(int, *http.Request) reply { return tt.reply })
			got, err := c.BuildErrors(t.Context(), projectID, 5)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %d texts, %v", len(got.Issues), err)
				}
				return
			}
			var messages []string
			for _, issue := range got.Issues {
				messages = append(messages, issue.Message)
			}
			if diff := cmp.Diff(tt.want, messages); err != nil || diff != "" || got.NoTimeline != tt.none {
				t.Errorf("%v, no timeline: %v (-want +got)\n%s", err, got.NoTimeline, diff)
			}
			if path := f.requests()[0].path; path != basePath+"/"+projectID.String()+"/_apis/build/builds/5/Timeline" {
				t.Errorf("path is %s", path)
			}
		})
	}
}

func TestFailedSteps(t *testing.T) {
	t.Parallel()
	c, _ := newFake(t, Options{}, func(int, *http.Request) reply {
		return ok(`{"records":[
			{"type":"Job","name":"Build","result":"failed","errorCount":13,"log":{"id":9}},
			{"type":"Task","name":"Test","result":"failed","errorCount":12,"log":{"id":3},"issues":[{"type":"error","message":"a","data":{"type":"error","logFileLineNumber":"17"}},{"type":"warning","message":"w"},{"type":"error","message":"a"}]},
			{"type":"Task","name":"Publish","result":"succeededWithIssues","errorCount":1,"log":{"id":4}},
			{"type":"Task","name":"Push","result":"Failed"}]}`)
	})
	got, err := c.BuildErrors(t.Context(), projectID, 5)
	want := requeue.Errors{Issues: []requeue.Issue{{Message: "a", Step: "Test", Line: 17}}, FailedSteps: []requeue.FailedStep{{Name: "Test", LogID: 3, Counted: 12, Kept: 2}, {Name: "Push"}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}
