package azdo

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Repositories returns the repositories of a project, by its ID or name, that the identity may see. With "Protect
// access to repositories in YAML pipelines" the service leaves the others out without a word.
func (c *Client) Repositories(ctx context.Context, project string) ([]*requeue.Repository, error) {
	k := &call{op: oneLine("list repositories of project " + project), name: "repositories", area: areaCode}
	if project == "" {
		return nil, &Error{Op: k.op, Message: "there is no project", area: k.area} // the SDK would ask for those of all projects
	}
	list, found, err := typed(ctx, c, k, c.sdk.git.GetRepositories, git.GetRepositoriesArgs{Project: &project})
	if err != nil {
		return nil, err
	}
	repositories := make([]*requeue.Repository, 0, len(*list))
	for i := range *list {
		w := wireRepositoryOf(&(*list)[i], found, strconv.Itoa(i)+".")
		r, err := w.repository(c.collection)
		if err != nil {
			return nil, k.misread(err)
		}
		repositories = append(repositories, r)
	}
	return repositories, nil
}

type wireProject struct {
	ID   guid `json:"id"`
	Name word `json:"name"`
}

type wireRepository struct {
	ID            guid                `json:"id"`
	Name          word                `json:"name"`
	Project       object[wireProject] `json:"project"`
	DefaultBranch word                `json:"defaultBranch"`
	Disabled      flag                `json:"isDisabled"`
	WebURL        text                `json:"webUrl"`
}

// wireRepositoryOf is a repository of the SDK in the shape in which the lists of pull requests have it; at is the path of
// its fields.
func wireRepositoryOf(r *git.GitRepository, found *notes, at string) wireRepository {
	project := valueOf(r.Project)
	return wireRepository{
		ID:            guid{valueOf(r.Id), found.is(at + "id")},
		Name:          word{valueOf(r.Name), found.is(at + "name")},
		DefaultBranch: word{valueOf(r.DefaultBranch), found.is(at + "defaultBranch")},
		Disabled:      flagOf(r.IsDisabled, found.is(at+"isDisabled")),
		WebURL:        text{valueOf(r.WebUrl), found.is(at + "webUrl")},
		Project:       object[wireProject]{wireProjectOf(project, found, at), r.Project != nil, found.is(at + "project")},
	}
}

func wireProjectOf(p core.TeamProjectReference, found *notes, at string) wireProject {
	return wireProject{ID: guid{valueOf(p.Id), found.is(at + "project.id")}, Name: word{valueOf(p.Name), found.is(at + "project.name")}}
}

func (w *wireRepository) repository(collection *url.URL) (*requeue.Repository, error) {
	p := &w.Project
	bad := firstBad(
		field{"id", w.ID.bad || w.ID.v == uuid.Nil},
		field{"name", w.Name.bad},
		field{"project", p.bad},
		field{"project.id", p.v.ID.bad || p.v.ID.v == uuid.Nil},
		field{"project.name", p.v.Name.bad},
		field{"defaultBranch", w.DefaultBranch.bad},
		field{"isDisabled", w.Disabled.bad},
	)
	r := &requeue.Repository{
		ID: w.ID.v, Name: w.Name.s, Project: requeue.Project{ID: p.v.ID.v, Name: p.v.Name.s},
		DefaultRefName: w.DefaultBranch.s, Disabled: w.Disabled.v,
	}
	r.URL = repositoryPage(collection, w.WebURL.s, r)
	if bad != "" {
		return r, fmt.Errorf("repository field %s is missing or of a wrong type", bad)
	}
	return r, nil
}

// repositoryPage is the browser page of a repository: its own where the service gives one on the collection's host, else
// where every server has it.
func repositoryPage(collection *url.URL, webURL string, r *requeue.Repository) string {
	if web, err := url.Parse(webURL); err == nil && web.User == nil && originOf(web) == originOf(collection) {
		return fmt.Sprintf("%s://%s%s", web.Scheme, web.Host, strings.TrimRight(web.EscapedPath(), "/"))
	}
	return fmt.Sprintf("%s/%s/_git/%s", collection, url.PathEscape(r.Project.Name), url.PathEscape(r.Name))
}
