package azdo

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

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
// caller handles one. Only an empty page is the end: the service may cap $top, and no document says that it fills a
// page up after it has left out what the token may not see. So after a full page the next one begins behind what came,
// and after a shorter one behind what was asked for. Lists shift while pull requests open and close: pages overlap, and
// what comes twice is dropped. A pull request of an odd shape comes with its Err set; an error of the list ends it.
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
	return numbered(ctx, l.client, l.request(), skip, func(a *answer) ([]*requeue.PullRequest, error) {
		var page []*requeue.PullRequest
		err := decodeEach(a.Reader, func(w *wirePullRequest) error {
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
