package report

import (
	"errors"
	"fmt"
	"os"
)

// Recording is the file of a recording. It is written as the run goes.
type Recording struct {
	file *os.File
	// theirs says that the file was there before.
	theirs, begun bool
}

// OpenRecording opens the file before anything else is done, as OpenFiles does the report, which must be another file; it
// may be nil. A blank path is no recording, which is nil.
func OpenRecording(path string, files *Files) (*Recording, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // nothing is recorded, and that is no fault
	}
	if err := showable(path); err != nil {
		return nil, err
	}
	file, theirs, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("make the recording: %w", err)
	}
	r := &Recording{file: file, theirs: theirs}
	if files != nil && sameFile(file, files.report) {
		return nil, errors.Join(errors.New("it is the file of the report; allowed: the path of another file"), r.Close())
	}
	return r, nil
}

func sameFile(a, b *os.File) bool {
	first, err := a.Stat()
	second, otherErr := b.Stat()
	return err == nil && otherErr == nil && os.SameFile(first, second)
}

// Write writes at once. The first write removes what the file held before.
func (r *Recording) Write(p []byte) (int, error) {
	if !r.begun {
		if err := r.file.Truncate(0); err != nil {
			return 0, err
		}
		r.begun = true
	}
	return r.file.Write(p)
}

// Close closes the file and takes it away if nothing was written to a new one. A nil recording has nothing to close.
func (r *Recording) Close() error {
	if r == nil {
		return nil
	}
	err := r.file.Close()
	if !r.begun && !r.theirs {
		err = errors.Join(err, os.Remove(r.file.Name()))
	}
	return err
}
