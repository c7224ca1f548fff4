package azdo

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/build"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestBuildsOfAQuery(t *testing.T) {
	t.Parallel()
	build := func(id int) any { return map[string]any{"id": id, "status": "completed"} }
	c, f := newFake(t, Options{}, func(n int, _ *http.Request) reply {
		a := ok(listJSON(build(2*n+1), build(2*n+2)))
		if n%3 != 2 {
			return a.with("x-ms-continuationtoken", fmt.Sprint("2024-", n))
		}
		return a
	})
	builds, err := c.Builds(t.Context(), BuildQuery{
		Project: projectID, PipelineID: 7, RefName: "refs/pull/24/merge", Status: "completed", Order: "finishTimeDescending", Deleted: true,
	})
	if err != nil || len(builds) != 6 || len(f.requests()) != 3 {
		t.Errorf("%d builds in %d requests, %v", len(builds), len(f.requests()), err)
	}
	got, _ := url.ParseQuery(f.requests()[1].query)
	want := url.Values{
		"definitions": {"7"}, "branchName": {"refs/pull/24/merge"}, "statusFilter": {"completed"}, "deletedFilter": {"includeDeleted"},
		"queryOrder": {"finishTimeDescending"}, "$top": {"200"}, "continuationToken": {"2024-0"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	builds, err = c.Builds(t.Context(), BuildQuery{Project: projectID, Top: 3})
	if err != nil || len(builds) != 3 || len(f.requests()) != 5 {
		t.Errorf("%d builds in %d requests, %v", len(builds), len(f.requests())-3, err)
	}
	if q, _ := url.ParseQuery(f.requests()[3].query); len(q) != 1 || q.Get("$top") != "3" {
		t.Errorf("query is %v", q)
	}
}

func TestBuildsUntil(t *testing.T) {
	t.Parallel()
	// Six pages of two builds, 1 and 2, 2 and 3 (one comes twice), 3 and 4 and so on.
	pages := func(n int, _ *http.Request) reply {
		a := ok(listJSON(map[string]any{"id": n + 1}, map[string]any{"id": n + 2}))
		if n < 5 {
			return a.with("x-ms-continuationtoken", fmt.Sprint(n))
		}
		return a
	}
	least := func(n int) func([]requeue.Build) bool {
		return func(all []requeue.Build) bool { return len(all) >= n }
	}
	for _, tt := range []struct {
		name             string
		pages            int
		enough           func([]requeue.Build) bool
		builds, requests int
		more             bool
	}{
		{name: "the first page is enough", pages: 5, enough: least(2), builds: 2, requests: 1, more: true},
		{name: "the next one is", pages: 5, enough: least(3), builds: 3, requests: 2, more: true},
		{name: "what comes twice is no more", pages: 5, enough: least(4), builds: 4, requests: 3, more: true},
		{name: "one page", pages: 1, builds: 2, requests: 1, more: true},
		{name: "so many pages are not enough", pages: 5, enough: least(99), builds: 6, requests: 5, more: true},
		{name: "nor is the whole list", pages: 9, enough: least(99), builds: 7, requests: 6},
		{name: "the whole list is enough", pages: 9, enough: least(7), builds: 7, requests: 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, f := newFake(t, Options{}, pages)
			all, more, err := c.BuildsUntil(t.Context(), BuildQuery{Project: projectID, PipelineID: 7, Status: "completed", Order: "finishTimeDescending", Top: 400}, tt.pages, tt.enough)
			if err != nil || len(all) != tt.builds || more != tt.more || len(f.requests()) != tt.requests {
				t.Errorf("%d builds in %d requests, more %t, %v", len(all), len(f.requests()), more, err)
			}
			for i, r := range f.requests() {
				want := url.Values{"definitions": {"7"}, "statusFilter": {"completed"}, "queryOrder": {"finishTimeDescending"}, "$top": {"400"}}
				if i > 0 {
					want["$top"], want["continuationToken"] = []string{"1000"}, []string{fmt.Sprint(i - 1)}
				}
				got, _ := url.ParseQuery(r.query)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("request %d (-want +got)\n%s", i, diff)
				}
			}
		})
	}
	t.Run("a further page that cannot be read", func(t *testing.T) {
		t.Parallel()
		c, _ := newFake(t, Options{}, func(n int, r *http.Request) reply {
			if n > 0 {
				return reply{status: 403}
			}
			return pages(n, r)
		})
		if all, _, err := c.BuildsUntil(t.Context(), BuildQuery{Project: projectID, Top: 400}, 5, least(3)); err == nil || len(all) > 0 {
			t.Errorf("took %d builds for the list", len(all))
		}
	})
}

func TestBuildByNumber(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(`{"id":5,"result":"succeeded"}`) })
	if b, err := c.Build(t.Context(), projectID, 5); err != nil || b.Result != "succeeded" {
		t.Errorf("got %+v, %v", b, err)
	}
	if _, err := c.Build(t.Context(), projectID, 6); err == nil {
		t.Error("took another build for this one")
	}
	if got := f.requests()[0].path; got != basePath+"/"+projectID.String()+"/_apis/build/Builds/5" {
		t.Errorf("path is %s", got)
	}
}

func TestBuildAnswer(t *testing.T) {
	t.Parallel()
	whole := func(fields string) string {
		return `{"id":5,"definition":{"id":7},"status":"completed","result":"failed","reason":"pullRequest","sourceBranch":"refs/pull/24/merge","sourceVersion":"6366","finishTime":"2024-01-02T03:04:05Z"` + fields + `}`
	}
	want := requeue.Build{ID: 5, PipelineID: 7, Status: "completed", Result: "failed", Reason: "pullRequest", RefName: "refs/pull/24/merge", MergeCommitID: "6366", Finished: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)}
	for _, tt := range []struct{ name, body, source, err string }{
		{name: "no source", body: whole("")},
		{name: "from its parameters", body: whole(`,"parameters":"{\"system.pullRequest.sourceCommitId\":\"cb71\",\"x\":5}","triggerInfo":{"pr.sourceSha":"other"}`), source: "cb71"},
		{name: "from its trigger", body: whole(`,"parameters":"{}","triggerInfo":{"pr.sourceSha":"cb72"}`), source: "cb72"},
		{name: "parameters that are no JSON", body: whole(`,"parameters":"{x","triggerInfo":{"pr.sourceSha":"cb72"}`), source: "cb72"},
		{name: "parameters null", body: whole(`,"parameters":null,"triggerInfo":null`)},
		{name: "source a number", body: whole(`,"parameters":"{\"system.pullRequest.sourceCommitId\":5}"`)},
		{name: "no ID", body: `{"status":"completed"}`, err: "id"},
		{name: "reason a number, which decides nothing", body: whole(`,"reason":2`)},
		{name: "result a number", body: whole(`,"result":2`), err: "result"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer, found := asSDK[build.Build](t, tt.body)
			got, err := buildOf(answer, found, "")
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v", err)
				}
				return
			}
			want := want
			want.SourceCommitID = tt.source
			if strings.HasPrefix(tt.name, "reason") {
				want.Reason = ""
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}
