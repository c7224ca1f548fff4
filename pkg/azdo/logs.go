package azdo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/build"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// BuildLogs returns what a build says of its failure beside its timeline: why it could not run, and the ends of the logs
// of the first failed steps. A log that cannot be read is told in its place.
func (c *Client) BuildLogs(ctx context.Context, project uuid.UUID, id int, steps []requeue.FailedStep) (requeue.Logs, error) {
	found := requeue.Logs{Ends: map[int]requeue.LogEnd{}}
	var err error
	if found.Validation, err = c.validation(ctx, project, id); err != nil && !isGone(err) {
		return found, err
	}
	var wanted []int
	for _, step := range steps[:min(len(steps), requeue.MaxLogs)] {
		if step.LogID != 0 {
			wanted = append(wanted, step.LogID)
		}
	}
	if len(wanted) == 0 {
		return found, nil
	}
	lengths, err := c.logLengths(ctx, project, id)
	for _, log := range wanted {
		end := requeue.LogEnd{Err: err}
		lines, known := lengths[log]
		switch {
		case err != nil:
		case !known:
			// A log is never read from its beginning to reach its end.
			end.Err = fmt.Errorf("the length of log %d is not known", log)
		case lines == 0:
			end.Whole = true
		default:
			end = c.logEnd(ctx, project, id, log, lines)
		}
		found.Ends[log] = end
	}
	return found, ctx.Err()
}

// validation is the error messages of a build's validationResults.
func (c *Client) validation(ctx context.Context, project uuid.UUID, id int) ([]string, error) {
	answer, k, found, err := c.build(ctx, project, id)
	switch {
	case err != nil:
		return nil, err
	case found.is("validationResults"):
		return nil, k.misread(errors.New("its validation results are not what was expected"))
	case found.is("validationResults.result"), found.is("validationResults.message"):
		return nil, k.misread(errors.New("a validation result is not what was expected"))
	}
	var messages []string
	for _, r := range valueOf(answer.ValidationResults) {
		if message := valueOf(r.Message); strings.EqualFold(string(valueOf(r.Result)), string(build.ValidationResultValues.Error)) && message != "" {
			messages = append(messages, cutBytes(message, maxText))
		}
	}
	return messages, nil
}

// logLengths are the line counts of a build's logs by their IDs, as far as the service tells them.
func (c *Client) logLengths(ctx context.Context, project uuid.UUID, id int) (map[int]int, error) {
	k := &call{op: fmt.Sprintf("list the logs of build %d", id), name: "logs", area: areaBuild}
	logs, _, err := typed(ctx, c, k, c.sdk.build.GetBuildLogs, build.GetBuildLogsArgs{Project: new(project.String()), BuildId: &id})
	if err != nil {
		return nil, err
	}
	lengths := map[int]int{}
	for _, l := range *logs {
		if id, ok := inRange(l.Id); ok && id > 0 && l.LineCount != nil && *l.LineCount <= maxID {
			lengths[id] = int(*l.LineCount)
		}
	}
	return lengths, nil
}

// logEnd reads the last lines of a log. Whether lines are counted from 0 or from 1 is
// written nowhere: one more may be asked for than is kept.
func (c *Client) logEnd(ctx context.Context, project uuid.UUID, id, log, count int) requeue.LogEnd {
	k := &call{op: fmt.Sprintf("read log %d of build %d", log, id), name: "log", area: areaBuild, empty: true, plain: true}
	args := build.GetBuildLogArgs{Project: new(project.String()), BuildId: &id, LogId: &log}
	if count > requeue.MaxLogLines {
		args.StartLine = new(uint64(count - requeue.MaxLogLines))
	}
	text, found, err := typed(ctx, c, k, func(ctx context.Context, args build.GetBuildLogArgs) (*io.ReadCloser, error) {
		text, err := c.sdk.build.GetBuildLog(ctx, args)
		return &text, err
	}, args)
	if err != nil {
		return requeue.LogEnd{Err: err}
	}
	defer func() { _ = (*text).Close() }()
	var lines []string
	if !found.none {
		if lines, err = readLog(*text, found.json); err != nil {
			return requeue.LogEnd{Err: k.misread(err)}
		}
	}
	came := len(lines)
	last := came
	if args.StartLine != nil {
		last = count // what was asked for is the end of the log
	}
	lines, cut := lastBytes(lines[max(0, came-requeue.MaxLogLines):], requeue.MaxLogBytes)
	return requeue.LogEnd{
		Lines: lines, First: max(0, last-len(lines)+1), Whole: !cut && came <= requeue.MaxLogLines && came >= count,
	}
}

// lastBytes returns the last n bytes of a text of these lines, with cut where that is not all of it: then the first line
// has lost its beginning, too. A line without end, such as a page that came instead of data, must not hide what it says.
func lastBytes(lines []string, n int) (kept []string, cut bool) {
	for i := len(lines) - 1; i >= 0; i-- {
		line := lines[i]
		if len(line) <= n {
			n -= len(line) + 1
			continue
		}
		if n <= 0 {
			return lines[i+1:], true
		}
		lines[i] = strings.ToValidUTF8(line[len(line)-n:], "") // without half a character
		return lines[i:], true
	}
	return lines, false
}

var (
	lineStamp = regexp.MustCompile(`^\x{FEFF}?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?`)
	colours   = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`)
)

// readLog reads a log, which comes as text or as a list of lines, without time stamps and colours.
func readLog(body io.Reader, isJSON bool) ([]string, error) {
	var lines []string
	if isJSON {
		var answer object[struct {
			Value texts `json:"value"`
		}]
		if err := unmarshal(body, &answer); err != nil {
			return nil, err
		}
		if answer.bad || answer.v.Value.bad || !answer.v.Value.present {
			return nil, errNoList
		}
		lines = answer.v.Value.v
	} else {
		all, err := io.ReadAll(body)
		if err != nil {
			return nil, err
		}
		for line := range bytes.Lines(all) {
			lines = append(lines, string(bytes.TrimRight(line, "\r\n")))
		}
	}
	for i, line := range lines {
		lines[i] = strings.ToValidUTF8(colours.ReplaceAllString(lineStamp.ReplaceAllString(line, ""), ""), "\uFFFD")
	}
	return lines, nil
}
