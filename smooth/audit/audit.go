package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/certificate"
)

// Depth is the part of a certificate that is recomputed.
type Depth string

// The depths; each includes those before it.
const (
	Arithmetic Depth = "arithmetic" // from the counts to the radii; without the model
	Sample     Depth = "sample"     // also some blocks of predictions
	Full       Depth = "full"       // also all blocks
)

// Options are the options of Run. Depths beyond Arithmetic need the classifier
// and the images.
type Options struct {
	Depth Depth

	// Subject describes the given classifier and images. Its Images are
	// ignored, and its Of, too, if it is 0.
	Subject    certificate.Subject
	Classifier smooth.Classifier
	Describe   func(index int) (certificate.Image, error) // as in smooth.Task

	// Batch is the number of jobs of a call; 0 means the preference of the
	// classifier.
	Batch int

	// Blocks is the number of blocks that depth Sample draws with Seed. An
	// issuer who can predict the seed can forge the blocks that are not drawn.
	Blocks int
	Seed   uint64

	// Now, if set, is the time with which the round of a beacon is compared.
	Now time.Time

	// Progress, if set, is called after each batch with the samples so far.
	Progress func(samples int)
}

// Report is the result of an audit.
type Report struct {
	Depth      Depth  `json:"depth"`
	Intact     bool   `json:"intact"`
	Difference string `json:"difference,omitempty"` // the first one, in a sentence
	Images     int    `json:"images"`               // that were checked, including those left out
	Blocks     int    `json:"blocks"`               // that were classified again
	Samples    int    `json:"samples"`              // that were classified again
	Seed       string `json:"seed,omitempty"`       // that chose the blocks of depth Sample

	// Certificate summarises the certificate as far as it was read; it is nil if
	// the header cannot be read. Notes are facts that are not differences.
	Certificate *Summary `json:"certificate,omitempty"`
	Notes       []string `json:"notes,omitempty"`
}

// difference is an error of the certificate, not of the audit.
type difference struct{ text string }

func (d difference) Error() string { return d.text }

func differs(format string, args ...any) error { return difference{fmt.Sprintf(format, args...)} }

// Run audits a certificate. An error means that the audit was not possible. An
// incorrect certificate gives a Report with a Difference.
func Run(ctx context.Context, file io.Reader, o Options) (Report, error) {
	report := Report{Depth: o.Depth}
	if !slices.Contains([]Depth{Arithmetic, Sample, Full}, o.Depth) {
		return report, fmt.Errorf("the depth %q is not known: choose %s, %s or %s", o.Depth, Arithmetic, Sample, Full)
	}
	if o.Depth != Arithmetic && (o.Classifier == nil || o.Describe == nil) {
		return report, fmt.Errorf("an audit of depth %s needs the model and the images", o.Depth)
	}
	if o.Depth == Sample {
		if o.Blocks < 1 {
			return report, fmt.Errorf("%d blocks cannot be drawn: give at least 1", o.Blocks)
		}
		report.Seed = fmt.Sprint(o.Seed)
	}
	err := (&auditor{Options: o, report: &report}).run(ctx, file)
	var d difference
	if errors.As(err, &d) {
		report.Difference = d.text
		return report, nil
	}
	report.Intact = err == nil
	return report, err
}

// auditor is an audit in progress.
type auditor struct {
	Options
	report   *Report
	header   certificate.Header
	params   certificate.Params
	noise    smooth.Noise
	examiner *examiner
	commit   *certificate.Commitment // nil if there is none
	drawn    *reservoir              // of depth Sample
}

func (a *auditor) run(ctx context.Context, file io.Reader) error {
	in := &failing{r: file}
	d, err := certificate.NewReader(in)
	if err != nil {
		return in.judge(err)
	}
	a.header = d.Header()
	a.params = a.header.Params()
	a.examiner = newExaminer(a.header)
	a.report.Certificate = newSummary(a.header)
	if a.header.Beacon != "" && a.header.Shard == nil {
		if a.commit, err = certificate.NewCommitment(a.header); err != nil {
			return err
		}
	}
	if early := a.header.Beacon.Early(a.Now); early != "" && !a.Now.IsZero() {
		a.note("%s", early)
	}
	if a.Depth != Arithmetic {
		if err := a.compareHeader(); err != nil {
			return err
		}
		if a.noise, err = smooth.NoiseOf(a.params); err != nil {
			return err
		}
		if err := a.noise.Check(a.Classifier); err != nil {
			return err
		}
	}
	if a.Depth == Sample {
		a.drawn = newReservoir(a.Blocks, a.Seed)
	}
	for line := 2; ; line++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		read, err := d.NextLine()
		if err == io.EOF {
			break
		}
		if err != nil {
			return in.judge(err)
		}
		if err := a.image(ctx, read); err != nil {
			return at(err, fmt.Sprintf("line %d, image %d", line, read.Image()))
		}
		if a.commit != nil {
			a.commit.AddLine(read)
		}
		a.report.Images++
		a.report.Certificate.take(read)
	}
	if a.commit != nil {
		c := a.commit.Digest()
		a.report.Certificate.Commitment = &c
	}
	if a.drawn == nil {
		return nil
	}
	for _, p := range a.drawn.parts {
		if err := a.replay(ctx, p); err != nil {
			return at(err, fmt.Sprintf("image %d", p.image))
		}
	}
	return nil
}

// image audits the line of an image.
func (a *auditor) image(ctx context.Context, line certificate.Line) error {
	rec := line.Record
	if line.LeftOut == nil {
		if err := a.examiner.examine(rec); err != nil {
			return err
		}
	}
	if a.Depth == Arithmetic {
		return nil
	}
	what, err := line.Compare(a.Describe(line.Image()))
	switch {
	case err != nil:
		return err
	case what != "":
		return differs("%s", what)
	case line.LeftOut != nil:
		return nil
	}
	for _, p := range parts(rec) {
		p.key = a.params.Key(rec.Pixels)
		if a.drawn != nil {
			a.drawn.offer(p)
		} else if err := a.replay(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// compareHeader compares the header with the given model and data.
func (a *auditor) compareHeader() error {
	h := a.header
	if a.Subject.Precision == "" {
		a.Subject.Precision = certificate.Precision
	}
	if h.Precision == "" {
		h.Precision = certificate.Precision
	}
	if h.Contract != a.Subject.Contract {
		return differs("the header names the numerics contract %s, but this backend computes under %s, whose bits are different: the header was changed, or the certificate was made on another backend, on which alone it can be audited", quoted(h.Contract), quoted(a.Subject.Contract))
	}
	for _, c := range []struct{ what, have, want string }{
		{"precision", h.Precision, a.Subject.Precision},
		{"device", h.Device, a.Subject.Device},
		{"endpoint", h.Endpoint, a.Subject.Endpoint},
		{"model", h.Model, a.Subject.Model},
		{"preprocessing", h.Preprocessing, a.Subject.Preprocessing},
	} {
		if c.have != c.want {
			return differs("the header names the %s %s, but here it is %s: it was changed, or is a certificate of something else", c.what, quoted(c.have), quoted(c.want))
		}
	}
	if h.Data != a.Subject.Data {
		// The same images may have another path; their digests decide.
		a.note("the header names the data %s, but here they are %s; the digests of the pixels are compared", plain(h.Data), plain(a.Subject.Data))
	}
	switch of := a.Subject.Of; {
	case of == 0:
	case h.Choice == nil:
		a.report.Certificate.Of = of
		a.report.Certificate.Choice = certificate.NewChoice(of, h.Images).Describe(h.Images.Len())
		a.note("the header does not state the size of the whole set, which has %s images here", certificate.Thousands(of))
	case h.Choice.Of != of:
		return differs("the header says that its images are %s, but here the whole set has %s", h.Choice.Describe(h.Images.Len()), certificate.Thousands(of))
	}
	if k := a.Classifier.Classes(); h.Classes != k {
		return differs("the header names %d classes, but the model has %d", h.Classes, k)
	}
	if len(h.Names) != len(a.Subject.Names) {
		return differs("the header names %d of its classes, but here %d have names", len(h.Names), len(a.Subject.Names))
	}
	for i, name := range a.Subject.Names {
		if h.Names[i] != name {
			return differs("the header calls class %d %s, but here it is %s", i, quoted(h.Names[i]), quoted(name))
		}
	}
	return nil
}

func (a *auditor) note(format string, args ...any) {
	a.report.Notes = append(a.report.Notes, fmt.Sprintf(format, args...))
}

// at adds the place to a difference or another error.
func at(err error, place string) error {
	var d difference
	if errors.As(err, &d) {
		return difference{place + ": " + d.text}
	}
	return fmt.Errorf("%s: %w", place, err)
}

// failing records that reading failed for a reason outside the file.
type failing struct {
	r   io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// judge distinguishes an error of the format from a failed read.
func (f *failing) judge(err error) error {
	if f.err != nil {
		return f.err
	}
	return difference{err.Error()}
}
