package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/explain"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/smooth"
)

// fromCertificate explains a line of a certificate, with the parameters that
// its header records, once model, data and image are those it is about.
func (c *explainCmd) fromCertificate(e *env, b ops.Backend, o *explain.Options) (*dmae.Classifier, []byte, error) {
	header, rec, err := findLine(c.Certificate, *c.Index)
	if err != nil {
		return nil, nil, err
	}
	model, images, err := c.classifierOf(e, b, c.Model, &dataFlags{Data: c.Data, splitFlags: c.splitFlags}, data.Split(c.Split))
	if err != nil {
		return nil, nil, err
	}
	o.Params = header.Params()
	c.followText(header.Preprocessing, o.Sound, images, &model.Config)
	if images, err = data.Preprocessed(images, c.Preprocess, model.Config.DataSize); err != nil {
		return nil, nil, err
	}
	about, err := newCertified(model, images, o.Sound, c.BatchSize)
	if err != nil {
		return nil, nil, err
	}
	here := about.subject()
	for _, part := range []struct{ what, here, there string }{
		{"model", here.Model, header.Model},
		{"preprocessing", here.Preprocessing, header.Preprocessing},
		{"numerics contract", here.Contract, header.Contract},
	} {
		if part.here != part.there {
			return nil, nil, fmt.Errorf("%s is about the %s %q, but here it is %q; give what was certified", c.Certificate, part.what, part.there, part.here)
		}
	}
	if here.Data != header.Data { // the digest of the pixels decides
		e.note(fmt.Sprintf("%s names the data %q, which are %q here", c.Certificate, header.Data, here.Data))
	}
	image, err := about.describe(rec.Image)
	if err != nil {
		return nil, nil, err
	}
	if image.Pixels != rec.Pixels {
		return nil, nil, fmt.Errorf("image %d of %s has other pixels than the certificate is about: %s, not %s", rec.Image, images.Name(), image.Pixels, rec.Pixels)
	}
	o.Image, o.Name = rec.Image, fmt.Sprintf("image %d of %s", rec.Image, images.Name())
	o.Line = &explain.Line{Record: rec, Certificate: filepath.Base(c.Certificate)}
	x, err := about.pixels.get(rec.Image)
	return model, x, err
}

// findLine returns the header of a certificate and the line of an image.
func findLine(path string, index int) (smooth.Header, smooth.Record, error) {
	f, err := openFile("the certificate", path)
	if err != nil {
		return smooth.Header{}, smooth.Record{}, err
	}
	defer f.Close()
	d, err := smooth.NewReader(f)
	if err != nil {
		return smooth.Header{}, smooth.Record{}, fmt.Errorf("%s: %w", path, err)
	}
	for {
		line, err := d.NextLine()
		rec := line.Record
		switch {
		case errors.Is(err, io.EOF):
			return d.Header(), rec, fmt.Errorf("%s has no line about image %d: it has %d lines, %s", path, index, d.Header().Images.Len(), between(d.Header().Images))
		case err != nil:
			return d.Header(), rec, fmt.Errorf("%s: %w", path, err)
		case line.LeftOut != nil && line.LeftOut.Image == index:
			return d.Header(), rec, fmt.Errorf("%s says that image %d was left out because it cannot be decoded: there is nothing to explain", path, index)
		case line.LeftOut == nil && rec.Image == index:
			return d.Header(), rec, nil
		}
	}
}

// between names the first and the last image of a set.
func between(images smooth.IndexSet) string {
	first, last := -1, -1
	for i := range images.All() {
		if last = i; first < 0 {
			first = i
		}
	}
	return fmt.Sprintf("from image %d to image %d", first, last)
}

// command returns the command line that makes the same page again.
func (c *explainCmd) command(o *explain.Options) string {
	line := []string{"dmae", "explain"}
	add := func(words ...string) { line = append(line, words...) }
	if o.Line != nil {
		add("--certificate", c.Certificate, "--index", strconv.Itoa(o.Image), "--data", c.Data, "--split", c.Split)
		if c.ValFraction != 0 {
			add("--val-fraction", fmt.Sprint(c.ValFraction), "--split-seed", fmt.Sprint(c.SplitSeed))
		}
	} else {
		add(c.Image, "--method", string(o.Method), "--sigma", o.Sigma.String(), "--n0", strconv.Itoa(o.N0))
		if o.Method == smooth.MethodAnytime {
			add("--max-samples", strconv.Itoa(o.N), "--radii", commas(o.Radii), "--futility", o.Futility.String())
		} else {
			add("--n", strconv.Itoa(o.N))
		}
		add("--alpha", o.Alpha.String(), "--seed", o.Origin().String())
		if !o.Sound {
			add("--no-sound")
		}
	}
	add("--model", c.Model)
	add(c.modelFlags.line()...)
	add(c.pixelFlags.line()...)
	add("--others="+commas(c.Others), "--steps", strconv.Itoa(o.Steps), "--samples", strconv.Itoa(o.Samples), "--answers", strconv.Itoa(o.Answers))
	for i, word := range line {
		line[i] = shellWord(word)
	}
	return strings.Join(line, " ")
}

// shellWord returns a word as a shell takes it.
func shellWord(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// phases shows the progress of one piece of work after the other.
type phases struct{ p *progress }

// update is told what is being done, and how far it is: from 0 to total.
func (s *phases) update(e *env, what string, done, total int) {
	switch {
	case done == 0:
		s.p = newProgress(e.stderr, "explain: "+what, unitOf(what), total)
		s.p.begin(0)
	case s.p == nil:
		return // said to be done already
	}
	s.p.total = total
	s.p.update(done, "")
	if done == total {
		s.p.end(briefly)
		s.p = nil
	}
}

func unitOf(what string) string {
	if strings.HasPrefix(what, "attacking") {
		return "steps"
	}
	return "samples"
}
