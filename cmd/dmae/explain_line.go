package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/explain"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// fromCertificate explains a line of a certificate, with the parameters in its
// header, after checking that model, data and image are those of the
// certificate.
func (c *explainCmd) fromCertificate(e *env, b ops.Backend, o *explain.Options) (*dmae.Classifier, []byte, error) {
	f, err := openFile("the certificate", c.Certificate)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	header, rec, err := certificate.Find(f, *c.Index)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.Certificate, err)
	}
	model, images, err := c.classifierOf(e, b, c.Model, &dataFlags{Data: c.Data, splitFlags: c.splitFlags}, data.Split(c.Split))
	if err != nil {
		return nil, nil, err
	}
	certified, err := certify.ForHeader(header, model, images, certify.Options{Preprocess: c.Preprocess, Batch: c.BatchSize, Note: e.note})
	if err != nil {
		return nil, nil, err
	}
	if err := certified.Holds(header, rec); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.Certificate, err)
	}
	o.Params, c.Preprocess = certified.Params(), certified.Preprocess()
	o.Image, o.Name = rec.Image, fmt.Sprintf("image %d of %s", rec.Image, images.Name())
	o.Line = &explain.Line{Record: rec, Certificate: filepath.Base(c.Certificate)}
	x, err := certified.Pixels(rec.Image)
	return model, x, err
}

// command returns the command line that writes the same page again.
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
		if o.Method == bound.MethodAnytime {
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

// shellWord quotes a word for a shell.
func shellWord(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// phases shows the progress of several pieces of work, one after the other.
type phases struct{ p *progress }

// update shows that done of total steps of the current work are finished.
func (s *phases) update(e *env, what string, done, total int) {
	switch {
	case done == 0:
		s.p = newProgress(e.stderr, "explain: "+what, unitOf(what), total)
		s.p.begin(0)
	case s.p == nil:
		return // already reported as finished
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
