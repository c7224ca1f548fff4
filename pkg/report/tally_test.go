package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Every number that the log gives agrees with the output variables.
func TestTally(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(func(string) string) Run{"full": sampleRun, "dry": dryRun, "cancelled": cancelledRun, "empty": emptyRun} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(same)
			got, c := newTally(r.Plan), r.Summary.Counts
			if got.read != c.Evaluation || got.planned != c.Planned || got.pullRequests != c.SkippedPullRequest {
				t.Errorf("%+v does not agree with %+v", got, c)
			}
			if got.with+got.evaluations+got.unread != c.Skipped || got.unread+got.unreadRequests+got.failed != c.Failed {
				t.Errorf("the parts of %+v do not sum up to %+v", got, c)
			}
			if got.notBegun+c.Requeued+c.Declined+c.Moved+got.failed != c.Planned {
				t.Errorf("what became of the planned of %+v does not sum up to %+v", got, c)
			}
		})
	}
}

func TestTallyText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		tally         tally
		text, skipped string
	}{
		{tally{evaluations: 1}, "1 evaluation", "1 left alone"},
		{tally{pullRequests: 1}, "1 pull request", "0 left alone"},
		{tally{pullRequests: 3, evaluations: 28}, "3 pull requests, and 28 evaluations of others", "28 left alone"},
		{tally{pullRequests: 5, with: 20, evaluations: 10}, "5 pull requests with their 20 evaluations, and 10 evaluations of others", "30 left alone (20 of these because their pull request is left alone)"},
		{tally{pullRequests: 1, with: 1, unread: 2}, "1 pull request with its 1 evaluation", "3 left alone (1 of these because their pull request is left alone, 2 because something could not be read)"},
	}
	for _, tt := range tests {
		if got := tt.tally.text(); got != tt.text {
			t.Errorf("text() = %q, want %q", got, tt.text)
		}
		if got := tt.tally.skipped(); got != tt.skipped {
			t.Errorf("skipped() = %q, want %q", got, tt.skipped)
		}
	}
}

// No detail says again what the line has said.
func TestNoEcho(t *testing.T) {
	t.Parallel()
	b := newBuilder(same)
	for reason, detail := range map[requeue.Reason]string{
		requeue.TargetBranch: "echo", requeue.NoPolicy: "echo", requeue.Conflicts: "echo", requeue.SourceBranch: "x (said)",
	} {
		pr := b.pullRequest(10, "x")
		pr.Skipped, pr.Detail, pr.PullRequest.MergeStatus = reason, detail, "conflicts"
	}
	b.pullRequest(11, "x")
	for reason, detail := range map[requeue.Reason]string{
		requeue.Enforcement: "echo", requeue.ManualPolicy: "echo", requeue.PipelineDisabled: "the pipeline is said", requeue.BuildCanceled: "said",
		requeue.CoolingDown: "said; echo",
	} {
		skipped(b.build(requeue.StateExpired, 4), reason, detail)
	}
	skipped(b.reviewers(requeue.StateRunning, requeue.ByHand), requeue.ByHand, "Minimum number of reviewers")
	l, out := newLog(agent.LogOptions{})
	l.Plan(b.finish(), false)
	if strings.Contains(out.String(), "echo") || strings.Contains(out.String(), "(Minimum") || strings.Count(out.String(), "(said)") != 4 {
		t.Errorf("an echo, or something is missing:\n%s", out)
	}
}

// A title is shown alike on every line, however long the line is.
func TestTitles(t *testing.T) {
	t.Parallel()
	b := newBuilder(same)
	b.pullRequest(1, strings.Repeat("long ", 40))
	b.build(requeue.StateExpired, 5).Requeue = true
	skipped(b.build(requeue.StateRunning, 6), requeue.NotSelectedState, strings.Repeat("detail ", 40))
	r := Run{Collection: collection, Plan: b.finish()}
	l, out := newLog(agent.LogOptions{})
	l.Plan(r.Plan, false)
	printOutcomes(l, r)
	title := fmt.Sprintf("#1 %q (into main)", agent.Shorten(strings.Repeat("long ", 40), maxTitle))
	if got := strings.Count(out.String(), title); got != 3 {
		t.Errorf("the title is shown alike %d times, want 3:\n%s", got, out)
	}
}

// Satisfied policies of other kinds are counted; one that is not satisfied is named, and so is every build.
func TestLessNoise(t *testing.T) {
	t.Parallel()
	b := newBuilder(same)
	b.pullRequest(1, "x")
	for range 3 {
		b.reviewers(requeue.StateSucceeded, requeue.NotSelectedState)
	}
	b.reviewers(requeue.StateNotApplicable, requeue.NotSelectedState)
	b.reviewers(requeue.StateRunning, requeue.NotSelectedState).Evaluation.Policy.Blocking = false
	skipped(b.build(requeue.StateSucceeded, 3), requeue.NotSelectedState, "")
	l, out := newLog(agent.LogOptions{})
	l.Plan(b.finish(), false)
	if got := strings.Count(out.String(), "Minimum number of reviewers"); got != 1 {
		t.Errorf("%d policies of other kinds are listed, want the one that is not satisfied:\n%s", got, out)
	}
	for _, want := range []string{"Satisfied and not listed: 4 evaluations", notABuild, "it is green"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, out)
		}
	}
}

// The summary names at most five pull requests for a reason, each once.
func TestNamedPullRequests(t *testing.T) {
	t.Parallel()
	b := newBuilder(same)
	for i := range 7 {
		b.pullRequest(i+1, "x")
		skipped(b.build(requeue.StateRunning, 30), requeue.NotSelectedState, "")
		skipped(b.build(requeue.StateRunning, 31), requeue.NotSelectedState, "")
	}
	groups := groupLeftAlone(b.finish())
	if len(groups) != 1 || groups[0].count() != "14 evaluations" {
		t.Fatalf("groups: %+v", groups)
	}
	cell := namedLinks(groups[0])
	if !strings.HasPrefix(cell, "[1](https://") || strings.Count(cell, "](https://") != 5 || !strings.HasSuffix(cell, " and 2 more") {
		t.Errorf("named as %s", cell)
	}
}
