package main

import (
	"os"
	"testing"

	"golang.org/x/sys/windows"
)

func TestShowsEscapes(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = r.Close(), w.Close() }()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	for _, file := range []*os.File{w, null} { // the second is a character device and no console
		if showsEscapes(file) {
			t.Errorf("%s is no console", file.Name())
		}
	}
	console, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		t.Log("There is no console: what it is switched to is not looked at.")
		return
	}
	defer func() { _ = console.Close() }()
	shows := showsEscapes(console)
	var mode uint32
	if err := windows.GetConsoleMode(windows.Handle(console.Fd()), &mode); err != nil {
		t.Fatal(err)
	}
	if on := mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0; on != shows {
		t.Errorf("escape sequences are switched on: %v; told: %v", on, shows)
	}
}
