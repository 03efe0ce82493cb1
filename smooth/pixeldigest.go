package smooth

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

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
