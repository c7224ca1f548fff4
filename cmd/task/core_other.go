//go:build !unix

package main

// forbidCoreDumps has nothing to do: this system writes no core file by itself.
func forbidCoreDumps() {}
