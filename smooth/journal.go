package smooth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/internal/infile"
	"github.com/godmae/godmae/internal/outfile"
)

// Files are the three outputs of a certification.
type Files struct {
	Certificate string // NAME.jsonl: canonical, the same bytes from every run
	Timing      string // NAME.timing.jsonl: what the run took and on what machine
	TSV         string // NAME.tsv: the field's table, derived from both
}

// FilesFor returns the names that belong to the path of any of the three, or
// to NAME alone.
func FilesFor(out string) Files {
	base := out
	for _, ext := range []string{".timing.jsonl", ".jsonl", ".tsv"} {
		if b, ok := strings.CutSuffix(base, ext); ok && filepath.Base(out) != ext {
			base = b
			break
		}
	}
	return Files{Certificate: base + ".jsonl", Timing: base + ".timing.jsonl", TSV: base + ".tsv"}
}

// WithoutTimings returns a list of files without the timing files whose
// certificates are in it too, as a pattern such as runs/*.jsonl names them.
func WithoutTimings(paths []string) []string {
	var rest []string
	for _, path := range paths {
		if of := FilesFor(path); path != of.Timing || !slices.Contains(paths, of.Certificate) {
			rest = append(rest, path)
		}
	}
	return rest
}

// While a run is under way its lines are in partial files beside the targets.
func (f Files) partial() string       { return f.Certificate + ".partial" }
func (f Files) partialTiming() string { return f.Timing + ".partial" }

// answers names the file of what the classifier said of the images that have
// no line yet.
func (f Files) answers() string {
	return strings.TrimSuffix(f.Certificate, ".jsonl") + ".answers.partial"
}

// Header returns the header of the run that these files belong to, finished or
// not, so that it can be continued as it was begun; false if there is none.
func (f Files) Header() (h Header, ok bool) {
	for _, path := range []string{f.Certificate, f.partial()} {
		file, _, err := infile.Open(path)
		if err != nil {
			continue
		}
		defer file.Close()
		if d, err := NewReader(file); err == nil {
			return d.Header(), true
		}
	}
	return Header{}, false
}

// adopt gives a header what the files of the same run have otherwise, and what is
// no difference: the name of the data, because the same pixels may be under
// another path now, and the format, because a run that an earlier version began
// ends in its format.
func (f Files) adopt(header Header, note func(string)) Header {
	there, ok := f.Header()
	if !ok {
		return header
	}
	same := header
	same.Data = there.Data
	if there.Schema == Schema1 {
		same = same.format1()
	}
	if headerDifference(there, same) != "" {
		return header
	}
	if there.Data != header.Data {
		note(fmt.Sprintf("%s names the data %q, which are %q here; the digests of the pixels decide", f.Certificate, there.Data, header.Data))
	}
	if same.Schema == Schema1 {
		note(fmt.Sprintf("%s was begun by an earlier version and stays in its format, %s", f.Certificate, Schema1))
	}
	return same
}

// journal appends the lines of a run to the partial files, one write a line,
// so that a killed process loses at most the line it was writing.
type journal struct {
	files  Files
	lines  *os.File
	times  *os.File
	hash   hash.Hash // over the lines in the partial file
	images int       // lines of images in the partial file
	left   int       // those of them that are left out
}

// openJournal starts the partial files, or goes on with the ones that an
// interrupted run left.
func openJournal(files Files, header Header, describe func(int) (Image, error), note func(string)) (*journal, error) {
	j := &journal{files: files, hash: sha256.New()}
	if err := j.own(); err != nil {
		return nil, err
	}
	if err := j.resume(header, describe, note); err != nil {
		j.close()
		return nil, err
	}
	return j, nil
}

// own opens the partial certificate, and makes sure that no other process writes
// these files.
func (j *journal) own() (err error) {
	j.lines, err = outfile.OpenLocked(j.files.partial())
	switch {
	case errors.Is(err, outfile.ErrLocked):
		return fmt.Errorf("%w: give each its own output, or wait for it", err)
	case err != nil:
		return fmt.Errorf("cannot write the certificate: %w", err)
	}
	return nil
}

// close releases the files, leaving what they hold.
func (j *journal) close() {
	for _, f := range []*os.File{j.lines, j.times} {
		if f != nil {
			f.Close()
		}
	}
}

// write appends a line to the certificate.
func (j *journal) write(v any) error {
	line, err := encodeLine(v)
	if err != nil {
		return err
	}
	if _, err := j.lines.Write(line); err != nil {
		return fmt.Errorf("cannot write the certificate: %w", err)
	}
	j.hash.Write(line)
	return nil
}

// writeTiming appends a line to the timing file.
func (j *journal) writeTiming(v any) error {
	line, err := encodeLine(v)
	if err != nil {
		return err
	}
	if _, err := j.times.Write(line); err != nil {
		return fmt.Errorf("cannot write the timing: %w", err)
	}
	return nil
}

// machine notes what the following images are certified on.
func (j *journal) machine(machine string, batch int) error {
	return j.writeTiming(machineLine{Machine: machine, Batch: batch})
}

// append adds an image. Its timing goes first, so that no image in the
// certificate lacks one.
func (j *journal) append(line Line, spent time.Duration) error {
	rec := line.Record
	t := Timing{Image: line.Image(), Samples: rec.Selection.N + rec.Estimation.N, Seconds: spent.Seconds()}
	if err := j.writeTiming(t); err != nil {
		return err
	}
	return j.writeLine(line)
}

// writeLine appends the line of an image to the certificate.
func (j *journal) writeLine(line Line) error {
	if err := j.write(line.value()); err != nil {
		return err
	}
	j.count(line)
	return nil
}

// count takes note of the line of an image.
func (j *journal) count(line Line) {
	j.images++
	if line.LeftOut != nil {
		j.left++
	}
}

// finish writes the trailer and moves the files to their names, the
// certificate last: where it stands, the others stand too.
func (j *journal) finish() error {
	t := Trailer{Kind: kindTrailer, Lines: j.images, LeftOut: j.left}
	j.hash.Sum(t.SHA256[:0])
	if err := j.write(t); err != nil {
		return err
	}
	lines, times := j.lines, j.times
	for _, f := range []*os.File{lines, times} {
		if err := atomicfile.Sync(f); err != nil {
			return fmt.Errorf("cannot finish the certificate: %w", err)
		}
	}
	j.times = nil
	if err := outfile.Move(times, j.files.partialTiming(), j.files.Timing); err != nil {
		return fmt.Errorf("cannot finish the timing: %w", err)
	}
	if err := deriveTSV(j.files.TSV, j.files.partial(), j.files.Timing); err != nil {
		return err
	}
	j.lines = nil
	if err := outfile.Move(lines, j.files.partial(), j.files.Certificate); err != nil {
		return fmt.Errorf("cannot finish the certificate: %w", err)
	}
	return nil
}

// isComplete reports whether a finished certificate of the same header stands
// at path. Any other file there is an error: certificates are not overwritten.
func isComplete(path string, header Header) (bool, error) {
	f, _, err := infile.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	const remedy = "remove it or choose another output"
	d, err := NewReader(f)
	if err != nil {
		return false, fmt.Errorf("%s is in the way (%w): %s", path, err, remedy)
	}
	if what := headerDifference(d.Header(), header); what != "" {
		return false, fmt.Errorf("%s is another certificate, with %s: %s", path, what, remedy)
	}
	for err == nil {
		_, err = d.Next()
	}
	if err != io.EOF {
		return false, fmt.Errorf("%s is damaged (%w): %s", path, err, remedy)
	}
	return true, nil
}
