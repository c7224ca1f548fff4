package azdo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

type wireBuildLog struct {
	ID        number `json:"id"`
	LineCount number `json:"lineCount"`
}

// BuildLogs returns what a build says of its failure beside its timeline: why it could not run, and the ends of the logs
// of the first failed steps. A log that cannot be read is told in its place.
func (c *Client) BuildLogs(ctx context.Context, project uuid.UUID, id int, steps []requeue.FailedStep) (requeue.Logs, error) {
	found := requeue.Logs{Ends: map[int]requeue.LogEnd{}}
	var err error
	if found.Validation, err = c.validation(ctx, project, id); err != nil && !IsGone(err) {
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
			end.Lines, end.Whole, end.Err = c.logEnd(ctx, project, id, log, lines)
		}
		found.Ends[log] = end
	}
	return found, ctx.Err()
}

// validation is the error messages of a build's validationResults.
func (c *Client) validation(ctx context.Context, project uuid.UUID, id int) ([]string, error) {
	type wire struct {
		Results array[struct {
			Result  word `json:"result"`
			Message text `json:"message"`
		}] `json:"validationResults"`
	}
	var messages []string
	err := c.send(ctx, request{
		location: locBuilds, version: "7.1-preview.7", route: buildRoute(project, id),
		call: call{op: fmt.Sprintf("read build %d", id), name: "build", area: areaBuild, decode: func(_ http.Header, body io.Reader) error {
			build, err := decodeOne[wire](body)
			if err != nil {
				return err
			}
			messages = nil
			if build.Results.bad {
				return errors.New("its validation results are not what was expected")
			}
			for _, r := range build.Results.v {
				if r.Result.bad || r.Message.bad {
					return errors.New("a validation result is not what was expected")
				}
				if strings.EqualFold(r.Result.s, "error") && r.Message.s != "" {
					messages = append(messages, cutBytes(r.Message.s, maxText))
				}
			}
			return nil
		}},
	})
	return messages, err
}

// logLengths are the line counts of a build's logs by their IDs, as far as the service tells them.
func (c *Client) logLengths(ctx context.Context, project uuid.UUID, id int) (map[int]int, error) {
	op := fmt.Sprintf("list the logs of build %d", id)
	var logs []wireBuildLog
	err := c.send(ctx, request{
		location: locLogs, version: "7.1-preview.2", route: buildRoute(project, id),
		call: call{op: op, name: "logs", area: areaBuild, decode: func(_ http.Header, body io.Reader) (err error) {
			logs, err = decodeList[wireBuildLog](body)
			return err
		}},
	})
	lengths := map[int]int{}
	for _, l := range logs {
		if !l.ID.bad && l.ID.n > 0 && !l.LineCount.bad && l.LineCount.set {
			lengths[l.ID.n] = l.LineCount.n
		}
	}
	return lengths, err
}

// logEnd reads the last lines of a log; whole says that it is all of it. Whether lines are counted from 0 or from 1 is
// written nowhere: one more may be asked for than is kept.
func (c *Client) logEnd(ctx context.Context, project uuid.UUID, build, log, count int) (lines []string, whole bool, err error) {
	r := request{
		location: locLogs, version: "7.1-preview.2", route: buildRoute(project, build), accept: "text/plain",
		call: call{
			op: fmt.Sprintf("read log %d of build %d", log, build), name: "log", area: areaBuild, empty: true, plain: true,
			decode: func(h http.Header, body io.Reader) (err error) {
				lines, err = readLog(h, body)
				return err
			},
		},
	}
	r.route["logId"] = strconv.Itoa(log)
	if count > requeue.MaxLogLines {
		r.query = url.Values{"startLine": {strconv.Itoa(count - requeue.MaxLogLines)}}
	}
	if err := c.send(ctx, r); err != nil {
		return nil, false, err
	}
	came := len(lines)
	lines, cut := lastBytes(lines[max(0, came-requeue.MaxLogLines):], requeue.MaxLogBytes)
	return lines, !cut && came <= requeue.MaxLogLines && came >= count, nil
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
func readLog(h http.Header, body io.Reader) ([]string, error) {
	var lines []string
	if strings.Contains(strings.ToLower(h.Get("Content-Type")), "json") {
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
