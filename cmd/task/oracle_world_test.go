package main_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// scenario is a random world, what a pipeline asks for in it, and the run that it is asked in.
type scenario struct {
	world        azdotest.World
	inputs       map[string]string
	reason       string // "PullRequest" for a run that validates a pull request
	pullRequest  int
	definitionID int
	failing      []int // pull requests whose evaluations cannot be read
	faults       []azdotest.Fault
	noTimelines  bool // no timeline can be read
	noHistory    bool // no list of builds can be read
}

// maker makes the random parts of a scenario.
type maker struct {
	*rand.Rand
	commits int
	rich    bool // much is to be done, and limits cut it; else filters leave little
}

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

// pick is one number for poor worlds and one for rich ones.
func (m *maker) pick(poor, rich int) int {
	if m.rich {
		return rich
	}
	return poor
}

// one returns one of the items.
func one[T any](m *maker, items ...T) T { return items[m.IntN(len(items))] }

// some returns a few of the items, in their order.
func some(m *maker, percent int, items ...string) []string {
	var list []string
	for _, item := range items {
		if m.chance(percent) {
			list = append(list, item)
		}
	}
	return list
}

// newScenario makes the scenario of a seed: the same on every call.
func newScenario(seed uint64) scenario {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 20260101)), rich: seed%2 == 0}
	sc := scenario{inputs: m.inputs(), world: azdotest.World{
		Behaviour: azdotest.Behaviour{
			ImmediateExpiry: one(m, "queued", "rejected"), NeverRunContext: one(m, "withoutBuild", "null", "absent"),
			BuildSource: one(m, "parameters", "parameters", "triggerInfo", "none"), RequeueAnswer: one(m, "newBuild", "newBuild", "unchanged"),
		},
	}}
	sc.world.Behaviour.OmitsExpiry = m.chance(4)
	sc.world.Pages.PullRequests = one(m, 0, 0, 150)
	number := 1
	fabrikam := m.project("Fabrikam", 101, 1, []string{"web", "api-core", "API-legacy"}, &number)
	contoso := m.project("Contoso", 201, 51, []string{"web", "tools"}, &number)
	sc.world.Projects = []*azdotest.Project{fabrikam, contoso}
	if m.chance(12) {
		sc.reason, sc.pullRequest, sc.definitionID = "PullRequest", 1+m.IntN(4), 101+m.IntN(2)
	}
	if m.chance(10) {
		sc.failing = []int{1 + m.IntN(number)}
		sc.faults = append(sc.faults, azdotest.Fault{Match: azdotest.Match{Route: "evaluations", PullRequest: sc.failing[0]}, Fault: "400"})
	}
	dry := strings.EqualFold(sc.inputs["dryRun"], "true")
	if sc.noTimelines = m.chance(10); sc.noTimelines {
		sc.faults = append(sc.faults, azdotest.Fault{Match: azdotest.Match{Route: "timeline"}, Fault: "400"})
	}
	if sc.noHistory = dry && m.chance(7); sc.noHistory {
		sc.faults = append(sc.faults, azdotest.Fault{Match: azdotest.Match{Route: "builds"}, Fault: "400"})
	}
	if !dry {
		sc.inputs["concurrency"] = "1"
	}
	return sc
}

func (m *maker) project(name string, pipeline, policy int, repositories []string, number *int) *azdotest.Project {
	p := &azdotest.Project{Name: name}
	for i, n := range []string{"ci", "e2e-tests", "lint", "slow"} {
		p.Pipelines = append(p.Pipelines, &azdotest.Pipeline{
			ID: pipeline + i, Name: name + "-" + n, QueueStatus: one(m, "", "", "", "", "", "", "paused", "disabled"),
			Requeue: azdotest.Requeue{Outcome: "staysQueued"},
		})
	}
	for i := range 3 + m.IntN(3) {
		c := &azdotest.Policy{
			ID: policy + 5*i%6, DisplayName: one(m, "", "CI", "Nightly E2E", "ci, quick", "Lint"),
			Pipeline: azdotest.Ref(strconv.Itoa(pipeline + m.IntN(4))), Optional: m.chance(35), ManualQueueOnly: m.chance(m.pick(20, 10)),
			Expires: one(m, "12h", "never", "immediately"), Disabled: m.chance(6), Deleted: m.chance(4),
		}
		for range m.IntN(3) {
			s := &azdotest.Scope{Match: one(m, "Exact", "Prefix", "DefaultBranch"), Branch: one(m, "main", "release/", "main")}
			if s.Match == "DefaultBranch" {
				s.Branch = ""
			}
			if m.chance(40) {
				s.Repository = azdotest.Ref(repositories[0])
			}
			c.Scopes = append(c.Scopes, s)
		}
		p.Policies = append(p.Policies, c)
	}
	for i, kind := range []string{"Minimum reviewers", "Required reviewers", "Work items", "Merge strategy", "Status"} {
		if m.chance(40) {
			p.Policies = append(p.Policies, &azdotest.Policy{ID: policy + 10 + i, Type: kind, Optional: m.chance(30), Disabled: m.chance(5)})
		}
	}
	for _, n := range repositories {
		repo := &azdotest.Repository{Name: n, DefaultBranch: one(m, "", "", "release/1"), Disabled: m.chance(7), Hidden: m.chance(5)}
		for range m.IntN(m.pick(5, 8)) {
			repo.PullRequests = append(repo.PullRequests, m.pullRequest(p, *number))
			*number++
		}
		p.Repositories = append(p.Repositories, repo)
	}
	for _, c := range p.Pipelines {
		for range m.IntN(3) {
			p.Builds = append(p.Builds, &azdotest.Build{
				Pipeline: azdotest.Ref(c.Name), Branch: one(m, "main", "main", "release/1"), Result: one(m, "succeeded", "failed", "partiallySucceeded", "canceled"),
				Finished: fmt.Sprintf("%dm ago", 60+m.IntN(5000)),
			})
		}
		if m.chance(20) {
			p.Builds = append(p.Builds, &azdotest.Build{Pipeline: azdotest.Ref(c.Name), Branch: "main", Status: "inProgress"})
		}
	}
	return p
}

func (m *maker) pullRequest(p *azdotest.Project, id int) *azdotest.PullRequest {
	pr := &azdotest.PullRequest{
		ID: id, Title: one(m, "Add the basket", "WIP: basket", "Update lodash", "[skip] fix"), Status: one(m, "", "", "", "", "", "", "", "completed", "abandoned"),
		Source: one(m, "feature/a", "users/bob/b", "Renovate/x"), Target: one(m, "main", "main", "main", "release/1", "release/2", "dev"),
		Author: one(m, "Ada <ada@fabrikam.example>", "Bob Lee <bob@fabrikam.example>", "Renovate <bot@contoso.example>"),
		Draft:  m.chance(m.pick(15, 5)), AutoComplete: m.chance(50), Fork: m.chance(12), Labels: some(m, 30, "fast", "UI", "slow"), InactiveLabels: some(m, 5, "blocked"),
		MergeStatus: one(m, "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "conflicts", "failure", "queued", "rejectedByPolicy"), Created: fmt.Sprintf("%dh ago", one(m, 1, 20, 60, 200, 1000)+m.IntN(9)),
	}
	for range m.IntN(3) {
		pr.Votes = append(pr.Votes, one(m, 10, 10, 5, 0, -5, -10))
	}
	if m.chance(10) {
		pr.MergeStatus = "notSet"
	}
	for _, c := range p.Policies {
		if !m.chance(70) {
			continue
		}
		if c.Type != "" {
			pr.Evaluations = append(pr.Evaluations, &azdotest.Evaluation{
				Policy: azdotest.Ref(strconv.Itoa(c.ID)), Status: one(m, "approved", "approved", "queued", "rejected", "notApplicable", "running", "broken"),
			})
			continue
		}
		pr.Evaluations = append(pr.Evaluations, m.evaluation(c))
	}
	m.moreBuilds(p, pr)
	return pr
}

// moreBuilds adds builds that the evaluations do not speak of.
func (m *maker) moreBuilds(p *azdotest.Project, pr *azdotest.PullRequest) {
	for range m.IntN(4) {
		b := &azdotest.Build{
			Pipeline: azdotest.Ref(p.Pipelines[m.IntN(len(p.Pipelines))].Name), PullRequest: pr.ID, Result: one(m, "succeeded", "failed", "partiallySucceeded", "failed"),
			Reason: one(m, "", "", "manual"), Finished: "20h ago",
		}
		switch m.IntN(8) {
		case 0:
			b.Status, b.Result, b.Finished = one(m, "inProgress", "notStarted"), "", ""
		case 1:
			m.commits++
			b.SourceCommit = azdotest.Commit("another" + strconv.Itoa(m.commits))
			b.MergeCommit = azdotest.Commit("merged" + strconv.Itoa(m.commits))
		case 2:
			b.Raw = json.RawMessage(`{"parameters":"<absent>","triggerInfo":{"pr.sourceSha":"0123456789012345678901234567890123456789"}}`)
		case 3:
			b.Raw = json.RawMessage(`{"parameters":"<absent>","triggerInfo":{},"sourceVersion":"<absent>"}`)
		case 4:
			b.Raw = json.RawMessage(`{"parameters":"<absent>","triggerInfo":"<absent>"}`)
		case 5:
			b.Raw = json.RawMessage(`{"parameters":"{\"system.debug\":\"true\"}"}`)
		}
		p.Builds = append(p.Builds, b)
	}
}

func (m *maker) evaluation(c *azdotest.Policy) *azdotest.Evaluation {
	ev := &azdotest.Evaluation{
		Policy: azdotest.Ref(strconv.Itoa(c.ID)),
		State: one(m, "expired", "expired", "expired", "failed", "failed", "failed", "canceled", "broken", "notStarted", "notStarted", "queued", "running",
			"succeeded", "outdated", "outdated", "notApplicable"),
	}
	switch ev.State {
	case "failed", "canceled", "broken":
		ev.Started = fmt.Sprintf("%dm ago", one(m, 310, 400, 1500)+m.IntN(99))
		ev.Completed = one(m, "3m ago", "30m ago", "300m ago", "300m ago", "300m ago", "none")
		for range m.IntN(4) {
			ev.History = append(ev.History, one(m, "failed", "failed", "partiallySucceeded", "succeeded", "canceled"))
		}
		ev.Errors = some(m, 30, "feed timed out", "agent lost", "test failed: basket")
		ev.Preview = some(m, 20, "feed timed out", "test failed: basket")
		if ev.State == "broken" && m.chance(50) {
			ev.Result = "failed"
		}
		ev.NoBuildRecord = m.chance(8)
	case "notStarted":
		ev.Started = one(m, "2m ago", "40m ago", "5h ago")
	case "outdated", "expired":
		ev.Started = fmt.Sprintf("%dm ago", one(m, 20, 100, 400, 800, 1600, 4000)+m.IntN(15))
	}
	if m.chance(7) {
		ev.Raw = json.RawMessage(one(m,
			`{"context":{"isExpired":"yes"}}`, `{"context":{"buildId":"seven"}}`, `{"status":4}`, `{"status":"confused"}`, `{"context":{"isExpired":null}}`,
			`{"context":{"isExpired":true}}`, `{"context":{"buildIsNotCurrent":null}}`, `{"context":"none"}`, `{"status":"<absent>"}`, `{"context":{"isExpired":1}}`,
			`{"context":{"isExpired":true},"status":"approved"}`, `{"context":{"buildDefinitionName":"<absent>"}}`, `{"completedDate":null}`,
			`{"context":{"buildOutputPreview":"odd"}}`, `{"startedDate":"<absent>"}`))
	}
	return ev
}

// inputs are the inputs of a step, most of them left out.
func (m *maker) inputs() map[string]string {
	in := map[string]string{}
	maybe := func(percent int, name string, values ...string) {
		if m.chance(percent) {
			in[name] = values[m.IntN(len(values))]
		}
	}
	maybe(m.pick(70, 100), "repositories", "*", "*", "web", "api-*, web", "!web", "*,!API-*", "*/*", "*/web", "Contoso/*\nweb", "Fabrikam/web,contoso/TOOLS", "web,gone", "nothing-*,web", "*/*,!Contoso/w?b",
		azdotest.RepositoryID("Fabrikam", "api-core").String()+",web")
	maybe(m.pick(12, 3), "pullRequestIds", "1", "1,2,3", "2, 5,\n9", "4,4000", "7,8")
	maybe(m.pick(15, 3), "targetBranches", "main", "MAIN", "refs/heads/main", "release/*", "!release/*", "*,!main", "release/?\nmain", "refs/heads/*,!refs/heads/dev")
	maybe(m.pick(10, 2), "sourceBranches", "feature/*", "!renovate/*", "users/*,renovate/*", "refs/heads/feature/a")
	maybe(m.pick(10, 2), "labels", "fast", "!slow", "ui,fast", "*,!FAST", "!blocked", "blocked")
	maybe(m.pick(10, 2), "authors", "ada*", "*@fabrikam.example", "!renovate", "Bob Lee\n*contoso*", "!*@contoso.example")
	maybe(m.pick(10, 2), "titles", "!WIP*", "*basket*", "Update lodash\n[skip]*", "*\n!*[skip]*")
	maybe(25, "drafts", "skip", "include", "ONLY", "Include")
	maybe(m.pick(10, 2), "createdWithin", "2d", "1d12h", "500h", "0")
	maybe(m.pick(30, 7), "require", "autoComplete", "approved", "noOtherBlockers", "approved, NoOtherBlockers", "autocomplete,approved", "noOtherBlockers")
	maybe(m.pick(75, 90), "when", "expired", "failed", "expired,failed", "Expired, Failed, Broken, NotStarted, Outdated", "expired\nfailed\nbroken\nnotStarted\noutdated", "notStarted", "outdated,expired", "broken", "failed,broken")
	maybe(m.pick(12, 3), "policies", "CI", "*-ci", "101\n202", "!102", "ci, quick", "*e2e*", "!lint\n!10?", "!201\n*")
	maybe(m.pick(12, 3), "enforcement", "all", "required", "Optional")
	maybe(m.pick(40, 60), "manualPolicies", "include", "include", "skip", "only")
	maybe(15, "outdatedAfter", "1h", "2d", "0", "12h")
	maybe(m.pick(25, 35), "maxRetriesPerCommit", "0", "1", "2", "5")
	maybe(30, "cooldown", "0", "1h", "1d", "10m")
	maybe(m.pick(15, 20), "retryOnlyIf", "timed out", "(?i)AGENT\nfeed", "never said")
	maybe(10, "neverRetryIf", "test failed", "lost$", "^nothing$")
	maybe(m.pick(40, 60), "maxPerRun", "0", "1", "2", "3", "5")
	maybe(m.pick(20, 45), "maxInFlightPerBranch", "1", "2", "0")
	maybe(m.pick(40, 60), "order", "stalest", "oldest", "newest", "approved", "approved,newest", "autoComplete", "AutoComplete, oldest", "approved\nautoComplete\nstalest")
	maybe(m.pick(20, 30), "waitForTargetBranch", "true", "True", "false")
	maybe(60, "dryRun", "true", "True", "false")
	maybe(20, "onNothing", "ignore", "warn", "fail", "Fail")
	maybe(15, "onError", "fail", "warn")
	if m.rich && m.chance(60) {
		in["repositories"] = "*/*"
	}
	if m.rich && m.chance(60) {
		in["when"] = "expired,failed,broken,notStarted,outdated"
	}
	return in
}

// step is the step of a scenario.
func (sc scenario) file() stepFile {
	f := stepFile{Inputs: sc.inputs}
	f.Job.Reason, f.Job.DefinitionID = sc.reason, sc.definitionID
	if sc.reason == "PullRequest" {
		f.Job.PullRequest = &agenttest.PullRequest{ID: sc.pullRequest, SourceBranch: "refs/heads/feature/a", TargetBranch: "refs/heads/main"}
	}
	return f
}
