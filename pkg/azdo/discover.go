package azdo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Identity returns whom the token stands for, by the name that the service's pages show.
func (c *Client) Identity(ctx context.Context) (requeue.Identity, error) {
	type wire struct {
		User object[struct {
			ID         word `json:"id"`
			Name       word `json:"providerDisplayName"`
			CustomName word `json:"customDisplayName"`
			Properties object[struct {
				Account object[struct {
					Value word `json:"$value"`
				}] `json:"Account"`
			}] `json:"properties"`
		}] `json:"authenticatedUser"`
	}
	var found *wire
	err := c.send(ctx, request{
		location: locConnectionData, version: "7.1-preview.1",
		call: call{op: "read the identity", name: "connectionData", area: areaOrganization, decode: func(_ http.Header, body io.Reader) (err error) {
			found, err = decodeOne[wire](body)
			return err
		}},
	})
	if err != nil {
		return requeue.Identity{}, err
	}
	user := &found.User.v
	identity := requeue.Identity{ID: user.ID.s, DisplayName: user.Name.s, UniqueName: user.Properties.v.Account.v.Value.s}
	if identity.DisplayName == "" {
		identity.DisplayName = user.CustomName.s
	}
	if identity.ID == "" || identity.DisplayName == "" {
		return identity, &Error{Op: "read the identity", Message: "the answer names nobody", area: areaOrganization}
	}
	return identity, nil
}

// Projects returns the projects that the identity may see.
func (c *Client) Projects(ctx context.Context) ([]requeue.Project, error) {
	const op = "list projects"
	wire, err := continued[wireProject](ctx, c, request{
		location: locProjects, version: "7.1-preview.4",
		query: url.Values{"stateFilter": {"wellFormed"}, "$top": {strconv.Itoa(pageTop)}},
		call:  call{op: op, name: "projects", area: areaProject},
	}, 0)
	if err != nil {
		return nil, err
	}
	projects := make([]requeue.Project, 0, len(wire))
	for _, w := range wire {
		if w.ID.bad || w.Name.bad || w.ID.v == uuid.Nil || w.Name.s == "" {
			return nil, &Error{Op: op, Message: "the answer has an unexpected shape: a project without ID or name", area: areaProject}
		}
		projects = append(projects, requeue.Project{ID: w.ID.v, Name: w.Name.s})
	}
	return projects, nil
}

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

// Query selects active pull requests.
type Query struct {
	// Project is an ID or a name.
	Project string
	// Repository limits the query to one; nil is all of the project that the identity may see.
	Repository *requeue.Repository
	// Known are repositories to share, by ID. It is only read. What it lacks is made from the answer, which says
	// neither the default branch nor whether the repository is disabled.
	Known map[uuid.UUID]*requeue.Repository
}

// Page is a part of a list of pull requests: what is new in it, perhaps nothing.
type Page struct {
	PullRequests []*requeue.PullRequest
	// Trimmed says that a page before this one was shorter than any that is cut by number. The service then takes out
	// what the token may not see after it has cut a page, and a run of hidden ones can look like the end.
	Trimmed bool
}

// PullRequests returns the active pull requests of a query, a page at a time; the next page is under way while the
// caller handles one. Only an empty page is the end: $top may be capped, and nothing says that a page is filled up after
// what the token may not see was taken out. So a full page moves on by what came and a shorter one by what was asked for.
// Lists shift while pull requests open and close: pages overlap, and what comes twice is dropped. A pull request of an
// odd shape comes with its Err set; an error of the list ends it.
func (c *Client) PullRequests(ctx context.Context, q Query) iter.Seq2[Page, error] {
	if q.Repository != nil && q.Repository.URL == "" {
		repository := *q.Repository
		repository.URL = repositoryPage(c.collection, "", q.Repository)
		q.Repository = &repository
	}
	return func(yield func(Page, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		l := pullRequestLister{client: c, query: q, known: map[uuid.UUID]*requeue.Repository{}}
		seen := map[int]bool{}
		skip, repeats, short, trimmed := 0, 0, false, false
		next := start(func() ([]*requeue.PullRequest, error) { return l.page(ctx, skip) })
		// The last one started is waited for, so that none is left behind.
		defer func() { cancel(); <-next.done }()
		for {
			<-next.done
			page, err := next.value, next.err
			if err != nil {
				yield(Page{}, err)
				return
			}
			size := len(page)
			page = slices.DeleteFunc(page, func(pr *requeue.PullRequest) bool {
				again := seen[pr.ID]
				seen[pr.ID] = true
				return again
			})
			repeats++
			if len(page) > 0 {
				repeats = 0
			}
			// Two pages in a row without a new number come from a server that does not know $skip.
			if size == 0 || repeats == 2 {
				return
			}
			trimmed, short = short, short || size < fullPage
			step := size
			if size < fullPage || repeats > 0 {
				step = pageTop
			}
			skip += step - overlap
			from := skip
			next = start(func() ([]*requeue.PullRequest, error) { return l.page(ctx, from) })
			if !yield(Page{page, trimmed}, nil) {
				return
			}
		}
	}
}

// pending is a value that is being made.
type pending[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// start makes a value in the background. A panic there becomes its error: one in a goroutine of its own would end the
// process without a report.
func start[T any](f func() (T, error)) *pending[T] {
	p := &pending[T]{done: make(chan struct{})}
	go func() {
		defer close(p.done)
		defer func() {
			if r := recover(); r != nil {
				p.err = &Error{Message: oneLine(fmt.Sprintf("unexpected state: %v", r))}
			}
		}()
		p.value, p.err = f()
	}()
	return p
}

type pullRequestLister struct {
	client *Client
	query  Query
	known  map[uuid.UUID]*requeue.Repository // made from answers
}

func (l *pullRequestLister) request() request {
	r := request{
		location: locProjectPullRequests, version: "7.1-preview.1", route: map[string]string{"project": l.query.Project},
		query: url.Values{"searchCriteria.status": {"active"}, "searchCriteria.includeLinks": {"false"}},
		call:  call{op: "list pull requests of project " + oneLine(l.query.Project), name: "pullrequests", area: areaCode},
	}
	if repository := l.query.Repository; repository != nil {
		r.location = locPullRequests
		r.route["repositoryId"] = repository.ID.String()
		if repository.ID == uuid.Nil {
			r.route["repositoryId"] = repository.Name // the service takes either
		}
		if repository.Project.ID != uuid.Nil {
			r.route["project"] = repository.Project.ID.String()
		}
		r.call.op = "list pull requests of repository " + oneLine(repository.Name)
	}
	return r
}

// page reads one page. Only one is read at a time.
func (l *pullRequestLister) page(ctx context.Context, skip int) ([]*requeue.PullRequest, error) {
	return numbered(ctx, l.client, l.request(), skip, func(body io.Reader) ([]*requeue.PullRequest, error) {
		var page []*requeue.PullRequest
		err := decodeEach(body, func(w *wirePullRequest) error {
			repository, repositoryErr := l.repository(w)
			pr, err := w.pullRequest(repository, repositoryErr)
			page = append(page, &pr)
			return err
		})
		return page, err
	})
}

// repository is the shared value of a pull request's repository.
func (l *pullRequestLister) repository(w *wirePullRequest) (*requeue.Repository, error) {
	own := l.query.Repository
	if id := w.Repository.v.ID.v; id != uuid.Nil {
		if own != nil && own.ID == id && own.Project.ID != uuid.Nil {
			return own, nil
		}
		for _, known := range []map[uuid.UUID]*requeue.Repository{l.query.Known, l.known} {
			if shared := known[id]; shared != nil {
				return shared, nil
			}
		}
	}
	made, err := w.Repository.v.repository(l.client.collection)
	if w.Repository.bad {
		err = errors.New("its repository has a wrong type")
	}
	if err != nil {
		if own != nil {
			return own, nil // the query has settled it
		}
		return made, err
	}
	l.known[made.ID] = made
	return made, nil
}

// PullRequest returns one pull request in any state, by its number. project is an ID or a name; "" asks the collection.
// The answer has no labels, whatever the pull request has, and does not say the repository's default branch.
func (c *Client) PullRequest(ctx context.Context, project string, id int) (requeue.PullRequest, error) {
	op := "read the pull request"
	route := map[string]string{"pullRequestId": strconv.Itoa(id)}
	if project != "" {
		route["project"] = project
	}
	var wire *wirePullRequest
	err := c.send(ctx, request{
		location: locPullRequest, version: "7.1-preview.1", route: route,
		call: call{op: op, name: "pullrequest", area: areaCode, decode: func(_ http.Header, body io.Reader) (err error) {
			wire, err = decodeOne[wirePullRequest](body)
			return err
		}},
	})
	if err != nil {
		return requeue.PullRequest{}, err
	}
	repository, repositoryErr := wire.Repository.v.repository(c.collection)
	if wire.Repository.bad {
		repositoryErr = fmt.Errorf("its repository has a wrong type")
	}
	pr, err := wire.pullRequest(repository, repositoryErr)
	switch {
	case err != nil:
		return requeue.PullRequest{}, &Error{Op: op, Message: "the answer has an unexpected shape: " + err.Error(), area: areaCode}
	case pr.Err != nil:
		return requeue.PullRequest{}, pr.Err
	case pr.ID != id:
		return requeue.PullRequest{}, &Error{Op: op, Message: fmt.Sprintf("the answer is about pull request %d", pr.ID), area: areaCode}
	}
	return pr, nil
}

// LastPush returns when the newest iteration of a pull request was made, which is when its source branch was pushed to
// last. It is the zero time where the service shows no iteration.
func (c *Client) LastPush(ctx context.Context, project, repository uuid.UUID, pullRequest int) (time.Time, error) {
	type wire struct {
		Created instant `json:"createdDate"`
	}
	const op = "list the iterations"
	var iterations []wire
	err := c.send(ctx, request{
		location: locIterations, version: "7.1-preview.1",
		route: map[string]string{"project": project.String(), "repositoryId": repository.String(), "pullRequestId": strconv.Itoa(pullRequest)},
		call: call{op: op, name: "iterations", area: areaCode, decode: func(_ http.Header, body io.Reader) (err error) {
			iterations, err = decodeList[wire](body)
			return err
		}},
	})
	if err != nil && !IsGone(err) && !unregistered(err) {
		return time.Time{}, err
	}
	var last requeue.Instant
	for _, i := range iterations {
		if i.Created.bad {
			return time.Time{}, &Error{Op: op, Message: "the answer has an unexpected shape: createdDate is not what was expected", area: areaCode}
		}
		last = max(last, i.Created.t)
	}
	return last.Time(), nil
}

// Labels returns the active labels of a pull request, which a single answer leaves out (vsts-rest-api-specs#389).
func (c *Client) Labels(ctx context.Context, pr requeue.PullRequest) ([]string, error) {
	op := "list the labels"
	var labels []wireLabel
	err := c.send(ctx, request{
		location: locLabels, version: "7.1-preview.1", route: pullRequestRoute(pr),
		call: call{op: op, name: "labels", area: areaCode, decode: func(_ http.Header, body io.Reader) (err error) {
			labels, err = decodeList[wireLabel](body)
			return err
		}},
	})
	if err != nil {
		return nil, err
	}
	names, bad := activeLabels(labels, false)
	if bad {
		return nil, &Error{Op: op, Message: "the answer has an unexpected shape: a label is not what was expected", area: areaCode}
	}
	return names, nil
}

func pullRequestRoute(pr requeue.PullRequest) map[string]string {
	return map[string]string{
		"project":       pr.Repository.Project.ID.String(),
		"repositoryId":  pr.Repository.ID.String(),
		"pullRequestId": strconv.Itoa(pr.ID),
	}
}
