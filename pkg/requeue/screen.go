package requeue

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Screened is a pull request, and whether its evaluations have to be read.
type Screened struct {
	PullRequest *PullRequest
	Skipped     Reason // "" if its evaluations are worth reading
	Detail      string
}

// Screen applies every pull request rule that needs no evaluation. The policies are the build policies of the pull
// request's project. known is false where they could not be read; then no pull request is left alone as NoPolicy.
func (r *Rules) Screen(pr *PullRequest, policies []*Policy, known bool, now time.Time) Screened {
	reason, detail := r.screen(pr, policies, known, now)
	return Screened{PullRequest: pr, Skipped: reason, Detail: detail}
}

func (r *Rules) screen(pr *PullRequest, policies []*Policy, known bool, now time.Time) (Reason, string) {
	switch {
	case pr.Status != "active":
		return NotActive, pr.Status
	case !r.TargetBranches.Match(pr.TargetRefName):
		return TargetBranch, ShortBranch(pr.TargetRefName)
	case !r.SourceBranches.Match(pr.SourceRefName):
		return SourceBranch, ShortBranch(pr.SourceRefName)
	case !r.Labels.Match(pr.Labels...):
		return Label, strings.Join(pr.Labels, ", ")
	case !r.Authors.Match(pr.Author.names()...):
		return Author, pr.Author.DisplayName
	case !r.Titles.Match(pr.Title):
		return Title, ""
	case pr.Draft && !r.takesDraft(true):
		return Draft, ""
	case !pr.Draft && !r.takesDraft(false):
		return NotDraft, ""
	case r.CreatedWithin > 0 && now.Sub(pr.Created) > r.CreatedWithin:
		if pr.Created.IsZero() {
			return TooOld, "nobody knows when it was created"
		}
		return TooOld, "created " + pr.Created.UTC().Format(time.DateOnly)
	case pr.conflicted():
		return Conflicts, "merge status " + pr.MergeStatus
	case known && !covered(pr, policies):
		return NoPolicy, ShortBranch(pr.TargetRefName)
	case pr.Repository.Disabled:
		return RepositoryDisabled, pr.Repository.Name
	case r.RequireAutoComplete && !pr.AutoComplete:
		return NotAutoComplete, ""
	case !r.Slice.holds(pr):
		return OtherSlice, fmt.Sprintf("this job is %d of %d", r.Slice.Position, r.Slice.Total)
	}
	return "", ""
}

// AsksLabels reports whether the labels of the pull request matter: no earlier rule has left it alone.
func (r *Rules) AsksLabels(pr *PullRequest) bool {
	return (!r.Labels.IsZero() || len(r.OrderLabels) > 0) && pr.Status == "active" && r.TargetBranches.Match(pr.TargetRefName) && r.SourceBranches.Match(pr.SourceRefName)
}

// takesDraft reports whether the input drafts selects drafts, or what is none.
func (r *Rules) takesDraft(draft bool) bool {
	if draft {
		return r.Drafts == DraftsInclude || r.Drafts == DraftsOnly
	}
	return r.Drafts != DraftsOnly
}

func (p Person) names() []string {
	return slices.DeleteFunc([]string{p.UniqueName, p.DisplayName}, func(name string) bool { return name == "" })
}

func (pr *PullRequest) conflicted() bool {
	return pr.MergeStatus == "conflicts" || pr.MergeStatus == "failure"
}

// covered reports whether an enabled build policy's scope holds the pull request's target branch. A scope of an unknown
// kind, and one for the default branch where that is not known, count as covering: reading in vain costs one request,
// while not reading may cost a re-queue.
func covered(pr *PullRequest, policies []*Policy) bool {
	for _, p := range policies {
		if !p.Enabled || p.Deleted || !p.IsBuild() {
			continue
		}
		if p.Malformed != "" || len(p.Scopes) == 0 {
			return true
		}
		for _, scope := range p.Scopes {
			if scope.covers(pr) {
				return true
			}
		}
	}
	return false
}

func (s PolicyScope) covers(pr *PullRequest) bool {
	if s.RepositoryID != uuid.Nil && s.RepositoryID != pr.Repository.ID {
		return false
	}
	switch {
	case strings.EqualFold(s.MatchKind, "DefaultBranch"):
		return pr.Repository.DefaultRefName == "" || strings.EqualFold(pr.Repository.DefaultRefName, pr.TargetRefName)
	case s.RefName == "":
		return true
	case strings.EqualFold(s.MatchKind, "Exact"):
		return strings.EqualFold(s.RefName, pr.TargetRefName)
	case strings.EqualFold(s.MatchKind, "Prefix"):
		return len(pr.TargetRefName) >= len(s.RefName) && strings.EqualFold(pr.TargetRefName[:len(s.RefName)], s.RefName)
	}
	return true
}

// Uncovered groups what was left alone as NoPolicy by repository and target branch, the oldest pull request of each first.
// Those of disabled repositories are not among them: they are left alone whatever covers them.
func Uncovered(screened []Screened) [][]*PullRequest {
	var groups [][]*PullRequest
	known := map[branch]int{}
	for _, s := range screened {
		if s.Skipped != NoPolicy || s.PullRequest.Repository.Disabled {
			continue
		}
		b := branch{s.PullRequest.Repository.ID, s.PullRequest.TargetRefName}
		i, ok := known[b]
		if !ok {
			i = len(groups)
			known[b], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], s.PullRequest)
	}
	for _, group := range groups {
		slices.SortStableFunc(group, func(a, b *PullRequest) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	}
	return groups
}

// Hidden finds a policy that a list of policies should have shown where it left the pull request uncovered: an enabled
// build policy that one of its evaluations carries, whether it applies or not, and whose own scope covers the target
// branch. It is nil where there is none.
func Hidden(pr *PullRequest, evaluations []Evaluation) *Policy {
	for _, e := range evaluations {
		if covered(pr, []*Policy{e.Policy}) {
			return e.Policy
		}
	}
	return nil
}

// holds reports whether the pull request falls on this job: by a hash of project and number, so that jobs which list
// at different moments still take each pull request exactly once.
func (s Slice) holds(pr *PullRequest) bool {
	if s.Total <= 1 {
		return true
	}
	hash := fnv.New32a()
	// A hash.Hash never returns an error.
	_, _ = hash.Write(pr.Repository.Project.ID[:])
	_, _ = hash.Write([]byte(strconv.Itoa(pr.ID)))
	return int(hash.Sum32()%uint32(s.Total))+1 == s.Position // #nosec G115 -- Total is a job count, 1 to 2^31-1
}

// approved is the condition of the same name: every blocking reviewer policy is approved, nobody waits for the author
// or rejects, and where no such policy applies at least one reviewer has approved.
func (pr *PullRequest) approved() bool {
	applies, yes := false, false
	for _, vote := range pr.Votes {
		if vote < 0 {
			return false
		}
		yes = yes || vote > 0
	}
	for _, e := range pr.Evaluations {
		if !e.Policy.Blocking || !slices.Contains(reviewerTypes, e.Policy.TypeID) || e.Status == StatusNotApplicable {
			continue
		}
		applies = true
		if e.Status != "approved" {
			return false
		}
	}
	return applies || yes
}
