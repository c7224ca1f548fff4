package azdo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptrace"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/policy"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Evaluations returns what the service holds for an active pull request, of every policy type, without those of
// deleted and disabled policies and, unless notApplicable is true, without those that do not apply. Evaluations of one
// policy share its value.
//
// The service is always asked for those that do not apply: no document says whether it leaves them out before or after
// it cuts a page, so without them a short page might not be the last one.
func (c *Client) Evaluations(ctx context.Context, pr requeue.PullRequest, notApplicable bool) ([]requeue.Evaluation, error) {
	project := pr.Repository.Project.ID
	all := []requeue.Evaluation{}
	var seen []uuid.UUID
	share := commits{pr.SourceCommitID}
	for skip := 0; ; {
		page, err := c.evaluationsPage(ctx, project, pr.ID, skip, &share)
		if err != nil {
			return nil, err
		}
		size, known := len(page), len(seen)
		page = slices.DeleteFunc(page, func(e requeue.Evaluation) bool {
			again := slices.Contains(seen, e.ID)
			if !again {
				seen = append(seen, e.ID)
			}
			return again || e.Policy.Deleted || !e.Policy.Enabled || e.Status == requeue.StatusNotApplicable && !notApplicable
		})
		all = append(all, page...)
		skip += size
		if size < fullEvaluations || len(seen) == known {
			return slices.Clip(all), nil
		}
	}
}

// evaluationsPage reads the evaluations of a pull request from the skip-th on.
func (c *Client) evaluationsPage(ctx context.Context, project uuid.UUID, pullRequest, skip int, share *commits) ([]requeue.Evaluation, error) {
	r := request{
		location: locEvaluations, version: "7.1-preview.1", route: map[string]string{"project": project.String()},
		query: url.Values{
			"artifactId":           {fmt.Sprintf("vstfs:///CodeReview/CodeReviewId/%s/%d", project, pullRequest)},
			"includeNotApplicable": {"true"},
		},
		call: call{op: "list the evaluations", name: "evaluations", area: areaCode},
	}
	return numbered(ctx, c, r, skip, func(a *answer) ([]requeue.Evaluation, error) {
		return decodeEvaluations(a.Reader, &c.policies, project, share)
	})
}

// commits are the few commits that the evaluations of one pull request name again and again.
type commits []string

// of returns the known string that equals s, so that only one copy is kept.
func (c *commits) of(s string) string {
	if s == "" {
		return ""
	}
	for _, known := range *c {
		if known == s {
			return known
		}
	}
	if len(*c) < 8 {
		*c = append(*c, s)
	}
	return s
}

// maxStale is how long ago the evaluation may have been read on which a re-queue was decided: in a longer pause somebody
// else may start the build that the re-queue would then cancel.
const maxStale = 3 * time.Second

// Evaluation returns one evaluation, whatever the state of its policy.
func (c *Client) Evaluation(ctx context.Context, project, id uuid.UUID) (requeue.Evaluation, error) {
	k := &call{op: "read the evaluation", name: "evaluation", area: areaCode}
	record, found, err := typed(ctx, c, k, c.sdk.policy.GetPolicyEvaluation, policy.GetPolicyEvaluationArgs{Project: new(project.String()), EvaluationId: &id})
	if err != nil {
		return requeue.Evaluation{}, err
	}
	e, err := wireRecord(record, found).evaluation(&c.policies, project)
	if err == nil && e.ID != id {
		err = errors.New("it is about another evaluation")
	}
	if err != nil {
		return requeue.Evaluation{}, k.misread(err)
	}
	return e, nil
}

// Requeue asks the service to re-queue one evaluation: one PATCH without a body, never repeated by any layer. The answer
// is the record, whether or not anything was started, and perhaps under a new number. If ctx is cancelled before the
// request has begun, nothing is sent; once it has begun it gets three more seconds for its answer. If it would have had
// to wait for more than maxStale before it could begin, nothing is sent, see requeue.ErrOverdue. begun is called when it
// was written to a connection; nil for nobody.
func (c *Client) Requeue(ctx context.Context, project, id uuid.UUID, begun func()) (requeue.Evaluation, error) {
	k := &call{op: "re-queue", name: "evaluation", area: areaRequeue, fresh: begun != nil}
	if begun != nil {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { begun() }})
	}
	record, found, err := typed(ctx, c, k, c.sdk.policy.RequeuePolicyEvaluation, policy.RequeuePolicyEvaluationArgs{Project: new(project.String()), EvaluationId: &id})
	if err != nil {
		return requeue.Evaluation{}, err
	}
	e, err := wireRecord(record, found).evaluation(&c.policies, project)
	if err != nil {
		return requeue.Evaluation{}, k.misread(err)
	}
	return e, nil
}

// wireRecord is a record of the SDK in the shape in which the lists are read, so that both are converted by one rule.
func wireRecord(r *policy.PolicyEvaluationRecord, found *notes) *wireEvaluation {
	w := &wireEvaluation{
		ID:        guid{valueOf(r.EvaluationId), found.is("evaluationId")},
		Status:    word{string(valueOf(r.Status)), found.is("status")},
		Completed: instantOf(r.CompletedDate, found.is("completedDate")),
	}
	w.Configuration.bad = found.is("configuration")
	if r.Configuration != nil {
		w.Configuration.set, w.Configuration.v = true, wireConfiguration(r.Configuration, found)
	}
	if err := reread(r.Context, &w.Context); err != nil {
		w.Context.bad = true
	}
	return w
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
