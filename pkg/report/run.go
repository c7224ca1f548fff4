package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Run is everything that there is to report about a run.
type Run struct {
	GeneratedAt time.Time
	// Collection is the URL of the organization, without a slash at its end.
	Collection string
	// Identity is the display name that the service gave the run; "" if unknown.
	Identity string
	DryRun   bool
	Waited   bool // the results of what was re-queued were waited for
	// Failures are those that no pull request of the plan carries: a repository not found, a list refused.
	Failures []requeue.Failure
	// Plan holds the outcomes; in a dry run all of them are still planned.
	Plan    requeue.Plan
	Summary requeue.Summary
	// Findings are what the builds tell that were read for the plan.
	Findings []requeue.Finding
	// Cancelled says that the rest of the plan was abandoned.
	Cancelled bool
	// Words turns an error into what a person should read of it; nil takes its text.
	Words func(error) string
}

// words is the text of an error for people; "" for none.
func (r Run) words(err error) string {
	if err == nil || r.Words == nil {
		return errorText(err)
	}
	return r.Words(err)
}

// message is the text of one of the run's failures.
func (r Run) message(f requeue.Failure) string {
	number := ""
	if f.PullRequest > 0 {
		number = fmt.Sprintf("pull request %d", f.PullRequest)
	}
	return join(": ", number, r.words(f.Err))
}

type count struct {
	name  string
	value int
}

// counts are the outputs that end in Count, in their order.
func counts(c requeue.Counts) []count {
	return []count{
		{"plannedCount", c.Planned},
		{"requeuedCount", c.Requeued},
		{"declinedCount", c.Declined},
		{"movedCount", c.Moved},
		{"failedCount", c.Failed},
		{"skippedCount", c.Skipped},
		{"skippedPullRequestCount", c.SkippedPullRequest},
		{"pullRequestCount", c.PullRequest},
		{"evaluationCount", c.Evaluation},
	}
}

// resultCounts are those that a run which waited has beside counts.
func resultCounts(c requeue.Counts) []count {
	return []count{
		{"succeededCount", c.Succeeded},
		{"rejectedCount", c.Rejected},
		{"pendingCount", c.Pending},
	}
}

// Outputs are the output variables, in a fixed order: numbers, true or false, and the report's path, never foreign
// text, since later steps put them into scripts.
func (r Run) Outputs(reportPath string, waited bool) []agent.Variable {
	var all []agent.Variable
	add := func(counts []count) {
		for _, c := range counts {
			all = append(all, agent.Variable{Name: c.name, Value: strconv.Itoa(c.value)})
		}
	}
	add(counts(r.Summary.Counts))
	all = append(all,
		agent.Variable{Name: "pullRequestIds", Value: numbers(r.Summary.PullRequestIDs)},
		agent.Variable{Name: "buildIds", Value: numbers(r.Summary.BuildIDs)},
		agent.Variable{Name: "exhaustedPullRequestIds", Value: numbers(r.Summary.ExhaustedPullRequestIDs)},
		agent.Variable{Name: "limited", Value: strconv.FormatBool(r.Summary.Limited)},
		agent.Variable{Name: "reportPath", Value: reportPath},
	)
	if waited {
		add(resultCounts(r.Summary.Counts))
	}
	return all
}

func numbers(ids []int) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.Itoa(id)
	}
	return strings.Join(texts, ",")
}

// headline is the result of the run in one sentence.
func (r Run) headline() string {
	c := r.Summary.Counts
	touched := 0
	for _, pr := range r.Plan.PullRequests {
		if slices.ContainsFunc(pr.Evaluations, func(e requeue.EvaluationPlan) bool {
			return e.Requeue && (r.DryRun || e.Outcome.Kind == requeue.OutcomeRequeued)
		}) {
			touched++
		}
	}
	of := func(n int) string { return plural(n, "evaluation") + " of " + plural(touched, "pull request") }
	var parts []string
	switch {
	case r.DryRun && c.Planned > 0:
		parts = append(parts, "Dry run: "+of(c.Planned)+" would be re-queued, nothing was changed")
	case r.DryRun:
		parts = append(parts, "Dry run: nothing would be re-queued")
	case c.Requeued > 0:
		parts = append(parts, of(c.Requeued)+" "+requeue.Was(c.Requeued)+" re-queued")
	case c.Planned == 0 && c.Failed == 0 && len(r.Failures) == 0 && !r.Summary.Limited:
		parts = append(parts, "There was nothing to re-queue")
	default:
		parts = append(parts, "Nothing was re-queued")
	}
	if r.Cancelled {
		parts[0] = "The run was cancelled. " + parts[0]
		if left := r.notBegun(); left > 0 {
			parts = append(parts, fmt.Sprintf("%d of the plan %s not begun", left, requeue.Was(left)))
		}
	}
	say := func(n int, text string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(text, n))
		}
	}
	say(c.Succeeded, "%d succeeded")
	say(c.Rejected, "%d rejected")
	say(c.Pending, "%d without a result yet")
	say(c.Declined, "%d declined by the service")
	say(c.Moved, "%d left alone because of a change in the meantime")
	say(c.Failed, "%d could not be handled")
	say(len(r.Failures), "%d not found or not readable")
	if c.Planned == 0 && r.Summary.Limited {
		parts = append(parts, rest(r.Plan))
	}
	return strings.Join(parts, "; ") + "."
}

// rest says when the candidates have their turn that the limits hold back.
func rest(p requeue.Plan) string {
	var waits []string
	for _, limit := range limitsOf(p) {
		if limit.wait == "" {
			waits = nil
			break
		}
		waits = append(waits, limit.wait)
	}
	if len(waits) == 0 {
		return "the limits leave the rest to a later run"
	}
	return "candidates wait for " + strings.Join(waits, " or for ")
}

// notBegun is how many actions the run never came to.
func (r Run) notBegun() int {
	n := 0
	for _, a := range r.Plan.Actions() {
		if a.Outcome.Kind == requeue.OutcomePlanned {
			n++
		}
	}
	return n
}
