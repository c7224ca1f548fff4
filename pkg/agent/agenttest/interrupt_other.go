//go:build !windows

package agenttest

import (
	"os"
	"os/exec"
	"syscall"
)

// Isolate does nothing: a signal goes to one process.
func Isolate(*exec.Cmd) {}

// Interrupt sends SIGINT.
func Interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }

func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// Helper does nothing: a signal needs no helper.
func Helper() {}
