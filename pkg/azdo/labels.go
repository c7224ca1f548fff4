package azdo

import (
	"context"
	"io"
	"net/http"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Labels returns the active labels of a pull request, which a single answer leaves out (vsts-rest-api-specs#389).
func (c *Client) Labels(ctx context.Context, pr requeue.PullRequest) ([]string, error) {
	op := "list the labels"
	var labels []wireLabel
	err := c.send(ctx, request{
		location: locLabels, version: "7.1-preview.1", route: pullRequestRoute(pr),
		call: call{op: op, name: "labels", area: areaCode, decode: func(_ http.Header, body io.Reader) (err error) {
			labels, err = decodeList[wireLabel](body)
			return err
		}},
	})
	if err != nil {
		return nil, err
	}
	names, bad := activeLabels(labels, false)
	if bad {
		return nil, &Error{Op: op, Message: "the answer has an unexpected shape: a label is not what was expected", area: areaCode}
	}
	return names, nil
}

type wireLabel struct {
	Name   word `json:"name"`
	Active flag `json:"active"`
}

// activeLabels are the names of the labels that are set; bad reports a label of a wrong shape.
func activeLabels(labels []wireLabel, bad bool) ([]string, bool) {
	var names []string
	for _, l := range labels {
		bad = bad || l.Name.bad || l.Active.bad
		if (l.Active.v || !l.Active.set) && l.Name.s != "" {
			names = append(names, l.Name.s)
		}
	}
	return names, bad
}
