package azdo

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestFirstRequestsAskForLocationsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, f := newFake(t, Options{Concurrency: 64}, func(int, *http.Request) reply { return ok(toJSON(record(nil))).after(time.Millisecond) })
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if _, err := c.Evaluation(t.Context(), projectID, evaluationID); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if f.options != 1 || len(f.requests()) != 50 {
			t.Errorf("%d OPTIONS and %d other requests", f.options, len(f.requests()))
		}
	})
}

func TestVersionsAreNegotiated(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"5.0": "5.0-preview", "6.0": "6.0-preview", "7.0": "7.0-preview", "7.1": "7.1-preview.1", "7.2": "7.1-preview.1"} {
		c, f := newFake(t, Options{}, func(int, *http.Request) reply { return ok(toJSON(record(nil))) })
		f.table = locationTable(version)
		if _, err := c.Requeue(t.Context(), projectID, evaluationID, nil); err != nil {
			t.Error(err)
		}
		r := f.requests()[0]
		if got := r.header.Get("Accept"); got != "application/json;api-version="+want {
			t.Errorf("%s: Accept is %s", version, got)
		}
		if r.method != http.MethodPatch || r.body != "" || r.header.Get("Content-Type") != "" || r.header.Get("X-Tfs-Fedauthredirect") != "Suppress" {
			t.Errorf("got %+v", r)
		}
	}
}
