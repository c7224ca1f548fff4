package run

import (
	"fmt"
	"slices"

	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/discover"
	"github.com/pr-evaluations/reschedule/pkg/report"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// finish reports, without the run's context: what was done is said also after a cancellation.
func (r *run) finish(f discover.Found, plan requeue.Plan, cancelled bool) int {
	summary := requeue.Summarize(plan)
	end := ending{summary: summary, cancelled: cancelled}
	for _, failure := range f.Failures {
		end.missing = end.missing || failure.Missing
		end.failures = true
	}
	// For the files: what the log lets through an agent masks.
	words := func(err error) string { return r.log.Hide(r.words(err)) }
	whole := report.Run{
		GeneratedAt: r.started, Collection: r.collection(), Identity: r.identity.DisplayName,
		DryRun: r.config.DryRun, Waited: r.config.Wait && !r.config.DryRun,
		Failures: f.Failures, Plan: plan, Summary: summary, Cancelled: cancelled, Words: words,
	}
	r.log.Counts(summary)
	r.log.Errors(slices.Concat(f.Failures, plan.Failures()), r.tell)
	r.log.Warnings(plan.Declined(), r.tell)
	if cancelled {
		r.log.Warning(cancelText(plan, summary))
	}
	if err := r.files.Write(whole); err != nil {
		r.log.Error(fmt.Sprintf("Write the report: %v", err))
		end.failures = true
	}
	verdict := judge(r.config, end)
	r.say(verdict, end)
	for _, v := range whole.Outputs(r.files.ReportPath(), whole.Waited) {
		r.log.SetVariable(v)
	}
	r.log.UploadSummary(r.files.SummaryPath())
	if verdict == failedRun {
		return exitFailed
	}
	if verdict == succeededWithIssues {
		r.log.CompleteWithIssues("Done, with issues.")
	}
	return exitOK
}

func cancelText(plan requeue.Plan, s requeue.Summary) string {
	notBegun := 0
	for _, a := range plan.Actions() {
		if a.Outcome.Verdict == requeue.VerdictPlanned {
			notBegun++
		}
	}
	return fmt.Sprintf("The run was cancelled: %d of %d planned evaluations were re-queued, %d were not begun.",
		s.Counts.Requeued, s.Counts.Planned, notBegun)
}

// say adds an issue where the result has a cause that no line before has named.
func (r *run) say(verdict result, e ending) {
	c := e.summary.Counts
	switch {
	case nothing(e) && r.config.OnNothing == config.OnNothingFail:
		r.log.Error("There was nothing to re-queue, and onNothing is \"fail\".")
	case nothing(e) && r.config.OnNothing == config.OnNothingWarn:
		r.log.Warning("There was nothing to re-queue.")
	}
	if c.Pending > 0 {
		r.log.Warning(fmt.Sprintf("%d re-queued evaluation(s) have no result yet.", c.Pending))
	}
	if c.Rejected > 0 && r.config.FailOnRejected {
		r.log.Error(fmt.Sprintf("%d re-queued evaluation(s) were rejected, and failOnRejected is true.", c.Rejected))
	}
	if verdict == failedRun && c.Declined > 0 && c.Requeued == 0 && c.Failed == 0 && !e.failures && !e.cancelled {
		r.log.Error("Nothing was re-queued: the service took every request and started no build.")
	}
}
