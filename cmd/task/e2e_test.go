package main_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
	"github.com/pr-evaluations/reschedule/pkg/report"
)

var update = flag.Bool("update", false, "rewrite the wanted results of testdata")

// program is the real program: RESCHEDULE_PROGRAM, or built once.
var program = os.Getenv("RESCHEDULE_PROGRAM")

func TestMain(m *testing.M) {
	agenttest.Helper()
	flag.Parse()
	waitTogether()
	os.Exit(func() int {
		if program != "" {
			return m.Run()
		}
		dir, err := os.MkdirTemp("", "reschedule-program-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		program = filepath.Join(dir, "reschedule")
		if runtime.GOOS == "windows" {
			program += ".exe"
		}
		args := []string{"build", "-o", program}
		if os.Getenv("GOCOVERDIR") != "" {
			args = append(args, "-cover", "-coverpkg=./...")
		}
		build := exec.Command("go", append(args, ".")...)
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build the program:", err)
			return 1
		}
		return m.Run()
	}())
}

// waitTogether lets more tests run at once than there are processors, unless the caller has said how many: most of them
// wait for a program that waits.
func waitTogether() {
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if !said {
		_ = flag.Set("test.parallel", strconv.Itoa(max(10, runtime.GOMAXPROCS(0)))) // its value is a number
	}
}

// stepFile is the step of a case: what a pipeline and its author say.
type stepFile struct {
	Inputs          map[string]string `json:"inputs"`
	Variables       map[string]string `json:"variables"`
	SecretVariables map[string]string `json:"secretVariables"`
	Env             map[string]string `json:"env"`
	AgentVersion    string            `json:"agentVersion"`
	Job             struct {
		Host         string                 `json:"host"` // "build", "release", "deployment", "gates"
		Reason       string                 `json:"reason"`
		Project      string                 `json:"project"`    // "Fabrikam" if blank
		Repository   string                 `json:"repository"` // the project's first if blank
		Provider     string                 `json:"provider"`
		DefinitionID int                    `json:"definitionId"`
		PullRequest  *agenttest.PullRequest `json:"pullRequest"`
		Position     int                    `json:"position"`
		Total        int                    `json:"total"`
		NoArtifact   bool                   `json:"noArtifact"`
	} `json:"job"`
}

// step makes the agent's step for a server. The run's own project and repository are the world's.
func (f stepFile) step(t *testing.T, s *azdotest.Server) agenttest.Step {
	t.Helper()
	job := agenttest.BuildJob(s.URL())
	if host := agenttest.Host(f.Job.Host); host != "" && host != agenttest.Build {
		job = agenttest.ReleaseJob(s.URL())
		job.Host = host
	}
	world := s.World()
	if len(world.Projects) > 0 {
		project := world.Projects[0]
		for _, p := range world.Projects {
			if p.Name == f.Job.Project {
				project = p
			}
		}
		job.Project, job.ProjectID = project.Name, project.ID
		for i, r := range project.Repositories {
			if i == 0 || r.Name == f.Job.Repository {
				job.RepositoryName, job.RepositoryID = r.Name, r.ID
			}
		}
	}
	job.RepositoryURI = s.URL() + "/" + url.PathEscape(job.Project) + "/_git/" + url.PathEscape(job.RepositoryName)
	job.Reason = cmp.Or(f.Job.Reason, job.Reason)
	job.RepositoryProvider = cmp.Or(f.Job.Provider, job.RepositoryProvider)
	job.DefinitionID = cmp.Or(f.Job.DefinitionID, job.DefinitionID)
	job.PullRequest, job.Position, job.Total = f.Job.PullRequest, f.Job.Position, f.Job.Total
	if f.Job.NoArtifact {
		job.PrimaryArtifact, job.RepositoryID, job.RepositoryName, job.RepositoryProvider = "", "", "", ""
	}
	if len(world.Tokens) > 0 {
		job.Token = world.Tokens[0]
	}
	return agenttest.Step{
		TaskDir: taskDir, Binary: program, Job: job, Name: "requeue", WorkDir: t.TempDir(), AgentVersion: f.AgentVersion,
		Inputs: f.Inputs, Variables: f.Variables, SecretVariables: f.SecretVariables, Env: f.Env,
	}
}

var taskDir = filepath.Join("..", "..", "task")

// run runs a step and checks what holds for every run whatsoever.
func run(t *testing.T, s *azdotest.Server, step agenttest.Step) agenttest.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	r, err := step.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Leaks) > 0 {
		t.Errorf("a secret got out: %v", r.Leaks)
	}
	if r.Stderr != "" {
		t.Errorf("stderr is not empty:\n%s", r.Stderr)
	}
	for _, line := range r.Log {
		if len([]rune(line)) > 1024 {
			t.Errorf("the live console would cut this line: %.100s…", line)
		}
	}
	if r.ExitCode == 2 && s != nil && len(s.Requests()) > 0 {
		t.Errorf("bad input, and yet %d requests were sent", len(s.Requests()))
	}
	if strings.EqualFold(step.Inputs["dryRun"], "true") && s != nil && len(s.Writes()) > 0 {
		t.Errorf("a dry run wrote: %v", s.Writes())
	}
	if path := r.Variables["reportPath"]; path != "" {
		checkReportFile(t, path)
	}
	return r
}

// validate checks a report against its schema.
func validate(t *testing.T, data []byte) {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("report.schema.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(value); err != nil {
		t.Errorf("the report: %v", err)
	}
}

// TestCases runs each case of testdata: a step and a world, and what the case is about (testdata/README.md). "-update"
// writes what came out into the sections that a case has, to be reviewed as code.
func TestCases(t *testing.T) {
	t.Parallel()
	eachCase(t, func(t *testing.T, file string, archive *txtar.Archive) {
		got := runCase(t, archive, taskDir, program, nil)
		if !*update {
			compare(t, archive, got)
			return
		}
		refresh(archive, got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	})
}

// TestCasesThroughLauncher runs the same cases as an agent does: node, the launcher, the program beside it.
func TestCasesThroughLauncher(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "RESCHEDULE_REQUIRE_NODE", "the cases do not go through the launcher: "+err.Error())
	}
	folder := unpacked(t)
	eachCase(t, func(t *testing.T, _ string, archive *txtar.Archive) {
		compare(t, archive, runCase(t, archive, folder, "", nil))
	})
}

// unpacked is a folder with the task as an agent has it, with the program of this system alone.
func unpacked(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	copyFile(t, program, filepath.Join(folder, "bin", runtime.GOOS+"-"+runtime.GOARCH, filepath.Base(program)))
	for _, name := range []string{"task.json", "launcher.js", "package.json"} {
		copyFile(t, filepath.Join(taskDir, name), filepath.Join(folder, name))
	}
	return folder
}

// missing skips a test aloud, or fails it where the variable insists on it.
func missing(t testing.TB, variable, text string) {
	t.Helper()
	if os.Getenv(variable) == "1" {
		t.Fatal(text + " (" + variable + "=1)")
	}
	t.Skip("SKIPPED: " + text)
}

// writeProgram writes a file that is started soon. While it is open nothing is forked: a child of another test would hold
// it for a moment, and starting it would fail with "text file busy" (golang/go#22315).
func writeProgram(path string, data []byte, mode os.FileMode) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, data, mode)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := writeProgram(to, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func eachCase(t *testing.T, do func(t *testing.T, file string, archive *txtar.Archive)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d cases: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			do(t, file, archive)
		})
	}
}

// readCase reads the step of a case and its world.
func readCase(t *testing.T, archive *txtar.Archive) (file stepFile, world azdotest.World) {
	t.Helper()
	decodeStrictly(t, section(archive, "step.json"), &file)
	return file, readWorld(t, string(section(archive, "world.json")))
}

func readWorld(t *testing.T, text string) azdotest.World {
	t.Helper()
	w, err := azdotest.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func startWorld(t *testing.T, text string) *azdotest.Server {
	t.Helper()
	return azdotest.Start(t, readWorld(t, text))
}

// runCase runs a case, in its world as it is or as change makes it, and describes what came of it.
func runCase(t *testing.T, archive *txtar.Archive, folder, binary string, change func(*azdotest.World)) observed {
	t.Helper()
	file, world := readCase(t, archive)
	if change != nil {
		change(&world)
	}
	s := azdotest.Start(t, world)
	step := file.step(t, s)
	step.TaskDir, step.Binary = folder, binary
	return observe(t, s, file.Inputs, run(t, s, step))
}

func decodeStrictly(t *testing.T, data []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatal(err)
	}
}

func section(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// TestEverythingIsSeen: 260 pull requests at 100 a page, and 150 evaluations at 100 a page.
func TestEverythingIsSeen(t *testing.T) {
	t.Parallel()
	var prs []*azdotest.PullRequest
	for range 260 {
		prs = append(prs, &azdotest.PullRequest{Evaluations: []*azdotest.Evaluation{{State: "expired"}}})
	}
	project := &azdotest.Project{Name: "Fabrikam", Repositories: []*azdotest.Repository{{Name: "web", PullRequests: prs}}}
	for i := range 150 {
		name := "Check " + strconv.Itoa(i)
		project.Policies = append(project.Policies, &azdotest.Policy{DisplayName: name, Pipeline: azdotest.Ref(name)})
		if i > 0 {
			prs[17].Evaluations = append(prs[17].Evaluations, &azdotest.Evaluation{Policy: azdotest.Ref(name), State: "expired"})
		}
	}
	s := azdotest.Start(t, azdotest.World{
		Pages: azdotest.Pages{PullRequests: 100, Evaluations: 100}, Projects: []*azdotest.Project{project},
	})
	r := run(t, s, stepFile{Inputs: map[string]string{"maxPerRun": "0"}}.step(t, s))
	want := map[string]string{"pullRequestCount": "260", "evaluationCount": "409", "plannedCount": "409", "requeuedCount": "409"}
	for name, value := range want {
		if r.Variables[name] != value {
			t.Errorf("%s is %s, want %s", name, r.Variables[name], value)
		}
	}
	if len(s.Writes()) != 409 {
		t.Errorf("%d writes", len(s.Writes()))
	}
	if s.MaxUnderWay() > 8 {
		t.Errorf("%d requests under way at once", s.MaxUnderWay())
	}
}
