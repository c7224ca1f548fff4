package model

import "time"

// Load is a repository and its people. Times of people are working time: a day has ten hours of it, and every day is a
// working day.
type Load struct {
	Name string
	// Open is how many pull requests there are in the beginning; PerDay how many are opened on a working day, 0 for
	// none at all, ever. A pull request is under review for Open/PerDay days on average, so that about as many stay open.
	Open   int
	PerDay float64
	// Pipelines is how many required build policies there are.
	Pipelines int
	// Agents is how many builds run at once.
	Agents int
	// Build is the mean time that a build runs; single builds take 0.75 to 1.25 times as long.
	Build time.Duration
	// Flaky is the chance that a build fails although its commit is good.
	Flaky float64
	// ValidHours is the n of the policy "after n hours if the branch has been updated"; 0 is "immediately".
	ValidHours int
	// Bad is the chance that a pushed commit does not build; Conflict is the chance that a merge breaks one certain other
	// open pull request, which then needs a fix.
	Bad, Conflict float64
	// Red are the times during which the target branch does not build.
	Red []Red
	// EarlyAutoComplete is the share of pull requests whose author sets auto-complete when opening them; the others set
	// it once they are approved.
	EarlyAutoComplete float64
	// Notice is the mean working time after which an author looks at a build that failed or expired.
	Notice time.Duration
	// AuthorsPress says that authors press "Re-queue" on what has expired even where a strategy does it for them.
	AuthorsPress bool
	// OncePerPolicy is the stricter reading of "will only attempt to re-queue each build once": Azure Repos re-queues a
	// policy's expired build once for each commit, not once more after somebody else has started one.
	OncePerPolicy bool
	Days          int
}

// Red is a time during which the target branch does not build: a push breaks it, another one mends it.
type Red struct {
	At, For time.Duration // At counts from the first midnight
}

// Standard is the load from which the others differ: 100 open, 30 a day, one required pipeline of 20 minutes that expires
// immediately, eight agents, 5 % flaky, the branch red twice for two hours.
func Standard() Load {
	const day = 24 * time.Hour
	return Load{
		Name: "standard", Open: 100, PerDay: 30, Pipelines: 1, Agents: 8, Build: 20 * time.Minute, Flaky: 0.05,
		Bad: 0.2, Conflict: 0.0005, Days: 10, Notice: time.Hour,
		Red: []Red{{2*day + 10*time.Hour, 2 * time.Hour}, {6*day + 14*time.Hour, 2 * time.Hour}},
	}
}

// The working day.
const (
	workFrom = 8 * time.Hour
	workTo   = 18 * time.Hour
	workDay  = workTo - workFrom
)

// begin is the first midnight of the model; any would do.
var begin = time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC)

// afterWork is the time at which so much working time has passed.
func afterWork(t time.Time, d time.Duration) time.Time {
	day := t.Truncate(24 * time.Hour)
	at := min(max(t.Sub(day), workFrom), workTo) - workFrom + d
	days := at / workDay
	return day.Add(days*24*time.Hour + workFrom + at%workDay)
}
