package azdo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// MaxPipelines is how many pipelines one request asks for; their numbers travel in its address.
const MaxPipelines = 100

// buildsTop is the page of a build list: a build is about 5 kB, and a history rarely holds more.
const buildsTop = 200

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

// BuildQuery selects builds of a project. A zero field does not select.
type BuildQuery struct {
	Project    uuid.UUID
	PipelineID int
	RefName    string // "refs/pull/7/merge"
	Status     string // "completed"; one value, as the description has it
	Order      string // "finishTimeDescending", "queueTimeDescending"
	Deleted    bool   // those too that retention has removed, as far as the service still lists them
	Top        int    // stop after so many; 0 is all of them
}

// Builds returns the builds of a query.
func (c *Client) Builds(ctx context.Context, q BuildQuery) ([]requeue.Build, error) {
	op := "list builds"
	if q.PipelineID > 0 {
		op += " of pipeline " + strconv.Itoa(q.PipelineID)
	}
	if q.RefName != "" {
		op += " on " + oneLine(q.RefName)
	}
	top := buildsTop
	if q.Top > 0 {
		top = min(q.Top, buildsTop)
	}
	query := url.Values{"$top": {strconv.Itoa(top)}}
	if q.PipelineID > 0 {
		query.Set("definitions", strconv.Itoa(q.PipelineID))
	}
	for name, value := range map[string]string{
		"branchName": q.RefName, "statusFilter": q.Status, "queryOrder": q.Order,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if q.Deleted {
		query.Set("deletedFilter", "includeDeleted")
	}
	wire, err := continued[wireBuild](ctx, c, request{
		location: locBuilds, version: "7.1-preview.7", route: map[string]string{"project": q.Project.String()}, query: query,
		call: call{op: op, name: "builds", area: areaBuild},
	}, q.Top)
	if err != nil {
		return nil, err
	}
	builds := make([]requeue.Build, 0, len(wire))
	for i := range wire {
		b, err := wire[i].build()
		if err != nil {
			return nil, &Error{Op: op, Message: "the answer has an unexpected shape: " + err.Error(), area: areaBuild}
		}
		builds = append(builds, b)
	}
	return builds, nil
}

// Build returns one build. IsGone tells of its error that the build exists no more.
func (c *Client) Build(ctx context.Context, project uuid.UUID, id int) (requeue.Build, error) {
	var found requeue.Build
	err := c.send(ctx, request{
		location: locBuilds, version: "7.1-preview.7",
		route: map[string]string{"project": project.String(), "buildId": strconv.Itoa(id)},
		call: call{op: fmt.Sprintf("read build %d", id), name: "build", area: areaBuild, decode: func(_ http.Header, body io.Reader) error {
			wire, err := decodeOne[wireBuild](body)
			if err != nil {
				return err
			}
			if found, err = wire.build(); err != nil {
				return err
			}
			if found.ID != id {
				return errors.New("it is about another build")
			}
			return nil
		}},
	})
	if err != nil {
		return requeue.Build{}, err
	}
	return found, nil
}
