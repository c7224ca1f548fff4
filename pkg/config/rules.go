package config

import (
	"slices"
	"strings"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// readRules parses the inputs that decide.
func (l *loader) readRules() {
	in, f, r := &l.in, &l.faults, &l.cfg.Rules

	r.TargetBranches = patterns(f, "targetBranches", splitList(in.TargetBranches, "comma"), requeue.NewBranchPatterns)
	r.SourceBranches = patterns(f, "sourceBranches", splitList(in.SourceBranches, "comma"), requeue.NewBranchPatterns)
	r.Labels = patterns(f, "labels", splitList(in.Labels, "comma"), requeue.NewPatterns)
	r.Authors = patterns(f, "authors", splitList(in.Authors, "line"), requeue.NewPatterns)
	r.Titles = patterns(f, "titles", splitList(in.Titles, "line"), requeue.NewPatterns)
	r.Drafts = oneOf(f, "drafts", in.Drafts, requeue.DraftsSkip, requeue.DraftsInclude, requeue.DraftsOnly)
	r.CreatedWithin = f.duration("createdWithin", in.CreatedWithin)
	required := someOf(f, "require", splitList(in.Require, "comma"), "autoComplete", "approved", "noOtherBlockers")
	r.RequireAutoComplete = slices.Contains(required, "autoComplete")
	r.RequireApproved = slices.Contains(required, "approved")
	r.RequireNoOtherBlockers = slices.Contains(required, "noOtherBlockers")

	r.When = l.states()
	r.Policies = patterns(f, "policies", splitList(in.Policies, "line"), requeue.NewPolicyPatterns)
	r.Enforcement = oneOf(f, "enforcement", in.Enforcement,
		requeue.EnforcementAll, requeue.EnforcementRequired, requeue.EnforcementOptional)
	r.ManualPolicies = oneOf(f, "manualPolicies", in.ManualPolicies,
		requeue.ManualSkip, requeue.ManualInclude, requeue.ManualOnly)
	r.OutdatedAfter = f.duration("outdatedAfter", in.OutdatedAfter)
	r.ExpiringWithin = f.period("expiringWithin", in.ExpiringWithin)

	r.MaxRetriesPerCommit = f.count("maxRetriesPerCommit", in.MaxRetriesPerCommit, 0, largest)
	r.Cooldown = f.duration("cooldown", in.Cooldown)
	r.RetryOnlyIf = f.errorPatterns("retryOnlyIf", splitList(in.RetryOnlyIf, "line"))
	r.PauseAfterFailures = f.zeroOr("pauseAfterFailures", in.PauseAfterFailures, 3)
	r.NeverRetryIf = f.errorPatterns("neverRetryIf", splitList(in.NeverRetryIf, "line"))

	r.MaxPerRun = f.count("maxPerRun", in.MaxPerRun, 0, largest)
	if r.AutoInFlight = strings.EqualFold(in.MaxInFlightPerBranch, "auto"); !r.AutoInFlight {
		r.MaxInFlightPerBranch = f.count("maxInFlightPerBranch", in.MaxInFlightPerBranch, 0, largest, "auto")
	}
	r.Order, r.OrderLabels = f.order(splitList(in.Order, "comma"))
	r.WaitForTargetBranch = oneOf(f, "waitForTargetBranch", in.WaitForTargetBranch,
		requeue.TargetBranchIgnore, requeue.TargetBranchAwait, requeue.TargetBranchProbe)
	if f.boolean("sliceAcrossJobs", in.SliceAcrossJobs) {
		l.readSlice()
	}
}

// states is the input when, in the order of the contract whatever the order was.
func (l *loader) states() []requeue.State {
	all := []requeue.State{
		requeue.StateExpired, requeue.StateFailed, requeue.StateBroken, requeue.StateNotStarted, requeue.StateOutdated,
		requeue.StateExpiring, requeue.StateRecovered,
	}
	named := someOf(&l.faults, "when", splitList(l.in.When, "comma"), all...)
	return slices.DeleteFunc(all, func(s requeue.State) bool { return !slices.Contains(named, s) })
}

// readSlice finds this job's share. A job that is the only one of its kind takes everything.
func (l *loader) readSlice() {
	window := "above 0"
	if l.cfg.Rules.AutoInFlight {
		window = "auto"
	}
	if l.cfg.Rules.MaxInFlightPerBranch > 0 || l.cfg.Rules.AutoInFlight {
		l.add("sliceAcrossJobs", "it cannot be true together with maxInFlightPerBranch %s, since no job sees what the others start; "+
			"allowed: false, or maxInFlightPerBranch: 0", window)
	}
	if l.env.TotalJobs == "" {
		return
	}
	total, _, ok := number(l.env.TotalJobs, 1, largest)
	if ok && total == 1 {
		return
	}
	position, _, within := number(l.env.JobPosition, 1, total)
	if !ok || !within {
		l.add("sliceAcrossJobs", "this job's share cannot be told: SYSTEM_JOBPOSITIONINPHASE is %s and SYSTEM_TOTALJOBSINPHASE is %s; "+
			"set it to false, or give the job strategy: parallel", quote(l.env.JobPosition), quote(l.env.TotalJobs))
		return
	}
	l.cfg.Rules.Slice = requeue.Slice{Position: position, Total: total}
}

// order reads the keys of the input order, and the patterns of those that are labels.
func (f *faults) order(items []string) (keys []requeue.OrderKey, labels map[requeue.OrderKey]requeue.Patterns) {
	const label = string(requeue.OrderLabel)
	words := []requeue.OrderKey{
		requeue.OrderAutoComplete, requeue.OrderApproved, requeue.OrderStalest, requeue.OrderOldest, requeue.OrderNewest, requeue.OrderLabel + "<pattern>",
	}
	for _, item := range items {
		if len(item) < len(label) || !strings.EqualFold(item[:len(label)], label) {
			keys = append(keys, someOf(f, "order", []string{item}, words...)...)
			continue
		}
		pattern := strings.TrimSpace(item[len(label):])
		const allowed = "allowed: label: and a pattern without !, such as label:urgent or label:prio-*"
		switch {
		case pattern == "":
			f.add("order", "%s names no label; %s", quote(item), allowed)
			continue
		case strings.HasPrefix(pattern, "!"):
			f.add("order", "%s excludes a label, which is no order; %s", quote(item), allowed)
			continue
		}
		made, err := requeue.NewPatterns([]string{pattern})
		if err != nil {
			f.add("order", "%s: %v", quote(item), err)
			continue
		}
		if labels == nil {
			labels = map[requeue.OrderKey]requeue.Patterns{}
		}
		key := requeue.OrderLabel + requeue.OrderKey(pattern)
		keys, labels[key] = append(keys, key), made
	}
	return unrepeated(keys), labels
}

func unrepeated(keys []requeue.OrderKey) []requeue.OrderKey {
	var out []requeue.OrderKey
	for _, key := range keys {
		if !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}
