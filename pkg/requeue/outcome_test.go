package requeue_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func action(ev requeue.Evaluation, state requeue.State) requeue.Action {
	pr := pullRequest(7, with(ev))
	return requeue.Action{PullRequest: &pr, EvaluationPlan: &requeue.EvaluationPlan{
		Evaluation: &pr.Evaluations[0], Decision: &requeue.Decision{State: state, Requeue: true}, Outcome: &requeue.Outcome{Kind: requeue.OutcomePlanned},
	}}
}

func TestMovedPullRequest(t *testing.T) {
	t.Parallel()
	draft := func(pr *requeue.PullRequest) { pr.Draft = true }
	conflicts := func(pr *requeue.PullRequest) { pr.MergeStatus = "conflicts" }
	commit := func(id string) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { pr.SourceCommitID = id }
	}
	status := func(s string) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { pr.Status = s }
	}
	from := func(refName string) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { pr.SourceRefName = refName }
	}
	titled := func(title string) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { pr.Title = title }
	}
	by := func(name string) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { pr.Author = requeue.Person{DisplayName: name} }
	}
	drafts := func(d requeue.Drafts) func(*requeue.Rules) { return func(r *requeue.Rules) { r.Drafts = d } }
	reviewed := pullRequest(7, with(evaluation(8, reviewers)))
	tests := []struct {
		name         string
		rules        func(*requeue.Rules)
		planned, now requeue.PullRequest
		want         string
	}{
		{name: "nothing changed", planned: pullRequest(7), now: pullRequest(7)},
		{name: "completed", planned: pullRequest(7), now: pullRequest(7, status("completed")), want: "the pull request is completed"},
		{name: "abandoned", planned: pullRequest(7), now: pullRequest(7, status("abandoned")), want: "the pull request is abandoned"},
		{name: "a push", planned: pullRequest(7), now: pullRequest(7, commit("c3")), want: "somebody pushed a new commit"},
		{name: "no commit was known", planned: pullRequest(7, commit("")), now: pullRequest(7)},
		{name: "no commit is known now", planned: pullRequest(7), now: pullRequest(7, commit(""))},
		{name: "another target branch", planned: pullRequest(7), now: pullRequest(7, onto("release")), want: "the pull request goes to release now"},
		{name: "drafts are skipped, and it is one", planned: pullRequest(7), now: pullRequest(7, draft), want: "the pull request is a draft now"},
		{name: "drafts are included", rules: drafts(requeue.DraftsInclude), planned: pullRequest(7), now: pullRequest(7, draft)},
		{name: "drafts only", rules: drafts(requeue.DraftsOnly), planned: pullRequest(7, draft), now: pullRequest(7, draft)},
		{name: "drafts only, and it is none any more", rules: drafts(requeue.DraftsOnly), planned: pullRequest(7, draft), now: pullRequest(7), want: "the pull request is no draft any more"},
		{name: "conflicts", planned: pullRequest(7), now: pullRequest(7, conflicts), want: "the pull request has conflicts now"},
		{name: "a merge that fails now", planned: pullRequest(7), now: pullRequest(7, func(pr *requeue.PullRequest) { pr.MergeStatus = "failure" }), want: "the pull request has conflicts now"},
		{name: "a merge that is made again", planned: pullRequest(7), now: pullRequest(7, func(pr *requeue.PullRequest) { pr.MergeStatus = "queued" })},
		{
			name: "another source branch is selected no more", rules: func(r *requeue.Rules) { r.SourceBranches = branches(t, "topic*") },
			planned: pullRequest(7, from("refs/heads/topic")), now: pullRequest(7, from("refs/heads/other")), want: "the pull request's branches or its author are no longer selected",
		},
		{name: "another source branch, and all are selected", planned: pullRequest(7, from("refs/heads/topic")), now: pullRequest(7, from("refs/heads/other"))},
		{
			name: "another author", rules: func(r *requeue.Rules) { r.Authors = patterns(t, "Ada") },
			planned: pullRequest(7, by("Ada")), now: pullRequest(7, by("Grace")), want: "the pull request's branches or its author are no longer selected",
		},
		{
			name: "a title that is excluded now", rules: func(r *requeue.Rules) { r.Titles = patterns(t, "!wip*") },
			planned: pullRequest(7), now: pullRequest(7, titled("WIP: x")), want: "the pull request's title is no longer selected",
		},
		{name: "another title, and all are selected", planned: pullRequest(7), now: pullRequest(7, titled("WIP: x"))},
		{name: "auto-complete was switched off", rules: requireAutoComplete, planned: pullRequest(7, autoComplete), now: pullRequest(7), want: "auto-complete was switched off"},
		{
			name: "auto-complete was switched off, by which it had its place", rules: autoInFlight,
			planned: pullRequest(7, autoComplete, with(evaluation(1, expired, immediately))), now: pullRequest(7),
			want: "the pull request is neither auto-complete nor approved any more, so it takes no place",
		},
		{
			name: "auto-complete was switched off, and it is approved", rules: autoInFlight,
			planned: pullRequest(7, autoComplete, with(evaluation(1, expired, immediately))), now: pullRequest(7, votes(10)),
		},
		{
			name: "auto-complete was switched off where a merge expires nothing at once", rules: autoInFlight,
			planned: pullRequest(7, autoComplete, with(evaluation(1, expired))), now: pullRequest(7),
		},
		{
			name: "auto-complete was switched off where the policy that a merge expires is optional", rules: autoInFlight,
			planned: pullRequest(7, autoComplete, with(evaluation(1, expired, immediately, optional))), now: pullRequest(7),
		},
		{name: "auto-complete was switched off, and is not required", planned: pullRequest(7, autoComplete), now: pullRequest(7)},
		{name: "somebody waits for the author now", rules: requireApproved, planned: pullRequest(7, votes(10)), now: pullRequest(7, votes(10, -5)), want: "the pull request is no longer approved"},
		{name: "the only approval was taken back", rules: requireApproved, planned: pullRequest(7, votes(10)), now: pullRequest(7, votes(0)), want: "the pull request is no longer approved"},
		{name: "votes went, but the policy that counts them was approved", rules: requireApproved, planned: reviewed, now: pullRequest(7, votes(0))},
		{name: "votes are no condition", planned: pullRequest(7, votes(10)), now: pullRequest(7, votes(-10))},
		{
			name: "labels are no matter: a single answer has none", rules: func(r *requeue.Rules) { r.Labels = patterns(t, "ready") },
			planned: pullRequest(7, func(pr *requeue.PullRequest) { pr.Labels = []string{"ready"} }), now: pullRequest(7),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rules()
			if tt.rules != nil {
				tt.rules(&r)
			}
			got, moved := r.MovedPullRequest(&tt.planned, &tt.now)
			if got != tt.want || moved != (tt.want != "") {
				t.Errorf("got %q, %t; want %q", got, moved, tt.want)
			}
		})
	}
}

// TestMovedBuild: what happened to the build, in words that fit where one of the two numbers is missing.
func TestMovedBuild(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		planned, now requeue.Evaluation
		want         string
	}{
		{"another build", evaluation(7, failed), evaluation(7, failed, buildID(501)), "build 500 was replaced by build 501"},
		{"the first build", evaluation(7, notStarted), evaluation(7, running), "build 500 was started"},
		{"no build any more", evaluation(7, failed), evaluation(7, failed, noBuild), "the evaluation does not name build 500 any more"},
		{"the same build in another state", evaluation(7, failed), evaluation(7), "the evaluation is succeeded now"},
	} {
		var rules requeue.Rules
		if got, _ := rules.Moved(action(tt.planned, requeue.StateFailed), tt.now, nil, now); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestMoved(t *testing.T) {
	t.Parallel()
	ofBuild := requeue.Question{Kind: requeue.AskBuild, ProjectID: project.ID, BuildID: 500}
	wasGreen := requeue.Facts{ofBuild: {Build: build(500, "succeeded")}}
	redThenGreen := func(own requeue.Answer) requeue.Facts {
		ofTarget := requeue.Question{Kind: requeue.AskTargetBuilds, ProjectID: project.ID, PipelineID: 107, RefName: "refs/heads/main"}
		return requeue.Facts{ofBuild: own, ofTarget: {Builds: runs("F", 6, "S", 2)}}
	}
	only := when(requeue.StateRecovered)
	tests := []struct {
		name    string
		planned requeue.Action
		now     requeue.Evaluation
		facts   requeue.Facts
		rules   func(*requeue.Rules)
		want    bool
	}{
		{name: "expired still", planned: action(evaluation(7, expired), requeue.StateExpired), now: evaluation(7, expired)},
		{name: "failed still", planned: action(evaluation(7, failed), requeue.StateFailed), now: evaluation(7, failed)},
		{name: "not started still", planned: action(evaluation(7, notStarted), requeue.StateNotStarted), now: evaluation(7, notStarted)},
		{name: "running now", planned: action(evaluation(7, expired), requeue.StateExpired), now: evaluation(7, running), want: true},
		{name: "in the queue now", planned: action(evaluation(7, expired), requeue.StateExpired), now: evaluation(7, status("queued")), want: true},
		{name: "green now", planned: action(evaluation(7, expired), requeue.StateExpired), now: evaluation(7), want: true},
		{name: "not applicable now", planned: action(evaluation(7, expired), requeue.StateExpired), now: evaluation(7, notApplicable), want: true},
		{name: "unknown now", planned: action(evaluation(7, expired), requeue.StateExpired), now: evaluation(7, expired, malformed), want: true},
		{
			name: "failed and then expired is another state", want: true,
			planned: action(evaluation(7, failed), requeue.StateFailed), now: evaluation(7, expired),
		},
		{
			name: "another build in the same state", want: true,
			planned: action(evaluation(7, failed), requeue.StateFailed), now: evaluation(7, failed, buildID(501)),
		},
		{name: "no build any more", planned: action(evaluation(7, broken), requeue.StateBroken), now: evaluation(7, broken, noBuild), want: true},
		{
			name: "the policy was disabled", planned: action(evaluation(7, expired), requeue.StateExpired), want: true,
			now: evaluation(7, expired, func(e *requeue.Evaluation) { e.Policy.Enabled = false }),
		},
		{
			name: "the policy was deleted", planned: action(evaluation(7, expired), requeue.StateExpired), want: true,
			now: evaluation(7, expired, func(e *requeue.Evaluation) { e.Policy.Deleted = true }),
		},
		{
			name: "the policy has another pipeline", planned: action(evaluation(7, expired), requeue.StateExpired), want: true,
			now: evaluation(7, expired, func(e *requeue.Evaluation) { e.Policy.PipelineID++ }),
		},
		{
			name: "the policy has another name", planned: action(evaluation(7, expired), requeue.StateExpired),
			now: evaluation(7, expired, func(e *requeue.Evaluation) { e.Policy.DisplayName = "other" }),
		},
		{
			name:    "a green build that shows as rejected, with the plan's facts",
			planned: action(evaluation(7, shownAsRejected), requeue.StateExpired), now: evaluation(7, shownAsRejected), facts: wasGreen,
		},
		{
			name:    "a green build that shows as rejected, without them",
			planned: action(evaluation(7, shownAsRejected), requeue.StateExpired), now: evaluation(7, shownAsRejected), want: true,
		},
		{
			name: "recovered, and its build is gone", planned: action(evaluation(7, failed), requeue.StateRecovered),
			now: evaluation(7, shownAsRejected, buildStarted(5*time.Hour)), facts: redThenGreen(requeue.Answer{Gone: true}), rules: only, want: true,
		},
		{
			name: "near miss: recovered, and its build is there", planned: action(evaluation(7, failed), requeue.StateRecovered),
			now: evaluation(7, shownAsRejected, buildStarted(5*time.Hour)), facts: redThenGreen(requeue.Answer{Build: build(500, "failed")}), rules: only,
		},
		{
			name: "outdated for longer", planned: action(evaluation(7, outdated), requeue.StateOutdated), now: evaluation(7, outdated),
		},
		{
			name: "other fields do not matter", planned: action(evaluation(7, expired), requeue.StateExpired),
			now: evaluation(7, expired, completed(0), preview("x"), noNames),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rules()
			if tt.rules != nil {
				tt.rules(&r)
			}
			text, got := r.Moved(tt.planned, tt.now, tt.facts, now)
			if got != tt.want || got != (text != "") {
				t.Errorf("got %t, %q; want %t", got, text, tt.want)
			}
		})
	}
}

func TestOnItsWay(t *testing.T) {
	t.Parallel()
	of := func(status string, mods ...func(*requeue.Build)) requeue.Build {
		return build(600, "", append(mods, func(b *requeue.Build) { b.Status = status })...)
	}
	tests := []struct {
		name   string
		builds []requeue.Build
		want   int
	}{
		{"none", nil, 0},
		{"in progress", []requeue.Build{of("inProgress")}, 600},
		{"waiting", []requeue.Build{of("notStarted")}, 600},
		{"postponed", []requeue.Build{of("postponed")}, 600},
		{"being cancelled", []requeue.Build{of("cancelling")}, 0},
		{"finished", []requeue.Build{build(599, "failed")}, 0},
		{"of another pipeline", []requeue.Build{of("inProgress", func(b *requeue.Build) { b.PipelineID = 108 })}, 0},
		{"of another pull request", []requeue.Build{of("inProgress", func(b *requeue.Build) { b.RefName = "refs/pull/77/merge" })}, 0},
		{"started by hand", []requeue.Build{of("inProgress", func(b *requeue.Build) { b.Reason = "manual" })}, 600},
		{"behind others", []requeue.Build{build(599, "failed"), of("notStarted")}, 600},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, found := action(evaluation(7, expired), requeue.StateExpired).OnItsWay(tt.builds)
			if got.ID != tt.want || found != (tt.want != 0) {
				t.Errorf("got build %d, %t; want %d", got.ID, found, tt.want)
			}
		})
	}
}

func TestConfirmed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		from  requeue.Action
		after requeue.Evaluation
		want  bool
	}{
		{"the same record", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, expired), false},
		{"another build", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, expired, buildID(501)), true},
		{"another build that is over already", action(evaluation(7, failed), requeue.StateFailed), evaluation(7, failed, buildID(501)), true},
		{"another build beside a field of the wrong type", action(evaluation(7, failed), requeue.StateFailed), evaluation(7, buildID(501), malformed), true},
		{"a build where there was none", action(evaluation(7, notStarted), requeue.StateNotStarted), evaluation(7, status("queued")), true},
		{"a new build, but broken", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, broken, buildID(501)), true},
		{"running with the same build", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, running), true},
		{"running without a build", action(evaluation(7, notStarted), requeue.StateNotStarted), evaluation(7, running, noBuild), true},
		{"in the queue with the same build, expired no more", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, status("queued")), false},
		{"what a decline leaves behind", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, leftQueued), false},
		{"waiting for its start, and was expired", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, notStarted), false},
		{"waiting for its start, and was broken without a build", action(evaluation(7, broken, noBuild), requeue.StateBroken), evaluation(7, notStarted), false},
		{"broken now", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, broken), false},
		{"waiting for its start, as before", action(evaluation(7, notStarted), requeue.StateNotStarted), evaluation(7, notStarted), false},
		{"green with the same build", action(evaluation(7, expired), requeue.StateExpired), evaluation(7), false},
		{"failed with the same build", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, failed), false},
		{"no build any more, and failed", action(evaluation(7, failed), requeue.StateFailed), evaluation(7, failed, noBuild), false},
		{"not applicable", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, notApplicable), false},
		{"unknown", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, unknown), false},
		{"waiting, but a field has the wrong type", action(evaluation(7, expired), requeue.StateExpired), evaluation(7, notStarted, malformed), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.from.Confirmed(tt.after); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

func TestBrokeAndLostBuild(t *testing.T) {
	t.Parallel()
	wasExpired := action(evaluation(7, expired), requeue.StateExpired)
	tests := []struct {
		name        string
		from        requeue.Action
		after       requeue.Evaluation
		broke, lost bool
	}{
		{name: "broken now", from: wasExpired, after: evaluation(7, broken), broke: true},
		{name: "broken as before", from: action(evaluation(7, broken), requeue.StateBroken), after: evaluation(7, broken)},
		{name: "rejected", from: wasExpired, after: evaluation(7, failed)},
		{name: "the build is gone from the record", from: wasExpired, after: evaluation(7, notStarted), lost: true},
		{name: "there was none before", from: action(evaluation(7, notStarted), requeue.StateNotStarted), after: evaluation(7, notStarted)},
		{name: "the same build", from: wasExpired, after: evaluation(7, leftQueued)},
		{name: "no build, but failed", from: wasExpired, after: evaluation(7, failed, noBuild)},
		{name: "no build that could be read", from: wasExpired, after: evaluation(7, notStarted, malformed)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if broke, lost := tt.from.Broke(tt.after), tt.from.LostBuild(tt.after); broke != tt.broke || lost != tt.lost {
				t.Errorf("broke %t, lost its build %t", broke, lost)
			}
		})
	}
}

func TestNewestBuild(t *testing.T) {
	t.Parallel()
	a := action(evaluation(7, expired), requeue.StateExpired)
	for _, tt := range []struct {
		name   string
		builds []requeue.Build
		want   int
	}{
		{"none: the evaluation's own", nil, 500},
		{"older ones", []requeue.Build{build(499, "failed"), build(480, "failed")}, 500},
		{"a newer one", []requeue.Build{build(499, "failed"), build(501, ""), build(500, "failed")}, 501},
		{"a newer one of another pull request", []requeue.Build{build(501, "", func(b *requeue.Build) { b.RefName = "refs/pull/8/merge" })}, 500},
		{"a newer one of another pipeline", []requeue.Build{build(501, "", func(b *requeue.Build) { b.PipelineID = 108 })}, 500},
	} {
		if got := a.NewestBuild(tt.builds); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestBuildAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		after requeue.Evaluation
		want  int
	}{
		{"the same build", evaluation(7, running), 0},
		{"another", evaluation(7, running, buildID(501)), 501},
		{"none", evaluation(7, notStarted), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := action(evaluation(7, expired), requeue.StateExpired).BuildAfter(tt.after); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestFollowed(t *testing.T) {
	t.Parallel()
	wasExpired := action(evaluation(7, expired), requeue.StateExpired)
	wasFailed := action(evaluation(7, failed), requeue.StateFailed)
	wasNotStarted := action(evaluation(7, notStarted), requeue.StateNotStarted)
	asked := requeue.Question{Kind: requeue.AskBuild, ProjectID: project.ID, BuildID: 501}
	tests := []struct {
		name   string
		from   requeue.Action
		ours   int
		now    requeue.Evaluation
		facts  requeue.Facts
		want   requeue.Result
		detail string
		asks   bool
	}{
		{name: "running", from: wasExpired, ours: 501, now: evaluation(7, running, buildID(501))},
		{name: "in the queue", from: wasExpired, ours: 501, now: evaluation(7, status("queued"), buildID(501))},
		{name: "approved", from: wasExpired, ours: 501, now: evaluation(7, buildID(501)), want: requeue.ResultSucceeded},
		{name: "approved, and the target branch has moved long ago", from: wasExpired, ours: 501, now: evaluation(7, outdated, buildID(501)), want: requeue.ResultSucceeded},
		{name: "approved by a build that nobody told", from: wasExpired, now: evaluation(7, buildID(501)), want: requeue.ResultSucceeded},
		{name: "approved under the old number", from: wasExpired, now: evaluation(7), want: requeue.ResultSucceeded},
		{name: "rejected", from: wasExpired, ours: 501, now: evaluation(7, failed, buildID(501)), want: requeue.ResultRejected},
		{name: "rejected again", from: wasFailed, ours: 501, now: evaluation(7, failed, buildID(501)), want: requeue.ResultRejected},
		{name: "broken", from: wasExpired, ours: 501, now: evaluation(7, broken, buildID(501)), want: requeue.ResultRejected},
		{name: "broken before a build came to be", from: wasNotStarted, now: evaluation(7, broken, noBuild), want: requeue.ResultRejected},
		{name: "expired again", from: wasExpired, ours: 501, now: evaluation(7, expired, buildID(501)), want: requeue.ResultPending, detail: "expired again"},
		{
			name: "another build than ours, whatever became of it", from: wasExpired, ours: 501, now: evaluation(7, buildID(502)),
			want: requeue.ResultPending, detail: "build 501 was replaced by build 502",
		},
		{
			name: "another build than ours, running", from: wasExpired, ours: 501, now: evaluation(7, running, buildID(502)),
			want: requeue.ResultPending, detail: "build 501 was replaced by build 502",
		},
		{name: "the record still shows the build before", from: wasFailed, ours: 501, now: evaluation(7, failed)},
		{name: "the record still shows the state before", from: wasFailed, now: evaluation(7, failed)},
		{name: "it waits for a start, and for which build nobody told", from: wasExpired, now: evaluation(7, notStarted)},
		{name: "it waits for a start again", from: wasExpired, ours: 501, now: evaluation(7, notStarted)},
		{name: "not applicable", from: wasExpired, ours: 501, now: evaluation(7, notApplicable, buildID(501))},
		{name: "unknown", from: wasExpired, ours: 501, now: evaluation(7, unknown, buildID(501))},
		{name: "rejected, but it may be green", from: wasExpired, ours: 501, now: evaluation(7, shownAsRejected, buildID(501)), asks: true},
		{
			name: "rejected, and it was green: the target branch moved again", from: wasExpired, ours: 501, now: evaluation(7, shownAsRejected, buildID(501)),
			facts: requeue.Facts{asked: {Build: build(501, "succeeded")}}, want: requeue.ResultPending, detail: "expired again",
		},
		{
			name: "rejected, and it was red", from: wasExpired, ours: 501, now: evaluation(7, shownAsRejected, buildID(501)),
			facts: requeue.Facts{asked: {Build: build(501, "failed")}}, want: requeue.ResultRejected,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, detail, question := new(rules()).Followed(tt.from, tt.ours, tt.now, tt.facts, now)
			if got != tt.want || detail != tt.detail {
				t.Errorf("got %q, %q; want %q, %q", got, detail, tt.want, tt.detail)
			}
			var asks *requeue.Question
			if tt.asks {
				asks = &asked
			}
			if diff := cmp.Diff(asks, question); diff != "" {
				t.Errorf("question (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSummarize counts a plan with something of everything.
func TestSummarize(t *testing.T) {
	t.Parallel()
	prs := []requeue.PullRequest{
		pullRequest(8, with(evaluation(1, expired), evaluation(2, expired), evaluation(3, expired), evaluation(4, expired), evaluation(5, expired), evaluation(6, expired))),
		pullRequest(9, with(evaluation(1, expired), evaluation(2), evaluation(3, reviewers, status("queued")))), // runLimit, state, byHand
		pullRequest(7, with(evaluation(7, failed), evaluation(8, failed))),                                      // retriesExhausted, historyUnknown
		pullRequest(4, func(pr *requeue.PullRequest) { pr.Draft = true }),
		pullRequest(5, func(pr *requeue.PullRequest) { pr.Status = "completed" }),
		pullRequest(6, func(pr *requeue.PullRequest) { pr.Err = errTest }),
	}
	svc := history(build(500, "failed"), build(499, "failed"), build(498, "failed"))
	p := planOf(t, rules(maxPerRun(6)), svc, prs...)
	want := requeue.Summary{
		Counts: requeue.Counts{Planned: 6, Failed: 1, Skipped: 5, SkippedPullRequest: 2, PullRequest: 5, Evaluation: 11},
		SkippedByReason: map[requeue.Reason]int{
			requeue.Draft: 1, requeue.NotActive: 1, requeue.RunLimit: 1, requeue.NotSelectedState: 1, requeue.ByHand: 1,
			requeue.RetriesExhausted: 1, requeue.HistoryUnknown: 1,
		},
		PullRequestIDs: []int{}, BuildIDs: []int{}, ExhaustedPullRequestIDs: []int{7}, Limited: true,
	}
	if diff := cmp.Diff(want, requeue.Summarize(p)); diff != "" {
		t.Errorf("before anything was done (-want +got):\n%s", diff)
	}

	done := []requeue.Outcome{
		{Kind: requeue.OutcomeRequeued, BuildAfter: 602, Result: requeue.ResultSucceeded},
		{Kind: requeue.OutcomeRequeued, BuildAfter: 601, Result: requeue.ResultRejected},
		{Kind: requeue.OutcomeRequeued, Result: requeue.ResultPending}, // which build it was, nobody told
		{Kind: requeue.OutcomeDeclined},
		{Kind: requeue.OutcomeMoved},
		{Kind: requeue.OutcomeFailed, Err: errTest},
	}
	want.Counts.Requeued, want.Counts.Declined, want.Counts.Moved, want.Counts.Failed = 3, 1, 1, 2
	want.Counts.Succeeded, want.Counts.Rejected, want.Counts.Pending = 1, 1, 1
	want.PullRequestIDs, want.BuildIDs = []int{8}, []int{601, 602}
	for i, a := range p.Actions() {
		*a.Outcome = done[i]
	}
	if diff := cmp.Diff(want, requeue.Summarize(p)); diff != "" {
		t.Errorf("when all was done (-want +got):\n%s", diff)
	}

	// A run that ends early leaves what it had not begun planned.
	*p.Actions()[5].Outcome = requeue.Outcome{Kind: requeue.OutcomePlanned}
	want.Counts.Failed = 1
	if diff := cmp.Diff(want, requeue.Summarize(p)); diff != "" {
		t.Errorf("when a part was done (-want +got):\n%s", diff)
	}
}

// TestSummarizeUnread: what could not be read is skipped and failed at once.
func TestSummarizeUnread(t *testing.T) {
	t.Parallel()
	svc := service{fails: map[requeue.QuestionKind]bool{requeue.AskHistory: true}}
	p := planOf(t, rules(), svc, pullRequest(7, with(evaluation(7, failed), evaluation(1, expired))))
	want := requeue.Counts{Planned: 1, Failed: 1, Skipped: 1, PullRequest: 1, Evaluation: 2}
	got := requeue.Summarize(p)
	if diff := cmp.Diff(want, got.Counts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(got.SkippedByReason) > 0 || got.Limited {
		t.Errorf("got %+v", got)
	}
}

// TestFailures: what went wrong is listed from what could not be read to what could not be carried out.
func TestFailures(t *testing.T) {
	t.Parallel()
	svc := service{fails: map[requeue.QuestionKind]bool{requeue.AskHistory: true}}
	p := planOf(t, rules(), svc,
		pullRequest(5, with(evaluation(1, expired), evaluation(2, expired), evaluation(3, expired), evaluation(4, expired))),
		pullRequest(6, func(pr *requeue.PullRequest) { pr.Err = errTest }),
		pullRequest(7, with(evaluation(7, failed), evaluation(1))),
	)
	if got := p.Failures(); len(got) != 2 || got[0].PullRequest != 6 || got[1].PullRequest != 7 || got[0].Err == nil || got[1].Err == nil {
		t.Errorf("before anything was done: %+v", got)
	}
	if len(p.Declined())+len(p.Unread()) > 0 {
		t.Errorf("before anything was done: %+v, %+v", p.Declined(), p.Unread())
	}
	actions := p.Actions()
	*actions[0].Outcome = requeue.Outcome{Kind: requeue.OutcomeFailed, Err: errTest}
	*actions[1].Outcome = requeue.Outcome{Kind: requeue.OutcomeDeclined, Detail: "nothing was started"}
	*actions[2].Outcome = requeue.Outcome{Kind: requeue.OutcomeRequeued, Result: requeue.ResultPending, ResultErr: errTest}
	*actions[3].Outcome = requeue.Outcome{Kind: requeue.OutcomeMoved, Detail: "build 8 was replaced by build 9"}
	if got := p.Failures(); len(got) != 3 || got[2] != (requeue.Failure{PullRequest: 5, Err: errTest}) {
		t.Errorf("when all was done: %+v", got)
	}
	if got := p.Declined(); len(got) != 1 || got[0].PullRequest != 5 || got[0].Lead != "Declined" || got[0].Err.Error() != "nothing was started" {
		t.Errorf("declined: %+v", got)
	}
	if got := p.Unread(); len(got) != 1 || got[0] != (requeue.Failure{PullRequest: 5, Lead: "The result could not be read", Err: errTest}) {
		t.Errorf("unread: %+v", got)
	}
}
