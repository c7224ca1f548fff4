package azdo

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"
)

// LastPush returns when the newest iteration of a pull request was made, which is when its source branch was pushed to
// last. It is the zero time where the service shows no iteration.
func (c *Client) LastPush(ctx context.Context, project, repository uuid.UUID, pullRequest int) (time.Time, error) {
	k := &call{op: "list the iterations", name: "iterations", area: areaCode}
	iterations, found, err := typed(ctx, c, k, c.sdk.git.GetPullRequestIterations, git.GetPullRequestIterationsArgs{
		Project: new(project.String()), RepositoryId: new(repository.String()), PullRequestId: &pullRequest,
	})
	switch {
	case isGone(err), unregistered(err):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, err
	}
	var last time.Time
	for i, iteration := range *iterations {
		if found.is(strconv.Itoa(i) + ".createdDate") {
			return time.Time{}, k.misread(errors.New("createdDate is not what was expected"))
		}
		if at := timeOf(iteration.CreatedDate); at.After(last) {
			last = at
		}
	}
	return last, nil
}
