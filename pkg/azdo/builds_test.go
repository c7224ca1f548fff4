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
