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

func newestFirst(ids string) string {
	list := strings.Fields(ids)
	slices.Sort(list)
	slices.Reverse(list)
	return strings.Join(list, " ")
}
