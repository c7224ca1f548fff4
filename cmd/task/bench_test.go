package main_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// BenchmarkRun is a dry run of the real program over all repositories of a project, half of whose pull requests have no
// policy, on a stand-in that takes its time. What it is to be compared with is in bench/.
//
// "x-least" is requests by the least number: locations, identity, policies, repositories, pipelines, the pages of the list
// and one for each pull request with a policy. "x-floor" is wall time, the program's start included, by requests times
// latency through concurrency. The stand-in shares the machine with the program.
func BenchmarkRun(b *testing.B) {
	for _, bb := range []struct {
		pullRequests, concurrency int
		latency                   time.Duration
	}{
		{100, 8, 30 * time.Millisecond},
		{1000, 8, 30 * time.Millisecond},
		{1000, 64, 100 * time.Millisecond},
		{2000, 16, 20 * time.Millisecond},
		{10_000, 16, 20 * time.Millisecond},
	} {
		b.Run(fmt.Sprintf("pullRequests=%d/latency=%s/concurrency=%d", bb.pullRequests, bb.latency, bb.concurrency), func(b *testing.B) {
			world := azdotest.Generate(bb.pullRequests, 8, 0.5)
			world.Latency = bb.latency.String()
			s := azdotest.Start(b, world)
			var requests, most int
			var cpu, first time.Duration
			var peak int64
			for b.Loop() {
				s.Forget()
				r := dryRun(b, s, bb.concurrency)
				cpu, peak = cpu+r.cpu, max(peak, r.peak)
				seen := s.Requests()
				requests += len(seen)
				first += seen[0].Time.Sub(r.start)
				most = max(most, s.MaxUnderWay())
			}
			if most > bb.concurrency {
				b.Errorf("%d requests were under way at once", most)
			}
			perRun := float64(requests) / float64(b.N)
			pages := bb.pullRequests/1000 + 1
			least := 5 + pages + bb.pullRequests/2
			floor := perRun * bb.latency.Seconds() / float64(bb.concurrency)
			b.ReportMetric(perRun, "requests/op")
			b.ReportMetric(perRun/float64(least), "x-least")
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/floor, "x-floor")
			b.ReportMetric(float64(cpu.Microseconds())/1000/float64(requests), "cpu-ms/request")
			b.ReportMetric(float64(first.Microseconds())/1000/float64(b.N), "first-ms")
			b.ReportMetric(float64(most), "most-at-once")
			if peak > 0 {
				b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
			}
		})
	}
}

type programRun struct {
	start time.Time
	cpu   time.Duration
	peak  int64
}

// dryRun runs the program as on a laptop.
func dryRun(b *testing.B, s *azdotest.Server, concurrency int) programRun {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = []string{
		"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI=" + s.URL(), "SYSTEM_TEAMPROJECT=Bench", "SYSTEM_ACCESSTOKEN=token-of-the-benchmark",
		"AGENT_TEMPDIRECTORY=" + b.TempDir(), "INPUT_REPOSITORIES=*", "INPUT_DRYRUN=true", "INPUT_CONCURRENCY=" + strconv.Itoa(concurrency),
	}
	if root := os.Getenv("SYSTEMROOT"); root != "" { // sockets on Windows need it
		cmd.Env = append(cmd.Env, "SYSTEMROOT="+root)
	}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	r := programRun{start: time.Now()}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended, watched := make(chan struct{}), make(chan int64)
	go func() { watched <- watchPeak(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	close(ended)
	r.peak = <-watched
	if err != nil {
		b.Fatalf("%v\n%s", err, out.String())
	}
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return r
}

// watchPeak reads the peak of a process's memory until it has ended; 0 where the system does not tell. The resource usage
// of an ended process is no help: on Linux it begins with that of its parent.
func watchPeak(pid int, ended <-chan struct{}) (peak int64) {
	for {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if _, rest, found := strings.Cut(string(status), "VmHWM:"); found {
			if kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64); err == nil {
				peak = max(peak, kib<<10)
			}
		}
		select {
		case <-ended:
			return peak
		case <-time.After(2 * time.Millisecond):
		}
	}
}
