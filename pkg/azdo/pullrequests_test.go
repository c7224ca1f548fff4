package azdo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

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
