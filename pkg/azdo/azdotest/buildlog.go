package azdotest

import (
	"net/http"
	"strings"
	"time"
)

type wireLog struct {
	ID   int    `json:"id"`
	Type string `json:"type"`
	URL  string `json:"url"`
}

type wireBuildLog struct {
	LineCount     int    `json:"lineCount"`
	CreatedOn     string `json:"createdOn"`
	LastChangedOn string `json:"lastChangedOn"`
	wireLog
}

// wireLog refers to the log of a step, whose number is its place.
func (s *Server) wireLog(p *Project, b *Build, step int) *wireLog {
	id := itoa(step + 1)
	return &wireLog{step + 1, "Container", s.base + "/" + p.ID + "/_apis/build/builds/" + itoa(b.ID) + "/logs/" + id}
}

// loggedSteps are the steps of the build that the path names; none if it has no timeline.
func (s *Server) loggedSteps(c *call) (*Build, []Step, *answer) {
	b, refusal := s.addressedBuild(c)
	if refusal != nil {
		return nil, nil, refusal
	}
	if b.Deleted {
		a := buildNotFound(itoa(b.ID))
		return nil, nil, &a
	}
	steps, instead := s.timelineOf(b)
	if instead != nil {
		steps = nil
	}
	return b, steps, nil
}

func (s *Server) listLogs(c *call) answer {
	b, steps, refusal := s.loggedSteps(c)
	if refusal != nil {
		return *refusal
	}
	var logs []wireBuildLog
	for i, step := range steps {
		if !step.NoLog {
			logs = append(logs, wireBuildLog{len(step.log()), b.Started, b.Started, *s.wireLog(c.project, b, i)})
		}
	}
	return list(logs)
}

// getLog answers with text, or with a list of lines to who takes JSON only.
func (s *Server) getLog(c *call) answer {
	b, steps, refusal := s.loggedSteps(c)
	if refusal != nil {
		return *refusal
	}
	n := Ref(c.values["log"]).number()
	if n < 1 || n > len(steps) || steps[n-1].NoLog || steps[n-1].LogGone {
		return refuse(http.StatusNotFound, "BuildLogNotFoundException", "The log with ID "+c.values["log"]+" of build "+itoa(b.ID)+" was not found.")
	}
	lines := stamped(steps[n-1].log(), moment(b.Started))
	from, to, refusal := s.lines(c, len(lines))
	if refusal != nil {
		return *refusal
	}
	lines = lines[from:to]
	if accept := c.request.Header.Get("Accept"); strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/plain") {
		return list(lines)
	}
	a := answer{status: http.StatusOK, contentType: "text/plain; charset=utf-8"}
	for _, line := range lines {
		a.body = append(append(a.body, line...), "\r\n"...)
	}
	return a
}

// stamped puts a time before every line, as the agent does.
func stamped(lines []string, start time.Time) []string {
	list := make([]string, 0, len(lines))
	for i, line := range lines {
		list = append(list, stamp(start.Add(time.Duration(i)*time.Millisecond))+" "+line)
	}
	return list
}

// lines are those of n that a request asks for. Both ends are included, and what lies beyond the end is no error: that,
// and that the first line is line 1, is what people found who tried (the description says neither).
func (s *Server) lines(c *call, n int) (from, to int, refusal *answer) {
	first, refusal := c.count("startLine", 0)
	if refusal != nil {
		return 0, 0, refusal
	}
	last, refusal := c.count("endLine", n)
	if refusal != nil {
		return 0, 0, refusal
	}
	if s.world.Behaviour.LogLines == "fromOne" {
		first = max(first-1, 0)
	} else if c.param("endLine") != "" {
		last++
	}
	first = min(first, n)
	return first, max(first, min(last, n)), nil
}
