package requeue

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MostThere is how many names an Unmatched holds, of those that a pattern was compared with.
const MostThere = 10

// Unmatched are the patterns of one input that matched nothing. A misspelt pattern leaves everything alone, which looks as if
// there was nothing to do.
type Unmatched struct {
	Input    string   // by the name that people type
	Patterns []string // the including ones that matched nothing, as they were typed; never empty
	// Read is how many pull requests, or build evaluations where Input is "policies", were compared; at least 1.
	Read int
	// Partly says that there were more, of which nobody knows what the pattern looks at.
	Partly bool
	// There are names that there were, the most frequent first, at most MostThere; More is how many others there were.
	There []string
	More  int
}

// Unmatched finds the including patterns that matched none of the active pull requests or build evaluations that were
// read, whatever the other rules say of them. Names of repositories are not among them, because discovery has reported
// those that do not exist. The facts hold the names of pipelines.
func (r *Rules) Unmatched(prs []Screened, repositories RepositoryPatterns, own Project, f Facts) []Unmatched {
	var all []Unmatched
	add := func(input string, patterns []glob, sight func() seen) {
		if len(patterns) == 0 {
			return
		}
		s := sight()
		if u := s.unmatched(input, patterns); u != nil {
			all = append(all, *u)
		}
	}
	each := func(names func(pr *PullRequest) (match, show []string, known bool)) func() seen {
		return func() seen { return overPullRequests(prs, names) }
	}
	if u := repositories.unmatched(prs, own); u != nil {
		all = append(all, *u)
	}
	add("targetBranches", r.TargetBranches.patterns.include, each(func(pr *PullRequest) ([]string, []string, bool) {
		return one(ShortBranch(pr.TargetRefName))
	}))
	add("sourceBranches", r.SourceBranches.patterns.include, each(func(pr *PullRequest) ([]string, []string, bool) {
		return one(ShortBranch(pr.SourceRefName))
	}))
	add("labels", r.Labels.include, each(func(pr *PullRequest) ([]string, []string, bool) {
		return pr.Labels, pr.Labels, pr.LabelsKnown
	}))
	add("authors", r.Authors.include, each(func(pr *PullRequest) ([]string, []string, bool) {
		names := pr.Author.names()
		return names, []string{cmp.Or(pr.Author.DisplayName, pr.Author.UniqueName)}, len(names) > 0
	}))
	add("titles", r.Titles.include, each(func(pr *PullRequest) ([]string, []string, bool) { return one(pr.Title) }))
	return append(all, r.Policies.unmatched(prs, f)...)
}

func one(name string) (match, show []string, known bool) {
	return []string{name}, []string{name}, name != ""
}

// seen are the names that a kind of pattern is compared with.
type seen struct {
	match, show map[string]int // with how often each was there
	read        int
	partly      bool
}

func overPullRequests(prs []Screened, names func(*PullRequest) (match, show []string, known bool)) seen {
	s := seen{match: map[string]int{}, show: map[string]int{}}
	for _, screened := range prs {
		if screened.PullRequest.Status == "active" {
			s.add(names(screened.PullRequest))
		}
	}
	return s
}

func (s *seen) add(match, show []string, known bool) {
	if known {
		s.read++
	} else {
		s.partly = true
	}
	for _, name := range match {
		s.match[name]++
	}
	for _, name := range show {
		s.show[name]++
	}
	delete(s.match, "") // no name
	delete(s.show, "")
}

// unmatched is nil where every pattern matched something, or nothing was read.
func (s *seen) unmatched(input string, patterns []glob) *Unmatched {
	var none []string
	for _, p := range patterns {
		if !s.matches(p) {
			none = append(none, p.text)
		}
	}
	return s.tell(input, none)
}

func (s *seen) matches(p glob) bool {
	for name := range s.match {
		if p.matches(name) {
			return true
		}
	}
	return false
}

func (s *seen) tell(input string, none []string) *Unmatched {
	if len(none) == 0 || s.read == 0 {
		return nil
	}
	u := &Unmatched{Input: input, Patterns: none, Read: s.read, Partly: s.partly}
	u.There, u.More = MostFrequent(s.show)
	return u
}

// MostFrequent are the names that were there most often, at most MostThere, and how many others there were. What was there
// equally often comes in the order of the alphabet.
func MostFrequent(count map[string]int) (names []string, more int) {
	all := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), strings.Compare(a, b)) })
	if len(all) <= MostThere {
		return all, 0
	}
	return all[:MostThere], len(all) - MostThere
}

// unmatched is Unmatched for the input repositories.
func (p RepositoryPatterns) unmatched(prs []Screened, own Project) *Unmatched {
	items := slices.DeleteFunc(slices.Clone(p.Items), func(i RepositoryItem) bool { return i.Exclude || i.Named() })
	if len(items) == 0 {
		return nil
	}
	repositories := map[*Repository]bool{}
	s := overPullRequests(prs, func(pr *PullRequest) ([]string, []string, bool) {
		repositories[pr.Repository] = true
		name := pr.Repository.Name
		if !pr.Repository.Project.Same(own) {
			name = pr.Repository.Project.Name + "/" + name
		}
		return nil, []string{name}, true
	})
	var none []string
	for _, item := range items {
		matched := false
		for r := range repositories {
			matched = matched || item.Matches(*r, own)
		}
		if !matched {
			none = append(none, item.Text)
		}
	}
	return s.tell("repositories", none)
}

// unmatched is Unmatched for the input policies: none or one.
func (p PolicyPatterns) unmatched(prs []Screened, f Facts) []Unmatched {
	if len(p.includeIDs)+len(p.names.include) == 0 {
		return nil
	}
	names := seen{match: map[string]int{}, show: map[string]int{}}
	ids := map[int]bool{}
	builds := 0
	for _, screened := range prs {
		for _, e := range screened.PullRequest.Evaluations {
			if !e.IsBuild() || screened.PullRequest.Status != "active" {
				continue
			}
			builds++
			ids[e.Policy.PipelineID] = true
			pipeline := e.PipelineName
			if pipeline == "" {
				question := Question{
					Kind: AskPipeline, ProjectID: screened.PullRequest.Repository.Project.ID, PipelineID: e.Policy.PipelineID,
				}
				pipeline = f[question].Pipeline.Name
			}
			shown := cmp.Or(e.Policy.DisplayName, pipeline)
			names.add([]string{shown, cmp.Or(pipeline, shown)}, []string{shown}, pipeline != "")
		}
	}
	var none []string
	for _, g := range p.names.include {
		if names.read > 0 && !names.matches(g) {
			none = append(none, g.text)
		}
	}
	nameless := len(none) == 0
	for _, id := range p.includeIDs {
		if !ids[id] {
			none = append(none, strconv.Itoa(id))
		}
	}
	if nameless { // an ID is known of all
		names.read, names.partly = builds, false
	}
	if u := names.tell("policies", none); u != nil {
		return []Unmatched{*u}
	}
	return nil
}
