package azdo

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// TestTornListIsAskedForAgain: lists are decoded where they are asked for, and one that ends in the middle is repeated there
// as the transport repeats what it can judge itself.
func TestTornListIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(t *testing.T, c *Client) (int, error){
		"evaluations": func(t *testing.T, c *Client) (int, error) {
			list, err := c.Evaluations(t.Context(), testPullRequest(), true)
			return len(list), err
		},
		"policies": func(t *testing.T, c *Client) (int, error) {
			list, err := c.Policies(t.Context(), "Shop")
			return len(list), err
		},
		"pull requests": func(t *testing.T, c *Client) (int, error) {
			list, _, err := collect(t.Context(), c, Query{Project: "Shop"})
			return len(list), err
		},
	} {
		for _, tt := range []struct {
			name  string
			reply reply
			tries int // without a better answer
			err   string
		}{
			{name: "cut", reply: ok(`{"value":[{"id":1,"pullRequestId":1,"evaluationId":"78e0`), tries: maxTries, err: "ends in the middle"},
			{name: "torn", reply: reply{body: `{"value":[`, torn: true}, tries: maxTries, err: "was torn"},
			{name: "no JSON", reply: ok(`{"value":}`), tries: 1, err: "is not JSON"},
			{name: "something behind it", reply: ok(`{"value":[]}5`), tries: 1, err: "something follows"},
			{name: "no list", reply: ok(`{}`), tries: 1, err: "it has no list"},
		} {
			t.Run(name+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c, f := newFake(t, Options{}, func(int, *http.Request) reply { return tt.reply })
					_, err := do(t, c)
					if e := asError(t, err); !strings.Contains(e.Message, tt.err) || e.StatusCode != 200 || e.Op == "" || len(f.requests()) != tt.tries {
						t.Errorf("got %v after %d requests", err, len(f.requests()))
					}
					if tt.tries == 1 {
						return
					}
					c, f = newFake(t, Options{}, func(n int, _ *http.Request) reply {
						if n < 2 {
							return tt.reply
						}
						return ok(`{"value":[]}`)
					})
					if n, err := do(t, c); err != nil || n != 0 || len(f.requests()) != 3 {
						t.Errorf("got %d and %v after %d requests", n, err, len(f.requests()))
					}
				})
			})
		}
	}
}
