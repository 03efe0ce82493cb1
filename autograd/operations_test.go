package autograd_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
)

var update = flag.Bool("update", false, "rewrite docs/operations.md")

// docs/operations.md is a reference for authors of kernels and shaders. It is
// generated from the operations' rows.
func TestTheTableOfOperationsIsCurrent(t *testing.T) {
	const page = "../docs/operations.md"
	want := operationsPage(t)
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o644))
	}
	got, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, want, string(got), "run: go test ./autograd -run TheTableOfOperations -update")
}

func operationsPage(t *testing.T) string {
	files := filesOfOperations(t)
	var s strings.Builder
	s.WriteString(`# Operations

All operations of a backend, in the order of ` + "`ops.All`" + `. The name of an operation links to its file, where a comment has the
formula with shapes, orders of sums and sources. This page is generated from the operations' rows by
` + "`go test ./autograd -run TheTableOfOperations -update`" + `.

* **Inputs and outputs** have the backend's float type unless a type follows the name. Inputs marked ` + "`?`" + ` may be absent. Outputs in
  *italics* are updated in place: the operation reads their old values.
* **Reads** are the attributes (fields of ` + "`ops.Attr`" + `) that the operation uses; ` + "`ops.Check`" + ` refuses all others.
* **Bits**: *exact* operations only copy or select numbers, and every backend gives the reference's values. For the others the two
  numbers are the bounds of conformance tests for a float32 backend: of the normalised mean squared error, and of an element's error
  as a share of the largest element.
* **Batch** is the relation of the result for a batch to those for its samples: *each* sample separately; their *sum*, in order; or
  the *whole* batch, with the reason.
* **Derivative** marks operations with a row in ` + "`autograd/vjp.go`" + `.

| operation | inputs | outputs | reads | bits | batch | derivative |
| --- | --- | --- | --- | --- | --- | --- |
`)
	for _, op := range ops.All {
		list := func(params []ops.Param, mark string) string {
			var names []string
			for _, p := range params {
				name := mark + p.Name + mark
				switch p.Kind {
				case ops.Int:
					name += " i32"
				case ops.Byte:
					name += " u8"
				}
				if p.Optional {
					name += "?"
				}
				names = append(names, name)
			}
			return strings.Join(names, ", ")
		}
		inPlace := ""
		if op.InPlace != nil {
			inPlace = "*"
		}
		bits := "exact"
		if b := op.Bounds(); !op.Moves {
			bits = fmt.Sprintf("%.0e, %.0e", b.NMSE, b.Element)
		}
		batch := map[ops.BatchRule]string{ops.PerSample: "each", ops.SumSamples: "sum", ops.WholeBatch: "whole: " + op.Batch.Why}[op.Batch.Rule]
		derivative := ""
		if autograd.Differentiable(op) {
			derivative = "yes"
		}
		fmt.Fprintf(&s, "| [%s](../ops/%s) | %s | %s | %s | %s | %s | %s |\n", op.Name, files[op.Name], list(op.In, ""), list(op.Out, inPlace), op.Reads, bits, batch, derivative)
	}
	return s.String()
}

// filesOfOperations finds the file of package ops that declares each operation.
func filesOfOperations(t *testing.T) map[string]string {
	files := map[string]string{}
	paths, err := filepath.Glob("../ops/*.go")
	require.NoError(t, err)
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			pair, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, isIdent := pair.Key.(*ast.Ident)
			text, isText := pair.Value.(*ast.BasicLit)
			if isIdent && isText && key.Name == "Name" && !strings.HasSuffix(path, "_test.go") {
				name := strings.Trim(text.Value, `"`)
				if files[name] == "" {
					files[name] = filepath.Base(path)
				}
			}
			return true
		})
	}
	for _, op := range ops.All {
		require.NotEmpty(t, files[op.Name], "%s is in no file", op.Name)
	}
	return files
}
