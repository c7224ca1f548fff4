package requeue_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// pullRequestRow is a pull request with one expired, required build and what the plan says about it.
type pullRequestRow struct {
	name     string
	rules    func(testing.TB, *requeue.Rules)
	pr       func(*requeue.PullRequest)
	policies []*requeue.Policy // nil: not known
	want     requeue.Reason    // "": its evaluation is re-queued
}

func policy(mods ...func(*requeue.Policy)) *requeue.Policy {
	p := evaluation(1).Policy
	p.Scopes = []requeue.PolicyScope{{RepositoryID: repository.ID, RefName: "refs/heads/main", MatchKind: "Exact"}}
	apply(p, mods)
	return p
}

func scoped(scopes ...requeue.PolicyScope) func(*requeue.Policy) {
	return func(p *requeue.Policy) { p.Scopes = scopes }
}

func pullRequestRows() []pullRequestRow {
	targets := func(items ...string) func(testing.TB, *requeue.Rules) {
		return func(t testing.TB, r *requeue.Rules) { r.TargetBranches = branches(t, items...) }
	}
	sources := func(items ...string) func(testing.TB, *requeue.Rules) {
		return func(t testing.TB, r *requeue.Rules) { r.SourceBranches = branches(t, items...) }
	}
	labels := func(items ...string) func(testing.TB, *requeue.Rules) {
		return func(t testing.TB, r *requeue.Rules) { r.Labels = patterns(t, items...) }
	}
	authors := func(items ...string) func(testing.TB, *requeue.Rules) {
		return func(t testing.TB, r *requeue.Rules) { r.Authors = patterns(t, items...) }
	}
	titles := func(items ...string) func(testing.TB, *requeue.Rules) {
		return func(t testing.TB, r *requeue.Rules) { r.Titles = patterns(t, items...) }
	}
	drafts := func(d requeue.Drafts) func(testing.TB, *requeue.Rules) {
		return func(_ testing.TB, r *requeue.Rules) { r.Drafts = d }
	}
	within := func(d time.Duration) func(testing.TB, *requeue.Rules) {
		return func(_ testing.TB, r *requeue.Rules) { r.CreatedWithin = d }
	}
	labelled := func(labels ...string) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { pr.Labels = labels }
	}
	draft := func(pr *requeue.PullRequest) { pr.Draft = true }
	merge := func(status string) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { pr.MergeStatus = status }
	}
	and := func(evaluations ...requeue.Evaluation) func(*requeue.PullRequest) {
		return with(append([]requeue.Evaluation{evaluation(1, expired)}, evaluations...)...)
	}
	voted := func(v []int, evaluations ...requeue.Evaluation) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { and(evaluations...)(pr); pr.Votes = v }
	}
	disabled := func(pr *requeue.PullRequest) {
		r := *repository
		r.Disabled = true
		pr.Repository = &r
	}
	in := func(r *requeue.Repository) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { pr.Repository = r }
	}
	toDefault := requeue.PolicyScope{MatchKind: "DefaultBranch"}
	return []pullRequestRow{
		{name: "nothing is wrong"},

		{name: "completed", pr: func(pr *requeue.PullRequest) { pr.Status = "completed" }, want: requeue.NotActive},
		{name: "abandoned", pr: func(pr *requeue.PullRequest) { pr.Status = "abandoned" }, want: requeue.NotActive},

		{name: "another target branch", rules: targets("release/*"), want: requeue.TargetBranch},
		{name: "an excluded target branch", rules: targets("!main"), want: requeue.TargetBranch},
		{name: "that target branch", rules: targets("release/*", "MAIN")},
		{name: "a target branch has nothing to do with the source", rules: targets("topic"), want: requeue.TargetBranch},

		{name: "another source branch", rules: sources("users/*"), want: requeue.SourceBranch},
		{name: "that source branch in full", rules: sources("refs/heads/topic")},

		{name: "no label at all", rules: labels("ready"), want: requeue.Label},
		{name: "another label", rules: labels("ready"), pr: labelled("wip"), want: requeue.Label},
		{name: "one of the including labels among others", rules: labels("ready", "go"), pr: labelled("wip", "Ready")},
		{name: "an excluded label beside an included one", rules: labels("ready", "!wip"), pr: labelled("wip", "ready"), want: requeue.Label},
		{name: "only an excluded label, and it has none", rules: labels("!wip")},
		{name: "only an excluded label, and it has another", rules: labels("!wip"), pr: labelled("ready")},

		{name: "another author", rules: authors("bob@*"), want: requeue.Author},
		{name: "the author's unique name", rules: authors("ann@*")},
		{name: "the author's display name", rules: authors("ann ash")},
		{name: "an author excluded by display name", rules: authors("ann@*", "!* ash"), want: requeue.Author},
		{
			name: "an author without a display name", rules: authors("!" + "?*"),
			pr: func(pr *requeue.PullRequest) { pr.Author = requeue.Person{} },
		},

		{name: "another title", rules: titles("fix*"), want: requeue.Title},
		{name: "that title", rules: titles("*TEA")},
		{name: "an excluded title", rules: titles("!add*"), want: requeue.Title},

		{name: "a draft", pr: draft, want: requeue.Draft},
		{name: "drafts are included", rules: drafts(requeue.DraftsInclude), pr: draft},
		{name: "drafts only, a draft", rules: drafts(requeue.DraftsOnly), pr: draft},
		{name: "drafts only, no draft", rules: drafts(requeue.DraftsOnly), want: requeue.NotDraft},
		{name: "drafts are included, no draft", rules: drafts(requeue.DraftsInclude)},
		{name: "no word on drafts means skip", rules: drafts(""), pr: draft, want: requeue.Draft},

		{name: "older than createdWithin", rules: within(72*time.Hour - time.Second), want: requeue.TooOld},
		{name: "older than createdWithin: nobody knows", rules: within(72 * time.Hour), pr: func(pr *requeue.PullRequest) { pr.Created = time.Time{} }, want: requeue.TooOld},
		{name: "just as old as createdWithin", rules: within(72 * time.Hour)},

		{name: "conflicts", pr: merge("conflicts"), want: requeue.Conflicts},
		{name: "merge failure", pr: merge("failure"), want: requeue.Conflicts},
		{name: "merge rejected by policy is no conflict", pr: merge("rejectedByPolicy")},
		{name: "a merge that is still being made is no conflict", pr: merge("queued")},
		{name: "no merge status is no conflict", pr: merge("")},

		{name: "no policy at all", policies: []*requeue.Policy{}, want: requeue.NoPolicy},
		{name: "policies that could not be read miss nothing", policies: nil},
		{name: "its branch's policy", policies: []*requeue.Policy{policy()}},
		{
			name:     "the branch's policy is disabled",
			policies: []*requeue.Policy{policy(func(p *requeue.Policy) { p.Enabled = false })}, want: requeue.NoPolicy,
		},
		{
			name:     "the branch's policy is deleted",
			policies: []*requeue.Policy{policy(func(p *requeue.Policy) { p.Deleted = true })}, want: requeue.NoPolicy,
		},
		{
			name:     "the branch's policy is not build validation",
			policies: []*requeue.Policy{policy(func(p *requeue.Policy) { p.TypeID = uuid.MustParse(reviewersType) })}, want: requeue.NoPolicy,
		},
		{
			name: "a policy that the filters would leave alone is a policy",
			rules: func(t testing.TB, r *requeue.Rules) {
				r.ManualPolicies, r.Enforcement = requeue.ManualInclude, requeue.EnforcementAll
			},
			policies: []*requeue.Policy{policy(func(p *requeue.Policy) { p.ManualQueueOnly, p.Blocking = true, false })},
		},
		{
			name:     "the policy of another repository",
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RepositoryID: other.ID, RefName: "refs/heads/main", MatchKind: "Exact"}))},
			want:     requeue.NoPolicy,
		},
		{
			name:     "the policy of every repository",
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RefName: "refs/heads/main", MatchKind: "Exact"}))},
		},
		{
			name:     "the policy of another branch",
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RefName: "refs/heads/mainline", MatchKind: "Exact"}))}, want: requeue.NoPolicy,
		},
		{
			name:     "exact is not a prefix",
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RefName: "refs/heads/ma", MatchKind: "Exact"}))}, want: requeue.NoPolicy,
		},
		{
			name: "a prefix", pr: onto("release/1"),
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RefName: "refs/heads/release/", MatchKind: "prefix"}))},
		},
		{
			name: "a prefix that is the whole branch", pr: onto("release"),
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RefName: "refs/heads/release", MatchKind: "Prefix"}))},
		},
		{
			name: "another prefix", pr: onto("releases"),
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RefName: "refs/heads/release/", MatchKind: "Prefix"}))}, want: requeue.NoPolicy,
		},
		{
			name: "a prefix longer than the branch", pr: onto("r"),
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RefName: "refs/heads/release/", MatchKind: "Prefix"}))}, want: requeue.NoPolicy,
		},
		{name: "the default branch", policies: []*requeue.Policy{policy(scoped(toDefault))}},
		{name: "not the default branch", pr: onto("topic"), policies: []*requeue.Policy{policy(scoped(toDefault))}, want: requeue.NoPolicy},
		{
			name:     "a default branch that nobody named may be this one",
			pr:       in(&requeue.Repository{ID: repository.ID, Project: project}),
			policies: []*requeue.Policy{policy(scoped(toDefault))},
		},
		{
			name:     "one of several scopes",
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RefName: "refs/heads/old", MatchKind: "Exact"}, toDefault))},
		},
		{
			name:     "one of several policies",
			policies: []*requeue.Policy{policy(func(p *requeue.Policy) { p.Enabled = false }), policy()},
		},
		{name: "a policy without scopes may cover it", policies: []*requeue.Policy{policy(scoped())}},
		{
			name:     "a scope of an unknown kind may cover it",
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RefName: "refs/heads/x", MatchKind: "Suffix"}))},
		},
		{
			name:     "a scope without a branch covers all",
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RepositoryID: repository.ID}))},
		},
		{
			name:     "malformed settings may cover it",
			policies: []*requeue.Policy{policy(scoped(requeue.PolicyScope{RefName: "refs/heads/x", MatchKind: "Exact"}), func(p *requeue.Policy) { p.Malformed = "scope" })},
		},

		{name: "a disabled repository", pr: disabled, want: requeue.RepositoryDisabled},

		{name: "auto-complete is required", rules: on(requireAutoComplete), want: requeue.NotAutoComplete},
		{name: "auto-complete is required and set", rules: on(requireAutoComplete), pr: autoComplete},

		{name: "approved: nobody voted", rules: on(requireApproved), want: requeue.NotApproved},
		{name: "approved: a vote of 10", rules: on(requireApproved), pr: voted([]int{0, 10})},
		{name: "approved: a vote of 5", rules: on(requireApproved), pr: voted([]int{5})},
		{name: "approved: no vote yet is no approval", rules: on(requireApproved), pr: voted([]int{0, 0}), want: requeue.NotApproved},
		{name: "approved: one waits for the author", rules: on(requireApproved), pr: voted([]int{10, -5}), want: requeue.NotApproved},
		{name: "approved: one rejects", rules: on(requireApproved), pr: voted([]int{10, -10}), want: requeue.NotApproved},
		{
			name:  "approved: the reviewer policy is green, without a vote that we can read",
			rules: on(requireApproved), pr: voted(nil, evaluation(2, reviewers)),
		},
		{
			name:  "approved: the reviewer policy is green, but one rejects",
			rules: on(requireApproved), pr: voted([]int{-10}, evaluation(2, reviewers)), want: requeue.NotApproved,
		},
		{
			name:  "approved: the reviewer policy waits in spite of a vote",
			rules: on(requireApproved), pr: voted([]int{10}, evaluation(2, reviewers, status("queued"))), want: requeue.NotApproved,
		},
		{
			name: "approved: the required reviewers wait too", rules: on(requireApproved),
			pr:   voted([]int{10}, evaluation(2, reviewers), evaluation(3, ofType(requiredReviewersType, "Required reviewers"), status("queued"))),
			want: requeue.NotApproved,
		},
		{
			name:  "approved: both reviewer policies are green",
			rules: on(requireApproved),
			pr:    voted(nil, evaluation(2, reviewers), evaluation(3, ofType(requiredReviewersType, "Required reviewers"))),
		},
		{
			name:  "approved: an optional reviewer policy does not hold it back",
			rules: on(requireApproved), pr: voted([]int{10}, evaluation(2, reviewers, optional, status("queued"))),
		},
		{
			name:  "approved: an optional reviewer policy is no approval",
			rules: on(requireApproved), pr: voted([]int{0}, evaluation(2, reviewers, optional)), want: requeue.NotApproved,
		},
		{
			name:  "approved: a reviewer policy that does not apply asks for a vote",
			rules: on(requireApproved), pr: voted([]int{0}, evaluation(2, reviewers, notApplicable)), want: requeue.NotApproved,
		},
		{
			name:  "approved: a reviewer policy that does not apply, and a vote",
			rules: on(requireApproved), pr: voted([]int{5}, evaluation(2, reviewers, notApplicable)),
		},
		{
			name: "approved: the merge strategy is no reviewer policy", rules: on(requireApproved),
			pr: voted([]int{10}, evaluation(2, ofType(mergeStrategyType, "Require a merge strategy"), status("queued"))),
		},

		{name: "noOtherBlockers: its own expired build alone", rules: on(requireNoBlockers)},
		{name: "noOtherBlockers: a green one beside", rules: on(requireNoBlockers), pr: and(evaluation(2))},
		{name: "noOtherBlockers: an outdated one that is not selected is green", rules: on(requireNoBlockers, when(requeue.StateExpired)), pr: and(evaluation(2, outdated))},
		{name: "noOtherBlockers: one that does not apply", rules: on(requireNoBlockers), pr: and(evaluation(2, notApplicable))},
		{name: "noOtherBlockers: a running one is a blocker", rules: on(requireNoBlockers), pr: and(evaluation(2, running)), want: requeue.OtherBlockers},
		{name: "noOtherBlockers: an optional running one is none", rules: on(requireNoBlockers), pr: and(evaluation(2, running, optional))},
		{name: "noOtherBlockers: an unknown one is a blocker", rules: on(requireNoBlockers), pr: and(evaluation(2, unknown)), want: requeue.OtherBlockers},
		{
			name:  "noOtherBlockers: reviewers are missing",
			rules: on(requireNoBlockers), pr: and(evaluation(2, reviewers, status("queued"))), want: requeue.OtherBlockers,
		},
		{
			name:  "noOtherBlockers: optional reviewers are missing",
			rules: on(requireNoBlockers), pr: and(evaluation(2, reviewers, status("queued"), optional)),
		},
		{
			name:  "noOtherBlockers: the merge strategy is no blocker",
			rules: on(requireNoBlockers), pr: and(evaluation(2, ofType(mergeStrategyType, "Require a merge strategy"), status("queued"))),
		},
		{
			name: "noOtherBlockers: a manual one that is left alone is a blocker", rules: on(requireNoBlockers),
			pr: and(evaluation(2, expired, manual)), want: requeue.OtherBlockers,
		},
		{
			name:  "noOtherBlockers: a manual one that would be re-queued is none",
			rules: on(requireNoBlockers, manuals(requeue.ManualInclude)), pr: and(evaluation(2, expired, manual)),
		},
		{
			name: "noOtherBlockers: one that cools down is a blocker", rules: on(requireNoBlockers),
			pr: and(evaluation(2, failed, completed(time.Minute))), want: requeue.OtherBlockers,
		},
		{
			name:  "noOtherBlockers: a failed one that is not selected is a blocker",
			rules: on(requireNoBlockers, when(requeue.StateExpired)), pr: and(evaluation(2, failed)), want: requeue.OtherBlockers,
		},
		{
			name:  "noOtherBlockers: a limit makes no blocker",
			rules: on(requireNoBlockers, maxPerRun(1)), pr: and(evaluation(2, expired)),
		},

		{
			name:  "another slice",
			rules: func(_ testing.TB, r *requeue.Rules) { r.Slice = requeue.Slice{Position: 3 - sliceOf7(), Total: 2} }, want: requeue.OtherSlice,
		},
		{
			name:  "this slice",
			rules: func(_ testing.TB, r *requeue.Rules) { r.Slice = requeue.Slice{Position: sliceOf7(), Total: 2} },
		},
		{name: "a single job takes all", rules: func(_ testing.TB, r *requeue.Rules) { r.Slice = requeue.Slice{Position: 1, Total: 1} }},
	}
}

// sliceOf7 is the one of two jobs on which pull request 7 falls.
func sliceOf7() int {
	r := rules()
	r.Slice = requeue.Slice{Position: 1, Total: 2}
	if r.Screen(new(pullRequest(7)), nil, false, now).Skipped == "" {
		return 1
	}
	return 2
}

func (row pullRequestRow) plan(t testing.TB) requeue.Plan {
	t.Helper()
	r := rules()
	if row.rules != nil {
		row.rules(t, &r)
	}
	pr := pullRequest(7, with(evaluation(1, expired)))
	if row.pr != nil {
		row.pr(&pr)
	}
	screened := []requeue.Screened{r.Screen(&pr, row.policies, row.policies != nil, now)}
	plan, _ := answerAll(t, r, screened, service{})
	return plan
}

func TestPullRequestReasons(t *testing.T) {
	t.Parallel()
	for _, row := range pullRequestRows() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p := row.plan(t)
			if got := p.PullRequests[0].Skipped; got != row.want {
				t.Errorf("got reason %q, want %q", got, row.want)
			}
			if got, want := len(p.Actions()) > 0, row.want == ""; got != want {
				t.Errorf("re-queues something: %t, want %t", got, want)
			}
			for _, e := range p.PullRequests[0].Evaluations {
				if row.want != "" && (e.Reason != "" || e.Requeue || e.Err != nil) {
					t.Errorf("evaluation of a pull request that is left alone: %+v", e)
				}
			}
		})
	}
}

func TestEveryPullRequestReasonHasARow(t *testing.T) {
	t.Parallel()
	seen := map[requeue.Reason]bool{}
	for _, row := range pullRequestRows() {
		seen[row.plan(t).PullRequests[0].Skipped] = true
	}
	for _, reason := range requeue.PullRequestReasons() {
		if !seen[reason] {
			t.Errorf("no row gives %s", reason)
		}
	}
}

// TestOrderOfPullRequestReasons starts with a pull request that everything is wrong with and mends one thing at a time.
func TestOrderOfPullRequestReasons(t *testing.T) {
	t.Parallel()
	r := rules(requireApproved, requireNoBlockers)
	r.TargetBranches, r.SourceBranches = branches(t, "x"), branches(t, "x")
	r.Labels, r.Authors, r.Titles = patterns(t, "x"), patterns(t, "x"), patterns(t, "x")
	r.CreatedWithin, r.RequireAutoComplete = time.Hour, true
	r.Slice = requeue.Slice{Position: 3 - sliceOf7(), Total: 2}
	closed := *repository
	closed.Disabled = true
	pr := pullRequest(7, with(evaluation(1, expired), evaluation(2, running)))
	pr.Status, pr.Draft, pr.MergeStatus, pr.Repository = "completed", true, "conflicts", &closed
	policies := []*requeue.Policy{}

	steps := []struct {
		reason requeue.Reason
		mend   func()
	}{
		{requeue.NotActive, func() { pr.Status = "active" }},
		{requeue.TargetBranch, func() { r.TargetBranches = branches(t) }},
		{requeue.SourceBranch, func() { r.SourceBranches = branches(t) }},
		{requeue.Label, func() { r.Labels = patterns(t) }},
		{requeue.Author, func() { r.Authors = patterns(t) }},
		{requeue.Title, func() { r.Titles = patterns(t) }},
		{requeue.Draft, func() { pr.Draft, r.Drafts = false, requeue.DraftsOnly }},
		{requeue.NotDraft, func() { r.Drafts = requeue.DraftsInclude }},
		{requeue.TooOld, func() { r.CreatedWithin = 0 }},
		{requeue.Conflicts, func() { pr.MergeStatus = "succeeded" }},
		{requeue.NoPolicy, func() { policies = []*requeue.Policy{policy()} }},
		{requeue.RepositoryDisabled, func() { pr.Repository = repository }},
		{requeue.NotAutoComplete, func() { pr.AutoComplete = true }},
		// Before the two that need its evaluations: another job reads them.
		{requeue.OtherSlice, func() { r.Slice = requeue.Slice{} }},
		{requeue.NotApproved, func() { pr.Votes = []int{10} }},
		{requeue.OtherBlockers, func() { pr.Evaluations[1] = evaluation(2) }},
		{"", func() {}},
	}
	for _, step := range steps {
		screened := []requeue.Screened{r.Screen(&pr, policies, true, now)}
		plan, _ := answerAll(t, r, screened, service{})
		if got := plan.PullRequests[0].Skipped; got != step.reason {
			t.Fatalf("got %q, want %q", got, step.reason)
		}
		step.mend()
	}
}

func TestScreenKeepsThePullRequest(t *testing.T) {
	t.Parallel()
	pr := pullRequest(7, func(pr *requeue.PullRequest) { pr.Status = "abandoned" })
	want := requeue.Screened{PullRequest: &pr, Skipped: requeue.NotActive, Detail: "abandoned"}
	if diff := cmp.Diff(want, new(rules()).Screen(&pr, nil, false, now)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSlices: every pull request falls on exactly one job, and no job gets much more than its share.
func TestSlices(t *testing.T) {
	t.Parallel()
	const pullRequests = 2000
	for _, total := range []int{2, 3, 4, 5, 8, 10, 16} {
		t.Run(strconv.Itoa(total), func(t *testing.T) {
			t.Parallel()
			shares := make([]int, total)
			for number := 1; number <= pullRequests; number++ {
				taken := 0
				for position := 1; position <= total; position++ {
					r := rules()
					r.Slice = requeue.Slice{Position: position, Total: total}
					if r.Screen(new(pullRequest(number)), nil, false, now).Skipped == "" {
						shares[position-1]++
						taken++
					}
				}
				if taken != 1 {
					t.Fatalf("pull request %d falls on %d jobs", number, taken)
				}
			}
			for position, share := range shares {
				if even := pullRequests / total; share < even*3/4 || share > even*5/4 {
					t.Errorf("job %d of %d takes %d pull requests, an even share is %d", position+1, total, share, even)
				}
			}
		})
	}
}

// TestSlicesAgree: what a job takes does not depend on what else it has read of the pull request.
func TestSlicesAgree(t *testing.T) {
	t.Parallel()
	r := rules()
	r.Slice = requeue.Slice{Position: 1, Total: 2}
	for number := 1; number <= 100; number++ {
		before := r.Screen(new(pullRequest(number)), nil, false, now).Skipped
		after := r.Screen(new(pullRequest(number, onto("release"), autoComplete, func(pr *requeue.PullRequest) {
			pr.Title, pr.SourceCommitID = "Another", "c3"
		})), nil, false, now).Skipped
		if before != after {
			t.Errorf("pull request %d changes its job", number)
		}
	}
}

func TestUncovered(t *testing.T) {
	t.Parallel()
	other, disabled := *repository, *repository
	other.ID, disabled.ID, disabled.Disabled = uuid.New(), uuid.New(), true
	at := func(id int, days int, repo *requeue.Repository, target string, skipped requeue.Reason) requeue.Screened {
		pr := pullRequest(id)
		pr.Created, pr.Repository, pr.TargetRefName = now.AddDate(0, 0, -days), repo, target
		return requeue.Screened{PullRequest: &pr, Skipped: skipped}
	}
	groups := requeue.Uncovered([]requeue.Screened{
		at(1, 1, repository, "refs/heads/main", requeue.NoPolicy),
		at(2, 9, repository, "refs/heads/main", requeue.Draft), // older, but not left alone for want of a policy
		at(3, 5, repository, "refs/heads/main", requeue.NoPolicy),
		at(5, 5, repository, "refs/heads/main", requeue.NoPolicy),
		at(4, 7, repository, "refs/heads/dev", requeue.NoPolicy),
		at(6, 6, &other, "refs/heads/main", requeue.NoPolicy),
		at(7, 8, repository, "refs/heads/main", ""),
		at(8, 9, &disabled, "refs/heads/main", requeue.NoPolicy),
	})
	var got [][]int
	for _, group := range groups {
		var ids []int
		for _, pr := range group {
			ids = append(ids, pr.ID)
		}
		got = append(got, ids)
	}
	if diff := cmp.Diff([][]int{{3, 5, 1}, {4}, {6}}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestHidden(t *testing.T) {
	t.Parallel()
	one := func(mods ...func(*requeue.Policy)) []requeue.Evaluation {
		e := evaluation(1)
		e.Policy = policy(mods...)
		return []requeue.Evaluation{e}
	}
	notApplicable := one()
	notApplicable[0].Status = requeue.StatusNotApplicable
	for _, tt := range []struct {
		name        string
		evaluations []requeue.Evaluation
		want        bool
	}{
		{"no evaluation proves nothing", nil, false},
		{"an enabled build policy of this branch", one(), true},
		{"one that does not apply to this pull request covers the branch all the same", notApplicable, true},
		{"a disabled one", one(func(p *requeue.Policy) { p.Enabled = false }), false},
		{"a deleted one", one(func(p *requeue.Policy) { p.Deleted = true }), false},
		{"one of another branch", one(scoped(requeue.PolicyScope{RefName: "refs/heads/dev", MatchKind: "Exact"})), false},
		{"a reviewer policy", one(func(p *requeue.Policy) { p.TypeID = uuid.MustParse(reviewersType) }), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pr := pullRequest(7)
			if got := requeue.Hidden(&pr, tt.evaluations); (got != nil) != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAsksLabels(t *testing.T) {
	t.Parallel()
	r := rules()
	r.Labels, r.TargetBranches = patterns(t, "ready"), branches(t, "main")
	other := rules()
	other.TargetBranches = branches(t, "main")
	for _, tt := range []struct {
		name  string
		rules requeue.Rules
		pr    requeue.PullRequest
		want  bool
	}{
		{"they decide", r, pullRequest(7), true},
		{"no label is selected", other, pullRequest(7), false},
		{"its target branch has decided", r, pullRequest(7, onto("release")), false},
		{"it is closed", r, pullRequest(7, func(pr *requeue.PullRequest) { pr.Status = "completed" }), false},
	} {
		if got := tt.rules.AsksLabels(&tt.pr); got != tt.want {
			t.Errorf("%s: got %t", tt.name, got)
		}
	}
}
