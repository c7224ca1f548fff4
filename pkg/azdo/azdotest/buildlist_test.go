package azdotest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const removed = `{"projects":[{"name":"Shop","repositories":[{"name":"web","pullRequests":[{"id":7,"evaluations":[
	{"policy":"CI","state":"failed","build":3,"buildDeleted":true}]}]}],"policies":[{"displayName":"CI"}],
	"builds":[{"id":1,"result":"failed","deleted":true},{"id":2,"result":"failed"}]}]}`

func TestDeletedBuilds(t *testing.T) {
	t.Parallel()
	for behaviour, want := range map[string]map[string]string{
		"listed": {"": "2", "excludeDeleted": "2", "includeDeleted": "3 2 1", "onlyDeleted": "3 1"},
		"hidden": {"": "2", "excludeDeleted": "2", "includeDeleted": "2", "onlyDeleted": ""},
		"always": {"": "3 2 1", "excludeDeleted": "2", "includeDeleted": "3 2 1", "onlyDeleted": "3 1"},
	} {
		w := parse(t, removed)
		w.Behaviour.DeletedBuilds = behaviour
		s := Start(t, w)
		got := map[string]string{}
		for filter := range want {
			path := "/Shop/_apis/build/builds?$top=9"
			if filter != "" {
				path += "&deletedFilter=" + filter
			}
			got[filter] = newestFirst(ids(t, get(t, s, path)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", behaviour, diff)
		}
	}
	s := Start(t, parse(t, removed))
	for id, want := range map[string]any{"1": true, "2": missing{}} {
		v := get(t, s, "/Shop/_apis/build/builds?deletedFilter=includeDeleted&buildIds="+id)
		if got := at(t, v, "value", 0, "deleted"); got != want {
			t.Errorf("build %s: deleted is %v, want %v", id, got, want)
		}
	}
	if v := get(t, s, evaluationPath(s, 7, "CI")); at(t, v, "context", "buildId") != 3.0 {
		t.Errorf("the evaluation does not name its build: %v", v)
	}
	for _, timeline := range []string{"204", "404"} {
		s.Update(func(w *World) { w.Behaviour.DeletedTimeline = timeline })
		for path, want := range map[string]string{"": "404", "/timeline": timeline} {
			if r := send(t, s, "GET", "/Shop/_apis/build/builds/3"+path, ""); itoa(r.status) != want {
				t.Errorf("build 3%s: %d, want %s", path, r.status, want)
			}
		}
	}
}

func TestFiltersOfSeveralValues(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop","builds":[
		{"id":1,"result":"failed"},{"id":2,"status":"inProgress"},{"id":3,"status":"notStarted","reason":"manual"},{"id":4,"result":"canceled"}]}]}`)
	for behaviour, want := range map[string][]string{
		"understood": {"3 2", "2", "4 1", "3"},
		"ignored":    {"4 3 2 1", "2", "4 3 2 1", "3"},
		"empty":      {"", "2", "", "3"},
	} {
		w.Behaviour.StatusLists = behaviour
		s := Start(t, w)
		s.Except(`query parameter "statusFilter": "inProgress,notStarted"`, "clients send lists, whatever the description says")
		s.Except(`query parameter "resultFilter": "failed,canceled"`, "clients send lists, whatever the description says")
		var got []string
		for _, query := range []string{
			"statusFilter=inProgress,notStarted", "statusFilter=inProgress", "resultFilter=failed,canceled", "reasonFilter=manual",
		} {
			got = append(got, newestFirst(ids(t, get(t, s, "/Shop/_apis/build/builds?"+query))))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", behaviour, diff)
		}
	}
}

func TestFiltersByNumber(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop","builds":[
		{"id":1,"result":"failed","finished":"3h ago"},{"id":2,"status":"inProgress"},{"id":3,"status":"notStarted","reason":"manual"},
		{"id":4,"finished":"2h ago","deleted":true}]}]}`)
	s := Start(t, w)
	for query, want := range map[string]string{
		"statusFilter=2": "1", "statusFilter=33": "3 2", "statusFilter=47": "3 2 1", "statusFilter=0": "", "statusFilter=none": "", "statusFilter=all": "3 2 1",
		"reasonFilter=1": "3", "reasonFilter=triggered": "3 2 1", "reasonFilter=all": "3 2 1",
		"resultFilter=8": "1", "resultFilter=Failed": "1", "deletedFilter=1": "4 3 2 1", "deletedFilter=2": "4", "queryOrder=2&statusFilter=2&deletedFilter=1": "4 1",
	} {
		name, value, _ := strings.Cut(query, "=")
		value, _, _ = strings.Cut(value, "&")
		if strings.Contains("0123456789F", value[:1]) {
			s.Except(`query parameter "`+name+`": "`+value+`"`, "the official client for Node sends numbers, and the service does not mind the case")
		}
		if strings.Contains(query, "&") {
			s.Except(`query parameter "statusFilter": "2"`, "the official client for Node sends numbers")
		}
		if got := newestFirst(ids(t, get(t, s, "/Shop/_apis/build/builds?"+query))); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if got := ids(t, get(t, s, "/Shop/_apis/build/builds?deletedFilter=1&statusFilter=2&queryOrder=2")); got != "1 4" {
		t.Errorf("in order: %s", got)
	}
}

func newestFirst(ids string) string {
	list := strings.Fields(ids)
	slices.Sort(list)
	slices.Reverse(list)
	return strings.Join(list, " ")
}
