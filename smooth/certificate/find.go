package certificate

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Find returns the header of a certificate and the line of an image.
func Find(file io.Reader, index int) (Header, Record, error) {
	d, err := NewReader(file)
	if err != nil {
		return Header{}, Record{}, err
	}
	for {
		line, err := d.NextLine()
		rec := line.Record
		switch {
		case errors.Is(err, io.EOF):
			return d.Header(), rec, fmt.Errorf("there is no line for image %d: it has %d lines, %s", index, d.Header().Images.Len(), between(d.Header().Images))
		case err != nil:
			return d.Header(), rec, err
		case line.LeftOut != nil && line.LeftOut.Image == index:
			return d.Header(), rec, fmt.Errorf("image %d was left out because it cannot be decoded: nothing is certified about it", index)
		case line.LeftOut == nil && rec.Image == index:
			return d.Header(), rec, nil
		}
	}
}

// between returns the first and the last image of a set as text.
func between(images IndexSet) string {
	first, last := -1, -1
	for i := range images.All() {
		if last = i; first < 0 {
			first = i
		}
	}
	return fmt.Sprintf("from image %d to image %d", first, last)
}

// maxHeader is the longest header that Peek reads.
const maxHeader = 64 << 20

// Peek reads the header of a certificate, with its kind of noise and its
// preprocessing, and returns a reader of the whole file, also for a pipe. The
// header is empty if it is invalid; an audit then reports the reason. The
// error is that of reading.
func Peek(file io.Reader) (whole io.Reader, h Header, err error) {
	r, head := bufio.NewReader(file), []byte(nil)
	for len(head) < maxHeader && (len(head) == 0 || head[len(head)-1] != '\n') {
		part, err := r.ReadSlice('\n')
		head = append(head, part...)
		if err == io.EOF {
			break
		}
		if err != nil && err != bufio.ErrBufferFull {
			return nil, h, err
		}
	}
	if d, err := NewReader(bytes.NewReader(head)); err == nil {
		h = d.Header()
	}
	return io.MultiReader(bytes.NewReader(head), r), h, nil
}
