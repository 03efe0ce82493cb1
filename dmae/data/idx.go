package data

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// idx is the content of an IDX file of unsigned bytes (the format of
// http://yann.lecun.com/exdb/mnist): two zero bytes, the type 8, the number of
// dimensions, the dimensions as big-endian 32-bit numbers, the data.
type idx struct {
	dims []int
	data []byte
}

// readIDX reads one IDX file, gzip-compressed or not, to its end. Its data may
// have limit bytes. The file is read twice, so that memory is allocated only
// for bytes that exist, not for those that the header claims.
func readIDX(r io.ReadSeeker, limit int64) (idx, error) {
	f, total, in, err := idxStart(r, limit)
	if err != nil {
		return idx{}, err
	}
	// The whole file is read, so that the checksum of compressed data is
	// compared.
	switch n, err := io.Copy(io.Discard, in); {
	case err != nil:
		return idx{}, err
	case n < total:
		return idx{}, fmt.Errorf("it ends after %d of the %d bytes of data that its header claims: it is cut short", n, total)
	case n > total:
		return idx{}, fmt.Errorf("it goes on after the %d bytes of data that its header claims", total)
	}
	if _, _, in, err = idxStart(r, limit); err != nil {
		return idx{}, err
	}
	f.data, err = readSized(in, total)
	return f, err
}

// idxStart reads the header from the beginning of a file. It returns the number
// of bytes that it claims and their reader.
func idxStart(r io.ReadSeeker, limit int64) (idx, int64, io.Reader, error) {
	fail := func(err error) (idx, int64, io.Reader, error) { return idx{}, 0, nil, err }
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return fail(err)
	}
	br := bufio.NewReader(r)
	if magic, _ := br.Peek(2); isGzip(magic) {
		zr, err := newGunzip(br, limit+idxHeader)
		if err != nil {
			return fail(err)
		}
		br = bufio.NewReader(zr)
	}
	var head [4]byte
	if _, err := io.ReadFull(br, head[:]); err != nil {
		return fail(shortHeader(err))
	}
	if head[0] != 0 || head[1] != 0 || head[2] != 8 || head[3] < 1 || head[3] > 4 {
		return fail(fmt.Errorf("it starts with % x, not with 00 00 08 and a number of dimensions from 1 to 4", head))
	}
	f := idx{dims: make([]int, head[3])}
	total := int64(1)
	for i := range f.dims {
		var word [4]byte
		if _, err := io.ReadFull(br, word[:]); err != nil {
			return fail(shortHeader(err))
		}
		d := int64(binary.BigEndian.Uint32(word[:]))
		if d == 0 {
			return fail(fmt.Errorf("its dimension %d is 0: it is empty", i))
		}
		if total > limit/d {
			return fail(fmt.Errorf("with its dimension %d of %d %w", i, d, &tooLargeError{limit}))
		}
		f.dims[i] = int(d)
		total *= d
	}
	return f, total, br, nil
}

// idxHeader is the largest size of a header in bytes.
const idxHeader = 4 + 4*4

// shortHeader is the error of a file that is too short for a header, or cannot
// be read.
func shortHeader(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("it ends within its header")
	}
	return err
}

// idxPair makes a data set from an IDX file of images [n, h, w] or [n, h, w, 3]
// and one of labels [n]. It keeps the data.
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
	for i, v := range labels.data {
		l[i] = int32(v)
	}
	return NewMemory(name, classes, planes(pix, d[0], c, d[1], d[2]), l)
}

// idxClasses names the classes by their numbers, from 0 to the largest label of
// all parts.
func idxClasses(parts ...idx) []string {
	most := byte(0)
	for _, p := range parts {
		for _, v := range p.data {
			most = max(most, v)
		}
	}
	classes := make([]string, int(most)+1)
	for i := range classes {
		classes[i] = strconv.Itoa(i)
	}
	return classes
}

// planar converts n images of interleaved RGB into planes, in place, and
// returns them.
func planar(rgb []byte, n, pixels int) []byte {
	src := make([]byte, 3*pixels)
	for i := range n {
		dst := rgb[i*3*pixels : (i+1)*3*pixels]
		copy(src, dst)
		for p := range pixels {
			dst[p], dst[pixels+p], dst[2*pixels+p] = src[3*p], src[3*p+1], src[3*p+2]
		}
	}
	return rgb
}
