package smooth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/godmae/godmae/philox"
)

// Schema names the file format that is written. Readers know Schema1 too, that
// of earlier versions, which has no derived seeds, does not say of how many
// images its own were chosen, and leaves no image out.
const (
	Schema  = "godmae-certificate/2"
	Schema1 = "godmae-certificate/1"
)

// Precision is the arithmetic of a classifier that names no other.
const Precision = "f32"

// The values of the field "kind", which tells the lines of a file apart.
const (
	kindHeader  = "header"
	kindImage   = "image"
	kindLeftOut = "left-out"
	kindTrailer = "trailer"
)

// StoppedWrongClass is the value of Record.Stopped for an image that was not
// estimated because its selected class is not its label.
const StoppedWrongClass = "wrong-class"

// Streams are the random streams of the two kinds of samples, and of the
// random number of MethodRandomised.
type Streams struct {
	Selection  philox.Stream `json:"selection"`
	Estimation philox.Stream `json:"estimation"`
	Bound      philox.Stream `json:"bound,omitempty"`
}

// streamsOf returns the streams of a method.
func streamsOf(m Method) Streams {
	s := Streams{Selection: philox.SelectionNoise, Estimation: philox.EstimationNoise}
	if m == MethodRandomised {
		s.Bound = philox.RandomisedBound
	}
	return s
}

// Subject says what is certified; a caller fills it in, the package only
// records it. Nothing in it may change between machines or runs.
type Subject struct {
	Contract      string   `json:"contract"`            // numerics contract of the classifier, such as "f32/1"
	Precision     string   `json:"precision,omitempty"` // arithmetic of the classifier; Precision when empty
	Device        string   `json:"device,omitempty"`    // contract of the device, where it has one of its own
	Endpoint      string   `json:"endpoint,omitempty"`  // identity of a service that answers in place of a model at hand
	Model         string   `json:"model"`               // digest of weights and configuration
	Data          string   `json:"data"`                // name of the data set and its split; it describes, and binds nothing
	Preprocessing string   `json:"preprocessing"`       // from the stored image to what the noise is added to; see EightBit
	Names         []string `json:"names"`               // class names; empty when unknown
	Images        IndexSet `json:"images"`              // which images of the data set
	Of            int      `json:"-"`                   // images of the whole data set; a header has it in its Choice
}

// Header is the first line of a certificate file.
type Header struct {
	Kind         string   `json:"kind"`
	Schema       string   `json:"schema"`
	Method       Method   `json:"method"`
	Noise        string   `json:"noise"`
	Clip         int      `json:"clip,omitempty"` // k of integer noise
	Sigma        Decimal  `json:"sigma"`
	Alpha        Decimal  `json:"alpha"`
	N0           int      `json:"n0"`
	N            int      `json:"n"`
	Anytime      *Anytime `json:"anytime,omitempty"` // MethodAnytime only
	Seed         Seed     `json:"seed"`
	Beacon       Beacon   `json:"beacon,omitempty"` // of a seed that is derived
	Streams      Streams  `json:"streams"`
	AccuracyOnly bool     `json:"accuracy_only"`
	Classes      int      `json:"classes"`
	Subject
	Choice *Choice `json:"choice,omitempty"` // of the images; Schema1 lacks it
	Shard  *Shard  `json:"shard,omitempty"`  // of a part that is to be merged
}

// NewHeader describes a certification.
func NewHeader(p Params, classes int, subject Subject) Header {
	if subject.Names == nil {
		subject.Names = []string{}
	}
	if subject.Precision == "" {
		subject.Precision = Precision
	}
	choice := NewChoice(subject.Of, subject.Images)
	h := Header{
		Kind: kindHeader, Schema: Schema, Method: p.method(), Choice: &choice,
		Sigma: p.Sigma, Alpha: p.Alpha, N0: p.N0, N: p.N, Seed: p.Origin(),
		Streams:      streamsOf(p.method()),
		AccuracyOnly: p.AccuracyOnly, Classes: classes, Subject: subject,
	}
	if h.Method == MethodAnytime {
		h.Anytime = anytimeOf(p)
	}
	if p.Derived != nil {
		h.Beacon = p.Derived.Beacon
	}
	return h.withNoise(p)
}

// Params returns the parameters of the certification.
func (h Header) Params() Params {
	p := Params{
		Method: h.Method, Sigma: h.Sigma, Alpha: h.Alpha, N0: h.N0, N: h.N,
		Seed: h.Seed.Number, AccuracyOnly: h.AccuracyOnly, Sound: h.Noise == noiseInteger,
	}
	if h.Seed.Derived {
		p.Derived = &Derivation{Model: h.Model, Beacon: h.Beacon}
	}
	if h.Anytime != nil {
		p.Radii, p.Futility = h.Anytime.Radii, h.Anytime.Futility
	}
	return p
}

// check verifies that a header makes sense to this version of the package.
func (h Header) check() error {
	switch {
	case h.Kind != kindHeader || h.Schema != Schema && h.Schema != Schema1:
		return fmt.Errorf("it is not a certificate of the format %s or %s", Schema, Schema1)
	case !slices.Contains(Methods(), h.Method) || !slices.Contains(noises, h.Noise):
		return fmt.Errorf("method %q with noise %q is not known to this version", h.Method, h.Noise)
	case h.Streams != streamsOf(h.Method):
		return fmt.Errorf("the streams %d, %d and %d are not those of selection, estimation and bound", h.Streams.Selection, h.Streams.Estimation, h.Streams.Bound)
	case (h.Anytime != nil) != (h.Method == MethodAnytime):
		return fmt.Errorf("the method %s and a grid of radii do not go together", h.Method)
	case h.Classes < 1 || h.Classes > maxClasses:
		return fmt.Errorf("it has %d classes; 1 to %d are possible", h.Classes, maxClasses)
	case h.Names == nil || len(h.Names) != 0 && len(h.Names) != h.Classes:
		return fmt.Errorf("it has %d class names for %d classes", len(h.Names), h.Classes)
	}
	for _, text := range append([]string{h.Contract, h.Precision, h.Device, h.Endpoint, h.Model, h.Data, h.Preprocessing}, h.Names...) {
		if len(text) > maxText {
			return fmt.Errorf("it has a text of %d bytes, which begins with %.40q; at most %d are possible", len(text), text, maxText)
		}
		if !utf8.ValidString(text) {
			return fmt.Errorf("the text %q is not valid UTF-8", text)
		}
	}
	if err := h.Images.check(); err != nil {
		return err
	}
	if err := h.checkFormat(); err != nil {
		return err
	}
	if err := h.checkPreprocessing(); err != nil {
		return err
	}
	if h.Shard != nil {
		if err := h.Shard.check(); err != nil {
			return err
		}
	}
	if h.Anytime != nil {
		if err := h.Anytime.check(); err != nil {
			return err
		}
	}
	if err := h.Params().Check(); err != nil {
		return err
	}
	return h.checkClip()
}

// format1 returns the header as the format Schema1 has it.
func (h Header) format1() Header {
	h.Schema, h.Precision, h.Device, h.Endpoint, h.Choice = Schema1, "", "", "", nil
	return h
}

// checkFormat verifies what tells the two formats apart.
func (h Header) checkFormat() error {
	if h.Schema == Schema1 {
		if h.Seed.Derived || h.Beacon != "" || h.Precision != "" || h.Device != "" || h.Endpoint != "" || h.Choice != nil {
			return fmt.Errorf("it has fields that the format %s lacks", Schema1)
		}
		return nil
	}
	switch {
	case h.Precision == "":
		return errors.New("it does not name the precision of the arithmetic")
	case h.Beacon != "" && !h.Seed.Derived:
		return fmt.Errorf("a seed that is the number %s has no beacon", h.Seed)
	}
	if err := h.Beacon.check(); err != nil {
		return err
	}
	return h.Choice.check(h.Images)
}

// EightBit is what the preprocessing before integer noise, and no other, says
// of the pixels; scaled is what only that before float noise ends in.
const (
	EightBit = "8-bit pixels"
	scaled   = "x/255"
)

// checkPreprocessing refuses noise of one kind on pixels of the other: the name
// of the noise alone would be changed without a trace in the counts.
func (h Header) checkPreprocessing() error {
	integers := strings.Contains(h.Preprocessing, EightBit)
	switch {
	case h.Noise == noiseFloat && integers:
		return fmt.Errorf("float noise does not go with the preprocessing %q, which is that of integer noise", h.Preprocessing)
	case h.Noise == noiseInteger && (strings.HasSuffix(h.Preprocessing, scaled) || h.Schema != Schema1 && !integers):
		return fmt.Errorf("integer noise does not go with the preprocessing %q, which is not one of %s", h.Preprocessing, EightBit)
	}
	return nil
}

// Trailer is the last line: the number of lines between it and the header, how
// many of them are of images left out, and the SHA-256 of all bytes before it.
type Trailer struct {
	Kind    string `json:"kind"`
	Lines   int    `json:"lines"`
	LeftOut int    `json:"left_out,omitempty"`
	SHA256  Digest `json:"sha256"`
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
	switch {
	case bytes.HasSuffix(line, []byte("\r\n")):
		return errors.New("it has the line end of Windows: a certificate is not to be converted")
	case bytes.HasPrefix(line, []byte("\ufeff")):
		return errors.New("a byte order mark stands before it: a certificate is not to be converted")
	}
	if err := checkDensity(line); err != nil {
		return err
	}
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
