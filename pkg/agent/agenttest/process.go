package agenttest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is what run starts.
type process struct {
	args    []string
	dir     string
	env     map[string]string
	rhythm  Rhythm
	timeout time.Duration
	session *session
}

// ending is how a process ended.
type ending struct {
	file, arguments string
	exitCode        int
	signal          int
	canceled        bool
	timedOut        bool
	unread          bool // nobody waited for the exit code
	held            bool // the streams outlived the process
}

// agentCode is the exit code as the agent's runtime reports it: death by signal n is 128+n.
func (e ending) agentCode() int {
	if e.signal != 0 {
		return 128 + e.signal
	}
	return e.exitCode
}

// run starts the process with its stdin closed, hands its lines to the session, and waits for its end.
func run(ctx context.Context, p process) (ending, error) {
	end := ending{file: p.args[0], arguments: strings.Join(p.args[1:], " "), exitCode: -1}
	if ctx.Err() != nil {
		end.canceled = true
		return end, nil
	}
	cmd := &exec.Cmd{Path: p.args[0], Args: p.args, Dir: p.dir}
	for _, name := range slices.Sorted(maps.Keys(p.env)) {
		cmd.Env = append(cmd.Env, name+"="+p.env[name])
	}
	var readers, writers [3]*os.File // of stdin, stdout, stderr
	closeAll := func(list ...*os.File) {
		for _, f := range list {
			if f != nil {
				_ = f.Close() // a pipe's end that may be closed already
			}
		}
	}
	for i := range readers {
		var err error
		if readers[i], writers[i], err = os.Pipe(); err != nil {
			closeAll(append(readers[:], writers[:]...)...)
			return end, fmt.Errorf("make pipes: %w", err)
		}
	}
	defer closeAll(append(readers[:], writers[:]...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = readers[0], writers[1], writers[2]
	Isolate(cmd)
	if err := cmd.Start(); err != nil {
		return end, fmt.Errorf("start %s: %w", p.args[0], err)
	}
	closeAll(readers[0], writers[0], writers[1], writers[2])

	var streams sync.WaitGroup
	streams.Go(func() { readLines(readers[1], func(line string) { p.session.line("stdout", line) }) })
	streams.Go(func() { readLines(readers[2], func(line string) { p.session.line("stderr", line) }) })
	closed := make(chan struct{})
	go func() { streams.Wait(); close(closed) }()
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()

	err := p.wait(ctx, cmd.Process, exited, &end)
	if err == nil && !end.unread {
		setExit(&end, cmd.ProcessState)
	}
	if end.unread {
		if runtime.GOOS == "windows" { // it holds its folder; see endLeftovers for other systems
			_ = cmd.Process.Kill() // it may have gone by now
			<-exited               //nolint:errcheck // how it ended is no news
		}
		return end, err
	}
	select {
	case <-closed:
	case <-time.After(p.rhythm.Drain):
		end.held = true
	}
	return end, err
}

// wait waits for the process, ends it when ctx or the time-out does, and stops waiting for it when the task said done.
func (p process) wait(ctx context.Context, proc *os.Process, exited <-chan error, end *ending) error {
	var timeout <-chan time.Time
	if p.timeout > 0 {
		timeout = time.After(p.timeout)
	}
	var err error
	select {
	case err = <-exited:
	case <-p.session.done:
		select {
		case err = <-exited:
		case <-time.After(p.rhythm.Done):
			end.unread = true
		}
	case <-ctx.Done():
		end.canceled = true
		err = p.end(proc, exited)
	case <-timeout:
		end.timedOut = true
		err = p.end(proc, exited)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("wait for %s: %w", p.args[0], err)
	}
	return nil
}

// end ends a process in the agent's rhythm. Only the process itself is signalled, never its children; on Windows the keys
// are pressed for both.
func (p process) end(proc *os.Process, exited <-chan error) error {
	for _, step := range []struct {
		signal func(*os.Process) error
		wait   time.Duration
	}{{Interrupt, p.rhythm.Interrupt}, {terminate, p.rhythm.Terminate}} {
		if err := step.signal(proc); err != nil {
			break // it has gone; or this is Wine, which knows no Ctrl+Break
		}
		select {
		case err := <-exited:
			return err
		case <-time.After(step.wait):
		}
	}
	_ = proc.Kill() // it may have gone by now
	return <-exited
}

// setExit takes the exit code or the signal from the state of a process that has ended.
func setExit(end *ending, state *os.ProcessState) {
	end.exitCode = state.ExitCode()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		end.signal = int(status.Signal())
	}
}

// readLines splits a stream as the agent does: at CR, LF or both; the rest is the last line.
func readLines(r io.Reader, line func(string)) {
	reader := bufio.NewReaderSize(r, 64<<10)
	var text []byte
	var pending, skipLF bool
	for {
		b, err := reader.ReadByte()
		if err != nil {
			if pending {
				line(strings.ToValidUTF8(string(text), "\uFFFD"))
			}
			return
		}
		if skipLF && b == '\n' {
			skipLF = false
			continue
		}
		skipLF = b == '\r'
		if b == '\r' || b == '\n' {
			line(strings.ToValidUTF8(string(text), "\uFFFD"))
			text, pending = text[:0], false
			continue
		}
		text, pending = append(text, b), true
	}
}

// endLeftovers finds processes that carry the step's ID in their environment, waits a while for them to end by
// themselves, and kills what is left: the agent does it when the job is finalized. Elsewhere than on Linux it finds none.
func endLeftovers(lookupID string, patience time.Duration) []int {
	if runtime.GOOS != "linux" {
		return nil
	}
	var pids []int
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if pids = carriers(lookupID); len(pids) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			break
		}
	}
	for _, pid := range pids {
		if proc, err := os.FindProcess(pid); err == nil {
			_ = proc.Kill() // it may have gone by now
		}
	}
	return pids
}

// carriers lists the processes whose environment holds the ID.
func carriers(lookupID string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	proc := os.DirFS("/proc")
	var pids []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		environ, err := fs.ReadFile(proc, entry.Name()+"/environ")
		if err != nil {
			continue // gone, or another user's
		}
		if bytes.Contains(environ, []byte("VSTS_PROCESS_LOOKUP_ID="+lookupID)) {
			pids = append(pids, pid)
		}
	}
	return pids
}
