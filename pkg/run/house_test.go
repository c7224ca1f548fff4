package run

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/azdo"
)

const module = "github.com/pr-evaluations/reschedule/"

// goPackage is what this test needs of "go list -json".
type goPackage struct {
	ImportPath   string
	Dir          string
	Imports      []string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Imports,GoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestImports holds the code against the table of folders in docs/architecture.md: each package imports what its row
// names, and nothing else of ours.
func TestImports(t *testing.T) {
	t.Parallel()
	pure := []string{
		"cmp", "errors", "fmt", "hash/fnv", "iter", "maps", "path", "regexp", "slices", "sort", "strconv", "strings", "time",
		"github.com/google/uuid",
	}
	ours := rooms(t)
	only := []struct {
		imported string
		by       []string
		why      string
	}{
		{"github.com/microsoft/azure-devops-go-api/", []string{"pkg/azdo"}, "the SDK's quirks stay in one package"},
		{"net/http", []string{"pkg/agent/agenthttp", "pkg/azdo", "pkg/azdo/azdotest", "cmd/replay/recording"}, "only azdo speaks HTTP, over the agent's transport, and no other package sees a status code"},
		{"github.com/sethvargo/go-envconfig", []string{"pkg/config"}, "only config decodes the environment"},
		{"os", []string{"cmd/", "examples/", "pkg/agent/agenthttp", "pkg/agent/agenttest", "pkg/report", "pkg/azdo/azdotest", "tools/"}, "the operating system belongs to cmd/task and to the agent that tests it, files to report, certificates to the agent's transport"},
		{"log", []string{"cmd/task", "pkg/azdo/azdotest", "cmd/replay/recording"}, "whatever is printed goes through agent.Log"},
	}
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		row, known := ours[name]
		if !known && len(p.GoFiles) > 0 {
			t.Errorf("%s is not in the table of docs/architecture.md: say what it may import, and what it must not know", name)
		}
		delete(ours, name)
		for _, may := range row.imports {
			if !slices.Contains(p.Imports, module+may) {
				t.Errorf("%s does not import %s, as docs/architecture.md says", name, may)
			}
		}
		for _, imported := range p.Imports {
			if inner, isOurs := strings.CutPrefix(imported, module); isOurs && known && !slices.Contains(row.imports, inner) {
				t.Errorf("%s imports %s, which docs/architecture.md does not say: it must not know %s", name, inner, row.mustNotKnow)
			}
			if name == "pkg/requeue" && !slices.Contains(pure, imported) {
				t.Errorf("pkg/requeue imports %s: the decision core is pure", imported)
			}
			if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") && (name == "pkg/agent" || name == "pkg/agent/agenttest") {
				t.Errorf("%s imports %s: what any task could import brings in nothing else", name, imported)
			}
			for _, rule := range only {
				if imported != rule.imported && (!strings.HasSuffix(rule.imported, "/") || !strings.HasPrefix(imported, rule.imported)) {
					continue
				}
				if !slices.ContainsFunc(rule.by, func(by string) bool {
					return name == by || strings.HasSuffix(by, "/") && strings.HasPrefix(name, by)
				}) {
					t.Errorf("%s imports %s: %s", name, imported, rule.why)
				}
			}
		}
	}
	for name := range ours {
		t.Errorf("docs/architecture.md has a row for %s, which is no package", name)
	}
}

// TestNothingDecodesTokens: what a token holds is the business of those who sign and read it, and its shape changes
// without notice. Whoever wanted to look inside would need one of these.
func TestNothingDecodesTokens(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		for _, imported := range p.Imports {
			if strings.Contains(imported, "jwt") || strings.Contains(imported, "jose") {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.SelectorExpr); ok && decodesBase64(call) {
					t.Errorf("%s/%s decodes base64 with %s", p.ImportPath, name, call.Sel.Name)
				}
				return true
			})
		}
	}
}

// decodesBase64 tells base64.NewDecoder and the methods of base64.StdEncoding and the like that decode.
func decodesBase64(s *ast.SelectorExpr) bool {
	of := s.X
	if encoding, ok := of.(*ast.SelectorExpr); ok {
		of = encoding.X
	}
	name, ok := of.(*ast.Ident)
	return ok && name.Name == "base64" && strings.Contains(s.Sel.Name, "Decode")
}

// TestPackageComments: each package has exactly one package comment.
func TestPackageComments(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		comments := 0
		for _, file := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if f.Doc != nil {
				comments++
			}
		}
		if comments != 1 && len(p.GoFiles) > 0 {
			t.Errorf("%s has %d package comments, want one", p.ImportPath, comments)
		}
	}
}

// TestFileSizes: no Go file outside tests is over 350 lines.
func TestFileSizes(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.Contains(path, "node_modules") {
			return err
		}
		data, err := os.ReadFile(path)
		if lines := strings.Count(string(data), "\n"); lines > 350 {
			t.Errorf("%s has %d lines, at most 350 are allowed", path, lines)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRefusalsAreExplained: what a refusal's text links to is a heading of the troubleshooting page.
func TestRefusalsAreExplained(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	refusals := []azdo.Error{{StatusCode: 200, SignIn: true}, {StatusCode: 401}, {StatusCode: 403}, {StatusCode: 407}}
	for _, code := range []string{"TF24668", "TF400813", "TF401027", "TF215106", "TF401019", "VS800075", "TF200016"} {
		refusals = append(refusals, azdo.Error{StatusCode: 404, Code: code})
	}
	for _, e := range refusals {
		if e.Advice("me") == "" || !strings.Contains(string(page), "\n### "+e.Topic()+"\n") {
			t.Errorf("%+v: heading %q is missing", e, e.Topic())
		}
	}
	if e := (&azdo.Error{StatusCode: 500}); e.Topic() != "" {
		t.Errorf("a failure that is no refusal has the heading %q", e.Topic())
	}
}

// TestNoInit: no init functions and no package variables that somebody writes to.
func TestNoInit(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		for _, file := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, decl := range f.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s: func init", filepath.Join(p.Dir, file))
				}
			}
		}
	}
}
