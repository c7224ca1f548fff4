package requeue_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

var oracleWorlds = flag.Int("worlds", 1000, "how many random worlds TestOracle tries")

// world is a random set of inputs, pull requests and builds.
type world struct {
	rules requeue.Rules
	// What the patterns in rules were made of, for the oracle: literal text alone.
	targets, sources, labels, authors, titles, policies []string
	covered                                             []string // the branches with a policy, where the list of policies could be read
	retryOnlyIf, neverRetryIf                           string

	shared   bool // policy 4 has the pipeline of policy 1
	mostFail bool // most builds fail
	prs      []requeue.PullRequest
	svc      service
	states   map[uuid.UUID]derived // that the oracle knows already
}

type derived struct {
	state requeue.State
	err   error
}

func newWorld(t testing.TB, rng *rand.Rand) world {
	t.Helper()
	chance := func(percent int) bool { return rng.IntN(100) < percent }
	w := world{states: map[uuid.UUID]derived{}}
	w.rules = rules(func(r *requeue.Rules) {
		r.When = slices.DeleteFunc(r.When, func(requeue.State) bool { return chance(20) })
		for _, state := range []requeue.State{requeue.StateExpiring, requeue.StateRecovered} {
			if chance(70) {
				r.When = append(r.When, state)
			}
		}
		r.ExpiringWithin = pick(rng, time.Hour, 8*time.Hour, 8*time.Hour)
		r.OutdatedAfter = pick(rng, 12*time.Hour, 12*time.Hour, time.Hour, 30*time.Hour)
		r.Drafts = requeue.DraftsInclude
		if chance(30) {
			r.Drafts = pick(rng, requeue.DraftsSkip, requeue.DraftsSkip, requeue.DraftsOnly)
		}
		r.Enforcement = requeue.EnforcementAll
		if chance(20) {
			r.Enforcement = pick(rng, requeue.EnforcementRequired, requeue.EnforcementOptional)
		}
		r.ManualPolicies = pick(rng, requeue.ManualSkip, requeue.ManualInclude, requeue.ManualInclude, requeue.ManualInclude)
		if chance(5) {
			r.ManualPolicies = requeue.ManualOnly
		}
		r.MaxRetriesPerCommit = rng.IntN(4)
		r.Cooldown = pick(rng, 0, 10*time.Minute)
		r.CreatedWithin = pick(rng, 0, 0, 0, 50*time.Hour)
		r.RequireAutoComplete, r.RequireApproved, r.RequireNoOtherBlockers = chance(15), chance(15), chance(15)
		r.MaxPerRun, r.MaxInFlightPerBranch, r.AutoInFlight = rng.IntN(5), rng.IntN(3), chance(25)
		r.WaitForTargetBranch = pick(rng, "", requeue.TargetBranchIgnore, requeue.TargetBranchIgnore, requeue.TargetBranchAwait, requeue.TargetBranchProbe)
		if chance(20) {
			r.OwnPipeline = requeue.PipelineRef{ProjectID: pick(rng, project.ID, project.ID, id(9)), ID: 101}
		}
		r.PauseAfterFailures = pick(rng, 0, 0, 3, 3, 4, 6)
		if w.mostFail = chance(25); w.mostFail {
			r.PauseAfterFailures, r.MaxRetriesPerCommit, r.Cooldown = pick(rng, 3, 3, 4, 6), 4, pick(rng, 0, 0, 10*time.Minute)
			r.Drafts, r.CreatedWithin, r.OwnPipeline.ID = requeue.DraftsInclude, 0, 0
		}
		r.ExamineBeyondLimits = chance(30)
		if chance(5) { // not together with train mode
			r.MaxInFlightPerBranch, r.AutoInFlight, r.Slice = 0, false, requeue.Slice{Position: 1 + rng.IntN(2), Total: 2}
		}
		keys := []requeue.OrderKey{requeue.OrderAutoComplete, requeue.OrderApproved, requeue.OrderStalest, requeue.OrderOldest, requeue.OrderNewest, "label:ready", "label:wip"}
		rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		r.Order = keys[:rng.IntN(4)]
		r.OrderLabels = map[requeue.OrderKey]requeue.Patterns{"label:ready": patterns(t, "ready"), "label:wip": patterns(t, "wip")}
	})
	w.targets = pick(rng, nil, nil, nil, nil, []string{"main"}, []string{"!release"})
	w.labels = pick(rng, nil, nil, nil, nil, nil, nil, nil, []string{"ready"}, []string{"!wip"}, []string{"ready", "!wip"})
	w.policies = pick(rng, nil, nil, nil, nil, nil, nil, []string{"Build 1", "102"}, []string{"!103"}, []string{"!Build 2", "101", "ci"})
	if chance(20) {
		w.sources = pick(rng, []string{"topic"}, []string{"!refs/heads/fix"})
		w.authors = pick(rng, nil, []string{"ANN ash"}, []string{"!bob@example.com"})
		w.titles = pick(rng, nil, []string{"add tea", "x"}, []string{"!Mend the cup"})
		w.covered = pick(rng, nil, []string{"refs/heads/main", "refs/heads/old"})
	}
	if w.mostFail {
		w.targets, w.labels, w.policies = nil, nil, nil
	}
	w.rules.SourceBranches, w.rules.Authors, w.rules.Titles = branches(t, w.sources...), patterns(t, w.authors...), patterns(t, w.titles...)
	w.rules.TargetBranches, w.rules.Labels, w.rules.Policies = branches(t, w.targets...), patterns(t, w.labels...), policies(t, w.policies...)
	if chance(30) {
		w.retryOnlyIf, w.rules.RetryOnlyIf = "timeout", regexps("timeout")
	}
	if chance(30) {
		w.neverRetryIf, w.rules.NeverRetryIf = "syntax", regexps("syntax")
	}

	w.shared = chance(20)
	w.svc = service{
		pipelines: map[int]requeue.Pipeline{}, errors: map[int][]string{}, failed: map[int][]requeue.FailedStep{},
		logs: map[int]requeue.Logs{}, pushed: map[int]time.Time{}, gone: map[int]bool{},
	}
	for n := 101; n <= 104; n++ {
		w.svc.pipelines[n] = requeue.Pipeline{ID: n, Name: pick(rng, "ci", "cd"), QueueStatus: pick(rng, "enabled", "enabled", "enabled", "enabled", "paused", "")}
		for i, branch := range []string{"main", "release"} {
			for k := range rng.IntN(5) {
				w.svc.builds = append(w.svc.builds, requeue.Build{
					ID: n*10 + i*5 + k, PipelineID: n, Status: "completed", Result: pick(rng, "succeeded", "succeeded", "failed", "failed", "canceled", "partiallySucceeded"),
					Reason: "individualCI", RefName: "refs/heads/" + branch, Finished: ago(time.Duration(pick(rng, 0, 1, 2, 3, 20, 40)) * time.Hour),
				})
			}
		}
	}
	for n := 101; n <= 104; n++ {
		bad := pick(rng, 0, 20, 50, 100)
		wait := pick(rng, 0, time.Minute, 16*time.Minute)
		for k := range pick(rng, 0, 8, 30, 90) {
			w.svc.builds = append(w.svc.builds, requeue.Build{
				ID: n*100 + k, PipelineID: n, Status: "completed", Result: pick(rng, "succeeded", "succeeded", "canceled"), Reason: "manual",
				RefName: "refs/pull/99/merge", SourceCommitID: fmt.Sprint("x", k%7), Finished: ago(time.Duration(200-k) * time.Hour),
			})
			b := &w.svc.builds[len(w.svc.builds)-1]
			if k > 7 && chance(bad) {
				b.Result = "failed"
			}
			if wait > 0 {
				b.Started = b.Finished.Add(-time.Hour)
				b.Queued = b.Started.Add(-wait + time.Duration(rng.IntN(3)-1)*time.Minute)
			}
		}
	}
	w.addStreaks(rng)
	w.svc.noTimeline = chance(10)
	if chance(40) {
		seed := rng.IntN(7)
		w.svc.failsAt = func(q requeue.Question) bool { return (q.BuildID+q.PipelineID+len(q.RefName)+len(q.Kind))%7 == seed }
	}
	if w.mostFail {
		for n, p := range w.svc.pipelines {
			p.QueueStatus = "enabled"
			w.svc.pipelines[n] = p
		}
	}
	for number := range 2 + rng.IntN(7) {
		w.prs = append(w.prs, w.newPullRequest(rng, number+1))
	}
	if w.mostFail && chance(15) { // just as many as there are, or one more
		for i, b := range w.svc.builds {
			if b.PipelineID == 101 && b.Result == "succeeded" && b.Reason != "individualCI" {
				w.svc.builds[i].Result = "failed"
			}
		}
		w.rules.PauseAfterFailures = max(3, len(ended(101, w.svc.builds))+rng.IntN(2))
	}
	return w
}

// addStreaks lets some pipelines fail for everybody, or nearly so, right up to now.
func (w *world) addStreaks(rng *rand.Rand) {
	for n := 101; n <= 104; n++ {
		length := pick(rng, 0, 0, 3, 4, 6, 8)
		if w.mostFail {
			length = 8
		}
		pullRequests := pick(rng, 2, 3, 3, 4)
		odd := pick(rng, -1, length-1-rng.IntN(4))
		for k, i := range rng.Perm(length) {
			b := requeue.Build{
				ID: n*1000 + i, PipelineID: n, Status: "completed", Result: pick(rng, "failed", "failed", "failed", "partiallySucceeded", "canceled"),
				Reason: pick(rng, "pullRequest", "manual"), RefName: requeue.MergeRefName(90 + (k+n)%pullRequests), SourceCommitID: fmt.Sprint("x", k%7),
				Finished: ago(time.Duration(length-k) * time.Second),
			}
			if k == odd {
				switch rng.IntN(4) {
				case 0:
					b.Result = "succeeded"
				case 1:
					b.Result, b.RefName = "succeeded", "refs/heads/topic"
				case 2:
					b.Result, b.RefName = "succeeded", fmt.Sprintf("refs/pull/%d/head", 90+k)
				case 3:
					b.Status, b.Result, b.Finished = "inProgress", "", time.Time{}
				}
			}
			w.svc.builds = append(w.svc.builds, b)
		}
	}
}

func (w *world) newPullRequest(rng *rand.Rand, number int) requeue.PullRequest {
	chance := func(percent int) bool { return rng.IntN(100) < percent }
	pr := pullRequest(number, onto(pick(rng, "main", "main", "release")), func(pr *requeue.PullRequest) {
		pr.Repository = pick(rng, repository, repository, other)
		if chance(3) {
			pr.Repository = &requeue.Repository{ID: id(4), Name: "milk", Project: project, Disabled: true}
		}
		pr.SourceRefName = pick(rng, "refs/heads/topic", "refs/heads/topic", "refs/heads/topic", "refs/heads/fix")
		pr.Title = pick(rng, "Add tea", "Add tea", "Mend the cup")
		if chance(30) {
			pr.Author = requeue.Person{DisplayName: "Bob Birch", UniqueName: "bob@example.com"}
		}
		pr.Status = "active"
		if chance(5) {
			pr.Status = "completed"
		}
		pr.Draft, pr.AutoComplete, pr.Fork = chance(20), chance(70), chance(20)
		pr.MergeStatus = pick(rng, "succeeded", "succeeded", "succeeded", "succeeded", "succeeded", "succeeded", "succeeded", "queued", "queued", "conflicts", "failure")
		pr.Labels = pick(rng, nil, []string{"Ready"}, []string{"ready", "x"}, []string{"WIP", "ready"})
		pr.Created = ago(time.Duration(rng.IntN(4)) * 24 * time.Hour)
		if chance(50) {
			w.svc.pushed[number] = ago(time.Duration(rng.IntN(30)) * time.Minute)
		}
		pr.Votes = pick(rng, nil, []int{10}, []int{5, 0}, []int{10, 10}, []int{-5, 10})
		if chance(5) {
			pr.Err = errTest
		}
	})
	for policyID := 1; policyID <= 4; policyID++ {
		if chance(25) {
			continue
		}
		ev := evaluation(policyID, pick(rng, evaluationMod(expired), failed, failed, broken, notStarted, outdated, shownAsRejected, leftQueued, running, func(*requeue.Evaluation) {}, notApplicable, unknown))
		if w.mostFail && chance(60) {
			ev = evaluation(policyID, pick(rng, failed, failed, failed, broken, expired))
		}
		ev.ID = id(number*100 + policyID)
		if policyID == 4 && w.shared {
			ev.Policy.PipelineID = 101
		}
		if ev.BuildID != 0 {
			ev.BuildID = 10000 + number*100 + policyID*10 + 5
			ev.BuildStarted = before(time.Duration(rng.IntN(40)) * time.Hour)
		}
		if ev.Status != "queued" || ev.IsExpired {
			ev.Completed = pick(rng, before(time.Hour), before(time.Minute), time.Time{}, before(time.Hour))
		}
		if ev.Status == "broken" && chance(20) {
			noBuild(&ev)
		}
		ev.Policy.ValidDuration = pick(rng, 0, 0, 60.0, 720, 1440)
		if chance(25) {
			ev.Policy.QueueOnSourceUpdateOnly, ev.Policy.ValidDuration = false, 0
		}
		if ev.Status == "running" {
			ev.BuildIsNotCurrent = chance(40)
		}
		ev.Preview = pick(rng, nil, nil, []string{"timeout"}, []string{"syntax"})
		ev.Policy.Blocking, ev.Policy.ManualQueueOnly = chance(70), chance(20)
		if chance(20) {
			ev.PipelineName = ""
		}
		if chance(10) {
			ofType(pick(rng, reviewersType, requiredReviewersType, mergeStrategyType, commentsType), "Another type")(&ev)
		}
		if chance(5) {
			malformed(&ev)
		}
		pr.Evaluations = append(pr.Evaluations, ev)
		for k := range 1 + rng.IntN(5) {
			b := requeue.Build{
				ID: 10000 + number*100 + policyID*10 + 5 - k, PipelineID: ev.Policy.PipelineID, Status: "completed",
				Result: pick(rng, "failed", "failed", "partiallySucceeded", "succeeded", "canceled"), Reason: "pullRequest",
				RefName: requeue.MergeRefName(number), SourceCommitID: pick(rng, "c2", "c2", "c2", "c1", ""), MergeCommitID: pick(rng, "m2", "m1", ""),
				Finished: pick(rng, ago(time.Hour), ago(2*time.Minute)),
			}
			w.svc.errors[b.ID] = pick(rng, nil, []string{"timeout"}, []string{"x", "syntax"})
			w.svc.failed[b.ID] = pick(rng, nil, []requeue.FailedStep{{LogID: 3, Counted: 1, Kept: 1}}, []requeue.FailedStep{{LogID: 3, Counted: 12, Kept: 10}})
			if chance(5) {
				w.svc.failed[b.ID] = slices.Repeat([]requeue.FailedStep{{LogID: 3, Counted: 1, Kept: 1}}, 5+rng.IntN(2))
			}
			if len(w.svc.failed[b.ID]) > 0 {
				w.svc.logs[b.ID] = requeue.Logs{Ends: map[int]requeue.LogEnd{3: {
					Lines: pick(rng, nil, []string{"y"}, []string{"y", "timeout"}, []string{"syntax", "z"}), Whole: chance(50), Err: pick(rng, nil, nil, nil, errTest),
				}}}
			}
			if w.svc.noTimeline && chance(50) {
				w.svc.logs[b.ID] = requeue.Logs{Validation: []string{pick(rng, "timeout", "the file is missing")}, Ends: w.svc.logs[b.ID].Ends}
			}
			w.svc.gone[b.ID] = chance(5)
			if k > 0 || chance(90) {
				w.svc.builds = append(w.svc.builds, b)
			}
		}
	}
	return pr
}

func pick[T any](rng *rand.Rand, from ...T) T { return from[rng.IntN(len(from))] }

// allFacts answers every question that could be asked.
func (w world) allFacts() requeue.Facts {
	facts := requeue.Facts{}
	add := func(q requeue.Question) {
		q.ProjectID = project.ID
		facts[q] = w.svc.answer(q)
	}
	for _, pr := range w.prs {
		add(requeue.Question{Kind: requeue.AskLastPush, RepositoryID: pr.Repository.ID, PullRequestID: pr.ID})
		for _, e := range pr.Evaluations {
			add(requeue.Question{Kind: requeue.AskLogs, BuildID: e.BuildID})
			add(requeue.Question{Kind: requeue.AskPipeline, PipelineID: e.Policy.PipelineID})
			add(requeue.Question{Kind: requeue.AskBuild, BuildID: e.BuildID})
			add(requeue.Question{Kind: requeue.AskErrors, BuildID: e.BuildID})
			add(requeue.Question{Kind: requeue.AskPipelineBuilds, PipelineID: e.Policy.PipelineID})
			add(requeue.Question{Kind: requeue.AskHistory, PipelineID: e.Policy.PipelineID, RefName: requeue.MergeRefName(pr.ID)})
			add(requeue.Question{Kind: requeue.AskTargetBuilds, PipelineID: e.Policy.PipelineID, RefName: pr.TargetRefName})
			add(requeue.Question{Kind: requeue.AskTargetBranch, PipelineID: e.Policy.PipelineID, RefName: pr.TargetRefName})
		}
	}
	return facts
}

// The oracle: what the contract says, said again as plainly as possible, with every answer at hand and no regard to how
// many questions that takes.

func (w world) fact(q requeue.Question) requeue.Answer {
	q.ProjectID = project.ID
	return w.svc.answer(q)
}

// literal is a list of texts without "*" and "?".
func literal(items []string, names ...string) bool {
	including, included := false, false
	for _, item := range items {
		text, exclude := strings.CutPrefix(item, "!")
		including = including || !exclude
		for _, name := range names {
			if strings.EqualFold(text, name) {
				if exclude {
					return false
				}
				included = true
			}
		}
	}
	return included || !including
}

// stateOf derives the state once: everything hangs on it.
func (w world) stateOf(pr requeue.PullRequest, e requeue.Evaluation) (requeue.State, error) {
	known, ok := w.states[e.ID]
	if !ok {
		known.state, known.err = w.deriveState(pr, e)
		w.states[e.ID] = known
	}
	return known.state, known.err
}

func (w world) deriveState(pr requeue.PullRequest, e requeue.Evaluation) (requeue.State, error) {
	interesting := slices.ContainsFunc(w.rules.When, func(s requeue.State) bool {
		return s == requeue.StateExpired || s == requeue.StateFailed || s == requeue.StateRecovered
	})
	wrongType := e.Malformed != "" // of another field than the status, in these worlds
	switch {
	case e.Status == "notApplicable":
		return requeue.StateNotApplicable, nil
	case e.Status == "running":
		return requeue.StateRunning, nil
	case wrongType:
		return requeue.StateUnknown, nil
	case e.Status == "queued" && e.BuildID != 0 && !e.IsExpired && isBuild(e) && e.BuildIsNotCurrent:
		a := w.fact(requeue.Question{Kind: requeue.AskBuild, BuildID: e.BuildID})
		if a.Gone || a.Err == nil && a.Build.Status == "completed" {
			return requeue.StateExpired, nil
		}
		return requeue.StateRunning, a.Err
	case e.Status == "queued" && e.BuildID != 0 && !e.IsExpired:
		return requeue.StateRunning, nil
	case e.Status == "approved" && isBuild(e) && e.BuildIsNotCurrent && e.Policy.QueueOnSourceUpdateOnly && e.Policy.ValidDuration > 0 &&
		(!e.Completed.IsZero() || !e.BuildStarted.IsZero()) &&
		!now.Before(latest(e.Completed, e.BuildStarted).Add(time.Duration(e.Policy.ValidDuration)*time.Minute)):
		return requeue.StateExpired, nil
	case e.IsExpired:
		return requeue.StateExpired, nil
	case e.Status == "rejected" && isBuild(e) && e.BuildIsNotCurrent && !e.Policy.QueueOnSourceUpdateOnly && e.BuildID != 0 && interesting:
		a := w.fact(requeue.Question{Kind: requeue.AskBuild, BuildID: e.BuildID})
		if a.Err == nil && a.Build.Result == "succeeded" {
			return requeue.StateExpired, nil
		}
		if a.Gone {
			return requeue.StateFailed, nil
		}
		state, err := w.failed(pr, e)
		return state, cmp.Or(a.Err, err)
	case e.Status == "rejected":
		return w.failed(pr, e)
	case e.Status == "broken":
		return requeue.StateBroken, nil
	case e.Status == "queued":
		return requeue.StateNotStarted, nil
	case e.Status == "approved" && isBuild(e) && e.BuildIsNotCurrent && e.Policy.QueueOnSourceUpdateOnly && e.Policy.ValidDuration > 0 &&
		!e.BuildStarted.IsZero() && slices.Contains(w.rules.When, requeue.StateExpiring) &&
		!e.BuildStarted.Add(time.Duration(e.Policy.ValidDuration)*time.Minute).After(now.Add(w.rules.ExpiringWithin)) &&
		!e.BuildStarted.Add(time.Duration(e.Policy.ValidDuration)*time.Minute/2).After(now):
		return requeue.StateExpiring, nil
	case e.Status == "approved" && e.BuildIsNotCurrent && now.Sub(e.BuildStarted) >= w.rules.OutdatedAfter:
		return requeue.StateOutdated, nil
	case e.Status == "approved":
		return requeue.StateSucceeded, nil
	}
	return requeue.StateUnknown, nil
}

// failed is what became of a build that failed: recovered where its target branch was red and is green again.
func (w world) failed(pr requeue.PullRequest, e requeue.Evaluation) (requeue.State, error) {
	if !slices.Contains(w.rules.When, requeue.StateRecovered) || !isBuild(e) || e.BuildStarted.IsZero() {
		return requeue.StateFailed, nil
	}
	answer := w.fact(requeue.Question{Kind: requeue.AskTargetBuilds, PipelineID: e.Policy.PipelineID, RefName: pr.TargetRefName})
	if answer.Err != nil {
		return requeue.StateFailed, answer.Err
	}
	runs := slices.DeleteFunc(slices.Clone(answer.Builds), func(b requeue.Build) bool {
		return b.PipelineID != e.Policy.PipelineID || b.RefName != pr.TargetRefName || b.Result != "succeeded" && b.Result != "failed"
	})
	slices.SortFunc(runs, func(a, b requeue.Build) int { return cmp.Or(b.Finished.Compare(a.Finished), b.ID-a.ID) })
	if len(runs) == 0 || runs[0].Result != "succeeded" {
		return requeue.StateFailed, nil
	}
	for _, b := range runs {
		if !b.Finished.After(e.BuildStarted) {
			return map[string]requeue.State{"failed": requeue.StateRecovered, "succeeded": requeue.StateFailed}[b.Result], nil
		}
	}
	return requeue.StateFailed, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func isBuild(e requeue.Evaluation) bool { return e.Policy.TypeID.String() == requeue.BuildPolicyType }

func (w world) pullRequestReason(pr requeue.PullRequest) requeue.Reason {
	r := w.rules
	switch {
	case pr.Status != "active":
		return requeue.NotActive
	case !literal(w.targets, strings.TrimPrefix(pr.TargetRefName, "refs/heads/")):
		return requeue.TargetBranch
	case len(w.sources) > 0 && pr.SourceRefName == "refs/heads/fix":
		return requeue.SourceBranch
	case !literal(w.labels, pr.Labels...):
		return requeue.Label
	case !literal(w.authors, pr.Author.DisplayName, pr.Author.UniqueName):
		return requeue.Author
	case !literal(w.titles, pr.Title):
		return requeue.Title
	case r.Drafts == requeue.DraftsSkip && pr.Draft:
		return requeue.Draft
	case r.Drafts == requeue.DraftsOnly && !pr.Draft:
		return requeue.NotDraft
	case r.CreatedWithin > 0 && now.Sub(pr.Created) > r.CreatedWithin:
		return requeue.TooOld
	case pr.MergeStatus == "conflicts", pr.MergeStatus == "failure":
		return requeue.Conflicts
	case w.covered != nil && !slices.Contains(w.covered, pr.TargetRefName):
		return requeue.NoPolicy
	case pr.Repository.Disabled:
		return requeue.RepositoryDisabled
	case r.RequireAutoComplete && !pr.AutoComplete:
		return requeue.NotAutoComplete
	case r.Slice.Total > 0 && !w.ours(pr): // which is known before anybody has read who approved
		return requeue.OtherSlice
	case pr.Err == nil && r.RequireApproved && !approved(pr):
		return requeue.NotApproved
	}
	return ""
}

// ours asks the rules themselves: the contract does not say which hash it is.
func (w world) ours(pr requeue.PullRequest) bool {
	r := rules(func(r *requeue.Rules) { r.Slice = w.rules.Slice })
	return screen(r, pullRequest(pr.ID))[0].Skipped == ""
}

// screen is what is known before the evaluations are read.
func (w world) screen(prs []requeue.PullRequest) []requeue.Screened {
	list := []*requeue.Policy{
		{TypeID: uuid.MustParse(requeue.BuildPolicyType), Enabled: true, Deleted: true},
		{TypeID: uuid.MustParse(requeue.BuildPolicyType)},
		{TypeID: uuid.MustParse(reviewersType), Enabled: true},
	}
	for _, ref := range w.covered {
		list = append(list, &requeue.Policy{
			TypeID: uuid.MustParse(requeue.BuildPolicyType), Enabled: true, Scopes: []requeue.PolicyScope{{RefName: ref, MatchKind: "Exact"}},
		})
	}
	out := make([]requeue.Screened, len(prs))
	for i := range prs {
		out[i] = w.rules.Screen(&prs[i], list, w.covered != nil, now)
	}
	return out
}

func approved(pr requeue.PullRequest) bool {
	if pr.Err != nil {
		return false
	}
	policies, green := 0, 0
	for _, e := range pr.Evaluations {
		kind := e.Policy.TypeID.String()
		if e.Policy.Blocking && (kind == reviewersType || kind == requiredReviewersType) && e.Status != "notApplicable" {
			policies++
			if e.Status == "approved" {
				green++
			}
		}
	}
	up, down := 0, 0
	for _, v := range pr.Votes {
		switch v {
		case 5, 10:
			up++
		case -5, -10:
			down++
		}
	}
	return green == policies && down == 0 && (policies > 0 || up > 0)
}

// selects is the group "evaluations": "" or "error" or a reason.
func (w world) selects(pr requeue.PullRequest, e requeue.Evaluation) string {
	r := w.rules
	state, stateErr := w.stateOf(pr, e)
	pipeline := w.fact(requeue.Question{Kind: requeue.AskPipeline, PipelineID: e.Policy.PipelineID})
	names := []string{e.Policy.DisplayName, cmp.Or(e.PipelineName, pipeline.Pipeline.Name)}
	var digits, texts []string
	for _, item := range w.policies {
		if strings.Trim(item, "!0123456789") == "" {
			digits = append(digits, item)
		} else {
			texts = append(texts, item)
		}
	}
	included := func(items []string, names ...string) bool {
		return literal(items, names...) && slices.ContainsFunc(items, func(i string) bool { return i[0] != '!' })
	}
	number := fmt.Sprint(e.Policy.PipelineID)
	byID, byName := included(digits, number), included(texts, names...)
	excluded := !literal(slices.DeleteFunc(slices.Clone(w.policies), func(i string) bool { return i[0] != '!' }), append(names, number)...)
	anything := !slices.ContainsFunc(w.policies, func(i string) bool { return i[0] != '!' })
	switch {
	case !isBuild(e) && e.Policy.Blocking && state != requeue.StateSucceeded && state != requeue.StateNotApplicable && state != requeue.StateOutdated:
		return "byHand"
	case !isBuild(e):
		return "state"
	case excluded || !anything && !byID && !byName:
		if e.PipelineName == "" && pipeline.Err != nil && len(texts) > 0 && slices.Contains(r.When, state) && !excluded {
			return "error"
		}
		return "policyFilter"
	case r.Enforcement == requeue.EnforcementRequired && !e.Policy.Blocking, r.Enforcement == requeue.EnforcementOptional && e.Policy.Blocking:
		return "enforcement"
	case r.ManualPolicies == requeue.ManualSkip && e.Policy.ManualQueueOnly, r.ManualPolicies == requeue.ManualOnly && !e.Policy.ManualQueueOnly:
		return "manualPolicy"
	case state == requeue.StateNotStarted && pr.Fork:
		return "fork"
	case e.Policy.PipelineID == r.OwnPipeline.ID && r.OwnPipeline.ProjectID == project.ID:
		return "ownPipeline"
	case pipeline.Err == nil && pipeline.Pipeline.QueueStatus == "paused":
		return "pipelineDisabled"
	case stateErr != nil:
		return "error"
	case !slices.Contains(r.When, state):
		return "state"
	case pipeline.Err != nil && e.PipelineName == "" && slices.ContainsFunc(texts, func(i string) bool { return i[0] == '!' }):
		return "error"
	}
	return ""
}

// retries is the group "retries": "" or "error" or a reason.
func (w world) retries(pr requeue.PullRequest, e requeue.Evaluation) string {
	r := w.rules
	state, _ := w.stateOf(pr, e)
	within := func(at time.Time) bool { return r.Cooldown > 0 && !at.IsZero() && now.Sub(at) < r.Cooldown }
	if state == requeue.StateNotStarted && !e.Policy.ManualQueueOnly && r.Cooldown > 0 {
		if within(pr.Created) {
			return "coolingDown"
		}
		push := w.fact(requeue.Question{Kind: requeue.AskLastPush, RepositoryID: pr.Repository.ID, PullRequestID: pr.ID})
		if push.Err != nil {
			return "error"
		}
		if within(push.Pushed) {
			return "coolingDown"
		}
	}
	if state == requeue.StateRecovered && e.BuildID != 0 {
		answer := w.fact(requeue.Question{Kind: requeue.AskHistory, PipelineID: e.Policy.PipelineID, RefName: requeue.MergeRefName(pr.ID)})
		if answer.Err != nil {
			return "error"
		}
		if slices.ContainsFunc(answer.Builds, func(b requeue.Build) bool {
			return b.ID == e.BuildID && b.PipelineID == e.Policy.PipelineID && b.RefName == requeue.MergeRefName(pr.ID) && b.Result == "canceled"
		}) {
			return "buildCanceled"
		}
	}
	if state != requeue.StateFailed && state != requeue.StateBroken {
		return ""
	}
	if within(e.Completed) {
		return "coolingDown"
	}
	if r.MaxRetriesPerCommit == 0 {
		return "retriesExhausted"
	}
	if state == requeue.StateBroken && e.BuildID == 0 {
		return map[bool]string{true: "historyUnknown", false: ""}[e.Completed.IsZero()]
	}
	answer := w.fact(requeue.Question{Kind: requeue.AskHistory, PipelineID: e.Policy.PipelineID, RefName: requeue.MergeRefName(pr.ID)})
	if answer.Err != nil {
		return "error"
	}
	var own requeue.Build
	lastGreen := 0
	var sameCommit []requeue.Build
	for _, b := range answer.Builds {
		if b.PipelineID != e.Policy.PipelineID || b.RefName != requeue.MergeRefName(pr.ID) {
			continue
		}
		if b.ID == e.BuildID {
			own = b
		}
		same := true
		if b.SourceCommitID != "" {
			same = b.SourceCommitID == pr.SourceCommitID
		} else if b.MergeCommitID != "" {
			same = b.MergeCommitID == e.MergeCommitID
		}
		if same {
			sameCommit = append(sameCommit, b)
			if b.Result == "succeeded" {
				lastGreen = max(lastGreen, b.ID)
			}
		}
	}
	red := 0
	for _, b := range sameCommit {
		if b.ID > lastGreen && (b.Result == "failed" || b.Result == "partiallySucceeded") {
			red++
		}
	}
	switch {
	case e.Completed.IsZero() && within(own.Finished):
		return "coolingDown"
	case red-1 >= r.MaxRetriesPerCommit:
		return "retriesExhausted"
	case own.Result == "canceled":
		return "buildCanceled"
	case own.ID == 0:
		return "historyUnknown"
	case w.retryOnlyIf == "" && w.neverRetryIf == "":
		return ""
	}
	errors := w.fact(requeue.Question{Kind: requeue.AskErrors, BuildID: e.BuildID})
	if errors.Err != nil {
		return "error"
	}
	texts := slices.Clone(e.Preview)
	for _, issue := range errors.Errors.Issues {
		texts = append(texts, issue.Message)
	}
	if w.neverRetryIf != "" && slices.Contains(texts, w.neverRetryIf) {
		return "errorNotRetryable"
	}
	if w.neverRetryIf == "" && slices.Contains(texts, w.retryOnlyIf) {
		return ""
	}
	logs := w.fact(requeue.Question{Kind: requeue.AskLogs, BuildID: e.BuildID})
	if logs.Err != nil {
		return "error"
	}
	texts = append(texts, logs.Logs.Validation...)
	complete := (!errors.Errors.NoTimeline || len(logs.Logs.Validation) > 0) && len(errors.Errors.FailedSteps) <= 5
	for _, step := range errors.Errors.FailedSteps {
		end := logs.Logs.Ends[step.LogID]
		texts = append(texts, end.Lines...)
		complete = complete && end.Err == nil && (step.Counted <= step.Kept || end.Whole)
	}
	if w.neverRetryIf != "" && (slices.Contains(texts, w.neverRetryIf) || !complete) || w.retryOnlyIf != "" && !slices.Contains(texts, w.retryOnlyIf) {
		return "errorNotRetryable"
	}
	return ""
}

func (w world) waits() bool {
	return w.rules.WaitForTargetBranch == requeue.TargetBranchAwait || w.rules.WaitForTargetBranch == requeue.TargetBranchProbe
}

func (w world) targetBranch(pr requeue.PullRequest, e requeue.Evaluation, others bool) string {
	if !w.waits() {
		return ""
	}
	kind := requeue.AskTargetBranch
	if slices.Contains(w.rules.When, requeue.StateRecovered) {
		kind = requeue.AskTargetBuilds
	}
	answer := w.fact(requeue.Question{Kind: kind, PipelineID: e.Policy.PipelineID, RefName: pr.TargetRefName})
	if answer.Err != nil {
		return "error"
	}
	runs := slices.DeleteFunc(slices.Clone(answer.Builds), func(b requeue.Build) bool {
		return b.PipelineID != e.Policy.PipelineID || b.RefName != pr.TargetRefName || b.Result == "canceled"
	})
	slices.SortFunc(runs, func(a, b requeue.Build) int { return cmp.Or(b.Finished.Compare(a.Finished), b.ID-a.ID) })
	if len(runs) > 0 && runs[0].Result == "failed" && (others || w.rules.WaitForTargetBranch == requeue.TargetBranchAwait) {
		return "targetBranchRed"
	}
	return ""
}

func (w world) otherBlockers(pr requeue.PullRequest) bool {
	return slices.ContainsFunc(pr.Evaluations, func(e requeue.Evaluation) bool {
		state, _ := w.stateOf(pr, e)
		harmless := state == requeue.StateSucceeded || state == requeue.StateExpiring || state == requeue.StateOutdated || state == requeue.StateNotApplicable
		return e.Policy.Blocking && e.Policy.TypeID.String() != mergeStrategyType && !harmless && cmp.Or(w.selects(pr, e), w.retries(pr, e)) != ""
	})
}

// blockedForGood reports whether the condition noOtherBlockers fails for another reason than a build in progress.
func (w world) blockedForGood(pr requeue.PullRequest) bool {
	return w.rules.RequireNoOtherBlockers && slices.ContainsFunc(pr.Evaluations, func(e requeue.Evaluation) bool {
		state, _ := w.stateOf(pr, e)
		harmless := state == requeue.StateSucceeded || state == requeue.StateExpiring || state == requeue.StateOutdated || state == requeue.StateNotApplicable
		reason := w.selects(pr, e)
		inProgress := isBuild(e) && (reason == "state" || reason == "pipelineDisabled") && state == requeue.StateRunning
		return e.Policy.Blocking && e.Policy.TypeID.String() != mergeStrategyType && !harmless && reason != "" && reason != "error" && !inProgress
	})
}

// candidates are the evaluations that the group "evaluations" selects.
func (w world) candidates(pr requeue.PullRequest) []requeue.Evaluation {
	if w.pullRequestReason(pr) != "" || pr.Err != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(pr.Evaluations), func(e requeue.Evaluation) bool { return w.selects(pr, e) != "" })
}

func (w world) before(a, b requeue.PullRequest) int {
	first := func(yes func(requeue.PullRequest) bool) int {
		switch {
		case yes(a) == yes(b):
			return 0
		case yes(a):
			return -1
		}
		return 1
	}
	stalest := func(pr requeue.PullRequest) time.Time {
		var starts []time.Time
		for _, e := range w.candidates(pr) {
			switch state, _ := w.stateOf(pr, e); {
			case e.BuildID == 0, state == requeue.StateExpired && e.Status == "queued" && !e.IsExpired:
				starts = append(starts, now.Add(time.Minute)) // behind those that have started
			default:
				starts = append(starts, e.BuildStarted)
			}
		}
		if len(starts) == 0 {
			return now.Add(time.Hour) // behind all others
		}
		return slices.MinFunc(starts, time.Time.Compare)
	}
	for _, key := range w.rules.Order {
		var c int
		switch key {
		case requeue.OrderAutoComplete:
			c = first(func(pr requeue.PullRequest) bool { return pr.AutoComplete })
		case requeue.OrderApproved:
			c = first(func(pr requeue.PullRequest) bool { return cheapReason(w, pr) == "" && approved(pr) })
		case requeue.OrderStalest:
			c = stalest(a).Compare(stalest(b))
		case requeue.OrderOldest:
			c = a.Created.Compare(b.Created)
		case requeue.OrderNewest:
			c = b.Created.Compare(a.Created)
		default:
			c = first(func(pr requeue.PullRequest) bool {
				label := strings.TrimPrefix(string(key), string(requeue.OrderLabel))
				return slices.ContainsFunc(pr.Labels, func(l string) bool { return strings.EqualFold(l, label) })
			})
		}
		if c != 0 {
			return c
		}
	}
	return a.ID - b.ID
}

// cheapReason is the reason that is known before the evaluations are read: then nobody knows who approved.
func cheapReason(w world, pr requeue.PullRequest) requeue.Reason {
	w.rules.RequireApproved = false
	return w.pullRequestReason(pr)
}

// lacksHistory reports whether it is one whose history is read beyond the limits only to tell about it, and cannot be read.
func (w world) lacksHistory(pr requeue.PullRequest, e requeue.Evaluation) bool {
	if !w.rules.ExamineBeyondLimits || w.selects(pr, e) != "" || w.retries(pr, e) != "error" {
		return false
	}
	state, _ := w.stateOf(pr, e)
	return (w.retried(pr, e) || state == requeue.StateRecovered) &&
		w.fact(requeue.Question{Kind: requeue.AskHistory, PipelineID: e.Policy.PipelineID, RefName: requeue.MergeRefName(pr.ID)}).Err != nil
}

// retried reports whether a re-queue of it retries a failure.
func (w world) retried(pr requeue.PullRequest, e requeue.Evaluation) bool {
	state, _ := w.stateOf(pr, e)
	return state == requeue.StateFailed || state == requeue.StateBroken
}

// ended are the pipeline's builds for pull requests that came to an end by themselves, the newest first.
func ended(id int, builds []requeue.Build) []requeue.Build {
	var out []requeue.Build
	for _, b := range builds {
		var number int
		if b.PipelineID != id || b.Status != "completed" || b.Result == "canceled" {
			continue
		}
		if _, err := fmt.Sscanf(b.RefName, "refs/pull/%d/merge", &number); err == nil && b.RefName == requeue.MergeRefName(number) {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b requeue.Build) int { return cmp.Or(b.Finished.Compare(a.Finished), b.ID-a.ID) })
	return out
}

// failing are the pipelines that have failed for everybody lately: pauseAfterFailures concerns them.
func (w world) failing() map[int]bool {
	open := map[int]bool{}
	for id := 101; id <= 104 && w.rules.PauseAfterFailures > 0; id++ {
		answer := w.fact(requeue.Question{Kind: requeue.AskPipelineBuilds, PipelineID: id})
		builds := ended(id, answer.Builds)
		if answer.Err != nil || len(builds) < w.rules.PauseAfterFailures {
			continue
		}
		refs, bad := map[string]bool{}, 0
		for _, b := range builds[:w.rules.PauseAfterFailures] {
			refs[b.RefName] = true
			if b.Result == "failed" || b.Result == "partiallySucceeded" {
				bad++
			}
		}
		open[id] = bad == w.rules.PauseAfterFailures && len(refs) >= 3
	}
	return open
}

// lines is the plan, as of lines. Which failure of a failing pipeline is the one that is retried is found by trying: the
// first in plan order; where the plan shows that something else holds it back, the one after it; and so on.
func (w world) lines() []string {
	open := w.failing()
	passed := map[int]int{} // by pipeline: how many failures, in plan order, something else holds back
	for {
		lines, inVain := w.try(open, passed)
		if inVain == 0 {
			return lines
		}
		passed[inVain]++
	}
}

// try is the plan where the first failures of each failing pipeline, so many as passed says, are left to other rules,
// the next one is retried, and those behind it wait. inVain is the first pipeline, in plan order, whose next one is held
// back by something else; 0 if there is none.
func (w world) try(open map[int]bool, passed map[int]int) (out []string, inVain int) {
	prs := slices.SortedFunc(slices.Values(w.prs), w.before)
	type branch struct{ repository, ref string }
	of := func(pr requeue.PullRequest) branch { return branch{pr.Repository.ID.String(), pr.TargetRefName} }
	ready := func(pr requeue.PullRequest) bool { return !w.rules.AutoInFlight || pr.AutoComplete || approved(pr) }
	inFlight, holds, waits := map[branch]int{}, map[int]bool{}, map[int]bool{}
	flying := map[branch]map[int]bool{}
	immediate := map[branch][]int{}
	for _, pr := range prs {
		if w.pullRequestReason(pr) != "" || pr.Err != nil {
			continue
		}
		if flying[of(pr)] == nil {
			flying[of(pr)] = map[int]bool{}
		}
		for _, e := range pr.Evaluations {
			state, _ := w.stateOf(pr, e)
			reason := w.selects(pr, e)
			if !isBuild(e) || !slices.Contains([]string{"", "error", "state", "pipelineDisabled"}, reason) {
				continue
			}
			immediately := !e.Policy.QueueOnSourceUpdateOnly
			flying[of(pr)][pr.ID] = flying[of(pr)][pr.ID] || state == requeue.StateRunning
			red := state == requeue.StateFailed || state == requeue.StateRecovered
			if state == requeue.StateRunning && immediately && e.BuildIsNotCurrent || red && e.Policy.Blocking && reason != "pipelineDisabled" {
				waits[pr.ID] = true
			}
			if immediately && e.Policy.Blocking && state != requeue.StateUnknown && state != requeue.StateNotApplicable {
				immediate[of(pr)] = append(immediate[of(pr)], e.Policy.PipelineID)
			}
		}
		if waits[pr.ID] = waits[pr.ID] && flying[of(pr)][pr.ID]; flying[of(pr)][pr.ID] && !waits[pr.ID] && ready(pr) && !w.blockedForGood(pr) {
			inFlight[of(pr)]++
			holds[pr.ID] = true
		}
	}
	planned := 0
	met := map[int]int{} // failures of each failing pipeline so far
	for _, pr := range prs {
		reason := w.pullRequestReason(pr)
		if reason == "" && pr.Err == nil && w.rules.RequireNoOtherBlockers && w.otherBlockers(pr) {
			reason = requeue.OtherBlockers
		}
		if reason != "" {
			out = append(out, fmt.Sprintf("%d: %s", pr.ID, reason))
			continue
		}
		if pr.Err != nil {
			continue
		}
		evaluations := slices.SortedFunc(slices.Values(pr.Evaluations), func(a, b requeue.Evaluation) int {
			if a.Policy.Blocking != b.Policy.Blocking {
				return map[bool]int{true: -1, false: 1}[a.Policy.Blocking]
			}
			return a.Policy.ID - b.Policy.ID
		})
		places := w.rules.MaxInFlightPerBranch
		if w.rules.AutoInFlight {
			if places = 0; len(immediate[of(pr)]) > 0 {
				places = w.windowOf(immediate[of(pr)])
			}
		}
		others := len(flying[of(pr)])
		for id, flies := range flying[of(pr)] {
			if !flies || id == pr.ID {
				others--
			}
		}
		words := map[int]string{}
		late, free := false, 0
		tries := map[int]int{} // the failure that is retried, of each failing pipeline of which it is one of this pull request
		for _, e := range evaluations {
			word := cmp.Or(w.selects(pr, e), w.retries(pr, e))
			if id := e.Policy.PipelineID; word == "" && open[id] && w.retried(pr, e) {
				if met[id]++; met[id] == passed[id]+1 {
					tries[id] = e.Policy.ID
				} else if met[id] > passed[id]+1 {
					word = "pipelineFailing"
					// Beside one of the same pull request that is retried it keeps nothing back, but asks for room in the run.
					if tries[id] != 0 {
						free++
					} else {
						late = late || e.Policy.Blocking
					}
				}
			}
			words[e.Policy.ID] = cmp.Or(word, w.targetBranch(pr, e, others > 0))
			late = late || e.Policy.Blocking && slices.Contains([]string{"coolingDown", "targetBranchRed"}, words[e.Policy.ID])
			if words[e.Policy.ID] == "" {
				free++
			}
		}
		enters := places > 0 && !holds[pr.ID]
		tooMany := w.rules.MaxPerRun > 0 && planned > 0 && planned+free > w.rules.MaxPerRun
		for _, e := range evaluations {
			state, _ := w.stateOf(pr, e)
			word := words[e.Policy.ID]
			full := w.rules.MaxPerRun > 0 && planned >= w.rules.MaxPerRun
			if w.lacksHistory(pr, e) && (full || enters && (waits[pr.ID] || !ready(pr) || inFlight[of(pr)] >= places)) {
				word = "" // it was only to be told about
			}
			switch {
			case word != "":
			case enters && (waits[pr.ID] || !ready(pr) || inFlight[of(pr)] >= places):
				word = "branchBusy"
			case full:
				word = "runLimit"
			case enters && late:
				word = "branchBusy"
			case enters && tooMany:
				word = "runLimit"
			default:
				word = "requeue"
				planned++
				enters = false
				flying[of(pr)][pr.ID] = true
				if !holds[pr.ID] {
					holds[pr.ID] = true
					inFlight[of(pr)]++
				}
			}
			if inVain == 0 && tries[e.Policy.PipelineID] == e.Policy.ID && word != "requeue" {
				inVain = e.Policy.PipelineID
			}
			out = append(out, fmt.Sprintf("%d/%d: %s %s", pr.ID, e.Policy.ID, state, word))
		}
	}
	return out, inVain
}

// windowOf is the window of a branch with these pipelines, step by step as the contract has it.
func (w world) windowOf(pipelines []int) int {
	pipelines = slices.Sorted(slices.Values(pipelines))
	p := 1.0
	for _, id := range slices.Compact(pipelines) {
		answer := w.fact(requeue.Question{Kind: requeue.AskPipelineBuilds, PipelineID: id})
		if answer.Err != nil {
			return 1
		}
		builds := ended(id, answer.Builds)
		builds = builds[:min(200, len(builds))]
		var results []string
		var waits, durations []time.Duration
		for _, b := range builds {
			if !b.Queued.IsZero() {
				waits, durations = append(waits, b.Started.Sub(b.Queued)), append(durations, b.Finished.Sub(b.Started))
			}
			if b.SourceCommitID != "" && slices.ContainsFunc(builds, func(o requeue.Build) bool {
				return o.SourceCommitID == b.SourceCommitID && o.ID < b.ID && o.Result == "succeeded"
			}) {
				results = append(results, b.Result)
			}
		}
		if n := len(waits); n > 0 {
			slices.Sort(waits)
			slices.Sort(durations)
			if waits[(n-1)/2]+waits[n/2] > (durations[(n-1)/2]+durations[n/2])/4 {
				return 1
			}
		}
		results = results[:min(50, len(results))]
		if len(results) < 10 {
			p *= 0.9
			continue
		}
		if !slices.Contains(results[:10], "succeeded") {
			return 1
		}
		green := 0
		for _, result := range results {
			if result == "succeeded" {
				green++
			}
		}
		p *= float64(green) / float64(len(results))
	}
	n, missed := 1, 1-p
	for missed > 0.1+1e-9 && n < 10 {
		n, missed = n+1, missed*(1-p)
	}
	return n
}

// TestOracle compares plans of random worlds with what the oracle says, asks as few questions as a run would, and
// checks what must hold for every plan.
func TestOracle(t *testing.T) {
	t.Parallel()
	worlds := *oracleWorlds
	words := map[string]int{}
	for seed := range worlds {
		rng := rand.New(rand.NewPCG(uint64(seed), 7))
		w := newWorld(t, rng)
		want := w.lines()
		for _, line := range want {
			words[line[strings.LastIndexByte(line, ' ')+1:]]++
			words["requeue of "+strings.Fields(line)[1]] += strings.Count(line, " requeue")
		}

		screened := w.screen(w.prs)
		all, questions := w.rules.Decide(screened, w.allFacts(), now)
		if len(questions) > 0 {
			t.Fatalf("world %d: every answer is known, and it asks %v", seed, questions)
		}
		if diff := gocmp.Diff(want, lines(all)); diff != "" {
			t.Fatalf("world %d, every answer known (-oracle +plan):\n%s", seed, diff)
		}

		lazy, rounds := answerAll(t, w.rules, screened, w.svc)
		if diff := gocmp.Diff(requeued(all), requeued(lazy)); diff != "" {
			t.Fatalf("world %d, fewest questions (-oracle +plan):\n%s", seed, diff)
		}
		if len(rounds) > 4+3*len(w.prs)*4 {
			t.Fatalf("world %d: %d rounds of questions", seed, len(rounds))
		}
		checkLazy(t, seed, w, want, lines(lazy))
		checkPlan(t, seed, w, lazy)
		checkQuestions(t, seed, w, rounds)

		shuffled := slices.Clone(w.prs)
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for i := range shuffled {
			evaluations := slices.Clone(shuffled[i].Evaluations)
			rng.Shuffle(len(evaluations), func(i, j int) { evaluations[i], evaluations[j] = evaluations[j], evaluations[i] })
			shuffled[i].Evaluations = evaluations
		}
		again := w.screen(shuffled)
		other, _ := answerAll(t, w.rules, again, w.svc)
		if diff := gocmp.Diff(lines(lazy), lines(other)); diff != "" {
			t.Fatalf("world %d, in another order (-before +after):\n%s", seed, diff)
		}
	}
	for _, state := range []requeue.State{requeue.StateExpired, requeue.StateExpiring, requeue.StateRecovered, requeue.StateFailed, requeue.StateOutdated} {
		if n := words["requeue of "+string(state)]; n < worlds/200 {
			t.Errorf("%s is re-queued %d times in %d worlds: too seldom to be tested", state, n, worlds)
		}
	}
	for _, reason := range slices.Concat(requeue.PullRequestReasons(), requeue.EvaluationReasons(), []requeue.Reason{"requeue", "error"}) {
		if words[string(reason)] < worlds/100 && reason != requeue.Moved {
			t.Errorf("%s occurs %d times in %d worlds: too seldom to be tested", reason, words[string(reason)], worlds)
		}
	}
}

// checkLazy: with fewer answers, a limit may hide a reason that only an answer tells, and what a filter leaves alone is
// not asked whether it is green. Nothing else may differ, and with ExamineBeyondLimits no limit hides what the history of a
// failure tells.
func checkLazy(t *testing.T, seed int, w world, want, got []string) {
	t.Helper()
	byKey := map[string]string{}
	for _, line := range want {
		key, word, _ := strings.Cut(line, ": ")
		byKey[key] = word
	}
	for _, line := range got {
		key, word, _ := strings.Cut(line, ": ")
		number, _, _ := strings.Cut(key, "/")
		limited := strings.HasSuffix(word, "runLimit") || strings.HasSuffix(word, "branchBusy")
		if word == strings.Replace(byKey[key], "expired", "failed", 1) || word == strings.Replace(byKey[key], "targetRecovered", "failed", 1) {
			continue // the build that would tell, or the runs, are not asked for
		}
		if other, ok := byKey[key]; ok && other != word && (!limited || strings.HasSuffix(other, "requeue") || w.rules.ExamineBeyondLimits && told(other)) {
			t.Fatalf("world %d: got %s, want %s", seed, line, other)
		} else if !ok && (byKey[number] != "otherBlockers" || strings.HasSuffix(word, "requeue")) {
			t.Fatalf("world %d: got %s, want %s", seed, line, byKey[number])
		}
	}
}

// told reports whether the history of a failure tells the reason.
func told(word string) bool {
	state, reason, _ := strings.Cut(word, " ")
	return (state == "failed" || state == "broken") && slices.Contains([]string{"retriesExhausted", "buildCanceled", "historyUnknown"}, reason)
}

// checkPlan checks what holds for every plan: its sums, and that everything left alone has an explanation.
func checkPlan(t *testing.T, seed int, w world, p requeue.Plan) {
	t.Helper()
	s := requeue.Summarize(p)
	if s.Counts.Planned+s.Counts.Skipped != s.Counts.Evaluation || s.Counts.Planned != len(p.Actions()) || len(p.PullRequests) != len(w.prs) {
		t.Fatalf("world %d: counts %+v of %d pull requests", seed, s.Counts, len(w.prs))
	}
	if m := w.rules.MaxPerRun; m > 0 && len(p.Actions()) > m {
		t.Fatalf("world %d: %d re-queues, %d allowed", seed, len(p.Actions()), m)
	}
	for _, pr := range p.PullRequests {
		for j, e := range pr.Evaluations {
			explanations := 0
			for _, holds := range []bool{e.Requeue, e.Reason != "", e.Err != nil && pr.Skipped == "", pr.Skipped != ""} {
				if holds {
					explanations++
				}
			}
			if explanations != 1 || e.Err != nil && pr.Skipped != "" && pr.Skipped != requeue.OtherBlockers {
				t.Fatalf("world %d: pull request %d: %+v", seed, pr.PullRequest.ID, e)
			}
			acts := slices.ContainsFunc(p.Actions(), func(a requeue.Action) bool { return a.EvaluationPlan == &pr.Evaluations[j] })
			if acts != e.Requeue || acts != (e.Outcome != nil) {
				t.Fatalf("world %d: pull request %d: action %t, decision %t", seed, pr.PullRequest.ID, acts, e.Requeue)
			}
			if e.Requeue && !slices.Contains(w.rules.When, e.State) {
				t.Fatalf("world %d: pull request %d: re-queues %s", seed, pr.PullRequest.ID, e.State)
			}
		}
	}
}

// checkQuestions: a question is asked for a candidate or not at all.
func checkQuestions(t *testing.T, seed int, w world, rounds [][]requeue.Question) {
	t.Helper()
	for _, q := range slices.Concat(rounds...) {
		if q.Kind == requeue.AskPipeline || q.Kind == requeue.AskBuild || q.Kind == requeue.AskTargetBuilds || q.Kind == requeue.AskPipelineBuilds && w.rules.AutoInFlight {
			continue
		}
		asks := slices.ContainsFunc(w.prs, func(pr requeue.PullRequest) bool {
			return slices.ContainsFunc(w.candidates(pr), func(e requeue.Evaluation) bool {
				state, _ := w.stateOf(pr, e)
				red := state == requeue.StateFailed || state == requeue.StateBroken
				switch q.Kind {
				case requeue.AskHistory:
					return (red || state == requeue.StateRecovered) && q.RefName == requeue.MergeRefName(pr.ID) && q.PipelineID == e.Policy.PipelineID
				case requeue.AskLastPush:
					return state == requeue.StateNotStarted && !e.Policy.ManualQueueOnly && q.PullRequestID == pr.ID
				case requeue.AskErrors, requeue.AskLogs:
					return red && q.BuildID == e.BuildID && w.retryOnlyIf+w.neverRetryIf != ""
				case requeue.AskTargetBranch:
					return w.waits() && q.RefName == pr.TargetRefName && q.PipelineID == e.Policy.PipelineID && w.retries(pr, e) == ""
				case requeue.AskPipelineBuilds:
					return red && w.rules.PauseAfterFailures > 0 && q.PipelineID == e.Policy.PipelineID && w.retries(pr, e) == ""
				case requeue.AskPipeline, requeue.AskBuild, requeue.AskTargetBuilds:
				}
				return false
			})
		})
		if !asks {
			t.Fatalf("world %d: %v is asked for no candidate", seed, q)
		}
	}
}
