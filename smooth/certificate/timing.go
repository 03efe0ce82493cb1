package certificate

import (
	"bufio"
	"encoding/json"
	"io"
	"iter"
)

// Timing is a line of the timing file: the time of an image. The time of a
// batch is divided evenly among its samples.
type Timing struct {
	Image   int     `json:"image"`
	Samples int     `json:"samples"`
	Seconds float64 `json:"seconds"`
}

// machineLine describes the machine of the following images.
type machineLine struct {
	Machine string `json:"machine"`
	Batch   int    `json:"batch"`
}

// timingReader reads the image lines of a timing file and skips all others. A
// timing file proves nothing, so reading stops at damage without an error.
type timingReader struct {
	lines   lineReader
	machine machineLine // read last
	ahead   *Timing
}

func newTimingReader(r io.Reader) *timingReader {
	return &timingReader{lines: lineReader{r: bufio.NewReader(r)}}
}

// next returns the next image line.
func (t *timingReader) next() (Timing, bool) {
	for {
		line, err := t.lines.next()
		if err != nil {
			return Timing{}, false
		}
		var v struct {
			Timing
			machineLine
			Image *int `json:"image"`
		}
		if json.Unmarshal(line, &v) != nil {
			return Timing{}, false
		}
		if v.Image != nil {
			v.Timing.Image = *v.Image
			return v.Timing, true
		}
		t.machine = v.machineLine
	}
}

// of returns the timing of an image. Calls must follow the order of the file,
// which may lack images.
func (t *timingReader) of(image int) (Timing, bool) {
	for t.ahead == nil || t.ahead.Image < image {
		v, ok := t.next()
		if !ok {
			return Timing{}, false
		}
		t.ahead = &v
	}
	if t.ahead.Image != image {
		return Timing{}, false
	}
	v := *t.ahead
	t.ahead = nil
	return v, true
}

// timingPrefix returns the number of bytes up to the line of the n-th image.
func timingPrefix(r io.Reader, header Header, n int) (int64, error) {
	t := newTimingReader(r)
	c := header.cursor()
	keep := int64(0)
	for range n {
		want, _ := c.next()
		if v, ok := t.next(); !ok || v.Image != want {
			break
		}
		keep = t.lines.offset
	}
	return keep, nil
}

// Timings yields the image lines of a timing file in order. A timing file
// proves nothing, so reading stops at damage without an error.
func Timings(r io.Reader) iter.Seq[Timing] {
	return func(yield func(Timing) bool) {
		t := newTimingReader(r)
		for v, ok := t.next(); ok && yield(v); v, ok = t.next() {
		}
	}
}
