package azdo

import (
	"context"
	"strconv"
	"strings"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Comment keeps one thread on a pull request: the one whose first comment is by this author and holds the marker. Its
// text is replaced where it differs before the second marker; what follows that says who wrote it. Without such a thread
// one is opened, closed so that it blocks nothing. No request that writes is repeated. changed reports whether one was
// answered.
func (c *Client) Comment(ctx context.Context, pr requeue.PullRequest, author requeue.Identity, marker, text string) (changed bool, err error) {
	const op = "comment"
	switch {
	case author.ID == "":
		return false, &Error{Op: op, Message: "it is not known whom the token stands for, so its own thread cannot be told from others", area: areaComment}
	case marker == "" || !strings.Contains(text, marker):
		return false, &Error{Op: op, Message: "the text lacks the marker that its thread is found by", area: areaComment}
	}
	project, repository := projectAndRepository(pr)
	list, found, err := typed(ctx, c, &call{op: op, name: "threads", area: areaCode}, c.sdk.git.GetThreads, git.GetThreadsArgs{
		Project: project, RepositoryId: repository, PullRequestId: &pr.ID,
	})
	if err != nil {
		return false, err
	}
	for i := range *list {
		t := &(*list)[i]
		first, ours := firstComment(t, author, marker)
		if !ours || found.is(strconv.Itoa(i)+".isDeleted") {
			continue
		}
		if sameText(valueOf(first.Content), text, marker) {
			return false, nil
		}
		return c.updateComment(ctx, pr, *t.Id, *first.Id, text)
	}
	return c.createThread(ctx, pr, text)
}

// firstComment is the first comment of a thread, and whether the thread is the author's own.
func firstComment(t *git.GitPullRequestCommentThread, author requeue.Identity, marker string) (*git.Comment, bool) {
	comments := valueOf(t.Comments)
	if id, ok := inRange(t.Id); !ok || id == 0 || valueOf(t.IsDeleted) || len(comments) == 0 {
		return nil, false
	}
	first := &comments[0]
	id, ok := inRange(first.Id)
	return first, ok && id != 0 && !valueOf(first.IsDeleted) && strings.EqualFold(valueOf(valueOf(first.Author).Id), author.ID) &&
		strings.Contains(valueOf(first.Content), marker)
}

// updateComment replaces the text of a comment.
func (c *Client) updateComment(ctx context.Context, pr requeue.PullRequest, thread, comment int, text string) (bool, error) {
	project, repository := projectAndRepository(pr)
	_, _, err := typed(ctx, c, &call{op: "comment", name: "comment", area: areaComment}, c.sdk.git.UpdateComment, git.UpdateCommentArgs{
		Project: project, RepositoryId: repository, PullRequestId: &pr.ID, ThreadId: &thread, CommentId: &comment,
		Comment: &git.Comment{Content: &text},
	})
	return err == nil, err
}

// createThread opens a thread of one comment that asks for nothing.
func (c *Client) createThread(ctx context.Context, pr requeue.PullRequest, text string) (bool, error) {
	project, repository := projectAndRepository(pr)
	_, _, err := typed(ctx, c, &call{op: "comment", name: "thread", area: areaComment}, c.sdk.git.CreateThread, git.CreateThreadArgs{
		Project: project, RepositoryId: repository, PullRequestId: &pr.ID,
		CommentThread: &git.GitPullRequestCommentThread{
			Comments: &[]git.Comment{{ParentCommentId: new(0), Content: &text, CommentType: &git.CommentTypeValues.Text}},
			Status:   &git.CommentThreadStatusValues.Closed,
		},
	})
	return err == nil, err
}

// sameText compares what the service kept with what would be written, up to the second marker: it may have changed line
// ends.
func sameText(a, b, marker string) bool { return said(a, marker) == said(b, marker) }

func said(text, marker string) string {
	head, rest, _ := strings.Cut(text, marker)
	body, _, _ := strings.Cut(rest, marker)
	return strings.TrimSpace(strings.ReplaceAll(head+marker+body, "\r\n", "\n"))
}
