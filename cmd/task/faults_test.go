package main_test

import (
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// identityName is the stand-in's, as every instruction must give it.
const identityName = "Fabrikam Build Service (DefaultCollection)"

// faultWorld has one pull request that the faults hit, 1, and one beside it, 2, each with a pipeline of its own. Between
// them they need every kind of request: 1 is a failure to retry, 2 has expired.
func faultWorld() azdotest.World {
	green := func(pipeline azdotest.Ref) *azdotest.Build {
		return &azdotest.Build{Pipeline: pipeline, Branch: "main", Result: "succeeded", Finished: "1h ago"}
	}
	return azdotest.World{Projects: []*azdotest.Project{{
		Name:      "Fabrikam",
		Pipelines: []*azdotest.Pipeline{{ID: 101, Name: "ci"}, {ID: 102, Name: "docs"}},
		Policies: []*azdotest.Policy{
			{ID: 1, DisplayName: "CI", Pipeline: "ci"},
			{ID: 2, DisplayName: "Docs", Pipeline: "docs"},
		},
		Repositories: []*azdotest.Repository{{Name: "web", PullRequests: []*azdotest.PullRequest{
			{ID: 1, Evaluations: []*azdotest.Evaluation{{Policy: "CI", State: "failed", Errors: []string{"feed timed out"}}}},
			{ID: 2, Evaluations: []*azdotest.Evaluation{{Policy: "Docs", State: "expired"}}},
		}}, {Name: "empty"}},
		Builds: []*azdotest.Build{green("ci"), green("docs")},
	}}}
}

// phase is one kind of request of a run.
type phase struct {
	name string
	// hits says whether a request is of this kind; patched, whether pull request 1 was written to before.
	hits   func(r azdotest.Request, patched bool) bool
	inputs map[string]string
	world  func(w *azdotest.World)
}

func routeOf(route string) func(azdotest.Request, bool) bool {
	return func(r azdotest.Request, _ bool) bool { return r.Route == route }
}

// routeOfOne is routeOf for requests about pull request 1.
func routeOfOne(route string) func(azdotest.Request, bool) bool {
	return func(r azdotest.Request, _ bool) bool { return r.Route == route && r.PullRequest == 1 }
}

// buildsOfOne is a list of builds of pull request 1's pipeline in this order.
func buildsOfOne(order string) func(azdotest.Request, bool) bool {
	return func(r azdotest.Request, patched bool) bool {
		return r.Route == "builds" && r.Query.Get("queryOrder") == order && r.Query.Get("definitions") == "101" && !patched
	}
}

func evaluationOfOne(after bool) func(azdotest.Request, bool) bool {
	return func(r azdotest.Request, patched bool) bool {
		return r.Route == "evaluation" && r.PullRequest == 1 && patched == after
	}
}

// confirmationOfOne is what is read to see whether the re-queue has started something.
func confirmationOfOne(r azdotest.Request, patched bool) bool {
	return patched && (r.Route == "evaluation" && r.PullRequest == 1 || r.Route == "builds" && r.Query.Get("definitions") == "101")
}

// phases are the columns of the table, in the order in which a run comes to them.
var phases = []phase{
	{name: "options", hits: routeOf("options")},
	{name: "identity", hits: routeOf("connectionData")},
	{name: "repositories", hits: routeOf("repositories"), inputs: map[string]string{"repositories": "*"}},
	{name: "own repository", hits: routeOf("repositories")},
	{name: "pull requests", hits: routeOf("pullRequests")},
	{name: "policies", hits: routeOf("policies")},
	{name: "evaluations", hits: routeOfOne("evaluations")},
	{name: "definitions", hits: routeOf("definitions")},
	{name: "history", hits: buildsOfOne("")},
	{name: "timeline", hits: routeOf("timeline")},
	{name: "target branch", hits: buildsOfOne("finishTimeDescending")},
	{name: "re-read pull request", hits: routeOfOne("pullRequest")},
	{name: "re-read evaluation", hits: evaluationOfOne(false)},
	{name: "builds on their way", hits: buildsOfOne("queueTimeDescending")},
	{name: "PATCH", hits: routeOfOne("requeue")},
	{name: "confirm", hits: confirmationOfOne, world: func(w *azdotest.World) { w.Behaviour.RequeueAnswer = "unchanged" }},
	{name: "wait", hits: evaluationOfOne(true), inputs: map[string]string{"wait": "true", "waitTimeout": "6s"}},
	{name: "read comments", hits: routeOfOne("threads"), inputs: map[string]string{"comment": "always"}},
	{name: "write comment", hits: routeOfOne("newThread"), inputs: map[string]string{"comment": "always"}},
}

// ending is how a run ended: the step's result, what was counted, how many requests to re-queue pull request 1 were sent
// and whether a build came of them, and how many errors and warnings were shown (the agent's own about the exit code
// aside).
type ending struct {
	Result                                              string
	Planned, Requeued, Declined, Moved, Failed, Skipped string
	Patches, Starts                                     int
	Errors, Warnings                                    int
}

// endings are the words of the table. In none of them is a build of pull request 2 lost, but where nothing could be read
// at all.
var endings = map[string]ending{
	// Nothing is left of the fault.
	"fine": {"Succeeded", "2", "2", "0", "0", "0", "0", 1, 1, 0, 0},
	// Nothing but a warning.
	"warn": {"Succeeded", "2", "2", "0", "0", "0", "0", 1, 1, 0, 1},
	// The very first request was given up: the run ends, without a plan.
	"stop": {"Failed", "", "", "", "", "", "", 0, 0, 1, 0},
	// No pull request could be read: reported, and nothing is planned.
	"none": {"Failed", "0", "0", "0", "0", "0", "0", 0, 0, 1, 0},
	// Pull request 1 could not be read; 2 is done.
	"half": {"Failed", "1", "1", "0", "0", "1", "0", 0, 0, 1, 0},
	// The evaluation of 1 could not be decided; 2 is done.
	"skip": {"Failed", "1", "1", "0", "0", "1", "1", 0, 0, 1, 0},
	// 1 was planned and could not be looked at again: nothing was sent.
	"look": {"Failed", "2", "1", "0", "0", "1", "0", 0, 0, 1, 0},
	// The service refused to re-queue 1.
	"deny": {"Failed", "2", "1", "0", "0", "1", "0", 1, 0, 1, 0},
	// A page came instead of an answer, and nothing was started: that is a refusal, too.
	"page": {"Failed", "2", "1", "0", "0", "1", "0", 1, 0, 1, 0},
	// The service asked five times to come back later.
	"busy": {"Failed", "2", "1", "0", "0", "1", "0", 5, 0, 1, 0},
	// Both answers for 1 were lost, and nothing was started.
	"lost": {"Failed", "2", "1", "0", "0", "1", "0", 2, 0, 1, 0},
	// The answer was lost, nothing was started, and the second request did it.
	"anew": {"Succeeded", "2", "2", "0", "0", "0", "0", 2, 1, 0, 0},
	// The build of 1 was started, but nobody could be asked: "result not known".
	"dark": {"Failed", "2", "1", "0", "0", "1", "0", 1, 1, 1, 0},
	// The result of the build of 1 could not be read.
	"mute": {"SucceededWithIssues", "2", "2", "0", "0", "0", "0", 1, 1, 0, 2},
	// The evaluation of 1 is gone, and its result is not known.
	"open": {"SucceededWithIssues", "2", "2", "0", "0", "0", "0", 1, 1, 0, 1},
}

// hitFault is a row of the table: a fault, and how a run ends that meets it in each phase.
type hitFault struct {
	name       string
	word       string
	times      int // 0: for ever
	retryAfter int
	// words must be in the one error or warning of a refusal, beside the identity.
	words string
	// cells are the words of endings for the phases; "-" is left out, for the reason given.
	cells  string
	leaves string // why cells are left out
}

// faultTable has a row for each fault and a column for each phase.
//
//	options         repositories    pull requests   evaluations       history           target branch     re-read evaluation  PATCH    confirm   read comments
//	     identity        own repository  policies        definitions       timeline          re-read p.r.      on their way       .         wait      write comment
var faultTable = []hitFault{
	{name: "500 once", word: "500", times: 1, cells: "fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  anew  fine fine  fine warn"},
	{name: "500 for ever", word: "500", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  lost  dark mute  warn warn"},
	{name: "503 with a page", word: "503-html", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  lost  dark mute  warn warn"},
	{name: "503 collection stopped", word: "503-tf24668-bom", words: "Start the collection", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  lost  dark mute  warn warn"},
	{name: "503 after doing", word: "503AfterDoing", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  fine  dark mute  warn warn"},
	{name: "cut before, once", word: "closeBefore", times: 1, cells: "fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  anew  fine fine  fine warn"},
	{name: "cut before", word: "closeBefore", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  lost  dark mute  warn warn"},
	{name: "cut after, once", word: "closeAfter", times: 1, cells: "fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  fine  fine fine  fine warn"},
	{name: "cut after", word: "closeAfter", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  fine  dark mute  warn warn"},
	{name: "torn body, once", word: "tornBody", times: 1, cells: "fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  fine  fine fine  fine warn"},
	{name: "torn body", word: "tornBody", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  fine  dark mute  warn warn"},
	{name: "truncated JSON", word: "truncatedJSON", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  fine  dark mute  warn warn"},
	{name: "page with 200", word: "html200", words: "access to the organization", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  page  dark mute  warn warn"},
	{name: "203 sign-in", word: "203-signin", words: "access to the organization", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  page  dark mute  warn warn"},
	{name: "302 sign-in", word: "302-signin", words: "access to the organization", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  deny  dark mute  warn warn"},
	{name: "307", word: "307-elsewhere", words: "Public URL", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  deny  dark mute  warn warn"},
	{name: "401 empty", word: "401-empty", words: "access to the organization", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  deny  dark mute  warn warn"},
	{name: "401 TF400813", word: "401-tf400813", words: "access to the organization", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  deny  dark mute  warn warn"},
	{name: "403 TF401027", word: "403-tf401027", words: "Contribute to pull requests", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  deny  dark mute  warn warn"},
	{name: "403 TF215106", word: "403-tf215106", words: "Queue builds", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  deny  dark mute  warn warn"},
	{name: "404 TF401019", word: "404-tf401019", words: "Protect access to repositories", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  deny  dark open  warn warn"},
	{name: "404 VS800075", word: "404-vs800075", words: "Limit job authorization scope", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  deny  dark open  warn warn"},
	{name: "404 TF200016", word: "404-tf200016", words: "Check the project's name", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  deny  dark open  warn warn"},
	{name: "429 once", word: "429", times: 1, retryAfter: 1, cells: "fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  anew  fine fine  fine warn"},
	{name: "429 for ever", word: "429", retryAfter: 1, cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  busy  dark mute  warn warn"},
	{name: "list without value", word: "jsonWithoutValue", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  fine  dark mute  warn fine"},
	{name: "null item", word: "nullItem", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  fine  dark mute  warn fine"},
	{name: "byte order mark", word: "bom", cells: "fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  fine fine  fine  fine fine  fine fine"},
	{
		name: "no answer", word: "hang", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  -  dark mute  warn warn",
		leaves: "twice 30 s for an answer and twice 20 s for a confirmation; TestWritesExactlyOnce of pkg/execute does it in fake time",
	},
	{name: "no answer after doing", word: "hangAfter", cells: "stop fine  none warn  none warn  half fine  skip skip  skip look  look look  fine  dark mute  warn warn"},
}

// slow says whether a cell waits for the bounds of a read, a write or a confirmation, 20 to 40 s. Only
// RESCHEDULE_LONG=1 runs those, but for one of each kind that the short time is enough for.
func (f hitFault) slow(word string) bool {
	switch {
	case strings.HasPrefix(f.word, "hang"), word == "lost", word == "page":
		return true
	case word == "anew", word == "dark":
		return !strings.HasPrefix(f.name, "500 ")
	}
	return false
}

// long says whether waiting for minutes is wanted.
func long() bool { return os.Getenv("RESCHEDULE_LONG") == "1" }

var faultsEvery = flag.Int("faults-every", 1, "TestFaults tries one cell in so many")

// TestFaults runs the real program once for each cell of the table. The cells wait far more than they work, so many run
// at once.
func TestFaults(t *testing.T) {
	t.Parallel()
	turn := 0
	places := make(chan struct{}, 64)
	var cells sync.WaitGroup
	defer cells.Wait()
	for _, f := range faultTable {
		words := strings.Fields(f.cells)
		if len(words) != len(phases) {
			t.Errorf("%s: %d cells, want %d", f.name, len(words), len(phases))
			continue
		}
		if slices.Contains(words, "-") != (f.leaves != "") {
			t.Errorf("%s: a cell that is left out needs a reason, and only such a cell", f.name)
		}
		for i, p := range phases {
			word := words[i]
			if word == "-" || f.slow(word) && !long() {
				continue
			}
			if turn++; turn%*faultsEvery != 0 {
				continue
			}
			places <- struct{}{}
			cells.Go(func() {
				defer func() { <-places }()
				t.Run(f.name+"/"+p.name, func(t *testing.T) { runCell(t, f, p, word) })
			})
		}
	}
}

func runCell(t *testing.T, f hitFault, p phase, word string) {
	want, known := endings[word]
	if !known {
		t.Fatalf("the table has the word %q, which is no ending", word)
	}
	world := faultWorld()
	if p.world != nil {
		p.world(&world)
	}
	s := azdotest.Start(t, world)
	hits := hitPhase(s, f, p)
	inputs := map[string]string{"when": "expired,failed", "retryOnlyIf": "timed out", "cooldown": "0", "waitForTargetBranch": "true"}
	maps.Copy(inputs, p.inputs)
	r := run(t, s, stepFile{Inputs: inputs}.step(t, s))
	if *hits == 0 {
		t.Error("the run never came to this phase")
	}
	got := endingOf(s, r)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("not %q (-want +got):\n%s%s", word, diff, strings.Join(r.Log, "\n"))
		return
	}
	if s.Starts(s.EvaluationID(2, "Docs")) > 1 {
		t.Error("a second build of pull request 2 was started")
	}
	checkWords(t, f, p, word, r)
}

// hitPhase lets a fault hit the requests of a phase, and counts them.
func hitPhase(s *azdotest.Server, f hitFault, p phase) *int {
	hits, patched := new(int), false
	s.Before(azdotest.Match{}, func(r azdotest.Request, w *azdotest.World) {
		w.Faults = nil
		if p.hits(r, patched) {
			*hits++
			if f.times == 0 || *hits <= f.times {
				w.Faults = []*azdotest.Fault{{Fault: f.word, RetryAfter: f.retryAfter}}
			}
		}
		patched = patched || r.Route == "requeue" && r.PullRequest == 1
	})
	return hits
}

func endingOf(s *azdotest.Server, r agenttest.Result) ending {
	e := ending{
		Result:  r.Result,
		Planned: r.Variables["plannedCount"], Requeued: r.Variables["requeuedCount"], Declined: r.Variables["declinedCount"],
		Moved: r.Variables["movedCount"], Failed: r.Variables["failedCount"], Skipped: r.Variables["skippedCount"],
		Starts: s.Starts(s.EvaluationID(1, "CI")), Errors: len(ownErrors(r)), Warnings: len(r.Warnings),
	}
	for _, w := range s.Writes() {
		if strings.HasPrefix(w, "PATCH evaluation pr=1 ") {
			e.Patches++
		}
	}
	return e
}

// ownErrors are the errors without the one that the agent makes of an exit code.
func ownErrors(r agenttest.Result) []string {
	return slices.DeleteFunc(slices.Clone(r.Errors), func(text string) bool { return strings.HasPrefix(text, "Exit code ") })
}

// checkWords looks at what a person reads of the fault.
func checkWords(t *testing.T, f hitFault, p phase, word string, r agenttest.Result) {
	t.Helper()
	issues := slices.Concat(ownErrors(r), r.Warnings)
	if word == "dark" && !strings.Contains(strings.ToLower(issues[0]), "result not known") {
		t.Errorf("it does not say that the result is not known: %s", issues[0])
	}
	if p.name == "definitions" && f.times == 0 && f.word != "bom" && !strings.Contains(strings.Join(r.Log, "\n"), "pipelines of a project could not be read") {
		t.Error("it does not say that the pipelines could not be read")
	}
	if word == "open" && !strings.Contains(strings.Join(r.Log, "\n"), "the evaluation is gone") {
		t.Error("it does not say that the evaluation is gone")
	}
	if f.words == "" || len(issues) == 0 || word == "open" {
		return
	}
	who := `"` + identityName + `"`
	if p.name == "options" || p.name == "identity" { // nobody could be asked
		who = "the build service identity of this pipeline"
	}
	text := strings.Join(issues, "\n")
	if n := strings.Count(text, who); n != 1 {
		t.Errorf("the identity %q is named %d times in:\n%s", who, n, text)
	}
	if !regexp.MustCompile(f.words).MatchString(text) {
		t.Errorf("it does not say %q: %s", f.words, text)
	}
}
