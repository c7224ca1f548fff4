package main

import (
	"debug/pe"
	"fmt"
	"os"
)

// signed reports whether a program for Windows carries a signature: its certificate table, the fifth data directory, is
// there and lies within the file. Whose signature it is, and whether it holds, Windows decides.
func signed(name string) error {
	program, err := pe.Open(name)
	if err != nil {
		return fmt.Errorf("look for the signature of %s: %w", name, err)
	}
	defer func() { _ = program.Close() }()
	header, ok := program.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || header.NumberOfRvaAndSizes <= pe.IMAGE_DIRECTORY_ENTRY_SECURITY {
		return fmt.Errorf("%s is no 64-bit program", name)
	}
	table := header.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_SECURITY]
	info, err := os.Stat(name) //nolint:gosec // a path from the command line of a build tool
	if err != nil {
		return fmt.Errorf("look for the signature of %s: %w", name, err)
	}
	if table.Size == 0 || int64(table.VirtualAddress)+int64(table.Size) > info.Size() {
		return fmt.Errorf("%s is not signed", name)
	}
	return nil
}
