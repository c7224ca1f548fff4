package main

import (
	"fmt"
	"time"

	"github.com/pr-evaluations/reschedule/bench/simulate/model"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// The strategies. Azure Repos' own re-queues happen under each of them.
const (
	builtIn   = "Azure Repos and authors"
	script    = "script every 15 minutes"
	everyPush = "everything on each merge"
	auto      = "task, auto" // "maxInFlightPerBranch: auto"
)

// window names the task with "maxInFlightPerBranch: n"; 0 is no limit.
func window(n int) string {
	if n == 0 {
		return "task, no limit"
	}
	return fmt.Sprintf("task, window %d", n)
}

// pictured is the load of the pictures: enough agents for the others, too. With eight of them those come to a standstill.
const pictured = "16 agents"

// section is some loads under some strategies.
type section struct {
	title, text string
	loads       []model.Load
	strategies  []model.Strategy
}

// sections are all that is simulated. The first is where the goals are set.
func sections() []section {
	return []section{
		{"Loads", "The strategies under each load.", loads(), strategies()},
		{
			"Choices of the task", "What single inputs and triggers do, each against the recipe with `maxInFlightPerBranch: auto`.",
			named("standard", "two pipelines, 16 agents", "30 a day, half of it bad", "auto-complete from the start"), choices(),
		},
	}
}

func strategies() []model.Strategy {
	all := []model.Strategy{
		{Name: builtIn, Authors: true},
		{Name: script, Everything: true, Every: 15 * time.Minute},
		{Name: everyPush, Everything: true, Push: true},
	}
	for n := range 4 {
		all = append(all, task(window(n), func(s *model.Strategy) {
			s.Rules.AutoInFlight, s.Rules.MaxInFlightPerBranch = false, n
		}))
	}
	return append(all, task(auto, func(*model.Strategy) {}))
}

// choices are the recipe with one thing changed.
func choices() []model.Strategy {
	order := func(key requeue.OrderKey) func(*model.Strategy) {
		return func(s *model.Strategy) { s.Rules.Order = []requeue.OrderKey{requeue.OrderAutoComplete, key} }
	}
	return []model.Strategy{
		task(auto, func(*model.Strategy) {}),
		task("order: autoComplete, oldest", order(requeue.OrderOldest)),
		task("order: autoComplete, newest", order(requeue.OrderNewest)),
		task("order: autoComplete, approved, stalest", func(s *model.Strategy) {
			s.Rules.Order = []requeue.OrderKey{requeue.OrderAutoComplete, requeue.OrderApproved, requeue.OrderStalest}
		}),
		task("push and schedule only", func(s *model.Strategy) { s.Completed = false }),
		task("push and CI only", func(s *model.Strategy) { s.Every = 0 }),
		task("push only", func(s *model.Strategy) { s.Completed, s.Every = false, 0 }),
		task("every 15 minutes only", func(s *model.Strategy) { s.Push, s.Completed = false, false }),
		task("every 5 minutes only", func(s *model.Strategy) { s.Push, s.Completed, s.Every = false, false, 5*time.Minute }),
		task("every 60 minutes, push and CI", func(s *model.Strategy) { s.Every = time.Hour }),
		task("when: expired", func(s *model.Strategy) { s.Rules.When = []requeue.State{requeue.StateExpired} }),
		task("when: expired, targetRecovered", func(s *model.Strategy) {
			s.Rules.When = []requeue.State{requeue.StateExpired, requeue.StateRecovered}
		}),
		task("when: expired, failed, targetRecovered", func(s *model.Strategy) {
			s.Rules.When = []requeue.State{requeue.StateExpired, requeue.StateFailed, requeue.StateRecovered}
		}),
		task("when: expired; require: autoComplete, noOtherBlockers", func(s *model.Strategy) {
			s.Rules.When, s.Rules.RequireNoOtherBlockers = []requeue.State{requeue.StateExpired}, true
		}),
		task("waitForTargetBranch: false", func(s *model.Strategy) { s.Rules.WaitForTargetBranch = requeue.TargetBranchIgnore }),
		task("waitForTargetBranch: true", func(s *model.Strategy) { s.Rules.WaitForTargetBranch = requeue.TargetBranchAwait }),
		task("require: autoComplete, approved", func(s *model.Strategy) { s.Rules.RequireApproved = true }),
		task("require: autoComplete, noOtherBlockers", func(s *model.Strategy) { s.Rules.RequireNoOtherBlockers = true }),
		task("window by all builds", func(s *model.Strategy) { s.Rules.AutoInFlight, s.AllBuilds = false, true }),
	}
}

// task is the task with the triggers of the recipe "A merge queue": each push to the branch, each green run of its CI, and
// every 15 minutes.
func task(name string, change func(*model.Strategy)) model.Strategy {
	s := model.Strategy{Name: name, Rules: recipe(), Push: true, Completed: true, Every: 15 * time.Minute}
	change(&s)
	return s
}

// recipe is the inputs of that recipe; what it does not name has its default.
func recipe() *requeue.Rules {
	return &requeue.Rules{
		RequireAutoComplete: true,
		When:                []requeue.State{requeue.StateExpired, requeue.StateFailed},
		AutoInFlight:        true,
		WaitForTargetBranch: requeue.TargetBranchProbe,

		Drafts: requeue.DraftsSkip, Enforcement: requeue.EnforcementAll, ManualPolicies: requeue.ManualSkip,
		OutdatedAfter: 12 * time.Hour, MaxRetriesPerCommit: 2, Cooldown: 10 * time.Minute, MaxPerRun: 20,
		Order: []requeue.OrderKey{requeue.OrderAutoComplete, requeue.OrderStalest},
	}
}

// named are the loads of these names.
func named(names ...string) []model.Load {
	var found []model.Load
	for _, name := range names {
		for _, l := range allLoads() {
			if l.Name == name {
				found = append(found, l)
			}
		}
	}
	return found
}

// loads are the repositories of the first section.
func loads() []model.Load {
	all := allLoads()
	return all[:len(all)-1]
}

// allLoads are all repositories; the last one is for a single choice only.
func allLoads() []model.Load {
	all := []model.Load{model.Standard()}
	add := func(name string, change func(*model.Load)) {
		l := model.Standard()
		l.Name = name
		change(&l)
		all = append(all, l)
	}
	perDay := func(l *model.Load, n float64) { l.PerDay, l.Open = n, int(n*10/3) }
	add(pictured, func(l *model.Load) { l.Agents = 16 })
	add("50 agents", func(l *model.Load) { l.Agents = 50 })
	add("two pipelines", func(l *model.Load) { l.Pipelines = 2 })
	add("two pipelines, 16 agents", func(l *model.Load) { l.Pipelines, l.Agents = 2, 16 })
	add("two pipelines, 50 agents", func(l *model.Load) { l.Pipelines, l.Agents = 2, 50 })
	add("10 a day", func(l *model.Load) { perDay(l, 10) })
	add("20 a day", func(l *model.Load) { perDay(l, 20) })
	add("10 a day, 2 agents", func(l *model.Load) { perDay(l, 10); l.Agents = 2 })
	add("20 a day, 2 agents", func(l *model.Load) { perDay(l, 20); l.Agents = 2 })
	add("30 a day, 2 agents", func(l *model.Load) { l.Agents = 2 })
	add("1 % flaky", func(l *model.Load) { l.Flaky = 0.01 })
	add("20 % flaky", func(l *model.Load) { l.Flaky = 0.2 })
	add("60 a day, builds of 10 minutes", func(l *model.Load) { perDay(l, 60); l.Build = 10 * time.Minute })
	add("20 a day, builds of 45 minutes", func(l *model.Load) { perDay(l, 20); l.Build = 45 * time.Minute })
	add("never red", func(l *model.Load) { l.Red = nil })
	add("after 12 hours", func(l *model.Load) { l.ValidHours = 12 })
	add("auto-complete from the start", func(l *model.Load) { l.EarlyAutoComplete = 1 })
	add("authors press all the same", func(l *model.Load) { l.AuthorsPress = true })
	add("each policy once", func(l *model.Load) { l.OncePerPolicy = true })
	add("30 a day, half of it bad", func(l *model.Load) { l.Bad = 0.5 })
	return all
}
