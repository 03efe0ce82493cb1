package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// maxIDX bounds the decoded bytes of one IDX file.
const maxIDX = 8 << 30

// idx is the content of an IDX file of unsigned bytes (the format of
// http://yann.lecun.com/exdb/mnist): two zero bytes, the type 8, the number of
// dimensions, the dimensions as big-endian 32-bit numbers, the data.
type idx struct {
	dims []int
	data []byte
}

// readIDX reads one IDX file, gzip-compressed or not, to its end.
func readIDX(r io.Reader) (idx, error) {
	br := bufio.NewReader(r)
	if magic, _ := br.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		zr, err := gzip.NewReader(br)
		if err != nil {
			return idx{}, err
		}
		defer zr.Close()
		br = bufio.NewReader(zr)
	}
	var head [4]byte
	if _, err := io.ReadFull(br, head[:]); err != nil {
		return idx{}, errors.New("it ends within its header")
	}
	if head[0] != 0 || head[1] != 0 || head[2] != 8 || head[3] < 1 || head[3] > 4 {
		return idx{}, fmt.Errorf("it starts with % x, not with 00 00 08 and a number of dimensions from 1 to 4", head)
	}
	f := idx{dims: make([]int, head[3])}
	total := int64(1)
	for i := range f.dims {
		var word [4]byte
		if _, err := io.ReadFull(br, word[:]); err != nil {
			return idx{}, errors.New("it ends within its header")
		}
		d := int64(binary.BigEndian.Uint32(word[:]))
		if d == 0 || total > maxIDX/d {
			return idx{}, fmt.Errorf("its dimension %d is %d: it is empty or above %d bytes", i, d, int64(maxIDX))
		}
		f.dims[i] = int(d)
		total *= d
	}
	// ReadAll grows with what is there, not with what the header claims.
	data, err := io.ReadAll(io.LimitReader(br, total+1))
	switch {
	case err != nil:
		return idx{}, err
	case int64(len(data)) < total:
		return idx{}, fmt.Errorf("it has %d bytes of data, its header claims %d: it is cut short", len(data), total)
	case int64(len(data)) > total:
		return idx{}, fmt.Errorf("it goes on after the %d bytes its header claims", total)
	}
	f.data = data
	return f, nil
}

// idxPair makes a data set of an IDX file of images [n, h, w] or [n, h, w, 3]
// and one of labels [n]. Without class names, the names are the numbers from 0
// to the largest label.
func idxPair(name string, images, labels idx, classes []string) (Dataset, error) {
	d := images.dims
	if len(d) != 3 && (len(d) != 4 || d[3] != 3) {
		return nil, fmt.Errorf("the images of %s have the dimensions %v, but [n h w] or [n h w 3] is needed", name, d)
	}
	if len(labels.dims) != 1 || labels.dims[0] != d[0] {
		return nil, fmt.Errorf("the labels of %s have the dimensions %v, but there are %d images", name, labels.dims, d[0])
	}
	c := 1
	pix := images.data
	if len(d) == 4 {
		c = 3
		pix = planar(pix, d[0], d[1]*d[2])
	}
	l := make([]int32, len(labels.data))
	most := byte(0)
	for i, v := range labels.data {
		l[i] = int32(v)
		most = max(most, v)
	}
	if classes == nil {
		for i := range int(most) + 1 {
			classes = append(classes, strconv.Itoa(i))
		}
	}
	return NewMemory(name, classes, planes(pix, d[0], c, d[1], d[2]), l)
}

// planar turns n images of interleaved RGB into planes.
func planar(rgb []byte, n, pixels int) []byte {
	out := make([]byte, len(rgb))
	for i := range n {
		src, dst := rgb[i*3*pixels:(i+1)*3*pixels], out[i*3*pixels:]
		for p := range pixels {
			dst[p], dst[pixels+p], dst[2*pixels+p] = src[3*p], src[3*p+1], src[3*p+2]
		}
	}
	return out
}

// idxFile returns the path of an IDX file of a folder: by MNIST's name, with a
// dot for the hyphen before "idx" or not, compressed or not; "" if there is none.
func idxFile(dir, stem, kind string) string {
	for _, name := range []string{stem + "-" + kind, stem + "." + kind} {
		for _, ext := range []string{"", ".gz"} {
			p := filepath.Join(dir, name+ext)
			if st, err := os.Stat(p); err == nil && st.Mode().IsRegular() {
				return p
			}
		}
	}
	return ""
}

// openIDX reads the training or the test files of a folder of IDX files.
func openIDX(dir string, test bool) (Dataset, error) {
	stem, part := "train", "/train"
	if test {
		stem, part = "t10k", "/test"
	}
	var files [2]idx
	for i, f := range []struct{ stem, kind string }{{stem + "-images", "idx3-ubyte"}, {stem + "-labels", "idx1-ubyte"}} {
		path := idxFile(dir, f.stem, f.kind)
		if path == "" {
			return nil, fmt.Errorf("the folder %s lacks the IDX file %s-%s (or .gz)", dir, f.stem, f.kind)
		}
		r, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		files[i], err = readIDX(r)
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("%s is not a valid IDX file: %w", path, err)
		}
	}
	return idxPair(filepath.Base(dir)+part, files[0], files[1], nil)
}

// isIDX reports whether a folder holds IDX training or test images.
func isIDX(dir string) bool {
	return idxFile(dir, "train-images", "idx3-ubyte") != "" || idxFile(dir, "t10k-images", "idx3-ubyte") != ""
}
