package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// showsEscapes switches a console to escape sequences, which it would otherwise show as text, and reports whether it could.
// Consoles know them from Windows 10 1511 on, unless somebody has chosen the legacy console.
func showsEscapes(console *os.File) bool {
	handle := windows.Handle(console.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(handle, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(handle, mode|windows.ENABLE_PROCESSED_OUTPUT|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
