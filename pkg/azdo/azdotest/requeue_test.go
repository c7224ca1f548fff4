package azdotest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRequeueStartsABuild(t *testing.T) {
	t.Parallel()
	s := Start(t, shop("expired"))
	before := get(t, s, evaluationPath(s, 7, "12"))
	after := decode(t, send(t, s, http.MethodPatch, evaluationPath(s, 7, "12"), ""), http.StatusOK)
	if at(t, before, "context", "isExpired") != true || at(t, after, "context", "isExpired") != false {
		t.Errorf("isExpired: before %v, after %v", at(t, before, "context", "isExpired"), at(t, after, "context", "isExpired"))
	}
	if b, a := at(t, before, "context", "buildId"), at(t, after, "context", "buildId"); a == b {
		t.Errorf("buildId is still %v", a)
	}
	if got := at(t, after, "status"); got != "queued" {
		t.Errorf("status %v, want queued", got)
	}
	if _, absent := at(t, after, "completedDate").(missing); !absent {
		t.Error("completedDate is still there")
	}
	if n := s.Starts(s.EvaluationID(7, "12")); n != 1 {
		t.Errorf("%d starts, want 1", n)
	}
	builds := get(t, s, "/Shop/_apis/build/builds?definitions=55&branchName=refs/pull/7/merge&statusFilter=notStarted")
	if at(t, builds, "count") != 1.0 || at(t, builds, "value", 0, "id") != at(t, after, "context", "buildId") {
		t.Errorf("builds under way: %v", builds)
	}
	want := []string{"PATCH evaluation pr=7 policy=12 (CI)"}
	if diff := cmp.Diff(want, s.Writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

// The official client for Node sends null where there is no body.
func TestRequeueWithNullForABody(t *testing.T) {
	t.Parallel()
	s := Start(t, shop("expired"))
	decode(t, send(t, s, http.MethodPatch, evaluationPath(s, 7, "12"), "null"), http.StatusOK)
	if n := s.Starts(s.EvaluationID(7, "12")); n != 1 {
		t.Errorf("%d starts, want 1", n)
	}
}

func TestRequeueCancelsTheBuildInProgress(t *testing.T) {
	t.Parallel()
	s := Start(t, shop("running"))
	old := at(t, get(t, s, evaluationPath(s, 7, "12")), "context", "buildId")
	send(t, s, http.MethodPatch, evaluationPath(s, 7, "12"), "")
	send(t, s, http.MethodPatch, evaluationPath(s, 7, "12"), "")
	builds := get(t, s, "/Shop/_apis/build/builds?branchName=refs/pull/7/merge&queryOrder=queueTimeAscending&resultFilter=canceled")
	if at(t, builds, "count") != 2.0 || at(t, builds, "value", 0, "id") != old {
		t.Errorf("cancelled builds: %v", builds)
	}
	if n := s.Starts(s.EvaluationID(7, "CI")); n != 2 || len(s.StartedBuilds()) != 2 {
		t.Errorf("%d starts, builds %v, want 2", n, s.StartedBuilds())
	}
}

func TestRequeueRunsToItsEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ outcome, status, result string }{
		{"succeeded", "approved", "succeeded"},
		{"failed", "rejected", "failed"},
		{"partiallySucceeded", "rejected", "partiallySucceeded"},
	} {
		t.Run(test.outcome, func(t *testing.T) {
			t.Parallel()
			w := shop("expired")
			w.Projects[0].Pipelines[0].Requeue = Requeue{Outcome: test.outcome, StartsAfter: "20ms", Takes: "20ms"}
			s := Start(t, w)
			send(t, s, http.MethodPatch, evaluationPath(s, 7, "12"), "")
			eventually(t, "the build ends", func() bool {
				return at(t, get(t, s, evaluationPath(s, 7, "12")), "status") == test.status
			})
			build := get(t, s, "/Shop/_apis/build/builds/"+itoa(s.StartedBuilds()[0]))
			if at(t, build, "status") != "completed" || at(t, build, "result") != test.result {
				t.Errorf("build: %v, %v", at(t, build, "status"), at(t, build, "result"))
			}
		})
	}
}

func TestRequeueStaysQueuedUntilFinished(t *testing.T) {
	t.Parallel()
	w := shop("notStarted")
	w.Projects[0].Pipelines[0].Requeue.Outcome = "staysQueued"
	s := Start(t, w)
	send(t, s, http.MethodPatch, evaluationPath(s, 7, "12"), "")
	if got := at(t, get(t, s, evaluationPath(s, 7, "12")), "status"); got != "queued" {
		t.Errorf("status %v, want queued", got)
	}
	s.FinishBuild(s.StartedBuilds()[0], "succeeded")
	if got := at(t, get(t, s, evaluationPath(s, 7, "12")), "status"); got != "approved" {
		t.Errorf("status %v, want approved", got)
	}
}

func TestRequeueThatStartsNothing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*World)
		policy Ref
		body   string
		status int
		code   string
	}{
		{"a policy of another type: 200, unchanged", func(*World) {}, "13", "", 200, ""},
		{"a pipeline that declines: 200, unchanged", func(w *World) { w.Pipeline("Shop", "55").Requeue.Outcome = "declines" }, "12", "", 200, ""},
		{"an evaluation that declines: 200, unchanged", func(w *World) { w.Evaluation(7, "12").Requeue = &Requeue{Outcome: "declines"} }, "12", "", 200, ""},
		{"a disabled pipeline: 200, unchanged", func(w *World) { w.Pipeline("Shop", "55").QueueStatus = "disabled" }, "12", "", 200, ""},
		{"refused by status", func(w *World) { w.Pipeline("Shop", "55").Requeue.Outcome = "refuses" }, "12", "", 403, "TF215106"},
		{"refused in silence", func(w *World) {
			w.Pipeline("Shop", "55").Requeue.Outcome = "refuses"
			w.Behaviour.Refusal = "ignored"
		}, "12", "", 200, ""},
		{"a completed pull request: refused", func(w *World) { w.PullRequest(7).Status = "completed" }, "12", "", 400, "TF401181"},
		{"a completed pull request: ignored", func(w *World) {
			w.PullRequest(7).Status = "completed"
			w.Behaviour.ClosedPullRequest = "ignored"
		}, "12", "", 200, ""},
		{"a deleted policy: ignored", func(w *World) { w.Policy("Shop", "12").Deleted = true }, "12", "", 200, ""},
		{"a deleted policy: refused", func(w *World) {
			w.Policy("Shop", "12").Deleted = true
			w.Behaviour.DeletedPolicy = "refused"
		}, "12", "", 404, "PolicyConfigurationNotFoundException"},
		{"a hidden repository", func(w *World) { w.Repository("Shop", "web").Hidden = true }, "12", "", 404, "TF401019"},
		{"a body", func(*World) {}, "12", `{"status":"queued"}`, 400, "must not have a body"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, shop("expired"))
			if test.body != "" {
				s.Except("a body is sent, none is described", "the stand-in is shown to refuse it")
			}
			s.Update(test.change)
			path := evaluationPath(s, 7, test.policy)
			before := send(t, s, http.MethodGet, path, "")
			r := send(t, s, http.MethodPatch, path, test.body)
			if r.status != test.status || !strings.Contains(r.text, test.code) {
				t.Errorf("%d %s, want %d with %q", r.status, r.text, test.status, test.code)
			}
			if r.status == 200 && r.text != before.text {
				t.Errorf("the record changed:\n%s\n%s", before.text, r.text)
			}
			if n := s.Starts(s.EvaluationID(7, test.policy)); n != 0 || len(s.Writes()) != 1 {
				t.Errorf("%d starts, writes %v", n, s.Writes())
			}
		})
	}
}

func TestRequeueAnswers(t *testing.T) {
	t.Parallel()
	type view struct {
		Expired  any
		Build    any
		NewBuild bool
	}
	look := func(t *testing.T, v, old any) view {
		id := at(t, v, "context", "buildId")
		_, absent := id.(missing)
		return view{at(t, v, "context", "isExpired"), absent, !absent && id != old}
	}
	for _, test := range []struct {
		answer, lag      string
		first, next, end view
	}{
		{"newBuild", "0s", view{false, false, true}, view{false, false, true}, view{false, false, true}},
		{"newBuild", "1500ms", view{false, false, true}, view{true, false, false}, view{false, false, true}},
		{"unchanged", "0s", view{true, false, false}, view{false, false, true}, view{false, false, true}},
		{"unchanged", "1500ms", view{true, false, false}, view{true, false, false}, view{false, false, true}},
		{"withoutBuild", "0s", view{false, true, false}, view{false, false, true}, view{false, false, true}},
		{"withoutBuild", "1500ms", view{false, true, false}, view{false, true, false}, view{false, false, true}},
	} {
		t.Run(test.answer+" "+test.lag, func(t *testing.T) {
			t.Parallel()
			w := shop("expired")
			w.Behaviour = Behaviour{RequeueAnswer: test.answer, Lag: test.lag}
			s := Start(t, w)
			path := evaluationPath(s, 7, "12")
			old := at(t, get(t, s, path), "context", "buildId")
			first := look(t, decode(t, send(t, s, http.MethodPatch, path, ""), 200), old)
			next := look(t, get(t, s, path), old)
			if first != test.first || next != test.next {
				t.Errorf("answer %+v, next read %+v", first, next)
			}
			eventually(t, "the record follows", func() bool { return look(t, get(t, s, path), old) == test.end })
		})
	}
}

func TestRequeueAgainDuringTheLagStartsASecondBuild(t *testing.T) {
	t.Parallel()
	w := shop("expired")
	w.Behaviour = Behaviour{RequeueAnswer: "unchanged", Lag: "1h", BuildsLag: "1h"}
	s := Start(t, w)
	for range 2 {
		send(t, s, http.MethodPatch, evaluationPath(s, 7, "12"), "")
		s.Update(func(*World) {}) // an update in between must not lose track of the build
	}
	if n := s.Starts(s.EvaluationID(7, "12")); n != 2 {
		t.Errorf("%d starts, want 2", n)
	}
	if got := s.World(); got.Build(s.StartedBuilds()[0]).Result != "canceled" {
		t.Error("the first build was not cancelled")
	}
	if builds := get(t, s, "/Shop/_apis/build/builds?statusFilter=notStarted"); at(t, builds, "count") != 0.0 {
		t.Errorf("the list shows builds too early: %v", builds)
	}
}
