package report

import (
	_ "embed" // for the schema
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

//go:embed report.schema.json
var schema string

// Schema is the JSON Schema (2020-12) of the report.
func Schema() []byte { return []byte(schema) }

// sums is what CheckSums counts in a report.
type sums struct {
	evaluations, requeue, skip int
	active                     int // pull requests that were read and are not named as closed
	skippedPullRequests        int
	pullRequestErrors          int
	outcomes                   map[requeue.OutcomeKind]int // of both actions
	failedWrites               int
	results                    map[requeue.Result]int
	reasons                    map[string]int
}

// CheckSums reports every number of a JSON report that does not agree with the others or with what the report lists.
func CheckSums(data []byte) error {
	var wire struct {
		DryRun          bool              `json:"dryRun"`
		Counts          map[string]int    `json:"counts"`
		SkippedByReason map[string]int    `json:"skippedByReason"`
		PullRequests    []pullRequestWire `json:"pullRequests"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	s := sums{outcomes: map[requeue.OutcomeKind]int{}, results: map[requeue.Result]int{}, reasons: map[string]int{}}
	for _, pr := range wire.PullRequests {
		s.add(pr)
	}

	var faults []error
	equal := func(what string, got, want int) {
		if got != want {
			faults = append(faults, fmt.Errorf("%s is %d, want %d", what, got, want))
		}
	}
	c := wire.Counts
	equal("plannedCount + skippedCount (want: evaluationCount)", c["plannedCount"]+c["skippedCount"], c["evaluationCount"])
	equal("requeuedCount + declinedCount + movedCount + failed writes + not attempted (want: plannedCount)",
		c["requeuedCount"]+c["declinedCount"]+c["movedCount"]+s.failedWrites+s.outcomes[requeue.OutcomePlanned], c["plannedCount"])
	equal("evaluationCount", c["evaluationCount"], s.evaluations)
	equal("plannedCount", c["plannedCount"], s.requeue)
	equal("skippedCount", c["skippedCount"], s.skip)
	equal("requeuedCount", c["requeuedCount"], s.outcomes[requeue.OutcomeRequeued])
	equal("declinedCount", c["declinedCount"], s.outcomes[requeue.OutcomeDeclined])
	equal("movedCount", c["movedCount"], s.outcomes[requeue.OutcomeMoved])
	equal("failedCount", c["failedCount"], s.outcomes[requeue.OutcomeFailed]+s.pullRequestErrors)
	equal("skippedPullRequestCount", c["skippedPullRequestCount"], s.skippedPullRequests)
	equal("pullRequestCount below the number of listed active pull requests: it", max(c["pullRequestCount"], s.active), c["pullRequestCount"])
	if _, waited := c["pendingCount"]; waited {
		equal("succeededCount", c["succeededCount"], s.results[requeue.ResultSucceeded])
		equal("rejectedCount", c["rejectedCount"], s.results[requeue.ResultRejected])
		equal("pendingCount", c["pendingCount"], s.results[requeue.ResultPending])
	}
	if wire.DryRun {
		equal("plannedCount of a dry run", c["plannedCount"], s.outcomes[requeue.OutcomePlanned])
	}
	if !maps.Equal(wire.SkippedByReason, s.reasons) {
		faults = append(faults, fmt.Errorf("skippedByReason is %v, want %v", wire.SkippedByReason, s.reasons))
	}
	return errors.Join(faults...)
}

func (s *sums) add(pr pullRequestWire) {
	closed := false
	if pr.Skipped != nil {
		s.skippedPullRequests++
		s.reasons[string(pr.Skipped.Reason)]++
		closed = pr.Skipped.Reason == requeue.NotActive
	}
	if pr.Error != nil {
		s.pullRequestErrors++
	} else if !closed {
		s.active++
	}
	for _, e := range pr.Evaluations {
		s.evaluations++
		if e.Outcome != nil {
			s.outcomes[*e.Outcome]++
		}
		if e.Result != nil {
			s.results[*e.Result]++
		}
		if e.Action == "requeue" {
			s.requeue++
			if e.Outcome != nil && *e.Outcome == requeue.OutcomeFailed {
				s.failedWrites++
			}
			continue
		}
		s.skip++
		if e.Reason != nil && slices.Contains(requeue.EvaluationReasons(), *e.Reason) {
			s.reasons[string(*e.Reason)]++
		}
	}
}
