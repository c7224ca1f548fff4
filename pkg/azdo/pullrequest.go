package azdo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

type wirePullRequest struct {
	ID           number                 `json:"pullRequestId"`
	Repository   object[wireRepository] `json:"repository"`
	Status       word                   `json:"status"`
	Title        text                   `json:"title"`
	Source       text                   `json:"sourceRefName"`
	Target       word                   `json:"targetRefName"`
	Author       object[wireIdentity]   `json:"createdBy"`
	Draft        flag                   `json:"isDraft"`
	MergeStatus  word                   `json:"mergeStatus"`
	Created      instant                `json:"creationDate"`
	AutoComplete object[wireIdentity]   `json:"autoCompleteSetBy"`
	Fork         object[struct{}]       `json:"forkSource"`
	SourceCommit object[wireCommit]     `json:"lastMergeSourceCommit"`
	Labels       array[wireLabel]       `json:"labels"`
	Reviewers    array[wireReviewer]    `json:"reviewers"`
}

type wireCommit struct {
	ID text `json:"commitId"`
}

type wireReviewer struct {
	Vote small `json:"vote"`
}

// errNoNumber is a pull request that cannot even be named.
var errNoNumber = errors.New("a pull request has no number")

// pullRequest converts a pull request. repository is shared by those of one repository. A field of a wrong type is
// PullRequest.Err: that one pull request could not be read.
func (w *wirePullRequest) pullRequest(repository *requeue.Repository, repositoryErr error) (requeue.PullRequest, error) {
	if w.ID.bad || w.ID.n == 0 {
		return requeue.PullRequest{}, errNoNumber
	}
	author := &w.Author.v
	pr := requeue.PullRequest{
		ID:             w.ID.n,
		Repository:     repository,
		Title:          w.Title.s,
		SourceRefName:  w.Source.s,
		TargetRefName:  w.Target.s,
		Author:         requeue.Identity{ID: author.ID.s, DisplayName: author.DisplayName.s, UniqueName: author.UniqueName.s},
		Status:         w.Status.s,
		Draft:          w.Draft.v,
		AutoComplete:   w.AutoComplete.set && w.AutoComplete.v.ID.s != uuid.Nil.String(), // which is nobody
		Fork:           w.Fork.set,
		MergeStatus:    w.MergeStatus.s,
		Created:        w.Created.t.Time(),
		SourceCommitID: w.SourceCommit.v.ID.s,
		LabelsKnown:    w.Labels.set,
	}
	badLabels, badReviewers := w.Labels.bad, w.Reviewers.bad
	pr.Labels, badLabels = activeLabels(w.Labels.v, badLabels)
	if len(w.Reviewers.v) > 0 {
		pr.Votes = make([]int, 0, len(w.Reviewers.v))
	}
	for _, r := range w.Reviewers.v {
		badReviewers = badReviewers || r.Vote.bad
		pr.Votes = append(pr.Votes, r.Vote.n)
	}
	bad := firstBad(
		field{"status", w.Status.bad},
		field{"title", w.Title.bad},
		field{"sourceRefName", w.Source.bad},
		field{"targetRefName", w.Target.bad},
		field{"createdBy", w.Author.bad || author.ID.bad || author.DisplayName.bad || author.UniqueName.bad},
		field{"isDraft", w.Draft.bad},
		field{"mergeStatus", w.MergeStatus.bad},
		field{"creationDate", w.Created.bad},
		field{"autoCompleteSetBy", w.AutoComplete.bad},
		field{"forkSource", w.Fork.bad},
		field{"lastMergeSourceCommit", w.SourceCommit.bad || w.SourceCommit.v.ID.bad},
		field{"labels", badLabels},
		field{"reviewers", badReviewers},
	)
	op := "read the pull request"
	switch {
	case repositoryErr != nil:
		pr.Err = &Error{Op: op, Message: repositoryErr.Error()}
	case bad != "":
		pr.Err = &Error{Op: op, Message: "the answer has an unexpected shape: " + bad + " is not what was expected"}
	}
	return pr, nil
}

// PullRequest returns one pull request in any state, by its number. project is an ID or a name; "" asks the collection.
// The answer has no labels, whatever the pull request has, and does not say the repository's default branch.
func (c *Client) PullRequest(ctx context.Context, project string, id int) (requeue.PullRequest, error) {
	op := "read the pull request"
	route := map[string]string{"pullRequestId": strconv.Itoa(id)}
	if project != "" {
		route["project"] = project
	}
	var wire *wirePullRequest
	err := c.send(ctx, request{
		location: locPullRequest, version: "7.1-preview.1", route: route,
		call: call{op: op, name: "pullrequest", area: areaCode, decode: func(_ http.Header, body io.Reader) (err error) {
			wire, err = decodeOne[wirePullRequest](body)
			return err
		}},
	})
	if err != nil {
		return requeue.PullRequest{}, err
	}
	repository, repositoryErr := wire.Repository.v.repository(c.collection)
	if wire.Repository.bad {
		repositoryErr = fmt.Errorf("its repository has a wrong type")
	}
	pr, err := wire.pullRequest(repository, repositoryErr)
	switch {
	case err != nil:
		return requeue.PullRequest{}, &Error{Op: op, Message: "the answer has an unexpected shape: " + err.Error(), area: areaCode}
	case pr.Err != nil:
		return requeue.PullRequest{}, pr.Err
	case pr.ID != id:
		return requeue.PullRequest{}, &Error{Op: op, Message: fmt.Sprintf("the answer is about pull request %d", pr.ID), area: areaCode}
	}
	return pr, nil
}

func pullRequestRoute(pr requeue.PullRequest) map[string]string {
	return map[string]string{
		"project":       pr.Repository.Project.ID.String(),
		"repositoryId":  pr.Repository.ID.String(),
		"pullRequestId": strconv.Itoa(pr.ID),
	}
}
