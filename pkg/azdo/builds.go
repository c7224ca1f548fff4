package azdo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// buildsTop is the page of a build list: a build is about 5 kB, and a history rarely holds more.
const buildsTop = 200

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

type wireBuild struct {
	ID         number `json:"id"`
	Definition object[struct {
		ID number `json:"id"`
	}] `json:"definition"`
	Status      word    `json:"status"`
	Result      word    `json:"result"`
	Reason      word    `json:"reason"`
	Branch      text    `json:"sourceBranch"`
	Version     text    `json:"sourceVersion"`
	Finished    instant `json:"finishTime"`
	Parameters  text    `json:"parameters"` // JSON within a string
	TriggerInfo object[struct {
		SourceSHA text `json:"pr.sourceSha"`
	}] `json:"triggerInfo"`
}

// build converts a build. What decides is required to be readable; the parameters are free text and may be anything.
func (w *wireBuild) build() (requeue.Build, error) {
	bad := firstBad(
		field{"id", w.ID.bad || w.ID.n == 0},
		field{"definition", w.Definition.bad || w.Definition.v.ID.bad},
		field{"status", w.Status.bad},
		field{"result", w.Result.bad},
		field{"reason", w.Reason.bad},
		field{"sourceBranch", w.Branch.bad},
		field{"sourceVersion", w.Version.bad},
		field{"finishTime", w.Finished.bad},
	)
	if bad != "" {
		return requeue.Build{}, fmt.Errorf("build field %s is missing or of a wrong type", bad)
	}
	b := requeue.Build{
		ID: w.ID.n, PipelineID: w.Definition.v.ID.n, Status: w.Status.s, Result: w.Result.s, Reason: w.Reason.s,
		RefName: w.Branch.s, MergeCommitID: w.Version.s, Finished: w.Finished.t.Time(),
	}
	var parameters object[struct {
		SourceCommitID text `json:"system.pullRequest.sourceCommitId"`
	}]
	if unmarshal(strings.NewReader(w.Parameters.s), &parameters) == nil {
		b.SourceCommitID = parameters.v.SourceCommitID.s
	}
	if b.SourceCommitID == "" {
		b.SourceCommitID = w.TriggerInfo.v.SourceSHA.s
	}
	return b, nil
}
