package certificate

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
)

// sample is a certificate for tests without a classifier: image i has class i
// mod 2, for nine samples in ten.
type sample struct {
	Params
	Subject
	shard   *Shard
	broken  []int // images that cannot be decoded
	noClass bool  // no sample has a class
	other   int   // added to the number from which the pixels are made
}

// sampleOf is a certificate of four images by a method.
func sampleOf(m bound.Method) sample {
	s := sample{
		Params: Params{
			Plan: bound.Plan{Method: m, Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 10, N: 60},
			Seed: 3,
		},
		Subject: Subject{
			Contract: "f32/1", Model: "sha256:none", Data: "points", Preprocessing: "none",
			Names: []string{"left", "right", "<none>"}, Images: IndexSet{{0, 1, 4}}, Of: 1000,
		},
	}
	if m == bound.MethodAnytime {
		s.N, s.Futility = 4000, bound.DefaultFutility()
		for _, r := range []string{"0", "0.1", "0.2", "0.3", "0.5"} {
			s.Radii = append(s.Radii, decimal.Must(r))
		}
	}
	return s
}

func (s sample) header() Header {
	h := NewHeader(s.Params, 3, s.Subject)
	h.Shard = s.shard
	return h
}

// describe gives every fourth image a wrong label, and one image none.
func (s sample) describe(image int) (Image, error) {
	if slices.Contains(s.broken, image) {
		file := Digest(sha256.Sum256(fmt.Append(nil, "file ", image)))
		return Image{}, &UndecodableError{File: &file, Err: fmt.Errorf("%d.png is broken", image)}
	}
	img := Image{Label: image % 2, Pixels: sha256.Sum256(fmt.Append(nil, "image ", image+s.other))}
	if image%4 == 3 {
		img.Label = 2
	}
	if image == 5 {
		img.Label = -1
	}
	return img, nil
}

// hits is the number of samples among the first n with the class of their
// image.
func (s sample) hits(n int) int {
	if s.noClass {
		return 0
	}
	return n - n/10
}

// samples is the outcome of n samples of an image.
func (s sample) samples(image, n int) Sampling {
	counts := func(from, to int) (c bound.Counts) {
		if s.noClass {
			return bound.Counts{{bound.NoClass, to - from}}
		}
		hits := s.hits(to) - s.hits(from)
		of := map[int]int{image % 2: hits, 1 - image%2: to - from - hits}
		for class := range 2 {
			if of[class] > 0 {
				c = append(c, bound.ClassCount{class, of[class]})
			}
		}
		return c
	}
	out := Sampling{N: n, Counts: counts(0, n), Blocks: []Block{}}
	for from := 0; from < n; from += BlockSize {
		out.Blocks = append(out.Blocks, Block{Counts: counts(from, min(from+BlockSize, n))})
	}
	return out
}

// record is the line of an image.
func (s sample) record(t testing.TB, image int) Record {
	t.Helper()
	img, err := s.describe(image)
	require.NoError(t, err)
	rec := NewRecord(image, img)
	rec.Selection = s.samples(image, s.N0)
	if rec.Choose(s.AccuracyOnly) {
		rec.Estimation = Sampling{Counts: bound.Counts{}, Blocks: []Block{}}
		return rec
	}
	stats, err := bound.New(s.Plan, 3)
	require.NoError(t, err)
	trial, n := stats.Begin(s.Draw(image, img.Pixels)), 0
	for due := trial.Due(); due != 0; due = trial.Due() {
		n = due
		trial.Look(s.hits(n))
	}
	rec.Estimation = s.samples(image, n)
	rec.Conclude(trial.Verdict(rec.Selected, rec.Estimation.Counts))
	return rec
}

// write writes the files of the certificate.
func (s sample) write(t testing.TB, files Files) {
	t.Helper()
	w, err := NewWriter(files, s.header(), s.describe, func(string) {})
	require.NoError(t, err)
	defer w.Close()
	require.False(t, w.Complete())
	require.NoError(t, w.Machine("a test", 64))
	for image := range w.Due() {
		line := Line{}
		if slices.Contains(s.broken, image) {
			_, err := s.describe(image)
			line.LeftOut = err.(*UndecodableError).LeftOut(image)
		} else {
			line.Record = s.record(t, image)
		}
		require.NoError(t, w.Append(line, time.Second))
	}
	require.NoError(t, w.Finish())
}

// bytes returns the certificate.
func (s sample) bytes(t testing.TB) []byte {
	t.Helper()
	files := FilesFor(filepath.Join(t.TempDir(), "c.jsonl"))
	s.write(t, files)
	raw, err := os.ReadFile(files.Certificate)
	require.NoError(t, err)
	return raw
}

// smallCertificate is a finished file of four images.
func smallCertificate(t testing.TB, accuracyOnly bool) []byte {
	t.Helper()
	s := sampleOf(bound.MethodCohen)
	s.AccuracyOnly = accuracyOnly
	return s.bytes(t)
}

// readAll reads a certificate to its end.
func readAll(r io.Reader) (Header, []Record, error) {
	d, err := NewReader(r)
	if err != nil {
		return Header{}, nil, err
	}
	var recs []Record
	for {
		rec, err := d.Next()
		if err == io.EOF {
			return d.Header(), recs, nil
		}
		if err != nil {
			return d.Header(), recs, err
		}
		recs = append(recs, rec)
	}
}
