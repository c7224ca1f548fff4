package requeue_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestMatch: what a pattern has found comes with its step, its line and its set, and says whether it may be shown to
// people who need not see the build.
func TestMatch(t *testing.T) {
	t.Parallel()
	const dns = "curl: (6) Could not resolve host: x"
	hostile := "Test\n##vso[task.complete]" + strings.Repeat("x", 100)
	step := func(name string) requeue.Errors {
		return requeue.Errors{FailedSteps: []requeue.FailedStep{{Name: "First", LogID: 3}, {Name: name, LogID: 11}}}
	}
	issue := func(i requeue.Issue) requeue.Errors { return requeue.Errors{Issues: []requeue.Issue{i}} }
	log := func(first int, lines ...string) requeue.Logs {
		return requeue.Logs{Ends: map[int]requeue.LogEnd{3: {Lines: []string{"fine"}, First: 1}, 11: {Lines: lines, First: first}}}
	}
	for _, tt := range []struct {
		name    string
		pattern string
		errors  requeue.Errors
		logs    requeue.Logs
		preview []string
		want    requeue.Match
		text    string // of all of it
	}{
		{
			name: "an issue, its step and its line", pattern: "@network", errors: issue(requeue.Issue{Message: dns, Step: "Restore", Line: 17}),
			want: requeue.Match{Pattern: "@network (curl: name did not resolve)", Set: "@network", Step: "Restore", Line: 17, Issue: true, Text: dns},
			text: `@network (curl: name did not resolve) matches an error of step "Restore" in line 17 of its log: "` + dns + `"`,
		},
		{
			name: "an issue without a line", pattern: "resolve", errors: issue(requeue.Issue{Message: dns, Step: "Restore"}),
			want: requeue.Match{Pattern: "/resolve/", Step: "Restore", Issue: true, Text: dns},
			text: `/resolve/ matches an error of step "Restore": "` + dns + `"`,
		},
		{
			name: "an issue of nobody", pattern: "resolve", errors: issue(requeue.Issue{Message: dns}),
			want: requeue.Match{Pattern: "/resolve/", Issue: true, Text: dns}, text: `/resolve/ matches "` + dns + `"`,
		},
		{
			name: "the preview in the record", pattern: "resolve", preview: []string{dns},
			want: requeue.Match{Pattern: "/resolve/", Issue: true, Text: dns}, text: `/resolve/ matches "` + dns + `"`,
		},
		{
			name: "a line of a log", pattern: "@infrastructure", errors: step("Restore"), logs: log(501, "+ curl", dns),
			want: requeue.Match{Pattern: "@infrastructure (curl: name did not resolve)", Set: "@infrastructure", Step: "Restore", Line: 502, Log: true, Text: dns},
			text: `@infrastructure (curl: name did not resolve) matches line 502 of the log of step "Restore": "` + dns + `"`,
		},
		{
			name: "lines of a log", pattern: `(?s)second.*fourth`, errors: step("Restore"), logs: log(501, "first", "second", "third", "fourth"),
			want: requeue.Match{Pattern: "/(?s)second.*fourth/", Step: "Restore", Line: 502, Log: true, Text: "first second third fourth"},
			text: `/(?s)second.*fourth/ matches line 502 of the log of step "Restore": "first second third fourth"`,
		},
		{
			name: "a line whose number nobody knows", pattern: "second", errors: step("Restore"), logs: log(0, "first", "second"),
			want: requeue.Match{Pattern: "/second/", Step: "Restore", Log: true, Text: "second"},
			text: `/second/ matches the log of step "Restore": "second"`,
		},
		{
			name: "why it never ran is no issue", pattern: "pool", logs: requeue.Logs{Validation: []string{"no such pool"}},
			want: requeue.Match{Pattern: "/pool/", Text: "no such pool"}, text: `/pool/ matches "no such pool"`,
		},
		{
			name: "an issue before a log", pattern: "boom", errors: requeue.Errors{Issues: []requeue.Issue{{Message: "boom"}}, FailedSteps: step("Test").FailedSteps},
			logs: log(1, "boom"), want: requeue.Match{Pattern: "/boom/", Issue: true, Text: "boom"}, text: `/boom/ matches "boom"`,
		},
		{
			name: "a hostile step", pattern: "boom", errors: step(hostile), logs: log(1, "boom"),
			want: requeue.Match{Pattern: "/boom/", Step: hostile, Line: 1, Log: true, Text: "boom"},
			text: `/boom/ matches line 1 of the log of step "Test\n##vso[task.complete]xxxxxxxxxxxxxxx…": "boom"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ev := evaluation(7, failed, preview(tt.preview...))
			r := rules()
			r.RetryOnlyIf = []requeue.ErrorPattern{errorPattern(t, tt.pattern)}
			for _, never := range []bool{false, true} {
				wanted := "0 of 2 retries used; retryOnlyIf " + tt.text
				if never {
					r.NeverRetryIf, wanted = r.RetryOnlyIf, "neverRetryIf "+tt.text
				}
				got := decideOn(t, r, ev, tt.errors, tt.logs)
				if got.Match == nil || got.Detail != wanted {
					t.Fatalf("got  %s\nwant %s", got.Detail, wanted)
				}
				if diff := cmp.Diff(tt.want, *got.Match); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
		})
	}
}

// TestNoMatch: where no pattern is found, the first error is told with its place; without a pattern nothing is.
func TestNoMatch(t *testing.T) {
	t.Parallel()
	ev := evaluation(7, failed)
	errors := requeue.Errors{Issues: []requeue.Issue{{Message: "exit 1", Step: "Test"}, {Message: "exit 2", Step: "Push"}}}
	r := rules()
	r.RetryOnlyIf = regexps("timeout")
	got := decideOn(t, r, ev, errors, requeue.Logs{})
	if want := `no retryOnlyIf matches an error of step "Test": "exit 1"`; got.Detail != want || got.Requeue || got.Match == nil || got.Match.Pattern != "" {
		t.Errorf("got %+v, want %s", got, want)
	}
	if got := decideOn(t, r, ev, requeue.Errors{}, requeue.Logs{}); got.Match != nil {
		t.Errorf("without an error: %+v", got.Match)
	}
	if got := decideOn(t, rules(), ev, errors, requeue.Logs{}); got.Match != nil || !got.Requeue {
		t.Errorf("without a pattern: %+v", got)
	}
}

// decideOn decides on a failed evaluation whose build 500 says this.
func decideOn(t *testing.T, r requeue.Rules, ev requeue.Evaluation, errors requeue.Errors, logs requeue.Logs) *requeue.Decision {
	t.Helper()
	facts := requeue.Facts{}
	screened := screen(r, pullRequest(7, with(ev)))
	for {
		plan, questions := r.Decide(screened, facts, now)
		if len(questions) == 0 {
			return plan.PullRequests[0].Evaluations[0].Decision
		}
		for _, q := range questions {
			facts[q] = requeue.Answer{Builds: []requeue.Build{build(500, "failed")}, Errors: errors, Logs: logs}
		}
	}
}
