package certificate

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/godmae/godmae/internal/infile"
)

// Files are the three outputs of a certification.
type Files struct {
	Certificate string // NAME.jsonl: canonical, the same bytes in every run
	Timing      string // NAME.timing.jsonl: the time of each image, and the machine
	TSV         string // NAME.tsv: the usual table of the literature, made from both
}

// FilesFor returns the names for the path of any of the three, or for NAME.
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
// certificates are also in it. A pattern such as runs/*.jsonl matches both.
func WithoutTimings(paths []string) []string {
	var rest []string
	for _, path := range paths {
		if of := FilesFor(path); path != of.Timing || !slices.Contains(paths, of.Certificate) {
			rest = append(rest, path)
		}
	}
	return rest
}

// Partial returns the name of the certificate's file during a run.
func (f Files) Partial() string { return f.Certificate + ".partial" }

// PartialTiming returns the name of the timing file during a run.
func (f Files) PartialTiming() string { return f.Timing + ".partial" }

// Header returns the header of the run with these files, finished or not, so
// that it can be continued with the same parameters; false if there is none.
func (f Files) Header() (h Header, ok bool) {
	for _, path := range []string{f.Certificate, f.Partial()} {
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

// adopt replaces two fields of a header by those of an existing run that is
// otherwise the same. One is the name of the data, because the same pixels may
// have another path now. The other is the format, because a run of an earlier
// version keeps its format.
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
		note(fmt.Sprintf("%s was started by an earlier version and keeps its format, %s", f.Certificate, Schema1))
	}
	return same
}

// complete reports whether the certificate is finished and has this header. Any
// other file with its name is an error: certificates are not overwritten.
func (f Files) complete(header Header) (bool, error) {
	path := f.Certificate
	file, _, err := infile.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	const remedy = "remove it or choose another output"
	d, err := NewReader(file)
	if err != nil {
		return false, fmt.Errorf("%s already exists (%w): %s", path, err, remedy)
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
