package run

import (
	"cmp"
	"errors"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/discover"
	"github.com/pr-evaluations/reschedule/pkg/execute"
	"github.com/pr-evaluations/reschedule/pkg/report"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// words are what a person reads of an error: the one instruction that a refusal ends in, else what went wrong.
func (r *run) words(err error) string {
	if e, ok := errors.AsType[*azdo.Error](err); ok {
		if advice := e.Advice(r.identity.DisplayName); advice != "" {
			if e.TokenLost() {
				advice += " So far " + cmp.Or(r.soFar, "nothing was re-queued") + "."
			}
			advice += " See " + report.TopicURL(e.Topic())
			if errors.Is(err, execute.ErrNotKnown) {
				return "Result not known: " + advice // a build may have been started
			}
			return advice
		}
	}
	return err.Error()
}

// problems lists what failed, each with its pull request, so that equal ones can be told together.
func (r *run) problems(f discover.Found, plan requeue.Plan) []report.Problem {
	var all []report.Problem
	for _, p := range f.Problems {
		all = append(all, report.Problem{PullRequest: p.PullRequest, Text: r.notFound(p)})
	}
	for _, pr := range plan.PullRequests {
		if pr.PullRequest.Err != nil {
			all = append(all, report.Problem{PullRequest: pr.PullRequest.ID, Text: r.words(pr.PullRequest.Err)})
		}
		for _, e := range pr.Evaluations {
			if e.Err != nil {
				all = append(all, report.Problem{PullRequest: pr.PullRequest.ID, Text: r.words(e.Err)})
			}
		}
	}
	for _, a := range plan.Actions() {
		if a.Outcome.Verdict == requeue.VerdictFailed {
			all = append(all, report.Problem{PullRequest: a.PullRequest.ID, Text: r.words(a.Outcome.Err)})
		}
	}
	return all
}

// notFound says what a problem of discovery is; a pull request that is missing is not a matter of permissions alone.
func (r *run) notFound(p discover.Problem) string {
	if e, ok := errors.AsType[*azdo.Error](p.Err); ok && p.PullRequest > 0 && p.Missing && e.Message != "" {
		return "not found: " + e.Message
	}
	return r.words(p.Err)
}

func declines(plan requeue.Plan) []report.Problem {
	var all []report.Problem
	for _, a := range plan.Actions() {
		if a.Outcome.Verdict == requeue.VerdictDeclined {
			all = append(all, report.Problem{PullRequest: a.PullRequest.ID, Text: "Declined: " + a.Outcome.Detail})
		}
	}
	return all
}
