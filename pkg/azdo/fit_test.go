package azdo

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/build"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/policy"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestFitted: the SDK sees what its types can take, and what they cannot is named.
func TestFitted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		as         reflect.Type
		shown, odd string
		err        error
	}{
		{name: "as it is", as: reflect.TypeFor[build.Build](), body: `{"id":5,"status":"completed","tags":["a","b"]}`, shown: `{"id":5,"status":"completed","tags":["a","b"]}`},
		{name: "what the type lacks", as: reflect.TypeFor[build.Build](), body: `{"x":{"y":[1]},"id":5,"z":null}`, shown: `{"id":5}`},
		{name: "names in another case are other names", as: reflect.TypeFor[build.Build](), body: `{"ID":"x","id":5}`, shown: `{"id":5}`},
		{name: "null is absent", as: reflect.TypeFor[build.Build](), body: `{"id":null,"status":null}`, shown: `{}`},
		{name: "one odd field costs itself", as: reflect.TypeFor[build.Build](), body: `{"id":"5","status":2,"result":"failed"}`, shown: `{"result":"failed"}`, odd: "id status"},
		{name: "below a field", as: reflect.TypeFor[build.Build](), body: `{"definition":{"id":[],"name":"ci"}}`, shown: `{"definition":{"name":"ci"}}`, odd: "definition.id"},
		{name: "an object that is none", as: reflect.TypeFor[build.Build](), body: `{"definition":[{"id":5}]}`, shown: `{}`, odd: "definition"},
		{name: "numbers with decimals, too large, or in words", as: reflect.TypeFor[build.Build](), body: `{"id":1.5,"buildNumberRevision":2147483648,"queuePosition":1e3}`, shown: `{}`, odd: "buildNumberRevision id queuePosition"},
		{name: "a time in every spelling of the service", as: reflect.TypeFor[build.Build](), body: `{"finishTime":"2024-06-01T13:00:00+02:00","startTime":"2024-06-01T10:00:00.5","queueTime":"0001-01-01T00:00:00"}`, shown: `{"finishTime":"2024-06-01T11:00:00Z","startTime":"2024-06-01T10:00:00.5Z","queueTime":"0001-01-01T00:00:00Z"}`},
		{name: "a time that is none", as: reflect.TypeFor[build.Build](), body: `{"finishTime":"yesterday","startTime":5,"id":1}`, shown: `{"id":1}`, odd: "finishTime startTime"},
		{name: "a GUID that is none", as: reflect.TypeFor[policy.PolicyEvaluationRecord](), body: `{"evaluationId":"78e00bd236534e038e666007d9a28a4c","status":"queued"}`, shown: `{"status":"queued"}`, odd: "evaluationId"},
		{name: "what has no type is left as it is", as: reflect.TypeFor[policy.PolicyEvaluationRecord](), body: `{"context":{"buildId":"x","y":[null,1e30]}}`, shown: `{"context":{"buildId":"x","y":[null,1e30]}}`},
		{name: "a number that no float holds, deep in what has no type", as: reflect.TypeFor[policy.PolicyEvaluationRecord](), body: `{"context":{"buildId":5,"isExpired":[true,{"x":-1e400}]}}`, shown: `{"context":{"buildId":5,"isExpired":[true,{"x":-1e308}]}}`},
		{name: "a number that no float holds, without a type", as: reflect.TypeFor[policy.PolicyEvaluationRecord](), body: `{"context":1e400,"status":"queued"}`, shown: `{"context":-1e308,"status":"queued"}`},
		{name: "a time that is in year 10000 by UTC", as: reflect.TypeFor[build.Build](), body: `{"id":5,"queueTime":"9999-12-31T23:59:59-05:00"}`, shown: `{"id":5,"queueTime":"9999-12-31T23:59:59Z"}`},
		{name: "a member that comes twice", as: reflect.TypeFor[build.Build](), body: `{"definition":{"id":5,"name":"ci"},"id":1,"definition":{"id":6},"id":"2"}`, shown: `{"definition":{"id":6}}`, odd: "id"},
		{name: "a member that comes twice, null last", as: reflect.TypeFor[build.Build](), body: `{"definition":{"id":4},"status":"a","tags":["x"],"definition":null,"status":"b"}`, shown: `{"tags":["x"],"status":"b"}`},
		{name: "a member that comes twice, odd first", as: reflect.TypeFor[build.Build](), body: `{"definition":{"id":[]},"id":[],"definition":{"id":7},"id":5}`, shown: `{"definition":{"id":7},"id":5}`, odd: "definition.id id"},
		{name: "a map", as: reflect.TypeFor[build.Build](), body: `{"triggerInfo":{"pr.sourceSha":"cb71","n":5,"z":null}}`, shown: `{"triggerInfo":{"pr.sourceSha":"cb71"}}`, odd: "triggerInfo.n"},
		{name: "an odd element leaves its place", as: reflect.TypeFor[git.GitPullRequest](), body: `{"reviewers":[5,{"vote":10},null,{"vote":"x"}]}`, shown: `{"reviewers":[null,{"vote":10},null,{}]}`, odd: "reviewers reviewers.vote"},
		{name: "no text", as: reflect.TypeFor[build.Build](), body: "{\"status\":\"a\xffb\",\"result\":\"\\ud800\"}", shown: "{\"status\":\"a\xffb\",\"result\":\"\\ud800\"}"},
		{name: "a list", as: reflect.TypeFor[[]core.WebApiTagDefinition](), body: `{"count":9,"value":[{"name":"a"},{"name":5}]}`, shown: `{"value":[{"name":"a"},{}]}`, odd: "1.name"},
		{name: "a list with a token", as: reflect.TypeFor[build.GetBuildsResponseValue](), body: `{"value":[{"id":5}]}`, shown: `{"value":[{"id":5}]}`},
		{name: "a list that is empty", as: reflect.TypeFor[[]core.WebApiTagDefinition](), body: `{"value":[]}`, shown: `{"value":[]}`},
		{name: "a list without one", as: reflect.TypeFor[[]core.WebApiTagDefinition](), body: `{}`, err: errNoList},
		{name: "a list that is null", as: reflect.TypeFor[[]core.WebApiTagDefinition](), body: `{"value":null}`, err: errNoList},
		{name: "a list that comes twice", as: reflect.TypeFor[[]core.WebApiTagDefinition](), body: `{"value":[],"value":[]}`, err: errNoList},
		{name: "a list alone", as: reflect.TypeFor[[]core.WebApiTagDefinition](), body: `[]`, err: errNoList},
		{name: "a list of null", as: reflect.TypeFor[[]core.WebApiTagDefinition](), body: `{"value":[null]}`, err: errNull},
		{name: "a list of something else", as: reflect.TypeFor[[]core.WebApiTagDefinition](), body: `{"value":["x"]}`, err: errNoItem},
		{name: "no object", as: reflect.TypeFor[build.Build](), body: `[{"id":5}]`, err: errNoObject},
		{name: "null", as: reflect.TypeFor[build.Timeline](), body: `null`, shown: `null`},
		{name: "something behind it", as: reflect.TypeFor[build.Build](), body: `{}{}`, err: errTrailing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			shown, found, err := fitted(strings.NewReader(tt.body), tt.as)
			if !errors.Is(err, tt.err) {
				t.Fatalf("got %v, want %v", err, tt.err)
			}
			if tt.err != nil {
				return
			}
			if diff := cmp.Diff(tt.shown, string(shown)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if odd := strings.Join(slices.Sorted(maps.Keys(found.odd)), " "); odd != tt.odd {
				t.Errorf("odd are %q, want %q", odd, tt.odd)
			}
			if _, list := elementOf(tt.as); list {
				return
			}
			if err := json.Unmarshal(shown, reflect.New(tt.as).Interface()); err != nil {
				t.Errorf("the SDK cannot read it: %v", err)
			}
		})
	}
}

// asked is every method of the client that a typed method of the SDK answers, with a whole answer.
type asked struct {
	name, whole string
	list        bool
	do          func(t *testing.T, c *Client) (any, error)
}

func everyTypedCall() []asked {
	one, two := uuid.NewString(), uuid.NewString()
	build := `{"id":5,"definition":{"id":7},"status":"completed","result":"failed"}`
	return []asked{
		{name: "Identity", whole: `{"authenticatedUser":{"id":"` + one + `","providerDisplayName":"x"}}`, do: func(t *testing.T, c *Client) (any, error) { return c.Identity(t.Context()) }},
		{name: "Projects", list: true, whole: `{"value":[{"id":"` + one + `","name":"a"},{"id":"` + two + `","name":"b"}]}`, do: func(t *testing.T, c *Client) (any, error) { return c.Projects(t.Context()) }},
		{name: "Repositories", list: true, whole: `{"value":[{"id":"` + one + `","name":"a","project":{"id":"` + two + `","name":"b"}}]}`, do: func(t *testing.T, c *Client) (any, error) { return c.Repositories(t.Context(), "Shop") }},
		{name: "PullRequest", whole: `{"pullRequestId":24,"repository":{"id":"` + one + `","name":"a","project":{"id":"` + two + `","name":"b"}}}`, do: func(t *testing.T, c *Client) (any, error) { return c.PullRequest(t.Context(), "Shop", 24) }},
		{name: "LastPush", list: true, whole: `{"value":[{"id":1,"createdDate":"2024-06-01T10:00:00Z"}]}`, do: func(t *testing.T, c *Client) (any, error) {
			return c.LastPush(t.Context(), projectID, repositoryID, 24)
		}},
		{name: "Labels", list: true, whole: `{"value":[{"name":"a"}]}`, do: func(t *testing.T, c *Client) (any, error) { return c.Labels(t.Context(), testPullRequest()) }},
		{name: "Evaluation", whole: toJSON(record(nil)), do: func(t *testing.T, c *Client) (any, error) {
			return c.Evaluation(t.Context(), projectID, evaluationID)
		}},
		{name: "Requeue", whole: toJSON(record(nil)), do: func(t *testing.T, c *Client) (any, error) {
			return c.Requeue(t.Context(), projectID, evaluationID, nil)
		}},
		{name: "Pipelines", list: true, whole: `{"value":[{"id":7,"name":"ci"}]}`, do: func(t *testing.T, c *Client) (any, error) { return c.Pipelines(t.Context(), projectID, []int{7}) }},
		{name: "Builds", list: true, whole: `{"value":[` + build + `]}`, do: func(t *testing.T, c *Client) (any, error) {
			return c.Builds(t.Context(), BuildQuery{Project: projectID})
		}},
		{name: "Build", whole: build, do: func(t *testing.T, c *Client) (any, error) { return c.Build(t.Context(), projectID, 5) }},
		{name: "BuildErrors", whole: `{"records":[{"type":"Task","result":"failed","log":{"id":3}}]}`, do: func(t *testing.T, c *Client) (any, error) { return c.BuildErrors(t.Context(), projectID, 5) }},
		{name: "logLengths", list: true, whole: `{"value":[{"id":3,"lineCount":9}]}`, do: func(t *testing.T, c *Client) (any, error) { return c.logLengths(t.Context(), projectID, 5) }},
		{name: "Comment", list: true, whole: `{"value":[{"id":5,"comments":[{"id":1,"content":"m text","author":{"id":"a"}}]}]}`, do: func(t *testing.T, c *Client) (any, error) {
			return c.Comment(t.Context(), testPullRequest(), requeue.Identity{ID: "a"}, "m", "m text")
		}},
		{name: "createThread", whole: `{"id":1}`, do: func(t *testing.T, c *Client) (any, error) { return c.createThread(t.Context(), testPullRequest(), "x") }},
		{name: "updateComment", whole: `{"id":1}`, do: func(t *testing.T, c *Client) (any, error) {
			return c.updateComment(t.Context(), testPullRequest(), 5, 1, "x")
		}},
	}
}

// TestTypedCallsAndOddAnswers: no method of the SDK takes an answer that is none for an empty one, whatever it is.
func TestTypedCallsAndOddAnswers(t *testing.T) {
	t.Parallel()
	odd := map[string]reply{
		"a sign-in page with 203": page(203, "<html><title>Sign In</title>"), "a page with 200": page(200, "<html>"), "a page that claims to be JSON": ok("<html>"),
		"a list alone": ok(`[]`), "a number": ok(`5`), "a text": ok(`"x"`), "no JSON": ok(`everything is fine`), "two answers": ok(`{"value":[]}{"value":[]}`),
		"a redirect": reply{status: 302}.with("Location", "https://evil.example/"), "a redirect within": reply{status: 307}.with("Location", "/x"),
		"torn": {body: `{"value":[`, torn: true}, "cut": ok(`{"value":[{"id":1`),
		"a refusal": {status: 403}, "an error": {status: 500},
	}
	lists := map[string]reply{
		"an object without a list": ok(`{}`), "null": ok(`{"value":null}`), "of null": ok(`{"value":[null]}`), "of something else": ok(`{"value":["x",5]}`), "an object": ok(`{"value":{}}`),
		"an error with 200": ok(`{"error":"x"}`), "nothing": ok(``), "null alone": ok(`null`),
	}
	for _, call := range everyTypedCall() {
		t.Run(call.name, func(t *testing.T) {
			t.Parallel()
			c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(call.whole) })
			if got, err := call.do(t, c); err != nil || len(f.requests()) != 1 {
				t.Errorf("a whole answer: %+v, %v after %d requests", got, err, len(f.requests()))
			}
			answers := maps.Clone(odd)
			if call.name == "Builds" || call.name == "Requeue" {
				answers["too large"] = ok(`{"value":[]` + strings.Repeat(" ", maxBody) + `}`)
			}
			if call.list {
				maps.Copy(answers, lists)
			}
			for name, answer := range answers {
				synctest.Test(t, func(t *testing.T) {
					c, f := newFake(t, Options{}, func(int, *http.Request) reply { return answer })
					got, err := call.do(t, c)
					if err == nil {
						t.Fatalf("%s: got %+v", name, got)
					}
					e := asError(t, err)
					first := f.requests()[0]
					if write := first.method != http.MethodGet; e.Lost && !write || write && len(f.requests()) != 1 {
						t.Errorf("%s: %+v after %d requests", name, e, len(f.requests()))
					}
				})
			}
		})
	}
}

// TestOddFieldsThatNobodyNeeds: an SDK type has many fields more than are needed; none of them costs the answer.
func TestOddFieldsThatNobodyNeeds(t *testing.T) {
	t.Parallel()
	odd := `"url":5,"_links":7,"createdDate":"yesterday","revision":"x","requestedBy":[],"queue":"x","tags":5,"lastUpdateTime":{},"codeReviewId":"x","supportsIterations":1,"imageUrl":2,`
	for _, call := range everyTypedCall() {
		t.Run(call.name, func(t *testing.T) {
			t.Parallel()
			fields := odd
			if call.name == "LastPush" { // which needs one of them
				fields = strings.Replace(odd, "createdDate", "updatedDate", 1)
			}
			body := strings.Replace(call.whole, "{", "{"+fields, 1)
			if call.list {
				body = strings.Replace(call.whole, "[{", "[{"+fields, 1)
			}
			plain, _ := newFake(t, Options{}, func(int, *http.Request) reply { return ok(call.whole) })
			c, _ := newFake(t, Options{}, func(int, *http.Request) reply { return ok(body) })
			want, _ := call.do(t, plain)
			got, err := call.do(t, c)
			if call.name == "Repositories" {
				want, got = toJSON(want), toJSON(got)
				got = strings.ReplaceAll(got.(string), c.collection.Host, plain.collection.Host)
			}
			if pr, isPR := got.(requeue.PullRequest); isPR {
				other := want.(requeue.PullRequest)
				pr.Repository, other.Repository = nil, nil
				want, got = other, pr
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}
