package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sizeLimit leaves some room below what older servers refuse: 25 MiB.
const sizeLimit = 24 << 20

// contentTypes is the part of a package that names the type of every other part.
const contentTypes = "[Content_Types].xml"

type finishOptions struct {
	stage, in, out string
	limit          int // bytes that the package must stay below
}

// entry is one file of the package.
type entry struct {
	name   string
	data   []byte
	packed *zip.File // as tfx has deflated it; nil if data has changed since
}

// finish reads the package that tfx wrote, checks it against the folder that was packed, and writes it again: entries
// sorted, times fixed, run bits set under bin/, folders left out.
func finish(o finishOptions, stdout io.Writer) error {
	raw, err := os.ReadFile(o.in)
	if err != nil {
		return fmt.Errorf("read the package of tfx: %w", err)
	}
	entries, err := readEntries(raw)
	if err != nil {
		return fmt.Errorf("read the package of tfx: %w", err)
	}
	if err := checkStage(os.DirFS(o.stage), entries); err != nil {
		return err
	}
	for i := range entries {
		if entries[i].name == contentTypes {
			if entries[i].data, err = sortContentTypes(entries[i].data); err != nil {
				return err
			}
			entries[i].packed = nil
		}
	}
	modified, err := modifiedTime(os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writePackage(&b, entries, modified); err != nil {
		return err
	}
	again, err := readEntries(b.Bytes())
	if err != nil {
		return fmt.Errorf("read the package again: %w", err)
	}
	if !slices.EqualFunc(entries, again, func(a, b entry) bool { return a.name == b.name && bytes.Equal(a.data, b.data) }) {
		return errors.New("the package does not hold what was put into it")
	}
	if b.Len() >= o.limit {
		return fmt.Errorf("the package has %d bytes; it must stay below %d", b.Len(), o.limit)
	}
	if err := os.WriteFile(o.out, b.Bytes(), 0o644); err != nil { //nolint:gosec // to be read by everybody
		return fmt.Errorf("write the package: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "%s: %d bytes in %d files (tfx: %d bytes; the limit is %d)\n", o.out, b.Len(), len(entries), len(raw), o.limit)
	return err
}

// readEntries returns the files of a package sorted by name. Two of one name and names that leave the folder are errors.
func readEntries(data []byte) ([]entry, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	var entries []entry
	seen := map[string]bool{} // in lower case: Windows keeps one of two names that differ in case only
	for _, file := range r.File {
		if strings.HasSuffix(file.Name, "/") {
			continue
		}
		lower := strings.ToLower(file.Name)
		if seen[lower] {
			return nil, fmt.Errorf("%s is there twice", lower)
		}
		seen[lower] = true
		if !fs.ValidPath(file.Name) {
			return nil, fmt.Errorf("%q is no path within a package", file.Name)
		}
		content, err := readEntry(file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file.Name, err)
		}
		entries = append(entries, entry{file.Name, content, file})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return entries, nil
}

func readEntry(file *zip.File) ([]byte, error) {
	r, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(r)
}

// madeByTFX are the entries that are not in the staged folder.
var madeByTFX = []string{contentTypes, "extension.vsixmanifest", "extension.vsomanifest"}

// checkStage reports every staged file that the package lacks or holds differently, and every file that nobody staged.
func checkStage(stage fs.FS, entries []entry) error {
	packed := map[string][]byte{}
	for _, e := range entries {
		packed[e.name] = e.data
	}
	for _, name := range madeByTFX {
		if packed[name] == nil {
			return fmt.Errorf("the package has no %s", name)
		}
		delete(packed, name)
	}
	var f faults
	err := fs.WalkDir(stage, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == extensionFile {
			return err
		}
		want, err := fs.ReadFile(stage, name)
		if err != nil {
			return err
		}
		got, ok := packed[name]
		delete(packed, name)
		if !ok || !bytes.Equal(got, want) {
			f.add("the package does not hold %s as it was staged", name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the staged files: %w", err)
	}
	for _, e := range entries {
		if _, ok := packed[e.name]; ok {
			f.add("the package holds %s, which was not staged", e.name)
		}
	}
	return errors.Join(f...)
}

type types struct {
	XMLName   xml.Name      `xml:"http://schemas.openxmlformats.org/package/2006/content-types Types"`
	Defaults  []defaultType `xml:"Default"`
	Overrides []partType    `xml:"Override"`
}

type defaultType struct {
	Extension   string `xml:"Extension,attr"`
	ContentType string `xml:"ContentType,attr"`
}

type partType struct {
	ContentType string `xml:"ContentType,attr"`
	PartName    string `xml:"PartName,attr"`
}

// sortContentTypes puts the types into an order of their own: tfx lists them as its file system does.
func sortContentTypes(data []byte) ([]byte, error) {
	var t types
	if err := xml.Unmarshal(data, &t); err != nil {
		return nil, fmt.Errorf("read %s: %w", contentTypes, err)
	}
	slices.SortFunc(t.Defaults, func(a, b defaultType) int { return strings.Compare(a.Extension, b.Extension) })
	slices.SortFunc(t.Overrides, func(a, b partType) int { return strings.Compare(a.PartName, b.PartName) })
	sorted, err := xml.MarshalIndent(t, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", contentTypes, err)
	}
	return slices.Concat([]byte(xml.Header), sorted, []byte("\n")), nil
}

// modifiedTime is the time of every entry: SOURCE_DATE_EPOCH, else the first day that a zip file can hold.
func modifiedTime(epoch string) (time.Time, error) {
	first := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	if epoch == "" {
		return first, nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read SOURCE_DATE_EPOCH: %w", err)
	}
	modified := time.Unix(seconds, 0).UTC()
	if modified.Before(first) || modified.Year() > 2107 {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is %s; a zip file holds the years 1980 to 2107", modified)
	}
	return modified, nil
}

// mode gives run bits to the binaries. An agent that keeps them saves the launcher a chmod.
func mode(name string) fs.FileMode {
	if path.Base(path.Dir(path.Dir(name))) == "bin" {
		return 0o755
	}
	return 0o644
}

func writePackage(w io.Writer, entries []entry, modified time.Time) error {
	z := zip.NewWriter(w)
	for _, e := range entries {
		if err := writeEntry(z, e, modified); err != nil {
			return fmt.Errorf("write %s: %w", e.name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write the package: %w", err)
	}
	return nil
}

func writeEntry(z *zip.Writer, e entry, modified time.Time) error {
	header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
	if e.packed != nil {
		header = &e.packed.FileHeader
	}
	header.SetModTime(modified) //nolint:staticcheck // a copy keeps the DOS fields and does not look at Modified
	header.SetMode(mode(e.name))
	header.Extra = nil
	if e.packed != nil {
		return z.Copy(e.packed)
	}
	part, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = part.Write(e.data)
	return err
}

// sums prints what sha256sum would, under each file's bare name.
func sums(w io.Writer, files []string) error {
	slices.SortFunc(files, func(a, b string) int { return strings.Compare(filepath.Base(a), filepath.Base(b)) })
	for _, name := range files {
		data, err := os.ReadFile(name) //nolint:gosec // a path from the command line of a build tool
		if err != nil {
			return fmt.Errorf("sum up: %w", err)
		}
		if _, err := fmt.Fprintf(w, "%x  %s\n", sha256.Sum256(data), filepath.Base(name)); err != nil {
			return err
		}
	}
	return nil
}

// unpack writes the files of a package below a folder, as an agent that keeps run bits does.
func unpack(in, out string) error {
	data, err := os.ReadFile(in) //nolint:gosec // a path from the command line of a build tool
	if err != nil {
		return fmt.Errorf("read the package: %w", err)
	}
	entries, err := readEntries(data)
	if err != nil {
		return fmt.Errorf("read the package: %w", err)
	}
	for _, e := range entries {
		name := filepath.Join(out, filepath.FromSlash(e.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // to be read by everybody
			return fmt.Errorf("unpack: %w", err)
		}
		if err := os.WriteFile(name, e.data, mode(e.name)); err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
	}
	return nil
}
