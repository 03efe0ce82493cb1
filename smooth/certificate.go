package smooth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/godmae/godmae/internal/philox"
)

// Schema names the file format; readers refuse any other.
const Schema = "godmae-certificate/1"

// The values of the field "kind", which tells the lines of a file apart.
const (
	kindHeader  = "header"
	kindImage   = "image"
	kindTrailer = "trailer"
)

// Fixed values of the header in this version of the format.
const (
	methodCohen = "cohen"
	noiseFloat  = "gaussian-f32" // float32 noise added to float32 pixels
)

// StoppedWrongClass is the value of Record.Stopped for an image that was not
// estimated because its selected class is not its label.
const StoppedWrongClass = "wrong-class"

// Streams are the random streams of the two kinds of samples.
type Streams struct {
	Selection  philox.Stream `json:"selection"`
	Estimation philox.Stream `json:"estimation"`
}

// Seed is a 64-bit seed, written as a decimal string because many readers of
// JSON hold numbers in a float64.
type Seed uint64

// MarshalText writes the seed in decimal.
func (s Seed) MarshalText() ([]byte, error) { return strconv.AppendUint(nil, uint64(s), 10), nil }

// UnmarshalText reads a decimal seed.
func (s *Seed) UnmarshalText(text []byte) error {
	v, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("the seed %q is not an integer of 64 bits", text)
	}
	*s = Seed(v)
	return nil
}

// Subject says what is certified; a caller fills it in, the package only
// records it. Nothing in it may change between machines or runs.
type Subject struct {
	Contract      string   `json:"contract"`      // numerics contract of the classifier, such as "f32/1"
	Model         string   `json:"model"`         // digest of weights and configuration
	Data          string   `json:"data"`          // name of the data set and its split
	Preprocessing string   `json:"preprocessing"` // from the stored image to what the noise is added to
	Names         []string `json:"names"`         // class names; empty when unknown
	Images        IndexSet `json:"images"`        // which images of the data set
}

// Header is the first line of a certificate file.
type Header struct {
	Kind         string  `json:"kind"`
	Schema       string  `json:"schema"`
	Method       string  `json:"method"`
	Noise        string  `json:"noise"`
	Sigma        Decimal `json:"sigma"`
	Alpha        Decimal `json:"alpha"`
	N0           int     `json:"n0"`
	N            int     `json:"n"`
	Seed         Seed    `json:"seed"`
	Streams      Streams `json:"streams"`
	AccuracyOnly bool    `json:"accuracy_only"`
	Classes      int     `json:"classes"`
	Subject
}

// NewHeader describes a certification by Cohen's method.
func NewHeader(p Params, classes int, subject Subject) Header {
	if subject.Names == nil {
		subject.Names = []string{}
	}
	return Header{
		Kind: kindHeader, Schema: Schema, Method: methodCohen, Noise: noiseFloat,
		Sigma: p.Sigma, Alpha: p.Alpha, N0: p.N0, N: p.N, Seed: Seed(p.Seed),
		Streams:      Streams{philox.SelectionNoise, philox.EstimationNoise},
		AccuracyOnly: p.AccuracyOnly, Classes: classes, Subject: subject,
	}
}

// Params returns the parameters of the certification.
func (h Header) Params() Params {
	return Params{Sigma: h.Sigma, Alpha: h.Alpha, N0: h.N0, N: h.N, Seed: uint64(h.Seed), AccuracyOnly: h.AccuracyOnly}
}

// check verifies that a header makes sense to this version of the package.
func (h Header) check() error {
	switch {
	case h.Kind != kindHeader || h.Schema != Schema:
		return fmt.Errorf("it is not a certificate of the format %s", Schema)
	case h.Method != methodCohen || h.Noise != noiseFloat:
		return fmt.Errorf("method %q with noise %q is not known to this version", h.Method, h.Noise)
	case h.Streams != Streams{philox.SelectionNoise, philox.EstimationNoise}:
		return fmt.Errorf("the streams %d and %d are not those of selection and estimation", h.Streams.Selection, h.Streams.Estimation)
	case h.Classes < 1 || h.Classes > maxClasses:
		return fmt.Errorf("it has %d classes; 1 to %d are possible", h.Classes, maxClasses)
	case h.Names == nil || len(h.Names) != 0 && len(h.Names) != h.Classes:
		return fmt.Errorf("it has %d class names for %d classes", len(h.Names), h.Classes)
	}
	for _, text := range append([]string{h.Contract, h.Model, h.Data, h.Preprocessing}, h.Names...) {
		if !utf8.ValidString(text) {
			return fmt.Errorf("the text %q is not valid UTF-8", text)
		}
	}
	if err := h.Images.check(); err != nil {
		return err
	}
	return h.Params().Check()
}

// Record is the line of an image.
type Record struct {
	Kind       string   `json:"kind"`
	Image      int      `json:"image"`
	Pixels     Digest   `json:"pixels"` // SHA-256 of the image before noise, as the caller defines it
	Label      int      `json:"label"`  // -1 when unknown
	Selected   int      `json:"selected"`
	Predict    int      `json:"predict"` // the selected class, or -1 for an abstention
	PA         Decimal  `json:"pa"`
	Radius     Decimal  `json:"radius"`
	Stopped    string   `json:"stopped,omitempty"`
	Selection  Sampling `json:"selection"`
	Estimation Sampling `json:"estimation"`
}

// Correct reports whether the image is certified for its label.
func (r Record) Correct() bool {
	return r.Stopped == "" && r.Predict >= 0 && r.Predict == r.Label
}

// conclude fills in what follows from the counts of a record.
func (r *Record) conclude(stats *Cohen) {
	r.Kind = kindImage
	r.Selected = stats.Select(r.Selection.Counts)
	if r.Stopped != "" {
		r.Predict, r.PA, r.Radius = r.Selected, Decimal{}, Decimal{}
		return
	}
	v := stats.Decide(r.Selected, r.Estimation.Counts.Of(r.Selected))
	r.Predict, r.PA, r.Radius = v.Class, v.PA, v.Radius
}

// check verifies that a record read from a file follows from its own counts
// and the header.
func (r Record) check(h Header, stats *Cohen) error {
	if r.Kind != kindImage {
		return fmt.Errorf("a line of the kind %q stands where an image is expected", r.Kind)
	}
	if r.Label < -1 || r.Label >= h.Classes {
		return fmt.Errorf("label %d is not one of %d classes", r.Label, h.Classes)
	}
	if err := r.Selection.check(h.Classes); err != nil {
		return fmt.Errorf("selection: %w", err)
	}
	if err := r.Estimation.check(h.Classes); err != nil {
		return fmt.Errorf("estimation: %w", err)
	}
	n := h.N
	if r.Stopped != "" {
		if r.Stopped != StoppedWrongClass || !h.AccuracyOnly {
			return fmt.Errorf("it stopped for %q, which the header does not allow", r.Stopped)
		}
		n = 0
	}
	if r.Selection.N != h.N0 || r.Estimation.N != n {
		return fmt.Errorf("%d and %d samples were drawn where %d and %d are due", r.Selection.N, r.Estimation.N, h.N0, n)
	}
	again := r
	again.conclude(stats)
	if wrong := h.AccuracyOnly && r.Label >= 0 && again.Selected != r.Label; wrong != (r.Stopped != "") {
		return errors.New("the label and the stop do not agree")
	}
	if r.Selected != again.Selected || r.Predict != again.Predict || r.PA.Cmp(again.PA) != 0 || r.Radius.Cmp(again.Radius) != 0 {
		return fmt.Errorf("the counts give class %d, pA %s and radius %s, not class %d, pA %s and radius %s",
			again.Predict, again.PA, again.Radius, r.Predict, r.PA, r.Radius)
	}
	return nil
}

// Trailer is the last line: the number of image lines, and the SHA-256 of all
// bytes before the trailer.
type Trailer struct {
	Kind   string `json:"kind"`
	Lines  int    `json:"lines"`
	SHA256 Digest `json:"sha256"`
}

// encodeLine returns the canonical line of a header, record, trailer or
// timing: compact JSON in the order of the fields, ended by a newline.
func encodeLine(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// decodeLine reads a line strictly: what it decodes to must encode to the very
// same bytes, which rules out unknown, repeated and reordered fields, spaces,
// and other ways to write a number.
func decodeLine(line []byte, v any) error {
	if err := json.Unmarshal(line, v); err != nil {
		return errors.New("it is not valid: " + oneLine(err))
	}
	again, err := encodeLine(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, line) {
		return errors.New("it is not in canonical form: a field is unknown, missing, repeated, out of order or written differently")
	}
	return nil
}
