package config

import (
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// readRun parses the inputs that say how to run and what to tell.
func (l *loader) readRun() {
	in, f, c := &l.in, &l.faults, &l.cfg

	c.DryRun = f.boolean("dryRun", in.DryRun)
	c.Wait = f.boolean("wait", in.Wait)
	c.WaitTimeout = f.duration("waitTimeout", in.WaitTimeout)
	c.Results.FailOnRejected = f.boolean("failOnRejected", in.FailOnRejected)
	c.Results.OnNothing = oneOf(f, "onNothing", in.OnNothing, requeue.OnNothingIgnore, requeue.OnNothingWarn, requeue.OnNothingFail)
	c.Results.OnError = oneOf(f, "onError", in.OnError, requeue.OnErrorFail, requeue.OnErrorWarn)
	c.Comment = oneOf(f, "comment", in.Comment, CommentNever, CommentExhausted, CommentAlways)
	c.Rules.ExamineBeyondLimits = c.Comment != CommentNever
	c.Author = l.author()
	c.ReportPath = l.path("reportPath", in.ReportPath)
	c.RecordPath = l.path("recordPath", in.RecordPath)
	c.Concurrency = f.count("concurrency", in.Concurrency, 1, 64)
}

// author tells the run from what the service says about it.
func (l *loader) author() Author {
	if l.isRelease() {
		return Author{Pipeline: l.env.Release, URL: l.env.ReleaseURL}
	}
	a := Author{Pipeline: l.env.Pipeline}
	if id, err := strconv.Atoi(l.env.BuildID); err == nil && id > 0 && l.cfg.CollectionURL != "" && l.env.Project != "" {
		a.URL = l.cfg.CollectionURL + "/" + url.PathEscape(l.env.Project) + "/_build/results?buildId=" + strconv.Itoa(id)
	}
	return a
}

// path reads the path of a file to write.
func (l *loader) path(input, path string) string {
	switch {
	case path == "":
		return ""
	case strings.ContainsFunc(path, unicode.IsControl):
		l.add(input, "%s holds a control character; allowed: the path of one file", quote(path))
		return ""
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	case filepath.VolumeName(path) != "":
		l.add(input, "%s depends on a drive's current folder; allowed: a full path, or one relative to System.DefaultWorkingDirectory", quote(path))
		return ""
	}
	base := l.env.DefaultWorkingDirectory
	if filepath.Separator == '\\' && strings.ContainsAny(path[:1], `/\`) {
		base = filepath.VolumeName(base) + `\` // rooted, but on no drive
	}
	if !filepath.IsAbs(base) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}
