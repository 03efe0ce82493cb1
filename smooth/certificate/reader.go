package certificate

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/godmae/godmae/smooth/bound"
)

// Reader reads a certificate file and checks everything that needs no model:
// the form of each line, counts against samples, bounds and radii against
// counts, the order of the images, the trailer.
type Reader struct {
	lines  lineReader
	header Header
	stats  bound.Statistics
	hash   hash.Hash // over all lines before the trailer
	images cursor
	read   int // lines of images read
	left   int // those of them that are left out
	done   bool
}

// NewReader reads and checks the header. Errors of a Reader name the line.
func NewReader(r io.Reader) (*Reader, error) {
	d := &Reader{lines: lineReader{r: bufio.NewReaderSize(r, 1<<16)}, hash: sha256.New()}
	line, err := d.lines.next()
	if err == io.EOF {
		return nil, errors.New("the certificate is empty: it has no header")
	}
	if err != nil {
		return nil, d.lines.fail(err)
	}
	if err := decodeLine(line, &d.header); err != nil {
		if !bytes.Contains(line, []byte(`"`+Schema+`"`)) && !bytes.Contains(line, []byte(`"`+Schema1+`"`)) {
			err = fmt.Errorf("it is not the header of a certificate of the format %s or %s", Schema, Schema1)
		}
		return nil, d.lines.fail(err)
	}
	if err := d.header.check(); err != nil {
		return nil, d.lines.fail(err)
	}
	if d.stats, err = bound.New(d.header.Params().Plan, d.header.Classes); err != nil {
		return nil, d.lines.fail(err)
	}
	if d.header.Choice != nil {
		d.header.Of = d.header.Choice.Of
	}
	d.hash.Write(line)
	d.images = d.header.cursor()
	return d, nil
}

// Header returns the header.
func (d *Reader) Header() Header { return d.header }

// LeftOut returns the number of images left out so far.
func (d *Reader) LeftOut() int { return d.left }

// Next returns the next image that was not left out. After the last one it
// verifies the trailer and returns io.EOF.
func (d *Reader) Next() (Record, error) {
	for {
		line, err := d.NextLine()
		if err != nil || line.LeftOut == nil {
			return line.Record, err
		}
	}
}

// NextLine returns the line of the next image. After the last one it verifies
// the trailer and returns io.EOF.
func (d *Reader) NextLine() (Line, error) {
	if d.done {
		return Line{}, io.EOF
	}
	line, err := d.lines.next()
	if err == io.EOF {
		return Line{}, fmt.Errorf("the certificate ends after %d of %d images, without a trailer", d.read, d.header.Due())
	}
	if err != nil {
		return Line{}, d.lines.fail(err)
	}
	want, more := d.images.next()
	if !more {
		err := d.checkTrailer(line)
		if err == nil {
			d.done = true
			err = io.EOF
		}
		return Line{}, err
	}
	l, err := d.line(line, want)
	if err != nil {
		return Line{}, d.lines.fail(err)
	}
	d.hash.Write(line)
	d.read++
	if l.LeftOut != nil {
		d.left++
	}
	return l, nil
}

// line decodes and checks the line of an image.
func (d *Reader) line(text []byte, index int) (Line, error) {
	var l Line
	switch {
	case isKind(text, kindTrailer):
		return l, fmt.Errorf("the trailer comes after %d of %d images", d.read, d.header.Due())
	case isKind(text, kindLeftOut):
		l.LeftOut = new(LeftOut)
	}
	if err := decodeLine(text, l.target()); err != nil {
		return l, err
	}
	if l.Image() != index {
		return l, fmt.Errorf("there is image %d instead of image %d", l.Image(), index)
	}
	if l.LeftOut != nil {
		return l, l.LeftOut.check(d.header)
	}
	return l, l.Record.check(d.header, d.stats)
}

// checkTrailer verifies the last line and that nothing follows.
func (d *Reader) checkTrailer(line []byte) error {
	var t trailer
	if err := decodeLine(line, &t); err != nil {
		return d.lines.fail(fmt.Errorf("the trailer is expected here: %w", err))
	}
	if want := d.trailerValue(); t != want {
		return d.lines.fail(fmt.Errorf("the trailer counts %d lines, %d of them of images left out, with the digest %s, but there are %d and %d with %s", t.Lines, t.LeftOut, t.SHA256, want.Lines, want.LeftOut, want.SHA256))
	}
	if _, err := d.lines.next(); err != io.EOF {
		return d.lines.fail(errors.New("there is data after the trailer"))
	}
	return nil
}

// trailerValue returns the trailer for the lines read so far.
func (d *Reader) trailerValue() trailer {
	t := trailer{Kind: kindTrailer, Lines: d.read, LeftOut: d.left}
	d.hash.Sum(t.SHA256[:0])
	return t
}
