package ops_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, op := range ops.All {
		require.False(t, seen[op.Name], "two operations are called %q", op.Name)
		seen[op.Name] = true
		require.Equal(t, strings.ToLower(op.Name), op.Name)
		cases := map[string]bool{}
		for _, c := range op.Cases() {
			require.NotEmpty(t, c.Name, "%s has a case without a name", op.Name)
			require.False(t, cases[c.Name], "%s has two cases called %q", op.Name, c.Name)
			cases[c.Name] = true
		}
		require.NotEmpty(t, cases, "%s has no cases", op.Name)
	}
}

// Every exported operation of the package is in All: the source is searched for
// declarations of the form "var X = &Op{".
func TestAllIsComplete(t *testing.T) {
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var declared, listed []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				v := spec.(*ast.ValueSpec)
				if v.Values == nil {
					continue
				}
				switch x := v.Values[0].(type) {
				case *ast.UnaryExpr:
					if lit, ok := x.X.(*ast.CompositeLit); ok && isOp(lit) {
						declared = append(declared, v.Names[0].Name)
					}
				case *ast.CompositeLit:
					if v.Names[0].Name == "All" {
						for _, e := range x.Elts {
							listed = append(listed, e.(*ast.Ident).Name)
						}
					}
				}
			}
		}
	}
	require.ElementsMatch(t, declared, listed)
	require.Len(t, ops.All, len(listed))
}

// isOp reports whether a literal is an Op{...}.
func isOp(lit *ast.CompositeLit) bool {
	name, ok := lit.Type.(*ast.Ident)
	return ok && name.Name == "Op"
}

// Both orders of noisy copies give the same loss.
func TestConsistencyOfCopiesTogether(t *testing.T) {
	const m, n, k = 3, 4, 5
	apart := ops.Attr{Reg: ops.Regulariser{Form: ops.ConsistencyDefault, Copies: m, Lambda: 2, Eta: 0.5}}
	together := apart
	together.Reg.Together = true
	a := &ops.Array{Shape: tensor.Of(m*n, k), F: make([]float64, m*n*k)}
	b := &ops.Array{Shape: a.Shape, F: make([]float64, m*n*k)}
	for i := range m {
		for s := range n {
			for j := range k {
				v := float64((i*7+s*5+j*3)%11) / 4
				a.F[apart.Reg.Row(i, s, n)*k+j], b.F[together.Reg.Row(i, s, n)*k+j] = v, v
			}
		}
	}
	loss := func(x *ops.Array, at *ops.Attr) []float64 {
		y := &ops.Array{Shape: tensor.Of(n), F: make([]float64, n)}
		ops.Consistency.Ref([]*ops.Array{y}, []*ops.Array{x}, at)
		return y.F
	}
	require.Equal(t, loss(a, &apart), loss(b, &together))
}
