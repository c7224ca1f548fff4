package azdo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/build"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

const (
	// buildsTop is the page of a build list: a build is about 5 kB, and a history rarely holds more.
	buildsTop = 200
	// furtherBuilds is each page after the first of BuildsUntil: that one nearly always tells enough.
	furtherBuilds = 1000
)

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
	top := buildsTop
	if q.Top > 0 {
		top = min(q.Top, buildsTop)
	}
	all, _, err := c.listBuilds(ctx, q, func(string) int { return top }, func(all []requeue.Build) bool { return q.Top > 0 && len(all) >= q.Top })
	if q.Top > 0 && len(all) > q.Top {
		all = all[:q.Top]
	}
	return all, err
}

// BuildsUntil reads the builds of a query page by page, until enough says so of those that have come, the list has ended, or
// so many pages were read. The first page is of q.Top builds. It reports whether the list goes on.
func (c *Client) BuildsUntil(ctx context.Context, q BuildQuery, pages int, enough func(all []requeue.Build) bool) (all []requeue.Build, more bool, err error) {
	top := func(token string) int {
		if token == "" {
			return q.Top
		}
		return furtherBuilds
	}
	read := 0
	return c.listBuilds(ctx, q, top, func(all []requeue.Build) bool {
		read++
		return read >= pages || enough(all)
	})
}

// listBuilds reads pages, the one of a token being of top(token) builds. What comes twice is taken once.
func (c *Client) listBuilds(
	ctx context.Context, q BuildQuery, top func(token string) int, enough func(all []requeue.Build) bool,
) ([]requeue.Build, bool, error) {
	k := call{op: "list builds", name: "builds", area: areaBuild}
	if q.PipelineID > 0 {
		k.op += " of pipeline " + strconv.Itoa(q.PipelineID)
	}
	if q.RefName != "" {
		k.op += " on " + oneLine(q.RefName)
	}
	seen := map[int]bool{}
	return continued(k, enough, func(token string) ([]requeue.Build, string, error) {
		page, next, err := c.buildsPage(ctx, k, q, top(token), token)
		page = slices.DeleteFunc(page, func(b requeue.Build) bool {
			again := seen[b.ID]
			seen[b.ID] = true
			return again
		})
		return page, next, err
	})
}

// buildsPage reads one page, and the token of the next.
func (c *Client) buildsPage(ctx context.Context, k call, q BuildQuery, top int, token string) ([]requeue.Build, string, error) {
	args := build.GetBuildsArgs{Project: new(q.Project.String()), Top: &top}
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
