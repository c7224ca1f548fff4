package agenttest

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// pressVariable makes a program that calls [Helper] press a key combination: "event process".
const pressVariable = "AGENTTEST_PRESS"

// The events of GenerateConsoleCtrlEvent.
const (
	ctrlC     = 0
	ctrlBreak = 1
)

// Isolate gives a command a console without a window, as the agent does: an event on it reaches the command and its
// children, and nobody else.
func Isolate(cmd *exec.Cmd) {
	const createNoWindow = 0x08000000
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: createNoWindow}
}

// Interrupt presses Ctrl+C on the console of a process that was isolated.
func Interrupt(p *os.Process) error { return press(p, ctrlC) }

// terminate presses Ctrl+Break.
func terminate(p *os.Process) error { return press(p, ctrlBreak) }

// press lets a process of its own do it: a process has one console at most, and whoever presses takes part in the other's.
func press(p *os.Process, event int) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the helper: %w", err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d", pressVariable, event, p.Pid))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("press a key: %w\n%s", err, out)
	}
	return nil
}

// Helper does what a program does that was started to press a key, and ends it. Else it returns. On Windows a program that
// cancels steps, or calls [Interrupt], must call it first of all.
func Helper() {
	var event, pid uintptr
	text, ok := os.LookupEnv(pressVariable)
	if !ok {
		return
	}
	if _, err := fmt.Sscan(text, &event, &pid); err != nil {
		fail(strconv.Quote(text), err)
	}
	kernel := syscall.NewLazyDLL("kernel32.dll")
	for _, call := range []struct {
		name string
		args []uintptr
	}{
		{"FreeConsole", nil},
		{"AttachConsole", []uintptr{pid}},
		{"SetConsoleCtrlHandler", []uintptr{0, 1}},        // it takes part in the console, and must not end by its own event
		{"GenerateConsoleCtrlEvent", []uintptr{event, 0}}, // to all that take part
	} {
		if result, _, err := kernel.NewProc(call.name).Call(call.args...); result == 0 && call.name != "FreeConsole" { // it may have none
			fail(call.name, err)
		}
	}
	os.Exit(0)
}

func fail(what string, err error) {
	_, _ = fmt.Fprintln(os.Stderr, what, err) // nobody else can be told
	os.Exit(1)
}
