package data

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// idxName matches the name of an IDX file of MNIST and similar data sets: an
// optional data set ("emnist-letters-"), the part, the content, a dot or a
// hyphen before "idx", and an optional ".gz".
var idxName = regexp.MustCompile(`^(|.*[-_])(train|t10k|test)-(images|labels)([-.])idx([13])-ubyte(\.gz)?$`)

func isIDXName(name string) bool { return idxName.MatchString(name) }

// idxSet is the IDX files of one data set, by part and content.
type idxSet struct {
	tree  tree
	dir   string
	name  string
	files map[string]string
	o     Options

	labels func() (map[bool]idx, error) // by whether they are the test labels
}

// idxKey returns the key of a file by its part and content.
func idxKey(test bool, content string) string {
	if test {
		return "t10k-" + content
	}
	return "train-" + content
}

// findIDX finds IDX files among the names of a folder. It is nil if there are
// none.
func findIDX(t tree, dir, name string, names []string, o Options) (*idxSet, error) {
	sets := map[string]map[string]string{}
	rank := map[string]string{}
	for _, n := range names {
		m := idxName.FindStringSubmatch(n)
		if m == nil || (m[3] == "images") != (m[5] == "3") {
			continue
		}
		if sets[m[1]] == nil {
			sets[m[1]] = map[string]string{}
		}
		// If several files have the same content, MNIST's own name comes first,
		// then the dot, and then the uncompressed file.
		key := idxKey(m[2] != "train", m[3])
		if have, twice := rank[m[1]+key]; !twice || m[4]+m[6]+m[2] < have {
			rank[m[1]+key] = m[4] + m[6] + m[2]
			sets[m[1]][key] = n
		}
	}
	for prefix, files := range sets {
		if files[idxKey(false, "images")] == "" && files[idxKey(true, "images")] == "" {
			delete(sets, prefix)
		}
	}
	switch prefixes := slices.Sorted(maps.Keys(sets)); len(prefixes) {
	case 0:
		return nil, nil
	case 1:
		s := &idxSet{tree: t, dir: dir, name: name, files: sets[prefixes[0]], o: o}
		s.labels = sync.OnceValues(s.readLabels)
		return s, nil
	default:
		for i, p := range prefixes {
			prefixes[i] = strings.TrimRight(p, "-_")
		}
		return nil, fmt.Errorf("it holds the IDX files of %d data sets, %s: put those of one of them into a folder of their own", len(prefixes), enumerate(prefixes))
	}
}

func (s *idxSet) parts() parts {
	return parts{
		train: func() (Dataset, error) { return s.open(false) },
		test:  func() (Dataset, error) { return s.open(true) },
	}
}

// open reads one part. The classes are those of the labels of all parts: a part
// may lack the last of them.
func (s *idxSet) open(test bool) (Dataset, error) {
	labels, err := s.labels()
	if err != nil {
		return nil, err
	}
	own, ok := labels[test]
	if !ok {
		return nil, s.missing(test, "labels")
	}
	images, err := s.read(test, "images")
	if err != nil {
		return nil, err
	}
	part := "/train"
	if test {
		part = "/test"
	}
	classes := idxClasses(slices.Collect(maps.Values(labels))...)
	if has := idxClasses(own); len(has) < len(classes) {
		s.o.Log(fmt.Sprintf("%s: the labels end with class %d, those of the other part with class %d: there are %d classes", escape(s.name+part), len(has)-1, len(classes)-1, len(classes)))
	}
	return idxPair(s.name+part, images, own, classes)
}

// readLabels reads the labels of all parts that exist.
func (s *idxSet) readLabels() (map[bool]idx, error) {
	all := map[bool]idx{}
	for _, test := range []bool{false, true} {
		labels, err := s.read(test, "labels")
		if errors.Is(err, errMissing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all[test] = labels
	}
	return all, nil
}

var errMissing = errors.New("there is no such file")

func (s *idxSet) missing(test bool, content string) error {
	kind := map[string]string{"images": "-idx3-ubyte", "labels": "-idx1-ubyte"}[content]
	return fmt.Errorf("the folder %s lacks the IDX file %s%s (or .gz): %w", quote(path.Join(s.name, s.dir)), idxKey(test, content), kind, errMissing)
}

func (s *idxSet) read(test bool, content string) (idx, error) {
	name := s.files[idxKey(test, content)]
	if name == "" {
		return idx{}, s.missing(test, content)
	}
	file := path.Join(s.dir, name)
	r, err := s.tree.open(file)
	if err != nil {
		return idx{}, err
	}
	defer r.Close()
	f, err := readIDX(r, s.o.MaxBytes)
	if err != nil {
		return idx{}, fmt.Errorf("%s is not a valid IDX file: %w", quote(file), err)
	}
	return f, nil
}
