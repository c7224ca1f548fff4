package requeue_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestUnmatched(t *testing.T) {
	t.Parallel()
	own := requeue.Project{ID: id(1), Name: "Fabrikam"}
	web := &requeue.Repository{ID: id(11), Name: "web", Project: own}
	api := &requeue.Repository{ID: id(12), Name: "api", Project: own}
	far := &requeue.Repository{ID: id(13), Name: "far", Project: requeue.Project{ID: id(2), Name: "Other"}}
	ci := evaluation(1, func(e *requeue.Evaluation) {
		e.Policy.DisplayName, e.Policy.PipelineID, e.PipelineName = "Required CI", 107, "shop-ci"
	})
	first := pullRequest(7, with(ci), onto("main"), func(pr *requeue.PullRequest) {
		pr.Repository, pr.SourceRefName, pr.Title = web, "refs/heads/topic/a", "Add the basket"
		pr.Author = requeue.Person{DisplayName: "Ada", UniqueName: "ada@fabrikam.example"}
		pr.Labels, pr.LabelsKnown = []string{"fast", "ui"}, true
	})
	second := pullRequest(8, onto("release/1"), func(pr *requeue.PullRequest) {
		pr.Repository, pr.SourceRefName, pr.Title, pr.Draft = api, "refs/heads/fix", "Mend", true
		pr.Author = requeue.Person{UniqueName: "bob@fabrikam.example"}
		pr.Labels, pr.LabelsKnown = []string{"fast"}, true
	})
	elsewhere := pullRequest(9, onto("main"), func(pr *requeue.PullRequest) { pr.Repository, pr.LabelsKnown = far, true })
	completed := pullRequest(10, onto("old"), func(pr *requeue.PullRequest) { pr.Status = "completed" })
	unlabelled := pullRequest(11, onto("main"), func(pr *requeue.PullRequest) { pr.Labels, pr.LabelsKnown = nil, false })
	nameless := pullRequest(12, onto("main"), with(evaluation(2, noNames, func(e *requeue.Evaluation) { e.Policy.PipelineID = 200 })))
	halfNamed := pullRequest(13, onto("main"), with(evaluation(3, func(e *requeue.Evaluation) {
		e.Policy.DisplayName, e.PipelineName, e.Policy.PipelineID = "Half", "", 300
	})))
	byHand := pullRequest(14, onto("main"), with(evaluation(4, reviewers, func(e *requeue.Evaluation) { e.Policy.DisplayName = "Reviewers" })))

	repositories := func(items ...string) requeue.RepositoryPatterns {
		p, err := requeue.NewRepositoryPatterns(items)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	none := []requeue.Unmatched(nil)
	for _, tc := range []struct {
		name  string
		rules requeue.Rules
		from  requeue.RepositoryPatterns
		prs   []requeue.PullRequest
		facts requeue.Facts
		want  []requeue.Unmatched
	}{
		{name: "no pattern", prs: []requeue.PullRequest{first}, want: none},
		{
			name: "a target branch", rules: requeue.Rules{TargetBranches: branches(t, "mian", "main")}, prs: []requeue.PullRequest{first, second},
			want: []requeue.Unmatched{{Input: "targetBranches", Patterns: []string{"mian"}, Read: 2, There: []string{"main", "release/1"}}},
		},
		{name: "every branch pattern matches something", rules: requeue.Rules{TargetBranches: branches(t, "MAIN", "rel*")}, prs: []requeue.PullRequest{first, second}, want: none},
		{name: "an excluding pattern may match nothing", rules: requeue.Rules{TargetBranches: branches(t, "!mian")}, prs: []requeue.PullRequest{first}, want: none},
		{name: "none was read", rules: requeue.Rules{TargetBranches: branches(t, "mian"), Policies: policies(t, "x", "5")}, want: none},
		{name: "none that is active was read", rules: requeue.Rules{TargetBranches: branches(t, "mian")}, prs: []requeue.PullRequest{completed}, want: none},
		{
			name: "what is not active does not count", rules: requeue.Rules{TargetBranches: branches(t, "old")}, prs: []requeue.PullRequest{first, completed},
			want: []requeue.Unmatched{{Input: "targetBranches", Patterns: []string{"old"}, Read: 1, There: []string{"main"}}},
		},
		{
			name: "what another filter leaves alone counts", rules: requeue.Rules{TargetBranches: branches(t, "release/*"), SourceBranches: branches(t, "topic/*")},
			prs: []requeue.PullRequest{first, second}, want: none,
		},
		{
			name: "a source branch", rules: requeue.Rules{SourceBranches: branches(t, "refs/heads/topics/*", "fixes")}, prs: []requeue.PullRequest{first, second},
			want: []requeue.Unmatched{{Input: "sourceBranches", Patterns: []string{"topics/*", "fixes"}, Read: 2, There: []string{"fix", "topic/a"}}},
		},
		{
			name: "a label; the most frequent comes first", rules: requeue.Rules{Labels: patterns(t, "fsat")}, prs: []requeue.PullRequest{first, second},
			want: []requeue.Unmatched{{Input: "labels", Patterns: []string{"fsat"}, Read: 2, There: []string{"fast", "ui"}}},
		},
		{name: "a label of one of them", rules: requeue.Rules{Labels: patterns(t, "UI")}, prs: []requeue.PullRequest{first, second}, want: none},
		{
			name: "nothing has a label", rules: requeue.Rules{Labels: patterns(t, "fast")}, prs: []requeue.PullRequest{elsewhere},
			want: []requeue.Unmatched{{Input: "labels", Patterns: []string{"fast"}, Read: 1}},
		},
		{
			name: "labels that nobody has read are not there", rules: requeue.Rules{Labels: patterns(t, "fsat")}, prs: []requeue.PullRequest{second, unlabelled},
			want: []requeue.Unmatched{{Input: "labels", Patterns: []string{"fsat"}, Read: 1, Partly: true, There: []string{"fast"}}},
		},
		{name: "labels of none are known", rules: requeue.Rules{Labels: patterns(t, "fsat")}, prs: []requeue.PullRequest{unlabelled}, want: none},
		{
			name: "an author", rules: requeue.Rules{Authors: patterns(t, "eve")}, prs: []requeue.PullRequest{first, second},
			want: []requeue.Unmatched{{Input: "authors", Patterns: []string{"eve"}, Read: 2, There: []string{"Ada", "bob@fabrikam.example"}}},
		},
		{name: "an author by either name", rules: requeue.Rules{Authors: patterns(t, "ada", "ada@*", "bob@*")}, prs: []requeue.PullRequest{first, second}, want: none},
		{
			name: "a title", rules: requeue.Rules{Titles: patterns(t, "basket")}, prs: []requeue.PullRequest{first, second},
			want: []requeue.Unmatched{{Input: "titles", Patterns: []string{"basket"}, Read: 2, There: []string{"Add the basket", "Mend"}}},
		},
		{name: "a title by a pattern", rules: requeue.Rules{Titles: patterns(t, "*basket")}, prs: []requeue.PullRequest{first, second}, want: none},
		{
			name: "a policy", rules: requeue.Rules{Policies: policies(t, "nightly", "108")}, prs: []requeue.PullRequest{first, second},
			want: []requeue.Unmatched{{Input: "policies", Patterns: []string{"nightly", "108"}, Read: 1, There: []string{"Required CI"}}},
		},
		{name: "a policy by its name, its pipeline's name and its ID", rules: requeue.Rules{Policies: policies(t, "required*", "shop-*", "107")}, prs: []requeue.PullRequest{first}, want: none},
		{
			name: "a policy of another kind is none", rules: requeue.Rules{Policies: policies(t, "Reviewers")}, prs: []requeue.PullRequest{first, byHand},
			want: []requeue.Unmatched{{Input: "policies", Patterns: []string{"Reviewers"}, Read: 1, There: []string{"Required CI"}}},
		},
		{
			name: "a pipeline whose name was asked for", rules: requeue.Rules{Policies: policies(t, "night*")}, prs: []requeue.PullRequest{nameless},
			facts: requeue.Facts{{Kind: requeue.AskPipeline, ProjectID: nameless.Repository.Project.ID, PipelineID: 200}: {Pipeline: requeue.Pipeline{Name: "nightly"}}},
			want:  none,
		},
		{name: "a pipeline whose name nobody knows", rules: requeue.Rules{Policies: policies(t, "night*")}, prs: []requeue.PullRequest{nameless}, want: none},
		{name: "a policy's own name, its pipeline's unknown", rules: requeue.Rules{Policies: policies(t, "half", "shop-ci")}, prs: []requeue.PullRequest{first, halfNamed}, want: none},
		{
			name: "neither, where one is unknown", rules: requeue.Rules{Policies: policies(t, "halves")}, prs: []requeue.PullRequest{first, halfNamed},
			want: []requeue.Unmatched{{Input: "policies", Patterns: []string{"halves"}, Read: 1, Partly: true, There: []string{"Half", "Required CI"}}},
		},
		{
			name: "an ID is known of all", rules: requeue.Rules{Policies: policies(t, "5")}, prs: []requeue.PullRequest{first, halfNamed},
			want: []requeue.Unmatched{{Input: "policies", Patterns: []string{"5"}, Read: 2, There: []string{"Half", "Required CI"}}},
		},
		{
			name: "a pattern of repositories", from: repositories("web", "lib-*", "Other/x*"), prs: []requeue.PullRequest{first, second, elsewhere},
			want: []requeue.Unmatched{{Input: "repositories", Patterns: []string{"lib-*", "Other/x*"}, Read: 3, There: []string{"Other/far", "api", "web"}}},
		},
		{name: "a repository that is named is no pattern", from: repositories("web", "lib", "!x*"), prs: []requeue.PullRequest{first}, want: none},
		{name: "patterns of repositories that match", from: repositories("w*", "*/*", "oth*/f?r"), prs: []requeue.PullRequest{first, elsewhere}, want: none},
		{
			name: "in the order of the inputs", from: repositories("x*"),
			rules: requeue.Rules{Policies: policies(t, "x"), Titles: patterns(t, "x"), TargetBranches: branches(t, "x")}, prs: []requeue.PullRequest{first},
			want: []requeue.Unmatched{
				{Input: "repositories", Patterns: []string{"x*"}, Read: 1, There: []string{"web"}},
				{Input: "targetBranches", Patterns: []string{"x"}, Read: 1, There: []string{"main"}},
				{Input: "titles", Patterns: []string{"x"}, Read: 1, There: []string{"Add the basket"}},
				{Input: "policies", Patterns: []string{"x"}, Read: 1, There: []string{"Required CI"}},
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var screened []requeue.Screened
			for i := range tc.prs {
				screened = append(screened, requeue.Screened{PullRequest: &tc.prs[i]})
			}
			if diff := cmp.Diff(tc.want, tc.rules.Unmatched(screened, tc.from, own, tc.facts)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestUnmatchedNamesTen: what there was is named up to ten, and the rest counted.
func TestUnmatchedNamesTen(t *testing.T) {
	t.Parallel()
	prs := make([]requeue.PullRequest, 12)
	screened := make([]requeue.Screened, len(prs))
	for i := range prs {
		prs[i] = pullRequest(i+1, onto(fmt.Sprintf("b%02d", i)))
		screened[i].PullRequest = &prs[i]
	}
	r := requeue.Rules{TargetBranches: branches(t, "x")}
	for _, tc := range []struct{ prs, there, more int }{{12, 10, 2}, {11, 10, 1}, {10, 10, 0}, {9, 9, 0}} {
		got := r.Unmatched(screened[:tc.prs], requeue.RepositoryPatterns{}, requeue.Project{}, nil)
		if len(got) != 1 || len(got[0].There) != tc.there || got[0].More != tc.more {
			t.Errorf("%d branches: %+v", tc.prs, got)
		}
	}
}
