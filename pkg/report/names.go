package report

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// namer names pull requests as shortly as the run allows: repository and project only where there are several.
type namer struct {
	repositories, projects bool
}

func newNamer(p requeue.Plan) namer {
	var n namer
	var first *requeue.Repository
	for _, pr := range p.PullRequests {
		r := pr.PullRequest.Repository
		if first == nil {
			first = r
		}
		n.repositories = n.repositories || r.ID != first.ID || r.Name != first.Name
		n.projects = n.projects || r.Project.ID != first.Project.ID || r.Project.Name != first.Project.Name
	}
	n.repositories = n.repositories || n.projects
	return n
}

// line is a line about a pull request: its number, title and branch between two texts.
func (n namer) line(before string, pr *requeue.PullRequest, after string) string {
	title := ""
	if pr.Title != "" { // it was read
		title = quoted(pr.Title, maxTitle)
	}
	return before + join(" ", "#"+strconv.Itoa(pr.ID), title) + n.target(pr) + ": " + after
}

// target is " (into main)" or " (project/repository, into main)".
func (n namer) target(pr *requeue.PullRequest) string {
	branch := agent.Shorten(requeue.ShortBranch(pr.TargetRefName), maxName)
	if branch != "" {
		branch = "into " + branch
	}
	target := join(", ", n.repository(pr.Repository), branch)
	if target == "" {
		return ""
	}
	return " (" + target + ")"
}

func (n namer) repository(r *requeue.Repository) string {
	switch {
	case n.projects:
		return join("/", agent.Shorten(r.Project.Name, maxName), agent.Shorten(r.Name, maxName))
	case n.repositories:
		return agent.Shorten(r.Name, maxName)
	}
	return ""
}

// policyName is how people know a policy.
func policyName(e requeue.EvaluationPlan) string {
	return cmp.Or(e.Evaluation.Policy.DisplayName, e.Pipeline, e.Evaluation.Policy.TypeName, "a policy")
}

// policyText is the policy within a line; what blocks is the usual case and not said.
func policyText(e requeue.EvaluationPlan) string {
	kind := "policy "
	if !e.Evaluation.Policy.Blocking {
		kind = "optional policy "
	}
	return kind + quoted(policyName(e), maxName)
}

// buildText is the evaluation's last build, and when it started.
func buildText(e *requeue.Evaluation, now time.Time) string {
	switch {
	case e.BuildID == 0:
		return "no build yet"
	case e.BuildStarted.IsZero():
		return fmt.Sprintf("build %d", e.BuildID)
	}
	return fmt.Sprintf("build %d started %s", e.BuildID, ago(now.Sub(e.BuildStarted)))
}

// detailText is the detail where it says more than the words around it: the sentence of the reason, the policy's name and
// whether it is optional, all of which are in the same line.
func detailText(e requeue.EvaluationPlan) string {
	switch {
	case e.Detail == policyName(e), e.Reason == requeue.Enforcement, e.Reason == requeue.ManualPolicy:
		return ""
	case e.Reason == requeue.NotSelectedState && !e.Evaluation.IsBuild():
		return ""
	case e.Reason == requeue.BranchBusy && e.Detail == requeue.TakesNoPlace:
		return ""
	case e.Reason == requeue.CoolingDown:
		left, _, _ := strings.Cut(e.Detail, "; ") // what follows is in the sentence
		return agent.Shorten(left, maxDetail)
	case e.Reason == requeue.PipelineFailing:
		failed, _, _ := strings.Cut(e.Detail, ", and") // the rest is in the sentence
		return agent.Shorten(failed, maxDetail)
	case e.Reason == requeue.PipelineDisabled:
		return agent.Shorten(strings.TrimPrefix(e.Detail, "the pipeline is "), maxDetail)
	}
	return agent.Shorten(e.Detail, maxDetail)
}

// skippedDetail is detailText of a pull request that is left alone as a whole. Its target branch is in the line.
func skippedDetail(pr requeue.PullRequestPlan) string {
	switch {
	case pr.Skipped == requeue.TargetBranch, pr.Skipped == requeue.NoPolicy:
		return ""
	case pr.Skipped == requeue.Conflicts && pr.PullRequest.MergeStatus == "conflicts":
		return ""
	case pr.Skipped == requeue.Label && pr.Detail == "":
		return "it has none"
	}
	// What it is must not be read as what the input asks for.
	lead := map[requeue.Reason]string{requeue.NotActive: "it is ", requeue.SourceBranch: "it is ", requeue.Author: "it is ", requeue.Label: "it has "}[pr.Skipped]
	if pr.Detail == "" {
		return ""
	}
	return lead + agent.Shorten(pr.Detail, maxDetail)
}

// stateText is the state of an evaluation and the build that it is about.
func stateText(e requeue.EvaluationPlan, now time.Time) string {
	if e.State == requeue.StateNotStarted && e.Evaluation.BuildID == 0 {
		return stateWord(e.State)
	}
	return stateWord(e.State) + ", " + buildText(e.Evaluation, now)
}

// stateWord is the state as a person would say it.
func stateWord(s requeue.State) string {
	switch s {
	case requeue.StateNotStarted:
		return "never started"
	case requeue.StateNotApplicable:
		return "not applicable"
	case requeue.StateRecovered:
		return "failed on a red target branch"
	case requeue.StateRunning, requeue.StateExpired, requeue.StateExpiring, requeue.StateFailed, requeue.StateBroken, requeue.StateOutdated,
		requeue.StateSucceeded, requeue.StateUnknown:
	}
	return string(s)
}

// reasonText is a reason with its state: "draft", "state (running)".
func reasonText(e requeue.EvaluationPlan) string {
	if e.Reason == requeue.NotSelectedState {
		return "state (" + string(e.State) + ")"
	}
	return string(e.Reason)
}

// maxProject is how many characters a project's name may take in an address, escaped; the service allows names of 64.
const maxProject = 200

// buildURL is the browser page of a build. A name that no project can have gives way to the project's ID.
func buildURL(collection string, project requeue.Project, id int) string {
	name := url.PathEscape(project.Name)
	if name == "" || len(name) > maxProject {
		name = project.ID.String()
	}
	return strings.TrimRight(collection, "/") + "/" + name + "/_build/results?buildId=" + strconv.Itoa(id)
}

// errorText is the text of an error for people; "" for none.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
