package azdo

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

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

func TestPolicyIsShared(t *testing.T) {
	t.Parallel()
	known := &policies{}
	of := func(project uuid.UUID, fields map[string]any) *requeue.Policy {
		e, err := sdkEvaluation(t, known, project, toJSON(record(fields)))
		if err != nil {
			t.Fatal(err)
		}
		return e.Policy
	}
	first := of(projectID, nil)
	if of(projectID, nil) != first {
		t.Error("the same revision is not shared")
	}
	if of(projectID, map[string]any{"configuration.revision": 20}) == first || of(uuid.New(), nil) == first {
		t.Error("another revision or project is shared")
	}
	unknown := of(projectID, map[string]any{"configuration.revision": absent})
	if unknown == of(projectID, map[string]any{"configuration.revision": absent}) {
		t.Error("an unknown revision is shared")
	}
}
