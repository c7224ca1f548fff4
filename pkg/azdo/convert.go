package azdo

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// maxText bounds one error text, maxTexts all of one build.
const (
	maxText  = 64 << 10
	maxTexts = 16 << 20
)

var buildPolicyType = uuid.MustParse(requeue.BuildPolicyType)

var (
	errNoList = errors.New("it has no list")
	errNull   = errors.New("the list holds null")
	errNoItem = errors.New("the list holds something that is no object")
)

// list is the array of a list answer. Each element is read into the same value, and taken before the next is read.
type list[T any] struct {
	take func(*T) error
	set  bool
}

func (l *list[T]) read(d *jsontext.Decoder) error {
	if d.PeekKind() != jsontext.KindBeginArray || l.set {
		return errors.Join(d.SkipValue(), errNoList)
	}
	l.set = true
	var one object[T]
	return elements(d, func() error {
		if err := one.read(d); err != nil {
			return err
		}
		if !one.set {
			return errNull
		}
		if one.bad {
			return errNoItem
		}
		return l.take(&one.v)
	})
}

type listAnswer[T any] struct {
	Value list[T] `json:"value"`
}

func (a *listAnswer[T]) read(d *jsontext.Decoder) error {
	if d.PeekKind() != jsontext.KindBeginObject {
		return errors.Join(d.SkipValue(), errNoList)
	}
	return readMembers(d, a)
}

// decodeEach reads a list answer element by element. take must copy what it keeps. An answer without a list is an error
// and no empty list.
func decodeEach[T any](body io.Reader, take func(*T) error) error {
	answer := listAnswer[T]{Value: list[T]{take: take}}
	if err := unmarshal(body, &answer); err != nil {
		return err
	}
	if !answer.Value.set {
		return errNoList
	}
	return nil
}

// decodeList reads a list answer.
func decodeList[T any](body io.Reader) ([]T, error) {
	all := []T{}
	err := decodeEach(body, func(one *T) error {
		all = append(all, *one)
		return nil
	})
	return all, err
}

// decodeOne reads an answer that is one object.
func decodeOne[T any](body io.Reader) (*T, error) {
	var one object[T]
	switch err := unmarshal(body, &one); {
	case err != nil:
		return nil, err
	case !one.set || one.bad:
		return nil, errors.New("it is no object")
	}
	return &one.v, nil
}

type wireEvaluation struct {
	ID            guid                `json:"evaluationId"`
	Status        word                `json:"status"`
	Completed     instant             `json:"completedDate"`
	Configuration object[wirePolicy]  `json:"configuration"`
	Context       object[wireContext] `json:"context"`
}

// wireContext is what Azure DevOps calls internal context data: no field of it is promised (rest-api-specs, policy 7.1).
type wireContext struct {
	BuildID           number              `json:"buildId"`
	BuildStarted      instant             `json:"buildStartedUtc"`
	BuildIsNotCurrent flag                `json:"buildIsNotCurrent"`
	IsExpired         flag                `json:"isExpired"`
	PipelineName      word                `json:"buildDefinitionName"`
	MergeCommitID     text                `json:"lastMergeCommitId"`
	SourceCommitID    text                `json:"lastMergeSourceCommitId"`
	Preview           object[wirePreview] `json:"buildOutputPreview"`
	ErrorMessage      text                `json:"errorMessage"`
	ErrorCode         text                `json:"errorCode"`
}

type wirePreview struct {
	Errors array[struct {
		Message text `json:"message"`
	}] `json:"errors"`
}

// decodeEvaluations reads and converts a list of records, which share their commits.
func decodeEvaluations(body io.Reader, p *policies, project uuid.UUID, share *commits) ([]requeue.Evaluation, error) {
	all := []requeue.Evaluation{}
	err := decodeEach(body, func(w *wireEvaluation) error {
		c := &w.Context.v
		c.SourceCommitID.s, c.MergeCommitID.s = share.of(c.SourceCommitID.s), share.of(c.MergeCommitID.s)
		e, err := w.evaluation(p, project)
		all = append(all, e)
		return err
	})
	return all, err
}

// evaluation converts a record; an error means that it is none.
func (w *wireEvaluation) evaluation(p *policies, project uuid.UUID) (requeue.Evaluation, error) {
	if w.ID.bad || w.ID.v == uuid.Nil {
		return requeue.Evaluation{}, errors.New("a record has no evaluationId")
	}
	c := &w.Context.v
	e := requeue.Evaluation{ID: w.ID.v, Policy: w.Configuration.v.policy(p, project), Status: w.Status.s, Details: requeue.NoDetails}
	// What no state needs makes nothing unknown: without the name the pipeline is asked for it, without commits every
	// build of the pull request counts, and a preview that is lost leaves the error texts incomplete.
	malformed := firstBad(
		field{"status", w.Status.bad},
		field{"completedDate", w.Completed.bad},
		field{"configuration", w.Configuration.bad || w.Configuration.v.ID.n == 0 && !w.Configuration.v.ID.bad},
		field{"context", w.Context.bad},
		field{"context.isExpired", c.IsExpired.bad},
		field{"context.buildId", c.BuildID.bad},
		field{"context.buildStartedUtc", c.BuildStarted.bad},
		field{"context.buildIsNotCurrent", c.BuildIsNotCurrent.bad},
	)
	if !e.IsBuild() && malformed == "" {
		return e, nil
	}
	e.Details = &requeue.Details{
		Malformed:         malformed,
		Completed:         w.Completed.t,
		BuildID:           c.BuildID.n,
		BuildStarted:      c.BuildStarted.t,
		BuildIsNotCurrent: c.BuildIsNotCurrent.v,
		IsExpired:         c.IsExpired.v,
		HasIsExpired:      c.IsExpired.set,
		PipelineName:      c.PipelineName.s,
		MergeCommitID:     c.MergeCommitID.s,
		SourceCommitID:    c.SourceCommitID.s,
		PreviewLost:       c.Preview.bad || c.Preview.v.Errors.bad,
	}
	for _, line := range c.Preview.v.Errors.v {
		e.PreviewLost = e.PreviewLost || line.Message.bad
		if line.Message.s != "" {
			e.Preview = append(e.Preview, cutBytes(line.Message.s, maxText))
		}
	}
	if w.Status.s == "broken" {
		e.Words = oneLine(cmp.Or(c.ErrorMessage.s, c.ErrorCode.s))
	}
	return e, nil
}

type wirePolicy struct {
	ID       number `json:"id"`
	Revision number `json:"revision"`
	Enabled  flag   `json:"isEnabled"`
	Deleted  flag   `json:"isDeleted"`
	Blocking flag   `json:"isBlocking"`
	Type     object[struct {
		ID   guid `json:"id"`
		Name text `json:"displayName"`
	}] `json:"type"`
	Settings raw `json:"settings"` // decoded once per policy
}

type wireSettings struct {
	PipelineID       number           `json:"buildDefinitionId"`
	DisplayName      text             `json:"displayName"`
	ManualOnly       flag             `json:"manualQueueOnly"`
	SourceUpdateOnly flag             `json:"queueOnSourceUpdateOnly"`
	ValidDuration    decimal          `json:"validDuration"`
	Scopes           array[wireScope] `json:"scope"`
}

type wireScope struct {
	RepositoryID guid `json:"repositoryId"`
	RefName      text `json:"refName"`
	MatchKind    text `json:"matchKind"`
}

// policy converts a configuration. An absent isEnabled means enabled, since every configuration is created so; an
// absent isBlocking means optional, since absent is not true.
func (w *wirePolicy) policy(known *policies, project uuid.UUID) *requeue.Policy {
	return known.intern(policyKey{project, w.ID.n, w.Revision.n, w.Enabled.v, w.Deleted.v}, func() *requeue.Policy {
		p := &requeue.Policy{
			ID:       w.ID.n,
			TypeID:   w.Type.v.ID.v,
			TypeName: w.Type.v.Name.s,
			Enabled:  w.Enabled.v || !w.Enabled.set || w.Enabled.bad,
			Deleted:  w.Deleted.v,
			Blocking: w.Blocking.v,
			Malformed: firstBad(
				field{"id", w.ID.bad},
				field{"isEnabled", w.Enabled.bad},
				field{"isDeleted", w.Deleted.bad},
				field{"isBlocking", w.Blocking.bad},
				field{"type", w.Type.bad || w.Type.v.ID.bad},
			),
		}
		if p.TypeID == buildPolicyType || p.TypeID == uuid.Nil && p.Malformed == "" {
			// The settings of other types mean other things and decide nothing here.
			w.fillSettings(p)
		}
		return p
	})
}

func (w *wirePolicy) fillSettings(p *requeue.Policy) {
	var settings object[wireSettings]
	if len(w.Settings) > 0 {
		_ = unmarshal(bytes.NewBuffer(w.Settings), &settings) // its syntax was seen to before
	}
	s := &settings.v
	p.PipelineID = s.PipelineID.n
	p.DisplayName = s.DisplayName.s
	if !p.IsBuild() {
		return // a policy without a type and without a pipeline
	}
	p.ManualQueueOnly = s.ManualOnly.v
	p.QueueOnSourceUpdateOnly = s.SourceUpdateOnly.v
	p.ValidDuration = s.ValidDuration.v
	for _, scope := range s.Scopes.v {
		s.Scopes.bad = s.Scopes.bad || scope.RepositoryID.bad || scope.RefName.bad || scope.MatchKind.bad
		p.Scopes = append(p.Scopes, requeue.Scope{RepositoryID: scope.RepositoryID.v, RefName: scope.RefName.s, MatchKind: scope.MatchKind.s})
	}
	if s.Scopes.bad {
		p.Scopes = nil // unknown, which is taken as every branch
	}
	p.MalformedExpiry = s.SourceUpdateOnly.bad
	if p.Malformed == "" {
		p.Malformed = firstBad(
			field{"settings", settings.bad},
			field{"settings.buildDefinitionId", s.PipelineID.bad},
			field{"settings.manualQueueOnly", s.ManualOnly.bad},
		)
	}
}

type wireProject struct {
	ID   guid `json:"id"`
	Name word `json:"name"`
}

type wireRepository struct {
	ID            guid                `json:"id"`
	Name          word                `json:"name"`
	Project       object[wireProject] `json:"project"`
	DefaultBranch word                `json:"defaultBranch"`
	Disabled      flag                `json:"isDisabled"`
	WebURL        text                `json:"webUrl"`
}

func (w *wireRepository) repository(collection *url.URL) (*requeue.Repository, error) {
	p := &w.Project
	bad := firstBad(
		field{"id", w.ID.bad || w.ID.v == uuid.Nil},
		field{"name", w.Name.bad},
		field{"project", p.bad},
		field{"project.id", p.v.ID.bad || p.v.ID.v == uuid.Nil},
		field{"project.name", p.v.Name.bad},
		field{"defaultBranch", w.DefaultBranch.bad},
		field{"isDisabled", w.Disabled.bad},
	)
	r := &requeue.Repository{
		ID: w.ID.v, Name: w.Name.s, Project: requeue.Project{ID: p.v.ID.v, Name: p.v.Name.s},
		DefaultRefName: w.DefaultBranch.s, Disabled: w.Disabled.v,
	}
	r.URL = repositoryPage(collection, w.WebURL.s, r)
	if bad != "" {
		return r, fmt.Errorf("repository field %s is missing or of a wrong type", bad)
	}
	return r, nil
}

type wireIdentity struct {
	ID          word `json:"id"`
	DisplayName word `json:"displayName"`
	UniqueName  word `json:"uniqueName"`
}

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

type wireLabel struct {
	Name   word `json:"name"`
	Active flag `json:"active"`
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

// repositoryPage is the browser page of a repository: its own where the service gives one on the collection's host, else
// where every server has it.
func repositoryPage(collection *url.URL, webURL string, r *requeue.Repository) string {
	if web, err := url.Parse(webURL); err == nil && web.User == nil && originOf(web) == originOf(collection) {
		return fmt.Sprintf("%s://%s%s", web.Scheme, web.Host, strings.TrimRight(web.EscapedPath(), "/"))
	}
	return fmt.Sprintf("%s/%s/_git/%s", collection, url.PathEscape(r.Project.Name), url.PathEscape(r.Name))
}

type wireBuild struct {
	ID         number `json:"id"`
	Definition object[struct {
		ID number `json:"id"`
	}] `json:"definition"`
	Status      word    `json:"status"`
	Result      word    `json:"result"`
	Reason      word    `json:"reason"`
	Branch      text    `json:"sourceBranch"`
	Version     text    `json:"sourceVersion"`
	Finished    instant `json:"finishTime"`
	Parameters  text    `json:"parameters"` // JSON within a string
	TriggerInfo object[struct {
		SourceSHA text `json:"pr.sourceSha"`
	}] `json:"triggerInfo"`
}

// build converts a build. What decides is required to be readable; the parameters are free text and may be anything.
func (w *wireBuild) build() (requeue.Build, error) {
	bad := firstBad(
		field{"id", w.ID.bad || w.ID.n == 0},
		field{"definition", w.Definition.bad || w.Definition.v.ID.bad},
		field{"status", w.Status.bad},
		field{"result", w.Result.bad},
		field{"reason", w.Reason.bad},
		field{"sourceBranch", w.Branch.bad},
		field{"sourceVersion", w.Version.bad},
		field{"finishTime", w.Finished.bad},
	)
	if bad != "" {
		return requeue.Build{}, fmt.Errorf("build field %s is missing or of a wrong type", bad)
	}
	b := requeue.Build{
		ID: w.ID.n, PipelineID: w.Definition.v.ID.n, Status: w.Status.s, Result: w.Result.s, Reason: w.Reason.s,
		RefName: w.Branch.s, MergeCommitID: w.Version.s, Finished: w.Finished.t.Time(),
	}
	var parameters object[struct {
		SourceCommitID text `json:"system.pullRequest.sourceCommitId"`
	}]
	if unmarshal(strings.NewReader(w.Parameters.s), &parameters) == nil {
		b.SourceCommitID = parameters.v.SourceCommitID.s
	}
	if b.SourceCommitID == "" {
		b.SourceCommitID = w.TriggerInfo.v.SourceSHA.s
	}
	return b, nil
}
