package azdo

import (
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestRepositoryPage(t *testing.T) {
	t.Parallel()
	r := &requeue.Repository{Name: "a b#", Project: requeue.Project{Name: "c/d"}}
	for _, tt := range []struct{ collection, web, want string }{
		{"https://host/tfs/Coll", "", "https://host/tfs/Coll/c%2Fd/_git/a%20b%23"},
		{"https://host/tfs/Coll", "https://HOST:443/tfs/Coll/c/_git/a%20b", "https://HOST:443/tfs/Coll/c/_git/a%20b"},
		{"https://host/tfs/Coll", "https://evil.example/x", "https://host/tfs/Coll/c%2Fd/_git/a%20b%23"},
		{"https://host/tfs/Coll", "https://user:pw@host/x", "https://host/tfs/Coll/c%2Fd/_git/a%20b%23"},
		{"https://host/tfs/Coll", "javascript:alert(1)", "https://host/tfs/Coll/c%2Fd/_git/a%20b%23"},
		{"https://host/tfs/Coll", "https://host/x?y=z#w", "https://host/x"},
	} {
		if got := repositoryPage(mustParse(t, tt.collection), tt.web, r); got != tt.want {
			t.Errorf("%q gives %s, want %s", tt.web, got, tt.want)
		}
	}
}
