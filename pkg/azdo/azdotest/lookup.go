package azdotest

import "strings"

// PullRequest finds a pull request by its number, or nil.
func (w *World) PullRequest(id int) *PullRequest {
	for _, p := range w.Projects {
		for _, repo := range p.Repositories {
			for _, pr := range repo.PullRequests {
				if pr.ID == id {
					return pr
				}
			}
		}
	}
	return nil
}

// Evaluation finds the evaluation of a policy on a pull request, or nil.
func (w *World) Evaluation(pullRequest int, policy Ref) *Evaluation {
	for _, p := range w.Projects {
		for _, repo := range p.Repositories {
			for _, pr := range repo.PullRequests {
				if pr.ID == pullRequest {
					return p.evaluation(pr, policy)
				}
			}
		}
	}
	return nil
}

func (p *Project) holds(pullRequest int) bool {
	for _, repo := range p.Repositories {
		for _, pr := range repo.PullRequests {
			if pr.ID == pullRequest {
				return true
			}
		}
	}
	return false
}

func (p *Project) evaluation(pr *PullRequest, policy Ref) *Evaluation {
	c := p.policy(policy)
	if c == nil {
		return nil
	}
	for _, ev := range pr.Evaluations {
		if ev.Policy.number() == c.ID {
			return ev
		}
	}
	return nil
}

// Project finds a project by name or GUID, or nil.
func (w *World) Project(name string) *Project {
	for _, p := range w.Projects {
		if strings.EqualFold(p.Name, name) || strings.EqualFold(p.ID, name) {
			return p
		}
	}
	return nil
}

// Repository finds a repository by name or GUID, or nil.
func (w *World) Repository(project, name string) *Repository {
	if p := w.Project(project); p != nil {
		return p.repository(name)
	}
	return nil
}

func (p *Project) repository(name string) *Repository {
	for _, repo := range p.Repositories {
		if strings.EqualFold(repo.Name, name) || strings.EqualFold(repo.ID, name) {
			return repo
		}
	}
	return nil
}

// Policy finds a policy of a project by ID, display name, pipeline or type, or nil.
func (w *World) Policy(project string, ref Ref) *Policy {
	if p := w.Project(project); p != nil {
		return p.policy(ref)
	}
	return nil
}

// policy finds a policy; a blank reference is the first Build policy.
func (p *Project) policy(ref Ref) *Policy {
	n := ref.number()
	for _, c := range p.Policies {
		if n > 0 && c.ID == n {
			return c
		}
	}
	t, err := typeOf(string(ref))
	known := err == nil
	for _, c := range p.Policies {
		if ref != "" && strings.EqualFold(c.DisplayName, string(ref)) {
			return c
		}
	}
	if ref != "" {
		if d := p.pipeline(ref); d != nil {
			for _, c := range p.Policies {
				if c.Pipeline != "" && p.pipeline(c.Pipeline) == d {
					return c
				}
			}
		}
	}
	for _, c := range p.Policies {
		if known && (c.Type == t.id || c.Type == "" && t.id == BuildPolicyType) {
			return c
		}
	}
	return nil
}

// Pipeline finds a pipeline of a project by ID or name, or nil.
func (w *World) Pipeline(project string, ref Ref) *Pipeline {
	if p := w.Project(project); p != nil {
		return p.pipeline(ref)
	}
	return nil
}

func (p *Project) pipeline(ref Ref) *Pipeline {
	n := ref.number()
	for _, c := range p.Pipelines {
		if n > 0 && c.ID == n {
			return c
		}
	}
	for _, c := range p.Pipelines {
		if strings.EqualFold(c.Name, string(ref)) {
			return c
		}
	}
	return nil
}

// Build finds a build by its ID, or nil.
func (w *World) Build(id int) *Build {
	for _, p := range w.Projects {
		for _, b := range p.Builds {
			if b.ID == id {
				return b
			}
		}
	}
	return nil
}
