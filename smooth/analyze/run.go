package analyze

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/godmae/godmae/smooth"
)

// Row is what an analysis needs of an image.
type Row struct {
	Image   int
	Label   int     // -1 when unknown
	Predict int     // -1 for an abstention
	Radius  float64 // in units of pixels scaled to [0,1]; 0 for an abstention
	Correct bool    // certified, and for the label
}

// Run is the outcome of one certification.
type Run struct {
	Name string
	Rows []Row

	// Sigma is the noise level as typed, empty when the file does not say.
	Sigma string

	// AccuracyOnly says that images with a wrong class were not estimated, so
	// that abstentions were not counted.
	AccuracyOnly bool

	// Notes are sentences about what was noticed while reading.
	Notes []string
}

// ReadFile reads a certificate (JSONL) or a table (TSV), told apart by their
// first byte. The run is named after the file.
func ReadFile(path string) (Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return Run{}, err
	}
	defer f.Close()
	run, err := Read(f)
	if err != nil {
		return Run{}, fmt.Errorf("%s: %w", path, err)
	}
	base := filepath.Base(path)
	run.Name = strings.TrimSuffix(base, filepath.Ext(base))
	return run, nil
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

func readCertificate(r io.Reader) (Run, error) {
	d, err := smooth.NewReader(r)
	if err != nil {
		return Run{}, err
	}
	h := d.Header()
	run := Run{Sigma: h.Sigma.String(), AccuracyOnly: h.AccuracyOnly}
	unlabelled := 0
	for {
		rec, err := d.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return Run{}, err
		}
		if rec.Label < 0 {
			unlabelled++
		}
		run.Rows = append(run.Rows, Row{
			Image: rec.Image, Label: rec.Label, Predict: rec.Predict, Radius: rec.Radius.Float64(), Correct: rec.Correct(),
		})
	}
	if unlabelled > 0 {
		run.Notes = append(run.Notes, fmt.Sprintf("%d of %d images have no label and count as not certified", unlabelled, len(run.Rows)))
	}
	return run, nil
}
