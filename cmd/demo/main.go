// Command demo shows the main job in a newcomer's first minute: it builds the real program, starts a stand-in for Azure
// DevOps on loopback with a dozen pull requests, and runs the task on it as an agent would, over real HTTP.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pr-evaluations/reschedule/cmd/demo/show"
	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

func main() { show.Main("demo", demo) }

// demo runs the task with inputs such as "dryRun=true".
func demo(ctx context.Context, w io.Writer, args []string) (err error) {
	inputs, err := show.Inputs(args)
	if err != nil {
		return err
	}
	scene := inputs["scene"]
	delete(inputs, "scene")
	if scene != "" && scene != mergeRush {
		return fmt.Errorf("there is no scene %q; there is %s", scene, mergeRush)
	}
	dir, err := os.MkdirTemp("", "reschedule-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, err := show.Build(ctx, dir)
	if err != nil {
		return err
	}
	if scene == mergeRush {
		return playMergeRush(ctx, w, program, filepath.Join(dir, "work"), inputs)
	}
	world := azdotest.Demo()
	server, err := azdotest.New(world)
	if err != nil {
		return err
	}
	defer server.Close()

	print := show.Printer{W: w}
	print.Line("A stand-in for Azure DevOps listens at %s.", server.URL())
	print.Line("The task runs on it as a pipeline step would, with inputs: %s.", show.Describe(inputs))
	print.Line("Other inputs: ./build.sh demo dryRun=true, ./build.sh demo when=expired,failed,notStarted comment=always")
	print.Line("Another scene, five runs while pull requests merge: ./build.sh demo scene=merge-rush")
	print.Line("")
	result, err := step(server, program, filepath.Join(dir, "work"), inputs).Run(ctx)
	if err != nil {
		return err
	}
	print.Step(result, func() { comments(&print, server.World()) }, server.Writes(), len(server.Requests()))
	return errors.Join(print.Err, show.Ended(result.ExitCode))
}

// comments prints the comments that the run has left on pull requests.
func comments(print *show.Printer, world azdotest.World) {
	for _, project := range world.Projects {
		for _, repository := range project.Repositories {
			for _, pr := range repository.PullRequests {
				for _, thread := range pr.Threads {
					print.Line("---- the comment on pull request %d", pr.ID)
					print.Line("%s", strings.TrimSpace(thread.Comments[0].Content))
					print.Line("")
				}
			}
		}
	}
}

// step is the task in a scheduled run of the world's first repository.
func step(server *azdotest.Server, program, work string, inputs map[string]string) agenttest.Step {
	job := agenttest.BuildJob(server.URL())
	project := server.World().Projects[0]
	job.Project, job.ProjectID = project.Name, project.ID
	job.RepositoryName, job.RepositoryID = project.Repositories[0].Name, project.Repositories[0].ID
	job.RepositoryURI = server.URL() + "/" + url.PathEscape(project.Name) + "/_git/" + url.PathEscape(job.RepositoryName)
	if tokens := server.World().Tokens; len(tokens) > 0 {
		job.Token = tokens[0]
	}
	return agenttest.Step{TaskDir: "task", Binary: program, WorkDir: work, Job: job, Name: "requeue", Inputs: inputs}
}
