package openapi

import (
	"slices"
	"strings"
)

// exception is a request that the description has no operation for, though it is meant to be sent.
type exception struct {
	method, path string // below the collection; "{name}" takes one segment
	reason       string
	// as turns the path into one that is described, by which the request is checked. Without it there is no check.
	as func(path []string) []string
}

var exceptions = []exception{
	{"OPTIONS", "_apis", "the location service is not described; recordings hold it", nil},
	{"OPTIONS", "_apis/{area}", "the location service is not described; the official client for Node asks so", nil},
	{"GET", "_apis/connectionData", "the location service is not described; recordings hold it", nil},
	{"GET", "_apis/ResourceAreas", "the location service is not described; recordings hold it", nil},
	{"GET", "_apis/ResourceAreas/{area}", "the location service is not described; recordings hold it", nil},
	{"GET", "_apis/git/pullRequests/{pullRequestId}", "the project may be left out, as pull-request-24.json was recorded", func(path []string) []string {
		return slices.Insert(slices.Clone(path), 0, "project")
	}},
	{"GET", "{project}/_apis/build/builds/{buildId}/timeline", "a build's own timeline needs no ID, as every client has it", func(path []string) []string {
		return append(slices.Clone(path), "00000000-0000-0000-0000-000000000000")
	}},
}

// noBody is what the official client for Node sends where there is no body.
const noBody = "null"

// classes are definitions and formats that describe a class of the service's own code, where what is sent is an object
// with any members.
var classes = []string{"JObject", "JToken", "ReferenceLinks", "PropertiesCollection"}

// recorded are members and words that the service sends and the description lacks, with the recording that shows them.
var recorded = []struct{ definition, member, word, recording string }{
	{"Build", "keepForever", "", "builds-list.json"},
	{"DefinitionReference", "drafts", "", "builds-list.json"},
	{"TeamProjectReference", "visibility", "unchanged", "pull-requests-list-2025-01.json"},
	{"TeamProjectReference", "visibility", "organization", "projects-list.json"},
}

func exceptionOf(method string, path []string) *exception {
	for i, e := range exceptions {
		if e.method == method && (&Operation{path: strings.Split(e.path, "/")}).fits(path) {
			return &exceptions[i]
		}
	}
	return nil
}
