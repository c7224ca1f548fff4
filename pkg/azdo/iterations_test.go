package azdo

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestLastPush(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		reply reply
		want  time.Time
		err   bool
	}{
		{name: "the newest, wherever it stands", reply: ok(`{"value":[{"id":2,"createdDate":"2024-06-02T10:00:00Z"},{"id":1,"createdDate":"2024-06-01T10:00:00Z"},{"id":3}]}`), want: time.Date(2024, 6, 2, 10, 0, 0, 0, time.UTC)},
		{name: "none", reply: ok(`{"value":[]}`)},
		{name: "an old pull request", reply: reply{status: 404, body: `{"message":"none"}`}},
		{name: "refused", reply: reply{status: 403}, err: true},
		{name: "hidden", reply: reply{status: 404, body: `{"message":"TF401019: no repository"}`}, err: true},
		{name: "no list", reply: ok(`{}`), err: true},
		{name: "a date that is none", reply: ok(`{"value":[{"id":1,"createdDate":"2024-06-01T10:00:00Z"},{"id":2,"createdDate":"yesterday"}]}`), err: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, f := newFake(t, Options{}, func(int, *http.Request) reply { return tt.reply })
			got, err := c.LastPush(t.Context(), projectID, repositoryID, 24)
			if (err != nil) != tt.err || !got.Equal(tt.want) {
				t.Errorf("got %v, %v", got, err)
			}
			if want := fmt.Sprintf("%s/%s/_apis/git/repositories/%s/pullRequests/24/iterations", basePath, projectID, repositoryID); f.requests()[0].path != want {
				t.Errorf("path is %s", f.requests()[0].path)
			}
		})
	}
	c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(`{}`) })
	f.table = strings.ReplaceAll(f.table, locIterations.String(), uuid.NewString())
	if at, err := c.LastPush(t.Context(), projectID, repositoryID, 24); err != nil || !at.IsZero() {
		t.Errorf("a server without iterations: %v, %v", at, err)
	}
}
