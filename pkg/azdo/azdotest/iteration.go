package azdotest

import "net/http"

type wireIteration struct {
	ID              int          `json:"id"`
	Description     string       `json:"description"`
	Author          wireIdentity `json:"author"`
	CreatedDate     string       `json:"createdDate"`
	UpdatedDate     string       `json:"updatedDate"`
	SourceRefCommit wireCommitID `json:"sourceRefCommit"`
	TargetRefCommit wireCommitID `json:"targetRefCommit"`
	CommonRefCommit wireCommitID `json:"commonRefCommit"`
	HasMoreCommits  bool         `json:"hasMoreCommits"`
	Reason          string       `json:"reason"`
}

type wireCommitID struct {
	CommitID string `json:"commitId"`
}

// listIterations shows the creation of a pull request and, if there was one, the last push.
func (s *Server) listIterations(c *call) answer {
	e, refusal := s.addressed(c)
	if refusal != nil {
		return *refusal
	}
	if s.world.Behaviour.Iterations == "missing" {
		return refuse(http.StatusNotFound, "GitPullRequestIterationsNotFoundException", "The iterations of the pull request were not found.")
	}
	pr := e.pullRequest
	iteration := func(id int, commit, at, reason string) wireIteration {
		return wireIteration{
			ID: id, Description: pr.Title, Author: s.wireIdentity(pr.Author), CreatedDate: at, UpdatedDate: at, Reason: reason,
			SourceRefCommit: wireCommitID{commit}, TargetRefCommit: wireCommitID{pr.TargetCommit},
			CommonRefCommit: wireCommitID{Commit("common/" + itoa(pr.ID))},
		}
	}
	if pr.Pushed == "" {
		return list([]wireIteration{iteration(1, pr.SourceCommit, pr.Created, "create")})
	}
	return list([]wireIteration{
		iteration(1, Commit("first/"+itoa(pr.ID)), pr.Created, "create"),
		iteration(2, pr.SourceCommit, pr.Pushed, "push"),
	})
}
