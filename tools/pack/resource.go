package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"unicode/utf16"
)

// versionString is an entry of a version resource: what Windows shows under Properties > Details.
type versionString struct{ name, value string }

// copyrightLine is the line of LICENSE that names the authors.
var copyrightLine = regexp.MustCompile(`(?m)^Copyright .+$`)

// resource writes an object file with the version resource of the Windows program, for the linker of Go to add. Nothing in
// it depends on time or place. The publisher is that of vss-extension.json, unless one is named.
func resource(w io.Writer, root fs.FS, publisher string) error {
	version, err := taskVersion(root)
	if err != nil {
		return err
	}
	var e extension
	if err := readJSON(root, extensionFile, &e); err != nil {
		return err
	}
	licence, err := fs.ReadFile(root, "LICENSE")
	if err != nil {
		return fmt.Errorf("read the licence: %w", err)
	}
	copyright := copyrightLine.Find(licence)
	name, _, _ := strings.Cut(string(licence), "\n")
	if copyright == nil || name != "MIT License" {
		return errors.New("LICENSE does not begin with its name, or names no authors")
	}
	info, err := versionInfo(version, []versionString{
		{"CompanyName", cmp.Or(publisher, e.Publisher)},
		{"FileDescription", e.Name},
		{"FileVersion", version},
		{"InternalName", "reschedule"},
		{"LegalCopyright", string(copyright) + ". " + name + "."},
		{"OriginalFilename", "reschedule.exe"},
		{"ProductName", e.Name},
		{"ProductVersion", version},
	})
	if err != nil {
		return err
	}
	_, err = w.Write(resourceObject(info))
	return err
}

// The language of the resource and its strings: American English, in UTF-16.
const (
	language = 0x409
	codePage = 1200
)

// versionInfo is a VS_VERSIONINFO structure.
func versionInfo(version string, table []versionString) ([]byte, error) {
	var major, minor, patch uint16
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return nil, fmt.Errorf("version %s does not fit into a resource: %w", version, err)
	}
	high, low := uint32(major)<<16|uint32(minor), uint32(patch)<<16
	fixed := words32(
		0xfeef04bd, 0x10000, // signature and version of the structure
		high, low, high, low, // of the file and of the product
		0x3f, 0, // no flags: no debug version, no prerelease
		0x40004, 1, 0, // for Windows NT, an application
		0, 0, // no date
	)
	var texts [][]byte
	for _, s := range table {
		value := utf16z(s.value)
		texts = append(texts, block(s.name, true, value, len(value)/2))
	}
	strings := block(fmt.Sprintf("%04x%04x", language, codePage), true, nil, 0, texts...)
	translation := words32(codePage<<16 | language)
	return block("VS_VERSION_INFO", false, fixed, len(fixed),
		block("StringFileInfo", true, nil, 0, strings),
		block("VarFileInfo", true, nil, 0, block("Translation", false, translation, len(translation))),
	), nil
}

// block is the frame of everything within a version resource: three lengths and kinds, a name, a value, and more of the
// kind, each at a multiple of four bytes.
func block(name string, text bool, value []byte, valueLength int, children ...[]byte) []byte {
	kind := uint16(0)
	if text {
		kind = 1
	}
	b := make([]byte, 6, 6+len(value))
	b = append(b, utf16z(name)...)
	for _, part := range append([][]byte{value}, children...) {
		if len(part) > 0 {
			b = append(b, make([]byte, -len(b)&3)...)
			b = append(b, part...)
		}
	}
	binary.LittleEndian.PutUint16(b, uint16(len(b)))          //nolint:gosec // a few hundred bytes
	binary.LittleEndian.PutUint16(b[2:], uint16(valueLength)) //nolint:gosec // a few hundred bytes
	binary.LittleEndian.PutUint16(b[4:], kind)
	return b
}

// utf16z is a text in UTF-16 with a zero at its end.
func utf16z(text string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text + "\x00")) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

func words32(values ...uint32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// resourceObject is a COFF object file for amd64 with one section, .rsrc, and in it one resource: of type 16, which is the
// version, with number 1. The linker moves the resource's address, which a relocation names.
func resourceObject(data []byte) []byte {
	const (
		fileHeader, sectionHeader = 20, 40
		directories               = 3 * (16 + 8) // type, number, language: a directory with one entry each
		dataEntry                 = 16
		relocation                = 10
		deeper                    = 1 << 31 // the entry is another directory
	)
	var section bytes.Buffer
	for at, id := range []uint32{16, 1, language} {
		next := uint32(at+1) * (16 + 8)
		if at < 2 {
			next |= deeper
		}
		section.Write(words32(0, 0, 0, 1<<16, id, next)) // one entry, by number
	}
	section.Write(words32(directories+dataEntry, uint32(len(data)), 0, 0)) //nolint:gosec // a few hundred bytes
	section.Write(data)
	section.Write(make([]byte, -section.Len()&3))

	size := uint32(section.Len()) //nolint:gosec // a few hundred bytes
	const start = fileHeader + sectionHeader
	var b bytes.Buffer
	b.Write(words32(1<<16|0x8664, 0, start+size+relocation, 1, 0)) // one section, amd64, no time, one symbol, no flags
	b.WriteString(".rsrc\x00\x00\x00")
	b.Write(words32(0, 0, size, start, start+size, 0, 1, 0x40000040)) // one relocation; data that is read
	b.Write(section.Bytes())
	b.Write(words32(directories, 0)) // what is relocated, by which symbol,
	b.Write([]byte{3, 0})            // and how: to an address relative to the image
	b.WriteString(".rsrc\x00\x00\x00")
	b.Write(words32(0))
	b.Write([]byte{1, 0, 0, 0, 3, 0}) // a static symbol, in section 1
	b.Write(words32(4))               // no long names
	return b.Bytes()
}
