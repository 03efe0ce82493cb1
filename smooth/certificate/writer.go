package certificate

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"iter"
	"os"
	"time"

	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/internal/outfile"
)

// Writer writes the files of a certification. It appends lines to partial files,
// with one write per line, so a killed process loses at most the current line.
// Finish renames the partial files.
type Writer struct {
	header   Header
	files    Files
	complete bool
	lines    *os.File
	times    *os.File
	hash     hash.Hash // over the lines in the partial file
	images   int       // lines of images in the partial file
	left     int       // those of them that are left out
}

// NewWriter starts the files of a certification, or continues after the lines of
// an interrupted run. It verifies those lines, and the images with describe. note
// gets messages for the user. A finished certificate with the same header is
// complete; any other file with that name is an error.
func NewWriter(files Files, header Header, describe func(int) (Image, error), note func(string)) (*Writer, error) {
	if err := header.check(); err != nil {
		return nil, err
	}
	header = files.adopt(header, note)
	w := &Writer{header: header, files: files, hash: sha256.New()}
	var err error
	if w.complete, err = files.complete(header); err != nil || w.complete {
		return w, err
	}
	if err := w.own(); err != nil {
		return nil, err
	}
	if err := w.resume(describe, note); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// Complete reports whether the certificate is already finished.
func (w *Writer) Complete() bool { return w.complete }

// Header returns the header that is written: the given one, except that a
// continued run keeps its name of the data and its format.
func (w *Writer) Header() Header { return w.header }

// Images returns the number of images that have a line.
func (w *Writer) Images() int { return w.images }

// LeftOut returns the number of images left out among these.
func (w *Writer) LeftOut() int { return w.left }

// Due yields the images that have no line yet, in order.
func (w *Writer) Due() iter.Seq[int] {
	return func(yield func(int) bool) {
		c := w.header.cursor()
		for range w.images {
			c.next()
		}
		for index, ok := c.next(); ok && yield(index); index, ok = c.next() {
		}
	}
}

// own opens the partial certificate and locks it against other processes.
func (w *Writer) own() (err error) {
	w.lines, err = outfile.OpenLocked(w.files.Partial())
	switch {
	case errors.Is(err, outfile.ErrLocked):
		return fmt.Errorf("%w: give each its own output, or wait for it", err)
	case err != nil:
		return fmt.Errorf("cannot write the certificate: %w", err)
	}
	return nil
}

// Close closes the files and keeps their contents. It may be called after
// Finish.
func (w *Writer) Close() {
	for _, f := range []*os.File{w.lines, w.times} {
		if f != nil {
			f.Close()
		}
	}
}

// write appends a line to the certificate.
func (w *Writer) write(v any) error {
	line, err := encodeLine(v)
	if err != nil {
		return err
	}
	if _, err := w.lines.Write(line); err != nil {
		return fmt.Errorf("cannot write the certificate: %w", err)
	}
	w.hash.Write(line)
	return nil
}

// writeTiming appends a line to the timing file.
func (w *Writer) writeTiming(v any) error {
	line, err := encodeLine(v)
	if err != nil {
		return err
	}
	if _, err := w.times.Write(line); err != nil {
		return fmt.Errorf("cannot write the timing: %w", err)
	}
	return nil
}

// Machine writes the machine and the batch size of the following images to the
// timing file.
func (w *Writer) Machine(machine string, batch int) error {
	return w.writeTiming(machineLine{Machine: machine, Batch: batch})
}

// Append adds the next image and its time. The timing is written first, so no
// image in the certificate lacks one.
func (w *Writer) Append(line Line, spent time.Duration) error {
	rec := line.Record
	t := Timing{Image: line.Image(), Samples: rec.Selection.N + rec.Estimation.N, Seconds: spent.Seconds()}
	if err := w.writeTiming(t); err != nil {
		return err
	}
	return w.writeLine(line)
}

// writeLine appends the line of an image to the certificate.
func (w *Writer) writeLine(line Line) error {
	if err := w.write(line.value()); err != nil {
		return err
	}
	w.count(line)
	return nil
}

// count counts the line of an image.
func (w *Writer) count(line Line) {
	w.images++
	if line.LeftOut != nil {
		w.left++
	}
}

// Finish writes the trailer and renames the files, the certificate last: if it
// exists, the others exist too.
func (w *Writer) Finish() error {
	t := trailer{Kind: kindTrailer, Lines: w.images, LeftOut: w.left}
	w.hash.Sum(t.SHA256[:0])
	if err := w.write(t); err != nil {
		return err
	}
	lines, times := w.lines, w.times
	for _, f := range []*os.File{lines, times} {
		if err := atomicfile.Sync(f); err != nil {
			return fmt.Errorf("cannot finish the certificate: %w", err)
		}
	}
	w.times = nil
	if err := outfile.Move(times, w.files.PartialTiming(), w.files.Timing); err != nil {
		return fmt.Errorf("cannot finish the timing: %w", err)
	}
	if err := deriveTSV(w.files.TSV, w.files.Partial(), w.files.Timing); err != nil {
		return err
	}
	w.lines = nil
	if err := outfile.Move(lines, w.files.Partial(), w.files.Certificate); err != nil {
		return fmt.Errorf("cannot finish the certificate: %w", err)
	}
	return nil
}
