package azdo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/build"

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
	OnePage    bool   // one request and no more, however few builds its answer holds
}

// Builds returns the builds of a query.
func (c *Client) Builds(ctx context.Context, q BuildQuery) ([]requeue.Build, error) {
	k := call{op: "list builds", name: "builds", area: areaBuild}
	if q.PipelineID > 0 {
		k.op += " of pipeline " + strconv.Itoa(q.PipelineID)
	}
	if q.RefName != "" {
		k.op += " on " + oneLine(q.RefName)
	}
	if q.OnePage {
		page, _, err := c.buildsPage(ctx, k, q, "")
		return page, err
	}
	return continued(k, q.Top, func(token string) ([]requeue.Build, string, error) { return c.buildsPage(ctx, k, q, token) })
}

// buildsPage reads one page, and the token of the next.
func (c *Client) buildsPage(ctx context.Context, k call, q BuildQuery, token string) ([]requeue.Build, string, error) {
	args := build.GetBuildsArgs{Project: new(q.Project.String()), Top: new(buildsTop)}
	switch {
	case q.OnePage && q.Top > 0:
		args.Top = &q.Top
	case q.Top > 0:
		args.Top = new(min(q.Top, buildsTop))
	}
	if q.PipelineID > 0 {
		args.Definitions = &[]int{q.PipelineID}
	}
	if q.RefName != "" {
		args.BranchName = &q.RefName
	}
	if q.Status != "" {
		args.StatusFilter = new(build.BuildStatus(q.Status))
	}
	if q.Order != "" {
		args.QueryOrder = new(build.BuildQueryOrder(q.Order))
	}
	if q.Deleted {
		args.DeletedFilter = &build.QueryDeletedOptionValues.IncludeDeleted
	}
	if token != "" {
		args.ContinuationToken = &token
	}
	page, found, err := typed(ctx, c, &k, c.sdk.build.GetBuilds, args)
	if err != nil {
		return nil, "", err
	}
	builds := make([]requeue.Build, 0, len(page.Value))
	for i := range page.Value {
		b, err := buildOf(&page.Value[i], found, strconv.Itoa(i)+".")
		if err != nil {
			return nil, "", k.misread(err)
		}
		builds = append(builds, b)
	}
	return builds, page.ContinuationToken, nil
}

// Build returns one build. Its error is requeue.ErrGone where the build exists no more.
func (c *Client) Build(ctx context.Context, project uuid.UUID, id int) (requeue.Build, error) {
	answer, k, found, err := c.build(ctx, project, id)
	if err != nil {
		return requeue.Build{}, err
	}
	b, err := buildOf(answer, found, "")
	if err == nil && b.ID != id {
		err = errors.New("it is about another build")
	}
	if err != nil {
		return requeue.Build{}, k.misread(err)
	}
	return b, nil
}

func (c *Client) build(ctx context.Context, project uuid.UUID, id int) (*build.Build, *call, *notes, error) {
	k := &call{op: fmt.Sprintf("read build %d", id), name: "build", area: areaBuild}
	answer, found, err := typed(ctx, c, k, c.sdk.build.GetBuild, build.GetBuildArgs{Project: new(project.String()), BuildId: &id})
	return answer, k, found, err
}

// buildOf converts a build, the paths of whose fields begin with at. What decides is required to be readable. The reason
// decides nothing, and the parameters are free text: both may be anything.
func buildOf(w *build.Build, found *notes, at string) (requeue.Build, error) {
	definition := valueOf(w.Definition)
	id, idOK := inRange(w.Id)
	pipeline, pipelineOK := inRange(definition.Id)
	bad := firstBad(
		field{"id", !idOK || id == 0},
		field{"definition", found.is(at+"definition") || found.is(at+"definition.id") || !pipelineOK},
		field{"status", found.is(at + "status")},
		field{"result", found.is(at + "result")},
		field{"sourceBranch", found.is(at + "sourceBranch")},
		field{"sourceVersion", found.is(at + "sourceVersion")},
		field{"finishTime", found.is(at + "finishTime")},
	)
	if bad != "" {
		return requeue.Build{}, fmt.Errorf("build field %s is missing or of a wrong type", bad)
	}
	b := requeue.Build{
		ID: id, PipelineID: pipeline, Status: string(valueOf(w.Status)), Result: string(valueOf(w.Result)), Reason: string(valueOf(w.Reason)),
		RefName: valueOf(w.SourceBranch), MergeCommitID: valueOf(w.SourceVersion),
		Queued: timeOf(w.QueueTime), Started: timeOf(w.StartTime), Finished: timeOf(w.FinishTime),
	}
	var parameters object[struct {
		SourceCommitID text `json:"system.pullRequest.sourceCommitId"`
	}]
	if unmarshal(strings.NewReader(valueOf(w.Parameters)), &parameters) == nil { // JSON within a string
		b.SourceCommitID = parameters.v.SourceCommitID.s
	}
	if b.SourceCommitID == "" {
		b.SourceCommitID = valueOf(w.TriggerInfo)["pr.sourceSha"]
	}
	return b, nil
}
