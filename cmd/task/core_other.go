//go:build !unix

package main

// forbidCoreDumps has nothing to do: this system writes no core file by itself.
func forbidCoreDumps() {}

// crashBySignal has nothing to do: the runtime knows no other way to die here; see exitCode.
func crashBySignal() {}
