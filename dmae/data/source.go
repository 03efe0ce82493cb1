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

// find recognises what a spec names.
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
	return fmt.Errorf("%s is no data set: %w; needed are IDX files (MNIST's names), CIFAR-10 or CIFAR-100 (binary or Python version) or class folders of images, in a folder or in a .tar, .tar.gz or .zip archive", spec, why)
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

// findFiles recognises IDX or CIFAR files that lie in a folder itself.
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

// fewFiles is more than a folder of IDX or CIFAR files below the root has: class
// folders with a million images are not looked through for them. The root is, all
// of it: what a data set is does not hang on the order in which a disk lists it.
const fewFiles = 256

// dataFiles returns the names of the files of a folder that may be IDX's or
// CIFAR's.
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
// in the folder raw there: torchvision keeps data sets like that.
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

// describe says what there is where no data set is recognised.
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
