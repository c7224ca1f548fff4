package requeue_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestEveryRuleIsApplied: a field of Rules that no other file reads would decide nothing, without a word.
func TestEveryRuleIsApplied(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	applied := map[string]bool{}
	for _, name := range files {
		if name == "rules.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		// Rules are read as r.Name or s.rules.Name.
		ast.Inspect(file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			switch of := selector.X.(type) {
			case *ast.Ident:
				applied[selector.Sel.Name] = applied[selector.Sel.Name] || of.Name == "r"
			case *ast.SelectorExpr:
				applied[selector.Sel.Name] = applied[selector.Sel.Name] || of.Sel.Name == "rules"
			}
			return true
		})
	}
	for field := range reflect.TypeFor[requeue.Rules]().Fields() {
		if !applied[field.Name] {
			t.Errorf("nothing applies the rule %s", field.Name)
		}
	}
}
