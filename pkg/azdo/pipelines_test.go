package azdo

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestPipelinesComeInBatches(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(_ int, r *http.Request) reply {
		var items []any
		for id := range strings.SplitSeq(r.URL.Query().Get("definitionIds"), ",") {
			n, _ := strconv.Atoi(id)
			if n != 3 { // not visible
				items = append(items, map[string]any{"id": n, "name": "p" + id, "queueStatus": "enabled"})
			}
		}
		return ok(listJSON(items...))
	})
	ids := []int{5, 5, 3}
	for i := range 200 {
		ids = append(ids, 1000+i)
	}
	found, err := c.Pipelines(t.Context(), projectID, ids)
	if err != nil || len(found) != 201 || len(f.requests()) != 3 {
		t.Fatalf("%d pipelines in %d requests, %v", len(found), len(f.requests()), err)
	}
	if diff := cmp.Diff(requeue.Pipeline{ID: 5, Name: "p5", QueueStatus: "enabled"}, found[5]); diff != "" {
		t.Error(diff)
	}
	if none, err := c.Pipelines(t.Context(), projectID, nil); err != nil || len(none) != 0 || len(f.requests()) != 3 {
		t.Errorf("asked for nothing: %v, %v", none, err)
	}
}
