package azdo

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
)

const (
	// pageTop is asked for; the service cuts larger values down to it (rfennell/AzurePipelines#843).
	pageTop = 1000
	// fullPage is the least number of pull requests that can be a page cut by number: without $top a server gives about
	// so many (vsts-rest-api-specs#405), and some may cut $top down to it.
	fullPage = 100
	// fullEvaluations is the same for evaluations, of which a shorter page is the last one: those that do not apply are
	// asked for too, so nothing is taken out of a page.
	fullEvaluations = 25
	// overlap is how many items two pages of pull requests share: as many may close between the two requests without
	// another one slipping through the gap.
	overlap = 10
	// maxPages ends a list that never ends.
	maxPages = 10_000
)

// numbered reads one page of a list that pages by $top and $skip.
func numbered[T any](ctx context.Context, c *Client, r request, skip int, decode func(body io.Reader) ([]T, error)) ([]T, error) {
	query := url.Values{"$top": {strconv.Itoa(pageTop)}}
	if skip > 0 {
		query.Set("$skip", strconv.Itoa(skip))
	}
	maps.Copy(query, r.query)
	r.query = query
	var page []T
	r.call.decode = func(_ http.Header, body io.Reader) (err error) {
		page, err = decode(body)
		return err
	}
	err := c.send(ctx, fresh(r))
	return page, err
}

// continued reads a list that pages by continuation token, until limit items have come; 0 is all of them.
func continued[T any](ctx context.Context, c *Client, r request, limit int) ([]T, error) {
	var all []T
	token, seen := "", map[string]bool{}
	for range maxPages {
		one := fresh(r)
		if token != "" {
			one.query.Set("continuationToken", token)
		}
		var page []T
		next := ""
		one.call.decode = func(h http.Header, body io.Reader) (err error) {
			next = h.Get(azuredevops.HeaderKeyContinuationToken)
			page, err = decodeList[T](body)
			return err
		}
		if err := c.send(ctx, one); err != nil {
			return nil, err
		}
		all = append(all, page...)
		switch {
		case limit > 0 && len(all) >= limit:
			return all[:limit], nil
		case next == "":
			return all, nil
		case seen[next]:
			return nil, &Error{Op: r.call.op, Message: "the list does not end: its continuation token came twice", area: r.call.area}
		}
		seen[next], token = true, next
	}
	return nil, &Error{Op: r.call.op, Message: fmt.Sprintf("the list does not end after %d pages", maxPages), area: r.call.area}
}
