package execute

import (
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestLikelyCause: what a re-queue that started nothing is put down to. A pipeline that the project was asked for and did
// not show is gone or hidden; one that nobody was told about may be there.
func TestLikelyCause(t *testing.T) {
	t.Parallel()
	a := expiredAction(7, 1)
	pipeline := a.Evaluation.Policy.PipelineID
	question := requeue.Question{Kind: requeue.AskPipeline, ProjectID: a.PullRequest.Repository.Project.ID, PipelineID: pipeline}
	const permission, gone = `lacks the permission "Queue builds"`, "shows no pipeline"
	for _, tt := range []struct {
		name  string
		facts requeue.Facts
		want  string
	}{
		{name: "the pipeline is there", facts: requeue.Facts{question: {Pipeline: requeue.Pipeline{ID: pipeline, Name: "ci"}}}, want: permission},
		{name: "the project shows no such pipeline", facts: requeue.Facts{question: {}}, want: gone},
		{name: "the pipelines could not be read", facts: requeue.Facts{question: {Err: ErrNotKnown}}, want: permission},
		{name: "nobody asked", want: permission},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := executor{Options: Options{Facts: tt.facts, Identity: "Fabrikam Build Service"}}
			got := x.likelyCause(a)
			if !strings.Contains(got, `"Fabrikam Build Service"`) {
				t.Errorf("got %q, which does not name the identity", got)
			}
			for _, words := range []string{permission, gone} {
				if strings.Contains(got, words) != (words == tt.want) {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			}
		})
	}
}

// TestLikelyCauseOfSomebody: where nobody knows who sends the re-queues, no name is made up.
func TestLikelyCauseOfSomebody(t *testing.T) {
	t.Parallel()
	if got := new(executor).likelyCause(expiredAction(7, 1)); !strings.Contains(got, "most likely this identity lacks") {
		t.Errorf("got %q", got)
	}
}
