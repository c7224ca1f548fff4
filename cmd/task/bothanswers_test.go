package main_test

import (
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// bothAnswers is a question about the service that neither a document nor a recording answers, with one of the answers
// that it may turn out to have, and what the task then has to do.
type bothAnswers struct {
	question string
	answer   string
	// evaluation is that of pull request 1; an expired one if nil.
	evaluation *azdotest.Evaluation
	world      func(w *azdotest.World)
	inputs     map[string]string
	// before changes the world just before the first request to re-queue.
	before func(w *azdotest.World)
	want   ending
	text   string // in the log
	slow   bool   // waits 20 s for a confirmation that does not come
	// again runs the task a second time at once, and wants that nothing is sent; the text is then its.
	again bool
}

// The endings of one evaluation.
var (
	oneRequeued = ending{"Succeeded", "1", "1", "0", "0", "0", "0", 1, 1, 0, 0}
	oneDeclined = ending{"Failed", "1", "0", "1", "0", "0", "0", 1, 0, 1, 1} // nothing else was re-queued: onError
	oneDenied   = ending{"Failed", "1", "0", "0", "0", "1", "0", 1, 0, 1, 0}
	oneLeft     = ending{"Succeeded", "0", "0", "0", "0", "0", "1", 0, 0, 0, 0}
	oneMoved    = ending{"Succeeded", "1", "0", "0", "1", "0", "0", 1, 0, 0, 0} // found out by the refusal
	onePreMoved = ending{"Succeeded", "1", "0", "0", "1", "0", "0", 0, 0, 0, 0} // found out by the look before
)

func questions() []bothAnswers {
	yes, no := true, false
	type world = azdotest.World
	behaviour := func(change func(*azdotest.Behaviour)) func(*world) {
		return func(w *world) { change(&w.Behaviour) }
	}
	every := map[string]string{"when": "expired,failed,broken,notStarted,outdated", "cooldown": "0"}
	closed := func(w *world) { w.PullRequest(1).Status = "completed" }
	deleted := func(w *world) {
		w.Projects[0].Policies[0].Deleted = true
		w.Projects[0].Policies[0].Revision++
	}
	immediately := func(w *world) { w.Projects[0].Policies[0].Expires = "immediately" }
	hidden := func(w *world) {
		p := w.Projects[0]
		p.Repositories = append(
			p.Repositories, &azdotest.Repository{Name: "api"},
			&azdotest.Repository{Name: "secret", Hidden: true, PullRequests: []*azdotest.PullRequest{
				{ID: 9, Evaluations: []*azdotest.Evaluation{{State: "expired"}}},
			}})
	}
	raw := func(text string) *azdotest.Evaluation {
		return &azdotest.Evaluation{State: "expired", Raw: json.RawMessage(text)}
	}
	return []bothAnswers{
		// 1. What the 200 of a re-queue holds, and how long the record lags behind.
		{question: "1 the answer", answer: "the new build", want: oneRequeued},
		{question: "1 the answer", answer: "the record as it was", world: behaviour(func(b *azdotest.Behaviour) { b.RequeueAnswer = "unchanged" }), want: oneRequeued},
		{question: "1 the answer", answer: "no build yet", world: behaviour(func(b *azdotest.Behaviour) { b.RequeueAnswer = "withoutBuild" }), want: oneRequeued},
		{question: "1 the lag", answer: "3 s, the new build", world: behaviour(func(b *azdotest.Behaviour) { b.Lag = "3s" }), want: oneRequeued},
		{question: "1 the lag", answer: "3 s, the record as it was", world: behaviour(func(b *azdotest.Behaviour) { b.Lag, b.RequeueAnswer = "3s", "unchanged" }), want: oneRequeued},
		{question: "1 the lag", answer: "3 s, no build yet", world: behaviour(func(b *azdotest.Behaviour) { b.Lag, b.RequeueAnswer = "3s", "withoutBuild" }), want: oneRequeued},
		{
			question: "1 the lag", answer: "an hour: the next run sees the build on its way", again: true, text: "is on its way",
			evaluation: &azdotest.Evaluation{State: "expired", Requeue: &azdotest.Requeue{Outcome: "staysRunning"}},
			world:      behaviour(func(b *azdotest.Behaviour) { b.Lag = "1h" }), want: onePreMoved,
		},
		{
			question: "1 the lag", answer: "an hour, the record as it was, but the build is listed",
			world: behaviour(func(b *azdotest.Behaviour) { b.Lag, b.RequeueAnswer = "1h", "unchanged" }), want: oneRequeued,
		},
		{
			question: "1 the lag", answer: "an hour, the record as it was, and the build is not listed", slow: true, text: "nothing was started within 20 s",
			world: behaviour(func(b *azdotest.Behaviour) { b.Lag, b.BuildsLag, b.RequeueAnswer = "1h", "1h", "unchanged" }),
			want:  ending{"Failed", "1", "0", "1", "0", "0", "0", 1, 1, 1, 1},
		},
		// 2. What a missing permission looks like.
		{question: "2 the refusal", answer: "403", evaluation: &azdotest.Evaluation{State: "expired", Requeue: &azdotest.Requeue{Outcome: "refuses"}}, want: oneDenied, text: `"Queue builds" on Pipelines`},
		{
			question: "2 the refusal", answer: "a 200 that does nothing", evaluation: &azdotest.Evaluation{State: "expired", Requeue: &azdotest.Requeue{Outcome: "refuses"}},
			world: behaviour(func(b *azdotest.Behaviour) { b.Refusal = "ignored" }), slow: true, want: oneDeclined, text: `lacks the permission "Queue builds"`,
		},
		// 3. The records of builds that run, never ran, do not apply, broke, or were re-queued by the service.
		{question: "3 running", answer: "status running", evaluation: &azdotest.Evaluation{State: "running"}, inputs: every, want: oneLeft},
		{question: "3 running", answer: "status queued", evaluation: &azdotest.Evaluation{State: "queued"}, inputs: every, want: oneLeft},
		{question: "3 running", answer: "isExpired still true", evaluation: &azdotest.Evaluation{State: "running", IsExpired: &yes}, inputs: every, want: oneLeft},
		{question: "3 never ran", answer: "no build in the context", evaluation: &azdotest.Evaluation{State: "notStarted"}, inputs: every, want: oneRequeued},
		{question: "3 never ran", answer: "the context is null", evaluation: &azdotest.Evaluation{State: "notStarted"}, inputs: every, want: oneRequeued, world: behaviour(func(b *azdotest.Behaviour) { b.NeverRunContext = "null" })},
		{question: "3 never ran", answer: "no context", evaluation: &azdotest.Evaluation{State: "notStarted"}, inputs: every, want: oneRequeued, world: behaviour(func(b *azdotest.Behaviour) { b.NeverRunContext = "absent" })},
		{question: "3 path filter", answer: "not listed", evaluation: &azdotest.Evaluation{State: "notApplicable"}, inputs: every, want: ending{"Succeeded", "0", "0", "0", "0", "0", "0", 0, 0, 0, 0}},
		{question: "3 path filter", answer: "listed", evaluation: raw(`{"status":"notApplicable"}`), inputs: every, want: ending{"Succeeded", "0", "0", "0", "0", "0", "0", 0, 0, 0, 0}},
		{question: "3 broken", answer: "with a build", evaluation: &azdotest.Evaluation{State: "broken", Build: 700, Result: "failed"}, inputs: every, want: oneRequeued},
		{question: "3 broken", answer: "without a build", evaluation: &azdotest.Evaluation{State: "broken"}, inputs: every, want: oneRequeued},
		{question: "3 re-queued by the service", answer: "queued again", evaluation: &azdotest.Evaluation{State: "queued", WasAutoRequeued: true}, inputs: every, want: oneLeft},
		{question: "3 re-queued by the service", answer: "expired once more", evaluation: &azdotest.Evaluation{State: "expired", WasAutoRequeued: true}, want: oneRequeued},
		{question: "3 a word that nobody knows", answer: "status paused", evaluation: raw(`{"status":"paused","context":{"isExpired":false}}`), inputs: every, want: oneLeft},
		{question: "3 a field of another type", answer: "isExpired is a text", evaluation: raw(`{"context":{"isExpired":"true"}}`), inputs: every, want: oneLeft},
		// 4. How an evaluation looks that expires immediately.
		{question: "4 immediately", answer: "queued and isExpired", world: immediately, want: oneRequeued},
		{
			question: "4 immediately", answer: "rejected, though its build succeeded", want: oneRequeued,
			world: func(w *world) { immediately(w); w.Behaviour.ImmediateExpiry = "rejected" },
		},
		{question: "4 immediately", answer: "rejected, and its build failed", evaluation: &azdotest.Evaluation{State: "failed"}, world: immediately, want: oneLeft},
		{
			question: "4 immediately", answer: "rejected and not current, and its build failed", evaluation: &azdotest.Evaluation{State: "failed", BuildIsNotCurrent: &yes},
			world: immediately, want: oneLeft,
		},
		// 5. Whether the list of a project is filtered or refused where the token may not see all of it.
		{question: "5 hidden repositories", answer: "filtered", world: hidden, inputs: map[string]string{"repositories": "*"}, want: oneRequeued},
		{
			question: "5 hidden repositories", answer: "refused", inputs: map[string]string{"repositories": "*"}, want: oneRequeued,
			world: func(w *world) { hidden(w); w.Behaviour.HiddenRepositories = "refused" },
		},
		// 6. What a re-queue does on a closed pull request, or for a policy that is gone.
		{question: "6 closed before the look", answer: "whatever the service would do", world: func(w *world) {
			w.Changes = append(w.Changes, &azdotest.Change{Match: azdotest.Match{Route: "pullRequest"}, PullRequest: 1, Set: json.RawMessage(`{"status":"completed"}`)})
		}, want: onePreMoved},
		{question: "6 closed after the look", answer: "refused", before: closed, want: oneMoved, text: "the pull request is completed"},
		{
			question: "6 closed after the look", answer: "ignored", before: closed, slow: true, want: oneDeclined,
			world: behaviour(func(b *azdotest.Behaviour) { b.ClosedPullRequest = "ignored" }),
		},
		{question: "6 closed after the look", answer: "started", before: closed, want: oneRequeued, world: behaviour(func(b *azdotest.Behaviour) { b.ClosedPullRequest = "started" })},
		{question: "6 deleted after the look", answer: "ignored", before: deleted, slow: true, want: oneDeclined},
		{question: "6 deleted after the look", answer: "refused", before: deleted, want: oneMoved, world: behaviour(func(b *azdotest.Behaviour) { b.DeletedPolicy = "refused" })},
		{question: "6 deleted after the look", answer: "started", before: deleted, want: oneRequeued, world: behaviour(func(b *azdotest.Behaviour) { b.DeletedPolicy = "started" })},
		// 7. Whether an older server tells expiry.
		{question: "7 Server 2019 tells expiry", answer: "yes", world: func(w *world) { w.Style, w.Version = "server", "5.0" }, want: oneRequeued},
		{
			question: "7 Server 2019 tells expiry", answer: "no, but it waits for a build that has ended", text: "does not report whether a build has expired",
			world: func(w *world) { w.Style, w.Version, w.Behaviour.OmitsExpiry = "server", "5.0", true },
			want:  ending{"Succeeded", "1", "1", "0", "0", "0", "0", 1, 1, 0, 1},
		},
		{
			question: "7 Server 2019 tells expiry", answer: "no, and failures are retried all the same", text: "does not report whether a build has expired",
			evaluation: &azdotest.Evaluation{State: "failed"}, inputs: every,
			world: func(w *world) { w.Style, w.Version, w.Behaviour.OmitsExpiry = "server", "5.0", true },
			want:  ending{"Succeeded", "1", "1", "0", "0", "0", "0", 1, 1, 0, 1},
		},
		{question: "7 isExpired is false", answer: "but it waits for a build that has ended", evaluation: &azdotest.Evaluation{State: "expired", IsExpired: &no}, want: oneRequeued},
		{
			question: "7 isExpired is false", answer: "and it waits for a build that has not", want: oneLeft,
			evaluation: &azdotest.Evaluation{State: "running", Status: "queued", IsExpired: &no, BuildIsNotCurrent: &yes},
		},
	}
}

// TestBothAnswers shows for each open fact about the service that the task does right whichever way it turns out.
func TestBothAnswers(t *testing.T) {
	t.Parallel()
	var cells sync.WaitGroup
	defer cells.Wait()
	places := make(chan struct{}, 16)
	for _, q := range questions() {
		places <- struct{}{}
		cells.Go(func() {
			defer func() { <-places }()
			t.Run(q.question+"/"+q.answer, func(t *testing.T) { ask(t, q) })
		})
	}
}

func ask(t *testing.T, q bothAnswers) {
	if q.slow && !long() {
		t.Skip("waits 20 s for a confirmation: RESCHEDULE_LONG=1 does it")
	}
	evaluation := q.evaluation
	if evaluation == nil {
		evaluation = &azdotest.Evaluation{State: "expired"}
	}
	world := azdotest.World{Projects: []*azdotest.Project{{
		Name: "Fabrikam", Repositories: []*azdotest.Repository{{Name: "web", PullRequests: []*azdotest.PullRequest{{ID: 1, Evaluations: []*azdotest.Evaluation{evaluation}}}}},
		Policies: []*azdotest.Policy{{ID: 1, DisplayName: "CI", Pipeline: "ci"}},
	}}}
	if q.world != nil {
		q.world(&world)
	}
	s := azdotest.Start(t, world)
	if q.before != nil {
		s.Before(azdotest.Match{Route: "requeue", Times: 1}, func(_ azdotest.Request, w *azdotest.World) { q.before(w) })
	}
	step := stepFile{Inputs: maps.Clone(q.inputs)}
	r := run(t, s, step.step(t, s))
	if q.again {
		if diff := gocmp.Diff(oneRequeued, endingOf(s, r)); diff != "" {
			t.Fatalf("first run (-want +got):\n%s", diff)
		}
		s.Forget()
		r = run(t, s, step.step(t, s))
	}
	got := endingOf(s, r)
	if q.again {
		got.Starts-- // the first run's
	}
	if diff := gocmp.Diff(q.want, got); diff != "" {
		t.Errorf("-want +got:\n%s%s", diff, strings.Join(r.Log, "\n"))
	}
	if !strings.Contains(strings.Join(r.Log, "\n"), q.text) {
		t.Errorf("the log does not say %q:\n%s", q.text, strings.Join(r.Log, "\n"))
	}
	if got := s.Starts(s.EvaluationID(9, "1")); got != 0 {
		t.Errorf("%d builds of a pull request that the token may not see", got)
	}
}
