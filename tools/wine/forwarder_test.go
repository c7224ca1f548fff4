package main

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exported reads what a library exports by name, the way a loader does.
func exported(t *testing.T, data []byte) (library string, forwarders map[string]string) {
	t.Helper()
	file, err := pe.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	header, ok := file.OptionalHeader.(*pe.OptionalHeader64)
	if !ok || len(file.Sections) != 1 || file.Machine != pe.IMAGE_FILE_MACHINE_AMD64 {
		t.Fatalf("machine %#x, %d sections, header %T", file.Machine, len(file.Sections), file.OptionalHeader)
	}
	section, err := file.Sections[0].Data()
	if err != nil {
		t.Fatal(err)
	}
	base := file.Sections[0].VirtualAddress
	number := func(address uint32) uint32 { return binary.LittleEndian.Uint32(section[address-base:]) }
	text := func(address uint32) string {
		text, _, _ := strings.Cut(string(section[address-base:]), "\x00")
		return text
	}
	exports := header.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT]
	at := exports.VirtualAddress
	forwarders = map[string]string{}
	for i := range number(at + 24) {
		ordinal := uint32(binary.LittleEndian.Uint16(section[number(at+36)+2*i-base:]))
		target := number(number(at+28) + 4*ordinal)
		if target < at || target >= at+exports.Size {
			t.Errorf("export %d is at %#x, which makes it no forwarder", i, target)
			continue
		}
		forwarders[text(number(number(at+32)+4*i))] = text(target)
	}
	return text(number(at + 12)), forwarders
}

func TestForwarder(t *testing.T) {
	t.Parallel()
	data, err := forwarder()
	if err != nil {
		t.Fatal(err)
	}
	library, forwarders := exported(t, data)
	if diff := cmp.Diff(map[string]string{"ProcessPrng": "advapi32.SystemFunction036"}, forwarders); diff != "" || library != "bcryptprimitives.dll" || len(data) != 1024 {
		t.Errorf("%d bytes, library %q, exports (-want +got):\n%s", len(data), library, diff)
	}
}
