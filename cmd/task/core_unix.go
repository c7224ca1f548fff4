//go:build unix

package main

import (
	"runtime/debug"
	"syscall"
)

// forbidCoreDumps keeps the token out of a file that a crash would write. Where the limit cannot be set there is
// nothing better to do than to go on.
func forbidCoreDumps() {
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
}

// crashBySignal has Go's runtime die by SIGABRT: its own exit code would be that of bad input.
func crashBySignal() { debug.SetTraceback("crash") }
