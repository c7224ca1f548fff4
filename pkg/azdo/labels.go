package azdo

import (
	"context"
	"errors"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Labels returns the active labels of a pull request, which a single answer leaves out (vsts-rest-api-specs#389).
func (c *Client) Labels(ctx context.Context, pr requeue.PullRequest) ([]string, error) {
	k := &call{op: "list the labels", name: "labels", area: areaCode}
	project, repository := projectAndRepository(pr)
	list, found, err := typed(ctx, c, k, c.sdk.git.GetPullRequestLabels, git.GetPullRequestLabelsArgs{
		Project: project, RepositoryId: repository, PullRequestId: &pr.ID,
	})
	if err != nil {
		return nil, err
	}
	var labels []wireLabel
	for i := range *list {
		labels = append(labels, wireLabelOf(&(*list)[i]))
	}
	names, bad := activeLabels(labels, found.any("name", "active"))
	if bad {
		return nil, k.misread(errors.New("a label is not what was expected"))
	}
	return names, nil
}

type wireLabel struct {
	Name   word `json:"name"`
	Active flag `json:"active"`
}

func wireLabelOf(l *core.WebApiTagDefinition) wireLabel {
	return wireLabel{Name: word{s: valueOf(l.Name)}, Active: flagOf(l.Active, false)}
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
