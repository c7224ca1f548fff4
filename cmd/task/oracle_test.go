package main_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

var (
	oracleSeeds = flag.Int("oracle", 60, "how many random worlds TestOracle tries")
	oracleFirst = flag.Int("oracle-first", 1, "the seed of the first random world")
)

// wish is a reader of inputs, straight from the contract's table of inputs.
type wish struct{ inputs map[string]string }

func (w wish) value(name, byDefault string) string {
	return cmp.Or(strings.TrimSpace(w.inputs[name]), byDefault)
}

func (w wish) is(name string) bool { return strings.EqualFold(w.value(name, "false"), "true") }

func (w wish) word(name, byDefault string) string { return strings.ToLower(w.value(name, byDefault)) }

func (w wish) number(name string, byDefault int) int {
	n, err := strconv.Atoi(w.value(name, strconv.Itoa(byDefault)))
	if err != nil {
		return byDefault
	}
	return n
}

func (w wish) list(name, byDefault, separators string) []string {
	var items []string
	for _, item := range strings.FieldsFunc(w.value(name, byDefault), func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

func (w wish) words(name, byDefault string) []string {
	return w.list(name, strings.ToLower(byDefault), ",\n")
}

func (w wish) has(name, byDefault, word string) bool {
	return slices.ContainsFunc(w.words(name, byDefault), func(s string) bool { return strings.EqualFold(s, word) })
}

var durationPart = regexp.MustCompile(`(\d+)([dhms])`)

func (w wish) duration(name, byDefault string) time.Duration {
	var sum time.Duration
	for _, part := range durationPart.FindAllStringSubmatch(w.value(name, byDefault), -1) {
		n, err := strconv.Atoi(part[1])
		if err == nil {
			sum += time.Duration(n) * map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second}[part[2]]
		}
	}
	return sum
}

// glob says whether a text matches a pattern of "*" and "?" without regard to case.
func glob(pattern, text string) bool {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile(`(?is)^(?:` + expression + `)$`).MatchString(text)
}

// selects says whether a list of patterns selects something with these names.
func selects(patterns []string, names ...string) bool {
	return selectsBy(patterns, func(pattern string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return glob(pattern, name) })
	})
}

func selectsBy(patterns []string, matches func(pattern string) bool) bool {
	including, included := false, false
	for _, p := range patterns {
		if rest, excluding := strings.CutPrefix(p, "!"); excluding {
			if matches(strings.TrimSpace(rest)) {
				return false
			}
			continue
		}
		including = true
		included = included || matches(p)
	}
	return included || !including
}

func short(ref string) string { return strings.TrimPrefix(ref, "refs/heads/") }

func shortPatterns(patterns []string) []string {
	var list []string
	for _, p := range patterns {
		rest, excluding := strings.CutPrefix(p, "!")
		if rest = short(rest); excluding {
			rest = "!" + rest
		}
		list = append(list, rest)
	}
	return list
}

// verdict is what is to become of an evaluation.
type verdict struct {
	State, Action, Reason, Outcome string
}

// outlook is what is to become of a pull request.
type outlook struct {
	Skipped     string
	Error       bool
	Evaluations map[string]verdict
}

// prophecy is what the contract wants of a run.
type prophecy struct {
	PullRequests map[int]outlook
	Counts       map[string]int
	ByReason     map[string]int
	Writes       []string
	Exhausted    string
	Requeued     string
	Limited      bool
	Exit         int
	Result       string
}

// oracle works out a prophecy.
type oracle struct {
	wish
	*snapshot
	sc      scenario
	own     *projectSnapshot
	ownRepo string // its ID
	missing int    // named things that cannot be found
	// invisible counts the own repository of the run, which nobody named.
	invisible int
	asked     map[string]bool // target branches and pipelines
	unread    int             // evaluations whose history or errors cannot be read
	plan      []planned
	result    prophecy
}

type planned struct {
	pr *pullRequestSnapshot
	ev record
}

func newOracle(sc scenario, s *snapshot, step agenttest.Step) *oracle {
	o := &oracle{wish: wish{sc.inputs}, snapshot: s, sc: sc, ownRepo: step.Job.RepositoryID, asked: map[string]bool{}}
	for _, p := range s.projects {
		if p.id == step.Job.ProjectID {
			o.own = p
		}
	}
	return o
}

// scope is the pull requests that a run looks at.
func (o *oracle) scope() []*pullRequestSnapshot {
	numbers := o.list("pullRequestIds", "", ",\n")
	inRepositories := o.repositories()
	if o.sc.reason == "PullRequest" && len(numbers) == 0 {
		numbers = []string{strconv.Itoa(o.sc.pullRequest)}
		inRepositories = func(p *projectSnapshot, _ record) bool { return p == o.own }
	} else if len(numbers) > 0 && o.value("repositories", "") == "" {
		inRepositories = func(p *projectSnapshot, _ record) bool { return p == o.own }
	}
	if len(numbers) == 0 && o.value("repositories", "") == "" &&
		!slices.ContainsFunc(o.own.repositories, func(repo record) bool { return repo.text("id") == o.ownRepo }) {
		o.invisible++
	}
	var list []*pullRequestSnapshot
	if len(numbers) > 0 {
		for _, text := range numbers {
			n, err := strconv.Atoi(text)
			if pr := o.byNumber[n]; err == nil && pr != nil && inRepositories(pr.project, pr.repository) {
				list = append(list, pr)
			} else {
				o.missing++
			}
		}
		return list
	}
	for _, p := range o.projects {
		for _, pr := range p.pullRequests {
			if inRepositories(p, pr.repository) {
				list = append(list, pr)
			}
		}
	}
	return list
}

// repositories says which repositories are selected, and counts the named ones that are missing.
func (o *oracle) repositories() func(p *projectSnapshot, repo record) bool {
	if o.value("repositories", "") == "" {
		return func(_ *projectSnapshot, repo record) bool { return repo.text("id") == o.ownRepo }
	}
	items := o.list("repositories", "", ",\n")
	matches := func(p *projectSnapshot, repo record) func(string) bool {
		return func(item string) bool {
			project, name, found := strings.Cut(item, "/")
			if !found {
				return p == o.own && (glob(item, repo.text("name")) || strings.EqualFold(item, repo.text("id")))
			}
			return (glob(project, p.name) || strings.EqualFold(project, p.id)) && (glob(name, repo.text("name")) || strings.EqualFold(name, repo.text("id")))
		}
	}
	onlyExclusions := !slices.ContainsFunc(items, func(item string) bool { return !strings.HasPrefix(item, "!") })
	if o.sc.reason != "PullRequest" || o.value("pullRequestIds", "") != "" {
		for _, item := range items {
			if strings.HasPrefix(item, "!") || strings.ContainsAny(item, "*?") {
				continue
			}
			found := false
			for _, p := range o.projects {
				found = found || slices.ContainsFunc(p.repositories, func(repo record) bool { return matches(p, repo)(item) })
			}
			if !found {
				o.missing++
			}
		}
	}
	return func(p *projectSnapshot, repo record) bool {
		return (!onlyExclusions || p == o.own) && selectsBy(items, matches(p, repo))
	}
}

// leftAlone is why a pull request is left alone before its evaluations are read.
func (o *oracle) leftAlone(pr *pullRequestSnapshot) string {
	draft := pr.isTrue("isDraft")
	drafts := o.word("drafts", "skip")
	within := o.duration("createdWithin", "0")
	switch {
	case pr.text("status") != "active":
		return "notActive"
	case !selects(shortPatterns(o.list("targetBranches", "", ",\n")), short(pr.text("targetRefName"))):
		return "targetBranch"
	case !selects(shortPatterns(o.list("sourceBranches", "", ",\n")), short(pr.text("sourceRefName"))):
		return "sourceBranch"
	case !o.labelled(pr):
		return "label"
	case !selects(o.list("authors", "", "\n"), pr.text("createdBy", "uniqueName"), pr.text("createdBy", "displayName")):
		return "author"
	case !selects(o.list("titles", "", "\n"), pr.text("title")):
		return "title"
	case draft && drafts == "skip":
		return "draft"
	case !draft && drafts == "only":
		return "notDraft"
	case within > 0 && o.now.Sub(pr.moment("creationDate")) > within:
		return "tooOld"
	case pr.text("mergeStatus") == "conflicts" || pr.text("mergeStatus") == "failure":
		return "conflicts"
	case !slices.ContainsFunc(pr.project.policies, func(c record) bool { return covers(c, pr) }):
		return "noPolicy"
	case pr.repository.isTrue("isDisabled"):
		return "repositoryDisabled"
	case o.has("require", "", "autoComplete") && pr.at("autoCompleteSetBy") == nil:
		return "notAutoComplete"
	}
	return ""
}

func (o *oracle) labelled(pr *pullRequestSnapshot) bool {
	patterns := o.list("labels", "", ",\n")
	var names []string
	for _, l := range pr.list("labels") {
		if l.isTrue("active") {
			names = append(names, l.text("name"))
		}
	}
	return selects(patterns, names...)
}

// covers says whether an enabled Build policy has a scope that meets the target branch.
func covers(c record, pr *pullRequestSnapshot) bool {
	if !c.isTrue("isEnabled") || c.isTrue("isDeleted") {
		return false
	}
	target := pr.text("targetRefName")
	return slices.ContainsFunc(c.list("settings", "scope"), func(s record) bool {
		if id := s.text("repositoryId"); id != "" && !strings.EqualFold(id, pr.repository.text("id")) {
			return false
		}
		switch s.text("matchKind") {
		case "Exact":
			return s.text("refName") == target
		case "Prefix":
			return strings.HasPrefix(target, s.text("refName"))
		default:
			return pr.repository.text("defaultBranch") == target
		}
	})
}

func isBuild(ev record) bool {
	return ev.text("configuration", "type", "id") == azdotest.BuildPolicyType
}

func isBlocking(ev record) bool { return ev.isTrue("configuration", "isBlocking") }

// approved is the contract's definition of the word.
func approved(pr *pullRequestSnapshot) bool {
	policies, yes := 0, 0
	for _, ev := range pr.evaluations {
		kind := ev.text("configuration", "type", "id")
		if !isBlocking(ev) || kind != azdotest.MinimumReviewersPolicyType && kind != azdotest.RequiredReviewersPolicy || ev.text("status") == "notApplicable" {
			continue
		}
		policies++
		if ev.text("status") != "approved" {
			return false
		}
	}
	for _, r := range pr.list("reviewers") {
		switch vote := r.number("vote"); {
		case vote < 0:
			return false
		case vote > 0:
			yes++
		}
	}
	return policies > 0 || yes > 0
}

// state is the table of states, first row that fits.
func (o *oracle) state(pr *pullRequestSnapshot, ev record) string {
	status, isText := ev.at("status").(string)
	bad := !isText && ev.at("status") != nil
	flag := func(name string) bool {
		switch v := ev.at("context", name).(type) {
		case nil:
			return false
		case bool:
			return v
		default:
			bad = true
			return false
		}
	}
	switch ev.at("context").(type) {
	case nil, map[string]any:
	default:
		bad = true
	}
	expired, notCurrent := flag("isExpired"), flag("buildIsNotCurrent")
	build, isNumber := ev.at("context", "buildId").(float64)
	bad = bad || ev.at("context", "buildId") != nil && !isNumber
	switch {
	case status == "notApplicable":
		return "notApplicable"
	case status == "running":
		return "running"
	case bad:
		return "unknown"
	case expired:
		return "expired"
	case status == "queued" && build > 0 && notCurrent && isBuild(ev) && ended(pr, ev):
		return "expired" // what a declined re-queue leaves behind
	case status == "queued" && build > 0:
		return "running"
	case !isText:
		return "unknown"
	case status == "rejected" && notCurrent && ev.at("configuration", "settings", "queueOnSourceUpdateOnly") == false && isBuild(ev) &&
		(o.has("when", "expired", "expired") || o.has("when", "expired", "failed")) && pr.project.build(int(build)).text("result") == "succeeded":
		return "expired"
	case status == "rejected":
		return "failed"
	case status == "broken":
		return "broken"
	case status == "queued":
		return "notStarted"
	case status == "approved" && notCurrent && isBuild(ev) && o.cameOfAge(ev):
		return "expired"
	case status == "approved" && notCurrent && !ev.moment("context", "buildStartedUtc").IsZero() &&
		o.now.Sub(ev.moment("context", "buildStartedUtc")) >= o.duration("outdatedAfter", "12h"):
		return "outdated"
	case status == "approved":
		return "succeeded"
	}
	return "unknown"
}

// ended says whether the build that a record names is over, or gone.
func ended(pr *pullRequestSnapshot, ev record) bool {
	b := pr.project.build(ev.number("context", "buildId"))
	return b == nil || b.text("status") == "completed"
}

// cameOfAge says whether a green build is as old as its policy lets it become.
func (o *oracle) cameOfAge(ev record) bool {
	minutes, _ := ev.at("configuration", "settings", "validDuration").(float64)
	since := ev.moment("completedDate")
	if started := ev.moment("context", "buildStartedUtc"); started.After(since) {
		since = started
	}
	return ev.isTrue("configuration", "settings", "queueOnSourceUpdateOnly") && minutes > 0 && !since.IsZero() &&
		o.now.Sub(since) >= time.Duration(minutes*float64(time.Minute))
}

func (o *oracle) pipeline(pr *pullRequestSnapshot, ev record) (id int, name string) {
	id = ev.number("configuration", "settings", "buildDefinitionId")
	return id, cmp.Or(pr.project.definitions[id].text("name"), ev.text("context", "buildDefinitionName"))
}

// selected is why the group "evaluations" and what stands around it leave an evaluation alone, without its state.
func (o *oracle) notSelected(pr *pullRequestSnapshot, ev record) string {
	id, name := o.pipeline(pr, ev)
	display := cmp.Or(ev.text("configuration", "settings", "displayName"), name)
	manual := ev.isTrue("configuration", "settings", "manualQueueOnly")
	manuals := o.word("manualPolicies", "skip")
	enforcement := o.word("enforcement", "all")
	switch {
	case !selectsBy(o.list("policies", "", "\n"), func(p string) bool {
		if _, err := strconv.Atoi(p); err == nil {
			return p == strconv.Itoa(id)
		}
		return glob(p, display) || glob(p, name)
	}):
		return "policyFilter"
	case enforcement == "required" && !isBlocking(ev) || enforcement == "optional" && isBlocking(ev):
		return "enforcement"
	case manuals == "skip" && manual || manuals == "only" && !manual:
		return "manualPolicy"
	}
	return ""
}

// cheap is why an evaluation is left alone, as far as no costly question is needed.
func (o *oracle) cheap(pr *pullRequestSnapshot, ev record) string {
	state := o.state(pr, ev)
	if !isBuild(ev) {
		if isBlocking(ev) && state != "succeeded" && state != "notApplicable" {
			return "byHand"
		}
		return "state"
	}
	if reason := o.notSelected(pr, ev); reason != "" {
		return reason
	}
	id, _ := o.pipeline(pr, ev)
	queue := pr.project.definitions[id].text("queueStatus")
	switch {
	case state == "notStarted" && pr.at("forkSource") != nil:
		return "fork"
	case o.sc.reason == "PullRequest" && id == o.sc.definitionID && pr.project == o.own:
		return "ownPipeline"
	case queue == "disabled" || queue == "paused":
		return "pipelineDisabled"
	case !o.has("when", "expired", state) || !slices.Contains([]string{"expired", "failed", "broken", "notStarted", "outdated"}, state):
		return "state"
	case o.coolingDown(pr, ev, state):
		return "coolingDown"
	case o.number("maxRetriesPerCommit", 2) == 0 && (state == "failed" || state == "broken"):
		return "retriesExhausted"
	case state == "broken" && ev.number("context", "buildId") == 0 && ev.moment("completedDate").IsZero():
		return "historyUnknown"
	}
	return ""
}

func (o *oracle) coolingDown(pr *pullRequestSnapshot, ev record, state string) bool {
	var since time.Time
	switch state {
	case "failed", "broken":
		if since = ev.moment("completedDate"); since.IsZero() {
			since = pr.project.build(ev.number("context", "buildId")).moment("finishTime")
		}
	case "notStarted":
		if !ev.isTrue("configuration", "settings", "manualQueueOnly") {
			since = pr.pushed
		}
	}
	return !since.IsZero() && o.now.Sub(since) < o.duration("cooldown", "10m")
}

// unreadable stands for a question that got no answer.
const unreadable = "unreadable"

// costly is why an evaluation is left alone, as far as history, errors or the target branch say so.
func (o *oracle) costly(pr *pullRequestSnapshot, ev record, withTarget bool) string {
	build := ev.number("context", "buildId")
	if o.needsHistory(pr, ev) {
		if reason := o.history(pr, ev, build); reason != "" {
			return reason
		}
	}
	switch {
	case !withTarget || !o.is("waitForTargetBranch"):
	case o.sc.noHistory:
		return unreadable
	default:
		o.asked[o.target(pr, ev)] = true
		if o.targetRed(pr, ev) {
			return "targetBranchRed"
		}
	}
	return ""
}

func (o *oracle) needsHistory(pr *pullRequestSnapshot, ev record) bool {
	state := o.state(pr, ev)
	return state == "failed" || state == "broken" && ev.number("context", "buildId") > 0
}

func (o *oracle) history(pr *pullRequestSnapshot, ev record, build int) string {
	if o.sc.noHistory {
		return unreadable
	}
	pipeline := ev.number("configuration", "settings", "buildDefinitionId")
	succeeded, known := 0, false
	var failures []int
	for _, b := range pr.project.builds {
		if b.number("definition", "id") != pipeline || b.text("sourceBranch") != fmt.Sprintf("refs/pull/%d/merge", pr.id) ||
			!sameCommit(b, ev) {
			continue
		}
		known = known || b.number("id") == build
		switch b.text("result") {
		case "succeeded":
			succeeded = max(succeeded, b.number("id"))
		case "failed", "partiallySucceeded":
			failures = append(failures, b.number("id"))
		}
	}
	used := -1
	for _, id := range failures {
		if id > succeeded {
			used++
		}
	}
	switch {
	case max(used, 0) >= o.number("maxRetriesPerCommit", 2):
		return "retriesExhausted"
	case pr.project.build(build).text("result") == "canceled":
		return "buildCanceled"
	case !known:
		return "historyUnknown"
	case o.sc.noTimelines && len(o.list("retryOnlyIf", "", "\n"))+len(o.list("neverRetryIf", "", "\n")) > 0:
		return unreadable
	case !o.retryable(pr, ev, build):
		return "errorNotRetryable"
	}
	return ""
}

func sameCommit(b, ev record) bool {
	var parameters map[string]string
	_ = json.Unmarshal([]byte(b.text("parameters")), &parameters)
	if commit := cmp.Or(parameters["system.pullRequest.sourceCommitId"], b.text("triggerInfo", "pr.sourceSha")); commit != "" {
		return commit == ev.text("context", "lastMergeSourceCommitId")
	}
	merge := b.text("sourceVersion")
	return merge == "" || merge == ev.text("context", "lastMergeCommitId")
}

func (o *oracle) retryable(pr *pullRequestSnapshot, ev record, build int) bool {
	only, never := o.list("retryOnlyIf", "", "\n"), o.list("neverRetryIf", "", "\n")
	if len(only)+len(never) == 0 {
		return true
	}
	var texts []string
	for _, e := range ev.list("context", "buildOutputPreview", "errors") {
		texts = append(texts, e.text("message"))
	}
	texts = append(texts, o.issues(pr.project, build)...)
	anyOf := func(expressions []string) bool {
		for _, e := range expressions {
			if slices.ContainsFunc(texts, regexp.MustCompile(e).MatchString) {
				return true
			}
		}
		return false
	}
	return !anyOf(never) && (len(only) == 0 || anyOf(only))
}

// target names the question about a pipeline and a target branch.
func (o *oracle) target(pr *pullRequestSnapshot, ev record) string {
	return fmt.Sprint(pr.project.id, ev.number("configuration", "settings", "buildDefinitionId"), pr.text("targetRefName"))
}

func (o *oracle) targetRed(pr *pullRequestSnapshot, ev record) bool {
	var last record
	for _, b := range pr.project.builds {
		if b.number("definition", "id") == ev.number("configuration", "settings", "buildDefinitionId") && b.text("sourceBranch") == pr.text("targetRefName") &&
			slices.Contains([]string{"succeeded", "partiallySucceeded", "failed"}, b.text("result")) &&
			(last == nil || b.moment("finishTime").After(last.moment("finishTime"))) {
			last = b
		}
	}
	return last.text("result") == "failed"
}

// otherBlockers says whether something else than what would be re-queued blocks a pull request.
func (o *oracle) otherBlockers(pr *pullRequestSnapshot) bool {
	return slices.ContainsFunc(pr.evaluations, func(ev record) bool {
		if !isBlocking(ev) || ev.text("configuration", "type", "id") == azdotest.MergeStrategyPolicyType {
			return false
		}
		if slices.Contains([]string{"notApplicable", "succeeded", "outdated"}, o.state(pr, ev)) {
			return false
		}
		return o.cheap(pr, ev) != "" || o.costly(pr, ev, false) != ""
	})
}

// run works everything out.
func (o *oracle) run() prophecy {
	p := prophecy{PullRequests: map[int]outlook{}, Counts: map[string]int{}, ByReason: map[string]int{}}
	var open []*pullRequestSnapshot
	closed := 0 // pull requests that cannot be read
	scope := o.scope()
	checked := o.checked(scope)
	for _, pr := range scope {
		if _, twice := p.PullRequests[pr.id]; twice {
			continue
		}
		look := outlook{Evaluations: map[string]verdict{}}
		if pr.text("status") == "active" {
			p.Counts["pullRequestCount"]++
		}
		look.Skipped = o.leftAlone(pr)
		if checked[pr.id] && pr.unreadable {
			look.Skipped = ""
		}
		if look.Skipped == "" && pr.unreadable {
			look.Error = true
			closed++
		} else if checked[pr.id] {
			p.Counts["evaluationCount"] += len(pr.evaluations)
			for _, ev := range pr.evaluations {
				look.Evaluations[ev.text("evaluationId")] = verdict{State: o.state(pr, ev), Action: "skip"}
			}
		} else if look.Skipped == "" {
			p.Counts["evaluationCount"] += len(pr.evaluations)
			switch {
			case o.has("require", "", "approved") && !approved(pr):
				look.Skipped = "notApproved"
			case o.has("require", "", "noOtherBlockers") && o.otherBlockers(pr):
				look.Skipped = "otherBlockers"
			default:
				open = append(open, pr)
			}
			for _, ev := range pr.evaluations {
				look.Evaluations[ev.text("evaluationId")] = verdict{State: o.state(pr, ev), Action: "skip"}
			}
		}
		if look.Skipped != "" {
			p.Counts["skippedPullRequestCount"]++
			p.ByReason[look.Skipped]++
		}
		p.PullRequests[pr.id] = look
	}
	o.result = p
	o.decide(open)
	o.act(closed)
	return o.result
}

// checked are the pull requests whose evaluations are read before others are left alone as noPolicy: the oldest of each
// repository and target branch, or the next one where that cannot be read, and so on, up to three. Where none can be
// read, these are errors.
func (o *oracle) checked(scope []*pullRequestSnapshot) map[int]bool {
	groups := map[[2]string][]*pullRequestSnapshot{}
	for _, pr := range scope {
		if o.leftAlone(pr) == "noPolicy" && !pr.repository.isTrue("isDisabled") {
			b := [2]string{pr.repository.text("id"), pr.text("targetRefName")}
			groups[b] = append(groups[b], pr)
		}
	}
	checked := map[int]bool{}
	for _, group := range groups {
		slices.SortFunc(group, func(a, b *pullRequestSnapshot) int {
			return cmp.Or(strings.Compare(a.text("creationDate"), b.text("creationDate")), a.id-b.id)
		})
		group = slices.CompactFunc(group, func(a, b *pullRequestSnapshot) bool { return a == b })
		group = group[:min(3, len(group))]
		if i := slices.IndexFunc(group, func(pr *pullRequestSnapshot) bool { return !pr.unreadable }); i >= 0 {
			checked[group[i].id] = true
			continue
		}
		for _, pr := range group {
			checked[pr.id] = true
		}
	}
	return checked
}

// decide goes through the pull requests in plan order.
func (o *oracle) decide(open []*pullRequestSnapshot) {
	o.sort(open)
	type branch struct{ repository, target string }
	places := map[branch]map[int]bool{}
	for _, pr := range open {
		b := branch{pr.repository.text("id"), pr.text("targetRefName")}
		if places[b] == nil {
			places[b] = map[int]bool{}
		}
		for _, ev := range pr.evaluations {
			if isBuild(ev) && o.notSelected(pr, ev) == "" && o.state(pr, ev) == "running" {
				places[b][pr.id] = true
			}
		}
	}
	perBranch, perRun := o.number("maxInFlightPerBranch", 0), o.number("maxPerRun", 20)
	for _, pr := range open {
		b := branch{pr.repository.text("id"), pr.text("targetRefName")}
		evaluations := slices.Clone(pr.evaluations)
		slices.SortFunc(evaluations, func(x, y record) int {
			return cmp.Or(first(isBlocking(x), isBlocking(y)), x.number("configuration", "id")-y.number("configuration", "id"))
		})
		for _, ev := range evaluations {
			v := verdict{State: o.state(pr, ev), Action: "skip", Reason: o.cheap(pr, ev)}
			switch {
			case v.Reason != "":
			case o.asked[o.target(pr, ev)] && o.targetRed(pr, ev) && !o.needsHistory(pr, ev):
				v.Reason = "targetBranchRed" // known already
			case perBranch > 0 && !places[b][pr.id] && len(places[b]) >= perBranch:
				v.Reason = "branchBusy"
			case perRun > 0 && len(o.plan) >= perRun:
				v.Reason = "runLimit"
			default:
				v.Reason = o.costly(pr, ev, true)
			}
			switch v.Reason {
			case unreadable:
				v.Reason, v.Outcome = "", "failed"
				o.unread++
			case "":
				v.Action = "requeue"
				places[b][pr.id] = true
				o.plan = append(o.plan, planned{pr, ev})
			default:
				o.result.ByReason[v.Reason]++
			}
			o.result.PullRequests[pr.id].Evaluations[ev.text("evaluationId")] = v
		}
	}
}

func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (o *oracle) sort(open []*pullRequestSnapshot) {
	stalest := map[int]string{}
	for _, pr := range open {
		stalest[pr.id] = "none"
		for _, ev := range pr.evaluations {
			if !slices.Contains([]string{"", "coolingDown", "retriesExhausted", "historyUnknown"}, o.cheap(pr, ev)) {
				continue // not selected by the group "evaluations"
			}
			start := cmp.Or(ev.text("context", "buildStartedUtc"), ev.text("completedDate"))
			if ev.number("context", "buildId") == 0 || o.state(pr, ev) == "expired" && ev.text("status") == "queued" && !ev.isTrue("context", "isExpired") {
				start = "later" // behind every time
			}
			stalest[pr.id] = min(stalest[pr.id], start)
		}
	}
	slices.SortFunc(open, func(a, b *pullRequestSnapshot) int {
		for _, word := range o.words("order", "autoComplete,stalest") {
			by := 0
			switch strings.ToLower(word) {
			case "autocomplete":
				by = first(a.at("autoCompleteSetBy") != nil, b.at("autoCompleteSetBy") != nil)
			case "approved":
				by = first(approved(a), approved(b))
			case "stalest":
				by = strings.Compare(stalest[a.id], stalest[b.id])
			case "oldest":
				by = strings.Compare(a.text("creationDate"), b.text("creationDate"))
			case "newest":
				by = strings.Compare(b.text("creationDate"), a.text("creationDate"))
			}
			if by != 0 {
				return by
			}
		}
		return a.id - b.id
	})
}

// act does what the plan says: every pipeline starts at once, so nothing is declined.
func (o *oracle) act(failed int) {
	failed += o.unread
	p := &o.result
	dry := o.is("dryRun")
	onWay := map[[2]int]bool{}
	requeued := map[int]bool{}
	for _, a := range o.plan {
		id := a.ev.text("evaluationId")
		v := p.PullRequests[a.pr.id].Evaluations[id]
		pipeline := a.ev.number("configuration", "settings", "buildDefinitionId")
		key := [2]int{a.pr.id, pipeline}
		switch {
		case dry:
			v.Outcome = "planned"
		case onWay[key] || slices.ContainsFunc(a.pr.project.builds, func(b record) bool {
			return b.number("definition", "id") == pipeline && b.text("sourceBranch") == fmt.Sprintf("refs/pull/%d/merge", a.pr.id) && b.text("status") != "completed"
		}):
			v.Outcome, v.Reason = "moved", "moved"
			p.Counts["movedCount"]++
		default:
			v.Outcome = "requeued"
			onWay[key] = true
			requeued[a.pr.id] = true
			p.Counts["requeuedCount"]++
			name := cmp.Or(a.ev.text("configuration", "settings", "displayName"), a.pr.project.definitions[pipeline].text("name"))
			p.Writes = append(p.Writes, fmt.Sprintf("PATCH evaluation pr=%d policy=%d (%s)", a.pr.id, a.ev.number("configuration", "id"), name))
		}
		p.PullRequests[a.pr.id].Evaluations[id] = v
	}
	p.Counts["plannedCount"] = len(o.plan)
	p.Counts["skippedCount"] = p.Counts["evaluationCount"] - len(o.plan)
	p.Counts["failedCount"] = failed
	p.Limited = p.ByReason["runLimit"]+p.ByReason["branchBusy"] > 0
	exhausted := map[int]bool{}
	for id, look := range p.PullRequests {
		for _, v := range look.Evaluations {
			exhausted[id] = exhausted[id] || v.Reason == "retriesExhausted"
		}
	}
	maps.DeleteFunc(exhausted, func(_ int, is bool) bool { return !is })
	p.Exhausted, p.Requeued = numbers(exhausted), numbers(requeued)
	p.Result = "Succeeded"
	fail := func(bad bool, how string) {
		switch {
		case bad && how == "fail":
			p.Exit, p.Result = 1, "Failed"
		case bad && how == "warn" && p.Result != "Failed":
			p.Result = "SucceededWithIssues"
		}
	}
	fail(o.missing > 0, "fail")
	fail(failed+o.invisible > 0, o.word("onError", "fail"))
	fail(len(o.plan) == 0 && !p.Limited && o.missing+failed+o.invisible == 0, o.word("onNothing", "ignore"))
}

func numbers(set map[int]bool) string {
	var list []string
	for _, n := range slices.Sorted(maps.Keys(set)) {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, ",")
}

// TestOracle compares what the program does in random worlds with what the contract says, as a second reading of it
// understands it.
func TestOracle(t *testing.T) {
	t.Parallel()
	for seed := range *oracleSeeds {
		seed := uint64(*oracleFirst + seed)
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			sc := newScenario(seed)
			server := azdotest.Start(t, sc.world)
			step := sc.file().step(t, server)
			seen := readAll(t, server)
			for _, pr := range sc.failing {
				seen.byNumber[pr].fail()
			}
			for _, fault := range sc.faults {
				server.AddFault(fault)
			}
			o := newOracle(sc, seen, step)
			want := o.run()
			server.Forget() // the oracle's questions about timelines
			r := run(t, server, step)
			if r.ExitCode == 2 {
				t.Fatalf("%v: %v", sc.inputs, r.Errors)
			}
			got := outcome(t, o, server, r, want)
			if diff := gocmp.Diff(want, got); diff != "" {
				inputs, _ := json.Marshal(sc.inputs)
				t.Errorf("inputs %s, reason %q (#%d, pipeline %d), failing %v; -contract +program:\n%s\nlog:\n%s", inputs, sc.reason, sc.pullRequest, sc.definitionID, sc.failing, diff, strings.Join(r.Log, "\n"))
			}
		})
	}
}

// outcome is what a run left behind, in the words of a prophecy. Where the contract leaves something open, the prophecy's
// word is taken.
func outcome(t *testing.T, o *oracle, server *azdotest.Server, r agenttest.Result, want prophecy) prophecy {
	t.Helper()
	data, err := os.ReadFile(r.Variables["reportPath"])
	if err != nil {
		t.Fatalf("no report: %v\n%s", err, strings.Join(r.Log, "\n"))
	}
	var document record
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	got := prophecy{PullRequests: map[int]outlook{}, Counts: map[string]int{}, ByReason: map[string]int{}, Exit: r.ExitCode, Result: r.Result}
	for _, pr := range document.list("pullRequests") {
		look := outlook{Skipped: pr.text("skipped", "reason"), Error: pr.at("error") != nil, Evaluations: map[string]verdict{}}
		wanted := want.PullRequests[pr.number("id")]
		for _, ev := range pr.list("evaluations") {
			v := verdict{State: ev.text("state"), Action: ev.text("action"), Reason: ev.text("reason"), Outcome: ev.text("outcome")}
			open := []string{"state", "policyFilter", "enforcement", "manualPolicy"}
			if w := wanted.Evaluations[ev.text("evaluationId")]; !isBuildReport(ev) && w.Reason == "state" && slices.Contains(open, v.Reason) {
				v.Reason = w.Reason
			}
			if w := wanted.Evaluations[ev.text("evaluationId")]; w.State == "expired" && v.State == "failed" && v.Action == "skip" && v.Reason != "state" {
				v.State = w.State // whether a build is asked for that was filtered out is open
			}
			look.Evaluations[ev.text("evaluationId")] = v
		}
		got.PullRequests[pr.number("id")] = look
	}
	for name, value := range document.at("counts").(map[string]any) {
		if n, ok := value.(float64); ok && n != 0 {
			got.Counts[name] = int(n)
		}
		if r.Variables[name] != fmt.Sprint(value) {
			t.Errorf("output variable %s is %q, and %v in the report", name, r.Variables[name], value)
		}
	}
	maps.DeleteFunc(want.Counts, func(_ string, n int) bool { return n == 0 })
	for reason, n := range document.at("skippedByReason").(map[string]any) {
		if f, ok := n.(float64); ok {
			got.ByReason[reason] = int(f)
		}
	}
	for _, reason := range []string{"state", "policyFilter", "enforcement", "manualPolicy"} { // open for policies of other types
		if got.ByReason[reason] != want.ByReason[reason] {
			if n := want.ByReason[reason]; n == 0 {
				delete(got.ByReason, reason)
			} else {
				got.ByReason[reason] = n
			}
		}
	}
	got.Writes = append(got.Writes, server.Writes()...)
	if o.sc.world.Behaviour.RequeueAnswer == "unchanged" { // what waits for its confirmation lets others go ahead
		slices.Sort(got.Writes)
		slices.Sort(want.Writes)
	}
	got.Exhausted, got.Requeued = r.Variables["exhaustedPullRequestIds"], r.Variables["pullRequestIds"]
	got.Limited = r.Variables["limited"] == "true"
	var builds []string
	for _, id := range server.StartedBuilds() {
		builds = append(builds, strconv.Itoa(id))
	}
	if r.Variables["buildIds"] != strings.Join(builds, ",") {
		t.Errorf("buildIds is %s, started were %s", r.Variables["buildIds"], strings.Join(builds, ","))
	}
	return got
}

func isBuildReport(ev record) bool { return ev.at("pipelineId") != nil }
