package data

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a walk. Links can lead to one folder on exponentially many paths.
const (
	maxLinked  = 1 << 16 // links to folders
	maxFolders = 1 << 20
	maxImages  = 1 << 27
)

// walk finds the images of class folders.
type walk struct {
	tree    tree
	unused  unused
	linked  int
	folders int
	images  int
}

// visit counts one more folder.
func (w *walk) visit(dir string) error {
	if w.folders++; w.folders > maxFolders {
		return fmt.Errorf("%s is one of more than %d folders, counting those that links lead to again", quote(dir), maxFolders)
	}
	return nil
}

// follow returns the path of a folder in dir and counts links to folders.
func (w *walk) follow(dir string, e entry) (string, error) {
	if e.linked {
		if w.linked++; w.linked > maxLinked {
			return "", fmt.Errorf("%s is one of more than %d links to folders, counting those in folders that links lead to again", quote(path.Join(dir, e.name)), maxLinked)
		}
	}
	return path.Join(dir, e.name), nil
}

// class returns the paths of the images in and below a folder, in the order of
// torchvision's ImageFolder: sorted(os.walk(dir, followlinks=True)), that is by
// the whole path of their folder, then by name.
func (w *walk) class(dir string) ([]string, error) {
	type level struct {
		dir    string
		images []string
	}
	var levels []level
	total := 0
	for todo := []string{dir}; len(todo) > 0; {
		d := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if err := w.visit(d); err != nil {
			return nil, err
		}
		var images []string
		for e, err := range w.tree.entries(d) {
			if err != nil {
				return nil, err
			}
			switch {
			case e.kind == isFolder:
				below, err := w.follow(d, e)
				if err != nil {
					return nil, err
				}
				todo = append(todo, below)
			case e.kind == isFile && isImage(e.name):
				images = append(images, e.name)
			default:
				w.pass(d, e)
			}
		}
		if w.images += len(images); w.images > maxImages {
			return nil, fmt.Errorf("%s holds more than %d images, counting those that links lead to again", quote(dir), maxImages)
		}
		if len(images) > 0 {
			slices.SortFunc(images, comparePython)
			levels = append(levels, level{d, images})
			total += len(images)
		}
	}
	slices.SortFunc(levels, func(a, b level) int { return comparePython(a.dir, b.dir) })
	paths := make([]string, 0, total)
	for _, l := range levels {
		for _, name := range l.images {
			paths = append(paths, path.Join(l.dir, name))
		}
	}
	return paths, nil
}

// pass records an entry of a folder that is not read.
func (w *walk) pass(dir string, e entry) {
	why, never := reasonOf[e.kind]
	if !never {
		why = otherEnding
	}
	w.unused.add(why, path.Join(dir, e.name))
}

// beside records the entries beside class folders, except ordinary files of
// other kinds, such as a README.
func (w *walk) beside(dir string, e entry) {
	switch {
	case e.kind == isFolder || e.kind == isFile && !looksLikeImage(e.name):
	case e.kind == isFile:
		w.unused.add(outsideClass, path.Join(dir, e.name))
	default:
		w.pass(dir, e)
	}
}

// anyImage reports whether there is an image in or below a folder. It stops at
// the first one.
func (w *walk) anyImage(dir string) (bool, error) {
	for todo := []string{dir}; len(todo) > 0; {
		d := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if err := w.visit(d); err != nil {
			return false, err
		}
		for e, err := range w.tree.entries(d) {
			if err != nil {
				return false, err
			}
			if e.kind == isFile && isImage(e.name) {
				return true, nil
			}
			if e.kind == isFolder {
				below, err := w.follow(d, e)
				if err != nil {
					return false, err
				}
				todo = append(todo, below)
			}
		}
	}
	return false, nil
}

// classes returns the names of the folders of dir that have images, in order.
func (w *walk) classes(dir string) ([]string, error) {
	names, err := folders(w.tree, dir)
	if err != nil {
		return nil, err
	}
	var classes []string
	for _, name := range names {
		found, err := w.anyImage(path.Join(dir, name))
		if err != nil {
			return nil, err
		}
		if found {
			classes = append(classes, name)
		}
	}
	return classes, nil
}

// comparePython orders names as Python orders its strings: by code points. That
// is the order of the bytes except for names that are not UTF-8, whose invalid
// bytes are U+DC80 to U+DCFF in Python (PEP 383).
func comparePython(a, b string) int {
	if utf8.ValidString(a) && utf8.ValidString(b) {
		return strings.Compare(a, b)
	}
	for len(a) > 0 && len(b) > 0 {
		x, n := pythonRune(a)
		y, m := pythonRune(b)
		if x != y {
			return int(x) - int(y)
		}
		a, b = a[n:], b[m:]
	}
	return len(a) - len(b)
}

// pythonRune returns the first character of a name and its length in bytes.
func pythonRune(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 {
		return 0xdc00 + rune(s[0]), 1
	}
	return r, n
}
