package azdo

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strconv"
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

// numbered asks for one page of a list that pages by $top and $skip.
func numbered[T any](ctx context.Context, c *Client, r request, skip int, decode func(a *answer) (T, error)) (T, error) {
	query := url.Values{"$top": {strconv.Itoa(pageTop)}}
	if skip > 0 {
		query.Set("$skip", strconv.Itoa(skip))
	}
	maps.Copy(query, r.query)
	r.query = query
	return ask(ctx, c, &r, decode)
}

// continued reads a list that pages by continuation token, to its end or until enough says so; nil never does. page reads
// the page of a token, "" for the first, and returns the token of the next. It reports whether the list goes on.
func continued[T any](k call, enough func(all []T) bool, page func(token string) ([]T, string, error)) (all []T, more bool, err error) {
	token, seen := "", map[string]bool{}
	for range maxPages {
		items, next, err := page(token)
		if err != nil {
			return nil, false, err
		}
		all = append(all, items...)
		switch {
		case next == "":
			return all, false, nil
		case enough != nil && enough(all):
			return all, true, nil
		case seen[next]:
			return nil, false, &Error{Op: k.op, Message: "the list does not end: its continuation token came twice", area: k.area}
		}
		seen[next], token = true, next
	}
	return nil, false, &Error{Op: k.op, Message: fmt.Sprintf("the list does not end after %d pages", maxPages), area: k.area}
}
