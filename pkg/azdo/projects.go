package azdo

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Projects returns the projects that the identity may see.
func (c *Client) Projects(ctx context.Context) ([]requeue.Project, error) {
	k := call{op: "list projects", name: "projects", area: areaProject}
	projects, _, err := continued(k, nil, func(token string) ([]requeue.Project, string, error) { return c.projectsPage(ctx, k, token) })
	return projects, err
}

// projectsPage reads one page, and the token of the next. The SDK takes a token as a number, which it is on Services; older
// versions describe a text. One that is no number ends the list with an error, since it cannot be sent back.
func (c *Client) projectsPage(ctx context.Context, k call, token string) ([]requeue.Project, string, error) {
	args := core.GetProjectsArgs{StateFilter: &core.ProjectStateValues.WellFormed, Top: new(pageTop)}
	if token != "" {
		n, err := strconv.Atoi(token)
		if err != nil {
			return nil, "", k.misread(fmt.Errorf("its continuation token %q is no number", cutText(oneLine(token), 40)))
		}
		args.ContinuationToken = &n
	}
	page, found, err := typed(ctx, c, &k, c.sdk.core.GetProjects, args)
	if err != nil {
		return nil, "", err
	}
	projects := make([]requeue.Project, 0, len(page.Value))
	for i, p := range page.Value {
		project := requeue.Project{ID: valueOf(p.Id), Name: valueOf(p.Name)}
		if at := strconv.Itoa(i); project.ID == uuid.Nil || project.Name == "" || found.is(at+".name") {
			return nil, "", k.misread(errors.New("a project without ID or name"))
		}
		projects = append(projects, project)
	}
	return projects, page.ContinuationToken, nil
}
