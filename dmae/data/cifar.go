package data

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A record of the CIFAR-10 binary version is a label and 32x32 pixels, planar.
const (
	cifarPixels = 3 * 32 * 32
	cifarRecord = 1 + cifarPixels
	maxCIFAR    = 1 << 30 // bytes of one batch file
)

var cifarClasses = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

// readCIFAR appends the records of one batch.
func readCIFAR(r io.Reader, classes int, pix []byte, labels []int32) ([]byte, []int32, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxCIFAR+1))
	switch {
	case err != nil:
		return nil, nil, err
	case len(b) == 0:
		return nil, nil, fmt.Errorf("it is empty")
	case len(b) > maxCIFAR:
		return nil, nil, fmt.Errorf("it has more than %d bytes", maxCIFAR)
	case len(b)%cifarRecord != 0:
		return nil, nil, fmt.Errorf("its %d bytes are no whole number of records of %d bytes: it is cut short or of another kind", len(b), cifarRecord)
	}
	for i := 0; i < len(b); i += cifarRecord {
		if int(b[i]) >= classes {
			return nil, nil, fmt.Errorf("its record %d has the label %d, but there are %d classes", i/cifarRecord, b[i], classes)
		}
		labels = append(labels, int32(b[i]))
		pix = append(pix, b[i+1:i+cifarRecord]...)
	}
	return pix, labels, nil
}

// cifarFiles returns the paths of the training or the test batches of a folder.
func cifarFiles(dir string, test bool) []string {
	if test {
		return []string{filepath.Join(dir, "test_batch.bin")}
	}
	var paths []string
	for i := 1; i <= 5; i++ {
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("data_batch_%d.bin", i)))
	}
	return paths
}

// isCIFAR reports whether a folder holds CIFAR-10 batches.
func isCIFAR(dir string) bool {
	for _, test := range []bool{false, true} {
		if st, err := os.Stat(cifarFiles(dir, test)[0]); err == nil && st.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// openCIFAR reads the training batches or the test batch of a folder. Class
// names come from batches.meta.txt where it lies beside them.
func openCIFAR(dir string, test bool) (Dataset, error) {
	classes := cifarClasses
	if meta, err := os.ReadFile(filepath.Join(dir, "batches.meta.txt")); err == nil {
		if names := strings.Fields(string(meta)); len(names) == len(cifarClasses) {
			classes = names
		}
	}
	name := "cifar10/train"
	if test {
		name = "cifar10/test"
	}
	var pix []byte
	var labels []int32
	for _, path := range cifarFiles(dir, test) {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		pix, labels, err = readCIFAR(bytes.NewReader(b), len(classes), pix, labels)
		if err != nil {
			return nil, fmt.Errorf("%s is not a valid CIFAR-10 batch: %w", path, err)
		}
	}
	return NewMemory(name, classes, planes(pix, len(labels), 3, 32, 32), labels)
}
