package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

type archiveOptions struct {
	stage   string // the folder that is packed as the extension
	version string
	out     string // the folder to write into
}

// archiveFile is one file of an archive, below its folder.
type archiveFile struct {
	name string
	data []byte
	mode os.FileMode
}

// archiveTime is the time of every file: the bytes of an archive depend on its content alone.
var archiveTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// archives writes the program of each platform, with its licence and the notices, for people who run it by hand: a zip for
// Windows, which opens that itself, and else a tar.gz. It prints the files' names.
func archives(o archiveOptions, stdout io.Writer) error {
	bin := filepath.Join(o.stage, "task", "bin")
	platforms, err := os.ReadDir(bin)
	if err != nil {
		return fmt.Errorf("find the programs: %w", err)
	}
	if o.version == "" || len(platforms) == 0 {
		return errors.New("an archive needs a version and programs")
	}
	var common []archiveFile
	for _, of := range []struct{ name, from string }{{"LICENSE", "LICENSE.md"}, {"THIRD-PARTY-NOTICES.md", "THIRD-PARTY-NOTICES.md"}} {
		data, err := os.ReadFile(filepath.Join(o.stage, of.from))
		if err != nil {
			return fmt.Errorf("read what goes with the programs: %w", err)
		}
		common = append(common, archiveFile{of.name, data, 0o644})
	}
	for _, platform := range platforms {
		program, extension, write := "reschedule", ".tar.gz", writeTarball
		if strings.HasPrefix(platform.Name(), "windows-") {
			program, extension, write = "reschedule.exe", ".zip", writeZip
		}
		data, err := os.ReadFile(filepath.Join(bin, platform.Name(), program)) //nolint:gosec // a folder from the command line of a build tool
		if err != nil {
			return fmt.Errorf("read the program: %w", err)
		}
		folder := "reschedule-" + o.version + "-" + platform.Name()
		var b bytes.Buffer
		if err := write(&b, folder, append([]archiveFile{{program, data, 0o755}}, common...)); err != nil {
			return fmt.Errorf("pack %s: %w", folder, err)
		}
		file := filepath.Join(o.out, folder+extension)
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil { //nolint:gosec // to be read by everybody
			return fmt.Errorf("write the archive: %w", err)
		}
		if _, err := fmt.Fprintln(stdout, file); err != nil {
			return err
		}
	}
	return nil
}

func writeTarball(w io.Writer, folder string, files []archiveFile) error {
	// A header without name and time.
	packed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(packed)
	for _, f := range files {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: path.Join(folder, f.name), Mode: int64(f.mode), Size: int64(len(f.data)),
			ModTime: archiveTime, Format: tar.FormatUSTAR,
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(f.data); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), packed.Close())
}

func writeZip(w io.Writer, folder string, files []archiveFile) error {
	archive := zip.NewWriter(w)
	for _, f := range files {
		header := &zip.FileHeader{Name: path.Join(folder, f.name), Method: zip.Deflate, Modified: archiveTime}
		header.SetMode(f.mode)
		entry, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := entry.Write(f.data); err != nil {
			return err
		}
	}
	return archive.Close()
}
