package record

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// route is an API that the product asks for: its location, the same in every organization, its path in a request behind
// the project, and the parts of its template in the table of locations that the path does not show.
type route struct{ location, path, parts string }

// routes are those of the client. "{number}" takes a number, "{id}" a GUID, "{repository}" a name as well.
func routes() []route {
	const pullRequest = "_apis/git/repositories/{repository}/pullRequests/{number}"
	return []route{
		{"00d9565f-ed9c-4a06-9a50-00e7896ccab4", "_apis/connectionData", "{resource}"},
		{"603fe2ac-9723-48b9-88ad-09305aa6c6e1", "_apis/projects", "{resource} {*projectId}"},
		{"225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "_apis/git/repositories", "{project} {area} {repositoryId}"},
		{"9946fd70-0d40-406e-b686-b4744cbbcc37", "_apis/git/repositories/{repository}/pullRequests", "{pullRequestId}"},
		{"a5d28130-9cd2-40fa-9f08-902e7daa9efb", "_apis/git/pullRequests", ""},
		{"01a46dea-7d46-4d40-bc84-319e7c260d99", "_apis/git/pullRequests/{number}", ""},
		{"d43911ee-6958-46b0-a42b-8445b8a0d004", pullRequest + "/iterations", "{iterationId}"},
		{"f22387e3-984e-4c52-9c6d-fbb8f14c812d", pullRequest + "/labels", "{labelIdOrName}"},
		{"ab6e2e5d-a0b7-4153-b64a-a4efe0d49449", pullRequest + "/threads", "{threadId}"},
		{"965a3ec7-5ed8-455a-bdcb-835a5ea7fe7b", pullRequest + "/threads/{number}/comments/{number}", "{commentId}"},
		{"dad91cbe-d183-45f8-9c6e-9c1164472121", "_apis/policy/configurations", "{configurationId}"},
		{"c23ddff5-229c-4d04-a80b-0fdce9f360c8", "_apis/policy/evaluations", ""},
		{"46aecb7a-5d2c-4647-897b-0209505a9fe4", "_apis/policy/evaluations/{id}", "{evaluationId}"},
		{"0cd358e1-9217-4d94-8269-1c1ee6f93dcf", "_apis/build/builds", ""},
		{"0cd358e1-9217-4d94-8269-1c1ee6f93dcf", "_apis/build/builds/{number}", "{buildId}"},
		{"dbeaf647-6167-421a-bda9-c9327b25e2e6", "_apis/build/definitions", "{definitionId}"},
		{"8baac422-4c6e-4de5-8532-db96d92acffa", "_apis/build/builds/{number}/timeline", "{timelineId}"},
		{"35a80daf-7f30-45fc-86e8-6b813d9c90df", "_apis/build/builds/{number}/logs", "{logId}"},
		{"35a80daf-7f30-45fc-86e8-6b813d9c90df", "_apis/build/builds/{number}/logs/{number}", ""},
	}
}

// routeParts are what the templates of these locations consist of, in lower case.
var routeParts = sync.OnceValue(func() map[string]bool {
	parts := map[string]bool{}
	for _, r := range routes() {
		for _, part := range slices.Concat(strings.Split(r.path, "/"), strings.Fields(r.parts)) {
			parts[strings.ToLower(part)] = true
		}
	}
	return parts
})

// path is the neutral form of a path below the collection.
func (n *neutral) path(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, part := range parts {
		parts[i] = unescape(part)
	}
	api := max(slices.Index(parts, "_apis"), 0)
	for i := range api {
		parts[i] = n.name(kindProject, parts[i])
	}
	n.api(parts[api:])
	return strings.Join(parts, "/")
}

// api replaces what follows the project in a path.
func (n *neutral) api(parts []string) {
	for _, r := range routes() {
		if template := strings.Split(r.path, "/"); fits(template, parts) {
			for i, part := range template {
				if part == "{id}" || part == "{repository}" {
					parts[i] = n.name(kindRepository, parts[i])
				}
			}
			return
		}
	}
	for i, part := range parts {
		if part != "_apis" {
			parts[i] = n.name(kindSegment, part)
		}
	}
}

func fits(template, parts []string) bool {
	if len(template) != len(parts) {
		return false
	}
	for i, part := range template {
		switch {
		case part == "{number}" && isNumber(parts[i]), part == "{id}" && isGUID(parts[i]), part == "{repository}":
		case strings.EqualFold(part, parts[i]) && isASCII(parts[i]):
		default:
			return false
		}
	}
	return true
}

// query appends the neutral form of a query, by name. A parameter that nobody knows is left out.
func (n *neutral) query(to []byte, query url.Values) []byte {
	to = append(to, '{')
	first := true
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if n.known.parameters[name] == nil || len(query[name]) == 0 {
			continue
		}
		if !first {
			to = append(to, ',')
		}
		first = false
		to = append(quote(to, name), ':')
		to = quote(to, n.argument(name, query[name][0]))
	}
	return append(to, '}')
}

func (n *neutral) argument(name, text string) string {
	p := n.known.parameters[name]
	switch {
	case p.number && isNumbers(text), p.flag && (text == "true" || text == "false"), p.date && isDate(text):
		return text
	case len(p.words) > 0:
		parts := strings.Split(text, ",")
		for i, part := range parts {
			if !p.has(part) {
				parts[i] = n.name(kindText, part)
			}
		}
		return strings.Join(parts, ",")
	}
	return n.text(name, "", text)
}
