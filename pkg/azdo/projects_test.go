package azdo

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
)

func TestProjectsAreContinued(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(n int, _ *http.Request) reply {
		a := ok(listJSON(map[string]any{"id": uuid.New(), "name": fmt.Sprint("p", n)}))
		if n < 2 {
			return a.with(azuredevops.HeaderKeyContinuationToken, strconv.Itoa(n+1))
		}
		return a
	})
	projects, err := c.Projects(t.Context())
	if err != nil || len(projects) != 3 || projects[2].Name != "p2" {
		t.Errorf("got %v, %v", projects, err)
	}
	q, _ := url.ParseQuery(f.requests()[2].query)
	if q.Get("continuationToken") != "2" || q.Get("stateFilter") != "wellFormed" {
		t.Errorf("query is %v", q)
	}
}

func TestTokenThatComesTwice(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(listJSON()).with("X-MS-ContinuationToken", "7") })
	if _, err := c.Projects(t.Context()); err == nil || len(f.requests()) != 2 {
		t.Errorf("got %v after %d requests", err, len(f.requests()))
	}
}

// TestTokenThatIsNoNumber: the SDK cannot send it back, and a list without its end is no list.
func TestTokenThatIsNoNumber(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply {
		return ok(listJSON(map[string]any{"id": uuid.New(), "name": "a"})).with("X-MS-ContinuationToken", "next\npage")
	})
	if projects, err := c.Projects(t.Context()); err == nil || projects != nil || !strings.Contains(err.Error(), `"next page" is no number`) || len(f.requests()) != 1 {
		t.Errorf("got %v, %v after %d requests", projects, err, len(f.requests()))
	}
}
