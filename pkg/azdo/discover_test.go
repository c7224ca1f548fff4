package azdo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func pullRequestJSON(id int) map[string]any {
	return map[string]any{
		"pullRequestId": id, "status": "active", "title": "Fix", "targetRefName": "refs/heads/main",
		"repository": map[string]any{"id": repositoryID, "name": "Web", "project": map[string]any{"id": projectID, "name": "Shop"}},
	}
}

// cut serves the items from $skip on, at most pageSize at a time.
func cut(r *http.Request, total, pageSize int, item func(i int) any) string {
	skip, _ := strconv.Atoi(r.URL.Query().Get("$skip"))
	var items []any
	for i := skip; i < min(skip+pageSize, total); i++ {
		items = append(items, item(i))
	}
	return listJSON(items...)
}

func collect(ctx context.Context, c *Client, q Query) (all []*requeue.PullRequest, pages int, err error) {
	for page, err := range c.PullRequests(ctx, q) {
		if err != nil {
			return all, pages, err
		}
		pages++
		all = append(all, page.PullRequests...)
	}
	return all, pages, nil
}

func TestPullRequestPages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		total, pageSize, pages, requests int
	}{
		{total: 0, pageSize: 1000, pages: 0, requests: 1},
		{total: 99, pageSize: 1000, pages: 1, requests: 2},
		{total: 100, pageSize: 1000, pages: 2, requests: 3}, // pages overlap: the second one has nothing new
		{total: 260, pageSize: 100, pages: 3, requests: 4},
		{total: 300, pageSize: 100, pages: 4, requests: 5},
		{total: 2500, pageSize: 1000, pages: 4, requests: 5},
	} {
		t.Run(fmt.Sprintf("%d at %d", tt.total, tt.pageSize), func(t *testing.T) {
			t.Parallel()
			c, f := newFake(t, Options{}, func(_ int, r *http.Request) reply {
				return ok(cut(r, tt.total, tt.pageSize, func(i int) any { return pullRequestJSON(i + 1) }))
			})
			all, pages, err := collect(t.Context(), c, Query{Project: "Shop"})
			if err != nil || len(all) != tt.total || pages != tt.pages || len(f.requests()) != tt.requests {
				t.Errorf("%d pull requests on %d pages in %d requests (%v)", len(all), pages, len(f.requests()), err)
			}
			for i, pr := range all {
				if pr.ID != i+1 || pr.Repository != all[0].Repository {
					t.Fatalf("number %d at %d", pr.ID, i)
				}
			}
			q, _ := url.ParseQuery(f.requests()[0].query)
			if q.Get("$top") != "1000" || q.Get("searchCriteria.status") != "active" || q.Has("$skip") {
				t.Errorf("query is %v", q)
			}
			if got := f.requests()[0].path; got != basePath+"/Shop/_apis/git/pullRequests" {
				t.Errorf("path is %s", got)
			}
		})
	}
}

// TestHiddenPullRequests: a service that takes out what the token may not see after it has cut a page.
func TestHiddenPullRequests(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		visible []int // places in the list of 4,000
		want    int
		trimmed bool
	}{
		{name: "few on the first page, more on the third", visible: []int{3, 5, 999, 2100, 2500}, want: 5, trimmed: true},
		{name: "a page and a half of hidden ones is no end", visible: []int{3, 1985}, want: 2, trimmed: true},
		{name: "many at the end of a page, which the next one repeats", visible: append(places(850, 999), 1500, 2600), want: 152, trimmed: true},
		{name: "a short last page is no hint", visible: places(0, 40), want: 41},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, f := newFake(t, Options{}, func(_ int, r *http.Request) reply {
				skip, _ := strconv.Atoi(r.URL.Query().Get("$skip"))
				var items []any
				for _, at := range tt.visible {
					if at >= skip && at < skip+1000 {
						items = append(items, pullRequestJSON(at+1))
					}
				}
				return ok(listJSON(items...))
			})
			found, trimmed := 0, false
			for page, err := range c.PullRequests(t.Context(), Query{Project: "Shop"}) {
				if err != nil {
					t.Fatal(err)
				}
				found += len(page.PullRequests)
				trimmed = page.Trimmed
			}
			if found != tt.want || trimmed != tt.trimmed {
				t.Errorf("%d pull requests in %d requests, trimmed: %v", found, len(f.requests()), trimmed)
			}
		})
	}
}

func places(from, to int) []int {
	var all []int
	for i := from; i <= to; i++ {
		all = append(all, i)
	}
	return all
}

func TestPullRequestsThatShiftComeOnce(t *testing.T) {
	t.Parallel()
	c, _ := newFake(t, Options{}, func(n int, _ *http.Request) reply {
		var items []any
		for i := range 100 {
			items = append(items, pullRequestJSON(1000-90*n-i)) // ten of the last page again
		}
		return ok(listJSON(items[:100-50*min(n/3, 1)-50*min(n/4, 1)]...))
	})
	all, _, err := collect(t.Context(), c, Query{Project: "Shop", Repository: testRepository()})
	seen := map[int]bool{}
	for _, pr := range all {
		if seen[pr.ID] {
			t.Fatalf("%d twice", pr.ID)
		}
		seen[pr.ID] = true
	}
	if err != nil || len(all) != 320 {
		t.Errorf("%d pull requests, %v", len(all), err)
	}
}

// TestPullRequestsThatClose: what closes on a page that was read moves the rest forward.
func TestPullRequestsThatClose(t *testing.T) {
	t.Parallel()
	for _, closing := range []int{1, overlap} {
		open := make([]int, 350)
		for i := range open {
			open[i] = i + 1
		}
		c, _ := newFake(t, Options{}, func(_ int, r *http.Request) reply {
			answer := ok(cut(r, len(open), 100, func(i int) any { return pullRequestJSON(open[i]) }))
			if len(open) > 300 {
				open = open[closing:]
			}
			return answer
		})
		all, _, err := collect(t.Context(), c, Query{Project: "Shop"})
		if err != nil || len(all) != 350 {
			t.Errorf("%d close after each page: %d pull requests, %v", closing, len(all), err)
		}
	}
}

func TestServerThatIgnoresSkip(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(_ int, r *http.Request) reply {
		if strings.Contains(r.URL.Path, "evaluations") {
			items := make([]any, 100)
			for i := range items {
				items[i] = record(map[string]any{"evaluationId": fmt.Sprintf("78e00bd2-3653-4e03-8e66-%012d", i)})
			}
			return ok(listJSON(items...))
		}
		items := make([]any, 120)
		for i := range items {
			items[i] = pullRequestJSON(i + 1)
		}
		return ok(listJSON(items...))
	})
	all, _, err := collect(t.Context(), c, Query{Project: "Shop"})
	if err != nil || len(all) != 120 || len(f.requests()) != 3 {
		t.Errorf("%d pull requests in %d requests, %v", len(all), len(f.requests()), err)
	}
	evaluations, err := c.Evaluations(t.Context(), testPullRequest(), false)
	if err != nil || len(evaluations) != 100 || len(f.requests()) != 5 {
		t.Errorf("%d evaluations in %d requests, %v", len(evaluations), len(f.requests())-3, err)
	}
}

func TestNextPageIsUnderWayMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := newFake(t, Options{}, func(_ int, r *http.Request) reply {
			return ok(cut(r, 350, 100, func(i int) any { return pullRequestJSON(i + 1) })).after(time.Second)
		})
		begin := time.Now()
		for _, err := range c.PullRequests(t.Context(), Query{Project: "Shop"}) {
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("took %v, want 5s: five pages, the handling of each beside the next", took)
		}
	})
}

func TestBreakLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
		c, f := newFake(t, Options{}, func(n int, r *http.Request) reply {
			a := ok(cut(r, 1000, 100, func(i int) any { return pullRequestJSON(i + 1) }))
			if n > 0 {
				a.hanging = true
			}
			return a
		})
		begin := time.Now()
		for _, err := range c.PullRequests(t.Context(), Query{Project: "Shop"}) {
			if err != nil {
				t.Error(err)
			}
			synctest.Wait()
			break
		}
		if len(f.requests()) != 2 || time.Since(begin) != 0 {
			t.Errorf("%d requests, %v", len(f.requests()), time.Since(begin))
		}
	})
}

func TestListFaults(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"value":null}`, `{"value":[null]}`, `{"value":["x"]}`, `{"error":"x"}`, `{"value":[{}]}`, `{"value":[{"pullRequestId":-1}]}`, `[]`} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			c, _ := newFake(t, Options{}, func(int, *http.Request) reply { return ok(body) })
			if _, _, err := collect(t.Context(), c, Query{Project: "Shop"}); err == nil {
				t.Error("read as pull requests")
			} else if e := asError(t, err); e.Op != "list pull requests of project Shop" {
				t.Errorf("got %v", err)
			}
			for name, list := range map[string]func() error{
				"evaluations":  func() error { _, err := c.Evaluations(t.Context(), testPullRequest(), false); return err },
				"repositories": func() error { _, err := c.Repositories(t.Context(), "Shop"); return err },
				"projects":     func() error { _, err := c.Projects(t.Context()); return err },
				"builds":       func() error { _, err := c.Builds(t.Context(), BuildQuery{Project: projectID}); return err },
				"pipelines":    func() error { _, err := c.Pipelines(t.Context(), projectID, []int{1}); return err },
			} {
				if err := list(); err == nil {
					t.Errorf("read as %s", name)
				} else {
					_ = asError(t, err)
				}
			}
		})
	}
}

func TestOneOddPullRequestIsOne(t *testing.T) {
	t.Parallel()
	odd := pullRequestJSON(2)
	odd["isDraft"] = "no"
	lost := pullRequestJSON(3)
	lost["repository"] = "x"
	c, _ := newFake(t, Options{}, func(int, *http.Request) reply { return ok(listJSON(pullRequestJSON(1), odd, lost)) })
	all, _, err := collect(t.Context(), c, Query{Project: "Shop"})
	if err != nil || len(all) != 3 || all[0].Err != nil || all[1].Err == nil || all[2].Err == nil || all[2].Repository == nil {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestKnownRepositoriesAreShared(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(listJSON(pullRequestJSON(1), pullRequestJSON(2))) })
	own := testRepository()
	own.URL = "https://host/Shop/_git/Web"
	for name, q := range map[string]Query{
		"known":        {Project: "Shop", Known: map[uuid.UUID]*requeue.Repository{own.ID: own}},
		"asked for":    {Project: "ignored", Repository: own},
		"asked by nil": {Project: "Shop", Repository: own, Known: map[uuid.UUID]*requeue.Repository{own.ID: nil}},
	} {
		all, _, err := collect(t.Context(), c, q)
		if err != nil || all[0].Repository != own || all[1].Repository != own {
			t.Errorf("%s: got %v, %v", name, all, err)
		}
	}
	without := testRepository() // named by an input, not listed by the service
	all, _, err := collect(t.Context(), c, Query{Project: "Shop", Repository: without})
	if err != nil || !strings.HasSuffix(all[0].URL(), basePath+"/Shop/_git/Web/pullrequest/1") || all[0].Repository != all[1].Repository || without.URL != "" {
		t.Errorf("without a page: got %v, %v", all, err)
	}
	for _, r := range f.requests() {
		if strings.Contains(r.path, "ignored") {
			t.Errorf("asked for %s", r.path)
		}
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

func TestLabels(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply {
		return ok(`{"value":[{"name":"a","active":true},{"name":"b","active":false},{"name":"c"}]}`)
	})
	labels, err := c.Labels(t.Context(), testPullRequest())
	if diff := cmp.Diff([]string{"a", "c"}, labels); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if got := f.requests()[0].path; got != fmt.Sprintf("%s/%s/_apis/git/repositories/%s/pullRequests/24/labels", basePath, projectID, repositoryID) {
		t.Errorf("path is %s", got)
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body string
		want requeue.Identity
		ok   bool
	}{
		{`{"authenticatedUser":{"id":"a","providerDisplayName":"Shop Build Service (org)","customDisplayName":"x","properties":{"Account":{"$value":"b"}}}}`, requeue.Identity{ID: "a", DisplayName: "Shop Build Service (org)", UniqueName: "b"}, true},
		{`{"authenticatedUser":{"id":"a","customDisplayName":"x","properties":5}}`, requeue.Identity{ID: "a", DisplayName: "x"}, true},
		{`{"authenticatedUser":{"id":5,"providerDisplayName":"x"}}`, requeue.Identity{DisplayName: "x"}, false},
		{`{}`, requeue.Identity{}, false},
	} {
		c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(tt.body) })
		got, err := c.Identity(t.Context())
		if diff := cmp.Diff(tt.want, got); diff != "" || (err == nil) != tt.ok {
			t.Errorf("%s: %v %s", tt.body, err, diff)
		}
		if path := f.requests()[0].path; path != basePath+"/_apis/ConnectionData" {
			t.Errorf("path is %s", path)
		}
	}
}

func TestProjectsAreContinued(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(n int, _ *http.Request) reply {
		a := ok(listJSON(map[string]any{"id": uuid.New(), "name": fmt.Sprint("p", n)}))
		if n < 2 {
			return a.with(azuredevops.HeaderKeyContinuationToken, strconv.Itoa(n+1))
		}
		return a
	})
	projects, err := c.Projects(t.Context())
	if err != nil || len(projects) != 3 || projects[2].Name != "p2" {
		t.Errorf("got %v, %v", projects, err)
	}
	q, _ := url.ParseQuery(f.requests()[2].query)
	if q.Get("continuationToken") != "2" || q.Get("stateFilter") != "wellFormed" {
		t.Errorf("query is %v", q)
	}
}

func TestTokenThatComesTwice(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(listJSON()).with("X-MS-ContinuationToken", "7") })
	if _, err := c.Projects(t.Context()); err == nil || len(f.requests()) != 2 {
		t.Errorf("got %v after %d requests", err, len(f.requests()))
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	build, _ := record(nil)["configuration"].(map[string]any)
	other := map[string]any{"id": 7, "type": map[string]any{"id": uuid.New()}}
	for _, tt := range []struct {
		name     string
		answers  []reply
		requests int
		ok       bool
	}{
		{name: "one page", answers: []reply{ok(listJSON(build, other))}, requests: 1, ok: true},
		{name: "pages, as long as there is a token", answers: []reply{
			ok(listJSON(other)).with("X-MS-ContinuationToken", "1"), ok(listJSON()).with("X-MS-ContinuationToken", "2"), ok(listJSON(build)),
		}, requests: 3, ok: true},
		{name: "a refusal of the second page is no short list", answers: []reply{
			ok(listJSON(build)).with("X-MS-ContinuationToken", "1"), {status: 403},
		}, requests: 2},
		{name: "404", answers: []reply{{status: 404}}, requests: 1},
		{name: "an answer without a list", answers: []reply{ok(`{"count":0}`)}, requests: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, f := newFake(t, Options{}, func(n int, _ *http.Request) reply { return tt.answers[n] })
			found, err := c.Policies(t.Context(), projectID.String())
			if (err == nil) != tt.ok || tt.ok && (len(found) != 1 || found[0].ID != 20247) {
				t.Errorf("got %v, %v", found, err)
			}
			sent := f.requests()
			if len(sent) != tt.requests {
				t.Errorf("%d requests", len(sent))
			}
			for i, r := range sent {
				// Neither scope nor, for the sake of version 5.0, $top.
				want := url.Values{"policyType": {requeue.BuildPolicyType}}
				if i > 0 {
					want.Set("continuationToken", strconv.Itoa(i))
				}
				q, _ := url.ParseQuery(r.query)
				if diff := cmp.Diff(want, q); diff != "" || r.path != basePath+"/"+projectID.String()+"/_apis/policy/configurations" {
					t.Errorf("%s (-want +got)\n%s", r.path, diff)
				}
			}
		})
	}
}

func TestEvaluationsOfAPullRequest(t *testing.T) {
	t.Parallel()
	second, third, fourth := uuid.New(), uuid.New(), uuid.New()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply {
		return ok(listJSON(
			record(nil), record(nil), record(map[string]any{"evaluationId": second, "context": "odd"}),
			record(map[string]any{"evaluationId": third, "configuration.isEnabled": false, "configuration.id": 5}),
			record(map[string]any{"evaluationId": fourth, "configuration.isDeleted": true, "configuration.id": 6}),
		))
	})
	got, err := c.Evaluations(t.Context(), testPullRequest(), false)
	if err != nil || len(got) != 2 || got[0].ID != evaluationID || got[1].ID != second || got[1].Malformed != "context" || got[0].Policy != got[1].Policy {
		t.Errorf("got %+v, %v", got, err)
	}
	if len(f.requests()) != 1 {
		t.Errorf("%d requests", len(f.requests()))
	}
	r := f.requests()[0]
	if want := "artifactId=vstfs%3A%2F%2F%2FCodeReview%2FCodeReviewId%2F" + projectID.String() + "%2F24"; !strings.Contains(r.query, want) || !strings.Contains(r.query, "%24top=1000") ||
		!strings.Contains(r.query, "includeNotApplicable=true") {
		t.Errorf("query is %s", r.query)
	}
	if r.path != basePath+"/"+projectID.String()+"/_apis/policy/evaluations" {
		t.Errorf("path is %s", r.path)
	}
}

// TestEvaluationPages: a page of fewer than 25 is the last one, whatever of it does not apply.
func TestEvaluationPages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		total, pageSize, requests int
	}{
		{total: 24, pageSize: 1000, requests: 1},
		{total: 25, pageSize: 1000, requests: 2},
		{total: 60, pageSize: 25, requests: 3},
		{total: 210, pageSize: 100, requests: 3},
	} {
		t.Run(fmt.Sprintf("%d at %d", tt.total, tt.pageSize), func(t *testing.T) {
			t.Parallel()
			c, f := newFake(t, Options{}, func(_ int, r *http.Request) reply {
				return ok(cut(r, tt.total, tt.pageSize, func(i int) any {
					fields := map[string]any{"evaluationId": fmt.Sprintf("78e00bd2-3653-4e03-8e66-%012d", i)}
					if i%3 > 0 {
						fields["status"] = "notApplicable"
					}
					return record(fields)
				}))
			})
			for _, all := range []bool{false, true} {
				want := tt.total
				if !all {
					want = (tt.total + 2) / 3
				}
				found, err := c.Evaluations(t.Context(), testPullRequest(), all)
				if err != nil || len(found) != want {
					t.Errorf("%d evaluations, want %d; %v", len(found), want, err)
				}
			}
			if len(f.requests()) != 2*tt.requests {
				t.Errorf("%d requests", len(f.requests()))
			}
		})
	}
}

func TestSingleEvaluationOfADisabledPolicy(t *testing.T) {
	t.Parallel()
	c, _ := newFake(t, Options{}, func(n int, _ *http.Request) reply {
		return ok(toJSON(record([]map[string]any{{"configuration.isEnabled": false}, {"evaluationId": uuid.New()}}[n])))
	})
	if e, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil || e.Policy.Enabled {
		t.Errorf("got %+v, %v", e, err)
	}
	if e, err := c.Requeue(t.Context(), projectID, evaluationID, nil); err != nil || e.ID == evaluationID {
		t.Errorf("a record under a new number is an answer: %+v, %v", e, err)
	}
	if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err == nil {
		t.Error("another evaluation was taken for this one")
	}
}

func TestLastPush(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		reply reply
		want  time.Time
		err   bool
	}{
		{name: "the newest, wherever it stands", reply: ok(`{"value":[{"id":2,"createdDate":"2024-06-02T10:00:00Z"},{"id":1,"createdDate":"2024-06-01T10:00:00Z"},{"id":3}]}`), want: time.Date(2024, 6, 2, 10, 0, 0, 0, time.UTC)},
		{name: "none", reply: ok(`{"value":[]}`)},
		{name: "an old pull request", reply: reply{status: 404, body: `{"message":"none"}`}},
		{name: "refused", reply: reply{status: 403}, err: true},
		{name: "hidden", reply: reply{status: 404, body: `{"message":"TF401019: no repository"}`}, err: true},
		{name: "no list", reply: ok(`{}`), err: true},
		{name: "a date that is none", reply: ok(`{"value":[{"id":1,"createdDate":"2024-06-01T10:00:00Z"},{"id":2,"createdDate":"yesterday"}]}`), err: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, f := newFake(t, Options{}, func(int, *http.Request) reply { return tt.reply })
			got, err := c.LastPush(t.Context(), projectID, repositoryID, 24)
			if (err != nil) != tt.err || !got.Equal(tt.want) {
				t.Errorf("got %v, %v", got, err)
			}
			if want := fmt.Sprintf("%s/%s/_apis/git/repositories/%s/pullRequests/24/iterations", basePath, projectID, repositoryID); f.requests()[0].path != want {
				t.Errorf("path is %s", f.requests()[0].path)
			}
		})
	}
	c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(`{}`) })
	f.table = strings.ReplaceAll(f.table, locIterations.String(), uuid.NewString())
	if at, err := c.LastPush(t.Context(), projectID, repositoryID, 24); err != nil || !at.IsZero() {
		t.Errorf("a server without iterations: %v, %v", at, err)
	}
}

func TestFirstRequestsAskForLocationsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, f := newFake(t, Options{Concurrency: 64}, func(int, *http.Request) reply { return ok(toJSON(record(nil))).after(time.Millisecond) })
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if f.options != 1 || len(f.requests()) != 50 {
			t.Errorf("%d OPTIONS and %d other requests", f.options, len(f.requests()))
		}
	})
}

func TestGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g gate
		var calls int
		broken := errors.New("broken")
		fail := func(context.Context) error { calls++; time.Sleep(time.Second); return broken }
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if err := g.do(t.Context(), fail); !errors.Is(err, broken) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if calls != 1 {
			t.Errorf("%d calls for one failure that five waited for", calls)
		}
		// A leader that is cancelled does not take the others with it.
		ctx, cancel := context.WithCancel(t.Context())
		all.Go(func() { _ = g.do(ctx, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }) })
		synctest.Wait()
		all.Go(func() {
			if err := g.do(t.Context(), func(context.Context) error { return nil }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		cancel()
		all.Wait()
		if err := g.do(t.Context(), fail); err != nil {
			t.Errorf("done, but %v", err)
		}
	})
}

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

func TestVersionsAreNegotiated(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"5.0": "5.0-preview", "6.0": "6.0-preview", "7.0": "7.0-preview", "7.1": "7.1-preview.1", "7.2": "7.1-preview.1"} {
		c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(toJSON(record(nil))) })
		f.table = locationTable(version)
		if _, err := c.Requeue(t.Context(), projectID, evaluationID, nil); err != nil {
			t.Error(err)
		}
		r := f.requests()[0]
		if got := r.header.Get("Accept"); got != "application/json;api-version="+want {
			t.Errorf("%s: Accept is %s", version, got)
		}
		if r.method != http.MethodPatch || r.body != "" || r.header.Get("Content-Type") != "" || r.header.Get("X-Tfs-Fedauthredirect") != "Suppress" {
			t.Errorf("got %+v", r)
		}
	}
}
