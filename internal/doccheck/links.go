package doccheck

import (
	"go/ast"
	"go/doc/comment"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// A scope resolves the doc links of the files of one folder. Tests see the
// declarations and imports of tests, too.
type scope struct {
	own, ownTest         *symbols
	imported, importTest map[string]string // import path by the name it has in a file
}

// scopeOf returns the scope of the files of one folder.
func scopeOf(m *module, files []*source) *scope {
	empty := func() *symbols { return &symbols{declared: map[string]bool{}, embedded: map[string][]string{}} }
	s := &scope{own: empty(), ownTest: empty(), imported: map[string]string{}, importTest: map[string]string{}}
	for _, f := range files {
		symbols, imported := s.own, s.imported
		if f.test {
			symbols, imported = s.ownTest, s.importTest
		}
		symbols.add(f.tree)
		for _, spec := range f.tree.Imports {
			importPath, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue
			}
			name := path.Base(importPath)
			if p := m.packages[importPath]; p != nil && p.name != "" {
				name = p.name
			}
			if spec.Name != nil {
				name = spec.Name.Name
			}
			imported[name] = importPath
		}
	}
	return s
}

// has reports whether a file of the scope's folder can name a declaration.
func (s *scope) has(name string, test bool) bool {
	return s.own.has(name) || test && s.ownTest.has(name)
}

var (
	// linked matches what the syntax of doc links allows in the brackets.
	linked = regexp.MustCompile(`^\*?[\pL_][\pL\d_./-]*$`)
	// unexported matches a mixed-case name in brackets, which the syntax of doc
	// links leaves as text because it is not exported.
	unexported = regexp.MustCompile(`(?:^|\s)\[([a-z]+[A-Z]\w*)\]`)
)

// checkLinks checks the doc links of a comment. A link that does not resolve is
// plain text to go/doc/comment, so the parser is told that each one resolves.
func (m *module) checkLinks(s *scope, f *source, group *ast.CommentGroup) {
	text := group.Text()
	stale := func(name string) { m.report(f.rel, f.lineOf(group, "["+name), "[%s] names nothing", name) }
	p := comment.Parser{
		LookupPackage: func(name string) (string, bool) {
			if known, ok := s.importPath(m, name, f.test); ok {
				return known, true
			}
			// A word alone, such as [i], is an index rather than a package.
			isLink := strings.ContainsAny(name, "./") || strings.Contains(text, "["+name+".") || strings.Contains(text, "[*"+name+".")
			return name, isLink && linked.MatchString(name) && !s.has(name, f.test)
		},
		LookupSym: func(recv, name string) bool {
			if recv != "" {
				name = recv + "." + name
			}
			// One letter is the shape of a vector, such as [N].
			if !s.has(name, f.test) && len(name) > 1 {
				stale(name)
			}
			return true
		},
	}
	visitLinks(p.Parse(text).Content, func(link *comment.DocLink) {
		if link.ImportPath == "" {
			return
		}
		name := link.Name
		if link.Recv != "" {
			name = link.Recv + "." + link.Name
		}
		known := m.packages[link.ImportPath]
		if known == nil || name != "" && !known.has(name) {
			stale(plain(link.Text))
		}
	})
	for _, u := range unexported.FindAllStringSubmatch(text, -1) {
		if !s.has(u[1], f.test) {
			stale(u[1])
		}
	}
}

// plain returns a link as it is written, without the brackets.
func plain(texts []comment.Text) string {
	var b strings.Builder
	for _, t := range texts {
		if t, ok := t.(comment.Plain); ok {
			b.WriteString(string(t))
		}
	}
	return b.String()
}

// importPath returns the import path that a file's doc links mean by name: that
// of an import of its package, of a package of the standard library, or name
// itself.
func (s *scope) importPath(m *module, name string, test bool) (string, bool) {
	if p, ok := s.imported[name]; ok {
		return p, true
	}
	if p, ok := s.importTest[name]; ok && test {
		return p, true
	}
	if p, ok := comment.DefaultLookupPackage(name); ok {
		return p, true
	}
	return name, m.packages[name] != nil
}

// visitLinks calls f with every doc link of the blocks.
func visitLinks(blocks []comment.Block, f func(*comment.DocLink)) {
	text := func(texts []comment.Text) {
		for _, t := range texts {
			if link, ok := t.(*comment.DocLink); ok {
				f(link)
			}
		}
	}
	for _, b := range blocks {
		switch b := b.(type) {
		case *comment.Paragraph:
			text(b.Text)
		case *comment.Heading:
			text(b.Text)
		case *comment.List:
			for _, item := range b.Items {
				visitLinks(item.Content, f)
			}
		}
	}
}
