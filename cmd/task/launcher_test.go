//go:build unix

package main_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
)

// The launcher is tested with a small program in place of the real one, on every node that there is:
//
//	RESCHEDULE_NODES          node binaries, separated as PATH is; without it the node on PATH
//	RESCHEDULE_REQUIRE_NODE   1 fails where no node is found, instead of skipping
//	RESCHEDULE_REQUIRE_ROOT   1 fails where another user or a mount cannot be had, instead of skipping
//	RESCHEDULE_LONG           1 sends 100 MB through the slow reader instead of 20

// fakeSource is the program that the launcher starts in these tests; the variable FAKE says what it does.
const fakeSource = `package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	act, rest, _ := strings.Cut(os.Getenv("FAKE"), " ")
	number, _ := strconv.Atoi(rest)
	switch act {
	case "exit":
		os.Exit(number)
	case "die":
		syscall.Kill(os.Getpid(), syscall.Signal(number))
		select {}
	case "show":
		self, _ := os.Executable()
		info, _ := os.Stat(filepath.Dir(self))
		json.NewEncoder(os.Stdout).Encode(map[string]any{
			"args": os.Args[1:], "self": self, "folderMode": info.Mode().Perm().String(), "env": os.Environ(),
		})
	case "signals":
		c := make(chan os.Signal, 10)
		signal.Notify(c, syscall.SIGINT, syscall.SIGTERM)
		fmt.Println("ready")
		for end := time.After(1500 * time.Millisecond); ; {
			select {
			case s := <-c:
				fmt.Println(s)
			case <-end:
				os.Exit(5)
			}
		}
	case "deaf":
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM)
		fmt.Println("ready")
		_, err := io.Copy(io.Discard, os.Stdin)
		os.WriteFile(rest, []byte(fmt.Sprint("end of stdin: ", err)), 0o600)
	case "crash": // as Go's runtime does it when it cannot start
		fmt.Fprintln(os.Stderr, "fatal error: " + rest + "\n\nruntime stack:")
		os.Exit(2)
	case "nostdin":
		os.Stdin.Close()
		time.Sleep(200 * time.Millisecond)
		os.Exit(3)
	case "flood":
		line := strings.Repeat("0123456789abcde", 68) + "\n"
		for i := 0; i < number<<20; i += len(line) {
			if _, err := io.WriteString(os.Stdout, line); err != nil {
				os.Exit(9)
			}
		}
	}
}
`

// bed is a copy of the task with the small program for this machine, and a node to run it.
type bed struct {
	node, dir, program string
	elsewhere          map[string]string // programs that do nothing, by their target
	temp               string            // AGENT_TEMPDIRECTORY
	tmp                string            // TMPDIR
}

func TestLauncher(t *testing.T) {
	t.Parallel()
	nodes := findNodes(t)
	fake := buildFake(t)
	elsewhere := map[string]string{}
	for _, target := range []string{"windows-amd64", "darwin-amd64", "darwin-arm64"} {
		goos, goarch, _ := strings.Cut(target, "-")
		elsewhere[target] = read(t, build(t, "package main\n\nfunc main() {}\n", goos, goarch))
	}
	cases := []struct {
		name string
		test func(*testing.T, bed)
	}{
		{"exit codes pass unchanged", testExitCodes},
		{"death by a signal is 128+n", testDeath},
		{"arguments and environment", testShow},
		{"each signal arrives once", testSignals},
		{"the end of the launcher is the end of stdin", testLauncherKilled},
		{"a cancel in the agent's rhythm", testAgentCancel},
		{"a program that closes its stdin", testNoStdin},
		{"much output through a slow reader", testFlood},
		{"a lost exec bit is repaired", testLostExecBit},
		{"another user's folder", testForeignFolder},
		{"a read-only mount", testReadOnlyMount},
		{"a noexec mount", testNoexecMount},
		{"nothing allows to execute", testNoexecEverywhere},
		{"a program that is missing", testMissing},
		{"a program that is damaged", testDamaged},
		{"a program that is damaged, of another system", testDamagedElsewhere},
		{"a platform without a program", testUnsupported},
		{"a program that crashes at its start", testCrash},
		{"how a program ended", testOutcome},
		{"what Windows may do to it", testWindows},
		{"a message on a full pipe", testFullPipe},
		{"the choice", testChoice},
		{"what an error looks like to the agent", testIssue},
		{"a module package above", testModulePackage},
	}
	for _, node := range nodes {
		version, err := exec.CommandContext(t.Context(), node, "--version").Output()
		if err != nil {
			t.Fatalf("%s --version: %v", node, err)
		}
		t.Run(strings.TrimSpace(string(version)), func(t *testing.T) {
			t.Parallel()
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					b := newBed(t, node, fake)
					b.elsewhere = elsewhere
					c.test(t, b)
				})
			}
		})
	}
}

// TestLauncherText holds the launcher to what every node from 6 on understands, and to its promise not to touch the
// streams that the program writes to.
func TestLauncherText(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../task/launcher.js")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(data, []byte("\n")); n > 250 {
		t.Errorf("%d lines, want at most 250", n)
	}
	code := regexp.MustCompile(`(?m)(^|\s)//.*$|/\*.*?\*/`).ReplaceAllString(string(data), "")
	for _, forbidden := range []string{
		`\bconsole\b`, `process\.stdout`, `process\.stderr`, `\bshell\s*:`, `\bdetached\s*:`, `\bwindowsHide\s*:`, `fs\.X_OK`,
		`=>`, "`", `\blet\s`, `\bconst\s`, `\bclass\s`, `\basync\s`, `\bawait\s`, `\.\.\.\w`,
	} {
		if found := regexp.MustCompile(forbidden).FindString(code); found != "" {
			t.Errorf("the launcher's code has %q", found)
		}
	}
	for _, module := range regexp.MustCompile(`require\('([^']*)'\)`).FindAllStringSubmatch(code, -1) {
		switch module[1] {
		case "child_process", "fs", "os", "path":
		default:
			t.Errorf("the launcher requires %q", module[1])
		}
	}
}

// findNodes lists the node binaries to test with.
func findNodes(t testing.TB) []string {
	t.Helper()
	if list := os.Getenv("RESCHEDULE_NODES"); list != "" {
		return filepath.SplitList(list)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "RESCHEDULE_REQUIRE_NODE", "the launcher is not tested: no node on PATH and none in RESCHEDULE_NODES")
	}
	return []string{node}
}

// buildFake builds the small program, without cgo as the real one.
func buildFake(t testing.TB) string {
	t.Helper()
	return build(t, fakeSource, runtime.GOOS, runtime.GOARCH)
}

// build builds a program of one file.
func build(t testing.TB, source, goos, goarch string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), source, 0o600)
	write(t, filepath.Join(dir, "go.mod"), "module fake\n\ngo 1.26\n", 0o600)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", "fake", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local", "GOOS="+goos, "GOARCH="+goarch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the small program: %v\n%s", err, out)
	}
	return filepath.Join(dir, "fake")
}

// newBed lays out a task folder as an agent extracts it: no file has an exec bit.
func newBed(t testing.TB, node, fake string) bed {
	t.Helper()
	root := t.TempDir()
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil { // for another user
		t.Fatal(err)
	}
	b := bed{node: node, dir: filepath.Join(root, "task"), temp: filepath.Join(root, "_temp"), tmp: filepath.Join(root, "tmp")}
	b.program = filepath.Join(b.dir, "bin", runtime.GOOS+"-"+runtime.GOARCH, "reschedule")
	for _, dir := range []string{filepath.Dir(b.program), b.temp, b.tmp} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"launcher.js", "package.json"} {
		write(t, filepath.Join(b.dir, name), read(t, filepath.Join("../../task", name)), 0o644)
	}
	write(t, filepath.Join(b.dir, "task.json"), `{"name":"Fake","execution":{"Node10":{"target":"launcher.js"}}}`, 0o644)
	write(t, b.program, read(t, fake), 0o644)
	return b
}

func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t testing.TB, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := writeProgram(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// command is a start of the launcher as the agent does it, stdin empty.
func (b bed) command(ctx context.Context, fake string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.node, args...)
	cmd.Args = append(cmd.Args, filepath.Join(b.dir, "launcher.js"))
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "FAKE=" + fake, "AGENT_TEMPDIRECTORY=" + b.temp, "TMPDIR=" + b.tmp, "TF_BUILD=True"}
	return cmd
}

// run starts the launcher and gives what it wrote and its exit code; it fails if anything was written to stderr, or if
// a copy of the program is left.
func (b bed) run(t *testing.T, cmd *exec.Cmd) (stdout string, code int) {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatalf("start the launcher: %v", err)
	}
	if errOut.Len() > 0 {
		t.Errorf("stderr: %s", errOut.String())
	}
	b.empty(t)
	return out.String(), cmd.ProcessState.ExitCode()
}

// empty checks that no copy is left in either temp folder.
func (b bed) empty(t *testing.T) {
	t.Helper()
	for _, dir := range []string{b.temp, b.tmp} {
		entries, err := os.ReadDir(dir)
		if err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
		for _, entry := range entries {
			t.Errorf("%s is left in %s", entry.Name(), dir)
		}
	}
}

// failure runs the launcher and checks that it says one error with all of these words, and fails.
func (b bed) failure(t *testing.T, cmd *exec.Cmd, words ...string) {
	t.Helper()
	stdout, code := b.run(t, cmd)
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	line, rest, _ := strings.Cut(stdout, "\n")
	c, ok := agenttest.ParseCommand(line)
	if !ok || c.Name() != "task.logissue" || c.Properties["type"] != "error" || rest != "" || !strings.HasPrefix(line, "##vso[") {
		t.Fatalf("stdout %q, want one error", stdout)
	}
	for _, word := range words {
		if !strings.Contains(c.Data, word) {
			t.Errorf("error %q lacks %q", c.Data, word)
		}
	}
}

// here are this machine's platform and architecture as node calls them.
func here() (platform, arch string) {
	return runtime.GOOS, map[string]string{"amd64": "x64", "386": "ia32"}[runtime.GOARCH] + map[string]string{"arm64": "arm64", "arm": "arm"}[runtime.GOARCH]
}

// about are the words of every error: platform, architecture and file.
func (b bed) about() []string {
	platform, arch := here()
	return []string{"platform " + platform, "architecture " + arch, b.program}
}

func testExitCodes(t *testing.T, b bed) {
	for _, want := range []int{0, 1, 2, 7, 255} {
		stdout, code := b.run(t, b.command(t.Context(), "exit "+strconv.Itoa(want)))
		if code != want || stdout != "" {
			t.Errorf("exit code %d, stdout %q; want %d and nothing", code, stdout, want)
		}
	}
}

func testDeath(t *testing.T, b bed) {
	for signal, name := range map[int]string{1: "SIGHUP", 9: "SIGKILL", 15: "SIGTERM"} {
		stdout, code := b.run(t, b.command(t.Context(), "die "+strconv.Itoa(signal)))
		if code != 128+signal || !strings.Contains(stdout, name) {
			t.Errorf("exit code %d, stdout %q; want %d and %s named", code, stdout, 128+signal, name)
		}
	}
}

// shown is what the small program tells about itself.
type shown struct {
	Args       []string
	Self       string
	FolderMode string
	Env        []string
}

func (b bed) show(t *testing.T, cmd *exec.Cmd) shown {
	t.Helper()
	cmd.Env = append(cmd.Env, "FAKE=show")
	stdout, code := b.run(t, cmd)
	var s shown
	if err := json.Unmarshal([]byte(stdout), &s); err != nil || code != 0 {
		t.Fatalf("exit code %d, stdout %q: %v", code, stdout, err)
	}
	return s
}

func testShow(t *testing.T, b bed) {
	cmd := b.command(t.Context(), "")
	cmd.Args = append(cmd.Args, "--version")
	cmd.Env = append(cmd.Env, "INPUT_WHEN=a b\n%c ü", "NODE_OPTIONS=")
	got := b.show(t, cmd)
	if diff := cmp.Diff([]string{"--version"}, got.Args); diff != "" || got.Self != b.program {
		t.Errorf("%s, arguments (-want +got):\n%s", got.Self, diff)
	}
	env := map[string]string{}
	for _, entry := range got.Env {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	want := map[string]string{
		"FAKE": "show", "AGENT_TEMPDIRECTORY": b.temp, "TMPDIR": b.tmp, "TF_BUILD": "True", "PATH": os.Getenv("PATH"),
		"INPUT_WHEN": "a b\n%c ü", "NODE_OPTIONS": "", "RESCHEDULE_LAUNCHER": "1",
	}
	if diff := cmp.Diff(want, env); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

// start starts the launcher and waits until the small program has said that it is ready. The rest of its output comes
// from the reader.
func (b bed) start(t *testing.T, cmd *exec.Cmd) io.Reader {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	ready := make([]byte, len("ready\n"))
	if _, err := io.ReadFull(out, ready); err != nil || string(ready) != "ready\n" {
		t.Fatalf("read %q: %v", ready, err)
	}
	return out
}

func testSignals(t *testing.T, b bed) {
	cmd := b.command(t.Context(), "signals")
	out := b.start(t, cmd)
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGINT, syscall.SIGTERM, syscall.SIGTERM} {
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its exit code is looked at
	if diff := cmp.Diff("interrupt\nterminated\n", string(rest)); diff != "" || cmd.ProcessState.ExitCode() != 5 {
		t.Errorf("exit code %d, want 5; signals (-want +got):\n%s", cmd.ProcessState.ExitCode(), diff)
	}
}

func testLauncherKilled(t *testing.T, b bed) {
	note := filepath.Join(t.TempDir(), "note")
	cmd := b.command(t.Context(), "deaf "+note)
	stdin, err := cmd.StdinPipe() // stays open: the small program must not see the launcher's own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stdin.Close() })
	out := b.start(t, cmd)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The stream ends when the small program has ended: it holds the other end.
	if rest, err := io.ReadAll(out); err != nil || len(rest) > 0 {
		t.Errorf("read %q: %v", rest, err)
	}
	_ = cmd.Wait() // killed, as intended
	if got := read(t, note); got != "end of stdin: <nil>" {
		t.Errorf("the small program noted %q", got)
	}
}

func testAgentCancel(t *testing.T, b bed) {
	note := filepath.Join(t.TempDir(), "note")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	step := agenttest.Step{
		TaskDir: b.dir, Node: b.node, WorkDir: t.TempDir(), Job: agenttest.BuildJob("http://localhost/"),
		Env:    map[string]string{"FAKE": "deaf " + note},
		Rhythm: agenttest.Rhythm{Interrupt: 300 * time.Millisecond, Terminate: 300 * time.Millisecond, Drain: 10 * time.Second},
		OnLine: func(_, line string) {
			if line == "ready" {
				cancel()
			}
		},
	}
	r, err := step.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if r.Result != agenttest.Canceled || r.Signal != int(syscall.SIGKILL) || len(r.Leftovers) > 0 || r.Held {
		t.Errorf("%s, signal %d, leftovers %v, held %v; want the launcher killed and nothing left", r.Result, r.Signal, r.Leftovers, r.Held)
	}
	if got := read(t, note); got != "end of stdin: <nil>" {
		t.Errorf("the small program noted %q", got)
	}
}

func testNoStdin(t *testing.T, b bed) {
	if stdout, code := b.run(t, b.command(t.Context(), "nostdin")); code != 3 || stdout != "" {
		t.Errorf("exit code %d, stdout %q; want 3 and nothing", code, stdout)
	}
}

// testFlood also lets node warn all the time: a warning that is printed turns the shared pipe non-blocking.
func testFlood(t *testing.T, b bed) {
	size := 20
	if os.Getenv("RESCHEDULE_LONG") == "1" {
		size = 100
	}
	preload := filepath.Join(b.dir, "warn.js")
	write(t, preload, `setInterval(function () { process.emitWarning("old", "DeprecationWarning"); }, 5).unref();`, 0o644)
	cmd := b.command(t.Context(), "flood "+strconv.Itoa(size), "-r", preload)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	cmd.Stdout, cmd.Stderr = w, w // one pipe, as in a terminal
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close() // the launcher has it
	hash, total := sha256.New(), 0
	for buf := make([]byte, 64<<10); ; {
		n, err := r.Read(buf)
		hash.Write(buf[:n])
		total += n
		if err != nil {
			break
		}
		if total>>16%16 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	_ = cmd.Wait() // its exit code is looked at
	line, want := strings.Repeat("0123456789abcde", 68)+"\n", sha256.New()
	sent := 0
	for ; sent < size<<20; sent += len(line) {
		_, _ = io.WriteString(want, line)
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 || total != sent || !bytes.Equal(hash.Sum(nil), want.Sum(nil)) {
		t.Errorf("exit code %d, %d bytes arrived of %d", code, total, sent)
	}
}

func testLostExecBit(t *testing.T, b bed) {
	if got := b.show(t, b.command(t.Context(), "")); got.Self != b.program {
		t.Errorf("%s was started, want %s", got.Self, b.program)
	}
	info, err := os.Stat(b.program)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o755 {
		t.Errorf("mode %v, want 0755", info.Mode())
	}
}

// nobody is a user that owns none of the files.
const nobody = 65534

// asNobody lets a command run as another user who can write to the temp folders only.
func (b bed) asNobody(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	if os.Getuid() != 0 {
		missing(t, "RESCHEDULE_REQUIRE_ROOT", "another user can only be had as root")
	}
	credential := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	node := filepath.Join(filepath.Dir(b.dir), "node") // where it is, the other user may have no access
	if err := os.Link(b.node, node); err != nil && !os.IsExist(err) {
		write(t, node, read(t, b.node), 0o755)
	}
	probe := exec.CommandContext(t.Context(), node, "--version")
	probe.SysProcAttr = credential
	probe.Dir = "/"
	if out, err := probe.CombinedOutput(); err != nil {
		missing(t, "RESCHEDULE_REQUIRE_ROOT", fmt.Sprintf("another user cannot start %s: %v %s", b.node, err, out))
	}
	cmd.Path = node
	for _, dir := range []string{b.temp, b.tmp} {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	cmd.SysProcAttr = credential
	cmd.Dir = "/"
	return cmd
}

// copied checks that the program ran from a private copy in a folder.
func copied(t *testing.T, got shown, folder string) {
	t.Helper()
	if filepath.Dir(filepath.Dir(got.Self)) != folder || got.FolderMode != "-rwx------" {
		t.Errorf("%s was started from a folder with mode %s, want a private folder in %s", got.Self, got.FolderMode, folder)
	}
}

func testForeignFolder(t *testing.T, b bed) {
	copied(t, b.show(t, b.asNobody(t, b.command(t.Context(), ""))), b.temp)
	// Exit codes, deaths and signals pass through the copy as well.
	if stdout, code := b.run(t, b.asNobody(t, b.command(t.Context(), "exit 7"))); code != 7 || stdout != "" {
		t.Errorf("exit code %d, stdout %q; want 7 and nothing", code, stdout)
	}
	if _, code := b.run(t, b.asNobody(t, b.command(t.Context(), "die 9"))); code != 137 {
		t.Errorf("exit code %d, want 137", code)
	}
	// A temp folder that does not exist, or that is not ours, gives way to the system's.
	for _, temp := range []string{filepath.Join(b.temp, "none"), b.dir, ""} {
		cmd := b.asNobody(t, b.command(t.Context(), ""))
		cmd.Env = append(cmd.Env, "AGENT_TEMPDIRECTORY="+temp)
		copied(t, b.show(t, cmd), b.tmp)
	}
	cmd := b.asNobody(t, b.command(t.Context(), "signals"))
	out := b.start(t, cmd)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(out); err != nil || string(rest) != "interrupt\n" {
		t.Errorf("read %q: %v", rest, err)
	}
	_ = cmd.Wait() // exit code 5, as elsewhere
	b.empty(t)
}

// mount mounts a fresh file system on a folder, with its content copied into it.
func mount(t *testing.T, dir, options string) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		missing(t, "RESCHEDULE_REQUIRE_ROOT", "a mount can only be had as root on Linux")
	}
	content := os.DirFS(dir)
	keep := t.TempDir()
	if err := os.CopyFS(keep, content); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "mode=0777", "tmpfs", dir).CombinedOutput(); err != nil {
		missing(t, "RESCHEDULE_REQUIRE_ROOT", fmt.Sprintf("mounting is not allowed here: %v %s", err, out))
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil { // after the test's context has ended
			t.Errorf("umount %s: %v %s", dir, err, out)
		}
	})
	if err := os.CopyFS(dir, os.DirFS(keep)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mount", "-o", "remount,"+options, dir).CombinedOutput(); err != nil {
		missing(t, "RESCHEDULE_REQUIRE_ROOT", fmt.Sprintf("mounting with %s is not allowed here: %v %s", options, err, out))
	}
}

func testReadOnlyMount(t *testing.T, b bed) {
	mount(t, b.dir, "ro")
	copied(t, b.show(t, b.command(t.Context(), "")), b.temp)
}

func testNoexecMount(t *testing.T, b bed) {
	for _, mode := range []fs.FileMode{0o644, 0o755} { // without and with the bit
		if err := os.Chmod(b.program, mode); err != nil {
			t.Fatal(err)
		}
		t.Run(mode.String(), func(t *testing.T) {
			mount(t, b.dir, "noexec")
			copied(t, b.show(t, b.command(t.Context(), "")), b.temp)
			mount(t, b.temp, "noexec")
			copied(t, b.show(t, b.command(t.Context(), "")), b.tmp)
		})
	}
}

func testNoexecEverywhere(t *testing.T, b bed) {
	for _, dir := range []string{b.dir, b.temp, b.tmp} {
		mount(t, dir, "noexec")
	}
	b.failure(t, b.command(t.Context(), "exit 0"), append(b.about(), "cannot be started", b.temp, b.tmp, "EACCES")...)
}

func testMissing(t *testing.T, b bed) {
	if err := os.Remove(b.program); err != nil {
		t.Fatal(err)
	}
	b.failure(t, b.command(t.Context(), ""), append(b.about(), "missing")...)
	if err := os.Mkdir(b.program, 0o755); err != nil {
		t.Fatal(err)
	}
	b.failure(t, b.command(t.Context(), ""), append(b.about(), "missing")...)

	// A path full of what the agent's commands and terminals take for something else.
	moved := filepath.Join(filepath.Dir(b.dir), "100%25 a]b;c%0Ad\t\x1b[31m##vso[task.complete result=Skipped]\u202e")
	if err := os.Rename(b.dir, moved); err != nil {
		t.Fatal(err)
	}
	b.dir = moved
	b.failure(t, b.command(t.Context(), ""), filepath.Dir(moved)+"/100%25 a]b;c%0Ad[31m##vso[task.complete result=Skipped]/bin/")
}

func testDamaged(t *testing.T, b bed) {
	whole := read(t, b.program)
	for name, content := range map[string]string{
		"a script":                   "#!/bin/sh\necho '##vso[task.complete result=Skipped]'\n",
		"empty":                      "",
		"three bytes":                whole[:3],
		"the start of a header":      whole[:20],
		"a header alone":             whole[:64],
		"a header and a half":        whole[:80],
		"all but the end":            whole[:len(whole)-len(whole)/8],
		"half":                       whole[:len(whole)/2],
		"of another architecture":    whole[:18] + "\x16\x00" + whole[20:],
		"of another system":          "MZ" + strings.Repeat("\x00", 200),
		"a page from a proxy server": "<html><body>Sign in</body></html>",
	} {
		if runtime.GOOS != "linux" && !slices.Contains([]string{"a script", "empty", "three bytes", "of another system", "a page from a proxy server"}, name) {
			continue // told by the system, or another header
		}
		t.Run(name, func(t *testing.T) {
			write(t, b.program, content, 0o755)
			b.failure(t, b.command(t.Context(), ""), append(b.about(), "damaged")...)
		})
	}
}

// pretend gives node's arguments for another platform and architecture.
func (b bed) pretend(t *testing.T, platform, arch string) []string {
	t.Helper()
	preload := filepath.Join(b.dir, platform+arch+".js")
	write(t, preload, fmt.Sprintf(`Object.defineProperty(process, "platform", { value: %q }); Object.defineProperty(process, "arch", { value: %q });`, platform, arch), 0o644)
	return []string{"-r", preload}
}

// call runs a script on the launcher's functions and decodes what it writes; the script finds them as launcher, and its
// arguments as args.
func (b bed) call(t *testing.T, into any, script string, args ...any) {
	t.Helper()
	input, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), b.node, "-e", "var launcher = require(process.argv[1]), args = JSON.parse(process.argv[2]);\n"+script,
		filepath.Join(b.dir, "launcher.js"), string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("run the launcher's functions: %v", err)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatal(err)
	}
}

func testUnsupported(t *testing.T, b bed) {
	b.failure(t, b.command(t.Context(), "", b.pretend(t, "sunos", "s390x")...), "no program for this machine", "platform sunos", "architecture s390x",
		filepath.Join(b.dir, "bin", "sunos-s390x", "reschedule"), "It needs Windows 10", "macOS 12", "Linux 3.2")
	b.failure(t, b.command(t.Context(), "", b.pretend(t, "win32", "ia32")...), "no program for this machine", "platform win32", "architecture ia32", "with 64 bits")
}

// testDamagedElsewhere looks at the programs of other systems: whole, cut off, and another one's.
func testDamagedElsewhere(t *testing.T, b bed) {
	for target, whole := range b.elsewhere {
		goos, goarch, _ := strings.Cut(target, "-")
		format := map[string]string{"windows": "it is not a PE file", "darwin": "it is not a Mach-O file"}[goos]
		twin := map[string]string{"windows": "windows-arm64", "darwin": "darwin-" + map[string]string{"amd64": "arm64", "arm64": "amd64"}[goarch]}[goos]
		for _, tt := range []struct{ name, target, content, want string }{
			{"whole", target, whole, ""},
			{"empty", target, "", format},
			{"a page from a proxy server", target, "<html><body>Sign in</body></html>", format},
			{"of Linux", target, "\x7fELF" + strings.Repeat("\x00", 4096), format},
			{"the start of a header", target, whole[:8], map[string]string{"windows": "it is not a PE file", "darwin": "its header is incomplete"}[goos]},
			{"a header alone", target, whole[:200], "it is cut off after 200 bytes"},
			{"half", target, whole[:len(whole)/2], fmt.Sprintf("it is cut off after %d bytes", len(whole)/2)},
			{"all but the last byte", target, whole[:len(whole)-1], fmt.Sprintf("it is cut off after %d bytes", len(whole)-1)},
			{"of another architecture", twin, whole, "it is for another architecture"},
		} {
			file := filepath.Join(b.tmp, "program")
			write(t, file, tt.content, 0o644)
			var got string
			b.call(t, &got, `
var fs = require('fs'), head = Buffer.alloc(4096), fd = fs.openSync(args[0], 'r');
fs.readSync(fd, head, 0, head.length, 0);
process.stdout.write(JSON.stringify(launcher.damage(head, fs.statSync(args[0]).size, args[1])));`, file, tt.target)
			if got != tt.want {
				t.Errorf("%s, %s: %q, want %q", target, tt.name, got, tt.want)
			}
		}
	}
}

// testCrash has the small program die as Go's runtime does where it cannot start: with the exit code of bad input.
func testCrash(t *testing.T, b bed) {
	cmd := b.command(t.Context(), "crash something.dll not found")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	_ = cmd.Run() // its exit code is looked at
	c, ok := agenttest.ParseCommand(strings.TrimSpace(out.String()))
	if code := cmd.ProcessState.ExitCode(); code != 1 || !ok || !strings.HasPrefix(errOut.String(), "fatal error: ") {
		t.Fatalf("exit code %d, stdout %q, stderr %q; want 1 and one error", code, out.String(), errOut.String())
	}
	for _, word := range append(b.about(), "cannot run here: fatal error: something.dll not found (", "It needs Windows 10") {
		if !strings.Contains(c.Data, word) {
			t.Errorf("error %q lacks %q", c.Data, word)
		}
	}
}

// testOutcome gives the launcher endings that this system may not have, and what a second start would give.
func testOutcome(t *testing.T, b bed) {
	type ending struct {
		Code   any    `json:"code"`
		Signal any    `json:"signal"`
		On     string `json:"on"`
		Status int    `json:"status"`
		Stderr string `json:"stderr"`
	}
	for _, tt := range []struct {
		ending ending
		code   int
		words  string
	}{
		{ending{Code: 0, On: "win32"}, 0, ""},
		{ending{Code: 1, On: "win32"}, 1, ""},
		{ending{Code: 102, On: "win32"}, 2, ""},
		{ending{Code: 2, On: "win32"}, 1, "crashed"},
		{ending{Code: 2, On: "win32", Status: 2, Stderr: "x\r\nfatal error: bcryptprimitives.dll not found\r\nruntime: y\r\n"}, 1, "cannot run here: fatal error: bcryptprimitives.dll not found"},
		{ending{Code: 2, On: "win32", Status: 2}, 2, ""},
		{ending{Code: 0xC0000005, On: "win32"}, 1, "was ended by the status 0xc0000005"},
		{ending{Code: 2, On: "linux"}, 2, ""},
		{ending{Code: 102, On: "linux"}, 102, ""},
		{ending{Code: 2, On: "linux", Status: 2, Stderr: "fatal error: failed to reserve page summary memory\n"}, 1, "cannot run here: fatal error: failed to reserve page summary memory"},
		{ending{Code: 2, On: "darwin", Status: 2, Stderr: "usage\n"}, 2, ""},
		{ending{Signal: "SIGABRT", On: "darwin"}, 134, "was ended by SIGABRT"},
		{ending{Signal: "SIGKILL", On: "linux"}, 137, "was ended by SIGKILL"},
	} {
		var got struct {
			Code        int
			Words, Help string
		}
		b.call(t, &got, `
var e = args[0];
process.stdout.write(JSON.stringify(launcher.outcome(e.code, e.signal, e.on, function () { return { status: e.status, stderr: e.stderr }; })));`, tt.ending)
		if got.Code != tt.code || got.Words != tt.words {
			t.Errorf("%+v: code %d, %q; want %d, %q", tt.ending, got.Code, got.Words, tt.code, tt.words)
		}
		crashed := got.Words == "crashed" || tt.ending.Signal == "SIGABRT"
		if crashed != strings.Contains(got.Help, "Please report") {
			t.Errorf("%+v: %q; want that it asks for a report only after a crash", tt.ending, got.Help)
		}
	}
}

// testWindows lets the launcher take this system for Windows.
func testWindows(t *testing.T, b bed) {
	const page = "https://github.com/pr-evaluations/reschedule/blob/main/docs/troubleshooting.md#antivirus-and-applocker"
	b.program = filepath.Join(b.dir, "bin", "windows-amd64", "reschedule.exe")
	image := b.elsewhere["windows-amd64"]
	for _, arch := range []string{"x64", "arm64"} {
		if err := os.RemoveAll(filepath.Dir(b.program)); err != nil {
			t.Fatal(err)
		}
		about := []string{"platform win32", "architecture " + arch, b.program}
		arguments := b.pretend(t, "win32", arch)
		b.failure(t, b.command(t.Context(), "", arguments...), append(about, "is missing", "Remove the folder of this task", page)...)
		if err := os.MkdirAll(filepath.Dir(b.program), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, b.program, image[:len(image)/2], 0o644)
		b.failure(t, b.command(t.Context(), "", arguments...), append(about, "is damaged: it is cut off", page)...)
		write(t, b.program, image, 0o644) // the system refuses what has no exec bit, as AppLocker what it does not know
		b.failure(t, b.command(t.Context(), "", arguments...), append(about, "cannot be started", "EACCES", "AppLocker", "Windows on ARM from Windows 11 on", page)...)
	}
}

// testFullPipe gives the launcher a stdout that is non-blocking and full.
func testFullPipe(t *testing.T, b bed) {
	if err := os.Remove(b.program); err != nil {
		t.Fatal(err)
	}
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(ends[0])
	syscall.CloseOnExec(ends[1])
	if err := syscall.SetNonblock(ends[1], true); err != nil {
		t.Fatal(err)
	}
	filled := 0
	for {
		n, err := syscall.Write(ends[1], []byte("full full full full full full fu"))
		if err != nil {
			break
		}
		filled += n
	}
	r, w := os.NewFile(uintptr(ends[0]), "r"), os.NewFile(uintptr(ends[1]), "w")
	t.Cleanup(func() { _ = r.Close() })
	cmd := b.command(t.Context(), "")
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close() // the launcher has it
	time.Sleep(500 * time.Millisecond)
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its exit code is looked at
	message := string(data[min(filled, len(data)):])
	if _, ok := agenttest.ParseCommand(message); !ok || !strings.HasSuffix(message, "\n") || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("exit code %d, %d bytes, then %q; want 1, %d bytes and an error", cmd.ProcessState.ExitCode(), len(data), message, filled)
	}
}

// testChoice runs the launcher's own choice on made-up machines: "platform arch variable", the builds that exist, and
// the one that is wanted ("!" before it: named as missing).
func testChoice(t *testing.T, b bed) {
	const all = "linux-amd64 linux-arm64 linux-arm darwin-amd64 darwin-arm64 windows-amd64"
	tests := [][3]string{
		{"linux x64", all, "linux-amd64"},
		{"linux arm64", all, "linux-arm64"},
		{"linux arm", all, "linux-arm"},
		{"darwin x64", all, "darwin-amd64"},
		{"darwin arm64", all, "darwin-arm64"},
		{"win32 x64", all, "windows-amd64"},
		{"win32 arm64", all, "windows-amd64"}, // Windows emulates it
		{"win32 ia32", all, ""},               // a 32-bit Windows
		{"win32 ia32 AMD64", all, "windows-amd64"},
		{"win32 ia32 ARM64", all, "windows-amd64"},
		{"linux ia32", all, ""},
		{"linux s390x", all, ""},
		{"freebsd x64", all, ""},
		{"android arm64", all, ""},
		{"linux x64", "", "!linux-amd64"},
		{"win32 x64", "", "!windows-amd64"},
		{"win32 arm64", "", "!windows-amd64"},
		{"linux x64", "linux-arm64 windows-amd64 darwin-amd64", "!linux-amd64"},
		{"darwin arm64", "darwin-amd64", "darwin-amd64"}, // Rosetta
		{"darwin x64", "darwin-arm64", "darwin-arm64"},   // node runs under Rosetta
	}
	var got []string
	b.call(t, &got, `
var path = require('path'), base = path.join(path.dirname(process.argv[1]), 'bin');
process.stdout.write(JSON.stringify(args[0].map(function (test) {
  var machine = test[0].split(' '), builds = test[1].split(' '), name = machine[0] === 'win32' ? 'reschedule.exe' : 'reschedule';
  var chosen = launcher.choose(machine[0], machine[1], { PROCESSOR_ARCHITEW6432: machine[2] }, function (file) {
    return builds.some(function (build) { return file === path.join(base, build, name); });
  });
  var wanted = path.join(base, chosen.target || machine[0] + '-' + machine[1], chosen.target ? name : 'reschedule');
  if (chosen.file !== wanted) return 'file ' + chosen.file;
  return (chosen.target && !chosen.present ? '!' : '') + chosen.target;
})));`, tests)
	for i, test := range tests {
		if got[i] != test[2] {
			t.Errorf("%s with %q: %q, want %q", test[0], test[1], got[i], test[2])
		}
	}
}

// testIssue reads an error back as the agent does: one line, nothing lost but control and format characters.
func testIssue(t *testing.T, b bed) {
	const text = "100% %0A%25%AZP25 a]b;c ü 😀 ##vso[task.complete]|\r\n\x00\x1b[1m\u0085\u00ad\u200b\u2028\u202e\ufeff|"
	var out string
	b.call(t, &out, "process.stdout.write(JSON.stringify(launcher.issue(args[0])));", text)
	c, ok := agenttest.ParseCommand(strings.TrimSuffix(out, "\n"))
	if want := "100% %0A%25%AZP25 a]b;c ü 😀 ##vso[task.complete]|[1m|"; !ok || c.Data != want {
		t.Errorf("the agent reads %q, want %q", c.Data, want)
	}
}

// testModulePackage puts the task under a folder whose package.json makes every script a module.
func testModulePackage(t *testing.T, b bed) {
	write(t, filepath.Join(filepath.Dir(b.dir), "package.json"), `{"type":"module"}`, 0o644)
	if _, code := b.run(t, b.command(t.Context(), "exit 7")); code != 7 {
		t.Errorf("exit code %d, want 7", code)
	}
}

// BenchmarkLauncher shows what the launcher costs: a whole process, and the same with an empty script in its place.
func BenchmarkLauncher(b *testing.B) {
	fake := buildFake(b)
	for _, node := range findNodes(b) {
		version, err := exec.CommandContext(b.Context(), node, "--version").Output()
		if err != nil {
			b.Fatal(err)
		}
		bed := newBed(b, node, fake)
		empty := filepath.Join(bed.dir, "empty.js")
		write(b, empty, "", 0o644)
		for _, script := range []string{empty, filepath.Join(bed.dir, "launcher.js")} {
			b.Run(strings.TrimSpace(string(version))+"/"+filepath.Base(script), func(b *testing.B) {
				for b.Loop() {
					cmd := bed.command(b.Context(), "exit 0")
					cmd.Args[len(cmd.Args)-1] = script
					if err := cmd.Run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
