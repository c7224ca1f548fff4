package azdotest

import (
	_ "embed"
	"fmt"
)

// Generate makes a world for benchmarks: n active pull requests with so many evaluations each, the same on every call.
// Half of the policies (at least one) are Build policies. The given fraction of the pull requests targets branches that
// no policy covers, and has no evaluations.
func Generate(n, evaluationsPerPullRequest int, fractionWithoutPolicy float64) World {
	p := &Project{Name: "Bench"}
	builds := (evaluationsPerPullRequest + 1) / 2
	for i := range evaluationsPerPullRequest {
		c := &Policy{ID: i + 1, Scopes: []*Scope{{Branch: "main"}}, Optional: i%4 == 3}
		if i < builds {
			c.DisplayName = fmt.Sprintf("Validation %d", i+1)
			c.Pipeline = Ref(fmt.Sprintf("pipeline-%d", i+1))
		} else {
			others := []string{"Minimum reviewers", "Work items", "Comments", "Status"}
			c.Type = others[(i-builds)%len(others)]
		}
		p.Policies = append(p.Policies, c)
	}
	states := []string{
		"expired", "succeeded", "failed", "succeeded", "expired", "running", "succeeded", "notStarted", "outdated", "succeeded",
	}
	const perRepository = 500
	without := 0.0
	for i := range n {
		if i%perRepository == 0 {
			p.Repositories = append(p.Repositories, &Repository{Name: fmt.Sprintf("repository-%03d", i/perRepository)})
		}
		repo := p.Repositories[len(p.Repositories)-1]
		pr := &PullRequest{
			ID: i + 1, Title: fmt.Sprintf("Change number %d of the generated world", i+1), AutoComplete: i%3 == 0, Votes: []int{10 * (i % 2)},
			Created: fmt.Sprintf("%dh ago", i%900+1), Author: fmt.Sprintf("Author %d", i%97), Labels: []string{"generated", fmt.Sprintf("team-%d", i%7)},
		}
		repo.PullRequests = append(repo.PullRequests, pr)
		if without += fractionWithoutPolicy; without >= 1 {
			without--
			pr.Target = fmt.Sprintf("feature/%d", i%50)
			continue
		}
		for j, c := range p.Policies {
			ev := &Evaluation{Policy: Ref(itoa(c.ID)), State: "approved"}
			if j < builds {
				ev.State = states[(i+3*j)%len(states)]
			}
			pr.Evaluations = append(pr.Evaluations, ev)
		}
	}
	return World{AllLocations: true, Gzip: new(false), Projects: []*Project{p}}
}

//go:embed demo.json
var demoFile []byte

// Demo is a small company's world with pull requests in every state that matters.
func Demo() World {
	w, err := Parse(demoFile)
	if err != nil {
		return World{} // TestDemo sees to it that this cannot be
	}
	return w
}
