package agenttest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestMain turns the test binary into the program of a step when the step's environment says so.
func TestMain(m *testing.M) {
	Helper()
	if script, ok := os.LookupEnv("AGENTTEST_SCRIPT"); ok {
		os.Exit(play(script))
	}
	os.Exit(m.Run())
}

// play acts out a script, one act a line: "out text", "err text", "file path" (writes it), "exit n", "die", "wait" (until
// stdin ends), "deaf" (ignores signals), "sleep duration", "dealt n" (waits until the agent has dealt with n lines of the script; see dealt), "orphan" (starts a
// child that sleeps).
func play(script string) int {
	for line := range strings.SplitSeq(script, "\n") {
		act, rest, _ := strings.Cut(line, " ")
		switch act {
		case "out":
			_, _ = os.Stdout.WriteString(rest + "\n")
		case "raw":
			text, _ := strconv.Unquote(rest)
			_, _ = os.Stdout.WriteString(text)
		case "err":
			_, _ = os.Stderr.WriteString(rest + "\n")
		case "file":
			_ = os.WriteFile(os.ExpandEnv(rest), []byte("# Title\n"), 0o600)
		case "remove":
			_ = os.Remove(os.ExpandEnv(rest))
		case "exit":
			n, _ := strconv.Atoi(rest)
			return n
		case "die":
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Signal(syscall.SIGKILL)
			select {}
		case "deaf":
			signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM) // Windows knows no other way to ignore them
		case "catch":
			c := make(chan os.Signal, 1)
			signal.Notify(c, os.Interrupt)
			_, _ = os.Stdout.WriteString("ready\n")
			_, _ = fmt.Fprintln(os.Stdout, <-c)
		case "sleep":
			d, _ := time.ParseDuration(rest)
			time.Sleep(d)
		case "dealt":
			for {
				if _, err := os.Stat(filepath.Join(os.Getenv("AGENTTEST_DEALT"), rest)); err == nil {
					break
				}
				time.Sleep(time.Millisecond)
			}
		case "stdin":
			n, err := os.Stdin.Read(make([]byte, 1))
			_, _ = fmt.Fprintln(os.Stdout, "stdin", n, err)
		case "orphan":
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), "AGENTTEST_SCRIPT=deaf\nsleep 60s")
			child.Stdout = os.Stdout
			_ = child.Start()
		}
	}
	return 0
}

// scripted is a step whose program acts out a script.
func scripted(t *testing.T, lines ...string) Step {
	t.Helper()
	s := sample(t)
	s.Binary = os.Args[0]
	s.AgentEnv["AGENTTEST_SCRIPT"] = strings.Join(lines, "\n")
	s.AgentEnv["GORACE"] = "atexit_sleep_ms=0" // else every ending takes a second
	s.Rhythm = Rhythm{Interrupt: 300 * time.Millisecond, Terminate: 200 * time.Millisecond, Done: 200 * time.Millisecond}
	return s
}

// dealt lets a script wait for the agent: each line that the agent has dealt with makes a file with its number. A script
// whose streams must come in an order needs it, since nothing else keeps one stream before the other.
func dealt(t *testing.T, s *Step) {
	t.Helper()
	folder := t.TempDir()
	s.AgentEnv["AGENTTEST_DEALT"] = folder
	var lines atomic.Int64
	s.OnLine = func(string, string) {
		if err := os.WriteFile(filepath.Join(folder, strconv.FormatInt(lines.Add(1), 10)), nil, 0o600); err != nil {
			t.Error(err)
		}
	}
}

func run1(t *testing.T, s Step) Result {
	t.Helper()
	r, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestResults(t *testing.T) {
	t.Parallel()
	killed := Result{Result: Failed, ExitCode: -1, Signal: 9, Errors: []string{"Exit code 137 returned from process: file name '{program}', arguments ''."}}
	if runtime.GOOS == "windows" { // which knows no signals, but the code that the killer chose
		killed = Result{Result: Failed, ExitCode: 1, Errors: []string{"Exit code 1 returned from process: file name '{program}', arguments ''."}}
	}
	tests := []struct {
		name   string
		script []string
		change func(*Step)
		want   Result
	}{
		{"nothing said, exit 0", nil, nil, Result{Result: Succeeded}},
		{"a line is shown, stderr harms nothing", []string{"err oops"}, nil, Result{Result: Succeeded, Log: []string{"oops"}}},
		{"a non-zero exit fails", []string{"exit 3"}, nil, Result{
			Result: Failed, ExitCode: 3, Errors: []string{"Exit code 3 returned from process: file name '{program}', arguments ''."},
		}},
		{"complete with issues", []string{"out ##vso[task.complete result=SucceededWithIssues]"}, nil, Result{Result: SucceededWithIssues, Progress: []int{100}}},
		{"the exit code beats complete", []string{"out ##vso[task.complete result=Skipped]", "exit 1"}, nil, Result{
			Result: Failed, ExitCode: 1, Progress: []int{100}, Errors: []string{"Exit code 1 returned from process: file name '{program}', arguments ''."},
		}},
		{"a skipped step stays skipped", []string{"out ##vso[task.complete result=Skipped]", "out ##vso[task.complete result=Failed]"}, nil, Result{
			Result: Skipped, Progress: []int{100, 100},
		}},
		{"a result in another case is none", []string{"out ##vso[task.complete result=failed]"}, nil, Result{
			Result: Failed,
			Errors: []string{"Unable to process command '##vso[task.complete result=failed]' successfully.", `command doesn't have valid result value: "failed"`},
		}},
		{"a result by number", []string{"out ##vso[task.complete result=1]"}, nil, Result{Result: SucceededWithIssues, Progress: []int{100}}},
		{"issues, from both streams", []string{"out ##vso[task.logissue type=error]a%0Ab", "dealt 1", "err ##vso[task.logissue type=Warning;code=7]c"}, nil, Result{
			Result: Succeeded, Log: []string{"##[error]a", "b", "##[warning]c"}, Errors: []string{"a\nb"}, Warnings: []string{"c"},
		}},
		{"an issue with a place", []string{"out ##vso[task.logissue type=error;sourcepath=a.go;linenumber=1;columnnumber=2;code=C]x"}, nil, Result{
			Result: Succeeded, Errors: []string{"a.go(1,2): error C: x"},
		}},
		{"an unknown area is a warning and swallows the line", []string{"out ##vso[nope.event]x"}, nil, Result{
			Result: Succeeded, Warnings: []string{"Can't find command extension for ##vso[nope.command]."},
		}},
		{"an unknown event fails", []string{"out ##vso[task.nope]x"}, nil, Result{
			Result: Failed,
			Errors: []string{"Unable to process command '##vso[task.nope]x' successfully.", "##vso[task.nope] is not a recognized command for task command extension"},
		}},
		{"no command at all is a warning, and the line is shown", []string{"out a ##vso b"}, nil, Result{
			Result: Succeeded, Log: []string{"##[warning]'a ##vso b' contains logging command keyword '##vso', but it's not a legal command.", "a ##vso b"},
			Warnings: []string{"'a ##vso b' contains logging command keyword '##vso', but it's not a legal command."},
		}},
		{"another kind of job's command fails and is shown", []string{"out ##vso[release.updatereleasename]x"}, nil, Result{
			Result: Failed, Errors: []string{"##vso[release.command] is not supported for build."},
		}},
		{"output variables, restricted by task.json", []string{
			"out ##vso[task.setvariable variable=declared]1", "out ##vso[task.setvariable variable=FREEly;isOutput=TRUE]a;b%5D", "out ##vso[task.setvariable variable=freed]3",
			"out ##vso[task.setvariable variable=secret;isoutput=true]4",
		}, nil, Result{
			Result: Succeeded, Variables: map[string]string{"declared": "1", "FREEly": "a;b]"}, JobVariables: map[string]string{"freed": "3"},
			Warnings: []string{"Setting variable 'secret' has been disabled by the task or build definition."},
		}},
		{"restricted by the step", []string{"out ##vso[task.setvariable variable=declared]1"}, func(s *Step) { s.SettableVariables = []string{} }, Result{
			Result: Succeeded, Warnings: []string{"Setting variable 'declared' has been disabled by the task or build definition."},
		}},
		{"a restricted step drops the summary", []string{"file $AGENT_TEMPDIRECTORY/s.md", "out ##vso[task.uploadsummary]{temp}/s.md"}, func(s *Step) { s.Restricted = true }, Result{
			Result: Succeeded, Warnings: []string{"##vso[task.uploadsummary] is not allowed in this step due to policy restrictions."},
		}},
		{"a summary", []string{"file $AGENT_TEMPDIRECTORY/s.md", "out ##vso[task.uploadsummary]{temp}/s.md"}, nil, Result{
			Result: Succeeded, Summary: "# Title\n", Uploads: []string{"{temp}/s.md"},
		}},
		{"a summary that is removed again is lost", []string{"file $AGENT_TEMPDIRECTORY/s.md", "out ##vso[task.uploadsummary]{temp}/s.md", "dealt 1", "remove $AGENT_TEMPDIRECTORY/s.md"}, nil, Result{
			Result: Succeeded, Uploads: []string{"{temp}/s.md"}, Lost: []string{"{temp}/s.md"},
		}},
		{"a missing summary fails", []string{"out ##vso[task.uploadsummary]/no/such"}, nil, Result{
			Result: Failed, Errors: []string{
				"Unable to process command '##vso[task.uploadsummary]/no/such' successfully.",
				`cannot upload attachment file, attachment file location is not specified or attachment file not exist on disk: "/no/such"`,
			},
		}},
		{"variables of the job are read-only", []string{"out ##vso[task.setvariable variable=Build.BuildId]1"}, func(s *Step) {
			s.TaskDir = t.TempDir()
			_ = os.WriteFile(filepath.Join(s.TaskDir, "task.json"), []byte(`{"execution":{"Node":{"target":"x"}}}`), 0o600)
		}, Result{Result: Failed, Handler: "Node", Errors: []string{
			"Unable to process command '##vso[task.setvariable variable=Build.BuildId]1' successfully.",
			"Overwriting readonly variable 'Build.BuildId' is not permitted",
		}}},
		{"progress never goes back", []string{"out ##vso[task.setprogress value=10]", "out ##vso[task.setprogress value=5]", "out ##vso[task.setprogress value=500]"}, nil, Result{
			Result: Succeeded, Progress: []int{10, 10, 100},
		}},
		{"secrets are masked from then on, and told as leaks", []string{"out token is hunter2", "out ##vso[task.setsecret]hunter2", "out token is hunter2"}, nil, Result{
			Result: Succeeded, Log: []string{"token is hunter2", "token is ***"}, Secrets: []string{"hunter2"},
			Leaks: []string{"stdout shows a secret (plain): token is ***", "stdout shows a secret (plain): token is ***"},
		}},
		{"a secret in disguise", []string{"out Basic OmUtdmVyeS1zZWNyZXQ="}, func(s *Step) { s.SecretVariables = map[string]string{"x": "e-very-secret"} }, Result{
			Result: Succeeded, Log: []string{"Basic OmUtdmVyeS1zZWNyZXQ="},
			Leaks: []string{"stdout shows a secret (base64 of a basic authorization): Basic OmUtdmVyeS1zZWNyZXQ="},
		}},
		{"the job's token is masked by itself", []string{"out " + PresetToken}, nil, Result{
			Result: Succeeded, Log: []string{"***"}, Leaks: []string{"stdout shows a secret (plain): ***"},
		}},
		{"debug lines are shown to who asks", []string{"out ##vso[task.debug]x"}, func(s *Step) { s.Variables = map[string]string{"System.Debug": "true"} }, Result{
			Result: Succeeded, Log: []string{"##[debug]x"},
		}},
		{"debug lines are not shown otherwise", []string{"out ##vso[task.debug]x"}, nil, Result{Result: Succeeded}},
		{"lines end at CR, LF and CRLF", []string{`raw "a\rb\r\nc\n\nd"`}, nil, Result{Result: Succeeded, Log: []string{"a", "b", "c", "", "d"}}},
		{"a violent death fails", []string{"die"}, nil, killed},
		{"done is not waited for", []string{"out ##vso[task.complete result=Succeeded;done=true]", "sleep 30s"}, nil, Result{Result: Succeeded, ExitCode: -1, Progress: []int{100}}},
		{"a fork with restricted secrets and a connection is skipped", []string{"out x"}, func(s *Step) {
			s.ServiceConnections = []ServiceConnection{{ID: "0e3a4f1b-6a52-4ad0-9f0e-7f5bb1d7c0aa", Name: "prod"}}
			s.Inputs = map[string]string{"azure": "prod"}
			s.Job.RestrictSecrets, s.Job.PullRequest = true, &PullRequest{Fork: true}
		}, Result{Result: Skipped, ExitCode: -1}},
		{"no handler", []string{"out x"}, func(s *Step) { s.AgentVersion = "2.100.0" }, Result{
			Result: Failed, ExitCode: -1, Handler: "-",
			Errors: []string{"A supported task execution handler was not found. This step does not have an implementation for this agent."},
		}},
		{"stdin is closed", []string{"stdin"}, nil, Result{Result: Succeeded, Log: []string{"stdin 0 EOF"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t)
			dealt(t, &s)
			temp := filepath.Join(s.WorkDir, "_temp")
			s.AgentEnv["AGENTTEST_SCRIPT"] = strings.ReplaceAll(strings.Join(tt.script, "\n"), "{temp}", temp)
			if tt.change != nil {
				tt.change(&s)
			}
			got := run1(t, s)
			fill := strings.NewReplacer("{temp}", temp, "{program}", s.Binary)
			for _, list := range [][]string{tt.want.Errors, tt.want.Warnings, tt.want.Uploads, tt.want.Lost} {
				for i := range list {
					list[i] = fill.Replace(list[i])
				}
			}
			switch tt.want.Handler {
			case "":
				tt.want.Handler = "Node20_1"
			case "-":
				tt.want.Handler = ""
			}
			ignored := []string{"WorkDir", "Stdout", "Stderr", "Duration", "Commands", "Leftovers"}
			if tt.want.Log == nil { // the issues say enough
				ignored = append(ignored, "Log")
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Result{}, ignored...)); diff != "" {
				t.Errorf("result (-want +got):\n%s\nlog:\n%s", diff, strings.Join(got.Log, "\n"))
			}
		})
	}
}

func TestOnlyTenIssuesOfAKind(t *testing.T) {
	t.Parallel()
	var script []string
	for i := range 12 {
		script = append(script, fmt.Sprintf("out ##vso[task.logissue type=error]%d", i), "out ##vso[task.logissue type=warning]x")
	}
	r := run1(t, scripted(t, script...))
	if len(r.Errors) != 10 || len(r.Warnings) != 10 || r.IssuesDropped != 4 || r.Errors[9] != "9" || len(r.Log) != 24 {
		t.Errorf("%d errors, %d warnings, %d dropped, %d lines: %q", len(r.Errors), len(r.Warnings), r.IssuesDropped, len(r.Log), r.Errors)
	}
}

// controlCExit is STATUS_CONTROL_C_EXIT, with which Windows ends what does not listen. Wine says 0.
const controlCExit = 0xC000013A

func TestCancel(t *testing.T) {
	t.Parallel()
	interrupted, killed := Result{ExitCode: -1, Signal: 2}, Result{ExitCode: -1, Signal: 9}
	patience := 500 * time.Millisecond
	if runtime.GOOS == "windows" {
		interrupted, killed = Result{}, Result{ExitCode: 1} // the latter is what the killer chose
		patience = 300 * time.Millisecond                   // Wine refuses Ctrl+Break at once
	}
	tests := []struct {
		name    string
		script  []string
		atLeast time.Duration
		want    Result
		log     []string
	}{
		{"a program that listens", []string{"catch", "exit 4"}, 0, Result{ExitCode: 4}, []string{"ready", "interrupt"}},
		{"a program that is deaf", []string{"deaf", "out ready", "sleep 60s"}, patience, killed, []string{"ready"}},
		{"a program that says nothing dies", []string{"out ready", "sleep 60s"}, 0, interrupted, []string{"ready"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, tt.script...)
			if tt.atLeast == 0 {
				s.Rhythm = Rhythm{} // a slow machine must not be taken for a deaf program
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s.OnLine = func(_, line string) {
				if line == "ready" {
					cancel()
				}
			}
			r, err := s.Run(ctx)
			if err != nil {
				t.Fatal(err)
			}
			got := Result{Result: r.Result, ExitCode: r.ExitCode, Signal: r.Signal, Log: r.Log}
			tt.want.Result, tt.want.Log = Canceled, tt.log
			if uint32(got.ExitCode) == controlCExit {
				got.ExitCode = 0
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if r.Duration < tt.atLeast || r.Duration > 20*time.Second {
				t.Errorf("took %v, want at least %v", r.Duration, tt.atLeast)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	s := scripted(t, "sleep 60s")
	s.Timeout = 100 * time.Millisecond
	r := run1(t, s)
	if diff := cmp.Diff([]string{"The task has timed out."}, r.Errors); diff != "" || r.Result != Failed {
		t.Errorf("%s, errors (-want +got):\n%s", r.Result, diff)
	}
}

func TestCanceledBeforeItStarted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := scripted(t, "out x").Run(ctx)
	if err != nil || r.Result != Canceled || len(r.Log) != 0 {
		t.Errorf("%s, %q, %v; want it canceled", r.Result, r.Log, err)
	}
}

func TestLeftoversAreFound(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("processes are only found on Linux")
	}
	s := scripted(t, "orphan", "out bye")
	s.Rhythm.Drain = 300 * time.Millisecond
	r := run1(t, s)
	if len(r.Leftovers) != 1 || !r.Held || r.Result != Succeeded {
		t.Errorf("leftovers %v, held %v, %s; want one process that held stdout, and success", r.Leftovers, r.Held, r.Result)
	}
}

func TestNodeIsMissing(t *testing.T) {
	t.Parallel()
	s := sample(t)
	s.Node = filepath.Join(t.TempDir(), "node")
	if _, err := s.Run(t.Context()); !errors.Is(err, os.ErrNotExist) && !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("Run: %v, want that node is missing", err)
	}
}
