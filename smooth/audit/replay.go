package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// part is a block of predictions of an image.
type part struct {
	image    int
	key      uint64 // of its noise, if it is derived
	stream   philox.Stream
	number   int // of the block in its stream
	samples  int
	block    certificate.Block
	selected int
	looks    string // those of the block, for the anytime method
}

// parts lists the blocks of a record.
func parts(rec certificate.Record) []part {
	var list []part
	add := func(stream philox.Stream, s certificate.Sampling, looks string) {
		for i, b := range s.Blocks {
			p := part{image: rec.Image, stream: stream, number: i, samples: b.Counts.Total(), block: b, selected: rec.Selected}
			if looks != "" {
				each := certificate.BlockSize / bound.LookEvery
				p.looks = looks[i*each : min((i+1)*each, len(looks))]
			}
			list = append(list, p)
		}
	}
	add(philox.SelectionNoise, rec.Selection, "")
	add(philox.EstimationNoise, rec.Estimation, rec.Looks)
	return list
}

// name describes the samples of a part.
func (p part) name() string {
	kind := "estimation"
	if p.stream == philox.SelectionNoise {
		kind = "selection"
	}
	first := p.number * certificate.BlockSize
	return fmt.Sprintf("%s samples %d to %d", kind, first, first+p.samples-1)
}

// replay classifies the samples of a part again and compares the results.
func (a *auditor) replay(ctx context.Context, p part) error {
	batch := a.Batch
	if batch < 1 {
		batch = max(a.Classifier.BatchSize(), 1)
	}
	out := make([]int32, p.samples)
	jobs := make([]smooth.Job, p.samples)
	for i := range jobs {
		jobs[i] = smooth.Job{Image: p.image, Stream: p.stream, Sample: uint32(p.number*certificate.BlockSize + i), Key: p.key}
	}
	for from := 0; from < p.samples; from += batch {
		to := min(from+batch, p.samples)
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := a.Classifier.Classify(ctx, jobs[from:to], a.noise, out[from:to]); err != nil {
			return err
		}
		a.report.Samples += to - from
		if a.Progress != nil {
			a.Progress(a.report.Samples)
		}
	}
	a.report.Blocks++
	return p.compare(out)
}

// compare compares a part with the answers to its samples.
func (p part) compare(answers []int32) error {
	counts := map[int]int{}
	words := make([]byte, 0, 2*len(answers))
	for _, class := range answers {
		counts[int(class)]++
		words = binary.LittleEndian.AppendUint16(words, uint16(class))
	}
	for _, cc := range p.block.Counts {
		if counts[cc[0]] != cc[1] {
			return differs("class %d has %d of the %s here, not %d", cc[0], counts[cc[0]], p.name(), cc[1])
		}
	}
	if got := certificate.Digest(sha256.Sum256(words)); got != p.block.Predictions {
		return differs("the predictions of the %s have the digest %s here, not %s", p.name(), got, p.block.Predictions)
	}
	for i, digit := range p.looks {
		hits := 0
		for _, class := range answers[i*bound.LookEvery : (i+1)*bound.LookEvery] {
			if p.selected != bound.NoClass && int(class) == p.selected {
				hits++
			}
		}
		if want := strings.IndexRune(bound.LookDigits, digit); hits != want {
			return differs("look %d of the %s has %d samples of the selected class here, not %d", i, p.name(), hits, want)
		}
	}
	return nil
}

// reservoir keeps a uniform random choice of the parts (Vitter 1985, algorithm
// R), so that a file is read once and only the choice is kept.
type reservoir struct {
	parts []part
	size  int
	seen  int
	gen   *philox.Gen
}

func newReservoir(size int, seed uint64) *reservoir {
	return &reservoir{size: size, gen: philox.NewGen(philox.Addr{Seed: seed, Stream: philox.FirstUserStream})}
}

func (r *reservoir) offer(p part) {
	r.seen++
	if len(r.parts) < r.size {
		r.parts = append(r.parts, p)
		return
	}
	if i := r.gen.Intn(r.seen); i < r.size {
		r.parts[i] = p
	}
}
