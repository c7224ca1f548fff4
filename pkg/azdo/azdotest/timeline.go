package azdotest

import "net/http"

type wireIssue struct {
	Type     string            `json:"type"`
	Category string            `json:"category"`
	Message  string            `json:"message"`
	Data     map[string]string `json:"data"`
}

type wireTimelineRecord struct {
	PreviousAttempts []string    `json:"previousAttempts"`
	ID               string      `json:"id"`
	ParentID         *string     `json:"parentId"`
	Type             string      `json:"type"`
	Name             string      `json:"name"`
	StartTime        *string     `json:"startTime"`
	FinishTime       *string     `json:"finishTime"`
	State            string      `json:"state"`
	Result           *string     `json:"result"`
	Order            int         `json:"order"`
	ErrorCount       int         `json:"errorCount"`
	WarningCount     int         `json:"warningCount"`
	Issues           []wireIssue `json:"issues,omitempty"`
	Log              *wireLog    `json:"log"`
	Attempt          int         `json:"attempt"`
}

type wireTimeline struct {
	Records       []wireTimelineRecord `json:"records"`
	LastChangedBy string               `json:"lastChangedBy"`
	LastChangedOn string               `json:"lastChangedOn"`
	ID            string               `json:"id"`
	ChangeID      int                  `json:"changeId"`
	URL           string               `json:"url"`
}

// timelineOf returns the steps of a build, or how one without a timeline answers: it waits, never ran, or is gone.
func (s *Server) timelineOf(b *Build) (steps []Step, instead *answer) {
	without := b.Timeline
	if b.Deleted {
		without = s.world.Behaviour.DeletedTimeline
	}
	switch {
	case without == "404":
		a := buildNotFound(itoa(b.ID))
		return nil, &a
	case without == "204", b.Status == "notStarted":
		return nil, &answer{status: http.StatusNoContent}
	}
	return b.taskSteps(), nil
}

// getTimeline shows a job with its steps.
func (s *Server) getTimeline(c *call) answer {
	b, refusal := s.addressedBuild(c)
	if refusal != nil {
		return *refusal
	}
	steps, instead := s.timelineOf(b)
	if instead != nil {
		return *instead
	}
	id := itoa(b.ID)
	t := wireTimeline{
		ID: guid("timeline", id), ChangeID: 9, LastChangedBy: guid("identity", "service"), LastChangedOn: b.Queued,
		URL: s.base + "/" + c.project.ID + "/_apis/build/builds/" + id + "/Timeline/" + guid("timeline", id),
	}
	if b.Timeline == "empty" {
		t.Records = []wireTimelineRecord{}
		return okJSON(t)
	}
	job := b.timelineRecord("Job", "Build", 1, taskResult(b.Result))
	t.Records = append(t.Records, job)
	for i, step := range steps {
		r := b.timelineRecord("Task", step.Name, i+2, step.Result)
		r.ParentID = &job.ID
		r.add("error", step.Errors, s.world.Behaviour.IssueLimit)
		r.add("warning", step.warnings, s.world.Behaviour.IssueLimit)
		r.ErrorCount, r.WarningCount = len(step.Errors), len(step.warnings)
		if step.ErrorCount > 0 {
			r.ErrorCount = step.ErrorCount
		}
		if !step.NoLog {
			r.Log = s.wireLog(c.project, b, i)
		}
		t.Records = append(t.Records, r)
	}
	return okJSON(t)
}

func (b *Build) timelineRecord(kind, name string, order int, result string) wireTimelineRecord {
	r := wireTimelineRecord{
		PreviousAttempts: []string{}, ID: guid("record", itoa(b.ID), itoa(order)), Type: kind, Name: name,
		StartTime: &b.Started, State: "inProgress", Order: order, Attempt: 1,
	}
	if b.Status == "completed" {
		r.State, r.FinishTime, r.Result = "completed", &b.Finished, &result
	}
	return r
}

// add keeps as many issues of a kind as the agent does.
func (r *wireTimelineRecord) add(kind string, messages []string, limit int) {
	for _, message := range messages[:min(limit, len(messages))] {
		r.Issues = append(r.Issues, wireIssue{kind, "General", message, map[string]string{"type": kind}})
	}
}

// taskResult is the result of a job whose build has the given one.
func taskResult(build string) string {
	if build == "partiallySucceeded" {
		return "succeededWithIssues"
	}
	return build
}
