package certificate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/godmae/godmae/internal/outfile"
	"github.com/godmae/godmae/smooth/bound"
)

// resume verifies the partial file of an earlier run line by line, removes a
// torn last line and a trailer, and prepares the files for appending. A file
// without a whole header is replaced.
func (w *Writer) resume(describe func(int) (Image, error), note func(string)) error {
	header := w.header
	begin, err := encodeLine(header)
	if err != nil {
		return err
	}
	d := &Reader{lines: lineReader{r: bufio.NewReaderSize(w.lines, 1<<16)}, header: header, images: header.cursor()}
	if d.stats, err = bound.New(header.Params().Plan, header.Classes); err != nil {
		return err
	}
	keep := int64(0) // bytes of the partial file that are kept
	line, err := d.lines.next()
	switch {
	case err == nil && bytes.Equal(line, begin):
		if keep, err = w.resumeImages(d, describe, note); err != nil {
			return fmt.Errorf("%s cannot be continued: %w: remove it to start again", w.files.Partial(), err)
		}
	case err == nil:
		return w.notOurs(line, header)
	case err != io.EOF && err != errTorn:
		return fmt.Errorf("cannot read %s: %w", w.files.Partial(), err)
	}
	if err := errors.Join(w.lines.Truncate(keep), seekTo(w.lines, keep)); err != nil {
		return fmt.Errorf("cannot continue %s: %w", w.files.Partial(), err)
	}
	if keep == 0 {
		if err := w.write(header); err != nil {
			return err
		}
	}
	if w.images > 0 {
		note(fmt.Sprintf("continuing after %d of %d images in %s", w.images, header.Due(), w.files.Partial()))
	}
	return w.resumeTiming(header)
}

// resumeImages verifies the lines after the header and returns the number of
// bytes to keep.
func (w *Writer) resumeImages(d *Reader, describe func(int) (Image, error), note func(string)) (int64, error) {
	begin, err := encodeLine(d.header)
	if err != nil {
		return 0, err
	}
	w.hash.Write(begin)
	for {
		keep := d.lines.offset
		line, err := d.lines.next()
		switch {
		case err == errTorn:
			note(fmt.Sprintf("the last line of %s was cut off; its image is certified again", w.files.Partial()))
			return keep, nil
		case err == io.EOF || err == nil && isKind(line, kindTrailer):
			return keep, nil
		case err != nil:
			return 0, d.lines.fail(err)
		}
		index, more := d.images.next()
		if !more {
			return 0, d.lines.fail(errors.New("it has more images than the header names"))
		}
		read, err := d.line(line, index)
		if err != nil {
			return 0, d.lines.fail(err)
		}
		img, err := describe(index)
		if what, err := read.Compare(img, err); err != nil {
			return 0, err
		} else if what != "" {
			return 0, d.lines.fail(fmt.Errorf("image %d: %s", index, what))
		}
		w.hash.Write(line)
		w.count(read)
	}
}

// notOurs is the error for a partial file with another header.
func (w *Writer) notOurs(line []byte, header Header) error {
	var other Header
	what := "another header"
	if err := decodeLine(line, &other); err == nil {
		what = headerDifference(other, header)
	}
	return fmt.Errorf("%s is left from another certification, with %s: remove it or choose another output", w.files.Partial(), what)
}

// headerDifference names the fields in which two headers differ, with their
// values if they are short; it is empty if there are none.
func headerDifference(have, want Header) string {
	fields := func(h Header) (names []string, values map[string]json.RawMessage) {
		line, err := encodeLine(h)
		if err != nil || json.Unmarshal(line, &values) != nil {
			return nil, nil
		}
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.Token() // the opening brace
		for dec.More() {
			name, _ := dec.Token()
			var skip json.RawMessage
			if dec.Decode(&skip) != nil {
				break
			}
			names = append(names, name.(string))
		}
		return names, values
	}
	names, a := fields(have)
	more, b := fields(want)
	var differ []string
	for _, name := range more {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if bytes.Equal(a[name], b[name]) {
			continue
		}
		const short = 60
		switch {
		case a[name] == nil || b[name] == nil:
			there := map[bool]string{true: "no", false: "a"}[a[name] == nil]
			differ = append(differ, fmt.Sprintf("%s %s", there, name))
		case len(a[name])+len(b[name]) <= short:
			differ = append(differ, fmt.Sprintf("%s %s instead of %s", name, a[name], b[name]))
		default:
			differ = append(differ, "another "+name)
		}
	}
	return strings.Join(differ, ", ")
}

// resumeTiming opens the partial timing file and keeps the lines of images
// that the certificate has. A run that was killed while it renamed its files
// has the timing under its final name already.
func (w *Writer) resumeTiming(header Header) error {
	name := w.files.PartialTiming()
	if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) && w.images > 0 {
		if err := os.Rename(w.files.Timing, name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cannot continue the timing: %w", err)
		}
	}
	var err error
	if w.times, err = outfile.Open(name); err != nil {
		return fmt.Errorf("cannot write the timing: %w", err)
	}
	keep, err := timingPrefix(w.times, header, w.images)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", name, err)
	}
	if err := errors.Join(w.times.Truncate(keep), seekTo(w.times, keep)); err != nil {
		return fmt.Errorf("cannot continue %s: %w", name, err)
	}
	return nil
}

func seekTo(f *os.File, offset int64) error {
	_, err := f.Seek(offset, io.SeekStart)
	return err
}
