package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/pr-evaluations/reschedule/cmd/demo/show"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// mergeRush is the scene in which a queue of pull requests wants to merge, and each merge expires the builds of all others.
const mergeRush = "merge-rush"

const (
	rushRuns     = 5
	rushRequests = 6
	rushBuild    = 400 * time.Millisecond // what a build takes
)

// rushWorld has approved auto-complete pull requests that have all just expired, and a pipeline of which three in four
// builds of commits that had been green are green again.
func rushWorld() azdotest.World {
	policy := &azdotest.Policy{DisplayName: "Build and unit tests", Pipeline: "webshop-ci", Expires: "immediately"}
	pipeline := &azdotest.Pipeline{Name: "webshop-ci", Requeue: azdotest.Requeue{StartsAfter: "50ms", Takes: rushBuild.String()}}
	project := &azdotest.Project{Name: "Storefront", Policies: []*azdotest.Policy{policy}, Pipelines: []*azdotest.Pipeline{pipeline}}
	repository := &azdotest.Repository{Name: "webshop"}
	for i, title := range []string{"Add gift cards", "Round prices", "Rename a table", "Translate the sizes", "Compress pictures", "Fix a link"} {
		repository.PullRequests = append(repository.PullRequests, &azdotest.PullRequest{
			ID: 501 + i, Title: title, AutoComplete: true, Votes: []int{10}, Created: fmt.Sprintf("%dh ago", 2*rushRequests-i),
			Evaluations: []*azdotest.Evaluation{{State: "expired", Started: fmt.Sprintf("%dh ago", rushRequests-i)}},
		})
	}
	for i := range 12 { // green, and then once more
		result := "succeeded"
		if i%4 == 3 {
			result = "failed"
		}
		for again, result := range []string{"succeeded", result} {
			minutes := 3000 - 100*i - 50*again
			project.Builds = append(project.Builds, &azdotest.Build{
				Pipeline: "webshop-ci", PullRequest: 501 + i%rushRequests, Result: result, SourceCommit: azdotest.Commit(fmt.Sprint("earlier ", i)),
				Queued: fmt.Sprintf("%dm ago", minutes), Started: fmt.Sprintf("%dm ago", minutes-1), Finished: fmt.Sprintf("%dm ago", minutes-11),
			})
		}
	}
	project.Repositories = []*azdotest.Repository{repository}
	return azdotest.World{CollectionPath: "/fernhill", Identity: "Storefront Build Service (fernhill)", Projects: []*azdotest.Project{project}}
}

// playMergeRush runs the task five times. Between two runs the builds end, and the first green pull request merges.
func playMergeRush(ctx context.Context, w io.Writer, program, work string, given map[string]string) error {
	inputs := map[string]string{"maxInFlightPerBranch": "auto", "require": "autoComplete"}
	maps.Copy(inputs, given)
	server, err := azdotest.New(rushWorld())
	if err != nil {
		return err
	}
	defer server.Close()
	print := show.Printer{W: w}
	print.Line("A merge rush: %d pull requests have auto-complete, and each merge expires the builds of all others.", rushRequests)
	print.Line("The task runs %d times, with inputs: %s.", rushRuns, show.Describe(inputs))
	started, merged := 0, 0
	for n := range rushRuns {
		print.Line("")
		print.Line("==== run %d", n+1)
		result, err := step(server, program, fmt.Sprint(work, n), inputs).Run(ctx)
		if err != nil {
			return err
		}
		shown := false
		for _, line := range result.Log {
			shown = shown || strings.Contains(line, "Target branch ") || strings.HasPrefix(line, "##[section]Plan")
			if shown {
				print.Line("%s", line)
			}
		}
		if result.ExitCode != 0 {
			return errors.Join(print.Err, show.Ended(result.ExitCode))
		}
		started = len(server.StartedBuilds())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(3 * rushBuild):
		}
		id := mergeFirst(server)
		if id == 0 {
			print.Line("---- no build turned green, so nothing merges")
			continue
		}
		merged++
		print.Line("---- the build of pull request %d is green, it merges, and the builds of all others expire", id)
	}
	print.Line("")
	print.Line("Result: %d merged, %d builds re-queued, in %d runs.", merged, started, rushRuns)
	return print.Err
}

// mergeFirst completes the first pull request that is green, and expires the builds of the others. It returns its number,
// 0 for none.
func mergeFirst(server *azdotest.Server) int {
	merged := 0
	server.Update(func(w *azdotest.World) {
		all := w.Projects[0].Repositories[0].PullRequests
		for _, pr := range all {
			if e := pr.Evaluations[0]; merged == 0 && pr.Status == "active" && e.Status == "approved" {
				pr.Status, merged = "completed", pr.ID
			}
		}
		if merged == 0 {
			return
		}
		yes := true
		for _, pr := range all { // as the service was recorded to show it: waiting, with the old build
			if e := pr.Evaluations[0]; pr.Status == "active" && e.Status == "approved" {
				e.Status, e.IsExpired, e.BuildIsNotCurrent = "queued", &yes, &yes
			}
		}
	})
	return merged
}
