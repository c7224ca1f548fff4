package requeue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// verdict is what one evaluation has come to so far: exactly one of Requeue, Reason, Err and need tells.
type verdict struct {
	Decision
	need *Question // asked first, then decided again
}

func skip(reason Reason, detail string) verdict {
	return verdict{Decision: Decision{Reason: reason, Detail: detail}}
}
func ask(q Question) verdict { return verdict{need: &q} }
func goAhead() verdict       { return verdict{Decision: Decision{Requeue: true}} }
func fail(err error) verdict { return verdict{Decision: Decision{Err: err}} }

// selects applies the groups "evaluations" of the inputs: may this evaluation be re-queued at all? What it asks for is
// cheap and does not depend on limits. The state is set in any case.
func (r *Rules) selects(pr *PullRequest, e Evaluation, f Facts, now time.Time) verdict {
	projectID := pr.Repository.Project.ID
	state, unanswered := r.StateOf(pr, e, f, now)
	var build Answer
	if question := r.hangsOn(projectID, e); question != nil {
		build = f[*question]
	}
	pipelineQuestion := Question{Kind: AskPipeline, ProjectID: projectID, PipelineID: e.Policy.PipelineID}
	pipeline, pipelineKnown := f[pipelineQuestion]
	name := e.PipelineName
	if name == "" {
		name = pipeline.Pipeline.Name
	}
	v := r.selectsState(pr, e, state, name)
	nameDecides := v.Reason == PolicyFilter && name == "" && r.Policies.hopesForName(e.Policy.DisplayName, e.Policy.PipelineID)
	if (v.Requeue || nameDecides) && !pipelineKnown && e.Policy.PipelineID > 0 {
		v = ask(pipelineQuestion)
	}
	if v.Requeue && (pipeline.Pipeline.QueueStatus == "disabled" || pipeline.Pipeline.QueueStatus == "paused") {
		v = skip(PipelineDisabled, "the pipeline is "+pipeline.Pipeline.QueueStatus)
	}
	// What waits in vain is asked about whoever selects it: in train mode it must hold no place.
	if unanswered != nil && (v.Requeue || state == StateRunning || nameDecides && pipeline.Err != nil) {
		v = ask(*unanswered)
	}
	if v.Requeue && build.Err != nil {
		v = fail(fmt.Errorf("read build %d: %w", e.BuildID, build.Err))
	}
	if err := r.unreadTarget(pr, e, state, f); v.Requeue && err != nil && !build.Gone {
		v = fail(fmt.Errorf("read the builds on the target branch: %w", err))
	}
	if v.Requeue && !slices.Contains(r.When, state) {
		v = skip(NotSelectedState, stateDetail(e, state, build.Gone))
	}
	// A pattern that hangs on a name which could not be read is not guessed. Whether the pipeline is disabled is left
	// open then: the service declines to start a disabled one, which the confirmation finds out.
	nameIncludes := nameDecides && v.need == nil && slices.Contains(r.When, state)
	nameExcludes := v.Requeue && name == "" && r.Policies.excludesNames()
	if pipeline.Err != nil && (nameIncludes || nameExcludes) {
		v = fail(fmt.Errorf("read the pipeline: %w", pipeline.Err))
	}
	v.State, v.Pipeline, v.BuildGone = state, name, state == StateFailed && build.Gone
	return v
}

// selectsState applies what depends on nothing but the record and its pipeline's name.
func (r *Rules) selectsState(pr *PullRequest, e Evaluation, state State, pipelineName string) verdict {
	policy := e.Policy
	switch {
	case !e.IsBuild() && policy.Blocking && !satisfied(state):
		return skip(ByHand, policy.TypeName)
	case !e.IsBuild():
		return skip(NotSelectedState, "only build validation reacts to a re-queue")
	case !r.Policies.Match(policy.DisplayName, pipelineName, policy.PipelineID):
		return skip(PolicyFilter, "")
	case r.Enforcement == EnforcementRequired && !policy.Blocking:
		return skip(Enforcement, "optional")
	case r.Enforcement == EnforcementOptional && policy.Blocking:
		return skip(Enforcement, "required")
	case policy.ManualQueueOnly && r.ManualPolicies != ManualInclude && r.ManualPolicies != ManualOnly:
		return skip(ManualPolicy, "trigger manual")
	case !policy.ManualQueueOnly && r.ManualPolicies == ManualOnly:
		return skip(ManualPolicy, "trigger automatic")
	case pr.Fork && state == StateNotStarted:
		return skip(Fork, "")
	case r.OwnPipeline.ID != 0 && r.OwnPipeline == PipelineRef{pr.Repository.Project.ID, policy.PipelineID}:
		return skip(OwnPipeline, "")
	case r.OwnPipeline.ID != 0 && r.OwnPipeline.ProjectID == pr.Repository.Project.ID && policy.PipelineID == 0:
		return skip(OwnPipeline, "the policy does not say which pipeline it runs") // absence is no proof that it is another one
	}
	return goAhead()
}

// satisfied reports whether an evaluation of this state holds nothing back.
func satisfied(s State) bool {
	return s == StateSucceeded || s == StateExpiring || s == StateOutdated || s == StateNotApplicable
}

// detailBuildGone is said where nobody can tell any more how the evaluation's build ended.
const detailBuildGone = "its build is gone"

func stateDetail(e Evaluation, s State, buildGone bool) string {
	switch {
	case s == StateFailed && buildGone:
		return detailBuildGone
	case s == StateUnknown && e.malformed() != "":
		return "the field " + e.malformed() + " has an unexpected type"
	case s == StateUnknown:
		return fmt.Sprintf("status %q", e.Status)
	}
	return ""
}

// retries applies the group "retries" to an evaluation that selects has let through.
func (r *Rules) retries(pr *PullRequest, e Evaluation, state State, f Facts, now time.Time) verdict {
	switch state {
	case StateNotStarted:
		return r.startsItself(pr, e, f, now)
	case StateFailed, StateBroken:
		return r.retriesFailure(pr, e, state, f, now)
	case StateRecovered:
		return r.retriesRecovered(pr, e, f)
	case StateExpired, StateExpiring, StateOutdated, StateRunning, StateNotApplicable, StateSucceeded, StateUnknown:
	}
	return goAhead()
}

// startsItself holds an automatic policy back as long as the service may be about to start it: after the last push. The
// record does not tell when that was; its startedDate is when the policy was first evaluated (rest-api-specs, policy).
func (r *Rules) startsItself(pr *PullRequest, e Evaluation, f Facts, now time.Time) verdict {
	if e.Policy.ManualQueueOnly || r.Cooldown <= 0 {
		return goAhead()
	}
	since := pr.Created
	if r.coolsFor(since, now) <= 0 { // else no push can be older
		question := Question{
			Kind: AskLastPush, ProjectID: pr.Repository.Project.ID, RepositoryID: pr.Repository.ID, PullRequestID: pr.ID,
		}
		answer, known := f[question]
		if !known {
			return ask(question)
		}
		if answer.Err != nil {
			return fail(fmt.Errorf("read when it was pushed to last: %w", answer.Err))
		}
		if answer.Pushed.After(since) {
			since = answer.Pushed
		}
	}
	if left := r.coolsFor(since, now); left > 0 {
		return skip(CoolingDown, cooling(left)+"; the service may be about to start it")
	}
	return goAhead()
}

// coolsFor is what is left of the cool-down that began at the given time. Without a cool-down nothing is, not even
// where the service's clock is ahead of ours; nor where the beginning is unknown.
func (r *Rules) coolsFor(since, now time.Time) time.Duration {
	if r.Cooldown <= 0 || since.IsZero() {
		return 0
	}
	return r.Cooldown - now.Sub(since)
}

func cooling(left time.Duration) string {
	return "retry possible in " + ShortDuration(left.Round(time.Second))
}

func (r *Rules) retriesFailure(pr *PullRequest, e Evaluation, state State, f Facts, now time.Time) verdict {
	projectID := pr.Repository.Project.ID
	if left := r.coolsFor(e.Completed, now); left > 0 {
		return skip(CoolingDown, cooling(left))
	}
	if r.MaxRetriesPerCommit <= 0 {
		return skip(RetriesExhausted, used(0, 0))
	}
	if state == StateBroken && e.BuildID == 0 {
		if e.Completed.IsZero() {
			// Nothing bounds how often this would come round.
			return skip(HistoryUnknown, "the evaluation names neither a build nor an end")
		}
		return goAhead() // without a build there is no history to count in
	}

	question := historyOf(pr, e)
	answer, known := f[question]
	if !known {
		return ask(question)
	}
	if answer.Err != nil {
		return fail(fmt.Errorf("read the build history: %w", answer.Err))
	}
	history := newHistory(pr, e, answer.Builds)
	if left := r.coolsFor(history.last.Finished, now); e.Completed.IsZero() && left > 0 {
		return skip(CoolingDown, cooling(left))
	}
	budget := used(history.retries, r.MaxRetriesPerCommit)
	switch {
	case history.retries >= r.MaxRetriesPerCommit:
		return skip(RetriesExhausted, budget)
	case history.last.Result == "canceled":
		return skip(BuildCanceled, fmt.Sprintf("build %d", e.BuildID))
	case e.BuildID == 0:
		return skip(HistoryUnknown, "the evaluation names no build")
	case history.last.ID == 0:
		return skip(HistoryUnknown, fmt.Sprintf("build %d", e.BuildID))
	}
	v := r.retriesError(projectID, e, f)
	if v.Requeue {
		v.Detail = join(budget, v.Detail)
	}
	return v
}

func used(n, limit int) string {
	if limit <= 0 {
		return "no retry is allowed"
	}
	_, noun, _ := strings.Cut(Plural(max(n, limit), "retry"), " ") // a limit that was lowered may have been passed
	return fmt.Sprintf("%d of %d %s used", n, limit, noun)
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + "; " + b
}

// retriesError applies retryOnlyIf and neverRetryIf: first to what the record and the timeline say, then, where that does
// not settle it, to all that can be had.
func (r *Rules) retriesError(projectID uuid.UUID, e Evaluation, f Facts) verdict {
	if len(r.RetryOnlyIf)+len(r.NeverRetryIf) == 0 {
		return goAhead()
	}
	question := Question{Kind: AskErrors, ProjectID: projectID, BuildID: e.BuildID}
	timeline, known := f[question]
	if !known {
		return ask(question)
	}
	if timeline.Err != nil {
		return fail(fmt.Errorf("read the errors of build %d: %w", e.BuildID, timeline.Err))
	}
	texts := timeline.Errors.texts(e)
	if m := firstMatch(r.NeverRetryIf, texts); m != nil {
		return notFor(m, "neverRetryIf "+m.String())
	}
	if len(r.NeverRetryIf) == 0 {
		if m := firstMatch(r.RetryOnlyIf, texts); m != nil {
			return retryFor(m)
		}
	}

	question.Kind = AskLogs
	logs, known := f[question]
	if !known {
		return ask(question)
	}
	if logs.Err != nil {
		return fail(fmt.Errorf("read what build %d says of its failure: %w", e.BuildID, logs.Err))
	}
	texts = append(texts, logs.Logs.texts(timeline.Errors.FailedSteps)...)
	missing := timeline.Errors.missing(logs.Logs, e.PreviewLost)
	if m := firstMatch(r.NeverRetryIf, texts); m != nil {
		return notFor(m, "neverRetryIf "+m.String())
	}
	if missing != "" && len(r.NeverRetryIf) > 0 {
		return skip(ErrorNotRetryable, fmt.Sprintf("neverRetryIf cannot be ruled out: %s (%s)", missing, timeline.Errors.had(e, logs.Logs)))
	}
	if len(r.RetryOnlyIf) == 0 {
		return goAhead()
	}
	if m := firstMatch(r.RetryOnlyIf, texts); m != nil {
		return retryFor(m)
	}
	if len(texts) == 0 {
		return skip(ErrorNotRetryable, join("the build shows no error text, so no retryOnlyIf can match", missing))
	}
	first := texts[0].match(0, 0)
	return notFor(first, join("no retryOnlyIf "+first.String(), missing))
}

func retryFor(m *Match) verdict {
	return verdict{Decision: Decision{Requeue: true, Detail: "retryOnlyIf " + m.String(), Match: m}}
}

func notFor(m *Match, detail string) verdict {
	v := skip(ErrorNotRetryable, detail)
	v.Match = m
	return v
}
