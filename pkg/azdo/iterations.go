package azdo

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// LastPush returns when the newest iteration of a pull request was made, which is when its source branch was pushed to
// last. It is the zero time where the service shows no iteration.
func (c *Client) LastPush(ctx context.Context, project, repository uuid.UUID, pullRequest int) (time.Time, error) {
	type wire struct {
		Created instant `json:"createdDate"`
	}
	const op = "list the iterations"
	var iterations []wire
	err := c.send(ctx, request{
		location: locIterations, version: "7.1-preview.1",
		route: map[string]string{"project": project.String(), "repositoryId": repository.String(), "pullRequestId": strconv.Itoa(pullRequest)},
		call: call{op: op, name: "iterations", area: areaCode, decode: func(_ http.Header, body io.Reader) (err error) {
			iterations, err = decodeList[wire](body)
			return err
		}},
	})
	if err != nil && !IsGone(err) && !unregistered(err) {
		return time.Time{}, err
	}
	var last requeue.Instant
	for _, i := range iterations {
		if i.Created.bad {
			return time.Time{}, &Error{Op: op, Message: "the answer has an unexpected shape: createdDate is not what was expected", area: areaCode}
		}
		last = max(last, i.Created.t)
	}
	return last.Time(), nil
}
