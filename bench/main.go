// Command bench measures the program against the least client that can be, against the straightforward loop over the
// same SDK and against the same loop over the npm packages, on one machine in one run. See README.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"time"
)

// scenario is one line of the grid.
type scenario struct {
	pullRequests int
	without      float64 // share of pull requests without a policy
	latency      time.Duration
	concurrency  int
}

// target is where issue 7 sets its numbers.
var target = []scenario{
	{2000, 0.5, 20 * time.Millisecond, 16},
	{10_000, 0.5, 20 * time.Millisecond, 16},
}

// quick are the scenarios that a few minutes allow; full is the whole grid.
func quick() []scenario {
	return append([]scenario{
		{100, 0.5, 30 * time.Millisecond, 1},
		{100, 0.5, 30 * time.Millisecond, 8},
		{1000, 0.5, 0, 16},
		{1000, 0.5, 30 * time.Millisecond, 8},
		{1000, 0.5, 100 * time.Millisecond, 64},
	}, target...)
}

func full() []scenario {
	var all []scenario
	for _, n := range []int{100, 1000, 10_000} {
		for _, latency := range []time.Duration{0, 30 * time.Millisecond, 100 * time.Millisecond} {
			for _, concurrency := range []int{1, 8, 16, 64} {
				all = append(all, scenario{n, 0.5, latency, concurrency})
			}
		}
	}
	return append(all, target...)
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	var b bench
	everything := flag.Bool("full", false, "the whole grid instead of a few lines of it")
	flag.StringVar(&b.bin, "bin", "", "the folder with the programs")
	flag.StringVar(&b.task, "task", "", "the task's folder, with the program in it, for the launcher")
	flag.StringVar(&b.loop, "loop", "", "the npm loop's script; blank leaves it out")
	flag.IntVar(&b.times, "times", 3, "how often the program and the floor are measured; the best counts")
	flag.DurationVar(&b.patience, "patience", 20*time.Second, "a sequential loop that takes longer is cut short and scaled up")
	only := flag.String("only", "", "one scenario instead: pull requests, share without policy, latency, concurrency")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	scenarios := quick()
	if *everything {
		scenarios = full()
	}
	if *only != "" {
		var s scenario
		var latency string
		if _, err := fmt.Sscan(strings.ReplaceAll(*only, ",", " "), &s.pullRequests, &s.without, &latency, &s.concurrency); err != nil {
			log.Fatal(err)
		}
		var err error
		if s.latency, err = time.ParseDuration(latency); err != nil {
			log.Fatal(err)
		}
		scenarios = []scenario{s}
	}
	if err := b.all(ctx, os.Stdout, scenarios, *only == ""); err != nil {
		log.Fatal(err)
	}
}

// bench runs the scenarios.
type bench struct {
	bin, task, loop string
	times           int
	patience        time.Duration
	loops           map[string]measured // of the sequential loops, which know no concurrency
}

func (b *bench) all(ctx context.Context, w io.Writer, scenarios []scenario, memory bool) error {
	b.loops = map[string]measured{}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	put := func(cells ...any) {
		for _, cell := range cells {
			_, _ = fmt.Fprint(table, cell, "\t") // the writer keeps its error for Flush
		}
		_, _ = fmt.Fprintln(table)
	}
	put("pull requests", "latency", "at once", "client", "wall ms", "requests", "MB", "CPU ms", "per request", "peak MiB", "first ms", "most at once", "x floor", "x least", "speed-up")
	line := func(s scenario, name string, m, product measured, least measured) {
		mark := ""
		if m.scaled {
			mark = "~"
		}
		arithmetic := float64(m.requests) * float64(s.latency) / float64(s.concurrency)
		if name == "b: SDK loop" || name == "c: npm loop" {
			arithmetic = 0
		}
		put(s.pullRequests, s.latency, s.concurrency, name, fmt.Sprintf("%s%d", mark, m.wall.Milliseconds()),
			fmt.Sprint(mark, m.requests), fmt.Sprintf("%s%.1f", mark, float64(m.bytes)/1e6),
			fmt.Sprintf("%s%d", mark, m.cpu.Milliseconds()), fmt.Sprintf("%.3f", float64(m.cpu.Microseconds())/1000/float64(m.requests)),
			fmt.Sprintf("%.1f", float64(m.peak)/(1<<20)), fmt.Sprintf("%.1f", float64(m.first.Microseconds())/1000), m.mostUnderWay,
			ratio(float64(m.wall), arithmetic), ratio(float64(m.wall), float64(least.wall)), ratio(float64(m.wall), float64(product.wall)))
	}
	for _, s := range scenarios {
		err := b.with(s, func(sv *server) error {
			product, least, err := b.product(ctx, sv, s)
			if err != nil {
				return err
			}
			line(s, "a: least client", least, product, least)
			line(s, "task", product, product, least)
			for _, name := range []string{"b: SDK loop", "c: npm loop"} {
				if name == "c: npm loop" && b.loop == "" {
					continue
				}
				m, err := b.sequential(ctx, sv, s, name)
				if err != nil {
					return err
				}
				line(s, name, m, product, least)
			}
			return nil
		})
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(os.Stderr, "measured %v\n", s)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if !memory {
		return nil
	}
	return b.memory(ctx, w)
}

func ratio(a, b float64) string {
	if b <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", a/b)
}

// memory is what a run keeps for each pull request, and what the launcher adds.
func (b *bench) memory(ctx context.Context, w io.Writer) error {
	var peaks []int64
	for _, n := range []int{1000, 10_000} {
		s := scenario{pullRequests: n, concurrency: 16}
		if err := b.with(s, func(sv *server) error {
			m, _, err := b.product(ctx, sv, s)
			peaks = append(peaks, m.peak)
			if err != nil || n > 1000 || b.task == "" {
				return err
			}
			whole, err := sv.measure(ctx, command{args: []string{"node", b.task + "/launcher.js"}, env: sv.environment(s)})
			_, _ = fmt.Fprintf(w, "\nLauncher and program at %d pull requests with 8 evaluations each: %.1f MiB.\n", n, float64(whole.peak)/(1<<20))
			return err
		}); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "10,000 pull requests with 8 evaluations each: %.1f MiB, %.2f kB more per pull request than at 1,000.\n",
		float64(peaks[1])/(1<<20), float64(peaks[1]-peaks[0])/9000/1000)
	return err
}

// product measures the program, and the least client with the requests that the program sent. They take turns, so that
// what else the machine does hits both.
func (b *bench) product(ctx context.Context, sv *server, s scenario) (product, least measured, err error) {
	run := command{args: []string{b.bin + "/task"}, env: sv.environment(s)}
	sv.tell(0)
	first, err := sv.measure(ctx, run) // fills the service's memory
	if err != nil {
		return product, least, err
	}
	sv.tell(s.latency)
	for range b.times {
		one, err := sv.measure(ctx, run)
		if err != nil {
			return product, least, err
		}
		product = better(product, one)
		one, err = sv.measure(ctx, command{
			args: []string{b.bin + "/floor", "-origin", sv.origin(), "-concurrency", fmt.Sprint(s.concurrency)}, stdin: first.list,
		})
		if err != nil {
			return product, least, err
		}
		least = better(least, one)
	}
	return product, least, nil
}

// sequential measures one of the loops, on fewer pull requests if all of them would take too long.
func (b *bench) sequential(ctx context.Context, sv *server, s scenario, name string) (measured, error) {
	key := fmt.Sprint(name, s.pullRequests, s.without, s.latency)
	if m, known := b.loops[key]; known {
		return m, nil
	}
	args := []string{b.bin + "/sequential"}
	if name == "c: npm loop" {
		args = []string{"node", b.loop}
	}
	environment := sv.environment(s)
	run := func(limit int) (measured, error) {
		return sv.measure(ctx, command{args: args, env: append(environment, fmt.Sprint("BENCH_LIMIT=", limit))})
	}
	limit := 0
	each := s.latency + 3*time.Millisecond
	if most := int(b.patience / each); most < s.pullRequests {
		limit = most
	}
	sv.tell(0)
	if _, err := run(limit); err != nil { // fills the service's memory
		return measured{}, err
	}
	sv.tell(s.latency)
	m, err := run(limit)
	if err == nil && limit > 0 {
		factor := float64(s.pullRequests) / float64(limit)
		m.wall = time.Duration(float64(m.wall) * factor)
		m.cpu = time.Duration(float64(m.cpu) * factor)
		m.requests = int(float64(m.requests) * factor)
		m.bytes = int64(float64(m.bytes) * factor)
		m.scaled = true
	}
	b.loops[key] = m
	return m, err
}
