package azdo

import (
	"context"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Projects returns the projects that the identity may see.
func (c *Client) Projects(ctx context.Context) ([]requeue.Project, error) {
	const op = "list projects"
	wire, err := continued[wireProject](ctx, c, request{
		location: locProjects, version: "7.1-preview.4",
		query: url.Values{"stateFilter": {"wellFormed"}, "$top": {strconv.Itoa(pageTop)}},
		call:  call{op: op, name: "projects", area: areaProject},
	}, 0)
	if err != nil {
		return nil, err
	}
	projects := make([]requeue.Project, 0, len(wire))
	for _, w := range wire {
		if w.ID.bad || w.Name.bad || w.ID.v == uuid.Nil || w.Name.s == "" {
			return nil, &Error{Op: op, Message: "the answer has an unexpected shape: a project without ID or name", area: areaProject}
		}
		projects = append(projects, requeue.Project{ID: w.ID.v, Name: w.Name.s})
	}
	return projects, nil
}

type wireProject struct {
	ID   guid `json:"id"`
	Name word `json:"name"`
}
