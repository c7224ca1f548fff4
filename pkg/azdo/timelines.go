package azdo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// maxText bounds one error text, maxTexts all of one build.
const (
	maxText  = 64 << 10
	maxTexts = 16 << 20
)

type wireTimeline struct {
	Records array[wireTimelineRecord] `json:"records"`
}

type wireTimelineRecord struct {
	Type       word                  `json:"type"`
	Name       text                  `json:"name"`
	Result     word                  `json:"result"`
	ErrorCount number                `json:"errorCount"`
	Log        object[wireBuildLog]  `json:"log"`
	Issues     array[wireBuildIssue] `json:"issues"`
}

type wireBuildIssue struct {
	Type    text `json:"type"`
	Message text `json:"message"`
}

// BuildErrors returns what the timeline of a build says of its failure: the messages of all error issues, each once and
// cut at 64 KiB, and the tasks that failed. More than 16 MiB of messages is an error: half of them could hide the one that
// forbids a retry. A build that failed before it ran has no timeline (204), and retention removes timelines (404).
func (c *Client) BuildErrors(ctx context.Context, project uuid.UUID, id int) (requeue.Errors, error) {
	found := requeue.Errors{NoTimeline: true}
	err := c.send(ctx, request{
		location: locTimeline, version: "7.1-preview.2", route: buildRoute(project, id),
		call: call{
			op: fmt.Sprintf("read the timeline of build %d", id), name: "timeline", area: areaBuild, empty: true,
			decode: func(_ http.Header, body io.Reader) error {
				var timeline object[wireTimeline]
				if err := unmarshal(body, &timeline); err != nil {
					return err
				}
				records := timeline.v.Records
				if timeline.bad || records.bad || timeline.set && !records.present {
					// Some other object must not pass for a timeline without errors.
					return errors.New("it has no records")
				}
				var err error
				found, err = timeline.v.errors()
				found.NoTimeline = !timeline.set
				return err
			},
		},
	})
	if IsGone(err) {
		return requeue.Errors{NoTimeline: true}, nil
	}
	return found, err
}

func buildRoute(project uuid.UUID, id int) map[string]string {
	return map[string]string{"project": project.String(), "buildId": strconv.Itoa(id)}
}

func (t *wireTimeline) errors() (requeue.Errors, error) {
	var found requeue.Errors
	seen, total := map[string]bool{}, 0
	for i := range t.Records.v {
		record := &t.Records.v[i]
		if record.Issues.bad {
			return found, errors.New("its issues are not what was expected")
		}
		if record.Type.bad || record.Result.bad || record.ErrorCount.bad || record.Log.bad || record.Log.v.ID.bad {
			return found, errors.New("a record is not what was expected")
		}
		kept := 0
		for _, issue := range record.Issues.v {
			switch {
			case issue.Type.bad, issue.Message.bad:
				return found, errors.New("an issue is not what was expected")
			case !strings.EqualFold(issue.Type.s, "error"):
				continue
			}
			kept++
			message := cutBytes(issue.Message.s, maxText)
			if message == "" || seen[message] {
				continue
			}
			seen[message] = true
			if total += len(message); total > maxTexts {
				return found, errors.New("it holds more than 16 MiB of error texts")
			}
			found.Texts = append(found.Texts, message)
		}
		if strings.EqualFold(record.Type.s, "Task") && strings.EqualFold(record.Result.s, "failed") {
			found.FailedSteps = append(found.FailedSteps, requeue.FailedStep{
				Name: oneLine(record.Name.s), LogID: record.Log.v.ID.n, Counted: record.ErrorCount.n, Kept: kept,
			})
		}
	}
	return found, nil
}
