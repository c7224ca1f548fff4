// Package openapi checks exchanges with Azure DevOps against the service's own description, so that a client and a
// stand-in that one mind wrote cannot agree with each other against the service. The description (Swagger 2.0, cut to the
// operations of this product) is no part of the repository: a folder holds it.
//
// A request must be one of an operation, with parameters that it has, of their types and among their values, and with a
// body only where it has one. An answer must fit the operation's schema. Members that the description lacks are faults,
// too, but for those that recordings of the service show. What is left out is in exceptions.go, with its reasons.
package openapi

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Description is the description of a service. Its methods may be called from any goroutine.
type Description struct {
	operations []*Operation
}

// Operation is one verb on one path.
type Operation struct {
	method, name string
	path         []string // below the collection; "{name}" takes one segment
	parameters   []parameter
	body         *lazy // nil if there is none
	answer       *lazy // nil if it is no JSON
	list         bool  // the answer is {"count":n,"value":[...]} of answer
}

// Files are the names of the files that a folder must hold.
func Files() []string { return []string{"build.json", "core.json", "git.json", "policy.json"} }

// Load reads the description in a folder.
func Load(folder fs.FS) (*Description, error) {
	d := &Description{}
	for _, name := range Files() {
		file, err := folder.Open(name)
		if err != nil {
			return nil, fmt.Errorf("open description: %w", err)
		}
		document, err := jsonschema.UnmarshalJSON(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, fmt.Errorf("read description %s: %w", name, err)
		}
		if err := d.add(name, object(document)); err != nil {
			return nil, fmt.Errorf("understand description %s: %w", name, err)
		}
	}
	return d, nil
}

// add takes in the operations of one file.
func (d *Description) add(file string, document map[string]any) error {
	compiler, err := newCompiler(file, document)
	if err != nil {
		return err
	}
	mu := &sync.Mutex{}
	for path, verbs := range object(document["paths"]) {
		segments := strings.Split(strings.Trim(path, "/"), "/")
		if len(segments) < 2 || segments[0] != "{organization}" {
			return fmt.Errorf("path %s does not begin with an organization", path)
		}
		for verb, described := range object(verbs) {
			op := &Operation{method: strings.ToUpper(verb), name: strings.ToUpper(verb) + " " + strings.Join(segments[1:], "/"), path: segments[1:]}
			place := fmt.Sprintf("%s#/paths/%s/%s", file, escape(path), verb)
			for i, p := range array(object(described)["parameters"]) {
				if object(p)["in"] == "body" {
					op.body = &lazy{mu: mu, compiler: compiler, place: fmt.Sprintf("%s/parameters/%d/schema", place, i)}
				} else if object(p)["$ref"] == nil { // a reference is to the version, which travels in a header
					op.parameters = append(op.parameters, newParameter(object(p)))
				}
			}
			op.answers(object(object(object(described)["responses"])["200"]), &lazy{mu: mu, compiler: compiler, place: place + "/responses/200/schema"})
			d.operations = append(d.operations, op)
		}
	}
	return nil
}

func (o *Operation) answers(described map[string]any, schema *lazy) {
	s := object(described["schema"])
	is := func(kind string) bool { return slices.Contains(array(s["type"]), any(kind)) }
	switch {
	case s == nil, is("string"):
	case is("array"):
		o.list = true
		o.answer = &lazy{mu: schema.mu, compiler: schema.compiler, place: schema.place + "/items"}
	default:
		o.answer = schema
	}
}

// Find returns the operation of a verb on a path below the collection, or nil. What is excepted has none, or another's.
func (d *Description) Find(method string, path []string) *Operation {
	op, _, _ := d.find(method, path)
	return op
}

// find also returns the path by which the operation is told, and whether there need not be one.
func (d *Description) find(method string, path []string) (op *Operation, as []string, excepted bool) {
	if e := exceptionOf(method, path); e != nil {
		if e.as == nil {
			return nil, nil, true
		}
		path = e.as(path)
	}
	for _, o := range d.operations {
		if o.method == method && o.fits(path) {
			return o, path, false
		}
	}
	return nil, path, false
}

// Knows says whether the operation has a query parameter.
func (o *Operation) Knows(query string) bool { return o.parameter("query", query) != nil }

func (o *Operation) fits(path []string) bool {
	if len(o.path) != len(path) {
		return false
	}
	for i, segment := range o.path {
		if !strings.HasPrefix(segment, "{") && !strings.EqualFold(segment, path[i]) {
			return false
		}
	}
	return true
}

// Request is a request as far as the description speaks of it.
type Request struct {
	Method string
	Path   []string // the decoded segments below the collection
	Query  url.Values
	Body   []byte
}

// Request finds the operation of a request, and what is wrong with it. An operation that is nil has no description, which
// is a fault unless it is excepted.
func (d *Description) Request(r Request) (*Operation, []string) {
	op, path, excepted := d.find(r.Method, r.Path)
	switch {
	case excepted:
		return nil, nil
	case op == nil:
		return nil, []string{"no operation is described for " + r.Method + " " + strings.Join(r.Path, "/")}
	}
	return op, op.check(r, path)
}

func (o *Operation) check(r Request, path []string) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, o.name+": "+fmt.Sprintf(format, args...)) }
	for i, segment := range o.path {
		if p := o.parameter("path", strings.Trim(segment, "{}")); strings.HasPrefix(segment, "{") && p != nil {
			if reason := p.refuses(path[i]); reason != "" {
				fault("%s in the path: %s", p.name, reason)
			}
		}
	}
	for name, values := range r.Query {
		p := o.parameter("query", name)
		switch {
		case strings.EqualFold(name, "api-version"):
		case p == nil:
			fault("query parameter %q is not described", name)
		case len(values) > 1 && !p.several:
			fault("query parameter %q is there %d times", name, len(values))
		default:
			for _, value := range values {
				if reason := p.refuses(value); reason != "" {
					fault("query parameter %q: %s", name, reason)
				}
			}
		}
	}
	for _, p := range o.parameters {
		if p.in == "query" && p.required && !slices.ContainsFunc(keys(r.Query), func(name string) bool { return strings.EqualFold(name, p.name) }) {
			fault("query parameter %q is missing", p.name)
		}
	}
	switch {
	case o.body == nil && len(r.Body) > 0 && string(r.Body) != noBody:
		fault("a body is sent, none is described")
	case o.body != nil && len(r.Body) == 0:
		fault("the body is missing")
	case o.body != nil:
		for _, reason := range o.body.faults(r.Body) {
			fault("body %s", reason)
		}
	}
	slices.Sort(faults)
	return faults
}

func (o *Operation) parameter(in, name string) *parameter {
	for i := range o.parameters {
		if o.parameters[i].in == in && strings.EqualFold(o.parameters[i].name, name) {
			return &o.parameters[i]
		}
	}
	return nil
}
