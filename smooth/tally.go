package smooth

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
)

// BlockSize is the number of samples whose predictions are hashed together, so
// that an audit can replay a part of an image.
const BlockSize = 1024

// Digest is a SHA-256 in lower-case hexadecimal.
type Digest [sha256.Size]byte

// String returns the 64 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText writes the hexadecimal digits.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != 2*len(d) {
		return fmt.Errorf("a SHA-256 has %d hexadecimal digits, this one has %d", 2*len(d), len(text))
	}
	_, err := hex.Decode(d[:], text)
	return err
}

// ClassCount is a class and how many samples it got; in a file the pair
// [class, count].
type ClassCount [2]int

// Counts holds the classes that occurred, in ascending order (NoClass first).
type Counts []ClassCount

// Of returns the count of a class.
func (c Counts) Of(class int) int {
	for _, cc := range c {
		if cc[0] == class {
			return cc[1]
		}
	}
	return 0
}

// Total returns the sum of all counts.
func (c Counts) Total() int {
	n := 0
	for _, cc := range c {
		n += cc[1]
	}
	return n
}

// Top returns the class with the largest count and the one after it; ties go
// to the lower class. Without any class it returns NoClass, with count 0.
func (c Counts) Top() (first, second ClassCount) {
	first, second = ClassCount{NoClass, 0}, ClassCount{NoClass, 0}
	for _, cc := range c {
		switch {
		case cc[0] == NoClass:
		case cc[1] > first[1]:
			first, second = cc, first
		case cc[1] > second[1]:
			second = cc
		}
	}
	return first, second
}

// Block is what a file keeps of up to BlockSize consecutive samples: the
// counts, and the SHA-256 of the predicted classes as 16-bit little-endian
// words (65535 for NoClass).
type Block struct {
	Counts      Counts `json:"counts"`
	Predictions Digest `json:"predictions"`
}

// Sampling is the outcome of N samples.
type Sampling struct {
	N      int     `json:"n"`
	Counts Counts  `json:"counts"`
	Blocks []Block `json:"blocks"`
}

// noSamples is the Sampling of no samples, with the empty lists that the file
// format writes.
func noSamples() Sampling { return Sampling{Counts: Counts{}, Blocks: []Block{}} }

// tally collects predictions in the order of their sample numbers.
type tally struct {
	total, block []int  // index class+1
	words        []byte // predictions of the open block
	done         Sampling
}

func newTally(classes int) *tally {
	return &tally{total: make([]int, classes+1), block: make([]int, classes+1), done: noSamples()}
}

// add counts the next prediction, a class or NoClass.
func (t *tally) add(class int32) {
	t.words = binary.LittleEndian.AppendUint16(t.words, uint16(class))
	t.block[class+1]++
	t.done.N++
	if len(t.words) == 2*BlockSize {
		t.closeBlock()
	}
}

func (t *tally) closeBlock() {
	if len(t.words) == 0 {
		return
	}
	t.done.Blocks = append(t.done.Blocks, Block{Counts: sparse(t.block), Predictions: sha256.Sum256(t.words)})
	for i, n := range t.block {
		t.total[i] += n
	}
	clear(t.block)
	t.words = t.words[:0]
}

// sampling closes the last block and returns the outcome.
func (t *tally) sampling() Sampling {
	t.closeBlock()
	t.done.Counts = sparse(t.total)
	return t.done
}

// count returns the samples of a class so far.
func (t *tally) count(class int) int { return t.total[class+1] + t.block[class+1] }

// tallyState is a tally as a file holds it.
type tallyState struct {
	Blocks []Block `json:"blocks"`
	Open   []byte  `json:"open"` // predictions of the open block, as they are hashed
}

func (t *tally) state() tallyState { return tallyState{t.done.Blocks, append([]byte{}, t.words...)} }

// restore puts an empty tally where another was when its state was taken. It
// reports whether the last block was closed before it was full.
func (t *tally) restore(s tallyState, limit int) (short bool, err error) {
	classes := len(t.total) - 1
	for i, b := range s.Blocks {
		if err := b.Counts.check(classes); err != nil {
			return false, fmt.Errorf("block %d: %w", i, err)
		}
		n := b.Counts.Total()
		if short || n < 1 || n > BlockSize || n > limit-t.done.N {
			return false, fmt.Errorf("block %d of %d samples is out of place", i, n)
		}
		short = n < BlockSize
		for _, cc := range b.Counts {
			t.total[cc[0]+1] += cc[1]
		}
		t.done.N += n
	}
	t.done.Blocks = append(t.done.Blocks, s.Blocks...)
	n := len(s.Open) / 2
	if len(s.Open)%2 != 0 || n >= BlockSize || n > limit-t.done.N || n > 0 && short {
		return false, fmt.Errorf("an open block of %d bytes is out of place", len(s.Open))
	}
	for i := range n {
		class := wordClass(s.Open[2*i:])
		if int(class) >= classes {
			return false, fmt.Errorf("class %d is outside %d classes", class, classes)
		}
		t.add(class)
	}
	return short, nil
}

// wordClass returns the class that a 16-bit word stands for.
func wordClass(word []byte) int32 {
	if w := binary.LittleEndian.Uint16(word); w != 1<<16-1 {
		return int32(w)
	}
	return NoClass
}

// sparse lists the non-zero counts of a table with index class+1.
func sparse(table []int) Counts {
	counts := Counts{}
	for i, n := range table {
		if n > 0 {
			counts = append(counts, ClassCount{i - 1, n})
		}
	}
	return counts
}

// check verifies that a sampling read from a file could come from a tally over
// K classes.
func (s Sampling) check(classes int) error {
	if s.Counts == nil || s.Blocks == nil {
		return fmt.Errorf("counts or blocks are missing")
	}
	if want := (s.N + BlockSize - 1) / BlockSize; s.N < 0 || len(s.Blocks) != want {
		return fmt.Errorf("%d samples need %d blocks, not %d", s.N, want, len(s.Blocks))
	}
	total := make([]int, classes+1)
	for i, b := range s.Blocks {
		if err := b.Counts.check(classes); err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
		if got, want := b.Counts.Total(), min(BlockSize, s.N-i*BlockSize); got != want {
			return fmt.Errorf("block %d counts %d samples, not %d", i, got, want)
		}
		for _, cc := range b.Counts {
			total[cc[0]+1] += cc[1]
		}
	}
	if err := s.Counts.check(classes); err != nil {
		return err
	}
	for _, cc := range s.Counts {
		total[cc[0]+1] -= cc[1]
	}
	for i, n := range total {
		if n != 0 {
			return fmt.Errorf("the blocks and the counts differ on class %d", i-1)
		}
	}
	return nil
}

func (c Counts) check(classes int) error {
	last := NoClass - 1
	for _, cc := range c {
		if cc[0] <= last || cc[0] >= classes {
			return fmt.Errorf("class %d is out of order or outside %d classes", cc[0], classes)
		}
		if cc[1] <= 0 || cc[1] > maxSamples {
			return fmt.Errorf("class %d has the count %d", cc[0], cc[1])
		}
		last = cc[0]
	}
	return nil
}

// PixelDigest is what a certificate knows an image of 8-bit pixels by: the
// SHA-256 of the pixels where integer noise is added to them, else of the
// little-endian float32 values of pixel/255 that float noise is added to.
func PixelDigest(x []byte, integers bool) Digest {
	if integers {
		return sha256.Sum256(x)
	}
	b := make([]byte, 0, 4*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)/255))
	}
	return sha256.Sum256(b)
}
