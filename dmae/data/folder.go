package data

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
)

// imageFolders are folders of images, with their parts and classes.
type imageFolders struct {
	tree   tree
	name   string
	root   string   // the folder of the parts
	parts  []string // those of train, val and test that exist; without any, all images are training images
	o      Options
	unused unused // found on the way to root, not reported yet

	classes func() ([]string, error)
}

// findFolders recognises train/CLASS/*, val/CLASS/* and test/CLASS/*, or
// CLASS/* alone, also below folders that hold nothing but one folder.
func findFolders(t tree, name string, o Options) (parts, error) {
	f := &imageFolders{tree: t, name: name, o: o}
	names, err := f.findRoot()
	if err != nil || len(names) == 0 {
		return parts{}, err
	}
	f.classes = sync.OnceValues(f.findClasses)
	var p parts
	if len(f.parts) == 0 {
		if err := checkPartNames(names); err != nil {
			return parts{}, err
		}
		w := walk{tree: t}
		if classes, err := w.classes(f.root); err != nil || len(classes) == 0 {
			return parts{}, err
		}
		p.train = func() (Dataset, error) { return f.open(f.root, string(Train)) }
		return p, nil
	}
	for _, part := range []struct {
		split Split
		to    *func() (Dataset, error)
	}{{Train, &p.train}, {Val, &p.val}, {Test, &p.test}} {
		if slices.Contains(f.parts, string(part.split)) {
			*part.to = func() (Dataset, error) { return f.open(path.Join(f.root, string(part.split)), string(part.split)) }
		}
	}
	return p, nil
}

func isPart(d string) bool { return d == string(Train) || d == string(Val) || d == string(Test) }

// maxWrappers bounds the nested folders with a single folder in them. Archives
// are often packed together with the folders around the data.
const maxWrappers = 8

// findRoot descends to the folder that has parts or several folders, and
// returns the names of its folders.
func (f *imageFolders) findRoot() ([]string, error) {
	names, err := f.level(f.root)
	for range maxWrappers {
		if err != nil || len(names) != 1 || isPart(names[0]) {
			break
		}
		below := &imageFolders{tree: f.tree, root: path.Join(f.root, names[0])}
		inner, err := below.level(below.root)
		if err != nil {
			return nil, err
		}
		// A single folder with images is the only class.
		single := len(inner) < 2 && !slices.ContainsFunc(inner, isPart)
		if len(inner) == 0 || below.unused.counts[outsideClass] > 0 || single && !f.leadsOn(path.Join(below.root, inner[0])) {
			break
		}
		f.root, names, f.parts = below.root, inner, below.parts
		f.unused.merge(&below.unused)
	}
	return names, err
}

// leadsOn reports whether a folder, or its only folder, has parts or several
// folders.
func (f *imageFolders) leadsOn(dir string) bool {
	for range maxWrappers {
		names, err := folders(f.tree, dir)
		if err != nil || len(names) == 0 {
			return false
		}
		if len(names) > 1 || isPart(names[0]) {
			return true
		}
		dir = path.Join(dir, names[0])
	}
	return false
}

// level returns the folders of a folder, finds the parts among them, and
// records everything else.
func (f *imageFolders) level(dir string) ([]string, error) {
	all, err := list(f.tree, dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range all {
		if e.kind == isFolder {
			names = append(names, e.name)
		}
	}
	if f.parts, err = partsOf(f.tree, dir, names); err != nil {
		return nil, err
	}
	w := walk{tree: f.tree}
	for _, e := range all {
		switch {
		case e.kind != isFolder:
			w.beside(dir, e)
		case len(f.parts) > 0 && !isPart(e.name):
			w.unused.add(otherFolder, path.Join(dir, e.name))
		}
	}
	f.unused = w.unused
	return names, nil
}

// partsOf returns the names of the parts among folders. A part contains class
// folders. If none does, the folders are classes, such as a class "train" of
// vehicles.
func partsOf(t tree, dir string, names []string) ([]string, error) {
	var parts []string
	divided := false
	for _, n := range names {
		if !isPart(n) {
			continue
		}
		parts = append(parts, n)
		below, err := folders(t, path.Join(dir, n))
		if err != nil {
			return nil, err
		}
		divided = divided || len(below) > 0
	}
	if !divided {
		return nil, nil
	}
	return parts, nil
}

// partWords are other usual names for the parts of a data set.
var partWords = []string{"train", "training", "train_set", "val", "valid", "validation", "eval", "dev", "test", "testing", "test_set"}

// checkPartNames is an error if class folders are parts of a data set under
// other names. The images of a part would become one class.
func checkPartNames(names []string) error {
	for _, n := range names {
		if !slices.Contains(partWords, strings.ToLower(n)) {
			return nil
		}
	}
	return fmt.Errorf("its folders are called %s: the parts of a data set are folders train, val and test, each with a folder for each class in it", enumerate(names))
}

// findClasses returns the class names: the folders with images of the
// training part, so that all parts have the same labels, or of the first part
// that exists.
func (f *imageFolders) findClasses() ([]string, error) {
	w := walk{tree: f.tree}
	names, err := w.classes(path.Join(f.root, f.classesFrom()))
	for i := range names {
		names[i] = ClassName(names[i])
	}
	return names, err
}

// classesFrom returns the part whose folders are the classes; "" without parts.
func (f *imageFolders) classesFrom() string {
	for _, p := range []Split{Train, Val, Test} {
		if slices.Contains(f.parts, string(p)) {
			return string(p)
		}
	}
	return ""
}

// open lists the images of dir/CLASS/** and logs what it found there that is
// not read.
func (f *imageFolders) open(dir, part string) (Dataset, error) {
	classes, err := f.classes()
	if err != nil {
		return nil, err
	}
	all, err := list(f.tree, dir)
	if err != nil {
		return nil, err
	}
	ds := &folder{name: f.name + "/" + part, tree: f.tree, classes: classes, channels: f.o.Channels, limit: f.o.MaxPixels}
	w := walk{tree: f.tree}
	present := 0
	for _, e := range all {
		if e.kind != isFolder {
			if len(f.parts) > 0 { // without parts, this level is the root
				w.beside(dir, e)
			}
			continue
		}
		images, err := w.class(path.Join(dir, e.name))
		if err != nil {
			return nil, err
		}
		if len(images) == 0 {
			w.unused.add(emptyClass, path.Join(dir, e.name))
			continue
		}
		label := slices.Index(classes, ClassName(e.name))
		if label < 0 {
			return nil, fmt.Errorf("the class %s of the folder %s is not among the %s with images of %s: %s",
				quoteClass(ClassName(e.name)), quote(dir), plural(len(classes), "class", "classes"), quote(path.Join(f.root, f.classesFrom())), NameList(classes))
		}
		present++
		ds.files = append(ds.files, images...)
		for range images {
			ds.labels = append(ds.labels, int32(label))
		}
	}
	w.unused.merge(&f.unused)
	f.unused = unused{}
	if len(ds.files) == 0 {
		err := fmt.Errorf("the folder %s has no images in class folders", quote(dir))
		if !w.unused.empty() {
			err = fmt.Errorf("%w; not read: %v", err, &w.unused)
		}
		return nil, err
	}
	if !w.unused.empty() {
		f.o.Log(found(ds.name, len(ds.files), present, len(classes)) + "; not read: " + w.unused.String())
	}
	return ds.load(f.o)
}

// found describes how many images a part of a data set has, of how many
// classes.
func found(name string, images, present, classes int) string {
	of := plural(classes, "class", "classes")
	if present != classes {
		of = fmt.Sprintf("%d of %s", present, of)
	}
	return fmt.Sprintf("%s: %s of %s", escape(name), plural(images, "image", "images"), of)
}

func plural(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}

// enumerate lists names in quotes, the first ten of them.
func enumerate(names []string) string {
	const most = 10
	quoted := make([]string, 0, most+1)
	for i, n := range names {
		if i == most {
			quoted = append(quoted, fmt.Sprintf("... (%d)", len(names)))
			break
		}
		quoted = append(quoted, quote(n))
	}
	return strings.Join(quoted, ", ")
}
