package azdo

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestRecordedAnswers reads answers that real servers gave. They are not part of the repository: RESCHEDULE_RECORDINGS
// names their folder.
func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("RESCHEDULE_RECORDINGS")
	if folder == "" {
		t.Skip("RESCHEDULE_RECORDINGS does not name the folder of recorded answers")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded answers in %s: %v", folder, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		check := recordedCheck(name)
		if check == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, body)
		})
	}
}

func serving(t *testing.T, body []byte) *Client {
	t.Helper()
	c, _ := newFake(t, Options{}, func(int, *http.Request) reply { return ok(string(body)) })
	return c
}

// recordedCheck says how an answer is read, by its file's name; nil for those that this package never asks for.
func recordedCheck(name string) func(t *testing.T, body []byte) {
	switch {
	case strings.HasPrefix(name, "evaluations-list"):
		return func(t *testing.T, body []byte) {
			got, err := serving(t, body).Evaluations(t.Context(), testPullRequest(), false)
			if err != nil || len(got) != 1 || got[0].Malformed+got[0].Policy.Malformed != "" || got[0].Status != "queued" || got[0].BuildID != 0 || got[0].Policy.TypeID == buildPolicyType {
				t.Errorf("got %+v, %v", got, err)
			}
		}
	case strings.HasPrefix(name, "evaluation-build"), strings.HasPrefix(name, "requeue-response"):
		return func(t *testing.T, body []byte) {
			var named struct {
				ID uuid.UUID `json:"evaluationId"`
			}
			if err := json.Unmarshal(body, &named); err != nil {
				t.Fatal(err)
			}
			got, err := serving(t, body).Requeue(t.Context(), projectID, named.ID, nil)
			if err != nil || got.Malformed+got.Policy.Malformed != "" || !got.Policy.Enabled || got.Policy.ID == 0 {
				t.Errorf("got %+v, %v", got, err)
			}
			if !strings.HasPrefix(name, "evaluation-build") {
				return
			}
			want := map[string][3]bool{ // expired, not current, with errors
				"evaluation-build-expired-2024-06":               {true, true, false},
				"evaluation-build-approved-not-current-2024-11":  {false, true, false},
				"evaluation-build-rejected-with-preview-2024-11": {false, false, true},
			}[name]
			if has := [3]bool{got.IsExpired, got.BuildIsNotCurrent, len(got.Preview) > 0}; has != want || !got.HasIsExpired || got.BuildID == 0 || got.Policy.PipelineID == 0 || got.Policy.TypeID != buildPolicyType || got.Completed.IsZero() {
				t.Errorf("got %v, %+v", has, got)
			}
		}
	case strings.HasPrefix(name, "pull-requests-list"):
		return func(t *testing.T, body []byte) {
			all, _, err := collect(t.Context(), serving(t, body), Query{Project: "Shop"})
			if err != nil || len(all) == 0 {
				t.Fatalf("got %d, %v", len(all), err)
			}
			for _, pr := range all {
				if pr.Err != nil || pr.Status != "active" || pr.Author.UniqueName == "" || pr.SourceCommitID == "" || pr.Created.IsZero() || pr.URL() == "" {
					t.Errorf("got %+v", pr)
				}
			}
		}
	case name == "pull-request-24":
		return func(t *testing.T, body []byte) {
			pr, err := serving(t, body).PullRequest(t.Context(), "", 24)
			if err != nil || pr.Repository.Name != "PullRequestLiveTest" || pr.TargetRefName != "refs/heads/master" || len(pr.Votes) != 1 || pr.Draft || pr.Fork {
				t.Errorf("got %+v, %v", pr, err)
			}
		}
	case strings.HasPrefix(name, "policy-configurations"):
		return func(t *testing.T, body []byte) {
			got, err := serving(t, body).Policies(t.Context(), "Shop")
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range got {
				if p.Malformed != "" || p.PipelineID == 0 || len(p.Scopes) == 0 {
					t.Errorf("got %+v", p)
				}
			}
			if name == "policy-configurations-doc-example" && len(got) != 1 {
				t.Errorf("got %d build policies, want 1", len(got))
			}
		}
	case name == "builds-list":
		return func(t *testing.T, body []byte) {
			got, err := serving(t, body).Builds(t.Context(), BuildQuery{Project: projectID})
			if err != nil || len(got) == 0 || got[0].PipelineID == 0 {
				t.Errorf("got %+v, %v", got, err)
			}
		}
	case name == "build-show-not-started":
		return func(t *testing.T, body []byte) {
			got, err := serving(t, body).Build(t.Context(), projectID, 638)
			if err != nil || got.Status != "notStarted" || got.Result != "" || !got.Finished.IsZero() {
				t.Errorf("got %+v, %v", got, err)
			}
		}
	case name == "connection-data":
		return func(t *testing.T, body []byte) {
			got, err := serving(t, body).Identity(t.Context())
			want := requeue.Identity{ID: "22157d54-1821-6536-a446-928b06348385", DisplayName: "Example User 2"}
			if err != nil || got != want {
				t.Errorf("got %+v, %v", got, err)
			}
		}
	case strings.HasPrefix(name, "projects-list"):
		return func(t *testing.T, body []byte) {
			if got, err := serving(t, body).Projects(t.Context()); err != nil || len(got) == 0 {
				t.Errorf("got %+v, %v", got, err)
			}
		}
	case name == "repositories-list":
		return func(t *testing.T, body []byte) {
			got, err := serving(t, body).Repositories(t.Context(), "Shop")
			if err != nil || len(got) == 0 || got[0].DefaultRefName == "" {
				t.Errorf("got %+v, %v", got, err)
			}
		}
	case strings.HasPrefix(name, "options-apis"):
		return func(t *testing.T, body []byte) {
			c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(toJSON(record(nil))) })
			f.table = string(body)
			if _, err := c.Requeue(t.Context(), projectID, evaluationID, nil); err != nil {
				t.Error(err)
			}
			if path := f.requests()[0].path; path != basePath+"/"+projectID.String()+"/_apis/policy/Evaluations/"+evaluationID.String() && !strings.EqualFold(path, basePath+"/"+projectID.String()+"/_apis/policy/evaluations/"+evaluationID.String()) {
				t.Errorf("path is %s", path)
			}
		}
	case strings.HasPrefix(name, "error-"):
		return recordedError
	}
	return nil
}

func recordedError(t *testing.T, envelope []byte) {
	var recorded struct {
		Status  int            `json:"status"`
		Headers map[string]any `json:"headers"`
		Body    string         `json:"body"`
	}
	if err := json.Unmarshal(envelope, &recorded); err != nil {
		t.Fatal(err)
	}
	a := reply{status: recorded.Status, body: recorded.Body, header: map[string]string{"Content-Type": ""}}
	for name, value := range recorded.Headers {
		if s, isText := value.(string); isText && !strings.EqualFold(name, "content-length") {
			a.header[http.CanonicalHeaderKey(name)] = s
		}
	}
	c, _ := newFake(t, Options{}, func(int, *http.Request) reply { return a })
	_, err := c.Requeue(t.Context(), projectID, evaluationID, nil)
	e := asError(t, err)
	if e.StatusCode != recorded.Status || e.Message == "" || e.Lost != (recorded.Status >= 500) {
		t.Errorf("got %+v", e)
	}
	if (e.Refused() || e.Code == codeCollectionStopped) != (e.Advice("x") != "") {
		t.Errorf("refused %v, advice %q", e.Refused(), e.Advice("x"))
	}
	t.Log(e.Error())
}
