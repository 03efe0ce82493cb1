package analyze

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/infile"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Row is the data of one image for an analysis.
type Row struct {
	Image   int
	Label   int     // -1 when unknown
	Predict int     // -1 for an abstention
	Radius  float64 // in units of pixels scaled to [0,1]; 0 for an abstention
	Correct bool    // certified for the label

	// Pixels is the digest of the image, all zero when the file has none.
	Pixels certificate.Digest

	Samples int     // noisy samples drawn for the image; 0 when unknown
	Seconds float64 // time spent on it; -1 when unknown
}

// Run is the result of one certification.
type Run struct {
	Name string
	Rows []Row

	Terms
	Grid []decimal.Decimal // the radii of bound.MethodAnytime

	// AccuracyOnly means that images with a wrong class were not estimated, so
	// that abstentions were not counted.
	AccuracyOnly bool

	// Notes are sentences about irregularities found while reading.
	Notes []string
}

// note adds a sentence to the notes.
func (run *Run) note(format string, args ...any) {
	run.Notes = append(run.Notes, fmt.Sprintf(format, args...))
}

// OnGrid reports whether the radii of a run are steps of a grid and not the
// largest provable radii.
func (run Run) OnGrid() bool { return run.Method == string(bound.MethodAnytime) }

// Images returns the indices of the images in ascending order. It panics if an
// image occurs twice, which the readers refuse.
func (run Run) Images() certificate.IndexSet {
	indices := make([]int, len(run.Rows))
	for i, row := range run.Rows {
		indices[i] = row.Image
	}
	slices.Sort(indices)
	set, err := certificate.NewIndexSet(indices)
	if err != nil {
		panic("analyze: " + err.Error())
	}
	return set
}

// ReadFile reads a certificate (JSONL) or a table (TSV); the first byte decides which. The run is
// named after the file; see [DistinctNames]. The times of a certificate are read from the timing
// file beside it, if there is one.
func ReadFile(path string) (Run, error) {
	if of := certificate.FilesFor(path); path == of.Timing {
		return Run{}, fmt.Errorf("%s holds the times of a certificate, which are read with it: give %s", path, of.Certificate)
	}
	f, err := infile.OpenStream(path)
	if err != nil {
		return Run{}, err
	}
	defer f.Close()
	run, err := Read(f)
	if err != nil {
		return Run{}, fmt.Errorf("%s: %w", path, err)
	}
	run.Name = nameOf(path)
	if run.Method != "" {
		err = run.readTimes(certificate.FilesFor(path).Timing)
	}
	return run, err
}

// Read reads a certificate or a table.
func Read(r io.Reader) (Run, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(1)
	if err == io.EOF {
		return Run{}, fmt.Errorf("the file is empty: it is neither a certificate nor a table")
	}
	if err != nil {
		return Run{}, err
	}
	if bytes.Equal(head, []byte("{")) {
		return readCertificate(b)
	}
	return readTSV(b)
}
