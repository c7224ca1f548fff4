package report

import (
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// CommentMarker begins every comment of ours. Readers do not see it; by it the next run finds its thread.
const CommentMarker = "<!-- reschedule-pull-request-evaluations -->"

// CommentText is the Markdown of the comment on one pull request; "" where there is nothing to say. It names the
// evaluations whose retries are used up, and with always also what was re-queued and what the service declined.
//
// The text holds no time and nothing else that differs between two runs of which the second changes nothing, so that a
// comment is not written again for nothing.
func CommentText(pr requeue.PullRequestPlan, collection string, always bool) string {
	var exhausted, requeued, declined []string
	for _, e := range pr.Evaluations {
		policy := "- " + policyCell(e) + ": "
		before := buildLink(collection, pr.PullRequest, e.Evaluation.BuildID)
		o := outcome(e)
		switch {
		case e.Reason == requeue.RetriesExhausted:
			exhausted = append(exhausted, policy+join(", ", markdown(e.Detail, maxDetail), labelled("last build", before)))
		case o.Kind == requeue.OutcomeRequeued:
			after := buildLink(collection, pr.PullRequest, o.BuildAfter)
			requeued = append(requeued, policy+join(", ", "was "+stateWord(e.State)+why(e.Match), labelled("build", before), labelled("now build", after)))
		case o.Kind == requeue.OutcomeDeclined:
			declined = append(declined, policy+join(", ", markdown(o.Detail, maxDetail), labelled("last build", before)))
		}
	}
	if !always {
		requeued, declined = nil, nil
	}
	if len(exhausted)+len(requeued)+len(declined) == 0 {
		return ""
	}
	parts := []string{CommentMarker}
	add := func(title string, lines []string) {
		if len(lines) > 0 {
			parts = append(parts, title+"\n\n"+strings.Join(lines, "\n"))
		}
	}
	add("**Needs a human: the retries for this commit are used up.** ([why]("+HelpURL(requeue.RetriesExhausted)+"))", exhausted)
	add("**Needs a human: the service did not start a build.**", declined)
	add("**Re-queued:**", requeued)
	parts = append(parts, "Written by the pipeline task *Reschedule pull request evaluations*.")
	return strings.Join(parts, "\n\n") + "\n"
}

// why says what went wrong where a pattern has found it. Whoever reads a comment need not be allowed to see the build, so
// that no line of a log is quoted, nor anything else that is not an error issue.
func why(m *requeue.Match) string {
	switch {
	case m == nil || m.Pattern == "":
		return ""
	case m.Issue:
		return " with an error that matches " + markdown(m.Pattern, maxDetail) + `: "` + markdown(m.Text, maxDetail) + `"`
	}
	return " with an error that matches " + markdown(m.Pattern, maxDetail)
}

// labelled is a label with its text; "" where there is no text.
func labelled(label, text string) string {
	if text == "" {
		return ""
	}
	return label + " " + text
}
