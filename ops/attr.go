package ops

import (
	"strings"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
)

// Attr holds the parameters of operations that are not tensors. An operation
// reads only the attributes listed in its [Op.Reads]. The others must have their
// zero value: [Check] refuses anything else.
type Attr struct {
	Accumulate bool    // derivatives: add to the output
	Shards     int     // derivatives of parameters: groups of samples, a power of two; see [ShardSum]. 0 and 1: one
	Gelu       bool    // Linear: apply GELU
	Infer      bool    // no derivative is needed: outputs that only derivatives use are empty
	Heads      int     // attention heads
	Patch      int     // patch size in pixels
	From       int     // first token
	Count      int     // number of tokens, samples or answers
	Size       [2]int  // height, width
	Eps        float64 // inside a square root
	Scale      float64 // a factor, such as sigma or a decay
	Value      float64 // Fill
	Order      Order   // of the values in a patch
	Box        [4]int  // Mix: first row, row after the last, first column, column after the last
	Chan       [2][3]float64
	Adam       Adam
	Lars       Lars
	Reg        Regulariser          // Consistency
	Pixels     *pixelnoise.Gaussian // AddPixelNoise
	Seed       uint64
	Stream     philox.Stream
	Copy       uint16
}

// Field is a set of attributes.
type Field uint32

// The attributes, by the names of their fields in [Attr].
const (
	AttrAccumulate Field = 1 << iota
	AttrShards
	AttrGelu
	AttrInfer
	AttrHeads
	AttrPatch
	AttrFrom
	AttrCount
	AttrSize
	AttrEps
	AttrScale
	AttrValue
	AttrOrder
	AttrBox
	AttrChan
	AttrAdam
	AttrLars
	AttrReg
	AttrPixels
	AttrSeed
	AttrStream
	AttrCopy
)

// attrNames are the names of the attributes, in the order of the bits.
var attrNames = [...]string{
	"Accumulate", "Shards", "Gelu", "Infer", "Heads", "Patch", "From", "Count", "Size", "Eps", "Scale", "Value", "Order",
	"Box", "Chan", "Adam", "Lars", "Reg", "Pixels", "Seed", "Stream", "Copy",
}

// String lists the attributes, such as "Heads, Scale".
func (f Field) String() string {
	var names []string
	for i, name := range attrNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// set returns the attributes that differ from the zero value.
func (at *Attr) set() (f Field) {
	mark := func(is bool, bit Field) {
		if is {
			f |= bit
		}
	}
	mark(at.Accumulate, AttrAccumulate)
	mark(at.Shards != 0, AttrShards)
	mark(at.Gelu, AttrGelu)
	mark(at.Infer, AttrInfer)
	mark(at.Heads != 0, AttrHeads)
	mark(at.Patch != 0, AttrPatch)
	mark(at.From != 0, AttrFrom)
	mark(at.Count != 0, AttrCount)
	mark(at.Size != [2]int{}, AttrSize)
	mark(at.Eps != 0, AttrEps)
	mark(at.Scale != 0, AttrScale)
	mark(at.Value != 0, AttrValue)
	mark(at.Order != 0, AttrOrder)
	mark(at.Box != [4]int{}, AttrBox)
	mark(at.Chan != [2][3]float64{}, AttrChan)
	mark(at.Adam != Adam{}, AttrAdam)
	mark(at.Lars != Lars{}, AttrLars)
	mark(at.Reg != Regulariser{}, AttrReg)
	mark(at.Pixels != nil, AttrPixels)
	mark(at.Seed != 0, AttrSeed)
	mark(at.Stream != 0, AttrStream)
	mark(at.Copy != 0, AttrCopy)
	return f
}
