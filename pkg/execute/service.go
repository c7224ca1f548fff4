package execute

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Service is what execution and waiting ask of Azure DevOps.
type Service struct {
	PullRequest func(ctx context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error)
	Evaluation  func(ctx context.Context, project, id uuid.UUID) (requeue.Evaluation, error)
	// Evaluations lists all of a pull request, those that do not apply included.
	Evaluations func(ctx context.Context, pr *requeue.PullRequest) ([]requeue.Evaluation, error)
	// Requeue sends one PATCH, never more, and calls begun once it is on its way. It waits with ctx, but an exchange
	// that has begun outlives ctx by a moment.
	Requeue func(ctx context.Context, project, id uuid.UUID, begun func()) (requeue.Evaluation, error)
	// Builds lists the newest builds of the action's pipeline for its pull request.
	Builds func(ctx context.Context, a requeue.Action) ([]requeue.Build, error)
	// Build returns the build of an evaluation, on which the evaluation's state may depend.
	Build func(ctx context.Context, project uuid.UUID, id int) (requeue.Build, error)
}

// record reads the evaluation of an action by its number. Where that number is gone it looks for the record of the same
// policy: a re-queue may put it under a new number.
func (s *Service) record(ctx context.Context, a requeue.Action, id uuid.UUID) (requeue.Evaluation, error) {
	found, err := s.Evaluation(ctx, a.PullRequest.Repository.Project.ID, id)
	if !errors.Is(err, requeue.ErrGone) {
		return found, err
	}
	all, listErr := s.Evaluations(ctx, a.PullRequest)
	if listErr != nil {
		return found, listErr
	}
	for _, e := range all {
		if e.Policy.ID == a.Evaluation.Policy.ID {
			return e, nil
		}
	}
	return found, err
}
