package run

import (
	"fmt"
	"slices"

	"github.com/pr-evaluations/reschedule/pkg/discover"
	"github.com/pr-evaluations/reschedule/pkg/report"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// finish reports, without the run's context: what was done is said also after a cancellation.
func (r *run) finish(f discover.Found, plan requeue.Plan, facts requeue.Facts, cancelled bool) int {
	summary := requeue.Summarize(plan)
	end := requeue.Ending{Counts: summary.Counts, Limited: summary.Limited, Cancelled: cancelled}
	for _, failure := range f.Failures {
		end.Missing = end.Missing || failure.Missing
		end.Failures = true
	}
	// For the files: what the log lets through an agent masks.
	words := func(err error) string { return r.log.Hide(r.words(err)) }
	whole := report.Run{
		GeneratedAt: r.started, Collection: r.collection(), Identity: r.identity.DisplayName,
		DryRun: r.config.DryRun, Waited: r.config.Wait && !r.config.DryRun,
		Failures: f.Failures, Plan: plan, Summary: summary, Findings: requeue.Findings(plan, facts, r.config.DryRun), Cancelled: cancelled, Words: words,
	}
	r.log.Counts(summary)
	r.log.Errors(slices.Concat(f.Failures, plan.Failures()), r.tell)
	r.log.Warnings(plan.Declined(), r.tell)
	if cancelled {
		r.log.Warning(cancelText(plan, summary))
	}
	if err := r.files.Write(whole); err != nil {
		r.log.Error(fmt.Sprintf("Write the report: %v", err))
		end.Failures = true
	}
	result := r.config.Results.TaskResult(end)
	r.say(result, end)
	for _, v := range whole.Outputs(r.files.ReportPath(), whole.Waited) {
		r.log.SetVariable(v)
	}
	r.log.UploadSummary(r.files.SummaryPath())
	switch result {
	case requeue.TaskFailed:
		return exitFailed
	case requeue.TaskSucceededWithIssues:
		r.log.CompleteWithIssues("Done, with issues.")
	case requeue.TaskSucceeded:
	}
	return exitOK
}

func cancelText(plan requeue.Plan, s requeue.Summary) string {
	notBegun := 0
	for _, a := range plan.Actions() {
		if a.Outcome.Kind == requeue.OutcomePlanned {
			notBegun++
		}
	}
	return fmt.Sprintf("The run was cancelled: %s, %d %s not begun.", doneSoFar(s.Counts), notBegun, requeue.Was(notBegun))
}

// say adds an issue where the result has a cause that no line before has named.
func (r *run) say(result requeue.TaskResult, e requeue.Ending) {
	rules := r.config.Results
	switch {
	case e.Nothing() && rules.OnNothing == requeue.OnNothingFail:
		r.log.Error("There was nothing to re-queue, and onNothing is \"fail\".")
	case e.Nothing() && rules.OnNothing == requeue.OnNothingWarn:
		r.log.Warning("There was nothing to re-queue.")
	}
	if e.Counts.Pending > 0 {
		r.log.Warning("Without a result yet: " + requeue.Plural(e.Counts.Pending, "re-queued evaluation") + ".")
	}
	if e.Counts.Rejected > 0 && rules.FailOnRejected {
		r.log.Error(fmt.Sprintf("%s %s rejected, and failOnRejected is true.",
			requeue.Plural(e.Counts.Rejected, "re-queued evaluation"), requeue.Was(e.Counts.Rejected)))
	}
	if result == requeue.TaskFailed && e.OnlyDeclined() {
		r.log.Error("Nothing was re-queued: the service took every request and started no build.")
	}
}
