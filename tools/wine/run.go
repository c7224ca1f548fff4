package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// options say what is tested.
type options struct {
	prefix  string   // of Wine
	program string   // to test; "" builds it
	nodes   []string // folders of node.exe
}

// bench is what the runs have in common.
type bench struct {
	options
	folder  string // for what is built
	overlay string
	server  *goServer
	left    []leftOut
}

// testAll compiles and runs everything, and prints what ran and what was left out.
func testAll(o options, stdout io.Writer) error {
	ctx := context.Background()
	all, err := packages(".")
	if err != nil {
		return err
	}
	b := bench{options: o}
	if b.left, err = readLeftOut("."); err != nil {
		return err
	}
	if err := checkLeftOut(".", b.left, all); err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp("", "reschedule-wine-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.folder) }() // it is of no use to anybody
	if b.overlay, err = overlay(ctx, b.folder); err != nil {
		return err
	}
	if err := b.build(ctx, "build", "go.exe", "./tools/wine"); err != nil {
		return err
	}
	if b.server, err = startGoServer(ctx, o.prefix); err != nil {
		return err
	}
	defer func() { _ = b.server.listener.Close() }() // nothing is waiting
	if err := b.runAll(ctx, all, stdout); err != nil {
		return err
	}
	for _, l := range b.left {
		if _, err := fmt.Fprintln(stdout, "left out:", l); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(stdout, "made smaller:", endToEnd, strings.Join(smaller, " "))
	return err
}

// throughNode matches the tests that start Node, by their names.
const throughNode = "Launcher|TestCancel/./launcher"

// runAll runs the packages side by side, and then once more what starts a Node with the other Nodes.
func (b bench) runAll(ctx context.Context, all []string, stdout io.Writer) error {
	var mu sync.Mutex
	var faults []error
	say := func(r result) {
		mu.Lock()
		defer mu.Unlock()
		if r.err != nil {
			faults = append(faults, r.err)
			return
		}
		_, err := fmt.Fprintf(stdout, "%s: %d tests passed in %.0f s with %s\n", r.pkg, r.passed, r.took.Seconds(), r.note)
		faults = append(faults, err)
	}
	for _, pkg := range all {
		if err := b.build(ctx, "test", exeName(pkg), "./"+pkg); err != nil {
			return err
		}
	}
	var running sync.WaitGroup
	running.Go(func() { // one after the other: most are short, the end-to-end tests are not
		for _, pkg := range all {
			if pkg != endToEnd {
				say(b.run(ctx, pkg, b.nodes[0], ""))
			}
		}
	})
	for i, node := range b.nodes {
		filter := ""
		if i > 0 {
			filter = throughNode
		}
		say(b.run(ctx, endToEnd, node, filter))
	}
	running.Wait()
	return errors.Join(faults...)
}

const endToEnd = "cmd/task"

// smaller makes the largest of the end-to-end tests smaller: a request costs many times as much under Wine, and what they
// vary is not what differs between systems.
var smaller = []string{"-faults-every=4"}

// result is what became of a run.
type result struct {
	pkg, note string
	passed    int
	took      time.Duration
	err       error
}

// run runs a package's tests under Wine with a Node on the path; filter chooses by name. What fails gets a second chance:
// once in a thousand times Wine 8 does not start a process ("Internal error"), or ends one in the middle with code 0. What
// fails on Windows by itself fails twice.
func (b bench) run(ctx context.Context, pkg, node, filter string) result {
	r := result{pkg: pkg, note: strings.TrimSuffix(filepath.Base(filepath.Dir(node))+" "+filter, " ")}
	begin := time.Now()
	out, err := b.start(ctx, pkg, node, filter)
	seen := read(out)
	r.passed = seen.passed
	if err != nil && len(seen.failed) > 0 && len(seen.failed) <= 5 {
		r.note += fmt.Sprintf("; once more: %s, since\n%s", strings.Join(seen.failed, ", "), withoutPasses(out))
		out, err = b.start(ctx, pkg, node, exactly(seen.failed))
		again := read(out)
		r.passed += again.passed
		seen.skipped = append(seen.skipped, again.skipped...)
	}
	r.took = time.Since(begin)
	switch {
	case err != nil:
		r.err = fmt.Errorf("%s on Windows: %w\n%s", pkg, err, withoutPasses(out))
	case seen.skipped != nil && folders() == nil:
		r.note += "; left out for want of a folder: " + strings.Join(seen.skipped, ", ")
	case seen.skipped != nil:
		r.err = fmt.Errorf("%s on Windows: left out without being named in %s: %s", pkg, leftOutFile, strings.Join(seen.skipped, ", "))
	case r.passed == 0:
		r.err = fmt.Errorf("%s on Windows: no test ran", pkg)
	}
	return r
}

// exactly is the pattern that matches these tests alone.
func exactly(tests []string) string {
	patterns := make([]string, len(tests))
	for i, test := range tests {
		parts := strings.Split(test, "/")
		for j, part := range parts {
			parts[j] = "^" + regexp.QuoteMeta(part) + "$"
		}
		patterns[i] = strings.Join(parts, "/")
	}
	return strings.Join(patterns, "|")
}

// start starts a package's tests and returns what they wrote.
func (b bench) start(ctx context.Context, pkg, node, filter string) ([]byte, error) {
	args := []string{filepath.Join(b.folder, exeName(pkg)), "-test.v", "-test.shuffle=on", "-test.timeout=15m", "-test.run=" + filter}
	var skip []string
	for _, l := range b.left {
		if l.pkg == pkg {
			skip = append(skip, l.test)
		}
	}
	if skip != nil {
		args = append(args, "-test.skip=^("+strings.Join(skip, "|")+")$")
	}
	if pkg == endToEnd {
		args = append(args, smaller...)
	}
	// A file, not a pipe: what is left running would hold it, and it can be looked at meanwhile.
	log, err := os.Create(filepath.Join(b.folder, strings.TrimSuffix(exeName(pkg), ".exe")+".log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "wine", args...) //nolint:gosec // a program that was compiled here
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = pkg, b.environment(node), log, log
	err = errors.Join(cmd.Run(), log.Close())
	out, readErr := os.ReadFile(log.Name())
	return out, errors.Join(err, readErr)
}

// outcomes are how many tests passed, and which were skipped or failed; of the latter only those within which none failed.
type outcomes struct {
	passed          int
	failed, skipped []string
}

var outcome = regexp.MustCompile(`(?m)^ *--- (PASS|FAIL|SKIP): (\S+) \(`)

func read(out []byte) outcomes {
	var seen outcomes
	for _, found := range outcome.FindAllSubmatch(out, -1) {
		name := string(found[2])
		switch string(found[1]) {
		case "PASS":
			seen.passed++
		case "FAIL":
			seen.failed = append(seen.failed, name)
		case "SKIP":
			seen.skipped = append(seen.skipped, name)
		}
	}
	all := slices.Clone(seen.failed)
	seen.failed = slices.DeleteFunc(seen.failed, func(name string) bool {
		return slices.ContainsFunc(all, func(other string) bool { return strings.HasPrefix(other, name+"/") })
	})
	return seen
}

// folders are what the tests compare with that is not part of the repository, as the programs under Wine are told of it;
// nil unless all of it is here.
func folders() []string {
	var found []string
	for _, name := range []string{"RESCHEDULE_RECORDINGS", "RESCHEDULE_DESCRIPTION"} {
		folder := os.Getenv(name)
		if folder == "" {
			return nil
		}
		found = append(found, name+"="+windowsPath(folder))
	}
	return found
}

// environment is that of a run: nothing of the caller's but what Wine and the tests need.
func (b bench) environment(node string) []string {
	env := append([]string{
		"WINEPREFIX=" + b.prefix, "WINEDEBUG=-all", "LC_ALL=C.UTF-8", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
		"WINEPATH=" + windowsPath(b.folder) + ";" + windowsPath(node), b.server.variable(),
		"RESCHEDULE_REQUIRE_NODE=1", "RESCHEDULE_LONG=1", // else more is left out
	}, folders()...)
	if b.program != "" {
		env = append(env, "RESCHEDULE_PROGRAM="+windowsPath(b.program))
	}
	return env
}

var passing = regexp.MustCompile(`(?m)^ *(=== .*|--- PASS: .*|PASS)\n`)

func withoutPasses(out []byte) []byte { return bytes.TrimSpace(passing.ReplaceAll(out, nil)) }
