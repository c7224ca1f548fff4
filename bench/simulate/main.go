// Command simulate runs the program's rules and its executor in a simulated repository, against what else re-queues expired
// builds, and prints what each costs and how long pull requests wait. See the README of the folder above.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pr-evaluations/reschedule/bench/simulate/model"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("simulate: ")
	seeds := flag.Uint64("seeds", 3, "how many seeds, from 1 on")
	only := flag.String("only", "", "only the loads whose name contains this")
	strategy := flag.String("strategy", "", "only the strategies whose name contains this")
	pictures := flag.String("pictures", "", "the folder into which to draw")
	flag.Parse()
	debug.SetGCPercent(400) // a simulation keeps little and throws much away
	begin := time.Now()
	if err := simulate(os.Stdout, *seeds, *only, *strategy, *pictures); err != nil {
		log.Fatal(err)
	}
	log.Printf("took %s", time.Since(begin).Round(time.Second))
}

func simulate(out io.Writer, seeds uint64, only, strategy, pictures string) error {
	for i, s := range sections() {
		s.loads = slices.DeleteFunc(s.loads, func(l model.Load) bool { return !strings.Contains(l.Name, only) })
		s.strategies = slices.DeleteFunc(s.strategies, func(s model.Strategy) bool { return !strings.Contains(s.Name, strategy) })
		if len(s.loads) == 0 || len(s.strategies) == 0 {
			continue
		}
		results, err := runAll(s.loads, s.strategies, seeds)
		if err != nil {
			return err
		}
		if err := table(out, s, results); err != nil {
			return err
		}
		if i > 0 || only+strategy != "" {
			continue // goals and pictures need everything
		}
		if err := goals(out, s, results); err != nil {
			return err
		}
		if pictures != "" {
			drawn := slices.IndexFunc(s.loads, func(l model.Load) bool { return l.Name == pictured })
			if err := draw(pictures, s.strategies, results[drawn]); err != nil {
				return err
			}
		}
	}
	return nil
}

// runAll simulates every load under every strategy, with each seed. The results have a row for each load.
func runAll(loads []model.Load, strategies []model.Strategy, seeds uint64) ([][]model.Result, error) {
	type job struct {
		load, strategy int
		seed           uint64
	}
	results := make([][][]model.Result, len(loads))
	var jobs []job
	for i := range loads {
		results[i] = make([][]model.Result, len(strategies))
		for j := range strategies {
			results[i][j] = make([]model.Result, seeds)
			for seed := range seeds {
				jobs = append(jobs, job{i, j, seed})
			}
		}
	}
	errs := make([]error, len(jobs))
	next := make(chan int)
	var running sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		running.Go(func() {
			for n := range next {
				j := jobs[n]
				results[j.load][j.strategy][j.seed], errs[n] = model.Run(loads[j.load], strategies[j.strategy], j.seed+1)
			}
		})
	}
	for n := range jobs {
		next <- n
	}
	close(next)
	running.Wait()
	sums := make([][]model.Result, len(loads))
	for i := range loads {
		for j := range strategies {
			var sum model.Result
			for _, r := range results[i][j] {
				sum = sum.Add(r)
			}
			sums[i] = append(sums[i], sum)
		}
	}
	for _, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%d of %d simulations, the first: %w", count(errs), len(jobs), err)
		}
	}
	return sums, nil
}

func count(errs []error) (n int) {
	for _, err := range errs {
		if err != nil {
			n++
		}
	}
	return n
}
