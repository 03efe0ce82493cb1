package analyze

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/godmae/godmae/internal/infile"
	"github.com/godmae/godmae/smooth/certificate"
)

// readCertificate reads a certificate, which its reader verifies.
func readCertificate(r io.Reader) (Run, error) {
	d, err := certificate.NewReader(r)
	if err != nil {
		return Run{}, err
	}
	h := d.Header()
	run := Run{Terms: termsOf(h), AccuracyOnly: h.AccuracyOnly}
	if h.Anytime != nil {
		run.Grid = h.Anytime.Radii
	}
	for {
		rec, err := d.Next()
		if err == io.EOF {
			run.LeftOut = d.LeftOut()
			break
		}
		if err != nil {
			return Run{}, err
		}
		run.Rows = append(run.Rows, Row{
			Image: rec.Image, Label: rec.Label, Predict: rec.Predict, Radius: rec.Radius.Float64(), Correct: rec.Correct(),
			Pixels: rec.Pixels, Samples: rec.Selection.N + rec.Estimation.N, Seconds: -1,
		})
	}
	return run, nil
}

// readTimes sets the seconds of the images in a timing file. It is not an error
// if there is no such file.
func (run *Run) readTimes(path string) error {
	f, _, err := infile.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	at := make(map[int]int, len(run.Rows))
	for i, row := range run.Rows {
		at[row.Image] = i
	}
	for t := range certificate.Timings(f) {
		if i, ok := at[t.Image]; ok && t.Seconds >= 0 {
			run.Rows[i].Seconds = t.Seconds
		}
	}
	return nil
}

// termsOf returns the terms of a header.
func termsOf(h certificate.Header) Terms {
	t := Terms{
		Method: string(h.Method), Noise: h.Noise, Sigma: h.Sigma, Alpha: h.Alpha, N0: h.N0, N: h.N,
		Seed: h.Seed.String() + ", chosen by whoever ran it", Contract: h.Contract, Precision: h.Precision,
	}
	if t.Precision == "" {
		t.Precision = certificate.Precision // format 1 does not state it
	}
	switch {
	case h.Seed.Derived && h.Beacon == "":
		t.Seed = h.Seed.String() + ", no beacon"
	case h.Seed.Derived:
		t.Seed = fmt.Sprintf("%s, drand round %d", h.Seed, h.Beacon.Round())
	}
	if h.Choice != nil {
		t.Of, t.Chosen = h.Choice.Of, h.Choice.Describe(h.Images.Len())
	}
	if h.Shard != nil {
		t.Chosen = strings.TrimPrefix(t.Chosen+", shard "+h.Shard.String(), ", ")
	}
	return t
}
