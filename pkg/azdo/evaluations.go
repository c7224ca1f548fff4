package azdo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Policies returns the build policies of a project, by its ID or name, disabled and deleted ones included, as far as the
// identity sees them: what is missing may exist all the same.
//
// It asks for policy/configurations, without the scope that is kept for old clients: the list of that name below git
// holds no branch policy at all where neither a repository nor a branch is named (rest-api-specs, git 5.0 to 7.2). The
// server pages as it likes: $top, like the token, came with version 6.0.
func (c *Client) Policies(ctx context.Context, project string) ([]*requeue.Policy, error) {
	wire, err := continued[wirePolicy](ctx, c, request{
		location: locPolicyConfigurations, version: "7.1-preview.1", route: map[string]string{"project": project},
		query: url.Values{"policyType": {requeue.BuildPolicyType}},
		call:  call{op: "list policies of project " + oneLine(project), name: "policies", area: areaCode},
	}, 0)
	if err != nil {
		return nil, err
	}
	key, _ := uuid.Parse(project) // a name: the zero value, which shares nothing
	var found []*requeue.Policy
	for i := range wire {
		if p := wire[i].policy(&c.policies, key); p.IsBuild() {
			found = append(found, p)
		}
	}
	return found, nil
}

// Evaluations returns what the service holds for an active pull request, of every policy type, without those of
// deleted and disabled policies and, unless notApplicable is true, without those that do not apply. Evaluations of one
// policy share its value.
//
// The service is always asked for those that do not apply: whether it leaves them out before or after it cuts a page is
// written nowhere, so without them a short page could not be told from the last one.
func (c *Client) Evaluations(ctx context.Context, pr requeue.PullRequest, notApplicable bool) ([]requeue.Evaluation, error) {
	project := pr.Repository.Project.ID
	op := "list the evaluations"
	r := request{
		location: locEvaluations, version: "7.1-preview.1", route: map[string]string{"project": project.String()},
		query: url.Values{
			"artifactId":           {fmt.Sprintf("vstfs:///CodeReview/CodeReviewId/%s/%d", project, pr.ID)},
			"includeNotApplicable": {"true"},
		},
		call: call{op: op, name: "evaluations", area: areaCode},
	}
	all := []requeue.Evaluation{}
	var seen []uuid.UUID
	share := commits{pr.SourceCommitID}
	for skip := 0; ; {
		page, err := numbered(ctx, c, r, skip, func(body io.Reader) ([]requeue.Evaluation, error) {
			return decodeEvaluations(body, &c.policies, project, &share)
		})
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

// maxStale is how old the look may be on which a re-queue was decided: in a longer pause somebody else may start the
// build that the re-queue would then cancel.
const maxStale = 3 * time.Second

// Evaluation returns one evaluation, whatever the state of its policy.
func (c *Client) Evaluation(ctx context.Context, project, id uuid.UUID) (requeue.Evaluation, error) {
	return c.evaluation(ctx, http.MethodGet, "read the evaluation", areaCode, project, id, nil)
}

// Requeue asks the service to re-queue one evaluation: one PATCH without a body, never repeated by any layer. The answer
// is the record, whether or not anything was started, and perhaps under a new number. If ctx is cancelled before the request has begun, nothing is sent;
// once it has begun it gets three more seconds for its answer. If it would have had to wait for more than maxStale before
// it could begin, nothing is sent, see IsOverdue. begun is called when it was written to a connection.
func (c *Client) Requeue(ctx context.Context, project, id uuid.UUID, begun func()) (requeue.Evaluation, error) {
	return c.evaluation(ctx, http.MethodPatch, "re-queue", areaRequeue, project, id, begun)
}

func (c *Client) evaluation(
	ctx context.Context, method, op string, area area, project, id uuid.UUID, begun func(),
) (requeue.Evaluation, error) {
	var found requeue.Evaluation
	err := c.send(ctx, request{
		method: method, location: locEvaluation, version: "7.1-preview.1",
		route: map[string]string{"project": project.String(), "evaluationId": id.String()},
		call: call{op: op, name: "evaluation", area: area, begun: begun, fresh: begun != nil, decode: func(_ http.Header, body io.Reader) error {
			wire, err := decodeOne[wireEvaluation](body)
			if err != nil {
				return err
			}
			if found, err = wire.evaluation(&c.policies, project); err != nil {
				return err
			}
			if found.ID != id && method == http.MethodGet {
				return errors.New("it is about another evaluation")
			}
			return nil
		}},
	})
	if err != nil {
		return requeue.Evaluation{}, err
	}
	return found, nil
}
