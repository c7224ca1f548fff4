package azdo

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func numbered0(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d", i)
	}
	return lines
}

// logServer answers with a build, its list of logs and one log of so many lines, counted from 0 or from 1, as text or as
// a list.
func logServer(lines []string, first int, asJSON bool) func(int, *http.Request) reply {
	return func(_ int, r *http.Request) reply {
		switch strings.ToLower(path.Base(r.URL.Path)) {
		case "5":
			return ok(`{"id":5,"validationResults":[{"result":"ok","message":"fine"},{"result":"Error","message":"no pool"},{"result":"error"}]}`)
		case "logs":
			return ok(toJSON(map[string]any{"value": []any{map[string]any{"id": 3, "lineCount": len(lines)}, map[string]any{"id": 4}, map[string]any{"id": 6, "lineCount": 0}}}))
		}
		from, _ := strconv.Atoi(r.URL.Query().Get("startLine"))
		sent := lines[max(0, from-first):]
		if asJSON {
			return ok(toJSON(map[string]any{"count": len(sent), "value": sent})).with("Content-Type", "application/json; charset=utf-8")
		}
		var text strings.Builder
		for _, line := range sent {
			text.WriteString("2024-05-13T08:23:33.3008147Z \x1b[31m" + line + "\x1b[0m\r\n")
		}
		return ok(text.String()).with("Content-Type", "text/plain")
	}
}

// TestLogEnds: the end of a log is asked for by its length, whichever way lines are counted and however a log comes.
func TestLogEnds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	endless := strings.Repeat("0123456789", requeue.MaxLogBytes/9)
	wide := make([]string, 400) // 400 lines of 200 bytes are more than 64 KiB
	for i := range wide {
		wide[i] = long
	}
	for _, tt := range []struct {
		name  string
		lines []string
		want  int // lines
		first string
		whole bool
		start string // startLine
	}{
		{name: "short", lines: numbered0(3), want: 3, first: "line 0", whole: true},
		{name: "just short enough", lines: numbered0(500), want: 500, first: "line 0", whole: true},
		{name: "a line too long", lines: numbered0(501), want: 500, first: "line 1", start: "1"},
		{name: "long", lines: numbered0(70_000), want: 500, first: "line 69500", start: "69500"},
		{name: "wide", lines: wide, want: requeue.MaxLogBytes/201 + 1, first: long[:requeue.MaxLogBytes%201]},
		{name: "one line as wide as can be", lines: []string{"first", endless[:requeue.MaxLogBytes]}, want: 1, first: endless[:requeue.MaxLogBytes]},
		{name: "an empty line that just fits", lines: []string{"", endless[:requeue.MaxLogBytes-1]}, want: 2, whole: true},
		{name: "an empty line that does not fit", lines: []string{"", endless[:requeue.MaxLogBytes]}, want: 1, first: endless[:requeue.MaxLogBytes]},
		{name: "one endless line", lines: []string{"first", "é" + endless}, want: 1, first: endless[len(endless)-requeue.MaxLogBytes:]},
		{name: "an endless line torn in a character", lines: []string{"é" + endless[:requeue.MaxLogBytes-1]}, want: 1, first: endless[:requeue.MaxLogBytes-1]},
		{name: "an endless line and a short end", lines: []string{"é" + endless, "end"}, want: 2, first: endless[len(endless)-requeue.MaxLogBytes+4:]},
		{name: "a web page", lines: []string{"<html><title>Sign in</title>"}, want: 1, first: "<html><title>Sign in</title>", whole: true},
	} {
		for _, first := range []int{0, 1} {
			for _, asJSON := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, from %d, JSON %v", tt.name, first, asJSON), func(t *testing.T) {
					t.Parallel()
					c, f := newFake(t, Options{}, logServer(tt.lines, first, asJSON))
					got, err := c.BuildLogs(t.Context(), projectID, 5, []requeue.FailedStep{{LogID: 3}, {}})
					end := got.Ends[3]
					if err != nil || end.Err != nil || len(end.Lines) != tt.want || end.Lines[0] != tt.first || end.Whole != tt.whole || len(got.Ends) != 1 {
						t.Errorf("%d lines from %.60q, whole %v, %v, %v", len(end.Lines), end.Lines, end.Whole, end.Err, err)
					}
					if want := len(tt.lines) - tt.want + 1; end.First != want {
						t.Errorf("the first line is number %d, want %d", end.First, want)
					}
					if diff := cmp.Diff([]string{"no pool"}, got.Validation); diff != "" {
						t.Error(diff)
					}
					sent := f.requests()
					q, _ := url.ParseQuery(sent[2].query)
					if len(sent) != 3 || q.Get("startLine") != tt.start || !strings.HasSuffix(sent[2].path, "/_apis/build/builds/5/Logs/3") {
						t.Errorf("requests %v", sent)
					}
				})
			}
		}
	}
}

// TestLogIsNotWhole: a log that is longer than its list says was cut, and one that is shorter was not read to its end.
func TestLogIsNotWhole(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		listed, came int
		whole        bool
	}{
		{listed: 300, came: 501},
		{listed: 300, came: 500, whole: true},
		{listed: 300, came: 299},
	} {
		answer := logServer(numbered0(tt.came), 0, false)
		c, _ := newFake(t, Options{}, func(n int, r *http.Request) reply {
			if strings.EqualFold(path.Base(r.URL.Path), "logs") {
				return ok(toJSON(map[string]any{"value": []any{map[string]any{"id": 3, "lineCount": tt.listed}}}))
			}
			return answer(n, r)
		})
		got, err := c.BuildLogs(t.Context(), projectID, 5, []requeue.FailedStep{{LogID: 3}})
		if end := got.Ends[3]; err != nil || end.Err != nil || end.Whole != tt.whole {
			t.Errorf("%d lines of %d: whole %v, %v, %v", tt.came, tt.listed, end.Whole, end.Err, err)
		}
	}
}

// TestValidationOfAWrongShape: why a build could not run is not taken for nothing where it is not understood.
func TestValidationOfAWrongShape(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		results string
		bad     bool
	}{
		{results: `"no pool"`, bad: true},
		{results: `["no pool"]`, bad: true},
		{results: `[{"result":"error","message":5}]`, bad: true},
		{results: `null`},
		{results: `[null]`},
	} {
		c, _ := newFake(t, Options{}, func(int, *http.Request) reply { return ok(`{"id":5,"validationResults":` + tt.results + `}`) })
		got, err := c.BuildLogs(t.Context(), projectID, 5, nil)
		if (err != nil) != tt.bad || len(got.Validation) != 0 {
			t.Errorf("%s: %q, %v", tt.results, got.Validation, err)
		}
	}
}

// TestLogsThatCannotBeRead: what is missing is told in its place, and nothing is read from its beginning to reach its end.
func TestLogsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	steps := []requeue.FailedStep{{LogID: 3}, {LogID: 4}, {LogID: 6}, {LogID: 7}, {LogID: 8}, {LogID: 3}}
	for _, tt := range []struct {
		name    string
		refuses string // the last part of the path
		status  int
		readErr bool
		unread  []int
	}{
		{name: "a length that is not told, and a log that is not listed", unread: []int{4, 7, 8}},
		{name: "the log", refuses: "3", status: 404, unread: []int{3, 4, 7, 8}},
		{name: "the list", refuses: "logs", status: 403, unread: []int{3, 4, 6, 7, 8}},
		{name: "the build is gone", refuses: "5", status: 404, unread: []int{4, 7, 8}},
		{name: "the build is refused", refuses: "5", status: 403, readErr: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer := logServer(numbered0(3), 0, false)
			c, _ := newFake(t, Options{}, func(n int, r *http.Request) reply {
				if strings.EqualFold(path.Base(r.URL.Path), tt.refuses) {
					return reply{status: tt.status, body: `{"message":"no"}`}
				}
				return answer(n, r)
			})
			got, err := c.BuildLogs(t.Context(), projectID, 5, steps)
			if (err != nil) != tt.readErr {
				t.Fatal(err)
			}
			var unread []int
			for _, step := range steps[:min(5, len(got.Ends))] {
				if got.Ends[step.LogID].Err != nil {
					unread = append(unread, step.LogID)
				}
			}
			if diff := cmp.Diff(tt.unread, unread); diff != "" {
				t.Errorf("unread (-want +got)\n%s", diff)
			}
			if end := got.Ends[6]; tt.refuses != "logs" && !tt.readErr && (!end.Whole || len(end.Lines) != 0) {
				t.Errorf("an empty log: %+v", end)
			}
		})
	}
}
