package data

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// find recognises the data set of a spec.
func find(spec string, o Options) (parts, error) {
	if name, ok := strings.CutPrefix(spec, builtin); ok {
		if spec != FashionMNIST {
			return parts{}, fmt.Errorf("there is no built-in data set %q: %s is the only one", name, FashionMNIST)
		}
		return parts{train: fashionTrain, test: fashionTest}, nil
	}
	st, err := os.Stat(spec)
	if err != nil {
		return parts{}, fmt.Errorf("cannot open the data set %s: %w", spec, err)
	}
	name := filepath.Base(filepath.Clean(spec))
	var t tree = diskTree(spec)
	if !st.IsDir() {
		t, err = openArchive(spec, o.MaxBytes)
		if errors.Is(err, errNoArchive) {
			return parts{}, noDataSet(spec, errNoArchive)
		}
		if err != nil {
			return parts{}, fmt.Errorf("%s is not a valid archive: %w", spec, err)
		}
		name, _, _ = strings.Cut(filepath.Base(spec), ".")
	}
	p, err := findIn(t, name, o)
	if err != nil {
		return parts{}, fmt.Errorf("cannot open the data set %s: %w", spec, err)
	}
	if p.empty() {
		return parts{}, noDataSet(spec, errors.New(describe(t)))
	}
	return p, nil
}

// noDataSet is the error of a spec in which nothing is recognised.
func noDataSet(spec string, why error) error {
	return fmt.Errorf("%s is not a data set: %w; a data set is IDX files (MNIST's names), CIFAR-10 or CIFAR-100 (binary or Python version) or class folders of images, in a folder or in a .tar, .tar.gz or .zip archive", spec, why)
}

// findIn recognises the data set of a folder or an archive: files of IDX or
// CIFAR, there or in one of its folders, or folders of images.
func findIn(t tree, name string, o Options) (parts, error) {
	if p, err := findFiles(t, "", name, o); err != nil || !p.empty() {
		return p, err
	}
	p, err := findBelow(t, name, o)
	if err != nil || !p.empty() {
		return p, err
	}
	return findFolders(t, name, o)
}

// findFiles recognises IDX or CIFAR files directly in a folder.
func findFiles(t tree, dir, name string, o Options) (parts, error) {
	names, err := dataFiles(t, dir)
	if err != nil {
		return parts{}, err
	}
	idx, err := findIDX(t, dir, name, names, o)
	if err != nil {
		return parts{}, err
	}
	if idx != nil {
		return idx.parts(), nil
	}
	cifar, err := findCIFAR(t, dir, names, o)
	if err != nil || cifar == nil {
		return parts{}, err
	}
	return cifar.parts(), nil
}

// fewFiles bounds the files of a folder below the root that is searched for IDX
// or CIFAR files, so that class folders with a million images are not. The root
// is searched completely, so that the result does not depend on the order in
// which a disk lists it.
const fewFiles = 256

// dataFiles returns the names in a folder that may be IDX or CIFAR files.
func dataFiles(t tree, dir string) ([]string, error) {
	var names []string
	n := 0
	for e, err := range t.entries(dir) {
		if err != nil {
			return nil, err
		}
		if n++; n > fewFiles && dir != "" {
			break
		}
		if e.kind == isFile && (isIDXName(e.name) || isCIFARName(e.name)) {
			names = append(names, e.name)
		}
	}
	return names, nil
}

// findBelow recognises IDX or CIFAR files in one of the folders of the root, or
// in its folder raw, as torchvision stores data sets.
func findBelow(t tree, name string, o Options) (parts, error) {
	outer, err := folders(t, "")
	if err != nil {
		return parts{}, err
	}
	if slices.ContainsFunc(outer, isPart) || len(outer) > fewFiles {
		return parts{}, nil
	}
	var found parts
	var where []string
	for _, d := range outer {
		for _, dir := range []string{d, path.Join(d, "raw")} {
			p, err := findFiles(t, dir, name, o)
			if err != nil && path.Base(dir) == "raw" {
				continue // there is none
			}
			if err != nil {
				return parts{}, fmt.Errorf("in the folder %s %w", quote(dir), err)
			}
			if !p.empty() {
				found = p
				where = append(where, dir)
			}
		}
	}
	if len(where) > 1 {
		return parts{}, fmt.Errorf("it holds several data sets: give one of its folders %s", enumerate(where))
	}
	return found, nil
}

// describe describes the content of a folder in which no data set is
// recognised.
func describe(t tree) string {
	all, err := list(t, "")
	if err != nil {
		return err.Error()
	}
	var dirs []string
	files := unused{}
	for _, e := range all {
		switch {
		case e.kind == isFolder:
			dirs = append(dirs, e.name)
		case e.kind == isFile && isImage(e.name):
			files.add(outsideClass, e.name)
		default:
			w := walk{}
			w.pass("", e)
			files.merge(&w.unused)
		}
	}
	switch {
	case len(all) == 0:
		return "it is empty"
	case len(dirs) > 0 && files.empty():
		return "it holds the folders " + enumerate(dirs) + " without images"
	case len(dirs) > 0:
		return "it holds the folders " + enumerate(dirs) + " without images, and " + files.String()
	}
	return "it holds " + files.String()
}
