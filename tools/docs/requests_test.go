package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sentRequest is one request that pkg/azdo can send.
type sentRequest struct {
	name       string   // as the transport is told: "GET evaluations"; the method alone where a library sends it
	files      []string // where it is made
	locations  []string
	parameters []string // of its query
}

// source is the code of pkg/azdo, as far as it says what is sent. It is read, not run: a request that no test sends is in
// it, too.
type source struct {
	files     map[string]*ast.File
	functions []function
	locations map[string]string // the IDs of the variables locBuilds and so on
}

type function struct {
	*ast.FuncDecl
	file string
}

func readSource(t *testing.T) *source {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "pkg", "azdo", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	s := &source{files: map[string]*ast.File{}, locations: map[string]string{}}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		s.files[name] = file
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
				s.functions = append(s.functions, function{f, name})
			}
		}
		each(file, func(v *ast.ValueSpec) {
			if strings.HasPrefix(v.Names[0].Name, "loc") && len(v.Values) == 1 {
				if call, ok := v.Values[0].(*ast.CallExpr); ok && len(call.Args) == 1 {
					s.locations[v.Names[0].Name] = text(call.Args[0])
				}
			}
		})
	}
	return s
}

// each calls do for every node of one type.
func each[T ast.Node](in ast.Node, do func(T)) {
	ast.Inspect(in, func(n ast.Node) bool {
		if one, ok := n.(T); ok {
			do(one)
		}
		return true
	})
}

// text is the value of a string in the code; "" for anything else.
func text(e ast.Expr) string {
	if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		value, _ := strconv.Unquote(lit.Value) // it was parsed
		return value
	}
	return ""
}

// isType says whether a composite literal is of a type, "request" or "url.Values".
func isType(lit *ast.CompositeLit, name string) bool {
	switch kind := lit.Type.(type) {
	case *ast.Ident:
		return kind.Name == name
	case *ast.SelectorExpr:
		x, ok := kind.X.(*ast.Ident)
		return ok && x.Name+"."+kind.Sel.Name == name
	}
	return false
}

// field is a field of a composite literal; nil where it is left out.
func field(lit *ast.CompositeLit, name string) ast.Expr {
	for _, element := range lit.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && key.Name == name {
				return pair.Value
			}
		}
	}
	return nil
}

// requests is everything that can be sent, in no order.
func (s *source) requests(t *testing.T) []sentRequest {
	t.Helper()
	var all []sentRequest
	for _, f := range s.functions {
		each(f.Body, func(lit *ast.CompositeLit) {
			if isType(lit, "request") {
				all = append(all, s.made(t, f, lit))
			}
			if isType(lit, "call") && field(lit, "table") != nil { // the SDK sends it before the first request
				all = append(all, sentRequest{name: "OPTIONS " + text(field(lit, "name")), files: []string{f.file}})
			}
		})
		each(f.Body, func(method *ast.SelectorExpr) { // c.sdk.git.GetThreads
			area, ok := method.X.(*ast.SelectorExpr)
			if !ok {
				return
			}
			if clients, ok := area.X.(*ast.SelectorExpr); ok && clients.Sel.Name == "sdk" && area.Sel.Name != "connection" {
				all = append(all, s.typed(t, f, area.Sel.Name, method.Sel.Name))
			}
		})
		all = append(all, s.others(f)...)
	}
	return merged(all)
}

// made is a request that a literal of type request makes; all of them are GET.
func (s *source) made(t *testing.T, f function, lit *ast.CompositeLit) sentRequest {
	t.Helper()
	name := s.callName(t, f)
	if call, ok := field(lit, "call").(*ast.CompositeLit); ok {
		name = text(field(call, "name"))
	}
	r := sentRequest{name: "GET " + name, files: []string{f.file}, parameters: s.parameters(f)}
	r.locations = s.values(field(lit, "location"))
	each(f.Body, func(set *ast.AssignStmt) { // r.location = locBuilds
		if to, ok := set.Lhs[0].(*ast.SelectorExpr); ok && to.Sel.Name == "location" {
			r.locations = append(r.locations, s.values(set.Rhs[0])...)
		}
	})
	return r
}

// typed is the request that a typed method of the SDK sends, by the SDK's own source: its method, its location and the
// parameters that it makes of the arguments which are set here.
func (s *source) typed(t *testing.T, f function, area, method string) sentRequest {
	t.Helper()
	sent := sdkRequest(t, area, method)
	r := sentRequest{name: sent.name + " " + s.callName(t, f), files: []string{f.file}, locations: sent.locations}
	argument := func(name string) {
		if parameter, ok := sent.parameters[name]; ok {
			r.parameters = append(r.parameters, parameter)
		}
	}
	each(f.Body, func(lit *ast.CompositeLit) {
		if isType(lit, area+"."+method+"Args") {
			for _, element := range lit.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					argument(pair.Key.(*ast.Ident).Name)
				}
			}
		}
	})
	each(f.Body, func(set *ast.AssignStmt) { // args.Top = &top
		if to, ok := set.Lhs[0].(*ast.SelectorExpr); ok {
			argument(to.Sel.Name)
		}
	})
	return r
}

// callName is how the transport is told of the request of a function, which says it itself or is told by who calls it.
func (s *source) callName(t *testing.T, f function) string {
	t.Helper()
	var names []string
	in := func(body ast.Node) {
		each(body, func(lit *ast.CompositeLit) {
			if isType(lit, "call") && field(lit, "table") == nil {
				names = append(names, text(field(lit, "name")))
			}
		})
	}
	if in(f.Body); len(names) == 0 {
		for _, g := range s.functions {
			each(g.Body, func(call *ast.CallExpr) {
				if called(call) == f.Name.Name && g.Name.Name != f.Name.Name {
					in(g.Body)
				}
			})
		}
	}
	return one(t, sortedUnique(names))
}

// sdkMethod is what a typed method of the SDK sends.
type sdkMethod struct {
	name       string // of the HTTP method
	locations  []string
	parameters map[string]string // of the query, by the fields of its arguments
}

// sdkRequest reads a method in the SDK's source, which the module cache has.
func sdkRequest(t *testing.T, area, method string) sdkMethod {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "github.com/microsoft/azure-devops-go-api/azuredevops/v7/"+area)
	list.Dir = root
	folder, err := list.Output()
	if err != nil {
		t.Fatalf("where is the SDK's package %s? %v", area, err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(folder)), "client.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	sent := sdkMethod{parameters: map[string]string{}}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Name.Name != method || f.Recv == nil {
			continue
		}
		each(f.Body, func(call *ast.CallExpr) {
			switch {
			case called(call) == "Parse" && len(call.Args) == 1: // uuid.Parse("...")
				sent.locations = append(sent.locations, text(call.Args[0]))
			case called(call) == "Send":
				for _, arg := range call.Args {
					if http, ok := arg.(*ast.SelectorExpr); ok && strings.HasPrefix(http.Sel.Name, "Method") {
						sent.name = strings.ToUpper(strings.TrimPrefix(http.Sel.Name, "Method"))
					}
				}
			}
		})
		each(f.Body, func(given *ast.IfStmt) { // if args.Top != nil { queryParams.Add("$top", ...) }
			condition, ok := given.Cond.(*ast.BinaryExpr)
			if !ok {
				return
			}
			argument, ok := condition.X.(*ast.SelectorExpr)
			if !ok {
				return
			}
			each(given.Body, func(call *ast.CallExpr) {
				if called(call) == "Add" && len(call.Args) == 2 {
					sent.parameters[argument.Sel.Name] = text(call.Args[0])
				}
			})
		})
	}
	if sent.name == "" || len(sent.locations) != 1 {
		t.Fatalf("%s.%s of the SDK sends %q to %v", area, method, sent.name, sent.locations)
	}
	return sent
}

func one(t *testing.T, values []string) string {
	t.Helper()
	if len(values) != 1 {
		t.Fatalf("a request has %d names or methods: %q", len(values), values)
	}
	return values[0]
}

// called is the name of a function that is called; "" for a value.
func called(call *ast.CallExpr) string {
	fun := call.Fun
	if generic, ok := fun.(*ast.IndexExpr); ok {
		fun = generic.X
	}
	switch f := fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// values are what an expression can be: a text, a method, or the ID of a location.
func (s *source) values(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.BasicLit:
		return []string{text(e)}
	case *ast.SelectorExpr: // http.MethodPost
		if method, ok := strings.CutPrefix(e.Sel.Name, "Method"); ok {
			return []string{strings.ToUpper(method)}
		}
	case *ast.Ident:
		if id, ok := s.locations[e.Name]; ok {
			return []string{id}
		}
	}
	return nil
}

// parameters are those of the query that a function can set, itself, by who calls it with the request or by who pages it.
func (s *source) parameters(f function) []string {
	all := s.set(f)
	for _, g := range s.functions {
		around := g.Name.Name == f.Name.Name
		each(g.Body, func(call *ast.CallExpr) {
			around = around || called(call) == f.Name.Name && !f.Name.IsExported() && len(call.Args) == 0
		})
		if !around {
			continue
		}
		all = append(all, s.set(g)...)
		each(g.Body, func(call *ast.CallExpr) {
			for _, pager := range s.functions {
				if pager.Name.Name == called(call) && pager.takesRequest() && pager.Name.Name != g.Name.Name {
					all = append(all, s.set(pager)...)
				}
			}
		})
	}
	return all
}

func (f function) takesRequest() bool {
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		kind := p.Type
		if pointer, ok := kind.(*ast.StarExpr); ok {
			kind = pointer.X
		}
		id, ok := kind.(*ast.Ident)
		return ok && id.Name == "request"
	})
}

// set are the parameters that a function itself sets.
func (s *source) set(f function) []string {
	var all []string
	keys := func(lit *ast.CompositeLit) {
		for _, element := range lit.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok && text(pair.Key) != "" {
				all = append(all, text(pair.Key))
			}
		}
	}
	each(f.Body, func(lit *ast.CompositeLit) {
		if isType(lit, "url.Values") {
			keys(lit)
		}
	})
	each(f.Body, func(loop *ast.RangeStmt) { // for name, value := range map[string]string{...} { query.Set(name, value) }
		if lit, ok := loop.X.(*ast.CompositeLit); ok {
			keys(lit)
		}
	})
	each(f.Body, func(call *ast.CallExpr) {
		set, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || set.Sel.Name != "Set" || len(call.Args) != 2 {
			return
		}
		if of, ok := set.X.(*ast.SelectorExpr); ok && of.Sel.Name == "Header" {
			return
		}
		if name := text(call.Args[0]); name != "" {
			all = append(all, name)
		}
	})
	return all
}

// others are the requests that are made by hand or by a library, for sign-ins.
func (s *source) others(f function) []sentRequest {
	var all []sentRequest
	each(f.Body, func(call *ast.CallExpr) {
		made, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return
		}
		of, _ := made.X.(*ast.Ident)
		switch {
		case of != nil && of.Name == "credentials" && made.Sel.Name == "Token": // of golang.org/x/oauth2
			all = append(all, sentRequest{name: "POST", files: []string{f.file}})
		case strings.HasPrefix(made.Sel.Name, "NewRequest") && len(call.Args) > 1:
			for _, method := range s.values(call.Args[1]) {
				all = append(all, sentRequest{name: method, files: []string{f.file}, parameters: s.set(f)})
			}
		case of != nil && of.Name == "http" && slices.Contains([]string{"Get", "Head", "Post", "PostForm"}, made.Sel.Name):
			all = append(all, sentRequest{name: strings.ToUpper(made.Sel.Name), files: []string{f.file}})
		case made.Sel.Name == "Send" && f.Name.Name != "send" && !asksForNothing(call):
			all = append(all, sentRequest{name: "Send", files: []string{f.file}})
		}
	})
	return all
}

// asksForNothing says whether a call of the SDK asks for the location that no server has, which reads the table alone.
func asksForNothing(call *ast.CallExpr) bool {
	return slices.ContainsFunc(call.Args, func(e ast.Expr) bool {
		s, ok := e.(*ast.SelectorExpr)
		return ok && s.Sel.Name == "Nil"
	})
}

// merged puts those of one name together, as they have one entry. Those of libraries have no name and stay apart.
func merged(all []sentRequest) []sentRequest {
	var list []sentRequest
	for _, r := range all {
		i := slices.IndexFunc(list, func(other sentRequest) bool {
			return other.name == r.name && strings.Contains(r.name, " ")
		})
		if i < 0 {
			list = append(list, r)
			continue
		}
		list[i].files = append(list[i].files, r.files...)
		list[i].locations = append(list[i].locations, r.locations...)
		list[i].parameters = append(list[i].parameters, r.parameters...)
	}
	for i := range list {
		r := &list[i]
		r.files, r.locations, r.parameters = sortedUnique(r.files), sortedUnique(r.locations), sortedUnique(r.parameters)
	}
	return list
}

func sortedUnique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
