package openapi

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// library is a description of two operations in the manner of the official one.
const library = `{
  "paths": {
    "/{organization}/{project}/_apis/books": {
      "get": {
        "parameters": [
          {"in": "path", "name": "organization", "type": "string", "required": true},
          {"in": "path", "name": "project", "type": "string", "required": true},
          {"in": "query", "name": "shelf", "type": "string", "format": "uuid", "required": true},
          {"in": "query", "name": "$top", "type": "integer", "format": "int32"},
          {"in": "query", "name": "since", "type": "string", "format": "date-time"},
          {"in": "query", "name": "kind", "type": "string", "enum": ["novel", "essay"]},
          {"in": "query", "name": "ids", "type": "string", "format": "array (int32)"},
          {"in": "query", "name": "lent", "type": "boolean"},
          {"in": "query", "name": "words", "type": "array", "items": {"type": "string"}},
          {"$ref": "#/parameters/version"}
        ],
        "responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/Book"}}}}
      }
    },
    "/{organization}/{project}/_apis/books/{bookId}": {
      "patch": {
        "parameters": [
          {"in": "path", "name": "bookId", "type": "integer", "format": "int32", "required": true},
          {"in": "body", "name": "body", "schema": {"$ref": "#/definitions/Book"}, "required": true}
        ],
        "responses": {"200": {"schema": {"$ref": "#/definitions/Book"}}}
      },
      "get": {"responses": {"200": {"schema": {"type": "string", "format": "Stream"}}}}
    }
  },
  "definitions": {
    "Thing": {"type": "object", "properties": {"id": {"type": "integer"}, "_links": {"$ref": "#/definitions/ReferenceLinks"}}},
    "ReferenceLinks": {"type": "object", "properties": {"links": {"type": "object"}}},
    "Book": {
      "type": "object", "allOf": [{"$ref": "#/definitions/Thing"}],
      "properties": {
        "title": {"type": "string"}, "kind": {"enum": ["novel", "essay"]}, "printed": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}}
      }
    }
  }
}`

func load(t *testing.T, text string) *Description {
	t.Helper()
	folder := fstest.MapFS{}
	for _, name := range Files() {
		folder[name] = &fstest.MapFile{Data: []byte(`{}`)}
	}
	folder["core.json"] = &fstest.MapFile{Data: []byte(text)}
	d, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const shelf = "shelf=0609b952-1397-4640-95ec-e00a01b2c241"

func TestRequests(t *testing.T) {
	t.Parallel()
	d := load(t, library)
	for _, test := range []struct{ method, path, query, body, want string }{
		{"GET", "p/_apis/books", shelf + "&$top=5&since=2025-01-01T00:00:00Z&kind=novel&ids=1,2&lent=False&words=a&words=b&api-version=7.1", "", ""},
		{"GET", "p/_APIS/Books", shelf, "", ""},
		{"GET", "p/_apis/books", "", "", `query parameter "shelf" is missing`},
		{"GET", "p/_apis/books", "shelf=left", "", `query parameter "shelf": "left" is no GUID`},
		{"GET", "p/_apis/books", shelf + "&colour=red", "", `query parameter "colour" is not described`},
		{"GET", "p/_apis/books", shelf + "&$top=many", "", `query parameter "$top": "many" is no int32`},
		{"GET", "p/_apis/books", shelf + "&$top=3000000000", "", `query parameter "$top": "3000000000" is no int32`},
		{"GET", "p/_apis/books", shelf + "&$top=1&$top=2", "", `query parameter "$top" is there 2 times`},
		{"GET", "p/_apis/books", shelf + "&since=today", "", `query parameter "since": "today" is no date-time`},
		{"GET", "p/_apis/books", shelf + "&kind=novel,essay", "", `query parameter "kind": "novel,essay" is none of novel, essay`},
		{"GET", "p/_apis/books", shelf + "&ids=1,b", "", `query parameter "ids": "b" is no int32`},
		{"GET", "p/_apis/books", shelf + "&lent=maybe", "", `query parameter "lent": "maybe" is neither true nor false`},
		{"GET", "p/_apis/books", shelf, "{}", "a body is sent, none is described"},
		{"PATCH", "p/_apis/books/7", "", `{"title":"Emma"}`, ""},
		{"PATCH", "p/_apis/books/seven", "", `{"title":"Emma"}`, `bookId in the path: "seven" is no int32`},
		{"PATCH", "p/_apis/books/7", "", "", "the body is missing"},
		{"PATCH", "p/_apis/books/7", "", `{"title":5}`, "body at '/title': got number, want null or string"},
		{"DELETE", "p/_apis/books/7", "", "", "no operation is described for DELETE p/_apis/books/7"},
		{"GET", "_apis/books", shelf, "", "no operation is described for GET _apis/books"},
		{"OPTIONS", "_apis", "", "", ""},
		{"GET", "_apis/ConnectionData", "", "", ""},
	} {
		query, err := url.ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		_, faults := d.Request(Request{Method: test.method, Path: strings.Split(test.path, "/"), Query: query, Body: []byte(test.body)})
		got := strings.Join(faults, "\n")
		if _, reason, found := strings.Cut(got, ": "); found {
			got = reason
		}
		if got != test.want {
			t.Errorf("%s %s?%s: %q, want %q", test.method, test.path, test.query, got, test.want)
		}
	}
}

// TestEveryFolderWillDo does not run in parallel: it changes the working directory of the process.
func TestEveryFolderWillDo(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a b")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	request := Request{Method: "PATCH", Path: []string{"p", "_apis", "books", "7"}, Body: []byte(`{}`)}
	if _, faults := load(t, library).Request(request); faults != nil {
		t.Error(faults)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	d := load(t, library)
	list, faults := d.Request(Request{Method: "GET", Path: []string{"p", "_apis", "books"}, Query: url.Values{"shelf": {"0609b952-1397-4640-95ec-e00a01b2c241"}}})
	one, more := d.Request(Request{Method: "PATCH", Path: []string{"p", "_apis", "books", "7"}, Body: []byte(`{}`)})
	stream, rest := d.Request(Request{Method: "GET", Path: []string{"p", "_apis", "books", "7"}})
	if diff := cmp.Diff([]string(nil), append(append(faults, more...), rest...)); diff != "" {
		t.Fatal(diff)
	}
	for _, test := range []struct {
		name string
		op   *Operation
		body string
		want []string
	}{
		{"all members", one, `{"id":1,"title":"Emma","kind":"novel","printed":"1815-12-23T00:00:00Z","tags":["old"],"_links":{"self":{"href":"x"}}}`, nil},
		{"everything may be null", one, `{"id":null,"title":null,"kind":null,"printed":null,"tags":[null],"_links":null}`, nil},
		{"a time without a zone", one, `{"printed":"0001-01-01T00:00:00"}`, nil},
		{"no time", one, `{"printed":"soon"}`, []string{"at '/printed': "}},
		{"another type", one, `{"id":"1","tags":"old"}`, []string{"at '/id': got string", "at '/tags': got string"}},
		{"another word", one, `{"kind":"poem"}`, []string{"at '/kind': value must be one of"}},
		{"a member too many", one, `{"pages":5}`, []string{"additional properties 'pages' not allowed"}},
		{"null", one, `null`, []string{"answer null"}},
		{"no JSON", one, `{"id":1`, []string{"answer no JSON"}},
		{"a list", list, `{"count":2,"value":[{"id":1},{"id":2}]}`, nil},
		{"an empty list", list, `{"count":0,"value":[]}`, nil},
		{"a bad item", list, `{"count":2,"value":[{"id":1},{"id":"2"}]}`, []string{"answer item at '/id': got string"}},
		{"a null item", list, `{"count":1,"value":[null]}`, []string{"answer item null"}},
		{"an item that is bad on purpose", list, `{"count":2,"value":[{"hostile":1},{"id":"2"}]}`, []string{"answer item at '/id': got string"}},
		{"a wrong count", list, `{"count":2,"value":[{"id":1}]}`, []string{"count and value do not agree"}},
		{"without a list", list, `{"count":0}`, []string{"count and value do not agree"}},
		{"a bare list", list, `[]`, []string{"no list"}},
		{"a stream", stream, `anything`, nil},
	} {
		got := test.op.Answer([]byte(test.body), func(part []byte) bool { return bytes.HasPrefix(part, []byte(`{"hostile"`)) })
		if len(got) != len(test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
			continue
		}
		for i, want := range test.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%s: %q, want %q", test.name, got[i], want)
			}
		}
	}
}

func TestDescriptionsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{`:                       "read description build.json",
		`{"paths":{"/books":{}}}`: "does not begin with an organization",
	} {
		folder := fstest.MapFS{}
		for _, name := range Files() {
			folder[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if _, err := Load(folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := Load(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "open description") {
		t.Errorf("an empty folder: %v", err)
	}
	d := load(t, `{"paths":{"/{organization}/_apis/x":{"get":{"responses":{"200":{"schema":{"$ref":"#/definitions/Missing"}}}}}}}`)
	op, _ := d.Request(Request{Method: "GET", Path: []string{"_apis", "x"}})
	if got := op.Answer([]byte(`{}`), func([]byte) bool { return false }); len(got) != 1 || !strings.Contains(got[0], "cannot be used") {
		t.Errorf("a definition that is missing: %q", got)
	}
}
