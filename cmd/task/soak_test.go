package main_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
	"github.com/pr-evaluations/reschedule/pkg/report"
	product "github.com/pr-evaluations/reschedule/pkg/run"
)

var soak = flag.Duration("soak", 4*time.Second, "how long TestSoak goes on")

// soakRuns is how many runs one stand-in sees, one after the other on the same pull requests, as a schedule would do.
const soakRuns = 10

// soakWorkers is how many stand-ins are run against at once: a run waits far more than it works.
const soakWorkers = 8

// TestSoak runs the task again and again in this process, so that the race detector sees it, against stand-ins with
// random faults. Whatever happens, each run ends by itself with a valid report, no run starts two builds of one
// evaluation, and neither memory nor goroutines grow.
func TestSoak(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	soakServer(t, rand.New(rand.NewPCG(seed, 0))) // what is made once
	goroutines, memory := settled()
	begin := time.Now()
	var codes [2]int
	servers := 0
	for time.Since(begin) < *soak && !t.Failed() {
		// In rounds, so that there is a moment at which nothing runs.
		round := min(*soak-time.Since(begin), time.Minute)
		n, seen := soakRound(t, seed+uint64(servers)*soakWorkers, round)
		servers += n
		for code := range codes {
			codes[code] += seen[code]
		}
		if *soak > time.Minute {
			now, heap := settled()
			t.Logf("%s: %d runs, %d goroutines, %d KiB", time.Since(begin).Round(time.Second), servers*soakRuns, now, heap>>10)
		}
	}
	now, heap := settled()
	t.Logf("%d runs, exit codes %v; goroutines %d, then %d; memory %d KiB, then %d KiB", servers*soakRuns, codes, goroutines, now, memory>>10, heap>>10)
	if now > goroutines {
		text := make([]byte, 1<<20)
		t.Errorf("%d goroutines more than at the beginning:\n%s", now-goroutines, text[:runtime.Stack(text, true)])
	}
	// The SDK keeps the table of locations for each address that it ever saw.
	if allowed := memory + 2<<20 + uint64(servers)*16<<10; heap > allowed {
		t.Errorf("memory grew from %d to %d KiB in %d runs", memory>>10, heap>>10, servers*soakRuns)
	}
	if servers*soakRuns > 500 && (codes[0] == 0 || codes[1] == 0) {
		t.Errorf("exit codes %v: the faults are too many or too few", codes)
	}
}

// soakRound runs against one stand-in after the other for a while, and counts them and the exit codes.
func soakRound(t *testing.T, seed uint64, length time.Duration) (servers int, codes [2]int) {
	t.Helper()
	end := time.Now().Add(length)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for worker := range soakWorkers {
		workers.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(worker)+1))
			for first := true; first || time.Now().Before(end) && !t.Failed(); first = false {
				seen := soakServer(t, random)
				mu.Lock()
				servers++
				for code := range codes {
					codes[code] += seen[code]
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return servers, codes
}

// settled is the number of goroutines and the heap in use, once what ends has ended.
func settled() (goroutines int, heap uint64) {
	var stats runtime.MemStats
	goroutines = runtime.NumGoroutine()
	for range 40 {
		runtime.GC()
		time.Sleep(25 * time.Millisecond)
		n := runtime.NumGoroutine()
		if n >= goroutines {
			break
		}
		goroutines = n
	}
	runtime.ReadMemStats(&stats)
	return goroutines, stats.HeapAlloc
}

// soakFaults are the faults of the soak: those that cost no minutes.
func soakFaults(random *rand.Rand) []*azdotest.Fault {
	words := slices.DeleteFunc(azdotest.FaultWords(), func(word string) bool { return strings.HasPrefix(word, "hang") })
	routes := []string{
		"", "repositories", "pullRequests", "policies", "evaluations", "definitions", "builds", "timeline", "pullRequest", "evaluation", "requeue",
		"threads", "newThread", "comment", "connectionData",
	}
	var faults []*azdotest.Fault
	for range random.IntN(4) {
		f := &azdotest.Fault{
			Fault: words[random.IntN(len(words))],
			Match: azdotest.Match{Route: routes[random.IntN(len(routes))], Probability: 0.02 + 0.2*random.Float64()},
		}
		if random.IntN(3) == 0 {
			f.Fault, f.Delay = "", "30ms"
		}
		faults = append(faults, f)
	}
	return faults
}

func soakWorld(random *rand.Rand) azdotest.World {
	states := []string{"expired", "expired", "failed", "broken", "notStarted", "running", "succeeded", "outdated", "canceled"}
	outcomes := []string{"succeeded", "failed", "staysRunning", "canceled", "refuses"}
	var prs []*azdotest.PullRequest
	for range 1 + random.IntN(12) {
		pr := &azdotest.PullRequest{AutoComplete: random.IntN(2) == 0, Draft: random.IntN(8) == 0}
		for _, policy := range []azdotest.Ref{"CI", "Docs"} {
			pr.Evaluations = append(pr.Evaluations, &azdotest.Evaluation{
				Policy: policy, State: states[random.IntN(len(states))], Errors: []string{"feed timed out"},
				Requeue: &azdotest.Requeue{Outcome: outcomes[random.IntN(len(outcomes))], StartsAfter: "1ms", Takes: "50ms"},
			})
		}
		prs = append(prs, pr)
	}
	return azdotest.World{
		Seed: random.Uint64(),
		Behaviour: azdotest.Behaviour{
			RequeueAnswer: []string{"newBuild", "unchanged", "withoutBuild"}[random.IntN(3)],
			BuildSource:   []string{"parameters", "triggerInfo", "none"}[random.IntN(3)],
		},
		Projects: []*azdotest.Project{{
			Name: "Fabrikam", Repositories: []*azdotest.Repository{{Name: "web", PullRequests: prs}, {Name: "api"}},
			Policies: []*azdotest.Policy{{DisplayName: "CI", Pipeline: "ci"}, {DisplayName: "Docs", Pipeline: "docs", Optional: true}},
		}},
		Faults: soakFaults(random),
	}
}

// soakServer runs the task a few times against one stand-in and closes it.
func soakServer(t *testing.T, random *rand.Rand) (codes [2]int) {
	t.Helper()
	s, err := azdotest.New(soakWorld(random))
	if err != nil {
		t.Error(err)
		return codes
	}
	defer s.Close()
	dir := t.TempDir()
	for range soakRuns {
		if code := soakRun(t, random, s, dir); code == 0 || code == 1 {
			codes[code]++
		}
	}
	for _, p := range s.Problems() {
		t.Error("azdotest: " + p)
	}
	return codes
}

func soakRun(t *testing.T, random *rand.Rand, s *azdotest.Server, dir string) int {
	t.Helper()
	before := len(s.StartedBuilds())
	path := filepath.Join(dir, "report.json")
	_ = os.Remove(path) // of the run before, if there was one
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	env := map[string]string{
		"SYSTEM_ACCESSTOKEN": "token-of-the-soak", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": s.URL(), "SYSTEM_TEAMPROJECT": "Fabrikam",
		"INPUT_REPOSITORIES": "*", "INPUT_WHEN": "expired,failed,broken,notStarted,outdated", "INPUT_COOLDOWN": "0",
		"INPUT_MAXRETRIESPERCOMMIT": "100", "INPUT_RETRYONLYIF": pick("", "timed out"), "INPUT_CONCURRENCY": pick("1", "4", "16"),
		"INPUT_MAXPERRUN": pick("0", "3"), "INPUT_MAXINFLIGHTPERBRANCH": pick("0", "2"), "INPUT_WAITFORTARGETBRANCH": pick("true", "false"),
		"INPUT_COMMENT": pick("never", "exhausted", "always"), "INPUT_REPORTPATH": path, "INPUT_ONERROR": pick("fail", "warn"),
		"AGENT_TEMPDIRECTORY": dir,
	}
	// A run that waits for a confirmation or for its pause is cut short here as an agent would: it is cancelled.
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(20+random.IntN(800))*time.Millisecond)
	defer cancel()
	var log bytes.Buffer
	begin := time.Now()
	code := product.Run(ctx, product.Process{Env: env, Stdout: &log, Version: "soak"})
	took := time.Since(begin)
	if code != 0 && code != 1 {
		t.Errorf("exit code %d\n%s", code, log.String())
	}
	if took > 8*time.Second {
		t.Errorf("the run took %s, though it was cancelled\n%s", took, log.String())
	}
	if strings.Contains(log.String(), "nternal error") || strings.Contains(log.String(), "unexpected state") {
		t.Errorf("a panic:\n%s", log.String())
	}
	if data, err := os.ReadFile(path); err == nil && len(data) > 0 {
		validate(t, data)
		if err := report.CheckSums(data); err != nil {
			t.Errorf("the report: %v", err)
		}
		if bytes.Contains(data, []byte("token-of-the-soak")) {
			t.Error("the report holds the token")
		}
	}
	if seen := startedTwice(s, before); seen != "" {
		t.Errorf("%s\n%s", seen, log.String())
	}
	s.Forget()
	return code
}

// startedTwice finds an evaluation for which one run has started two builds.
func startedTwice(s *azdotest.Server, before int) string {
	fresh := s.StartedBuilds()[before:]
	for _, project := range s.World().Projects {
		for _, pr := range project.Repositories[0].PullRequests {
			for _, e := range pr.Evaluations {
				n := 0
				for _, b := range s.BuildsOf(s.EvaluationID(pr.ID, e.Policy)) {
					if slices.Contains(fresh, b) {
						n++
					}
				}
				if n > 1 {
					return fmt.Sprintf("one run started %d builds for policy %s of pull request %d", n, e.Policy, pr.ID)
				}
			}
		}
	}
	return ""
}
