package azdotest

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDeclines(t *testing.T) {
	t.Parallel()
	type view struct{ Status, Expired, NotCurrent, SameBuild, Completed, Message any }
	for _, test := range []struct {
		decline string
		want    view
	}{
		{"unchanged", view{"queued", true, true, true, true, missing{}}},
		{"queued", view{"queued", false, true, true, false, missing{}}},
		{"broken", view{"broken", false, true, true, true, "The build could not be queued."}},
	} {
		for _, how := range []string{"declines", "refuses"} {
			t.Run(test.decline+" "+how, func(t *testing.T) {
				t.Parallel()
				w := shop("expired")
				w.Behaviour = Behaviour{Decline: test.decline, Refusal: "ignored"}
				w.Projects[0].Pipelines[0].Requeue.Outcome = how
				s := Start(t, w)
				path := evaluationPath(s, 7, "12")
				build := at(t, get(t, s, path), "context", "buildId")
				answer := decode(t, send(t, s, http.MethodPatch, path, ""), 200)
				later := get(t, s, path)
				if diff := cmp.Diff(answer, later); diff != "" {
					t.Errorf("answer and record differ (-answer +record):\n%s", diff)
				}
				got := view{
					at(t, later, "status"), at(t, later, "context", "isExpired"), at(t, later, "context", "buildIsNotCurrent"),
					at(t, later, "context", "buildId") == build, at(t, later, "completedDate") != missing{}, at(t, later, "context", "errorMessage"),
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if n := len(s.StartedBuilds()); n != 0 {
					t.Errorf("%d builds started", n)
				}
			})
		}
	}
}

func TestRecordNumbers(t *testing.T) {
	t.Parallel()
	for _, answered := range []string{"newBuild", "unchanged", "withoutBuild"} {
		t.Run(answered, func(t *testing.T) {
			t.Parallel()
			w := shop("expired")
			w.Behaviour = Behaviour{RecordNumber: "new", RequeueAnswer: answered}
			s := Start(t, w)
			first, old := s.EvaluationID(7, "12"), evaluationPath(s, 7, "12")
			answer := decode(t, send(t, s, http.MethodPatch, old, ""), 200)
			if r := send(t, s, http.MethodGet, old, ""); r.status != 404 {
				t.Errorf("the old number: %d", r.status)
			}
			again := s.EvaluationID(7, "12")
			if again == first || at(t, answer, "evaluationId") != again.String() {
				t.Errorf("the answer is about %v, want %s and not %s", at(t, answer, "evaluationId"), again, first)
			}
			if at(t, get(t, s, listPath("7")), "value", 0, "evaluationId") != again.String() {
				t.Error("the list has another number")
			}
			send(t, s, http.MethodPatch, evaluationPath(s, 7, "12"), "")
			if a, b, c := s.Starts(first), s.Starts(again), len(s.BuildsOf(s.EvaluationID(7, "12"))); a != 2 || b != 2 || c != 2 {
				t.Errorf("%d starts under the first number, %d under the second, %d builds, want 2 each", a, b, c)
			}
		})
	}
	w := shop("expired")
	w.Behaviour.RecordNumber = "new"
	w.Projects[0].Pipelines[0].Requeue.Outcome = "declines"
	s := Start(t, w)
	id := s.EvaluationID(7, "12")
	send(t, s, http.MethodPatch, evaluationPath(s, 7, "12"), "")
	if s.EvaluationID(7, "12") != id || s.Starts(id) != 0 {
		t.Error("a re-queue that starts nothing gave another number")
	}
}

func TestReasonAndDateOfARequeue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		behaviour Behaviour
		reason    string
		moves     bool
	}{
		{Behaviour{}, "pullRequest", false},
		{Behaviour{RequeueReason: "manual", StartedDate: "build"}, "manual", true},
	} {
		w := shop("expired")
		w.Behaviour = test.behaviour
		s := Start(t, w)
		path := evaluationPath(s, 7, "12")
		before := at(t, get(t, s, path), "startedDate")
		send(t, s, http.MethodPatch, path, "")
		if moved := at(t, get(t, s, path), "startedDate") != before; moved != test.moves {
			t.Errorf("%+v: startedDate moved: %t", test.behaviour, moved)
		}
		build := get(t, s, "/Shop/_apis/build/builds/"+itoa(s.StartedBuilds()[0]))
		if got := at(t, build, "reason"); got != test.reason {
			t.Errorf("%+v: reason %v, want %s", test.behaviour, got, test.reason)
		}
	}
}
