package requeue

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// glob is one pattern: anchored, without regard to case (Unicode simple folding), "*" any run of characters, "?" one.
type glob struct {
	text string
	re   *regexp.Regexp
}

func newGlob(text string) glob {
	// Names come out of JSON, where bytes that are not UTF-8 end up as U+FFFD; regexp would refuse them.
	quoted := regexp.QuoteMeta(strings.ToValidUTF8(text, "\uFFFD"))
	quoted = strings.ReplaceAll(quoted, `\*`, `.*`)
	quoted = strings.ReplaceAll(quoted, `\?`, `.`)
	return glob{text: text, re: regexp.MustCompile(`(?is)\A` + quoted + `\z`)}
}

func (g glob) matches(s string) bool { return g.re.MatchString(s) }

// isGlob tells a pattern from a name.
func isGlob(text string) bool { return strings.ContainsAny(text, "*?") }

// errEmptyExclusion is the only fault a pattern can have.
var errEmptyExclusion = errors.New(`"!" excludes nothing; write a pattern behind it, such as "!release/*"`)

// cutExclusion splits "!pattern" from "pattern". A blank item is an error.
func cutExclusion(item string) (pattern string, exclude bool, err error) {
	pattern, exclude = strings.CutPrefix(strings.TrimSpace(item), "!")
	pattern = strings.TrimSpace(pattern)
	if pattern == "" {
		return "", exclude, errEmptyExclusion
	}
	return pattern, exclude, nil
}

// Patterns is a list of patterns. The zero value matches everything; only exclusions mean "everything but"; an
// exclusion always wins.
type Patterns struct {
	include, exclude []glob
}

// NewPatterns makes a list of its items; a leading "!" excludes. A bare "!" is an error.
func NewPatterns(items []string) (Patterns, error) {
	var p Patterns
	for _, item := range items {
		pattern, exclude, err := cutExclusion(item)
		if err != nil {
			return Patterns{}, err
		}
		p.add(pattern, exclude)
	}
	return p, nil
}

func (p *Patterns) add(pattern string, exclude bool) {
	if exclude {
		p.exclude = append(p.exclude, newGlob(pattern))
	} else {
		p.include = append(p.include, newGlob(pattern))
	}
}

// IsZero reports whether the list has no pattern.
func (p Patterns) IsZero() bool { return len(p.include)+len(p.exclude) == 0 }

// Match reports whether one of several names of the same thing is included and none is excluded. Without a name, only
// a list without including patterns matches.
func (p Patterns) Match(names ...string) bool {
	included := len(p.include) == 0
	for _, name := range names {
		if anyMatches(p.exclude, name) {
			return false
		}
		included = included || anyMatches(p.include, name)
	}
	return included
}

func anyMatches(globs []glob, name string) bool {
	for _, g := range globs {
		if g.matches(name) {
			return true
		}
	}
	return false
}

const branchPrefix = "refs/heads/"

// ShortBranch is the name of a branch as people write it: "main" for "refs/heads/main". Other refs stay as they are.
func ShortBranch(refName string) string { return strings.TrimPrefix(refName, branchPrefix) }

// BranchPatterns are patterns on the short name of a branch. The zero value matches everything.
type BranchPatterns struct{ patterns Patterns }

// NewBranchPatterns makes patterns of items such as "main", "release/*" or "!refs/heads/old". A bare "!" is an error.
func NewBranchPatterns(items []string) (BranchPatterns, error) {
	var b BranchPatterns
	for _, item := range items {
		pattern, exclude, err := cutExclusion(item)
		if err != nil {
			return BranchPatterns{}, err
		}
		if len(pattern) > len(branchPrefix) && strings.EqualFold(pattern[:len(branchPrefix)], branchPrefix) {
			pattern = pattern[len(branchPrefix):]
		}
		b.patterns.add(pattern, exclude)
	}
	return b, nil
}

// Match reports whether the branch with this full name is selected.
func (b BranchPatterns) Match(refName string) bool { return b.patterns.Match(ShortBranch(refName)) }

// PolicyPatterns select build policies by display name, by their pipeline's name, or by its ID: an item of digits only
// is the ID and nothing else. The zero value matches everything.
type PolicyPatterns struct {
	names                  Patterns
	includeIDs, excludeIDs []int
}

// NewPolicyPatterns makes a list of its items. A bare "!" is an error, and so is an ID outside 1 to 2^31-1.
func NewPolicyPatterns(items []string) (PolicyPatterns, error) {
	var p PolicyPatterns
	for _, item := range items {
		pattern, exclude, err := cutExclusion(item)
		if err != nil {
			return PolicyPatterns{}, err
		}
		if strings.Trim(pattern, "0123456789") == "" {
			id, err := strconv.ParseInt(pattern, 10, 32)
			if err != nil || id == 0 {
				return PolicyPatterns{}, fmt.Errorf("%q is no pipeline ID; allowed are 1 to 2147483647", pattern)
			}
			if exclude {
				p.excludeIDs = append(p.excludeIDs, int(id))
			} else {
				p.includeIDs = append(p.includeIDs, int(id))
			}
			continue
		}
		p.names.add(pattern, exclude)
	}
	return p, nil
}

// Match reports whether a policy of this display name, pipeline name and pipeline ID is selected; "" is no name.
func (p PolicyPatterns) Match(displayName, pipelineName string, pipelineID int) bool {
	included := len(p.includeIDs) == 0 && len(p.names.include) == 0
	if slices.Contains(p.excludeIDs, pipelineID) {
		return false
	}
	included = included || slices.Contains(p.includeIDs, pipelineID)
	// A policy without any name still is one of "*".
	for _, name := range []string{cmp.Or(displayName, pipelineName), cmp.Or(pipelineName, displayName)} {
		if anyMatches(p.names.exclude, name) {
			return false
		}
		included = included || anyMatches(p.names.include, name)
	}
	return included
}

// hopesForName reports whether a pipeline's name, once known, could still turn a Match without it into a yes.
func (p PolicyPatterns) hopesForName(displayName string, pipelineID int) bool {
	return len(p.names.include) > 0 && !anyMatches(p.names.exclude, displayName) && !slices.Contains(p.excludeIDs, pipelineID)
}

// excludesNames reports whether a pipeline's name, once known, could turn a Match without it into a no.
func (p PolicyPatterns) excludesNames() bool { return len(p.names.exclude) > 0 }

// RepositoryItem is one item of the input repositories.
type RepositoryItem struct {
	Text    string // as written, without "!"
	Exclude bool
	// Project is a name, an ID or a pattern; "" is the run's own project.
	Project    string
	Repository string // a name, an ID or a pattern
}

// Named reports whether the item names one repository, which then must exist; a pattern may match nothing.
func (i RepositoryItem) Named() bool {
	return !i.Exclude && !isGlob(i.Project) && !isGlob(i.Repository)
}

// ProjectIsPattern reports whether the projects have to be listed to find the item's.
func (i RepositoryItem) ProjectIsPattern() bool { return isGlob(i.Project) }

// MatchesProject reports whether the item speaks of this project.
func (i RepositoryItem) MatchesProject(project, own Project) bool {
	if i.Project == "" {
		return project.Same(own)
	}
	return matchesNameOrID(i.Project, project.Name, project.ID)
}

// Matches reports whether the item speaks of this repository.
func (i RepositoryItem) Matches(r Repository, own Project) bool {
	return i.MatchesProject(r.Project, own) && matchesNameOrID(i.Repository, r.Name, r.ID)
}

func matchesNameOrID(pattern, name string, id uuid.UUID) bool {
	if parsed, err := uuid.Parse(pattern); err == nil && len(pattern) == 36 && parsed == id {
		return true
	}
	return newGlob(pattern).matches(name)
}

// RepositoryPatterns is the input repositories.
type RepositoryPatterns struct{ Items []RepositoryItem }

// NewRepositoryPatterns makes a list of its items: "name", "project/name", patterns and IDs, "!" excludes. Errors: a
// bare "!", more than one "/", nothing beside a "/".
func NewRepositoryPatterns(items []string) (RepositoryPatterns, error) {
	var p RepositoryPatterns
	for _, item := range items {
		pattern, exclude, err := cutExclusion(item)
		if err != nil {
			return RepositoryPatterns{}, err
		}
		parsed := RepositoryItem{Text: pattern, Exclude: exclude, Repository: pattern}
		if project, repository, found := strings.Cut(pattern, "/"); found {
			project, repository = strings.TrimSpace(project), strings.TrimSpace(repository)
			if project == "" || repository == "" || strings.Contains(repository, "/") {
				return RepositoryPatterns{}, fmt.Errorf(`%q is not "repository" or "project/repository"`, pattern)
			}
			parsed.Project, parsed.Repository = project, repository
		}
		p.Items = append(p.Items, parsed)
	}
	return p, nil
}

// Match reports whether the repository is selected; own is the run's project. Only exclusions mean every repository of
// the run's project but those.
func (p RepositoryPatterns) Match(r Repository, own Project) bool {
	included, including := false, false
	for _, item := range p.Items {
		including = including || !item.Exclude
		if !item.Matches(r, own) {
			continue
		}
		if item.Exclude {
			return false
		}
		included = true
	}
	return included || !including && r.Project.Same(own)
}

// SelectsAll reports whether a bare "*" selects every repository of a project.
func (p RepositoryPatterns) SelectsAll() bool {
	for _, item := range p.Items {
		if !item.Exclude && item.Repository == "*" {
			return true
		}
	}
	return false
}
