package doccheck

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	url = regexp.MustCompile(`\w+://\S+`)
	// mention matches what may be a path: it may end in an anchor.
	mention = regexp.MustCompile(`[\w.*<{$][\w./*<>{}$-]*(?:#[\w-]+)?`)
	// testName matches the name of a test function.
	testName = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w*`)
	// message matches a page that a message refers to.
	message = regexp.MustCompile(`\bdocs/[\w.-]+\.md(?:#[\w-]+)?`)
)

// checkMentions checks the paths and tests that one line of text in a file
// names. In a comment of a Go file, which is then given as comment, a file name
// without a folder is one beside that file; in a page or script it is one
// anywhere in the tree.
func (m *module) checkMentions(file string, line int, text string, comment *source) {
	text = url.ReplaceAllString(text, "")
	for _, name := range testName.FindAllString(text, -1) {
		// A field of a struct may have such a name.
		if !m.tests[name] && (comment == nil || !comment.used[name]) {
			m.report(file, line, "there is no test %s", name)
		}
	}
	for _, word := range mention.FindAllString(text, -1) {
		word, anchor, _ := strings.Cut(word, "#")
		word = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(word, "."), "/..."), "/")
		if strings.ContainsAny(word, "*<>{}$") || !m.isPath(word) {
			continue
		}
		found, ok := m.find(file, word, comment != nil)
		if !ok {
			m.report(file, line, "there is no %s", word)
		} else if p := m.pages[found]; p != nil && anchor != "" && !p.anchors[anchor] {
			m.report(file, line, "%s has no section #%s", word, anchor)
		}
	}
}

// isPath reports whether a word of a text means a file or folder of this tree: a
// source file or page, or something in one of the tree's top folders.
func (m *module) isPath(word string) bool {
	top, below, ok := strings.Cut(word, "/")
	if ok && m.tops[top] && below != "" {
		return true
	}
	stem := strings.TrimSuffix(path.Base(word), path.Ext(word))
	return stem != "" && slices.Contains([]string{".go", ".md", ".s"}, path.Ext(word))
}

// find returns the file or folder that a word names, relative to the root or to
// the folder of the file that names it. Unless beside is set, a word without a
// folder may name a file anywhere. The name of a package may be followed by a dot
// and a declaration, as in ops/cpu.New.
func (m *module) find(file, word string, beside bool) (string, bool) {
	for _, candidate := range []string{path.Clean(word), path.Join(path.Dir(file), word)} {
		if m.files[candidate] {
			return candidate, true
		}
		folder, name, ok := cutName(candidate)
		if ok && m.files[folder] {
			s := symbols{dir: path.Join(m.root, folder)}
			if s.has(name) {
				return folder, true
			}
		}
	}
	if !beside && !strings.Contains(word, "/") {
		for f := range m.files {
			if path.Base(f) == word {
				return f, true
			}
		}
	}
	return "", false
}

// cutName splits "folder/pkg.Name" into the folder and the name.
func cutName(word string) (folder, name string, ok bool) {
	slash := strings.LastIndexByte(word, '/') + 1
	base, name, ok := strings.Cut(word[slash:], ".")
	return word[:slash] + base, name, ok
}

// checkMessages checks the pages that string literals refer to, outside tests.
func (m *module) checkMessages(f *source) {
	if f.test {
		return
	}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			return true
		}
		for _, word := range message.FindAllString(text, -1) {
			m.checkMentions(f.rel, f.fset.Position(literal.Pos()).Line, word, f)
		}
		return true
	})
}
