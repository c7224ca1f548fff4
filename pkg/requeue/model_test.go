package requeue_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestPullRequestURL(t *testing.T) {
	t.Parallel()
	pr := pullRequest(7)
	pr.Repository = &requeue.Repository{URL: "https://host/tfs/Coll/Shop/_git/web"}
	if got, want := pr.URL(), "https://host/tfs/Coll/Shop/_git/web/pullrequest/7"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	pr.Repository = &requeue.Repository{Name: "web"}
	if got := pr.URL(); got != "" {
		t.Errorf("got %s for a repository whose page is not known", got)
	}
}

func TestProjectSame(t *testing.T) {
	t.Parallel()
	project := func(id byte, name string) requeue.Project { return requeue.Project{ID: uuid.UUID{id}, Name: name} }
	for _, tt := range []struct {
		name string
		a, b requeue.Project
		want bool
	}{
		{"equal IDs, since a project may be renamed", project(1, "Shop"), project(1, "Store"), true},
		{"other IDs under one name", project(1, "Shop"), project(2, "Shop"), false},
		{"one ID is unknown, the names are equal in another case", project(1, "Shop"), project(0, "SHOP"), true},
		{"one ID is unknown, the names differ", project(1, "Shop"), project(0, "Store"), false},
		{"nothing is known of either", project(0, ""), project(0, ""), false},
	} {
		if got := tt.a.Same(tt.b); got != tt.want {
			t.Errorf("%s: got %t", tt.name, got)
		}
		if got := tt.b.Same(tt.a); got != tt.want {
			t.Errorf("%s, the other way round: got %t", tt.name, got)
		}
	}
}

// TestUnreadPipelines: one error for each project, always in the same order.
func TestUnreadPipelines(t *testing.T) {
	t.Parallel()
	first, second := errors.New("first"), errors.New("second")
	one, two, three := uuid.UUID{1}, uuid.UUID{2}, uuid.UUID{3}
	for range 20 {
		got := requeue.Facts{
			{Kind: requeue.AskPipeline, ProjectID: two, PipelineID: 1}:   {Err: second},
			{Kind: requeue.AskPipeline, ProjectID: one, PipelineID: 1}:   {Err: first},
			{Kind: requeue.AskPipeline, ProjectID: one, PipelineID: 2}:   {Err: first},
			{Kind: requeue.AskPipeline, ProjectID: three, PipelineID: 1}: {},
			{Kind: requeue.AskBuild, ProjectID: three, BuildID: 1}:       {Err: second},
		}.UnreadPipelines()
		if len(got) != 2 || !errors.Is(got[0], first) || !errors.Is(got[1], second) {
			t.Fatalf("got %v", got)
		}
	}
}
