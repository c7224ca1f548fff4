package azdotest

import "slices"

// entry is a pull request with where it is.
type entry struct {
	project     *Project
	repository  *Repository
	pullRequest *PullRequest
	item        []byte // its encoding in lists, once asked for
}

type evaluationEntry struct {
	*entry
	evaluation *Evaluation
	policy     *Policy
}

func (e *evaluationEntry) policyName() string {
	if e.policy.DisplayName != "" {
		return e.policy.DisplayName
	}
	if d := e.project.pipeline(e.policy.Pipeline); d != nil {
		return d.Name
	}
	return typeName(e.policy.Type)
}

// index finds things in a world. It is made anew whenever the world was changed from outside.
type index struct {
	projectOf    map[*Repository]*Project
	pullRequests map[int]*entry
	ofProject    map[*Project][]*entry // newest first
	ofRepository map[*Repository][]*entry
	evaluations  map[string]*evaluationEntry
	builds       map[int]*Build
	lastBuild    int
	ofBranch     map[*Project]map[string][]*Build
	policies     map[*Policy][]byte // encoded configurations
}

func newIndex(w *World) index {
	x := index{
		projectOf: map[*Repository]*Project{}, pullRequests: map[int]*entry{}, ofProject: map[*Project][]*entry{},
		ofRepository: map[*Repository][]*entry{}, evaluations: map[string]*evaluationEntry{}, builds: map[int]*Build{},
		ofBranch: map[*Project]map[string][]*Build{}, policies: map[*Policy][]byte{},
	}
	newestFirst := func(a, b *entry) int { return b.pullRequest.ID - a.pullRequest.ID }
	for _, p := range w.Projects {
		policies := map[Ref]*Policy{}
		for _, c := range p.Policies {
			policies[Ref(itoa(c.ID))] = c
		}
		for _, repo := range p.Repositories {
			x.projectOf[repo] = p
			for _, pr := range repo.PullRequests {
				e := &entry{project: p, repository: repo, pullRequest: pr}
				x.pullRequests[pr.ID] = e
				x.ofRepository[repo] = append(x.ofRepository[repo], e)
				for _, ev := range pr.Evaluations {
					if c := policies[ev.Policy]; c != nil {
						x.evaluations[ev.ID] = &evaluationEntry{entry: e, evaluation: ev, policy: c}
					}
				}
			}
			slices.SortFunc(x.ofRepository[repo], newestFirst)
			x.ofProject[p] = append(x.ofProject[p], x.ofRepository[repo]...)
		}
		slices.SortFunc(x.ofProject[p], newestFirst)
		x.ofBranch[p] = map[string][]*Build{}
		for _, b := range p.Builds {
			x.addBuild(p, b)
		}
	}
	return x
}

func (x *index) addBuild(p *Project, b *Build) {
	x.builds[b.ID] = b
	x.lastBuild = max(x.lastBuild, b.ID)
	x.ofBranch[p][b.Branch] = append(x.ofBranch[p][b.Branch], b)
}
