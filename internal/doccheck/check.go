package doccheck

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A module is the tree that is checked.
type module struct {
	root     string
	tops     map[string]bool     // the folders directly under root
	pages    map[string]*page    // Markdown files by path relative to root
	scripts  map[string][]string // the lines of shell and Python scripts
	files    map[string]bool     // every file and folder, relative to root, with slashes
	tests    map[string]bool     // names of tests, fuzz tests and benchmarks
	packages map[string]*symbols // by import path; found by [module.list]
	problems []string
}

// Check returns the stale references of the module whose go.mod lies in root,
// one "file:line: what" each, sorted. It calls the go command to find the
// packages that the module imports.
func Check(root string) ([]string, error) {
	m := &module{root: root, tops: map[string]bool{}, pages: map[string]*page{}, scripts: map[string][]string{}, files: map[string]bool{}, tests: map[string]bool{}}
	folders, err := m.walk()
	if err != nil {
		return nil, err
	}
	if err := m.list(folders); err != nil {
		return nil, err
	}
	for _, folder := range folders {
		if err := m.checkFolder(folder); err != nil {
			return nil, err
		}
	}
	for _, p := range m.pages {
		m.checkPage(p)
	}
	for name, lines := range m.scripts {
		for i, line := range lines {
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				m.checkMentions(name, i+1, line, nil)
			}
		}
	}
	slices.Sort(m.problems)
	return slices.Compact(m.problems), nil
}

// report notes a problem at a line of a file, whose name is relative to root.
func (m *module) report(file string, line int, format string, args ...any) {
	m.problems = append(m.problems, fmt.Sprintf("%s:%d: %s", file, line, fmt.Sprintf(format, args...)))
}

// testFunction matches the declaration of a test, fuzz test or benchmark.
var testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w*)\(`)

// walk fills tops, files, pages, scripts and tests, and returns the folders with
// Go files, relative to root. Files in folders named testdata are listed, but not
// read; hidden folders other than .ci are skipped.
func (m *module) walk() (folders []string, err error) {
	err = filepath.WalkDir(m.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(m.root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		m.files[rel] = true
		if d.IsDir() {
			if strings.HasPrefix(rel, ".") && rel != "." && rel != ".ci" {
				return fs.SkipDir
			}
			if rel != "." && !strings.Contains(rel, "/") {
				m.tops[rel] = true
			}
			return nil
		}
		if strings.Contains("/"+rel, "/testdata/") {
			return nil
		}
		folder := filepath.ToSlash(filepath.Dir(rel))
		switch filepath.Ext(rel) {
		case ".go":
			if !slices.Contains(folders, folder) {
				folders = append(folders, folder)
			}
			if strings.HasSuffix(rel, "_test.go") {
				text, err := os.ReadFile(path)
				for _, f := range testFunction.FindAllStringSubmatch(string(text), -1) {
					m.tests[f[1]] = true
				}
				return err
			}
		case ".md":
			text, err := os.ReadFile(path)
			m.pages[rel] = readPage(rel, string(text))
			return err
		case ".sh", ".py", "":
			text, err := os.ReadFile(path)
			if strings.HasPrefix(string(text), "#!") {
				m.scripts[rel] = strings.Split(string(text), "\n")
			}
			return err
		}
		return nil
	})
	return folders, err
}

// checkFolder checks the comments of every Go file of a folder, whatever system
// or build tag it is for.
func (m *module) checkFolder(folder string) error {
	names, err := filepath.Glob(filepath.Join(m.root, folder, "*.go"))
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	var files []*source
	for _, name := range names {
		tree, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(filepath.Join(folder, filepath.Base(name)))
		files = append(files, newSource(fset, tree, rel))
	}
	s := scopeOf(m, files)
	for _, f := range files {
		for _, group := range f.tree.Comments {
			m.checkLinks(s, f, group)
			for _, l := range f.linesOf(group) {
				m.checkMentions(f.rel, l.number, l.text, f)
			}
		}
		m.checkMessages(f)
	}
	return nil
}
