package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestExplainKnowsEveryReason(t *testing.T) {
	t.Parallel()
	seen := map[string]requeue.Reason{}
	for _, reason := range allReasons() {
		text, input := explainReason(reason)
		if text == "" {
			t.Errorf("%s is not explained", reason)
		}
		if other, found := seen[text]; found {
			t.Errorf("%s and %s are explained alike", reason, other)
		}
		seen[text] = reason
		if len(text) > 130 {
			t.Errorf("%s takes %d characters", reason, len(text))
		}
		inItsSentence(t, string(reason), text, input)
		for _, r := range input {
			if r != ',' && r != ' ' && !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", r) {
				t.Errorf("%s: the input %q is no list of names", reason, input)
			}
		}
		if want := troubleshooting + "#" + strings.ToLower(string(reason)); helpURL(reason) != want {
			t.Errorf("helpURL(%s) = %s, want %s", reason, helpURL(reason), want)
		}
	}
	for _, state := range allStates() {
		text, input := explainState(state)
		if text == "" {
			t.Errorf("the state %s is not explained", state)
		}
		inItsSentence(t, string(state), text, input)
	}
	if text, input := explainReason("nonsense"); text != "" || input != "" {
		t.Errorf("a reason that does not exist is explained as %q, %q", text, input)
	}
}

// inItsSentence: the sentence has the inputs that would change it in it, and no other one.
func inItsSentence(t *testing.T, what, text, inputs string) {
	t.Helper()
	var named []string
	for i, code := range strings.Split(text, "`") {
		if i%2 == 0 {
			continue
		}
		name, _, _ := strings.Cut(code, ":")
		isValue := slices.ContainsFunc(allStates(), func(s requeue.State) bool { return string(s) == code }) ||
			slices.Contains([]string{"autoComplete", "approved", "noOtherBlockers"}, code)
		if !isValue && !slices.Contains(named, name) {
			named = append(named, name)
		}
	}
	if got := strings.Join(named, ", "); got != inputs {
		t.Errorf("%s: its inputs are %q, and its sentence names %q: %s", what, inputs, got, text)
	}
}

// Reasons that come about in more than one way are explained by the evaluation.
func TestExplainByEvaluation(t *testing.T) {
	t.Parallel()
	build := uuid.MustParse(requeue.BuildPolicyType)
	tests := []struct {
		name     string
		decision requeue.Decision
		policy   requeue.Policy
		want     string
	}{
		{"optional", requeue.Decision{Reason: requeue.Enforcement}, requeue.Policy{}, "it is optional"},
		{"required", requeue.Decision{Reason: requeue.Enforcement}, requeue.Policy{Blocking: true}, "it is required"},
		{"manual", requeue.Decision{Reason: requeue.ManualPolicy}, requeue.Policy{ManualQueueOnly: true}, "its trigger is manual"},
		{"automatic", requeue.Decision{Reason: requeue.ManualPolicy}, requeue.Policy{}, "its trigger is automatic"},
		{"a merge strategy", requeue.Decision{Reason: requeue.ByHand}, requeue.Policy{Blocking: true, TypeID: uuid.MustParse("fa4e907d-c16b-4a4c-9dfa-4916e5d171ab")}, "this required policy is not a build; whoever completes"},
		{"reviewers", requeue.Decision{Reason: requeue.ByHand}, requeue.Policy{Blocking: true, TypeID: uuid.MustParse("fa4e907d-c16b-4a4c-9dfa-4906e5d171dd")}, "this required policy is not a build, so no re-queue can help"},
		{"no build", requeue.Decision{Reason: requeue.NotSelectedState}, requeue.Policy{}, notABuild},
		{"a build", requeue.Decision{Reason: requeue.NotSelectedState, State: requeue.StateFailed}, requeue.Policy{TypeID: build}, "its build failed; add"},
		{"its build is gone", requeue.Decision{Reason: requeue.NotSelectedState, State: requeue.StateFailed, BuildGone: true}, requeue.Policy{TypeID: build}, "how its build ended is not known"},
		{"cools after a failure", requeue.Decision{Reason: requeue.CoolingDown, State: requeue.StateFailed}, requeue.Policy{}, "its build failed only"},
		{"cools after a push", requeue.Decision{Reason: requeue.CoolingDown, State: requeue.StateNotStarted}, requeue.Policy{}, "the last push"},
		{"this very pipeline", requeue.Decision{Reason: requeue.OwnPipeline}, requeue.Policy{}, "its build is this very run"},
		{"perhaps this pipeline", requeue.Decision{Reason: requeue.OwnPipeline, Detail: "x"}, requeue.Policy{}, "its pipeline may be the one"},
		{"no room", requeue.Decision{Reason: requeue.BranchBusy}, requeue.Policy{}, "`maxInFlightPerBranch` is reached"},
		{"room, but not for it", requeue.Decision{Reason: requeue.BranchBusy, Detail: "x"}, requeue.Policy{}, "`maxInFlightPerBranch` has its evaluations re-queued together"},
		{"room, but not for its kind", requeue.Decision{Reason: requeue.BranchBusy, Detail: requeue.TakesNoPlace}, requeue.Policy{}, "`maxInFlightPerBranch: auto` gives a place only to"},
		{"the run is full", requeue.Decision{Reason: requeue.RunLimit}, requeue.Policy{}, "`maxPerRun` is reached"},
		{"the run has too little room", requeue.Decision{Reason: requeue.RunLimit, Detail: "x"}, requeue.Policy{}, "what is left of `maxPerRun`"},
		{"excluded", requeue.Decision{Reason: requeue.ErrorNotRetryable, Detail: `neverRetryIf /x/ matches "x"`}, requeue.Policy{}, "its build failed with an error that matches"},
		{"cannot be told", requeue.Decision{Reason: requeue.ErrorNotRetryable, Detail: "neverRetryIf cannot be ruled out: x"}, requeue.Policy{}, "its build failed, and nobody"},
		{"not included", requeue.Decision{Reason: requeue.ErrorNotRetryable, Detail: `no retryOnlyIf matches "x"`}, requeue.Policy{}, "its build failed with an error that does not match"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, input := explainEvaluation(requeue.EvaluationPlan{Evaluation: &requeue.Evaluation{Policy: &tt.policy}, Decision: &tt.decision})
			if !strings.HasPrefix(text, tt.want) {
				t.Errorf("got %q, want it to begin with %q", text, tt.want)
			}
			inItsSentence(t, tt.name, text, input)
		})
	}
}

// Every reason of the closed set shows in the log with its word.
func TestEveryReasonIsLogged(t *testing.T) {
	t.Parallel()
	b := newBuilder(same)
	for i, reason := range requeue.PullRequestReasons() {
		b.pullRequest(i+1, "x").Skipped = reason
	}
	b.pullRequest(99, "x")
	for _, reason := range requeue.EvaluationReasons() {
		skipped(b.build(requeue.StateFailed, 1), reason, "")
	}
	l, out := newLog(agent.LogOptions{})
	plan := b.finish()
	l.Plan(plan, false)
	l.Counts(requeue.Summarize(plan))
	for _, reason := range allReasons() {
		if !strings.Contains(out.String(), fmt.Sprintf(": %s", reason)) || !strings.Contains(out.String(), fmt.Sprintf(" %s: 1", reason)) {
			t.Errorf("%s is missing", reason)
		}
	}
	for _, line := range agenttest.Lines(out.String()) {
		if len(line) > 200 && !strings.HasPrefix(line, "Left alone by reason") {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	about := func(pullRequest int, text string) requeue.Failure {
		return requeue.Failure{PullRequest: pullRequest, Err: errors.New(text)}
	}
	var many []requeue.Failure
	for i := range 27 {
		many = append(many, about(100-i, "refused"))
	}
	tests := []struct {
		name     string
		failures []requeue.Failure
		want     []string
	}{
		{"none", nil, []string{}},
		{"about no pull request", []requeue.Failure{about(0, "a")}, []string{"a"}},
		{"about one", []requeue.Failure{about(7, "a")}, []string{"pull request 7: a"}},
		{"equal texts make one line", []requeue.Failure{about(7, "a"), about(5, "b"), about(3, "a")}, []string{"2 times, pull requests 3, 7: a", "pull request 5: b"}},
		{"several evaluations of one", []requeue.Failure{about(7, "a"), about(7, "a")}, []string{"2 times, pull request 7: a"}},
		{"without numbers", []requeue.Failure{about(0, "a"), about(0, "a")}, []string{"2 times: a"}},
		{"at most twenty numbers", many, []string{
			"27 times, pull requests 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93 and 7 more: refused",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, group(tt.failures, func(f requeue.Failure) string { return f.Err.Error() })); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		n    int
		want string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"äöü", 3, "äöü"},
		{"äöüß", 3, "äö…"},
		{"ab cd", 4, "ab…"},
		{" a \n b ", 9, "a b"},
		{"", 3, ""},
	}
	for _, tt := range tests {
		if got := agent.Shorten(tt.text, tt.n); got != tt.want {
			t.Errorf("agent.Shorten(%q, %d) = %q, want %q", tt.text, tt.n, got, tt.want)
		}
	}
	if got, want := quoted(`say "x": y`, 80), `"say 'x': y"`; got != want {
		t.Errorf("quoted = %s, want %s", got, want)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "folder", "report.json")
	f, err := OpenFiles(path, filepath.Join(dir, "temp"))
	if err != nil {
		t.Fatal(err)
	}
	if f.ReportPath() != path {
		t.Errorf("ReportPath() = %s, want %s", f.ReportPath(), path)
	}
	if filepath.Dir(f.SummaryPath()) != filepath.Join(dir, "temp") {
		t.Errorf("the summary is at %s", f.SummaryPath())
	}
	if err := f.Write(sampleRun(same)); err != nil {
		t.Fatal(err)
	}
	report, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	validate(t, compileSchema(t, true), report)
	if summary, err := os.ReadFile(f.SummaryPath()); err != nil || !strings.HasPrefix(string(summary), "**2 evaluations") {
		t.Errorf("the summary is %q, %v", summary, err)
	}

	// A second run replaces the report, also by a shorter one, and makes a summary of its own.
	second, err := OpenFiles(path, filepath.Join(dir, "temp"))
	if err != nil {
		t.Fatal(err)
	}
	if unchanged, err := os.ReadFile(path); err != nil || !slices.Equal(unchanged, report) {
		t.Errorf("the old report did not outlive the new run's beginning: %v", err)
	}
	if err := second.Write(emptyRun(same)); err != nil {
		t.Fatal(err)
	}
	if report, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	validate(t, compileSchema(t, true), report)
	if second.SummaryPath() == f.SummaryPath() {
		t.Error("two runs share a summary")
	}

	third, err := OpenFiles("", filepath.Join(dir, "temp"))
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Dir(third.ReportPath()) != filepath.Join(dir, "temp") {
		t.Errorf("the report is at %s", third.ReportPath())
	}
	if err := third.Discard(); err != nil {
		t.Error(err)
	}
	for _, path := range []string{third.ReportPath(), third.SummaryPath()} {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", path, err)
		}
	}
}

func TestFilesRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(file, "report.json"), dir, filepath.Join(dir, "a\u202eb.json"), filepath.Join(dir, "a\nb")} {
		if _, err := OpenFiles(path, dir); err == nil {
			t.Errorf("OpenFiles(%q) gives no error", path)
		}
	}
	if _, err := OpenFiles("", file); err == nil {
		t.Error("a temporary folder that is a file gives no error")
	}
}
