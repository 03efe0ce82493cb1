package certificate

import (
	"crypto/sha256"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
)

// MaxClasses keeps a class and bound.NoClass apart when predictions are hashed
// as 16-bit words.
const MaxClasses = 1<<16 - 1

// Schema is the name of the file format. Schema1 is that of earlier versions,
// which is still read. It has no derived seeds, no size of the whole set of
// images, and no images left out.
const (
	Schema  = "godmae-certificate/2"
	Schema1 = "godmae-certificate/1"
)

// Precision is the default arithmetic of a classifier.
const Precision = "f32"

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
func streamsOf(m bound.Method) Streams {
	s := Streams{Selection: philox.SelectionNoise, Estimation: philox.EstimationNoise}
	if m == bound.MethodRandomised {
		s.Bound = philox.RandomisedBound
	}
	return s
}

// Subject describes what is certified. The caller sets it and the package
// records it. It must not change between machines or runs.
type Subject struct {
	Contract      string   `json:"contract"`            // numerics contract of the classifier, such as "f32/1"
	Precision     string   `json:"precision,omitempty"` // arithmetic of the classifier; Precision when empty
	Device        string   `json:"device,omitempty"`    // contract of the device, if it has its own
	Endpoint      string   `json:"endpoint,omitempty"`  // identity of a service that answers instead of a local model
	Model         string   `json:"model"`               // digest of weights and configuration
	Data          string   `json:"data"`                // name of the data set and its split; not compared
	Preprocessing string   `json:"preprocessing"`       // processing of the stored image before the noise; see EightBit
	Names         []string `json:"names"`               // class names; empty when unknown
	Images        IndexSet `json:"images"`              // which images of the data set
	Of            int      `json:"-"`                   // size of the whole data set; in a header it is in Choice
}

// Header is the first line of a certificate file.
type Header struct {
	Kind         string          `json:"kind"`
	Schema       string          `json:"schema"`
	Method       bound.Method    `json:"method"`
	Noise        string          `json:"noise"`
	Clip         int             `json:"clip,omitempty"` // k of integer noise
	Sigma        decimal.Decimal `json:"sigma"`
	Alpha        decimal.Decimal `json:"alpha"`
	N0           int             `json:"n0"`
	N            int             `json:"n"`
	Anytime      *Anytime        `json:"anytime,omitempty"` // MethodAnytime only
	Seed         Seed            `json:"seed"`
	Beacon       Beacon          `json:"beacon,omitempty"` // of a derived seed
	Streams      Streams         `json:"streams"`
	AccuracyOnly bool            `json:"accuracy_only"`
	Classes      int             `json:"classes"`
	Subject
	Choice *Choice `json:"choice,omitempty"` // of the images; not in Schema1
	Shard  *Shard  `json:"shard,omitempty"`  // of a part for Merge
}

// NewHeader returns the header of a certification.
func NewHeader(p Params, classes int, subject Subject) Header {
	if p.Method == "" {
		p.Method = bound.MethodCohen
	}
	if subject.Names == nil {
		subject.Names = []string{}
	}
	if subject.Precision == "" {
		subject.Precision = Precision
	}
	choice := NewChoice(subject.Of, subject.Images)
	h := Header{
		Kind: kindHeader, Schema: Schema, Method: p.Method, Choice: &choice,
		Sigma: p.Sigma, Alpha: p.Alpha, N0: p.N0, N: p.N, Seed: p.Origin(),
		Streams:      streamsOf(p.Method),
		AccuracyOnly: p.AccuracyOnly, Classes: classes, Subject: subject,
	}
	if h.Method == bound.MethodAnytime {
		h.Anytime = anytimeOf(p.Plan)
	}
	if p.Derived != nil {
		h.Beacon = p.Derived.Beacon
	}
	return h.withNoise(p)
}

// Params returns the parameters of the certification.
func (h Header) Params() Params {
	p := Params{
		Plan: bound.Plan{Method: h.Method, Sigma: h.Sigma, Alpha: h.Alpha, N0: h.N0, N: h.N},
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

// Due returns the number of image lines of a certificate.
func (h Header) Due() int {
	n := h.Images.Len()
	if h.Shard == nil {
		return n
	}
	return (n - h.Shard.Index + h.Shard.Of) / h.Shard.Of
}

// cursor iterates over the images with lines in the certificate.
func (h Header) cursor() cursor {
	c := h.Images.cursor()
	if h.Shard != nil {
		for range h.Shard.Index - 1 {
			c.next()
		}
		c.skip = h.Shard.Of - 1
	}
	return c
}

// Digest returns the SHA-256 of the header's line, with which other files
// identify their certification.
func (h Header) Digest() (Digest, error) {
	line, err := encodeLine(h)
	return sha256.Sum256(line), err
}
