package azdotest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseFaults(t *testing.T) {
	t.Parallel()
	project := func(text string) string { return `{"projects":[{"name":"Shop",` + text + `}]}` }
	pr := func(text string) string {
		return project(`"policies":[{"id":12}],"repositories":[{"name":"web","pullRequests":[{"id":7,` + text + `}]}]`)
	}
	for _, test := range []struct{ name, text, want string }{
		{"not JSON", `{`, "unexpected EOF"},
		{"an unknown member", "{\n\"colour\": 1}", `unknown field "colour"`},
		{"an unknown member inside", pr(`"tile":"x"`), `unknown field "tile"`},
		{"two values", `{} {}`, "something follows"},
		{"null in a list", `{"projects":[null]}`, "projects holds null"},
		{"null deep inside", project(`"repositories":[{"name":"web","pullRequests":[null]}]`), "pullRequests holds null"},
		{"a project without a name", `{"projects":[{"name":" "}]}`, "no name"},
		{"a number twice", project(`"repositories":[{"name":"a","pullRequests":[{"id":7}]},{"name":"b","pullRequests":[{"id":7}]}]`), `project "Shop": pull request 7 exists twice`},
		{"an unknown status", pr(`"status":"merged"`), `status "merged" is none of active, completed, abandoned`},
		{"an unknown state", pr(`"evaluations":[{"state":"stale"}]`), `state "stale"`},
		{"an unknown policy", pr(`"evaluations":[{"policy":99}]`), `project "Shop": pull request 7: evaluation 1: there is no policy "99"`},
		{"a bad time", pr(`"created":"yesterday"`), `read time "yesterday"`},
		{"a bad duration", `{"latency":"5 parsecs"}`, `read duration "5 parsecs"`},
		{"a bad reference", project(`"policies":[{"pipeline":true}]`), "a name or a number is wanted"},
		{"an unknown pipeline number", project(`"policies":[{"pipeline":4}]`), "there is no pipeline 4"},
		{"a build of nothing", project(`"builds":[{"pullRequest":4}]`), "there is no pull request 4"},
		{"an unknown scope repository", project(`"policies":[{"scopes":[{"repository":"x"}]}]`), `there is no repository "x"`},
		{"an unknown policy type", project(`"policies":[{"type":"Magic"}]`), `policy type "Magic"`},
		{"an unknown fault", `{"faults":[{"fault":"418"}]}`, `fault 1: fault "418" is none of`},
		{"an unknown route", `{"faults":[{"match":{"route":"x"}}]}`, `match.route "x" is none of options`},
		{"a change of nothing", `{"changes":[{"match":{},"pullRequest":3,"set":{}}]}`, "change 1: there is no pull request 3"},
		{"a bad behaviour", `{"behaviour":{"requeueAnswer":"maybe"}}`, `behaviour: requeueAnswer "maybe"`},
		{"a bad GUID", `{"identityId":"7"}`, `identityId "7" is no GUID`},
	} {
		_, err := Parse([]byte(test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	type view struct {
		Status, Expired, NotCurrent, Completed, Build string
	}
	for _, test := range []struct {
		state string
		want  view
	}{
		{"expired", view{"queued", "true", "true", "yes", "completed succeeded"}},
		{"failed", view{"rejected", "false", "false", "yes", "completed failed"}},
		{"canceled", view{"rejected", "false", "false", "yes", "completed canceled"}},
		{"broken", view{"broken", "false", "false", "yes", ""}},
		{"notStarted", view{"queued", "false", "false", "", ""}},
		{"queued", view{"queued", "false", "false", "", "notStarted <nil>"}},
		{"running", view{"running", "false", "false", "", "inProgress <nil>"}},
		{"", view{"approved", "false", "false", "yes", "completed succeeded"}},
		{"outdated", view{"approved", "false", "true", "yes", "completed succeeded"}},
		{"notApplicable", view{"notApplicable", "false", "false", "yes", ""}},
	} {
		t.Run("state "+test.state, func(t *testing.T) {
			t.Parallel()
			s := Start(t, shop(test.state))
			v := get(t, s, evaluationPath(s, 7, "12"))
			got := view{
				Status:  fmt.Sprint(at(t, v, "status")),
				Expired: fmt.Sprint(at(t, v, "context", "isExpired")), NotCurrent: fmt.Sprint(at(t, v, "context", "buildIsNotCurrent")),
			}
			if at(t, v, "completedDate") != (missing{}) {
				got.Completed = "yes"
			}
			if id, found := at(t, v, "context", "buildId").(float64); found {
				b := get(t, s, "/Shop/_apis/build/builds/"+itoa(int(id)))
				result := at(t, b, "result")
				if result == (missing{}) {
					result = nil
				}
				got.Build = fmt.Sprint(at(t, b, "status"), " ", result)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			listed := at(t, get(t, s, listPath("7")), "count")
			if want := map[bool]float64{true: 1, false: 2}[test.state == "notApplicable"]; listed != want {
				t.Errorf("listed %v, want %v", listed, want)
			}
			if all := at(t, get(t, s, listPath("7")+"&includeNotApplicable=true"), "count"); all != 2.0 {
				t.Errorf("listed with includeNotApplicable: %v", all)
			}
		})
	}
}

func TestOpenFactsOfRecords(t *testing.T) {
	t.Parallel()
	record := func(t *testing.T, state string, change func(*World)) any {
		w := shop(state)
		change(&w)
		s := Start(t, w)
		return get(t, s, evaluationPath(s, 7, "12"))
	}
	v := record(t, "notStarted", func(w *World) { w.Behaviour.NeverRunContext = "null" })
	if got := at(t, v, "context"); got != nil {
		t.Errorf("null context: %v", got)
	}
	v = record(t, "notStarted", func(w *World) { w.Behaviour.NeverRunContext = "absent" })
	if got := at(t, v, "context"); got != (missing{}) {
		t.Errorf("absent context: %v", got)
	}
	v = record(t, "expired", func(w *World) { w.Behaviour.OmitsExpiry = true })
	if at(t, v, "context", "isExpired") != (missing{}) || at(t, v, "context", "buildIsNotCurrent") != true {
		t.Errorf("old server: %v", at(t, v, "context"))
	}
	immediately := func(w *World) {
		w.Projects[0].Policies[0].Expires = "immediately"
		w.Behaviour.ImmediateExpiry = "rejected"
	}
	v = record(t, "expired", immediately)
	if at(t, v, "status") != "rejected" || at(t, v, "context", "isExpired") != false || at(t, v, "context", "buildIsNotCurrent") != true ||
		at(t, v, "configuration", "settings", "queueOnSourceUpdateOnly") != false {
		t.Errorf("immediately: %v", v)
	}
	s := Start(t, shop("expired"))
	if got := at(t, get(t, s, evaluationPath(s, 7, "13")), "context"); got != (missing{}) {
		t.Errorf("a reviewers evaluation has a context: %v", got)
	}
}

func TestHistoryAndErrors(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop","policies":[{"id":12,"pipeline":"ci"}],"repositories":[{"name":"web","pullRequests":[
		{"id":7,"sourceCommit":"abc","evaluations":[{"state":"failed","started":"2h ago","build":500,"history":["succeeded","failed"],"errors":["boom","bang"],"preview":["boom"]}]},
		{"id":8,"evaluations":[{"state":"failed","build":600,"noBuildRecord":true}]}]}],
		"builds":[{"pullRequest":7,"result":"failed","sourceCommit":"old","finished":"9h ago"},{"branch":"main","result":"failed","errors":["x"],"warnings":["y"]}]}]}`)
	s := Start(t, w)
	builds := get(t, s, "/Shop/_apis/build/builds?definitions=101&branchName=refs/pull/7/merge&reasonFilter=pullRequest&queryOrder=queueTimeAscending")
	var got []string
	for i := range 4 {
		b := at(t, builds, "value", i)
		var parameters map[string]string
		text, _ := at(t, b, "parameters").(string)
		if err := json.Unmarshal([]byte(text), &parameters); err != nil {
			t.Fatalf("parameters %q: %v", text, err)
		}
		got = append(got, fmt.Sprint(at(t, b, "result"), " ", parameters["system.pullRequest.sourceCommitId"]))
	}
	if diff := cmp.Diff([]string{"failed old", "succeeded abc", "failed abc", "failed abc"}, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if at(t, builds, "value", 3, "id") != 500.0 {
		t.Errorf("the evaluation's own build is not the last: %v", at(t, builds, "value", 3, "id"))
	}
	timeline := get(t, s, "/Shop/_apis/build/builds/500/timeline")
	messages := []any{at(t, timeline, "records", 2, "issues", 0, "message"), at(t, timeline, "records", 3, "issues", 0, "message")}
	if diff := cmp.Diff([]any{"boom", "bang"}, messages); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	if got := at(t, get(t, s, evaluationPath(s, 7, "12")), "context", "buildOutputPreview", "errors", 0, "message"); got != "boom" {
		t.Errorf("preview: %v", got)
	}
	if r := send(t, s, "GET", "/Shop/_apis/build/builds/600", ""); r.status != 404 {
		t.Errorf("a build that is gone: %d", r.status)
	}
	main := get(t, s, "/Shop/_apis/build/builds?branchName=refs/heads/main&statusFilter=completed&$top=1&queryOrder=finishTimeDescending")
	if at(t, main, "value", 0, "result") != "failed" || at(t, main, "value", 0, "reason") != "individualCI" {
		t.Errorf("target branch: %v", main)
	}
	for _, source := range []string{"triggerInfo", "none"} {
		s.Update(func(w *World) { w.Behaviour.BuildSource = source })
		b := get(t, s, "/Shop/_apis/build/builds/500")
		if at(t, b, "parameters") != (missing{}) || (at(t, b, "triggerInfo", "pr.sourceSha") == "abc") != (source == "triggerInfo") {
			t.Errorf("%s: %v", source, b)
		}
	}
}

func TestRawMembers(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"projects":[{"name":"Shop","policies":[{"id":12,"settings":{"validDuration":"soon","displayName":"<absent>"},"raw":{"isBlocking":null}}],"repositories":[{"name":"web","raw":{"defaultBranch":7},"pullRequests":[
		{"id":7,"raw":{"title":null,"createdBy":{"displayName":5}},"evaluations":[
			{"state":"expired","raw":{"context":{"isExpired":"yes","buildId":"<absent>"},"status":3}},
			{"state":"expired","raw":["not","a","record"]},
			{"state":"expired","raw":null}]}]}]}]}`)
	s := Start(t, w)
	v := get(t, s, listPath("7"))
	for _, test := range []struct {
		want any
		path []any
	}{
		{"yes", []any{"value", 0, "context", "isExpired"}},
		{missing{}, []any{"value", 0, "context", "buildId"}},
		{true, []any{"value", 0, "context", "buildIsNotCurrent"}},
		{3.0, []any{"value", 0, "status"}},
		{"soon", []any{"value", 0, "configuration", "settings", "validDuration"}},
		{missing{}, []any{"value", 0, "configuration", "settings", "displayName"}},
		{nil, []any{"value", 0, "configuration", "isBlocking"}},
		{"a", []any{"value", 1, 1}},
		{nil, []any{"value", 2}},
	} {
		if got := at(t, v, test.path...); got != test.want {
			t.Errorf("%v: %v, want %v", test.path, got, test.want)
		}
	}
	if pr := get(t, s, "/_apis/git/pullRequests/7"); at(t, pr, "title") != nil || at(t, pr, "createdBy", "displayName") != 5.0 || at(t, pr, "createdBy", "id") == (missing{}) {
		t.Errorf("pull request: %v", pr)
	}
}

// Completing a world twice changes nothing, so that Update does not disturb what it leaves alone.
func TestCompleteIsIdempotent(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]World{"demo": Demo(), "generated": Generate(30, 5, 0.2), "shop": shop("expired")} {
		first, err := resolve(w)
		if err != nil {
			t.Fatal(err)
		}
		second := first.clone()
		if err := complete(&second, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(*first, second, cmp.AllowUnexported(Evaluation{}, Build{}, Thread{}, Fault{}, Change{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNewCopiesTheWorld(t *testing.T) {
	t.Parallel()
	w := shop("expired")
	s := Start(t, w)
	send(t, s, "PATCH", evaluationPath(s, 7, "12"), "")
	s.Update(func(w *World) { w.PullRequest(7).Title = "changed" })
	if ev := w.Evaluation(7, "12"); ev.State != "expired" || ev.Status != "" || w.PullRequest(7).Title != "" || len(w.Projects[0].Builds) != 0 {
		t.Error("the caller's world has changed")
	}
	if got := s.World(); got.PullRequest(7).Title != "changed" {
		t.Errorf("the stand-in's world says %q", got.PullRequest(7).Title)
	}
}

func TestUpdateThatBreaksTheWorld(t *testing.T) {
	t.Parallel()
	s, err := New(shop("expired"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Update(func(w *World) { w.PullRequest(7).Status = "gone" })
	if p := s.Problems(); len(p) != 1 || !strings.Contains(p[0], `status "gone"`) {
		t.Errorf("problems: %v", p)
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	w, err := Parse(demoFile)
	if err != nil {
		t.Fatal(err)
	}
	s := Start(t, w)
	v := get(t, s, "/Storefront/_apis/git/repositories/webshop/pullRequests")
	if n := at(t, v, "count"); n != 17.0 {
		t.Errorf("%v active pull requests", n)
	}
	states := map[string]bool{}
	for _, repo := range w.Projects[0].Repositories {
		for _, pr := range repo.PullRequests {
			for _, ev := range pr.Evaluations {
				states[ev.State] = true
			}
		}
	}
	for _, want := range []string{"expired", "failed", "canceled", "broken", "notStarted", "queued", "running", "succeeded", "outdated"} {
		if !states[want] {
			t.Errorf("no evaluation is %s", want)
		}
	}
	if Demo().Projects == nil {
		t.Error("Demo is empty")
	}
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	w := Generate(1000, 8, 0.1)
	without, total := 0, 0
	for _, repo := range w.Projects[0].Repositories {
		for _, pr := range repo.PullRequests {
			total++
			if len(pr.Evaluations) == 0 {
				without++
			} else if len(pr.Evaluations) != 8 {
				t.Fatalf("pull request %d has %d evaluations", pr.ID, len(pr.Evaluations))
			}
		}
	}
	if total != 1000 || without < 95 || without > 105 || len(w.Projects[0].Repositories) != 2 {
		t.Errorf("%d pull requests, %d without evaluations", total, without)
	}
	if builds := slices.IndexFunc(w.Projects[0].Policies, func(c *Policy) bool { return c.Type != "" }); builds != 4 {
		t.Errorf("%d Build policies, want 4", builds)
	}
}

func BenchmarkEvaluations(b *testing.B) {
	w, err := resolve(Generate(10_000, 8, 0.1))
	if err != nil {
		b.Fatal(err)
	}
	s := &Server{world: w, index: newIndex(w), base: "http://127.0.0.1:1/tfs/DefaultCollection", routes: routes(), table: locations(w), starts: map[string]int{}}
	c := &call{project: w.Projects[0], query: map[string][]string{}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.query.Set("artifactId", "vstfs:///CodeReview/CodeReviewId/"+w.Projects[0].ID+"/"+itoa(i%10_000+1))
		if a := s.listEvaluations(c); a.status != 200 {
			b.Fatal(a.status)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	w := Generate(10_000, 8, 0.1)
	for b.Loop() {
		if _, err := resolve(w); err != nil {
			b.Fatal(err)
		}
	}
}
