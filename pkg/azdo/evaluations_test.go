package azdo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/policy"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func wholePolicy(change func(*requeue.Policy)) *requeue.Policy {
	p := &requeue.Policy{
		ID: 20247, TypeID: buildPolicyType, TypeName: "Build", Enabled: true, Blocking: true, DisplayName: "CI", PipelineID: 18443,
		QueueOnSourceUpdateOnly: true, ValidDuration: 720.5,
	}
	if change != nil {
		change(p)
	}
	return p
}

func wholeEvaluation(change func(*requeue.Evaluation)) requeue.Evaluation {
	e := requeue.Evaluation{
		ID: evaluationID, Policy: wholePolicy(nil), Status: "queued",
		Details: &requeue.Details{
			Completed: time.Date(2024, 6, 1, 11, 0, 0, 0, time.UTC),
			BuildID:   17, BuildStarted: time.Date(2024, 6, 1, 10, 0, 1, 0, time.UTC), BuildIsNotCurrent: true, IsExpired: true, HasIsExpired: true,
			PipelineName: "ci", MergeCommitID: "6366", SourceCommitID: "cb71",
		},
	}
	if change != nil {
		change(&e)
	}
	return e
}

// sdkEvaluation reads a record as the SDK's method does.
func sdkEvaluation(t *testing.T, known *policies, project uuid.UUID, body string) (requeue.Evaluation, error) {
	t.Helper()
	answer, found := asSDK[policy.PolicyEvaluationRecord](t, body)
	if answer == nil {
		return requeue.Evaluation{}, errors.New("no record")
	}
	return wireRecord(answer, found).evaluation(known, project)
}

func TestEvaluationRecord(t *testing.T) {
	t.Parallel()
	type change = func(*requeue.Evaluation)
	policy := func(f func(*requeue.Policy)) change {
		return func(e *requeue.Evaluation) { e.Policy = wholePolicy(f) }
	}
	withoutContext := func(malformed string) change {
		return func(e *requeue.Evaluation) {
			*e.Details = requeue.Details{Completed: e.Completed, Malformed: malformed}
		}
	}
	badBuildID := func(e *requeue.Evaluation) { e.BuildID, e.Malformed = 0, "context.buildId" }
	for _, tt := range []struct {
		name   string
		fields map[string]any
		want   change
	}{
		{name: "as recorded"},
		{name: "no completedDate", fields: map[string]any{"completedDate": absent}, want: func(e *requeue.Evaluation) { e.Completed = time.Time{} }},
		{name: "the year 1 is none", fields: map[string]any{"completedDate": "0001-01-01T00:00:00"}, want: func(e *requeue.Evaluation) { e.Completed = time.Time{} }},
		{name: "a zone is taken to UTC", fields: map[string]any{"completedDate": "2024-06-01T13:00:00+02:00"}},
		{name: "no time", fields: map[string]any{"completedDate": "yesterday"}, want: func(e *requeue.Evaluation) { e.Completed, e.Malformed = time.Time{}, "completedDate" }},
		{name: "startedDate, which no rule needs", fields: map[string]any{"startedDate": "yesterday"}},
		{name: "a number for a time", fields: map[string]any{"completedDate": 5}, want: func(e *requeue.Evaluation) { e.Completed, e.Malformed = time.Time{}, "completedDate" }},
		{name: "a number for the status", fields: map[string]any{"status": 2}, want: func(e *requeue.Evaluation) { e.Status, e.Malformed = "", "status" }},
		{name: "no status", fields: map[string]any{"status": nil}, want: func(e *requeue.Evaluation) { e.Status = "" }},
		{name: "no context", fields: map[string]any{"context": absent}, want: withoutContext("")},
		{name: "context null", fields: map[string]any{"context": nil}, want: withoutContext("")},
		{name: "context a text", fields: map[string]any{"context": "x"}, want: withoutContext("context")},
		{name: "context a list", fields: map[string]any{"context": []int{1}}, want: withoutContext("context")},
		{name: "isExpired absent", fields: map[string]any{"context.isExpired": absent}, want: func(e *requeue.Evaluation) { e.IsExpired, e.HasIsExpired = false, false }},
		{name: "isExpired null", fields: map[string]any{"context.isExpired": nil}, want: func(e *requeue.Evaluation) { e.IsExpired, e.HasIsExpired = false, false }},
		{name: "isExpired false", fields: map[string]any{"context.isExpired": false}, want: func(e *requeue.Evaluation) { e.IsExpired = false }},
		{name: "isExpired a text", fields: map[string]any{"context.isExpired": "true"}, want: func(e *requeue.Evaluation) { e.IsExpired, e.Malformed = false, "context.isExpired" }},
		{name: "isExpired a number", fields: map[string]any{"context.isExpired": 1}, want: func(e *requeue.Evaluation) { e.IsExpired, e.Malformed = false, "context.isExpired" }},
		{name: "buildId absent", fields: map[string]any{"context.buildId": absent}, want: func(e *requeue.Evaluation) { e.BuildID = 0 }},
		{name: "buildId null", fields: map[string]any{"context.buildId": nil}, want: func(e *requeue.Evaluation) { e.BuildID = 0 }},
		{name: "buildId 0", fields: map[string]any{"context.buildId": 0}, want: func(e *requeue.Evaluation) { e.BuildID = 0 }},
		{name: "buildId at its greatest", fields: map[string]any{"context.buildId": maxID}, want: func(e *requeue.Evaluation) { e.BuildID = maxID }},
		{name: "buildId too large", fields: map[string]any{"context.buildId": int64(maxID) + 1}, want: badBuildID},
		{name: "buildId far too large", fields: map[string]any{"context.buildId": json.RawMessage("1e30")}, want: badBuildID},
		{name: "buildId negative", fields: map[string]any{"context.buildId": -1}, want: badBuildID},
		{name: "buildId with decimals", fields: map[string]any{"context.buildId": 1.5}, want: badBuildID},
		{name: "buildId a text", fields: map[string]any{"context.buildId": "17"}, want: badBuildID},
		{name: "buildIsNotCurrent a text", fields: map[string]any{"context.buildIsNotCurrent": "x"}, want: func(e *requeue.Evaluation) { e.BuildIsNotCurrent, e.Malformed = false, "context.buildIsNotCurrent" }},
		{name: "a pipeline without a name", fields: map[string]any{"context.buildDefinitionName": nil}, want: func(e *requeue.Evaluation) { e.PipelineName = "" }},
		{name: "commit a number", fields: map[string]any{"context.lastMergeCommitId": 5}, want: func(e *requeue.Evaluation) { e.MergeCommitID = "" }},
		{name: "pipeline's name a number", fields: map[string]any{"context.buildDefinitionName": 5}, want: func(e *requeue.Evaluation) { e.PipelineName = "" }},
		{name: "its own words, but not broken", fields: map[string]any{"context.errorMessage": "no queue"}},
		{name: "broken, with its own words", fields: map[string]any{"status": "broken", "context.errorMessage": "No\nqueue", "context.errorCode": "TF1"}, want: func(e *requeue.Evaluation) { e.Status, e.Words = "broken", "No queue" }},
		{name: "broken, with a code", fields: map[string]any{"status": "broken", "context.errorMessage": nil, "context.errorCode": "TF1"}, want: func(e *requeue.Evaluation) { e.Status, e.Words = "broken", "TF1" }},
		{name: "the first odd field is named", fields: map[string]any{"status": 5, "context.isExpired": 5}, want: func(e *requeue.Evaluation) { e.Status, e.IsExpired, e.Malformed = "", false, "status" }},
		{
			name:   "error preview",
			fields: map[string]any{"context.buildOutputPreview": map[string]any{"jobName": "j", "errors": []any{map[string]any{"lineNumber": 1, "message": "disk \"full\"\n"}, map[string]any{"message": nil}, map[string]any{"message": strings.Repeat("ä", maxText)}}}},
			want:   func(e *requeue.Evaluation) { e.Preview = []string{"disk \"full\"\n", strings.Repeat("ä", maxText/2)} },
		},
		{name: "preview without errors", fields: map[string]any{"context.buildOutputPreview": map[string]any{"errors": nil}}},
		{name: "preview a text", fields: map[string]any{"context.buildOutputPreview": "x"}, want: func(e *requeue.Evaluation) { e.PreviewLost = true }},
		{name: "preview errors a text", fields: map[string]any{"context.buildOutputPreview": map[string]any{"errors": "x"}}, want: func(e *requeue.Evaluation) { e.PreviewLost = true }},
		{name: "preview message a number", fields: map[string]any{"context.buildOutputPreview": map[string]any{"errors": []any{map[string]any{"message": 1}}}}, want: func(e *requeue.Evaluation) { e.PreviewLost = true }},

		{name: "no configuration", fields: map[string]any{"configuration": absent}, want: func(e *requeue.Evaluation) { e.Policy, e.Malformed = &requeue.Policy{Enabled: true}, "configuration" }},
		{name: "configuration a list", fields: map[string]any{"configuration": []int{}}, want: func(e *requeue.Evaluation) { e.Policy, e.Malformed = &requeue.Policy{Enabled: true}, "configuration" }},
		{name: "isEnabled absent is enabled", fields: map[string]any{"configuration.isEnabled": absent}},
		{name: "isEnabled false", fields: map[string]any{"configuration.isEnabled": false}, want: policy(func(p *requeue.Policy) { p.Enabled = false })},
		{name: "isEnabled a text", fields: map[string]any{"configuration.isEnabled": "false"}, want: policy(func(p *requeue.Policy) { p.Malformed = "isEnabled" })},
		{name: "isBlocking absent is optional", fields: map[string]any{"configuration.isBlocking": nil}, want: policy(func(p *requeue.Policy) { p.Blocking = false })},
		{name: "isDeleted", fields: map[string]any{"configuration.isDeleted": true}, want: policy(func(p *requeue.Policy) { p.Deleted = true })},
		{name: "a policy number as a text", fields: map[string]any{"configuration.id": "5"}, want: policy(func(p *requeue.Policy) { p.ID, p.Malformed = 0, "id" })},
		{name: "settings null", fields: map[string]any{"configuration.settings": nil}, want: policy(func(p *requeue.Policy) {
			p.PipelineID, p.DisplayName, p.QueueOnSourceUpdateOnly, p.ValidDuration = 0, "", false, 0
		})},
		{name: "settings a text", fields: map[string]any{"configuration.settings": "x"}, want: policy(func(p *requeue.Policy) {
			p.PipelineID, p.DisplayName, p.QueueOnSourceUpdateOnly, p.ValidDuration, p.Malformed = 0, "", false, 0, "settings"
		})},
		{name: "pipeline a text", fields: map[string]any{"configuration.settings.buildDefinitionId": "x"}, want: policy(func(p *requeue.Policy) { p.PipelineID, p.Malformed = 0, "settings.buildDefinitionId" })},
		{name: "display name null", fields: map[string]any{"configuration.settings.displayName": nil}, want: policy(func(p *requeue.Policy) { p.DisplayName = "" })},
		{name: "valid for a text", fields: map[string]any{"configuration.settings.validDuration": "720"}, want: policy(func(p *requeue.Policy) { p.ValidDuration = 0 })},
		{name: "valid for less than nothing", fields: map[string]any{"configuration.settings.validDuration": -1}, want: policy(func(p *requeue.Policy) { p.ValidDuration = 0 })},
		{name: "display name a number", fields: map[string]any{"configuration.settings.displayName": 5}, want: policy(func(p *requeue.Policy) { p.DisplayName = "" })},
		{name: "expiry a text", fields: map[string]any{"configuration.settings.queueOnSourceUpdateOnly": "true"}, want: policy(func(p *requeue.Policy) { p.QueueOnSourceUpdateOnly, p.MalformedExpiry = false, true })},
		{name: "a type without a name", fields: map[string]any{"configuration.type.displayName": 5}, want: policy(func(p *requeue.Policy) { p.TypeName = "" })},
		{name: "no type, but a pipeline", fields: map[string]any{"configuration.type": absent}, want: policy(func(p *requeue.Policy) { p.TypeID, p.TypeName = uuid.Nil, "" })},
		{name: "neither a type nor a pipeline", fields: map[string]any{"configuration.type": nil, "configuration.settings.buildDefinitionId": nil}, want: func(e *requeue.Evaluation) {
			e.Policy = &requeue.Policy{ID: e.Policy.ID, Enabled: true, Blocking: true, DisplayName: "CI"}
			e.Details = requeue.NoDetails
		}},
		{name: "a type of a wrong type", fields: map[string]any{"configuration.type": "Build"}, want: func(e *requeue.Evaluation) {
			e.Policy = &requeue.Policy{ID: e.Policy.ID, Enabled: true, Blocking: true, Malformed: "type"}
			e.Details = requeue.NoDetails
		}},
		{name: "manual a number", fields: map[string]any{"configuration.settings.manualQueueOnly": 1}, want: policy(func(p *requeue.Policy) { p.Malformed = "settings.manualQueueOnly" })},
		{
			name: "scopes",
			fields: map[string]any{"configuration.settings.scope": []any{
				map[string]any{"refName": "refs/heads/main", "matchKind": "Exact", "repositoryId": repositoryID}, map[string]any{"refName": nil, "matchKind": "DefaultBranch", "repositoryId": nil},
			}},
			want: policy(func(p *requeue.Policy) {
				p.Scopes = []requeue.PolicyScope{{RepositoryID: repositoryID, RefName: "refs/heads/main", MatchKind: "Exact"}, {MatchKind: "DefaultBranch"}}
			}),
		},
		{name: "a scope of a wrong type is unknown", fields: map[string]any{"configuration.settings.scope": []any{map[string]any{"refName": 5}}}, want: policy(nil)},
		{
			name:   "settings of other types decide nothing",
			fields: map[string]any{"configuration.type": map[string]any{"id": "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd", "displayName": "Minimum number of reviewers"}, "configuration.settings.displayName": 5},
			want: func(e *requeue.Evaluation) {
				e.Policy = &requeue.Policy{ID: e.Policy.ID, TypeID: uuid.MustParse("fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"), TypeName: "Minimum number of reviewers", Enabled: true, Blocking: true}
				e.Details = requeue.NoDetails // nor does their context
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// The SDK's own type leads to the same as the list, whatever is odd.
			one, err := sdkEvaluation(t, &policies{}, projectID, toJSON(record(tt.fields)))
			if err != nil {
				t.Fatal(err)
			}
			// The records of a list are read into one value: nothing of one shows in the next.
			bare := map[string]any{"evaluationId": record(nil)["evaluationId"]}
			list, err := decodeEvaluations(strings.NewReader(listJSON(record(tt.fields), bare, record(tt.fields))), &policies{}, projectID, &commits{})
			if err != nil {
				t.Fatal(err)
			}
			want := wholeEvaluation(tt.want)
			empty := requeue.Evaluation{ID: want.ID, Policy: &requeue.Policy{Enabled: true}, Details: &requeue.Details{Malformed: "configuration"}}
			if diff := cmp.Diff([]requeue.Evaluation{want, want, empty, want}, append([]requeue.Evaluation{one}, list...)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestNoRecord(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"value":[{}]}`, `{"value":[{"evaluationId":null}]}`, `{"value":[{"evaluationId":5}]}`, `{"value":[{"evaluationId":"x"}]}`,
		`{"value":[{"evaluationId":"00000000-0000-0000-0000-000000000000"}]}`, `{"value":[null]}`, `{"value":["x"]}`, `{"value":[[]]}`,
		`{"value":{}}`, `{"value":null}`, `{}`, `[]`, `null`, `{"error":"x"}`, `{"value":"x"}`, `5`,
	} {
		_, err := decodeEvaluations(strings.NewReader(body), &policies{}, projectID, &commits{})
		if err == nil {
			t.Errorf("%s reads as evaluations", body)
		}
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

func FuzzEvaluationRecord(f *testing.F) {
	for _, fields := range []map[string]any{nil, {"context": "x"}, {"context.buildId": -1}, {"configuration": nil}, {"configuration.settings": []int{1}}, {"status": 5}} {
		f.Add(toJSON(record(fields)))
	}
	f.Add(`{"value":[null]}`)
	f.Add(`{"evaluationId":"78e00bd2-3653-4e03-8e66-6007d9a28a4c","context":{"isExpired":true,"ISEXPIRED":"x"}}`)
	f.Fuzz(func(t *testing.T, body string) {
		_, _ = decodeList[wirePullRequest](strings.NewReader(body))
		_, _ = usableLocations(strings.NewReader(body))
		e, err := sdkEvaluation(t, &policies{}, projectID, body)
		if err != nil {
			return
		}
		if e.Policy == nil || e.ID == uuid.Nil || e.BuildID < 0 || e.BuildID > maxID || e.Policy.PipelineID < 0 {
			t.Errorf("%+v", e)
		}
		if e.IsExpired && !e.HasIsExpired {
			t.Error("expired without the key")
		}
	})
}

func BenchmarkDecode8Evaluations(b *testing.B) {
	records := make([]any, 8)
	for i := range records {
		r := record(map[string]any{"evaluationId": uuid.NewString(), "configuration.id": 100 + i})
		// What the service sends along and nobody needs.
		c, _ := r["configuration"].(map[string]any)
		c["createdBy"] = map[string]any{"displayName": "Example User 2", "url": strings.Repeat("https://spsprodcin2.vssps.visualstudio.com/", 3), "_links": map[string]any{"avatar": map[string]any{"href": strings.Repeat("x", 120)}}, "id": uuid.NewString(), "uniqueName": "user1@example.com", "imageUrl": strings.Repeat("y", 120), "descriptor": strings.Repeat("z", 60)}
		c["_links"] = map[string]any{"self": map[string]any{"href": strings.Repeat("s", 120)}, "policyType": map[string]any{"href": strings.Repeat("t", 140)}}
		c["url"] = strings.Repeat("u", 120)
		records[i] = r
	}
	body := []byte(listJSON(records...))
	known := &policies{}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeEvaluations(bytes.NewReader(body), known, projectID, &commits{}); err != nil {
			b.Fatal(err)
		}
	}
}
