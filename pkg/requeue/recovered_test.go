package requeue_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// runs makes finished runs of pipeline 107 on main from letters, each so many hours ago: S, F, P and C as in record.
func runs(hours ...any) []requeue.Build {
	var builds []requeue.Build
	for i := 0; i < len(hours); i += 2 {
		result := map[string]string{"S": "succeeded", "F": "failed", "P": "partiallySucceeded", "C": "canceled"}[hours[i].(string)]
		builds = append(builds, build(900+i, result, onMain, isOf(time.Duration(hours[i+1].(int))*time.Hour)))
	}
	return builds
}

func TestTargetRecovered(t *testing.T) {
	t.Parallel()
	began := func(hours int) requeue.Evaluation {
		return evaluation(7, failed, buildStarted(time.Duration(hours)*time.Hour), completed(time.Minute))
	}
	only := []requeue.State{requeue.StateRecovered}
	own := build(500, "failed")
	notCurrent := evaluation(7, shownAsRejected, buildStarted(5*time.Hour), completed(time.Hour))
	tests := []struct {
		name  string
		when  []requeue.State
		ev    requeue.Evaluation
		runs  []requeue.Build
		rules []func(*requeue.Rules)
		fails requeue.QuestionKind
		gone  map[int]bool
		page  []requeue.Build // of the newest runs, where there are more
		want  string
		asked [][]string
	}{
		{
			name: "red when it began, green now: whatever budget and cool-down say", ev: began(5), runs: append(runs("S", 9, "F", 6, "S", 2), own),
			rules: []func(*requeue.Rules){maxRetries(0)}, want: "targetRecovered requeue",
			asked: [][]string{{"targetBuilds 107 refs/heads/main"}, {"history 107 refs/pull/7/merge"}},
		},
		{
			name: "whatever patterns say", ev: began(5), runs: append(runs("F", 6, "S", 2), own), want: "targetRecovered requeue",
			rules: []func(*requeue.Rules){func(r *requeue.Rules) { r.RetryOnlyIf, r.NeverRetryIf = regexps("never said"), regexps(".") }},
		},
		{
			name: "somebody cancelled its build", ev: began(5), runs: append(runs("F", 6, "S", 2), build(500, "canceled")), want: "targetRecovered buildCanceled",
		},
		{name: "green when it began", ev: began(5), runs: runs("F", 9, "S", 6, "S", 2), want: "failed state", asked: [][]string{{"targetBuilds 107 refs/heads/main"}}},
		{name: "still red", ev: began(5), runs: runs("F", 6, "F", 2), want: "failed state"},
		{name: "green for a while, red again", ev: began(5), runs: runs("F", 6, "S", 4, "F", 2), want: "failed state"},
		{name: "red only after it had begun", ev: began(5), runs: runs("S", 6, "F", 4, "S", 2), want: "failed state"},
		{name: "what neither failed nor succeeded is passed over", ev: began(5), runs: append(runs("F", 8, "P", 7, "C", 6, "S", 3, "P", 2, "C", 1), own), want: "targetRecovered requeue"},
		{name: "a page that does not reach back", ev: began(5), runs: runs("F", 4, "S", 2), want: "failed state"},
		{name: "no run at all", ev: began(5), want: "failed state"},
		{name: "once: the build that it started began on a green branch", ev: began(1), runs: runs("F", 6, "S", 2), want: "failed state"},
		{
			name: "a failure of its own keeps its budget", when: []requeue.State{requeue.StateFailed, requeue.StateRecovered}, ev: began(5), runs: runs("S", 6, "S", 2),
			rules: []func(*requeue.Rules){maxRetries(0), func(r *requeue.Rules) { r.Cooldown = 0 }}, want: "failed retriesExhausted",
		},
		{name: "not told where when does not hold it", when: []requeue.State{requeue.StateExpired}, ev: began(5), runs: runs("F", 6, "S", 2), want: "failed state"},
		{name: "runs that cannot be read", ev: began(5), runs: runs("F", 6, "S", 2), fails: requeue.AskTargetBuilds, want: "failed error"},
		{
			name: "runs that cannot be read, and failures are selected, too", when: []requeue.State{requeue.StateFailed, requeue.StateRecovered}, ev: began(5),
			runs: runs("F", 6, "S", 2), fails: requeue.AskTargetBuilds, want: "failed error",
		},
		{
			name: "near miss: failures alone are selected, which asks for no runs", when: []requeue.State{requeue.StateFailed}, ev: began(5),
			rules: []func(*requeue.Rules){maxRetries(0), func(r *requeue.Rules) { r.Cooldown = 0 }},
			runs:  append(runs("F", 6, "S", 2), own), fails: requeue.AskTargetBuilds, want: "failed retriesExhausted",
		},
		{name: "a history that cannot be read", ev: began(5), runs: runs("F", 6, "S", 2), fails: requeue.AskHistory, want: "targetRecovered error"},
		{name: "nobody tells when the build began", ev: evaluation(7, failed, func(e *requeue.Evaluation) { e.BuildStarted = time.Time{} }), runs: runs("F", 6, "S", 2), want: "failed state"},
		{name: "another branch or pipeline", ev: began(5), runs: func() []requeue.Build {
			all := runs("F", 6, "S", 2)
			all[0].RefName, all[1].PipelineID = "refs/heads/other", 108
			return all
		}(), want: "failed state"},
		{
			name: "one request serves both", ev: began(5), runs: append(runs("F", 6, "S", 2), own), rules: []func(*requeue.Rules){waitForTarget}, want: "targetRecovered requeue",
			asked: [][]string{{"targetBuilds 107 refs/heads/main"}, {"history 107 refs/pull/7/merge"}},
		},
		{
			name: "immediately: its build is gone, and nobody knows how it ended", ev: notCurrent, runs: runs("F", 6, "S", 2), gone: map[int]bool{500: true},
			want: "failed state", asked: [][]string{{"build 500"}},
		},
		{
			name: "immediately: its build is gone, and failures are selected, too", when: []requeue.State{requeue.StateFailed, requeue.StateRecovered}, ev: notCurrent,
			runs: runs("F", 6, "S", 2), gone: map[int]bool{500: true}, fails: requeue.AskTargetBuilds, want: "failed historyUnknown",
		},
		{name: "near miss: immediately, and its build is there", ev: notCurrent, runs: append(runs("F", 6, "S", 2), own), want: "targetRecovered requeue"},
		{
			name: "the page of both holds cancelled runs alone: the last one that tells is looked for further back", when: []requeue.State{requeue.StateExpired, requeue.StateRecovered},
			ev: evaluation(7, failed, expired), runs: runs("C", 1, "F", 6), page: runs("C", 1), rules: []func(*requeue.Rules){waitForTarget}, want: "expired targetBranchRed",
			asked: [][]string{{"targetBuilds 107 refs/heads/main"}, {"targetBranch 107 refs/heads/main"}},
		},
		{
			name: "near miss: the page of both tells", when: []requeue.State{requeue.StateExpired, requeue.StateRecovered},
			ev: evaluation(7, failed, expired), runs: runs("C", 1, "F", 6), page: runs("S", 1), rules: []func(*requeue.Rules){waitForTarget}, want: "expired requeue",
			asked: [][]string{{"targetBuilds 107 refs/heads/main"}},
		},
		{name: "what is expired is no failure", when: []requeue.State{requeue.StateExpired, requeue.StateRecovered}, ev: evaluation(7, expired), want: "expired requeue"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rules(tt.rules...)
			if r.When = only; tt.when != nil {
				r.When = tt.when
			}
			svc := service{builds: tt.runs, gone: tt.gone, fails: map[requeue.QuestionKind]bool{tt.fails: true}}
			if tt.page != nil {
				svc.first, svc.more = map[requeue.QuestionKind][]requeue.Build{requeue.AskTargetBuilds: tt.page}, map[requeue.QuestionKind]bool{requeue.AskTargetBuilds: true}
			}
			p, rounds := answerAll(t, r, screen(r, pullRequest(7, with(tt.ev))), svc)
			if got := lines(p)[0]; got != "7/7: "+tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if diff := cmp.Diff(tt.asked, withoutPipelines(rounds)); tt.asked != nil && diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExpiring(t *testing.T) {
	t.Parallel()
	lasts := func(minutes float64) evaluationMod {
		return func(e *requeue.Evaluation) { e.BuildIsNotCurrent, e.Policy.ValidDuration = true, minutes }
	}
	tests := []struct {
		name   string
		when   []requeue.State
		within time.Duration
		ev     requeue.Evaluation
		want   requeue.State
	}{
		{"it expires in an hour", nil, 2 * time.Hour, evaluation(1, lasts(720), buildStarted(11*time.Hour), completed(11*time.Hour)), requeue.StateExpiring},
		{"exactly so soon", nil, time.Hour, evaluation(1, lasts(720), buildStarted(11*time.Hour), completed(11*time.Hour)), requeue.StateExpiring},
		{"a minute later", nil, 59 * time.Minute, evaluation(1, lasts(720), buildStarted(11*time.Hour), completed(11*time.Hour)), requeue.StateSucceeded},
		{"half of its time has not passed", nil, 8 * time.Hour, evaluation(1, lasts(720), buildStarted(6*time.Hour-time.Minute), completed(5*time.Hour)), requeue.StateSucceeded},
		{"half of its time has passed", nil, 8 * time.Hour, evaluation(1, lasts(720), buildStarted(6*time.Hour), completed(5*time.Hour)), requeue.StateExpiring},
		{"past, since its end counts", nil, time.Hour, evaluation(1, lasts(720), buildStarted(13*time.Hour), completed(11*time.Hour)), requeue.StateExpiring},
		{"it has expired", nil, time.Hour, evaluation(1, lasts(720), buildStarted(13*time.Hour), completed(12*time.Hour)), requeue.StateExpired},
		{"the target branch did not move", nil, 2 * time.Hour, evaluation(1, buildStarted(11*time.Hour), completed(11*time.Hour)), requeue.StateSucceeded},
		{"it never expires", nil, 2 * time.Hour, evaluation(1, lasts(0), buildStarted(11*time.Hour)), requeue.StateSucceeded},
		{"it expires immediately", nil, 2 * time.Hour, evaluation(1, lasts(720), immediately, buildStarted(11*time.Hour)), requeue.StateSucceeded},
		{"nobody tells when its build began", nil, 2 * time.Hour, evaluation(1, lasts(720), func(e *requeue.Evaluation) { e.BuildStarted, e.Completed = time.Time{}, ago(11*time.Hour) }), requeue.StateSucceeded},
		{"when does not hold it", []requeue.State{requeue.StateExpired}, 2 * time.Hour, evaluation(1, lasts(720), buildStarted(11*time.Hour), completed(11*time.Hour)), requeue.StateSucceeded},
		{"before outdated", []requeue.State{requeue.StateExpiring, requeue.StateOutdated}, 2 * time.Hour, evaluation(1, lasts(720), buildStarted(11*time.Hour), completed(11*time.Hour)), requeue.StateExpiring},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rules(when(requeue.StateExpiring), func(r *requeue.Rules) { r.ExpiringWithin = tt.within })
			if tt.when != nil {
				r.When = tt.when
			}
			got, question := r.StateOf(new(pullRequest(7)), tt.ev, nil, now)
			if got != tt.want || question != nil {
				t.Errorf("%s, asks %v", got, question)
			}
			if requeues := len(planOf(t, r, service{}, pullRequest(7, with(tt.ev))).Actions()) == 1; requeues != (got == requeue.StateExpiring || got == requeue.StateExpired && tt.when != nil) {
				t.Errorf("%s: re-queued %t", got, requeues)
			}
		})
	}
}

func TestOrderByLabel(t *testing.T) {
	t.Parallel()
	labels := func(names ...string) func(*requeue.PullRequest) {
		return func(pr *requeue.PullRequest) { pr.Labels = names }
	}
	urgent, prio := requeue.OrderLabel+"urgent", requeue.OrderLabel+"prio-*"
	prs := []requeue.PullRequest{
		pullRequest(1), pullRequest(2, labels("x", "Prio-1")), pullRequest(3, labels("URGENT")), pullRequest(4, autoComplete, labels("prio-2")), pullRequest(5, autoComplete),
	}
	for name, tt := range map[string]struct {
		keys []requeue.OrderKey
		want []int
	}{
		"one":              {[]requeue.OrderKey{urgent}, []int{3, 1, 2, 4, 5}},
		"a pattern":        {[]requeue.OrderKey{prio}, []int{2, 4, 1, 3, 5}},
		"several":          {[]requeue.OrderKey{urgent, prio}, []int{3, 2, 4, 1, 5}},
		"in any position":  {[]requeue.OrderKey{requeue.OrderAutoComplete, prio, urgent}, []int{4, 5, 2, 3, 1}},
		"not a whole name": {[]requeue.OrderKey{requeue.OrderLabel + "prio"}, []int{1, 2, 3, 4, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rules(order(tt.keys...), func(r *requeue.Rules) {
				r.OrderLabels = map[requeue.OrderKey]requeue.Patterns{
					urgent: patterns(t, "urgent"), prio: patterns(t, "prio-*"), requeue.OrderLabel + "prio": patterns(t, "prio"),
				}
			})
			var got []int
			for _, pr := range planOf(t, r, service{}, prs...).PullRequests {
				got = append(got, pr.PullRequest.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if active := pullRequest(9); !r.AsksLabels(&active) {
				t.Error("labels that decide who goes first are not asked for")
			}
		})
	}
}
