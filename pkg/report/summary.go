package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// How much of each part the summary shows; the report has it all.
const (
	maxRows   = 200
	maxHuman  = 100
	maxErrors = 50
)

// WriteSummary writes the Markdown of the run's summary tab: the result in words first, then what was done, what needs a
// human, what was left alone, and what went wrong.
func (r Run) WriteSummary(w io.Writer) error {
	out := bufio.NewWriter(w)
	s := summaryWriter{Run: r, w: out, namer: newNamer(r.Plan)}
	s.line("**%s**", r.headline()) // numbers and our own words
	s.actions()
	s.human()
	s.limits()
	s.leftAlone()
	s.findings()
	s.foot()
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	return nil
}

// summaryWriter writes the parts; the buffered writer below keeps the first error.
type summaryWriter struct {
	Run
	w     *bufio.Writer
	namer namer
}

func (s *summaryWriter) line(format string, a ...any) {
	// Flush returns the error.
	_, _ = fmt.Fprintf(s.w, format+"\n", a...)
}

func (s *summaryWriter) heading(text string) {
	s.line("")
	s.line("### %s", text)
	s.line("")
}

func (s *summaryWriter) table(columns ...string) {
	s.line("| %s |", strings.Join(columns, " | "))
	s.line("|%s", strings.Repeat(" --- |", len(columns)))
}

func (s *summaryWriter) row(cells ...string) { s.line("| %s |", strings.Join(cells, " | ")) }

// more says how many of a part were left out.
func (s *summaryWriter) more(shown, all int) {
	if all > shown {
		s.line("")
		s.line("… and %d more, listed in the report.", all-shown)
	}
}

// actions is the table of the plan and what became of it.
func (s *summaryWriter) actions() {
	all := s.Plan.Actions()
	if len(all) == 0 {
		return
	}
	title := "Would be re-queued"
	columns := []string{"", "Pull request", "Target branch", "Policy", "State", "Build before"}
	if !s.DryRun {
		title, columns = "Plan and outcome", append(columns, "What happened")
	}
	s.heading(title)
	s.table(columns...)
	for _, a := range all[:min(len(all), maxRows)] {
		target := join(", ", s.namer.repository(a.PullRequest.Repository), requeue.ShortBranch(a.PullRequest.TargetRefName))
		cells := []string{
			strconv.Itoa(a.Number), pullRequestCell(a.PullRequest), markdown(target, 2*maxName), policyCell(*a.EvaluationPlan),
			stateWord(a.State), s.build(a.PullRequest, a.Evaluation.BuildID),
		}
		if !s.DryRun {
			cells = append(cells, s.outcomeCell(a.PullRequest, *a.Outcome))
		}
		s.row(cells...)
	}
	s.more(maxRows, len(all))
}

// pullRequestCell is the number, linked, and the title.
func pullRequestCell(pr *requeue.PullRequest) string {
	return join(" ", link(strconv.Itoa(pr.ID), pr.URL()), markdown(pr.Title, maxTitle))
}

// policyCell is the policy's name; what is required is the usual case and not said.
func policyCell(e requeue.EvaluationPlan) string {
	if e.Evaluation.Policy.Blocking {
		return markdown(policyName(e), maxName)
	}
	return markdown(policyName(e), maxName) + " (optional)"
}

// build is a build's number, linked; "" for none.
func (s *summaryWriter) build(pr *requeue.PullRequest, id int) string {
	return buildLink(s.Collection, pr, id)
}

func buildLink(collection string, pr *requeue.PullRequest, id int) string {
	if id <= 0 {
		return ""
	}
	return link(strconv.Itoa(id), buildURL(collection, pr.Repository.Project, id))
}

func (s *summaryWriter) outcomeCell(pr *requeue.PullRequest, o requeue.Outcome) string {
	detail := markdown(o.Detail, maxDetail)
	switch o.Kind {
	case requeue.OutcomeRequeued:
		return join(", ", "re-queued", labelled("build", s.build(pr, o.BuildAfter)), detail, inMarkdown(resultText(o)))
	case requeue.OutcomeDeclined:
		return join(": ", "**declined**", detail)
	case requeue.OutcomeMoved:
		return join(": ", "moved", detail)
	case requeue.OutcomeFailed:
		return join(": ", "**failed**", advice(s.words(o.Err), maxDetail))
	case requeue.OutcomePlanned:
	}
	return "not begun"
}

// human lists what no further run will settle by itself, and below it what failed, equal texts together.
func (s *summaryWriter) human() {
	var lines []string
	all := 0
	add := func(pr *requeue.PullRequest, e *requeue.EvaluationPlan, text string) {
		if all++; all > maxHuman {
			return
		}
		line := "- Pull request " + pullRequestCell(pr)
		if e != nil {
			line += ", policy " + policyCell(*e)
		}
		lines = append(lines, line+": "+text)
	}
	for _, pr := range s.Plan.PullRequests {
		for i := range pr.Evaluations {
			if text := s.needsHuman(pr.PullRequest, pr.Evaluations[i]); text != "" {
				add(pr.PullRequest, &pr.Evaluations[i], text)
			}
		}
		if held := heldByHand(pr); held != "" {
			add(pr.PullRequest, nil, "auto-complete waits for nothing but "+held+" ("+helpLink(requeue.ByHand)+")")
		}
	}
	failures := s.failures()
	if len(lines)+len(failures) == 0 {
		return
	}
	s.heading("Needs a human")
	for _, line := range lines {
		s.line("%s", line)
	}
	for _, text := range failures[:min(len(failures), maxErrors)] {
		s.line("- **Failed**: %s", advice(text, 2*maxDetail))
	}
	s.more(len(lines)+min(len(failures), maxErrors), all+len(failures))
}

// outcome is what became of an evaluation; the zero value where it is not re-queued.
func outcome(e requeue.EvaluationPlan) requeue.Outcome {
	if e.Outcome == nil {
		return requeue.Outcome{}
	}
	return *e.Outcome
}

// needsHuman says why somebody has to look at an evaluation; "" if nobody has.
func (s *summaryWriter) needsHuman(pr *requeue.PullRequest, e requeue.EvaluationPlan) string {
	o := outcome(e)
	switch {
	case e.Reason == requeue.RetriesExhausted:
		why := join(", ", helpLink(e.Reason), markdown(e.Detail, maxDetail))
		return join(", ", "retries are used up ("+why+")", labelled("last build", s.build(pr, e.Evaluation.BuildID)))
	case e.BuildGone, e.Reason == requeue.HistoryUnknown:
		return "how its build ended is not known (" + join(", ", helpLink(e.Reason), markdown(e.Detail, maxDetail)) + ")"
	case o.Kind == requeue.OutcomeDeclined:
		return join(": ", "declined", markdown(o.Detail, maxDetail))
	case o.Result == requeue.ResultRejected:
		return join(", ", "rejected", labelled("build", s.build(pr, o.BuildAfter)))
	}
	return ""
}

// failures are the texts of all that failed: of the run, of reading and of writing.
func (s *summaryWriter) failures() []string {
	ofRun := make([]requeue.Failure, len(s.Failures))
	for i, f := range s.Failures {
		text := join(": ", join("/", f.Project, f.Repository), s.message(f)) // names its pull request after its project
		ofRun[i] = requeue.Failure{Lead: text}
	}
	return group(append(ofRun, s.Plan.Failures()...), func(f requeue.Failure) string { return join(": ", f.Lead, s.words(f.Err)) })
}

// heldByHand names the policies that a person has to satisfy, where nothing else holds an auto-complete pull request
// back; "" else.
func heldByHand(pr requeue.PullRequestPlan) string {
	if !pr.PullRequest.AutoComplete || pr.Skipped != "" && pr.Skipped != requeue.OtherBlockers {
		return ""
	}
	var names []string
	for _, e := range pr.Evaluations {
		switch {
		case !e.Blocks():
		case e.Evaluation.IsBuild():
			return ""
		default:
			names = append(names, markdown(policyName(e), maxName))
		}
	}
	return strings.Join(names, " and ")
}

// limits says which limits cut the plan.
func (s *summaryWriter) limits() {
	limits := limitsOf(s.Plan)
	if len(limits) == 0 {
		return
	}
	s.heading("Limits that cut the plan")
	for _, limit := range limits {
		s.line("- `%s` (%s): %s", limit.input, helpLink(limit.reason), limit.text)
	}
}

// leftAlone counts what was left alone by reason, and names a few pull requests for each.
func (s *summaryWriter) leftAlone() {
	groups := groupLeftAlone(s.Plan)
	if len(groups) == 0 {
		return
	}
	s.heading("Left alone")
	s.table("Reason", "How many", "Pull requests", "What it means")
	for _, g := range groups {
		s.row(helpLink(g.reason)+g.state, g.count(), namedLinks(g), g.text)
	}
}

// namedLinks are the first pull requests of a group, linked, and how many more there are.
func namedLinks(g *leftAloneGroup) string {
	links := make([]string, len(g.named))
	for i, pr := range g.named {
		links[i] = link(strconv.Itoa(pr.ID), pr.URL())
	}
	text := strings.Join(links, ", ")
	if more := g.all - len(g.named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// foot says what the numbers are about.
func (s *summaryWriter) foot() {
	c := s.Summary.Counts
	identity := "an identity that could not be read"
	if s.Identity != "" {
		identity = markdown(s.Identity, maxName)
	}
	s.line("")
	s.line("Looked at %s with %s, as %s.", plural(c.PullRequest, "active pull request"), plural(c.Evaluation, "policy evaluation"), identity)
	if slices.ContainsFunc(s.Plan.PullRequests, func(p requeue.PullRequestPlan) bool { return len(p.Evaluations) > 0 || p.Skipped != "" }) {
		s.line("Why was something not re-queued? [Every reason explained](%s)", helpURL(""))
	}
}
