package azdo

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/webapi"

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
		Author:         requeue.Person{DisplayName: author.DisplayName.s, UniqueName: author.UniqueName.s},
		Status:         w.Status.s,
		Draft:          w.Draft.v,
		AutoComplete:   w.AutoComplete.set && w.AutoComplete.v.ID.s != uuid.Nil.String(), // which is nobody
		Fork:           w.Fork.set,
		MergeStatus:    w.MergeStatus.s,
		Created:        w.Created.t,
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
		field{"createdBy", w.Author.bad || author.DisplayName.bad || author.UniqueName.bad},
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
	k := &call{op: "read the pull request", name: "pullrequest", area: areaCode}
	args := git.GetPullRequestByIdArgs{PullRequestId: &id}
	if project != "" {
		args.Project = &project
	}
	answer, found, err := typed(ctx, c, k, c.sdk.git.GetPullRequestById, args)
	if err != nil {
		return requeue.PullRequest{}, err
	}
	wire := wirePullRequestOf(answer, found)
	repository, repositoryErr := wire.Repository.v.repository(c.collection)
	if wire.Repository.bad {
		repositoryErr = errors.New("its repository has a wrong type")
	}
	pr, err := wire.pullRequest(repository, repositoryErr)
	switch {
	case err != nil:
		return requeue.PullRequest{}, k.misread(err)
	case pr.Err != nil:
		return requeue.PullRequest{}, pr.Err
	case pr.ID != id:
		return requeue.PullRequest{}, &Error{Op: k.op, Message: fmt.Sprintf("the answer is about pull request %d", pr.ID), area: areaCode}
	}
	return pr, nil
}

// wirePullRequestOf is a pull request of the SDK in the shape in which the lists are read, so that both are converted by
// one rule.
func wirePullRequestOf(p *git.GitPullRequest, found *notes) *wirePullRequest {
	w := &wirePullRequest{
		ID:           numberOf(p.PullRequestId, found.is("pullRequestId")),
		Status:       word{string(valueOf(p.Status)), found.is("status")},
		Title:        text{valueOf(p.Title), found.is("title")},
		Source:       text{valueOf(p.SourceRefName), found.is("sourceRefName")},
		Target:       word{valueOf(p.TargetRefName), found.is("targetRefName")},
		Author:       wireIdentityOf(p.CreatedBy, found, "createdBy"),
		Draft:        flagOf(p.IsDraft, found.is("isDraft")),
		MergeStatus:  word{string(valueOf(p.MergeStatus)), found.is("mergeStatus")},
		Created:      instantOf(p.CreationDate, found.is("creationDate")),
		AutoComplete: wireIdentityOf(p.AutoCompleteSetBy, found, "autoCompleteSetBy"),
	}
	w.Fork.set, w.Fork.bad = p.ForkSource != nil || found.is("forkSource"), found.is("forkSource")
	w.SourceCommit.bad = found.is("lastMergeSourceCommit")
	w.SourceCommit.v.ID = text{valueOf(valueOf(p.LastMergeSourceCommit).CommitId), found.is("lastMergeSourceCommit.commitId")}
	w.Repository.bad = found.is("repository")
	if p.Repository != nil {
		w.Repository.v = wireRepositoryOf(p.Repository, found, "repository.")
	}
	w.Labels.set, w.Labels.bad = p.Labels != nil, found.is("labels") || found.is("labels.name") || found.is("labels.active")
	for _, l := range valueOf(p.Labels) {
		w.Labels.v = append(w.Labels.v, wireLabelOf(&l))
	}
	w.Reviewers.bad = found.is("reviewers") || found.is("reviewers.vote")
	for _, r := range valueOf(p.Reviewers) {
		w.Reviewers.v = append(w.Reviewers.v, wireReviewer{Vote: small{n: valueOf(r.Vote)}})
	}
	return w
}

func wireIdentityOf(r *webapi.IdentityRef, found *notes, at string) object[wireIdentity] {
	who := valueOf(r)
	return object[wireIdentity]{set: r != nil || found.is(at), bad: found.is(at), v: wireIdentity{
		ID:          word{valueOf(who.Id), found.is(at + ".id")},
		DisplayName: word{valueOf(who.DisplayName), found.is(at + ".displayName")},
		UniqueName:  word{valueOf(who.UniqueName), found.is(at + ".uniqueName")},
	}}
}

type wireIdentity struct {
	ID          word `json:"id"`
	DisplayName word `json:"displayName"`
	UniqueName  word `json:"uniqueName"`
}

// projectAndRepository is the project and the repository of a pull request as the SDK takes them.
func projectAndRepository(pr requeue.PullRequest) (project, repository *string) {
	return new(pr.Repository.Project.ID.String()), new(pr.Repository.ID.String())
}
