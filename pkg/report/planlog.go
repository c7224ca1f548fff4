package report

import (
	"fmt"
	"strconv"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// maxLeftAlone is up to how many of the left alone the log names each; beyond it they are counted, and the report lists
// them.
const maxLeftAlone = 200

// maxUnread is how many unreadable pull requests and evaluations the plan names; all of them are errors in the end.
const maxUnread = 50

// known is what a Log remembers of the plan, so that later lines speak of an evaluation in the same words.
type known struct {
	plan    requeue.Plan
	namer   namer
	actions int  // in the plan
	begun   bool // an outcome was printed
}

// line is a line about an action, under its number in the plan.
func (k known) line(a requeue.Action, after string) string {
	number := ""
	if k.actions > 0 {
		number = fmt.Sprintf("%*d. ", len(strconv.Itoa(k.actions)), a.Number)
	}
	return k.namer.line("  "+number, a.PullRequest, policyText(*a.EvaluationPlan)+": "+after)
}

// Head begins the log: what runs, where, and the rules that are in effect. It comes before every other line.
func (l *Log) Head(version, collection string, effective []string) {
	l.collection = collection
	l.Section("Reschedule pull request evaluations " + version)
	l.Line("Organization: %s", collection)
	for _, text := range effective {
		l.Line("%s", text)
	}
}

// Visible says who the run is to the service, and what it was shown. An unreadable identity harms nothing.
func (l *Log) Visible(identity string, err error, repositories, pullRequests int) {
	switch {
	case err != nil:
		l.Line("Identity: unknown, it could not be read (%s). That changes nothing else.", agent.Shorten(errorText(err), maxDetail))
	case identity == "":
		l.Line("Identity: unknown. That changes nothing else.")
	default:
		l.Line("Identity: %s", agent.Shorten(identity, maxName))
	}
	l.Line("Visible: %s; %s in scope.", plural(repositories, "repository"), plural(pullRequests, "pull request"))
}

// Plan prints the whole plan: first what is to be re-queued, in order, then what could not be read, then what is left
// alone and why.
func (l *Log) Plan(p requeue.Plan, dryRun bool) {
	actions := p.Actions()
	k := known{plan: p, namer: newNamer(p), actions: len(actions)}
	l.mu.Lock()
	l.known = k
	l.mu.Unlock()
	l.rawDecisions(p)

	t := newTally(p)
	of := fmt.Sprintf("%s of %s", plural(t.read, "evaluation"), plural(len(p.PullRequests), "pull request"))
	if t.pullRequests > 0 && t.read == 0 {
		of += fmt.Sprintf(" (%d left alone as a whole)", t.pullRequests)
	}
	verb := "will be"
	if dryRun {
		verb = "would be"
	}
	l.windows(k)
	l.breakers(k)
	switch {
	case len(actions) == 0:
		l.Section("Plan: nothing to re-queue among " + of)
	default:
		l.Section(fmt.Sprintf("Plan: %d of %s %s re-queued, in this order", len(actions), of, verb))
	}
	now := l.now()
	for _, a := range actions {
		l.Line("%s", k.line(a, join("; ", stateText(*a.EvaluationPlan, now), detailText(*a.EvaluationPlan))))
	}
	l.unread(k)
	l.limits(p)
	l.leftAlone(k)
	if dryRun {
		l.Line("This is a dry run: nothing was changed.")
	}
}

// unread names what could not be read.
func (l *Log) unread(k known) {
	var lines []string
	count := 0
	add := func(line string) {
		if count++; count <= maxUnread {
			lines = append(lines, line)
		}
	}
	for _, pr := range k.plan.PullRequests {
		if pr.PullRequest.Err != nil {
			add(k.namer.line("  ", pr.PullRequest, agent.Shorten(errorText(pr.PullRequest.Err), maxDetail)))
		}
		for _, e := range pr.Evaluations {
			if e.Err != nil {
				add(k.namer.line("  ", pr.PullRequest, policyText(e)+": "+agent.Shorten(errorText(e.Err), maxDetail)))
			}
		}
	}
	if count == 0 {
		return
	}
	l.Line("Not decided, because something could not be read (failed):")
	for _, line := range lines {
		l.Line("%s", line)
	}
	if more := count - len(lines); more > 0 {
		l.Line("  and %d more, listed in the report", more)
	}
}

// limits says which limits cut the plan.
func (l *Log) limits(p requeue.Plan) {
	for _, limit := range limitsOf(p) {
		l.Line("The limit `%s` %s (%s): %s", limit.input, limit.verb, limit.reason, limit.text)
	}
}

// limit is one that cut the plan, in one of its ways.
type limit struct {
	reason            requeue.Reason
	input, verb, text string
	wait              string // what the candidates wait for; "" is a later run
}

// limitsOf says which limits cut the plan, in which way, and by how much.
func limitsOf(p requeue.Plan) []limit {
	const later = "left for a later run"
	isReached := func(detail string) bool { return detail == "" }
	var all []limit
	for _, way := range []struct {
		limit
		left string
		is   func(detail string) bool
	}{
		{limit{requeue.RunLimit, "maxPerRun", "is reached", "", ""}, later, isReached},
		{
			limit{requeue.RunLimit, "maxPerRun", "leaves too little room for what comes together", "", ""},
			later,
			func(detail string) bool { return detail != "" },
		},
		{limit{requeue.BranchBusy, "maxInFlightPerBranch", "is reached", "", ""}, later, isReached},
		{
			limit{requeue.BranchBusy, "maxInFlightPerBranch", "keeps what a pull request needs together", "", "other evaluations of their pull requests"},
			later,
			func(detail string) bool { return detail != "" && detail != requeue.TakesNoPlace },
		},
		{
			limit{requeue.BranchBusy, "maxInFlightPerBranch", "gives no place", "", "auto-complete or an approval"},
			"left until somebody sets auto-complete or approves", func(detail string) bool { return detail == requeue.TakesNoPlace },
		},
	} {
		n, notExamined := 0, 0
		for _, pr := range p.PullRequests {
			for _, e := range pr.Evaluations {
				if e.Reason == way.reason && way.is(e.Detail) {
					n++
					notExamined += one(e.NotExamined)
				}
			}
		}
		if n == 0 {
			continue
		}
		way.text = plural(n, "evaluation") + " " + way.left + "."
		if notExamined > 0 {
			way.text = fmt.Sprintf("up to %s %s. %d of them %s not examined yet, and may be left alone for another reason then.",
				plural(n, "evaluation"), way.left, notExamined, requeue.Was(notExamined))
		}
		all = append(all, way.limit)
	}
	return all
}

// leftAlone says what is left alone: each with its reason, or where that would be too much their numbers by reason.
func (l *Log) leftAlone(k known) {
	t := newTally(k.plan)
	if t.pullRequests+t.evaluations == 0 {
		return
	}
	l.Group("Left alone: " + t.text())
	if t.pullRequests+t.evaluations > maxLeftAlone {
		l.leftAloneByReason(k.plan)
	} else {
		l.leftAloneEach(k)
	}
	l.Line("  What each reason means: %s", helpURL(""))
	l.EndGroup()
}

func (l *Log) leftAloneEach(k known) {
	satisfied := 0
	for _, pr := range k.plan.PullRequests {
		if pr.Skipped != "" {
			text, _ := explainReason(pr.Skipped)
			l.Line("%s", k.namer.line("  ", pr.PullRequest, withDetail(string(pr.Skipped), text, skippedDetail(pr))))
		}
		for _, e := range pr.Evaluations {
			switch {
			case e.Reason == "":
			case isSatisfiedOther(e):
				satisfied++
			default:
				text, _ := explainEvaluation(e)
				after := policyText(e) + ": " + withDetail(reasonText(e), text, detailText(e))
				l.Line("%s", k.namer.line("  ", pr.PullRequest, after))
			}
		}
	}
	if satisfied > 0 {
		l.Line("  Satisfied and not listed: %s of policies that are not builds, such as required reviewers", plural(satisfied, "evaluation"))
	}
}

// isSatisfiedOther reports whether it is about a policy that is satisfied and is no build: there are many of these, and
// nobody has to do anything about them, so they are counted.
func isSatisfiedOther(e requeue.EvaluationPlan) bool {
	satisfied := e.State == requeue.StateSucceeded || e.State == requeue.StateNotApplicable
	return satisfied && e.Reason == requeue.NotSelectedState && !e.Evaluation.IsBuild()
}

// withDetail is "draft: it is a draft (detail)".
func withDetail(word, text, detail string) string {
	if detail != "" {
		text += " (" + detail + ")"
	}
	return word + ": " + text
}

func (l *Log) leftAloneByReason(p requeue.Plan) {
	l.Line("  More than %d, so they are counted here and listed in the report.", maxLeftAlone)
	for _, g := range groupLeftAlone(p) {
		l.Line("  %s%s: %s: %s", g.reason, g.state, g.count(), g.text)
	}
}

func allStates() []requeue.State {
	return []requeue.State{
		requeue.StateNotApplicable, requeue.StateRunning, requeue.StateExpired, requeue.StateExpiring, requeue.StateRecovered, requeue.StateFailed, requeue.StateBroken,
		requeue.StateNotStarted, requeue.StateOutdated, requeue.StateSucceeded, requeue.StateUnknown,
	}
}

// rawDecisions is what a debugging user sees of each decision.
func (l *Log) rawDecisions(p requeue.Plan) {
	if !l.Debugging() {
		return
	}
	for _, pr := range p.PullRequests {
		l.Debugf("pull request %d: status=%s draft=%t mergeStatus=%s skipped=%s detail=%q err=%v", pr.PullRequest.ID,
			pr.PullRequest.Status, pr.PullRequest.Draft, pr.PullRequest.MergeStatus, pr.Skipped, pr.Detail, pr.PullRequest.Err)
		for _, e := range pr.Evaluations {
			v := e.Evaluation
			l.Debugf("evaluation %s: policy=%d pipeline=%d status=%s build=%d isExpired=%t buildIsNotCurrent=%t malformed=%s "+
				"state=%s requeue=%t reason=%s detail=%q err=%v", v.ID, v.Policy.ID, v.Policy.PipelineID, v.Status, v.BuildID,
				v.IsExpired, v.BuildIsNotCurrent, v.Malformed, e.State, e.Requeue, e.Reason, e.Detail, e.Err)
		}
	}
}
