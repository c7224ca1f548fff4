package main

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/cmd/demo/show"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// Only what is green merges; the merge expires what else was green.
func TestMergeFirst(t *testing.T) {
	t.Parallel()
	world := rushWorld()
	for _, i := range []int{1, 3} {
		world.Projects[0].Repositories[0].PullRequests[i].Evaluations[0].State = "succeeded"
	}
	server, err := azdotest.New(world)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if got := mergeFirst(server); got != 502 {
		t.Errorf("merged %d, want 502", got)
	}
	if e := server.World().Projects[0].Repositories[0].PullRequests[3].Evaluations[0]; e.Status != "queued" || e.IsExpired == nil || !*e.IsExpired {
		t.Errorf("the other green one is %+v", e)
	}
	if got := mergeFirst(server); got != 0 {
		t.Errorf("merged %d although nothing is green", got)
	}
	if problems := server.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}

// The scenes print what they promise, and end with the step's exit code.
func TestDemo(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no Go to build the program with")
	}
	t.Chdir(filepath.Join("..", ".."))
	for _, tt := range []struct {
		args []string
		code int
		want []string
	}{
		{
			[]string{"comment=always"},
			0,
			[]string{"---- the comment on pull request 412", "What", "requeue.requeuedCount = 4", `{"schemaVersion":1,`, "---- the summary tab"},
		},
		{[]string{"when=nonsense"}, 2, []string{"exit code 2"}},
		{[]string{"scene=merge-rush"}, 0, []string{"==== run 5", "it merges", "Result: 5 merged, "}},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			var out bytes.Buffer
			err := demo(context.Background(), &out, tt.args)
			code := show.ExitCode(0)
			if err != nil && !errors.As(err, &code) {
				t.Fatal(err)
			}
			if int(code) != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output lacks %q:\n%s", want, out.String())
				}
			}
		})
	}
	if err := demo(context.Background(), &bytes.Buffer{}, []string{"scene=nonsense"}); err == nil || !strings.Contains(err.Error(), mergeRush) {
		t.Errorf("an unknown scene: %v", err)
	}
}
