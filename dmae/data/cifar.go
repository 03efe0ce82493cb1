package data

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// A CIFAR image has 3 planes of 32x32 pixels.
const cifarPixels = 3 * 32 * 32

var cifarClasses = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

// cifarForm is one of the file formats in which CIFAR is distributed.
type cifarForm struct {
	name        string
	train, test []string // the files of the parts
	classes     []string
	meta        string // the file that names the classes, which may be missing
	python      bool
	labels      int    // binary: bytes before the pixels, of which the last is the class
	key, names  string // python: of the labels and of the class names
}

var cifarForms = []cifarForm{{
	name:  "CIFAR-10's binary version",
	train: batches("data_batch_%d.bin"), test: []string{"test_batch.bin"},
	classes: cifarClasses, meta: "batches.meta.txt", labels: 1,
}, {
	name:  "CIFAR-10's Python version",
	train: batches("data_batch_%d"), test: []string{"test_batch"},
	classes: cifarClasses, meta: "batches.meta", python: true, key: "labels", names: "label_names",
}, {
	name:  "CIFAR-100's binary version",
	train: []string{"train.bin"}, test: []string{"test.bin"},
	classes: cifar100Classes, meta: "fine_label_names.txt", labels: 2,
}, {
	name:  "CIFAR-100's Python version",
	train: []string{"train"}, test: []string{"test"},
	classes: cifar100Classes, meta: "meta", python: true, key: "fine_labels", names: "fine_label_names",
}}

func batches(pattern string) []string {
	var names []string
	for i := 1; i <= 5; i++ {
		names = append(names, fmt.Sprintf(pattern, i))
	}
	return names
}

// isCIFARName reports whether the name of a file is one of CIFAR's.
func isCIFARName(name string) bool {
	return slices.ContainsFunc(cifarForms, func(f cifarForm) bool {
		return name == f.meta || slices.Contains(f.train, name) || slices.Contains(f.test, name)
	})
}

// cifarSet is CIFAR in a folder.
type cifarSet struct {
	cifarForm
	tree tree
	dir  string
	set  string // its name
	o    Options
}

// findCIFAR finds CIFAR's files among the names of a folder. It is nil if there
// are none.
func findCIFAR(t tree, dir string, names []string, o Options) (*cifarSet, error) {
	var found []cifarForm
	for _, f := range cifarForms {
		has := slices.ContainsFunc(append(slices.Clone(f.train), f.test...), func(n string) bool { return slices.Contains(names, n) })
		// Other data sets have names such as train, too; meta is specific to
		// CIFAR-100.
		if has && (!f.python || f.key == "labels" || slices.Contains(names, f.meta)) {
			found = append(found, f)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		set := "cifar10"
		if len(found[0].classes) == len(cifar100Classes) {
			set = "cifar100"
		}
		if dir != "" {
			set = path.Base(dir)
		}
		return &cifarSet{found[0], t, dir, set, o}, nil
	}
	return nil, fmt.Errorf("it holds the files of %s and of %s: put those of one of them into a folder of their own", found[0].name, found[1].name)
}

func (s *cifarSet) parts() parts {
	return parts{
		train: func() (Dataset, error) { return s.open(s.train, "/train") },
		test:  func() (Dataset, error) { return s.open(s.test, "/test") },
	}
}

// open reads the files of one part. The class names come from their file if it
// exists.
func (s *cifarSet) open(files []string, part string) (Dataset, error) {
	classes, err := s.classNames()
	if err != nil {
		return nil, err
	}
	var pix []byte
	var labels []int32
	for _, name := range files {
		file := path.Join(s.dir, name)
		b, err := readFile(s.tree, file, s.o.MaxBytes-int64(len(pix)))
		if err != nil {
			return nil, fmt.Errorf("%s of %s cannot be read: %w", quote(file), s.name, err)
		}
		read := s.binary
		if s.python {
			read = s.pickled
		}
		if pix, labels, err = read(b, len(classes), pix, labels); err != nil {
			return nil, fmt.Errorf("%s is not a valid file of %s: %w", quote(file), s.name, err)
		}
	}
	if s.o.MaxBytes < int64(len(pix)) {
		return nil, &tooLargeError{s.o.MaxBytes}
	}
	return NewMemory(s.set+part, classes, planes(pix, len(labels), 3, 32, 32), labels)
}

// maxMeta bounds the file with the class names.
const maxMeta = 1 << 20

// classNames returns the names in their file, or the usual names if there is
// none.
func (s *cifarSet) classNames() ([]string, error) {
	file := path.Join(s.dir, s.meta)
	b, err := readFile(s.tree, file, maxMeta)
	if err != nil {
		return s.cifarForm.classes, nil
	}
	names := strings.Fields(string(b))
	if s.python {
		if names, err = pickledNames(b, s.names); err != nil {
			return nil, fmt.Errorf("%s is not a valid file of %s: %w", quote(file), s.name, err)
		}
	}
	if len(names) != len(s.cifarForm.classes) {
		if s.python {
			return nil, fmt.Errorf("%s names %d classes where %s has %d", quote(file), len(names), s.name, len(s.cifarForm.classes))
		}
		return s.cifarForm.classes, nil
	}
	for i := range names {
		names[i] = ClassName(names[i])
	}
	return names, nil
}

// binary appends the records of one file of the binary version.
func (s *cifarSet) binary(b []byte, classes int, pix []byte, labels []int32) ([]byte, []int32, error) {
	record := s.labels + cifarPixels
	switch {
	case len(b) == 0:
		return nil, nil, errors.New("it is empty")
	case len(b)%record != 0:
		return nil, nil, fmt.Errorf("its %d bytes are no whole number of records of %d bytes: it is cut short or of another kind", len(b), record)
	}
	for i := 0; i < len(b); i += record {
		label := b[i+s.labels-1]
		if int(label) >= classes {
			return nil, nil, fmt.Errorf("its record %d has the label %d, but there are %d classes", i/record, label, classes)
		}
		labels = append(labels, int32(label))
		pix = append(pix, b[i+s.labels:i+record]...)
	}
	return pix, labels, nil
}

// cifar100Classes are the fine classes.
var cifar100Classes = strings.Fields(`
	apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle
	bowl boy bridge bus butterfly camel can castle caterpillar cattle
	chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur
	dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard
	lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain
	mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree
	plain plate poppy porcupine possum rabbit raccoon ray road rocket
	rose sea seal shark shrew skunk skyscraper snail snake spider
	squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor
	train trout tulip turtle wardrobe whale willow_tree wolf woman worm`)
