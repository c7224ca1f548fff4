package main

import (
	"go/ast"
	"go/parser"
	"go/token"
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

// binding is what one call of a function hands to its parameters.
type binding map[string]ast.Expr

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
				all = append(all, s.made(t, f, lit)...)
			}
		})
		all = append(all, s.others(f)...)
	}
	return merged(all)
}

// made is what a literal of type request comes to: one request for each call of a function that is handed a part of it.
func (s *source) made(t *testing.T, f function, lit *ast.CompositeLit) []sentRequest {
	t.Helper()
	call, ok := field(lit, "call").(*ast.CompositeLit)
	if !ok {
		t.Fatalf("%s: a request says nothing of its call", f.file)
	}
	var all []sentRequest
	for _, b := range s.bindings(f, field(lit, "method"), field(call, "name")) {
		method := "GET"
		if e := field(lit, "method"); e != nil {
			method = one(t, s.values(f, e, b))
		}
		r := sentRequest{name: method + " " + one(t, s.values(f, field(call, "name"), b)), files: []string{f.file}, parameters: s.parameters(f)}
		r.locations = s.values(f, field(lit, "location"), b)
		each(f.Body, func(set *ast.AssignStmt) { // r.location = locBuilds
			if to, ok := set.Lhs[0].(*ast.SelectorExpr); ok && to.Sel.Name == "location" {
				r.locations = append(r.locations, s.values(f, set.Rhs[0], b)...)
			}
		})
		all = append(all, r)
	}
	return all
}

func one(t *testing.T, values []string) string {
	t.Helper()
	if len(values) != 1 {
		t.Fatalf("a request has %d names or methods: %q", len(values), values)
	}
	return values[0]
}

// bindings are the calls of a function that decide about one of the expressions, or a single empty one if none does.
func (s *source) bindings(f function, decided ...ast.Expr) []binding {
	var names []string
	for _, list := range f.Type.Params.List {
		for _, name := range list.Names {
			names = append(names, name.Name)
		}
	}
	if !slices.ContainsFunc(decided, func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return ok && slices.Contains(names, id.Name)
	}) {
		return []binding{{}}
	}
	var all []binding
	for _, call := range s.calls(f, len(names)) {
		b := binding{}
		for i, name := range names {
			b[name] = call.Args[i]
		}
		all = append(all, b)
	}
	return all
}

// calls are those of a function, by its name and the number of its arguments.
func (s *source) calls(f function, arguments int) []*ast.CallExpr {
	var all []*ast.CallExpr
	for _, file := range s.files {
		each(file, func(call *ast.CallExpr) {
			if called(call) == f.Name.Name && len(call.Args) == arguments {
				all = append(all, call)
			}
		})
	}
	return all
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

// values are what an expression can be: a text, a method, the ID of a location, or what a variable was given.
func (s *source) values(f function, e ast.Expr, b binding) []string {
	switch e := e.(type) {
	case *ast.BasicLit:
		return []string{text(e)}
	case *ast.SelectorExpr: // http.MethodPatch
		if method, ok := strings.CutPrefix(e.Sel.Name, "Method"); ok {
			return []string{strings.ToUpper(method)}
		}
	case *ast.Ident:
		if id, ok := s.locations[e.Name]; ok {
			return []string{id}
		}
		if given, ok := b[e.Name]; ok {
			return s.values(f, given, nil)
		}
		return s.assigned(f, e.Name, b)
	}
	return nil
}

// assigned is what a local variable can be. A branch that is taken only for another method is left out, and one that is
// taken for this method settles the matter.
func (s *source) assigned(f function, name string, b binding) []string {
	var values []string
	settled := map[*ast.AssignStmt]bool{}
	each(f.Body, func(branch *ast.IfStmt) {
		condition, ok := branch.Cond.(*ast.BinaryExpr)
		if !ok || condition.Op != token.EQL {
			return
		}
		left, right := s.values(f, condition.X, b), s.values(f, condition.Y, b)
		if len(left) != 1 || len(right) != 1 {
			return
		}
		each(branch.Body, func(set *ast.AssignStmt) {
			settled[set] = true
			if to, ok := set.Lhs[0].(*ast.Ident); ok && to.Name == name && left[0] == right[0] {
				values = s.values(f, set.Rhs[0], b)
			}
		})
	})
	if values != nil {
		return values
	}
	each(f.Body, func(set *ast.AssignStmt) {
		if to, ok := set.Lhs[0].(*ast.Ident); ok && to.Name == name && !settled[set] && len(set.Rhs) == 1 {
			values = append(values, s.values(f, set.Rhs[0], b)...)
		}
	})
	return values
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
				if pager.Name.Name == called(call) && pager.Recv == nil && pager.takesRequest() && pager.Name.Name != g.Name.Name {
					all = append(all, s.set(pager)...)
				}
			}
		})
	}
	return all
}

func (f function) takesRequest() bool {
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		id, ok := p.Type.(*ast.Ident)
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

// others are the requests that are not made as a value of type request: the one for the table of locations, which the
// SDK sends, and those that are made by hand or by a library for sign-ins.
func (s *source) others(f function) []sentRequest {
	var all []sentRequest
	each(f.Body, func(branch *ast.IfStmt) {
		condition, ok := branch.Cond.(*ast.BinaryExpr)
		if !ok {
			return
		}
		each(branch.Body, func(lit *ast.CompositeLit) {
			if name := text(field(lit, "name")); isType(lit, "call") && name != "" {
				for _, method := range s.values(f, condition.Y, nil) {
					all = append(all, sentRequest{name: method + " " + name, files: []string{f.file}})
				}
			}
		})
	})
	each(f.Body, func(call *ast.CallExpr) {
		made, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return
		}
		of, _ := made.X.(*ast.Ident)
		switch {
		case strings.HasPrefix(made.Sel.Name, "NewRequest") && len(call.Args) > 1:
			for _, method := range s.values(f, call.Args[1], nil) {
				all = append(all, sentRequest{name: method, files: []string{f.file}, parameters: s.set(f)})
			}
		case of != nil && of.Name == "azidentity" && strings.HasPrefix(made.Sel.Name, "New"):
			all = append(all, sentRequest{name: "POST", files: []string{f.file}})
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
