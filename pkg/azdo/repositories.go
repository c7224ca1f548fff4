package azdo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Repositories returns the repositories of a project, by its ID or name, that the identity may see. With "Protect
// access to repositories in YAML pipelines" the service leaves the others out without a word.
func (c *Client) Repositories(ctx context.Context, project string) ([]*requeue.Repository, error) {
	op := "list repositories of project " + project
	var wire []wireRepository
	err := c.send(ctx, request{
		location: locRepositories, version: "7.1-preview.1", route: map[string]string{"project": project},
		call: call{op: oneLine(op), name: "repositories", area: areaCode, decode: func(_ http.Header, body io.Reader) (err error) {
			wire, err = decodeList[wireRepository](body)
			return err
		}},
	})
	if err != nil {
		return nil, err
	}
	repositories := make([]*requeue.Repository, 0, len(wire))
	for i := range wire {
		r, err := wire[i].repository(c.collection)
		if err != nil {
			return nil, &Error{Op: oneLine(op), Message: "the answer has an unexpected shape: " + err.Error(), area: areaCode}
		}
		repositories = append(repositories, r)
	}
	return repositories, nil
}

type wireRepository struct {
	ID            guid                `json:"id"`
	Name          word                `json:"name"`
	Project       object[wireProject] `json:"project"`
	DefaultBranch word                `json:"defaultBranch"`
	Disabled      flag                `json:"isDisabled"`
	WebURL        text                `json:"webUrl"`
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
