package azdo

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestComment(t *testing.T) {
	t.Parallel()
	const marker = "<!-- ours -->"
	me := requeue.Identity{ID: "22157D54-1821-6536-a446-928b06348385"}
	comment := func(author, content string) map[string]any {
		return map[string]any{"id": 1, "content": content, "author": map[string]any{"id": strings.ToLower(author)}}
	}
	thread := func(id int, comments ...any) map[string]any { return map[string]any{"id": id, "comments": comments} }
	deleted := thread(9, comment(me.ID, marker+"old"))
	deleted["isDeleted"] = true
	gone := comment(me.ID, marker+"old")
	gone["isDeleted"] = true
	opened := `POST threads {"comments":[{"commentType":"text","content":"\u003c!-- ours --\u003e new","parentCommentId":0}],"status":"closed"}`
	for _, tt := range []struct {
		name    string
		threads []any
		want    string
	}{
		{name: "none yet", want: opened},
		{name: "ours differs", threads: []any{thread(3), thread(4, comment("someone", "x")), thread(5, comment(me.ID, marker+" old"), comment("someone", "thanks"))}, want: `PATCH threads/5/comments/1 {"content":"\u003c!-- ours --\u003e new"}`},
		{name: "ours is as it should be", threads: []any{thread(5, comment(me.ID, marker+" new\r\n"))}},
		{name: "only who wrote it differs", threads: []any{thread(5, comment(me.ID, marker+" new\n"+marker+" by run 7"))}},
		{name: "more than who wrote it differs", threads: []any{thread(5, comment(me.ID, marker+" old\n"+marker+" by run 7"))}, want: `PATCH threads/5/comments/1 {"content":"\u003c!-- ours --\u003e new"}`},
		{name: "somebody else's with our marker", threads: []any{thread(5, comment("someone", marker+" new"))}, want: opened},
		{name: "our marker in a later comment", threads: []any{thread(5, comment("someone", "x"), comment(me.ID, marker+" new"))}, want: opened},
		{name: "deleted", threads: []any{deleted, thread(5, gone)}, want: opened},
		{name: "odd", threads: []any{map[string]any{"id": 5, "comments": "x"}}, want: opened},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, f := newFake(t, Options{}, func(_ int, r *http.Request) reply {
				if r.Method == http.MethodGet {
					return ok(listJSON(tt.threads...))
				}
				return ok(`{"id":1}`)
			})
			changed, err := c.Comment(t.Context(), testPullRequest(), me, marker, marker+" new")
			if err != nil || changed != (tt.want != "") {
				t.Errorf("changed %v, %v", changed, err)
			}
			got := ""
			for _, r := range f.requests()[1:] {
				got += r.method + " " + r.path[strings.Index(r.path, "threads"):] + " " + r.body
				if ct := r.header.Get("Content-Type"); ct != "application/json;charset=utf-8" {
					t.Errorf("Content-Type is %q", ct)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	t.Run("without knowing who we are", func(t *testing.T) {
		t.Parallel()
		c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(listJSON()) })
		if _, err := c.Comment(t.Context(), testPullRequest(), requeue.Identity{}, marker, marker); err == nil || f.options+len(f.requests()) != 0 {
			t.Errorf("got %v", err)
		}
		if _, err := c.Comment(t.Context(), testPullRequest(), me, marker, "no marker"); err == nil || f.options+len(f.requests()) != 0 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("is not written twice", func(t *testing.T) {
		t.Parallel()
		c, f := newFake(t, Options{}, func(n int, _ *http.Request) reply { return []reply{ok(listJSON()), {status: 503}}[n] })
		changed, err := c.Comment(t.Context(), testPullRequest(), me, marker, marker)
		if changed || !asError(t, err).Lost || len(f.requests()) != 2 {
			t.Errorf("got %v, %v", changed, err)
		}
	})
}
