package azdo

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
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

// TestOddPolicyIsItsOwn: what an odd copy of a policy says is not read from a whole one of the same revision, nor the other
// way round.
func TestOddPolicyIsItsOwn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		fields    map[string]any
		malformed string
	}{
		{name: "isDeleted a text", fields: map[string]any{"configuration.isDeleted": "true"}, malformed: "isDeleted"},
		{name: "isEnabled a text", fields: map[string]any{"configuration.isEnabled": "false"}, malformed: "isEnabled"},
		{name: "isBlocking a number", fields: map[string]any{"configuration.isBlocking": 1}, malformed: "isBlocking"},
		{name: "type a text", fields: map[string]any{"configuration.type": "Build"}, malformed: "type"},
		{name: "settings a text", fields: map[string]any{"configuration.settings": "x"}, malformed: "settings"},
		{name: "pipeline a text", fields: map[string]any{"configuration.settings.buildDefinitionId": "18443"}, malformed: "settings.buildDefinitionId"},
		{name: "pipeline a text, and no type", fields: map[string]any{"configuration.type": nil, "configuration.settings.buildDefinitionId": "18443"}, malformed: "settings.buildDefinitionId"},
		{name: "near miss: validDuration a text", fields: map[string]any{"configuration.settings.validDuration": "720"}},
		{name: "near miss: isDeleted null", fields: map[string]any{"configuration.isDeleted": nil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			whole, odd := record(nil), record(tt.fields)
			for _, wholeFirst := range []bool{true, false} {
				records := []any{whole, odd}
				if !wholeFirst {
					records = []any{odd, whole}
				}
				list, err := decodeEvaluations(strings.NewReader(listJSON(records...)), &policies{}, projectID, &commits{})
				if err != nil {
					t.Fatal(err)
				}
				if !wholeFirst {
					slices.Reverse(list)
				}
				if got := [2]string{list[0].Policy.Malformed, list[1].Policy.Malformed}; got != [2]string{"", tt.malformed} || list[1].Policy.Deleted || !list[1].Policy.Enabled {
					t.Errorf("the whole one first: %t; got %q", wholeFirst, got)
				}
			}
			known := &policies{}
			for i, fields := range []map[string]any{nil, tt.fields} {
				e, err := sdkEvaluation(t, known, projectID, toJSON(record(fields)))
				if want := []string{"", tt.malformed}[i]; err != nil || e.Policy.Malformed != want {
					t.Errorf("one record: %v, %+v", err, e.Policy)
				}
			}
		})
	}
}
