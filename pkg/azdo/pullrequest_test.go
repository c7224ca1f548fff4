package azdo

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestPullRequestAnswer(t *testing.T) {
	t.Parallel()
	whole := func(fields map[string]any) map[string]any {
		pr := map[string]any{
			"pullRequestId": 24, "status": "active", "title": "Fix", "sourceRefName": "refs/heads/topic", "targetRefName": "refs/heads/main",
			"createdBy": map[string]any{"id": "a", "displayName": "Ann", "uniqueName": "ann@example.com"}, "creationDate": "2024-01-02T03:04:05Z",
			"isDraft": false, "mergeStatus": "succeeded", "lastMergeSourceCommit": map[string]any{"commitId": "cb71"},
			"repository": map[string]any{"id": repositoryID, "name": "Web", "project": map[string]any{"id": projectID, "name": "Shop", "lastUpdateTime": "0001-01-01T00:00:00"}},
		}
		maps.Copy(pr, fields)
		return pr
	}
	want := requeue.PullRequest{
		ID: 24, Title: "Fix", SourceRefName: "refs/heads/topic", TargetRefName: "refs/heads/main",
		Author: requeue.Person{DisplayName: "Ann", UniqueName: "ann@example.com"}, Status: "active", MergeStatus: "succeeded",
		Created: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), SourceCommitID: "cb71",
		Repository: &requeue.Repository{ID: repositoryID, Name: "Web", URL: "https://host/tfs/Coll/Shop/_git/Web", Project: requeue.Project{ID: projectID, Name: "Shop"}},
	}
	for _, tt := range []struct {
		name   string
		fields map[string]any
		change func(*requeue.PullRequest)
		err    string
	}{
		{name: "as recorded"},
		{name: "draft and auto-complete", fields: map[string]any{"isDraft": true, "autoCompleteSetBy": map[string]any{"id": "x"}}, change: func(pr *requeue.PullRequest) { pr.Draft, pr.AutoComplete = true, true }},
		{name: "auto-complete by the empty GUID is none", fields: map[string]any{"autoCompleteSetBy": map[string]any{"id": uuid.Nil}}},
		{name: "auto-complete by somebody without an ID is", fields: map[string]any{"autoCompleteSetBy": map[string]any{}}, change: func(pr *requeue.PullRequest) { pr.AutoComplete = true }},
		{name: "auto-complete null is none", fields: map[string]any{"autoCompleteSetBy": nil}},
		{name: "a fork", fields: map[string]any{"forkSource": map[string]any{"repository": map[string]any{}}}, change: func(pr *requeue.PullRequest) { pr.Fork = true }},
		{name: "active labels", fields: map[string]any{"labels": []any{map[string]any{"name": "a", "active": true}, map[string]any{"name": "b", "active": false}, map[string]any{"name": "c"}}}, change: func(pr *requeue.PullRequest) { pr.Labels, pr.LabelsKnown = []string{"a", "c"}, true }},
		{name: "no label at all", fields: map[string]any{"labels": []any{}}, change: func(pr *requeue.PullRequest) { pr.LabelsKnown = true }},
		{name: "labels null", fields: map[string]any{"labels": nil}},
		{name: "votes", fields: map[string]any{"reviewers": []any{map[string]any{"vote": -10}, map[string]any{"vote": 5}, map[string]any{}}}, change: func(pr *requeue.PullRequest) { pr.Votes = []int{-10, 5, 0} }},
		{name: "draft a text", fields: map[string]any{"isDraft": "false"}, err: "isDraft"},
		{name: "title a number", fields: map[string]any{"title": 5}, change: func(pr *requeue.PullRequest) { pr.Title = "" }, err: "title"},
		{name: "the author's ID a number, which nobody reads", fields: map[string]any{"createdBy": map[string]any{"id": 5, "displayName": "Ann", "uniqueName": "ann@example.com"}}},
		{name: "the author's name a number", fields: map[string]any{"createdBy": map[string]any{"id": "a", "displayName": 5, "uniqueName": "ann@example.com"}}, change: func(pr *requeue.PullRequest) { pr.Author.DisplayName = "" }, err: "createdBy"},
		{name: "vote a text", fields: map[string]any{"reviewers": []any{map[string]any{"vote": "x"}}}, change: func(pr *requeue.PullRequest) { pr.Votes = []int{0} }, err: "reviewers"},
		{name: "labels a text", fields: map[string]any{"labels": "x"}, err: "labels"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// Once in a list, and once as the SDK's own type: both lead to the same, whatever is odd.
			list, err := decodeList[wirePullRequest](strings.NewReader(listJSON(whole(tt.fields))))
			if err != nil {
				t.Fatal(err)
			}
			answer, found := asSDK[git.GitPullRequest](t, toJSON(whole(tt.fields)))
			collection := mustParse(t, "https://host/tfs/Coll")
			listed, err := list[0].pullRequest(list[0].Repository.v.repository(collection))
			if err != nil {
				t.Fatal(err)
			}
			wire := wirePullRequestOf(answer, found)
			got, err := wire.pullRequest(wire.Repository.v.repository(collection))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(listed, got, cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })); diff != "" {
				t.Errorf("as the SDK reads it (-listed +got)\n%s", diff)
			}
			want := want
			if tt.change != nil {
				tt.change(&want)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(requeue.PullRequest{}, "Err")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if (tt.err == "") != (got.Err == nil) || tt.err != "" && !strings.Contains(got.Err.Error(), tt.err) {
				t.Errorf("Err is %v, want one about %q", got.Err, tt.err)
			}
		})
	}
}

func TestPullRequestByNumber(t *testing.T) {
	t.Parallel()
	answer := pullRequestJSON(24)
	c, f := newFake(t, Options{}, func(n int, _ *http.Request) reply {
		switch n {
		case 2:
			return reply{status: 404, body: `{"message":"TF401180: The requested pull request was not found."}`}
		case 3:
			return ok(toJSON(pullRequestJSON(25)))
		}
		return ok(toJSON(answer))
	})
	for _, project := range []string{"Shop", ""} {
		if pr, err := c.PullRequest(t.Context(), project, 24); err != nil || pr.ID != 24 || pr.Repository.Name != "Web" {
			t.Errorf("got %+v, %v", pr, err)
		}
	}
	_, err := c.PullRequest(t.Context(), "Shop", 24)
	if e := asError(t, err); e.Code != "TF401180" || e.Refused() || !IsNotFound(err) {
		t.Errorf("got %+v", e)
	}
	if _, err := c.PullRequest(t.Context(), "Shop", 24); err == nil {
		t.Error("took another pull request for this one")
	}
	if f.requests()[0].path != basePath+"/Shop/_apis/git/pullRequests/24" || f.requests()[1].path != basePath+"/_apis/git/pullRequests/24" {
		t.Errorf("got %+v", f.requests())
	}
}
