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

// getTimeline shows a job with one task that failed for every error. A build that waits has no timeline yet: 204.
func (s *Server) getTimeline(c *call) answer {
	b, refusal := s.addressedBuild(c)
	if refusal != nil {
		return *refusal
	}
	if b.Deleted && s.world.Behaviour.DeletedTimeline == "404" {
		return buildNotFound(itoa(b.ID))
	}
	if b.Deleted || b.Status == "notStarted" {
		return answer{status: http.StatusNoContent}
	}
	id := itoa(b.ID)
	t := wireTimeline{
		ID: guid("timeline", id), ChangeID: 9, LastChangedBy: guid("identity", "service"), LastChangedOn: b.Queued,
		URL: s.base + "/" + c.project.ID + "/_apis/build/builds/" + id + "/Timeline/" + guid("timeline", id),
	}
	job := guid("job", id)
	add := func(kind, name string, parent *string, issues []wireIssue) {
		r := wireTimelineRecord{
			PreviousAttempts: []string{}, ID: guid("record", id, name, itoa(len(t.Records))), ParentID: parent, Type: kind, Name: name,
			StartTime: &b.Started, State: "inProgress", Order: len(t.Records) + 1, Issues: issues, Attempt: 1,
		}
		if parent == nil {
			r.ID = job
		}
		if b.Status == "completed" {
			r.State, r.FinishTime, r.Result = "completed", &b.Finished, &b.Result
		}
		for _, issue := range issues {
			if issue.Type == "error" {
				r.ErrorCount++
			} else {
				r.WarningCount++
			}
		}
		t.Records = append(t.Records, r)
	}
	add("Job", "Build", nil, nil)
	add("Task", "Checkout", &job, nil)
	for i, message := range b.Errors {
		add("Task", "Run tests "+itoa(i+1), &job, []wireIssue{{"error", "General", message, map[string]string{"type": "error"}}})
	}
	var warnings []wireIssue
	for _, message := range b.Warnings {
		warnings = append(warnings, wireIssue{"warning", "General", message, map[string]string{"type": "warning"}})
	}
	add("Task", "Publish results", &job, warnings)
	return okJSON(t)
}
