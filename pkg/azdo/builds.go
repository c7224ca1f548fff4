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
	Reason     string // "pullRequest"
	Status     string // "completed", "inProgress,notStarted"
	Result     string // "succeeded,partiallySucceeded,failed"
	Order      string // "finishTimeDescending", "queueTimeDescending"
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
		"branchName": q.RefName, "reasonFilter": q.Reason, "statusFilter": q.Status, "resultFilter": q.Result, "queryOrder": q.Order,
	} {
		if value != "" {
			query.Set(name, value)
		}
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

// Build returns one build.
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

type wireTimeline struct {
	Records array[struct {
		Issues array[struct {
			Type    text `json:"type"`
			Message text `json:"message"`
		}] `json:"issues"`
	}] `json:"records"`
}

// BuildErrors returns the messages of all error issues in a build's timeline, each once and cut at 64 KiB. A build
// without a timeline has none. More than 16 MiB of them is an error: half of them could hide the one that forbids a
// retry.
func (c *Client) BuildErrors(ctx context.Context, project uuid.UUID, id int) ([]string, error) {
	var texts []string
	err := c.send(ctx, request{
		location: locTimeline, version: "7.1-preview.2",
		route: map[string]string{"project": project.String(), "buildId": strconv.Itoa(id)},
		call: call{
			op: fmt.Sprintf("read the timeline of build %d", id), name: "timeline", area: areaBuild, empty: true,
			decode: func(_ http.Header, body io.Reader) error {
				var timeline object[wireTimeline]
				if err := unmarshal(body, &timeline); err != nil {
					return err
				}
				records := timeline.v.Records
				if timeline.bad || records.bad || timeline.set && !records.present {
					// Some other object must not pass for a timeline without errors.
					return errors.New("it has no records")
				}
				var err error
				texts, err = timeline.v.errors()
				return err
			},
		},
	})
	return texts, err
}

func (t *wireTimeline) errors() ([]string, error) {
	var texts []string
	seen, total := map[string]bool{}, 0
	for _, record := range t.Records.v {
		if record.Issues.bad {
			return nil, errors.New("its issues are not what was expected")
		}
		for _, issue := range record.Issues.v {
			switch {
			case issue.Type.bad, issue.Message.bad:
				return nil, errors.New("an issue is not what was expected")
			case !strings.EqualFold(issue.Type.s, "error"), issue.Message.s == "":
				continue
			}
			message := cutBytes(issue.Message.s, maxText)
			if seen[message] {
				continue
			}
			seen[message] = true
			if total += len(message); total > maxTexts {
				return nil, errors.New("it holds more than 16 MiB of error texts")
			}
			texts = append(texts, message)
		}
	}
	return texts, nil
}
