package azdo

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestIdentity(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body string
		want requeue.Identity
		ok   bool
	}{
		{`{"authenticatedUser":{"id":"22157d54-1821-6536-a446-928b06348385","providerDisplayName":"Shop Build Service (org)","customDisplayName":"x","properties":{"Account":{"$value":"b"}}}}`, requeue.Identity{ID: "22157d54-1821-6536-a446-928b06348385", DisplayName: "Shop Build Service (org)"}, true},
		{`{"authenticatedUser":{"id":"22157d54-1821-6536-a446-928b06348385","customDisplayName":"x","properties":5}}`, requeue.Identity{ID: "22157d54-1821-6536-a446-928b06348385", DisplayName: "x"}, true},
		{`{"authenticatedUser":{"id":5,"providerDisplayName":"x"}}`, requeue.Identity{DisplayName: "x"}, false},
		{`{}`, requeue.Identity{}, false},
	} {
		c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(tt.body) })
		got, err := c.Identity(t.Context())
		if diff := cmp.Diff(tt.want, got); diff != "" || (err == nil) != tt.ok {
			t.Errorf("%s: %v %s", tt.body, err, diff)
		}
		if path := f.requests()[0].path; path != basePath+"/_apis/ConnectionData" {
			t.Errorf("path is %s", path)
		}
	}
}
