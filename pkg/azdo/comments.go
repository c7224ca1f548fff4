package azdo

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// The service's words for a comment that people wrote and for a thread that asks for nothing (CommentType,
// CommentThreadStatus).
const (
	commentTypeText    = "text"
	threadStatusClosed = "closed"
)

type wireThread struct {
	ID       number             `json:"id"`
	Deleted  flag               `json:"isDeleted"`
	Comments array[wireComment] `json:"comments"`
}

type wireComment struct {
	ID      number               `json:"id"`
	Content text                 `json:"content"`
	Deleted flag                 `json:"isDeleted"`
	Author  object[wireIdentity] `json:"author"`
}

// Comment keeps one thread on a pull request: the one whose first comment is by this author and holds the marker. Its
// text is replaced in place where it differs; without such a thread one is opened, closed so that it blocks nothing. No
// request that writes is repeated. changed reports whether one was answered.
func (c *Client) Comment(ctx context.Context, pr requeue.PullRequest, author requeue.Identity, marker, text string) (changed bool, err error) {
	op := "comment"
	switch {
	case author.ID == "":
		return false, &Error{Op: op, Message: "it is not known whom the token stands for, so its own thread cannot be told from others", area: areaComment}
	case marker == "" || !strings.Contains(text, marker):
		return false, &Error{Op: op, Message: "the text lacks the marker that its thread is found by", area: areaComment}
	}
	var threads []wireThread
	err = c.send(ctx, request{
		location: locThreads, version: "7.1-preview.1", route: pullRequestRoute(pr),
		call: call{op: op, name: "threads", area: areaCode, decode: func(_ http.Header, body io.Reader) (err error) {
			threads, err = decodeList[wireThread](body)
			return err
		}},
	})
	if err != nil {
		return false, err
	}
	for i := range threads {
		t := &threads[i]
		first, ours := t.first(author, marker)
		if !ours {
			continue
		}
		if sameText(first.Content.s, text) {
			return false, nil
		}
		route := pullRequestRoute(pr)
		route["threadId"], route["commentId"] = strconv.Itoa(t.ID.n), strconv.Itoa(first.ID.n)
		return c.write(ctx, op, "comment", http.MethodPatch, route, map[string]any{"content": text})
	}
	return c.write(ctx, op, "thread", http.MethodPost, pullRequestRoute(pr), map[string]any{
		"comments": []any{map[string]any{"parentCommentId": 0, "content": text, "commentType": commentTypeText}},
		"status":   threadStatusClosed,
	})
}

// first is the first comment of the thread, and whether the thread is the author's own.
func (t *wireThread) first(author requeue.Identity, marker string) (*wireComment, bool) {
	if t.Deleted.v || t.Deleted.bad || t.ID.n == 0 || len(t.Comments.v) == 0 {
		return nil, false
	}
	first := &t.Comments.v[0]
	ours := !first.Deleted.v && first.ID.n != 0 && strings.EqualFold(first.Author.v.ID.s, author.ID) && strings.Contains(first.Content.s, marker)
	return first, ours
}

// sameText compares what the service kept with what would be written: it may have changed line ends.
func sameText(a, b string) bool { return unixText(a) == unixText(b) }

func unixText(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

func (c *Client) write(ctx context.Context, op, name, method string, route map[string]string, body any) (bool, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return false, &Error{Op: op, Message: oneLine(err.Error()), area: areaComment}
	}
	location := locThreads
	if method == http.MethodPatch {
		location = locComments
	}
	err = c.send(ctx, request{
		method: method, location: location, version: "7.1-preview.1", route: route, body: encoded,
		call: call{op: op, name: name, area: areaComment, decode: func(_ http.Header, body io.Reader) error {
			_, err := decodeOne[struct{}](body)
			return err
		}},
	})
	return err == nil, err
}
