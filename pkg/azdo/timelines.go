package azdo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/build"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// maxText bounds one error text, maxTexts all of one build.
const (
	maxText  = 64 << 10
	maxTexts = 16 << 20
)

// BuildErrors returns what the timeline of a build says of its failure: the messages of all error issues, each once and
// cut at 64 KiB, and the tasks that failed. More than 16 MiB of messages is an error, since a part of them could lack
// the one that forbids a retry. A build that failed before it ran has no timeline (204), and retention removes
// timelines (404); one without records says as little.
func (c *Client) BuildErrors(ctx context.Context, project uuid.UUID, id int) (requeue.Errors, error) {
	k := &call{op: fmt.Sprintf("read the timeline of build %d", id), name: "timeline", area: areaBuild, empty: true}
	timeline, found, err := typed(ctx, c, k, c.sdk.build.GetBuildTimeline, build.GetBuildTimelineArgs{Project: new(project.String()), BuildId: &id})
	switch {
	case isGone(err), err == nil && found.none:
		return requeue.Errors{NoTimeline: true}, nil
	case errors.Is(err, errNoObject):
		return requeue.Errors{}, k.misread(errNoRecords)
	case err != nil:
		return requeue.Errors{}, err
	}
	failure, err := errorsOf(timeline, found)
	if err != nil {
		return requeue.Errors{}, k.misread(err)
	}
	return failure, nil
}

var errNoRecords = errors.New("it has no records")

// logLine is the line of the step's log to which an issue belongs; 0 where that is not told. The agent counts them from 1
// (azure-pipelines-agent, ExecutionContext.cs); the description has no such member, so it decides nothing.
func logLine(issue build.Issue) int {
	line, err := strconv.Atoi(valueOf(issue.Data)["logFileLineNumber"])
	if err != nil || line < 0 || line > maxID {
		return 0
	}
	return line
}

// errorsOf is what the records of a timeline say of the build's failure.
func errorsOf(t *build.Timeline, found *notes) (requeue.Errors, error) {
	const issues = "records.issues"
	switch {
	case !found.members["records"], found.is("records"):
		// Some other object must not pass for a timeline without errors.
		return requeue.Errors{}, errNoRecords
	case found.is(issues):
		return requeue.Errors{}, errors.New("its issues are not what was expected")
	case found.is("records.type"), found.is("records.result"), found.is("records.errorCount"), found.is("records.log"), found.is("records.log.id"):
		return requeue.Errors{}, errors.New("a record is not what was expected")
	case found.is(issues + ".type"), found.is(issues + ".message"):
		return requeue.Errors{}, errors.New("an issue is not what was expected")
	}
	records := valueOf(t.Records)
	if !slices.ContainsFunc(records, func(r build.TimelineRecord) bool { return r.Type != nil || r.Result != nil || r.Issues != nil }) {
		return requeue.Errors{NoTimeline: true}, nil // a build that failed has done something, which is not told here
	}
	var failure requeue.Errors
	seen, total := map[string]bool{}, 0
	for _, record := range records {
		counted, countedOK := inRange(record.ErrorCount)
		log, logOK := inRange(valueOf(record.Log).Id)
		if !countedOK || !logOK {
			return failure, errors.New("a record is not what was expected")
		}
		kept := 0
		for _, issue := range valueOf(record.Issues) {
			if !strings.EqualFold(string(valueOf(issue.Type)), string(build.IssueTypeValues.Error)) {
				continue
			}
			kept++
			message := cutBytes(valueOf(issue.Message), maxText)
			if message == "" || seen[message] {
				continue
			}
			seen[message] = true
			if total += len(message); total > maxTexts {
				return failure, errors.New("it holds more than 16 MiB of error texts")
			}
			failure.Issues = append(failure.Issues, requeue.Issue{Message: message, Step: oneLine(valueOf(record.Name)), Line: logLine(issue)})
		}
		if strings.EqualFold(valueOf(record.Type), "Task") && strings.EqualFold(string(valueOf(record.Result)), string(build.TaskResultValues.Failed)) {
			failure.FailedSteps = append(failure.FailedSteps, requeue.FailedStep{
				Name: oneLine(valueOf(record.Name)), LogID: log, Counted: counted, Kept: kept,
			})
		}
	}
	return failure, nil
}
