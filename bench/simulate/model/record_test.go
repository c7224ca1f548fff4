package model

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// shape is what the rules look at in a record, without its numbers and times.
type shape struct {
	Status                                string
	HasBuild, Expired, NotCurrent         bool
	KnowsExpiry, Completed, Started       bool
	Blocking, Manual, OnSourceUpdatesOnly bool
}

func shapeOf(e requeue.Evaluation) shape {
	return shape{
		Status: e.Status, HasBuild: e.BuildID > 0, Expired: e.IsExpired, NotCurrent: e.BuildIsNotCurrent, KnowsExpiry: e.HasIsExpired,
		Completed: !e.Completed.IsZero(), Started: !e.BuildStarted.IsZero(),
		Blocking: e.Policy.Blocking, Manual: e.Policy.ManualQueueOnly, OnSourceUpdatesOnly: e.Policy.QueueOnSourceUpdateOnly,
	}
}

// situations are what can have become of a pull request's build.
var situations = []struct {
	name       string
	validHours int
	happen     func(t *testing.T, w *world, p *pullRequest)
	standIn    azdotest.Evaluation
	recorded   string // the file of a recorded answer that shows the same; "" if there is none
}{
	{
		"waits for an agent", 0, func(_ *testing.T, _ *world, p *pullRequest) { p.checks[0].build.started = time.Time{} },
		azdotest.Evaluation{State: "queued"},
		"",
	},
	{"runs", 0, func(*testing.T, *world, *pullRequest) {}, azdotest.Evaluation{State: "running"}, ""},
	{
		"runs for an older head", 0, func(t *testing.T, w *world, _ *pullRequest) { w.move(t) },
		azdotest.Evaluation{State: "running", BuildIsNotCurrent: new(true)},
		"",
	},
	{
		"is green", 72, func(t *testing.T, w *world, _ *pullRequest) { w.forward(t, 30*time.Minute) },
		azdotest.Evaluation{State: "succeeded"},
		"",
	},
	{
		"is green, and the branch has moved", 72, func(t *testing.T, w *world, _ *pullRequest) { w.forward(t, 30*time.Minute); w.move(t) },
		azdotest.Evaluation{State: "outdated"},
		"evaluation-build-approved-not-current-2024-11.json",
	},
	{
		"has expired after hours", 72, func(t *testing.T, w *world, _ *pullRequest) { w.forward(t, 73*time.Hour); w.move(t) },
		azdotest.Evaluation{State: "expired"},
		"evaluation-build-expired-2024-06.json",
	},
	{
		"has expired immediately", 0, func(t *testing.T, w *world, _ *pullRequest) { w.forward(t, 30*time.Minute); w.move(t) },
		azdotest.Evaluation{State: "expired"},
		"",
	},
	{
		"has failed", 72, func(t *testing.T, w *world, p *pullRequest) {
			p.checks[0].build.fails = true
			w.forward(t, 30*time.Minute)
		},
		azdotest.Evaluation{State: "failed"},
		"evaluation-build-rejected-with-preview-2024-11.json",
	},
}

// modelled is the record that the model shows of a situation.
func modelled(t *testing.T, validHours int, happen func(*testing.T, *world, *pullRequest)) requeue.Evaluation {
	t.Helper()
	w := still(t, func(l *Load) { l.ValidHours = validHours }, Strategy{})
	p := w.add(t)
	w.forward(t, 0)
	happen(t, w, p)
	return w.evaluation(p, 0)
}

// TestRecordsAreThoseOfTheStandIn has another witness for the model's records: the stand-in of the end-to-end tests, read
// by the program's own client.
func TestRecordsAreThoseOfTheStandIn(t *testing.T) {
	t.Parallel()
	for _, tt := range situations {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			expires := "immediately"
			if tt.validHours > 0 {
				expires = "72h"
			}
			ev := tt.standIn
			server := azdotest.Start(t, azdotest.World{Projects: []*azdotest.Project{{
				Name: "Fabrikam", Policies: []*azdotest.Policy{{Pipeline: "web", Expires: expires}},
				Repositories: []*azdotest.Repository{{Name: "web", PullRequests: []*azdotest.PullRequest{{ID: 7, Evaluations: []*azdotest.Evaluation{&ev}}}}},
			}}})
			if diff := cmp.Diff(shapeOf(served(t, server)), shapeOf(modelled(t, tt.validHours, tt.happen))); diff != "" {
				t.Errorf("the model's record is another one than the stand-in's (-stand-in +model):\n%s", diff)
			}
		})
	}
}

// served is the one evaluation that the stand-in holds.
func served(t *testing.T, server *azdotest.Server) requeue.Evaluation {
	t.Helper()
	client, err := azdo.Open(azdo.Options{
		CollectionURL: server.URL(), Concurrency: 1, Token: func(context.Context) (string, error) { return "token", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	var projectID string
	server.Update(func(w *azdotest.World) { projectID = w.Projects[0].ID })
	pr := requeue.PullRequest{ID: 7, Repository: &requeue.Repository{}}
	if err := pr.Repository.Project.ID.UnmarshalText([]byte(projectID)); err != nil {
		t.Fatal(err)
	}
	all, err := client.Evaluations(t.Context(), pr, false)
	if err != nil || len(all) != 1 {
		t.Fatalf("got %d evaluations and %v", len(all), err)
	}
	return all[0]
}

// TestRecordsAreThoseOfTheService has a third witness: answers of the real service. They are not part of the repository:
// RESCHEDULE_RECORDINGS names their folder.
func TestRecordsAreThoseOfTheService(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("RESCHEDULE_RECORDINGS")
	if folder == "" {
		t.Skip("RESCHEDULE_RECORDINGS does not name the folder of recorded answers")
	}
	for _, tt := range situations {
		if tt.recorded == "" {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(filepath.Join(folder, tt.recorded))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(recordedShape(t, body), shapeOf(modelled(t, tt.validHours, tt.happen))); diff != "" {
				t.Errorf("the model's record is another one than the service's (-service +model):\n%s", diff)
			}
		})
	}
}

// recordedShape reads a record as the service sends it.
func recordedShape(t *testing.T, body []byte) shape {
	t.Helper()
	var r struct {
		Status        string     `json:"status"`
		CompletedDate *time.Time `json:"completedDate"`
		Configuration struct {
			IsBlocking bool `json:"isBlocking"`
			Settings   struct {
				ManualQueueOnly         bool `json:"manualQueueOnly"`
				QueueOnSourceUpdateOnly bool `json:"queueOnSourceUpdateOnly"`
			} `json:"settings"`
		} `json:"configuration"`
		Context struct {
			BuildID           int        `json:"buildId"`
			BuildIsNotCurrent bool       `json:"buildIsNotCurrent"`
			BuildStartedUTC   *time.Time `json:"buildStartedUtc"`
			IsExpired         *bool      `json:"isExpired"`
		} `json:"context"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatal(err)
	}
	return shape{
		Status: r.Status, HasBuild: r.Context.BuildID > 0, Expired: r.Context.IsExpired != nil && *r.Context.IsExpired,
		NotCurrent: r.Context.BuildIsNotCurrent, KnowsExpiry: r.Context.IsExpired != nil,
		Completed: r.CompletedDate != nil, Started: r.Context.BuildStartedUTC != nil,
		Blocking: r.Configuration.IsBlocking, Manual: r.Configuration.Settings.ManualQueueOnly,
		OnSourceUpdatesOnly: r.Configuration.Settings.QueueOnSourceUpdateOnly,
	}
}
