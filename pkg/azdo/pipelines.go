package azdo

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// MaxPipelines is how many pipelines one request asks for; their numbers travel in its address.
const MaxPipelines = 100

// Pipelines returns what the service says about the pipelines of a project, by ID. Those that do not exist, or that the
// identity may not see, are missing.
func (c *Client) Pipelines(ctx context.Context, project uuid.UUID, ids []int) (map[int]requeue.Pipeline, error) {
	type wire struct {
		ID          number `json:"id"`
		Name        word   `json:"name"`
		QueueStatus word   `json:"queueStatus"`
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	found := make(map[int]requeue.Pipeline, len(ids))
	for batch := range slices.Chunk(ids, MaxPipelines) {
		texts := make([]string, len(batch))
		for i, id := range batch {
			texts[i] = strconv.Itoa(id)
		}
		const op = "list pipelines"
		definitions, err := continued[wire](ctx, c, request{
			location: locDefinitions, version: "7.1-preview.7", route: map[string]string{"project": project.String()},
			query: url.Values{"definitionIds": {strings.Join(texts, ",")}},
			call:  call{op: op, name: "definitions", area: areaBuild},
		}, 0)
		if err != nil {
			return nil, err
		}
		for _, w := range definitions {
			if w.ID.bad || w.ID.n == 0 || w.Name.bad || w.QueueStatus.bad {
				return nil, &Error{Op: op, Message: "the answer has an unexpected shape: a pipeline is not what was expected", area: areaBuild}
			}
			found[w.ID.n] = requeue.Pipeline{ID: w.ID.n, Name: w.Name.s, QueueStatus: w.QueueStatus.s}
		}
	}
	return found, nil
}
