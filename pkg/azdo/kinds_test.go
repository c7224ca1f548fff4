package azdo

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestFailuresThatMatter: what each answer is to whoever has asked, and nothing else.
func TestFailuresThatMatter(t *testing.T) {
	t.Parallel()
	all := []error{
		requeue.ErrNotFound, requeue.ErrGone, requeue.ErrTokenRefused, requeue.ErrForbidden, requeue.ErrStale, requeue.ErrOverdue, requeue.ErrLost,
	}
	for _, tt := range []struct {
		name string
		err  Error
		want []error
	}{
		{name: "400", err: Error{StatusCode: 400}, want: []error{requeue.ErrStale}},
		{name: "401", err: Error{StatusCode: 401}, want: []error{requeue.ErrTokenRefused}},
		{name: "a sign-in page", err: Error{StatusCode: 203, SignIn: true}, want: []error{requeue.ErrTokenRefused}},
		{name: "403", err: Error{StatusCode: 403}, want: []error{requeue.ErrForbidden}},
		{name: "404", err: Error{StatusCode: 404}, want: []error{requeue.ErrNotFound, requeue.ErrGone, requeue.ErrStale}},
		{name: "404 that hides", err: Error{StatusCode: 404, Code: codeProjectHidden}, want: []error{requeue.ErrNotFound, requeue.ErrStale}},
		{name: "407", err: Error{StatusCode: 407}},
		{name: "409", err: Error{StatusCode: 409}, want: []error{requeue.ErrStale}},
		{name: "410", err: Error{StatusCode: 410}, want: []error{requeue.ErrStale}},
		{name: "429", err: Error{StatusCode: 429}},
		{name: "500 to a read", err: Error{StatusCode: 500}},
		{name: "500 to a change", err: Error{StatusCode: 500, Lost: true}, want: []error{requeue.ErrLost}},
		{name: "not sent in time", err: Error{waited: true}, want: []error{requeue.ErrOverdue}},
		{name: "cancelled", err: Error{Message: "cancelled"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := fmt.Errorf("wrapped: %w", &tt.err)
			for _, kind := range all {
				if got, want := errors.Is(err, kind), slices.Contains(tt.want, kind); got != want {
					t.Errorf("%v: got %v, want %v", kind, got, want)
				}
			}
		})
	}
	throttled, is := errors.AsType[requeue.Throttled](fmt.Errorf("wrapped: %w", &Error{StatusCode: 429, RetryAfter: time.Minute}))
	if !is || throttled.After != time.Minute {
		t.Errorf("429: %+v, %v", throttled, is)
	}
	if _, is := errors.AsType[requeue.Throttled](&Error{StatusCode: 503, RetryAfter: time.Minute}); is {
		t.Error("503 is taken for 429")
	}
}
