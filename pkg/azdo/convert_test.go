package azdo

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

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
			Completed: requeue.InstantOf(time.Date(2024, 6, 1, 11, 0, 0, 0, time.UTC)),
			BuildID:   17, BuildStarted: requeue.InstantOf(time.Date(2024, 6, 1, 10, 0, 1, 0, time.UTC)), BuildIsNotCurrent: true, IsExpired: true, HasIsExpired: true,
			PipelineName: "ci", MergeCommitID: "6366", SourceCommitID: "cb71",
		},
	}
	if change != nil {
		change(&e)
	}
	return e
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
		{name: "no completedDate", fields: map[string]any{"completedDate": absent}, want: func(e *requeue.Evaluation) { e.Completed = 0 }},
		{name: "the year 1 is none", fields: map[string]any{"completedDate": "0001-01-01T00:00:00"}, want: func(e *requeue.Evaluation) { e.Completed = 0 }},
		{name: "a zone is taken to UTC", fields: map[string]any{"completedDate": "2024-06-01T13:00:00+02:00"}},
		{name: "no time", fields: map[string]any{"completedDate": "yesterday"}, want: func(e *requeue.Evaluation) { e.Completed, e.Malformed = 0, "completedDate" }},
		{name: "startedDate, which no rule needs", fields: map[string]any{"startedDate": "yesterday"}},
		{name: "a number for a time", fields: map[string]any{"completedDate": 5}, want: func(e *requeue.Evaluation) { e.Completed, e.Malformed = 0, "completedDate" }},
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
				p.Scopes = []requeue.Scope{{RepositoryID: repositoryID, RefName: "refs/heads/main", MatchKind: "Exact"}, {MatchKind: "DefaultBranch"}}
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
			wire, err := decodeOne[wireEvaluation](strings.NewReader(toJSON(record(tt.fields))))
			if err != nil {
				t.Fatal(err)
			}
			one, err := wire.evaluation(&policies{}, projectID)
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

func TestPolicyIsShared(t *testing.T) {
	t.Parallel()
	known := &policies{}
	of := func(project uuid.UUID, fields map[string]any) *requeue.Policy {
		wire, err := decodeOne[wireEvaluation](strings.NewReader(toJSON(record(fields))))
		if err != nil {
			t.Fatal(err)
		}
		e, err := wire.evaluation(known, project)
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
		Author: requeue.Identity{ID: "a", DisplayName: "Ann", UniqueName: "ann@example.com"}, Status: "active", MergeStatus: "succeeded",
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
		{name: "vote a text", fields: map[string]any{"reviewers": []any{map[string]any{"vote": "x"}}}, change: func(pr *requeue.PullRequest) { pr.Votes = []int{0} }, err: "reviewers"},
		{name: "labels a text", fields: map[string]any{"labels": "x"}, err: "labels"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wire, err := decodeOne[wirePullRequest](strings.NewReader(toJSON(whole(tt.fields))))
			if err != nil {
				t.Fatal(err)
			}
			repository, repositoryErr := wire.Repository.v.repository(mustParse(t, "https://host/tfs/Coll"))
			got, err := wire.pullRequest(repository, repositoryErr)
			if err != nil {
				t.Fatal(err)
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

func TestRepositoryPage(t *testing.T) {
	t.Parallel()
	r := &requeue.Repository{Name: "a b#", Project: requeue.Project{Name: "c/d"}}
	for _, tt := range []struct{ collection, web, want string }{
		{"https://host/tfs/Coll", "", "https://host/tfs/Coll/c%2Fd/_git/a%20b%23"},
		{"https://host/tfs/Coll", "https://HOST:443/tfs/Coll/c/_git/a%20b", "https://HOST:443/tfs/Coll/c/_git/a%20b"},
		{"https://host/tfs/Coll", "https://evil.example/x", "https://host/tfs/Coll/c%2Fd/_git/a%20b%23"},
		{"https://host/tfs/Coll", "https://user:pw@host/x", "https://host/tfs/Coll/c%2Fd/_git/a%20b%23"},
		{"https://host/tfs/Coll", "javascript:alert(1)", "https://host/tfs/Coll/c%2Fd/_git/a%20b%23"},
		{"https://host/tfs/Coll", "https://host/x?y=z#w", "https://host/x"},
	} {
		if got := repositoryPage(mustParse(t, tt.collection), tt.web, r); got != tt.want {
			t.Errorf("%q gives %s, want %s", tt.web, got, tt.want)
		}
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
		{name: "result a number", body: whole(`,"result":2`), err: "result"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wire, err := decodeOne[wireBuild](strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := wire.build()
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v", err)
				}
				return
			}
			want := want
			want.SourceCommitID = tt.source
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

func FuzzEvaluationRecord(f *testing.F) {
	for _, fields := range []map[string]any{nil, {"context": "x"}, {"context.buildId": -1}, {"configuration": nil}, {"configuration.settings": []int{1}}, {"status": 5}} {
		f.Add(toJSON(record(fields)))
	}
	f.Add(`{"value":[null]}`)
	f.Add(`{"evaluationId":"78e00bd2-3653-4e03-8e66-6007d9a28a4c","context":{"isExpired":true,"ISEXPIRED":"x"}}`)
	f.Fuzz(func(t *testing.T, body string) {
		wire, err := decodeOne[wireEvaluation](strings.NewReader(body))
		if err != nil {
			return
		}
		e, err := wire.evaluation(&policies{}, projectID)
		if err != nil {
			return
		}
		if e.Policy == nil || e.ID == uuid.Nil || e.BuildID < 0 || e.BuildID > maxID || e.Policy.PipelineID < 0 {
			t.Errorf("%+v", e)
		}
		if e.IsExpired && !e.HasIsExpired {
			t.Error("expired without the key")
		}
		_, _ = decodeList[wirePullRequest](strings.NewReader(body))
		_, _ = usableLocations(strings.NewReader(body))
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
