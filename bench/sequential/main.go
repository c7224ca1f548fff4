// Command sequential is the straightforward loop over the SDK: list the active pull requests, read the evaluations of
// each, one after the other, and count what has expired. It decides nothing else and writes nothing.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/policy"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("sequential: ")
	project := os.Getenv("SYSTEM_TEAMPROJECT")
	limit, _ := strconv.Atoi(os.Getenv("BENCH_LIMIT")) // 0: no limit
	if err := loop(context.Background(), os.Getenv("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"), project, os.Getenv("SYSTEM_ACCESSTOKEN"), limit); err != nil {
		log.Fatal(err)
	}
}

func loop(ctx context.Context, collection, project, token string, limit int) error {
	connection := &azuredevops.Connection{AuthorizationString: "Bearer " + token, BaseUrl: collection, SuppressFedAuthRedirect: true}
	pullRequests, err := git.NewClient(ctx, connection)
	if err != nil {
		return err
	}
	evaluations, err := policy.NewClient(ctx, connection)
	if err != nil {
		return err
	}
	const top = 1000
	read, expired := 0, 0
	for skip := 0; ; skip += top {
		page, err := pullRequests.GetPullRequestsByProject(ctx, git.GetPullRequestsByProjectArgs{
			Project: &project, SearchCriteria: &git.GitPullRequestSearchCriteria{Status: &git.PullRequestStatusValues.Active},
			Top: new(top), Skip: &skip,
		})
		if err != nil {
			return err
		}
		for _, pr := range *page {
			projectID := pr.Repository.Project.Id.String()
			list, err := evaluations.GetPolicyEvaluations(ctx, policy.GetPolicyEvaluationsArgs{
				Project: &projectID, ArtifactId: new(fmt.Sprintf("vstfs:///CodeReview/CodeReviewId/%s/%d", projectID, *pr.PullRequestId)),
			})
			if err != nil {
				return err
			}
			for _, record := range *list {
				if fields, ok := record.Context.(map[string]any); ok && fields["isExpired"] == true {
					expired++
				}
			}
			if read++; read == limit {
				_, _ = fmt.Fprintln(os.Stdout, read, "pull requests,", expired, "evaluations expired")
				return nil
			}
		}
		if len(*page) < top {
			break
		}
	}
	_, _ = fmt.Fprintln(os.Stdout, read, "pull requests,", expired, "evaluations expired")
	return nil
}
