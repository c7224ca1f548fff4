package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

// Files are what a run leaves behind for others to read: the JSON report and the Markdown summary.
type Files struct {
	report, summary *os.File
	// theirs says that the report's file was there before: it is never taken away.
	theirs bool
}

// OpenFiles makes both files before anything else is done, so that a path that cannot be written stops the run in time.
// A blank report path means a new file in the temporary folder, where the summary goes in any case: an agent uploads it
// after the step has ended. Missing folders are made. A report path that no line of the log could show as it is, is
// refused.
func OpenFiles(reportPath, temporary string) (*Files, error) {
	if temporary == "" {
		temporary = os.TempDir()
	}
	if err := showable(reportPath); err != nil {
		return nil, err
	}
	var f Files
	temporary, err := filepath.Abs(temporary) // an agent looks from another folder
	if err != nil {
		return nil, fmt.Errorf("find the temporary folder: %w", err)
	}
	if err := os.MkdirAll(temporary, 0o750); err != nil {
		return nil, fmt.Errorf("make the temporary folder: %w", err)
	}
	if reportPath == "" {
		f.report, err = os.CreateTemp(temporary, "reschedule-report-*.json")
	} else {
		f.report, f.theirs, err = create(reportPath)
	}
	if err != nil {
		return nil, fmt.Errorf("make the report: %w", err)
	}
	if f.summary, err = os.CreateTemp(temporary, "reschedule-summary-*.md"); err != nil {
		return nil, errors.Join(fmt.Errorf("make the summary: %w", err), f.report.Close())
	}
	return &f, nil
}

// showable refuses a path that no line of the log could show as it is.
func showable(path string) error {
	if agent.Clean(path) != path || strings.ContainsRune(path, utf8.RuneError) {
		return errors.New("the path holds a control character, an invisible character or invalid UTF-8")
	}
	return nil
}

// create opens the file at path; existed says that somebody else has made it.
func create(path string) (file *os.File, existed bool, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, false, err
	}
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return nil, true, fmt.Errorf("%s is not a file that a report can replace", path)
		}
		existed = true
	}
	// The pipeline's author says where the report goes. What is there stays until there is a report to replace it.
	file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // G304: the path is an input
	return file, existed, err
}

// ReportPath is where the JSON report goes.
func (f *Files) ReportPath() string { return f.report.Name() }

// SummaryPath is where the Markdown summary goes.
func (f *Files) SummaryPath() string { return f.summary.Name() }

// Write writes and closes both files.
func (f *Files) Write(r Run) error {
	return errors.Join(write(f.report, r.WriteJSON), write(f.summary, r.WriteSummary))
}

func write(file *os.File, content func(io.Writer) error) error {
	return errors.Join(file.Truncate(0), content(file), file.Close())
}

// Discard closes both files and takes those away that hold nothing, where a run ends without a report.
func (f *Files) Discard() error {
	var faults []error
	for _, file := range []*os.File{f.report, f.summary} {
		info, err := file.Stat()
		faults = append(faults, err, file.Close())
		if err == nil && info.Size() == 0 && (file != f.report || !f.theirs) {
			faults = append(faults, os.Remove(file.Name()))
		}
	}
	return errors.Join(faults...)
}
