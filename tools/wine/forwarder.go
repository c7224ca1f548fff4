package main

import (
	"debug/pe"
	"encoding/binary"
	"fmt"
)

// Wine 8 lacks bcryptprimitives.dll, which WineHQ has from 8.4 on and without which no Go program starts. Go wants one
// function of it, and another library has that.
const (
	library  = "bcryptprimitives.dll"
	function = "ProcessPrng"
	target   = "advapi32.SystemFunction036" // RtlGenRandom
)

// The file is its headers and one section. That holds the export directory, its three tables with one entry each, and the
// texts that they point to.
const (
	headersSize = 0x200
	sectionSize = 0x200
	address     = 0x1000 // of the section in memory

	functionsAt = address + 40
	namesAt     = functionsAt + 4
	ordinalsAt  = namesAt + 4
	libraryAt   = ordinalsAt + 4
	functionAt  = libraryAt + uint32(len(library)) + 1
	targetAt    = functionAt + uint32(len(function)) + 1
	sectionEnd  = targetAt + uint32(len(target)) + 1
)

// forwarder is a 64-bit Windows library without code, whose only export is another library's. Its layout is that of "PE
// Format" on learn.microsoft.com.
func forwarder() ([]byte, error) {
	dos := [64]byte{0: 'M', 1: 'Z', 60: 64} // the last is where the PE header is
	optional := pe.OptionalHeader64{
		Magic: 0x20b, SizeOfInitializedData: sectionSize, BaseOfCode: address, ImageBase: 0x180000000,
		SectionAlignment: 0x1000, FileAlignment: 0x200, MajorOperatingSystemVersion: 6, MajorSubsystemVersion: 6,
		SizeOfImage: address + 0x1000, SizeOfHeaders: headersSize, Subsystem: pe.IMAGE_SUBSYSTEM_WINDOWS_CUI,
		DllCharacteristics: pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT, NumberOfRvaAndSizes: 16,
	}
	optional.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT] = pe.DataDirectory{VirtualAddress: address, Size: sectionEnd - address}
	headers := []any{
		dos, []byte("PE\x00\x00"),
		pe.FileHeader{
			Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: 1, SizeOfOptionalHeader: 240,
			Characteristics: pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_LARGE_ADDRESS_AWARE | pe.IMAGE_FILE_DLL,
		},
		optional,
		pe.SectionHeader32{
			Name: [8]uint8([]byte(".edata\x00\x00")), VirtualSize: sectionEnd - address, VirtualAddress: address,
			SizeOfRawData: sectionSize, PointerToRawData: headersSize,
			Characteristics: pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ,
		},
	}
	section := []any{
		[]uint32{
			0, 0, 0, libraryAt, // flags, time, version, name
			1, 1, 1, // the first ordinal, the number of functions, the number of names
			functionsAt, namesAt, ordinalsAt,
			targetAt, // an address within the export directory makes it a forwarder
			functionAt, 0,
		},
		[]byte(library + "\x00" + function + "\x00" + target + "\x00"),
	}
	file := make([]byte, headersSize+sectionSize)
	for _, part := range []struct {
		at     int
		values []any
	}{{0, headers}, {headersSize, section}} {
		for _, value := range part.values {
			n, err := binary.Encode(file[part.at:], binary.LittleEndian, value)
			if err != nil {
				return nil, fmt.Errorf("write the library: %w", err)
			}
			part.at += n
		}
	}
	return file, nil
}
