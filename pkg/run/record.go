package run

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/record"
	"github.com/pr-evaluations/reschedule/pkg/report"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// record writes every exchange to the recording, if there is one. A recording that cannot be written is a warning,
// and the run goes on.
func (r *run) record(options *azdo.Options) {
	if r.recording == nil {
		return
	}
	recorder := record.New(r.recording, report.CommentMarker)
	check := func(err error) {
		if err != nil {
			r.log.Warning(fmt.Sprintf("The recording is incomplete: %v", err))
		}
	}
	check(recorder.Begin(r.told()))
	options.OnExchange = func(e azdo.Exchange) { check(recorder.Add(record.Exchange(e))) }
}

// told is what the run was told, in the words of the recording.
func (r *run) told() record.Run {
	c := &r.config
	repository := c.RunRepository
	told := record.Run{
		Version: r.process.Version, At: r.started,
		Project:    project(c.Project),
		Repository: record.Repository{ID: repository.ID, Name: repository.Name, Project: project(repository.Project)},
		Validates:  c.ValidatesPullRequest, Pipeline: c.Rules.OwnPipeline.ID,
		Position: c.Rules.Slice.Position, Total: c.Rules.Slice.Total,
		Foreign: c.Connection.Organization != "" && c.Project == requeue.Project{},
	}
	for _, input := range c.Inputs {
		told.Inputs = append(told.Inputs, record.Input(input))
	}
	return told
}

func project(p requeue.Project) record.Project {
	if p.ID == uuid.Nil {
		return record.Project{Name: p.Name}
	}
	return record.Project{ID: p.ID.String(), Name: p.Name}
}
