package report

import (
	"fmt"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Explain prints everything about each pull request of a plan: every policy, its state, what would happen and which
// input would change it. It is meant for one pull request, named by number, in a dry run.
func (l *Log) Explain(p requeue.Plan) {
	for _, pr := range p.PullRequests {
		l.explainPullRequest(pr)
	}
}

func (l *Log) explainPullRequest(pr requeue.PullRequestPlan) {
	v := pr.PullRequest
	l.Section(fmt.Sprintf("Pull request %d explained", v.ID))
	if v.Title != "" {
		l.Line("Title: %s", quoted(v.Title, maxTitle))
	}
	l.Line("Repository: %s, from %s into %s", agent.Shorten(join("/", v.Repository.Project.Name, v.Repository.Name), 2*maxName),
		quoted(requeue.ShortBranch(v.SourceRefName), maxName), quoted(requeue.ShortBranch(v.TargetRefName), maxName))
	l.Line("Status: %s", strings.Join(traits(v), ", "))
	switch {
	case v.Err != nil:
		l.Line("It could not be read: %s", agent.Shorten(errorText(v.Err), 2*maxDetail))
		return
	case pr.Skipped != "":
		text, input := explainReason(pr.Skipped)
		l.Line("It is left alone as a whole: %s", withDetail(string(pr.Skipped), text, skippedDetail(pr)))
		l.wouldChange(input, pr.Skipped, "")
	case len(pr.Evaluations) == 0:
		l.Line("The service holds no policy evaluation for it.")
	}
	for _, e := range pr.Evaluations {
		l.explainEvaluation(pr, e)
	}
}

// traits are what the rules for pull requests look at.
func traits(pr *requeue.PullRequest) []string {
	out := []string{agent.Shorten(pr.Status, maxName)}
	add := func(is bool, yes, no string) {
		text := no
		if is {
			text = yes
		}
		if text != "" {
			out = append(out, text)
		}
	}
	add(pr.Draft, "draft", "not a draft")
	add(pr.AutoComplete, "auto-complete is set", "auto-complete is not set")
	add(pr.Fork, "from a fork", "")
	add(pr.MergeStatus != "", "merge status "+agent.Shorten(pr.MergeStatus, maxName), "")
	add(!pr.Created.IsZero(), "created "+pr.Created.UTC().Format("2006-01-02"), "")
	add(len(pr.Labels) > 0, "labels "+agent.Shorten(strings.Join(pr.Labels, ", "), maxName), "no labels")
	add(pr.Author.DisplayName != "", "by "+agent.Shorten(pr.Author.DisplayName, maxName), "")
	return out
}

func (l *Log) explainEvaluation(pr requeue.PullRequestPlan, e requeue.EvaluationPlan) {
	v := e.Evaluation
	kind := "optional"
	if v.Policy.Blocking {
		kind = "required"
	}
	subject := agent.Shorten(v.Policy.TypeName, maxName)
	if v.IsBuild() {
		subject = fmt.Sprintf("build validation, pipeline %d", v.Policy.PipelineID)
		if e.Pipeline != "" {
			subject += " " + quoted(e.Pipeline, maxName)
		}
		if v.Policy.ManualQueueOnly {
			subject += ", trigger manual"
		}
	}
	l.Line("Policy %s (%s)", quoted(policyName(e), maxName), join(", ", kind, subject))

	state := stateWord(e.State)
	if v.IsBuild() {
		state = stateText(e, l.now())
	}
	if v.Status != "" {
		state += fmt.Sprintf(" (Azure DevOps says %s)", quoted(v.Status, maxName))
	}
	l.Line("    State: %s", state)
	l.explainMatch(e.Match)
	switch {
	case e.Requeue:
		l.Line("    Re-queue: %s", join("; ", "yes", detailText(e)))
	case e.Err != nil:
		l.Line("    Re-queue: no, failed: %s", agent.Shorten(errorText(e.Err), 2*maxDetail))
	case e.Reason != "":
		text, input := explainEvaluation(e)
		l.Line("    Re-queue: no, %s", withDetail(reasonText(e), text, detailText(e)))
		if input != "" || e.Reason != requeue.NotSelectedState {
			l.wouldChange(input, e.Reason, "    ")
		}
	default:
		l.Line("    Re-queue: no, the pull request is left alone as a whole (%s)", pr.Skipped)
	}
}

// explainMatch says what went wrong in the build: where it stands, its text, and which pattern has found it.
func (l *Log) explainMatch(m *requeue.Match) {
	if m == nil {
		return
	}
	what := "Found"
	if m.Pattern == "" {
		what = "First error"
	}
	l.Line("    %s: %s", what, join(": ", agent.Shorten(m.Place(), maxDetail), quoted(m.Text, maxDetail)))
	switch {
	case m.Set != "":
		l.Line("    Matches: the named set %s", agent.Shorten(m.Pattern, maxDetail))
	case m.Pattern != "":
		l.Line("    Matches: the regular expression %s", agent.Shorten(m.Pattern, maxDetail))
	}
}

func (l *Log) wouldChange(input string, reason requeue.Reason, indent string) {
	if input == "" {
		l.Line("%sNo input changes that. More: %s", indent, helpURL(reason))
		return
	}
	l.Line("%sTo change that: %s. More: %s", indent, input, helpURL(reason))
}
