package certificate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
)

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
