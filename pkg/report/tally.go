package report

import (
	"fmt"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// tally counts a plan so that every line about it gives the same numbers. The evaluations read are those planned, those
// left alone by themselves or with their pull request, and those that could not be decided.
type tally struct {
	read, planned  int
	pullRequests   int // left alone as a whole
	with           int // evaluations left alone with their pull request
	evaluations    int // left alone by themselves
	unread         int // evaluations without a decision, since something could not be read
	unreadRequests int // pull requests without a decision
	notBegun       int
	failed         int // of the planned
}

func newTally(p requeue.Plan) tally {
	var t tally
	for _, pr := range p.PullRequests {
		if pr.Skipped != "" {
			t.pullRequests++
		}
		if pr.PullRequest.Err != nil {
			t.unreadRequests++
		}
		t.read += len(pr.Evaluations)
		for _, e := range pr.Evaluations {
			switch {
			case e.Requeue:
				t.planned++
				t.notBegun += one(e.Outcome.Kind == requeue.OutcomePlanned)
				t.failed += one(e.Outcome.Kind == requeue.OutcomeFailed)
			case e.Err != nil:
				t.unread++
			case e.Reason != "":
				t.evaluations++
			default:
				t.with++
			}
		}
	}
	return t
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// text is what is left alone: "2 pull requests with their 5 evaluations, and 3 evaluations of others".
func (t tally) text() string {
	requests, evaluations := "", ""
	if t.pullRequests > 0 {
		requests = plural(t.pullRequests, "pull request")
	}
	if t.pullRequests > 0 && t.with > 0 {
		their := "their"
		if t.pullRequests == 1 {
			their = "its"
		}
		requests += " with " + their + " " + plural(t.with, "evaluation")
	}
	if t.evaluations > 0 {
		evaluations = plural(t.evaluations, "evaluation")
	}
	if t.pullRequests > 0 && t.evaluations > 0 {
		evaluations += " of others"
	}
	return join(", and ", requests, evaluations)
}

// skipped is how many evaluations are not planned, and what the ones among them are that no reason counts.
func (t tally) skipped() string {
	var with, unread string
	if t.with > 0 {
		with = fmt.Sprintf("%d of these because their pull request is left alone", t.with)
	}
	if t.unread > 0 {
		unread = fmt.Sprintf("%d because something could not be read", t.unread)
	}
	text := fmt.Sprintf("%d left alone", t.with+t.evaluations+t.unread)
	if of := join(", ", with, unread); of != "" {
		text += " (" + of + ")"
	}
	return text
}
