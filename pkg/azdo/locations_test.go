package azdo

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestLocationTables(t *testing.T) {
	t.Parallel()
	entry := func(change string) string {
		whole := `{"id":"` + locEvaluation.String() + `","area":"policy","resourceName":"evaluations","routeTemplate":"{project}/_apis/{area}/{resource}/{evaluationId}","resourceVersion":1,"minVersion":"2.0","maxVersion":"7.2","releasedVersion":"0.0"}`
		var m map[string]any
		_ = json.Unmarshal([]byte(whole), &m)
		_ = json.Unmarshal([]byte(change), &m)
		return listJSON(m)
	}
	for _, tt := range []struct {
		name, table, err string
	}{
		{"whole", entry(`{}`), ""},
		{"upper case", entry(`{"id":"` + strings.ToUpper(locEvaluation.String()) + `"}`), ""},
		{"no area", entry(`{"area":null}`), "incomplete"},
		{"no template", entry(`{"routeTemplate":null}`), "incomplete"},
		{"no resource version", entry(`{"resourceVersion":null}`), "incomplete"},
		{"version a number", entry(`{"maxVersion":7.2}`), "incomplete"},
		{"version a word", entry(`{"minVersion":"new"}`), "incomplete"},
		{"template that leaves", entry(`{"routeTemplate":"../{resource}"}`), "incomplete"},
		{"no ID", entry(`{"id":null}`), "offers none"},
		{"null entry", `{"value":[null]}`, "offers none"},
		{"an odd entry of another API", strings.Replace(entry(`{}`), `[`, `["x",5,null,{"id":5},`, 1), ""},
		{"empty", `{"value":[]}`, "offers none"},
		{"no list", `{}`, "no list"},
		{"a list alone", `[]`, "shape"},
		{"a page", `<html>`, "web page"},
		{"nothing", ``, "empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(toJSON(record(nil))) })
				f.table = tt.table
				_, err := c.Evaluation(t.Context(), projectID, evaluationID)
				if tt.err == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if err == nil || !strings.Contains(err.Error(), tt.err) || len(f.requests()) != 0 {
					t.Errorf("got %v", err)
				}
				_ = asError(t, err)
				// Nothing of it was kept.
				f.table = locationTable("7.2")
				if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestMissingLocation(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(listJSON()) })
	f.table = strings.ReplaceAll(f.table, locThreads.String(), uuid.NewString())
	_, err := c.Comment(t.Context(), testPullRequest(), requeue.Identity{ID: "a"}, "m", "m text")
	if e := asError(t, err); e.StatusCode != 0 || !strings.Contains(e.Message, "does not offer") || len(f.requests()) != 0 {
		t.Errorf("got %v", err)
	}
}
