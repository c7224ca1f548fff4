package azdo

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLabels(t *testing.T) {
	t.Parallel()
	c, f := newFake(t, Options{}, func(int, *http.Request) reply {
		return ok(`{"value":[{"name":"a","active":true},{"name":"b","active":false},{"name":"c"}]}`)
	})
	labels, err := c.Labels(t.Context(), testPullRequest())
	if diff := cmp.Diff([]string{"a", "c"}, labels); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if got := f.requests()[0].path; got != fmt.Sprintf("%s/%s/_apis/git/repositories/%s/pullRequests/24/labels", basePath, projectID, repositoryID) {
		t.Errorf("path is %s", got)
	}
}
