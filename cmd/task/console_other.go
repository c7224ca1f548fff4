//go:build !windows

package main

import "os"

// showsEscapes is true: terminals of these systems show escape sequences, but for TERM=dumb.
func showsEscapes(*os.File) bool { return true }
