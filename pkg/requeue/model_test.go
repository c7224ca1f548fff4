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
