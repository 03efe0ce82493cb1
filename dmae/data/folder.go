package data

import (
	"fmt"
	"path"
	"slices"
)

// findFolders recognises train/CLASS/*, val/CLASS/* and test/CLASS/*, also
// below a single folder, or CLASS/* alone.
func findFolders(t tree, name string, o Options) (parts, error) {
	root := ""
	dirs, _, err := t.list(root)
	if err != nil {
		return parts{}, err
	}
	isPart := func(d string) bool { return d == string(Train) || d == string(Val) || d == string(Test) }
	if len(dirs) == 1 && !isPart(dirs[0]) {
		below, _, err := t.list(dirs[0])
		if err != nil {
			return parts{}, err
		}
		if slices.ContainsFunc(below, isPart) {
			root, dirs = dirs[0], below
		}
	}
	open := func(dir, part string) func() (Dataset, error) {
		return func() (Dataset, error) {
			classes, err := folderClasses(t, root, dirs)
			if err != nil {
				return nil, err
			}
			return openFolder(t, dir, name+"/"+part, classes, o)
		}
	}
	var s parts
	if !slices.ContainsFunc(dirs, isPart) {
		if len(dirs) > 0 {
			s.train = open(root, string(Train))
		}
		return s, nil
	}
	for _, p := range []struct {
		split Split
		to    *func() (Dataset, error)
	}{{Train, &s.train}, {Val, &s.val}, {Test, &s.test}} {
		if slices.Contains(dirs, string(p.split)) {
			*p.to = open(path.Join(root, string(p.split)), string(p.split))
		}
	}
	return s, nil
}

// folderClasses returns the class names: those of the training images, so that
// all parts agree on the labels, or of the only part there is.
func folderClasses(t tree, root string, dirs []string) ([]string, error) {
	for _, p := range []Split{Train, Val, Test} {
		if slices.Contains(dirs, string(p)) {
			classes, _, err := t.list(path.Join(root, string(p)))
			return classes, err
		}
	}
	return dirs, nil
}

// openFolder lists the images of dir/CLASS/*, and reads their headers.
func openFolder(t tree, dir, name string, classes []string, o Options) (Dataset, error) {
	f := &folder{name: name, tree: t, classes: classes, channels: o.Channels, limit: o.MaxPixels}
	have, _, err := t.list(dir)
	if err != nil {
		return nil, err
	}
	for _, class := range have {
		label := slices.Index(classes, class)
		if label < 0 {
			return nil, fmt.Errorf("the class %q of the folder %s is not among the %d classes of the training images", class, dir, len(classes))
		}
		_, images, err := t.list(path.Join(dir, class))
		if err != nil {
			return nil, err
		}
		for _, im := range images {
			f.files = append(f.files, path.Join(dir, class, im))
			f.labels = append(f.labels, int32(label))
		}
	}
	if len(f.files) == 0 {
		return nil, fmt.Errorf("the folder %q has no JPEG or PNG images in class folders", dir)
	}
	return f.load(o)
}
