package smooth

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// noSamples is the Sampling of no samples, with empty lists as in the file
// format.
func noSamples() certificate.Sampling {
	return certificate.Sampling{Counts: bound.Counts{}, Blocks: []certificate.Block{}}
}

// tally collects predictions in the order of their sample numbers.
type tally struct {
	total, block []int  // index class+1
	words        []byte // predictions of the open block
	done         certificate.Sampling
}

func newTally(classes int) *tally {
	return &tally{total: make([]int, classes+1), block: make([]int, classes+1), done: noSamples()}
}

// add counts the next prediction, a class or NoClass.
func (t *tally) add(class int32) {
	t.words = binary.LittleEndian.AppendUint16(t.words, uint16(class))
	t.block[class+1]++
	t.done.N++
	if len(t.words) == 2*certificate.BlockSize {
		t.closeBlock()
	}
}

func (t *tally) closeBlock() {
	if len(t.words) == 0 {
		return
	}
	t.done.Blocks = append(t.done.Blocks, certificate.Block{Counts: sparse(t.block), Predictions: sha256.Sum256(t.words)})
	for i, n := range t.block {
		t.total[i] += n
	}
	clear(t.block)
	t.words = t.words[:0]
}

// sampling closes the last block and returns the counts and blocks.
func (t *tally) sampling() certificate.Sampling {
	t.closeBlock()
	t.done.Counts = sparse(t.total)
	return t.done
}

// count returns the samples of a class so far.
func (t *tally) count(class int) int { return t.total[class+1] + t.block[class+1] }

// tallyState is a tally in a file.
type tallyState struct {
	Blocks []certificate.Block `json:"blocks"`
	Open   []byte              `json:"open"` // predictions of the open block, as they are hashed
}

func (t *tally) state() tallyState { return tallyState{t.done.Blocks, append([]byte{}, t.words...)} }

// restore sets an empty tally to a saved state. It reports whether the last
// block was closed before it was full.
func (t *tally) restore(s tallyState, limit int) (short bool, err error) {
	classes := len(t.total) - 1
	for i, b := range s.Blocks {
		if err := b.Counts.Check(classes); err != nil {
			return false, fmt.Errorf("block %d: %w", i, err)
		}
		n := b.Counts.Total()
		if short || n < 1 || n > certificate.BlockSize || n > limit-t.done.N {
			return false, fmt.Errorf("block %d of %d samples is out of place", i, n)
		}
		short = n < certificate.BlockSize
		for _, cc := range b.Counts {
			t.total[cc[0]+1] += cc[1]
		}
		t.done.N += n
	}
	t.done.Blocks = append(t.done.Blocks, s.Blocks...)
	n := len(s.Open) / 2
	if len(s.Open)%2 != 0 || n >= certificate.BlockSize || n > limit-t.done.N || n > 0 && short {
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

// wordClass returns the class of a 16-bit word.
func wordClass(word []byte) int32 {
	if w := binary.LittleEndian.Uint16(word); w != 1<<16-1 {
		return int32(w)
	}
	return bound.NoClass
}

// sparse lists the non-zero counts of a table with index class+1.
func sparse(table []int) bound.Counts {
	counts := bound.Counts{}
	for i, n := range table {
		if n > 0 {
			counts = append(counts, bound.ClassCount{i - 1, n})
		}
	}
	return counts
}
