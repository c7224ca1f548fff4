package agenttest

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// shortestLeak is the length from which on a secret that turns up is called a leak; shorter ones turn up by chance.
const shortestLeak = 4

// longestFirst orders secrets so that one that contains another is replaced first; empty ones are dropped.
func longestFirst(secrets []string) []string {
	kept := slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return s == "" })
	slices.SortFunc(kept, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	return slices.Compact(kept)
}

// leaks names the forms in which secrets turn up in a text. A secret of several lines leaks by each of them.
func leaks(text string, secrets []string) []string {
	var found []string
	for _, secret := range longestFirst(secrets) {
		for part := range strings.SplitSeq(strings.ReplaceAll(secret, "\r", "\n"), "\n") {
			if part = strings.TrimSpace(part); len(part) < shortestLeak {
				continue
			}
			for _, form := range []struct{ name, text string }{
				{"plain", part},
				{"as part of a URL", url.QueryEscape(part)},
				{"base64", strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(part)), "=")},
				{"base64 of a basic authorization", strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(":"+part)), "=")},
			} {
				if strings.Contains(text, form.text) {
					found = append(found, form.name)
					break
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
