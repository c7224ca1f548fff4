package azdotest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

type wireComment struct {
	ID                     int            `json:"id"`
	ParentCommentID        int            `json:"parentCommentId"`
	Author                 wireIdentity   `json:"author"`
	Content                string         `json:"content,omitempty"`
	PublishedDate          string         `json:"publishedDate"`
	LastUpdatedDate        string         `json:"lastUpdatedDate"`
	LastContentUpdatedDate string         `json:"lastContentUpdatedDate"`
	CommentType            string         `json:"commentType"`
	IsDeleted              bool           `json:"isDeleted,omitempty"`
	UsersLiked             []wireIdentity `json:"usersLiked"`
}

type wireThread struct {
	PullRequestThreadContext *struct{}       `json:"pullRequestThreadContext"`
	ID                       int             `json:"id"`
	PublishedDate            string          `json:"publishedDate"`
	LastUpdatedDate          string          `json:"lastUpdatedDate"`
	Comments                 []wireComment   `json:"comments"`
	Status                   string          `json:"status,omitempty"`
	ThreadContext            *struct{}       `json:"threadContext"`
	Properties               json.RawMessage `json:"properties"`
	Identities               *struct{}       `json:"identities"`
	IsDeleted                bool            `json:"isDeleted"`
}

func (s *Server) wireComment(t *Thread, c *Comment) wireComment {
	w := wireComment{
		ID: c.ID, Author: s.wireIdentity(c.Author), Content: c.Content, PublishedDate: c.Updated, LastUpdatedDate: c.Updated,
		LastContentUpdatedDate: c.Updated, CommentType: c.Type, IsDeleted: c.Deleted, UsersLiked: []wireIdentity{},
	}
	if len(t.Comments) > 0 && t.Comments[0] != c {
		w.ParentCommentID = t.Comments[0].ID
	}
	if c.Deleted {
		w.Content = ""
	}
	return w
}

func (s *Server) wireThread(t *Thread) wireThread {
	w := wireThread{ID: t.ID, Status: t.Status, IsDeleted: t.Deleted, Properties: t.properties, Comments: []wireComment{}}
	for _, c := range t.Comments {
		wc := s.wireComment(t, c)
		w.Comments = append(w.Comments, wc)
		w.LastUpdatedDate = max(w.LastUpdatedDate, wc.LastUpdatedDate)
		if w.PublishedDate == "" {
			w.PublishedDate = wc.PublishedDate
		}
		if c.Type == "system" {
			w.Status = "" // threads that the service writes itself have none
		}
	}
	return w
}

// wantedComment is a comment in the body of a request.
type wantedComment struct {
	Content         *string `json:"content"`
	CommentType     any     `json:"commentType"`
	ParentCommentID int     `json:"parentCommentId"`
}

type wantedThread struct {
	Comments   []wantedComment `json:"comments"`
	Status     *threadStatus   `json:"status"`
	Properties json.RawMessage `json:"properties"`
}

// threadStatus is a word, which a request may give as a number.
type threadStatus string

// UnmarshalJSON implements json.Unmarshaler.
func (s *threadStatus) UnmarshalJSON(data []byte) error {
	word, found := threadStatuses.single(strings.Trim(string(data), `"`))
	if !found {
		return fmt.Errorf("%s is no status of a thread", data)
	}
	*s = threadStatus(word)
	return nil
}

func (s *Server) listThreads(c *call) answer {
	e, refusal := s.addressed(c)
	if refusal != nil {
		return *refusal
	}
	var threads []wireThread
	for _, t := range e.pullRequest.Threads {
		threads = append(threads, s.wireThread(t))
	}
	return list(threads)
}

// thread finds the thread that the path names.
func (s *Server) thread(c *call) (*Thread, *answer) {
	e, refusal := s.addressed(c)
	if refusal != nil {
		return nil, refusal
	}
	for _, t := range e.pullRequest.Threads {
		if itoa(t.ID) == c.values["thread"] {
			return t, nil
		}
	}
	a := refuse(404, "CommentThreadNotFoundException", "The thread "+c.values["thread"]+" was not found.")
	return nil, &a
}

func (s *Server) getThread(c *call) answer {
	t, refusal := s.thread(c)
	if refusal != nil {
		return *refusal
	}
	return okJSON(s.wireThread(t))
}

func (s *Server) createThread(c *call) answer {
	e, refusal := s.addressed(c)
	if refusal != nil {
		return *refusal
	}
	var wanted wantedThread
	if err := json.Unmarshal(c.body, &wanted); err != nil || len(wanted.Comments) == 0 {
		return badRequest("The body of a new thread needs at least one comment.")
	}
	t := &Thread{ID: 1, Status: "active", properties: wanted.Properties}
	for _, other := range e.pullRequest.Threads {
		t.ID = max(t.ID, other.ID+1)
	}
	if wanted.Status != nil {
		t.Status = string(*wanted.Status)
	}
	for _, w := range wanted.Comments {
		if refusal := s.addComment(t, w); refusal != nil {
			return *refusal
		}
	}
	e.pullRequest.Threads = append(e.pullRequest.Threads, t)
	return okJSON(s.wireThread(t))
}

func (s *Server) addComment(t *Thread, w wantedComment) *answer {
	if w.Content == nil || *w.Content == "" {
		a := badRequest("A comment needs content.")
		return &a
	}
	n := 1
	for _, other := range t.Comments {
		n = max(n, other.ID+1)
	}
	t.Comments = append(t.Comments, &Comment{ID: n, Author: s.world.Identity, Content: *w.Content, Type: "text", Updated: stamp(time.Now())})
	return nil
}

func (s *Server) updateThread(c *call) answer {
	t, refusal := s.thread(c)
	if refusal != nil {
		return *refusal
	}
	var wanted wantedThread
	if err := json.Unmarshal(c.body, &wanted); err != nil {
		return badRequest("The body cannot be read.")
	}
	if wanted.Status != nil {
		t.Status = string(*wanted.Status)
	}
	return okJSON(s.wireThread(t))
}

func (s *Server) createComment(c *call) answer {
	t, refusal := s.thread(c)
	if refusal != nil {
		return *refusal
	}
	var wanted wantedComment
	if err := json.Unmarshal(c.body, &wanted); err != nil {
		return badRequest("The body cannot be read.")
	}
	if refusal := s.addComment(t, wanted); refusal != nil {
		return *refusal
	}
	return okJSON(s.wireComment(t, t.Comments[len(t.Comments)-1]))
}

// updateComment changes a comment's text, which only its author may.
func (s *Server) updateComment(c *call) answer {
	t, refusal := s.thread(c)
	if refusal != nil {
		return *refusal
	}
	for _, comment := range t.Comments {
		if itoa(comment.ID) != c.values["comment"] || comment.Deleted {
			continue
		}
		if comment.Author != s.world.Identity {
			return refuse(403, "CommentCannotBeUpdatedException", "Only the author of a comment can change it.")
		}
		var wanted wantedComment
		if err := json.Unmarshal(c.body, &wanted); err != nil || wanted.Content == nil {
			return badRequest("A comment needs content.")
		}
		comment.Content, comment.Updated = *wanted.Content, stamp(time.Now())
		return okJSON(s.wireComment(t, comment))
	}
	return refuse(404, "CommentNotFoundException", "The comment "+c.values["comment"]+" was not found.")
}
