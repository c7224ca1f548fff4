package report

import (
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// CommentMarker begins every comment of ours. Readers do not see it; by it the next run finds its thread. It stands a
// second time before the line about who wrote the comment, which alone is no reason to write it again.
const CommentMarker = "<!-- reschedule-pull-request-evaluations -->"

// Author is the run that writes a comment.
type Author struct {
	Pipeline string // its pipeline's name; "" is unknown
	URL      string // its browser page; "" is unknown
}

// What the readers of a comment can do. They see the pull request, and may know nothing of this task.
const (
	adviceExhausted = "What to do: open the last build and find out why it failed. If the change is the cause, push a fix: a new commit gets new retries. If it is not, start the build again with \"Re-queue\" on this page."
	adviceDeclined  = "What to do: start the build with \"Re-queue\" on this page, and tell whoever looks after the pipeline named below."
	adviceRequeued  = "There is nothing to do."
)

// CommentText is the Markdown of the comment on one pull request; "" where there is nothing to say. It names the
// evaluations whose retries are used up, and with always also what was re-queued and what the service declined. It quotes
// issues of builds and never lines of their logs.
//
// Before the second marker the text holds no time and nothing else that differs between two runs of which the second
// changes nothing, so that a comment is not written again for nothing.
func CommentText(pr requeue.PullRequestPlan, collection string, always bool, by Author) string {
	var exhausted, requeued, declined []string
	for _, e := range pr.Evaluations {
		policy := "- " + policyCell(e) + ": "
		before := buildLink(collection, pr.PullRequest, e.Evaluation.BuildID)
		o := outcome(e)
		switch {
		case e.Reason == requeue.RetriesExhausted:
			exhausted = append(exhausted, policy+join(", ", markdown(e.Detail, maxDetail), labelled("last build", before), shown(e.Evaluation)))
		case o.Kind == requeue.OutcomeRequeued && always:
			after := buildLink(collection, pr.PullRequest, o.BuildAfter)
			requeued = append(requeued, policy+join(", ", "was "+stateWord(e.State)+why(e.Match), labelled("build", before), labelled("now build", after)))
		case o.Kind == requeue.OutcomeDeclined && always:
			declined = append(declined, policy+join(", ", markdown(o.Detail, maxDetail), labelled("last build", before)))
		}
	}
	if len(exhausted)+len(requeued)+len(declined) == 0 {
		return ""
	}
	parts := []string{CommentMarker}
	add := func(title string, lines []string, advice string) {
		if len(lines) > 0 {
			parts = append(parts, title, strings.Join(lines, "\n"), advice)
		}
	}
	add("**A person has to look at this: a build failed, and all its automatic retries for this commit are used.** ("+whyLink(requeue.RetriesExhausted)+")", exhausted, adviceExhausted)
	add("**A person has to look at this: Azure DevOps did not start a build.**", declined, adviceDeclined)
	add("**Re-queued, so that the build runs again:**", requeued, adviceRequeued)
	parts = append(parts, CommentMarker, "Written by "+by.text()+".")
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

// shown quotes the first error that the evaluation itself shows to everybody who sees the pull request.
func shown(e *requeue.Evaluation) string {
	if len(e.Preview) == 0 {
		return ""
	}
	return `error "` + markdown(e.Preview[0], maxDetail) + `"`
}

func whyLink(reason requeue.Reason) string { return "[why](" + helpURL(reason) + ")" }

// text names the pipeline, linked to the run.
func (a Author) text() string {
	const task = "the pipeline task *Reschedule pull request evaluations*"
	if a.Pipeline == "" {
		return task
	}
	return "the pipeline " + link(agent.Shorten(a.Pipeline, maxName), a.URL) + " with " + strings.Replace(task, "pipeline ", "", 1)
}

// labelled is a label with its text; "" where there is no text.
func labelled(label, text string) string {
	if text == "" {
		return ""
	}
	return label + " " + text
}
