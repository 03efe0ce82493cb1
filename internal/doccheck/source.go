package doccheck

import (
	"go/ast"
	"go/token"
	"strings"
)

// A source is one parsed Go file.
type source struct {
	tree *ast.File
	fset *token.FileSet
	rel  string // its name relative to the module's root
	test bool
	used map[string]bool // the identifiers of its code
}

// newSource returns the file rel, whose tree has been parsed with comments.
func newSource(fset *token.FileSet, tree *ast.File, rel string) *source {
	f := &source{tree: tree, fset: fset, rel: rel, test: strings.HasSuffix(rel, "_test.go"), used: map[string]bool{}}
	ast.Inspect(tree, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			f.used[id.Name] = true
		}
		return true
	})
	return f
}

// A line is one line of a comment, as it is written.
type line struct {
	number int
	text   string
}

// linesOf returns the lines of a comment.
func (f *source) linesOf(group *ast.CommentGroup) (lines []line) {
	for _, c := range group.List {
		first := f.fset.Position(c.Pos()).Line
		for i, text := range strings.Split(c.Text, "\n") {
			lines = append(lines, line{first + i, text})
		}
	}
	return lines
}

// lineOf returns the number of the first line of a comment with the given text,
// that of the comment if it has none.
func (f *source) lineOf(group *ast.CommentGroup, text string) int {
	for _, l := range f.linesOf(group) {
		if strings.Contains(l.text, text) {
			return l.number
		}
	}
	return f.fset.Position(group.Pos()).Line
}
