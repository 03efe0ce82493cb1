package doccheck

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
)

// symbols are the names that the package in one folder declares.
type symbols struct {
	name, dir string
	declared  map[string]bool     // "Name" and "Type.Member"; nil until read
	embedded  map[string][]string // the types that a type embeds or is defined as
}

// list finds the folders of all packages that the module's packages and tests
// depend on. Those of nested modules are found by their folders alone.
func (m *module) list(folders []string) error {
	m.packages = map[string]*symbols{}
	cmd := exec.Command("go", "list", "-e", "-deps", "-test", "-json=ImportPath,Name,Dir", "./...")
	cmd.Dir = m.root
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return fmt.Errorf("go list in %s: %w: %s", m.root, err, exit.Stderr)
		}
		return err
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ ImportPath, Name, Dir string }
		if err := d.Decode(&p); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if p.Dir != "" && !strings.ContainsAny(p.ImportPath, " ") && !strings.HasSuffix(p.ImportPath, ".test") {
			m.packages[p.ImportPath] = &symbols{name: p.Name, dir: p.Dir}
		}
	}
}

// has reports whether the package declares name, which is "Name" or
// "Type.Member", for any system. A member may be promoted from an embedded type
// of the same package.
func (s *symbols) has(name string) bool {
	if s.declared == nil {
		s.read()
	}
	if s.declared[name] {
		return true
	}
	recv, member, ok := strings.Cut(name, ".")
	if ok {
		for _, e := range s.embedded[recv] {
			if s.has(e + "." + member) {
				return true
			}
		}
	}
	return false
}

// read parses the package's files. A file that does not parse declares nothing.
func (s *symbols) read() {
	s.declared, s.embedded = map[string]bool{}, map[string][]string{}
	names, _ := filepath.Glob(filepath.Join(s.dir, "*.go"))
	for _, name := range names {
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err == nil && !strings.HasSuffix(name, "_test.go") {
			s.add(tree)
		}
	}
}

// add adds the declarations of one file.
func (s *symbols) add(tree *ast.File) {
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				s.declared[d.Name.Name] = true
			} else {
				s.declared[typeName(d.Recv.List[0].Type)+"."+d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					for _, n := range spec.Names {
						s.declared[n.Name] = true
					}
				case *ast.TypeSpec:
					s.addType(spec)
				}
			}
		}
	}
}

// addType adds a type with its fields or interface methods.
func (s *symbols) addType(spec *ast.TypeSpec) {
	name := spec.Name.Name
	s.declared[name] = true
	var members *ast.FieldList
	switch t := spec.Type.(type) {
	case *ast.StructType:
		members = t.Fields
	case *ast.InterfaceType:
		members = t.Methods
	default:
		s.embedded[name] = append(s.embedded[name], typeName(t))
		return
	}
	for _, f := range members.List {
		for _, n := range f.Names {
			s.declared[name+"."+n.Name] = true
		}
		if len(f.Names) == 0 {
			e := typeName(f.Type)
			s.declared[name+"."+e] = true
			s.embedded[name] = append(s.embedded[name], e)
		}
	}
}

// typeName returns the name of a type without pointer, package and type
// parameters.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	}
	return ""
}
