package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// windowsProgram builds a small program for Windows, with further files beside its source.
func windowsProgram(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{"main.go": "package main\n\nfunc main() {}\n", "go.mod": "module small\n\ngo 1.26\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", "small.exe", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local", "GOOS=windows", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build a small program: %v\n%s", err, out)
	}
	return filepath.Join(dir, "small.exe")
}

// readBlock takes a block of a version resource apart: its name, then its value or what is in it, by name.
func readBlock(t *testing.T, b []byte, into map[string]string) {
	t.Helper()
	word := func(at int) int { return int(binary.LittleEndian.Uint16(b[at:])) }
	if len(b) < 8 || word(0) > len(b) {
		t.Fatalf("a block of %d bytes says that it has %d", len(b), word(0))
	}
	b = b[:word(0)]
	text := func(b []byte) string {
		var units []uint16
		for ; len(b) > 1 && (b[0] != 0 || b[1] != 0); b = b[2:] {
			units = append(units, binary.LittleEndian.Uint16(b))
		}
		return string(utf16.Decode(units))
	}
	name := text(b[6:])
	at := (6 + 2*len(name) + 2 + 3) &^ 3 // all names are ASCII
	length := word(2)
	switch {
	case name == "VS_VERSION_INFO":
		if binary.LittleEndian.Uint32(b[at:]) != 0xfeef04bd || length != 52 {
			t.Errorf("the fixed part has %d bytes and begins with %x", length, b[at:at+4])
		}
		into["fixed"] = hex.EncodeToString(b[at+8:at+16]) + " " + hex.EncodeToString(b[at+16:at+24])
		at = (at + length + 3) &^ 3
	case name == "Translation":
		into[name] = hex.EncodeToString(b[at : at+length])
		return
	case length > 0:
		into[name] = text(b[at:])
		if end := at + 2*length; end > len(b) || b[end-1] != 0 || b[end-2] != 0 {
			t.Errorf("%s does not end with a zero within its block", name)
		}
		return
	default:
		into["block "+name] = ""
	}
	for at < len(b) {
		size := int(binary.LittleEndian.Uint16(b[at:]))
		readBlock(t, b[at:], into)
		at = (at + size + 3) &^ 3
	}
}

// TestResourceOfAProgram has Go's linker put the resource into a program, and follows it there as Windows does.
func TestResourceOfAProgram(t *testing.T) {
	t.Parallel()
	tree := goodTree(t)
	tree["LICENSE"] = &fstest.MapFile{Data: []byte("MIT License\n\nCopyright (c) 2026 Ä authors\n\nPermission\n")}
	var object, again bytes.Buffer
	if err := resource(&object, tree, ""); err != nil {
		t.Fatal(err)
	}
	if err := resource(&again, tree, "acme"); err != nil || !bytes.Equal(object.Bytes(), again.Bytes()) {
		t.Errorf("the same resource twice: %v, or other bytes", err)
	}
	program, err := pe.Open(windowsProgram(t, map[string][]byte{"rsrc_windows_amd64.syso": object.Bytes()}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = program.Close() }()
	section := program.Section(".rsrc")
	if section == nil {
		t.Fatal("the program has no resources")
	}
	data, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	at := uint32(0)
	for _, want := range []uint32{16, 1, language} { // type, number, language
		if id := binary.LittleEndian.Uint32(data[at+16:]); id != want {
			t.Errorf("entry %d, want %d", id, want)
		}
		at = binary.LittleEndian.Uint32(data[at+20:]) &^ (1 << 31)
	}
	address, size := binary.LittleEndian.Uint32(data[at:]), binary.LittleEndian.Uint32(data[at+4:])
	if address < section.VirtualAddress || address+size > section.VirtualAddress+section.VirtualSize {
		t.Fatalf("the resource lies at %#x, outside its section at %#x", address, section.VirtualAddress)
	}
	got := map[string]string{}
	readBlock(t, data[address-section.VirtualAddress:][:size], got)
	want := map[string]string{
		"fixed": "0200010000000300 0200010000000300", "block StringFileInfo": "", "block 040904b0": "", "block VarFileInfo": "",
		"Translation": "0904b004", "CompanyName": "acme", "FileDescription": "Some task", "FileVersion": "1.2.3", "InternalName": "reschedule",
		"LegalCopyright": "Copyright (c) 2026 Ä authors. MIT License.", "OriginalFilename": "reschedule.exe", "ProductName": "Some task",
		"ProductVersion": "1.2.3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("version resource (-want +got):\n%s", diff)
	}
}

func TestResourceRefuses(t *testing.T) {
	t.Parallel()
	licence := &fstest.MapFile{Data: []byte("MIT License\n\nCopyright (c) 2026 authors\n")}
	for name, spoil := range map[string]func(fstest.MapFS){
		"no licence":       func(tree fstest.MapFS) { delete(tree, "LICENSE") },
		"another licence":  func(tree fstest.MapFS) { tree["LICENSE"] = &fstest.MapFile{Data: []byte("BSD\n\nCopyright x\n")} },
		"nobody's licence": func(tree fstest.MapFS) { tree["LICENSE"] = &fstest.MapFile{Data: []byte("MIT License\n")} },
		"no manifest":      func(tree fstest.MapFS) { delete(tree, "vss-extension.json") },
		"no task":          func(tree fstest.MapFS) { delete(tree, "task/task.json") },
		"a number beyond 2^16": func(tree fstest.MapFS) {
			tree["task/task.json"] = &fstest.MapFile{Data: []byte(`{"version": {"Major": 1, "Minor": 65536, "Patch": 0}}`)}
		},
	} {
		tree := goodTree(t)
		tree["LICENSE"] = licence
		spoil(tree)
		if err := resource(&bytes.Buffer{}, tree, ""); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
