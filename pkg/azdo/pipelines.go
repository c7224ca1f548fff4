package azdo

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/build"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// MaxPipelines is how many pipelines one request asks for; their numbers travel in its address.
const MaxPipelines = 100

// Pipelines returns what the service says about the pipelines of a project, by ID. Those that do not exist, or that the
// identity may not see, are missing.
func (c *Client) Pipelines(ctx context.Context, project uuid.UUID, ids []int) (map[int]requeue.Pipeline, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	all := make(map[int]requeue.Pipeline, len(ids))
	k := call{op: "list pipelines", name: "definitions", area: areaBuild}
	for batch := range slices.Chunk(ids, MaxPipelines) {
		pipelines, _, err := continued(k, nil, func(token string) ([]requeue.Pipeline, string, error) {
			return c.pipelinesPage(ctx, k, project, batch, token)
		})
		if err != nil {
			return nil, err
		}
		for _, p := range pipelines {
			all[p.ID] = p
		}
	}
	return all, nil
}

// pipelinesPage reads one page, and the token of the next.
func (c *Client) pipelinesPage(ctx context.Context, k call, project uuid.UUID, ids []int, token string) ([]requeue.Pipeline, string, error) {
	args := build.GetDefinitionsArgs{Project: new(project.String()), DefinitionIds: &ids}
	if token != "" {
		args.ContinuationToken = &token
	}
	page, found, err := typed(ctx, c, &k, c.sdk.build.GetDefinitions, args)
	if err != nil {
		return nil, "", err
	}
	pipelines := make([]requeue.Pipeline, 0, len(page.Value))
	for i, d := range page.Value {
		id, ok := inRange(d.Id)
		if at := strconv.Itoa(i); !ok || id == 0 || found.is(at+".name") || found.is(at+".queueStatus") {
			return nil, "", k.misread(errors.New("a pipeline is not what was expected"))
		}
		pipelines = append(pipelines, requeue.Pipeline{ID: id, Name: valueOf(d.Name), QueueStatus: string(valueOf(d.QueueStatus))})
	}
	return pipelines, page.ContinuationToken, nil
}
