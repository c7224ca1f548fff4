package recording

import (
	"context"
	"net/url"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
)

// Step is the task in the run that was recorded: its project and repository, and the pull request that it validated.
func (r *Recording) Step(s *Server, inputs map[string]string) agenttest.Step {
	job := agenttest.BuildJob(s.URL())
	job.ProjectID, job.Project = r.run.Project.ID, r.run.Project.Name
	if r.run.Foreign { // its own project was none of the organization's
		job.ProjectID, job.Project = agenttest.PresetProjectID, "replay"
	}
	if repo := r.run.Repository; repo != nil {
		job.RepositoryID, job.RepositoryName = repo.ID, repo.Name
		job.RepositoryURI = s.URL() + "/" + url.PathEscape(repo.Project.Name) + "/_git/" + url.PathEscape(repo.Name)
	} else {
		job.RepositoryProvider, job.RepositoryID, job.RepositoryName, job.RepositoryURI = "Git", "", "", ""
	}
	if r.run.Pipeline > 0 {
		job.DefinitionID = r.run.Pipeline
	}
	if r.run.Validates > 0 {
		job.Reason, job.PullRequest = "PullRequest", &agenttest.PullRequest{ID: r.run.Validates}
	}
	if len(r.run.Slice) == 2 {
		job.Position, job.Total = r.run.Slice[0], r.run.Slice[1]
	}
	return agenttest.Step{TaskDir: "task", Job: job, Name: "requeue", Inputs: inputs}
}

// Run runs a step, and cancels it as soon as it asks what the recording does not hold: see Missing.
func (s *Server) Run(ctx context.Context, step agenttest.Step) (agenttest.Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.lost:
			cancel()
		case <-ctx.Done():
		}
	}()
	return step.Run(ctx)
}
