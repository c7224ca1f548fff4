package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pr-evaluations/reschedule/bench/protocol"
)

// server is the service, in a process of its own: the processes that are measured are started from this small one, since
// the system counts a parent's memory as its child's until that has started.
type server struct {
	hello protocol.Hello
	in    io.Writer
	out   *bufio.Scanner
	err   error
	dir   string

	latency time.Duration
}

// with runs do with a service of the wanted size.
func (b *bench) with(s scenario, do func(*server) error) (err error) {
	dir, err := os.MkdirTemp("", "reschedule-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cmd := exec.Command(b.bin+"/serve", "-pull-requests", strconv.Itoa(s.pullRequests), "-without", fmt.Sprint(s.without)) //nolint:gosec // our own program, which run.sh has built
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	sv := &server{in: in, out: bufio.NewScanner(out), dir: dir}
	sv.out.Buffer(nil, 64<<20)
	defer func() {
		_ = in.Close() // which ends the service
		if waitErr := cmd.Wait(); err == nil {
			err = waitErr
		}
	}()
	if sv.read(&sv.hello); sv.err != nil {
		return sv.err
	}
	if err := do(sv); err != nil {
		return err
	}
	return sv.err
}

func (sv *server) read(into any) {
	if sv.err != nil {
		return
	}
	if !sv.out.Scan() {
		sv.err = fmt.Errorf("the service has ended: %w", cmp.Or(sv.out.Err(), io.EOF))
		return
	}
	sv.err = json.Unmarshal(sv.out.Bytes(), into)
}

// tell sets the latency, and returns what the service saw since it was told last.
func (sv *server) tell(latency time.Duration) (counts protocol.Counts) {
	line, err := json.Marshal(protocol.Command{Latency: latency})
	if err == nil {
		_, err = sv.in.Write(append(line, '\n'))
	}
	if err != nil && sv.err == nil {
		sv.err = err
	}
	sv.read(&counts)
	sv.latency = latency
	return counts
}

func (sv *server) origin() string {
	u, err := url.Parse(sv.hello.URL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// environment is a dry run over all repositories, as on a laptop; the loops read the same variables.
func (sv *server) environment(s scenario) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + sv.dir, "TMPDIR=" + sv.dir,
		"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI=" + sv.hello.URL, "SYSTEM_TEAMPROJECT=" + sv.hello.Project,
		"SYSTEM_ACCESSTOKEN=" + strings.Repeat("t", 40), "AGENT_TEMPDIRECTORY=" + sv.dir,
		"INPUT_REPOSITORIES=*", "INPUT_DRYRUN=true", "INPUT_CONCURRENCY=" + strconv.Itoa(s.concurrency),
	}
}

type command struct {
	args, env []string
	stdin     []protocol.Request
}

// measured is one run of one client.
type measured struct {
	wall, cpu, first time.Duration
	peak             int64
	requests         int
	bytes            int64
	mostUnderWay     int
	list             []protocol.Request
	scaled           bool // from a part of the work
}

// better keeps the least of each, for what else the machine does only adds.
func better(a, b measured) measured {
	if a.requests == 0 {
		return b
	}
	b.wall, b.cpu, b.first, b.peak = min(a.wall, b.wall), min(a.cpu, b.cpu), min(a.first, b.first), min(a.peak, b.peak)
	b.mostUnderWay = max(a.mostUnderWay, b.mostUnderWay)
	return b
}

// measure runs a client to its end.
func (sv *server) measure(ctx context.Context, c command) (measured, error) {
	var stdin bytes.Buffer
	encoder := json.NewEncoder(&stdin)
	for _, r := range c.stdin {
		if err := encoder.Encode(r); err != nil {
			return measured{}, err
		}
	}
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...) //nolint:gosec // one of our own programs, or Node on one
	cmd.Env = c.env
	cmd.Stdin = &stdin
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := os.Create(filepath.Join(sv.dir, "output"))
	if err != nil {
		return measured{}, err
	}
	defer func() { _ = output.Close() }()
	cmd.Stdout = output
	latency := sv.latency
	sv.tell(latency)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return measured{}, err
	}
	watch := watchPeak(cmd.Process.Pid)
	err = cmd.Wait()
	m := measured{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak: watch()}
	if err != nil {
		said, _ := os.ReadFile(output.Name())
		return m, fmt.Errorf("%s: %w\n%s%s", strings.Join(c.args, " "), err, said, stderr.Bytes())
	}
	counts := sv.tell(latency)
	m.requests, m.bytes, m.mostUnderWay, m.first = counts.Requests, counts.Bytes, counts.MostUnderWay, counts.FirstRequest.Sub(start)
	m.list = counts.List
	return m, sv.err
}

// watchPeak watches the peak of the memory of a process and its children, where the system tells.
func watchPeak(pid int) (peak func() int64) {
	done, answer := make(chan struct{}), make(chan int64)
	go func() {
		known := map[int]int64{}
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			for _, p := range family(pid) {
				known[p] = max(known[p], highWater(p))
			}
			select {
			case <-tick.C:
			case <-done:
				sum := int64(0)
				for _, one := range known {
					sum += one
				}
				answer <- sum
				return
			}
		}
	}()
	return func() int64 { close(done); return <-answer }
}

func family(pid int) []int {
	all := []int{pid}
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)) // gone, or another system
	for word := range strings.FieldsSeq(string(data)) {
		if child, err := strconv.Atoi(word); err == nil {
			all = append(all, child)
		}
	}
	return all
}

func highWater(pid int) int64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // gone, or another system
	_, rest, found := strings.Cut(string(data), "VmHWM:")
	if !found {
		return 0
	}
	kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	return kib << 10
}
