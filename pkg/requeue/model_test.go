package requeue_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestInstant(t *testing.T) {
	t.Parallel()
	for _, want := range []time.Time{
		{}, // none
		time.Date(2024, 6, 1, 10, 0, 0, 500_000_000, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), // what .NET calls the last moment
		time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		i := requeue.InstantOf(want)
		if got := i.Time(); !got.Equal(want) || got.Location() != time.UTC || (i == 0) != want.IsZero() {
			t.Errorf("%s comes back as %s", want, got)
		}
	}
	early, late := requeue.InstantOf(now.Add(-time.Microsecond)), requeue.InstantOf(now)
	if early >= late {
		t.Error("instants are not in the order of their times")
	}
}

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
		if len(got) != 2 || got[0] != first || got[1] != second {
			t.Fatalf("got %v", got)
		}
	}
}
