package certificate

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/godmae/godmae/internal/listhash"
)

// keyTag begins what a derived key is the digest of. It stays what it is when
// the file format changes: another tag would be another draw to choose from.
const keyTag = "godmae-certificate/2"

// Derivation makes the key of the noise of an image from the model, a public
// random number and the pixels of the image. Nothing else goes in, no
// parameter, index, set or path: each would be one more thing to turn until
// the draw suits whoever certifies.
type Derivation struct {
	Model  string // digest of the model, as Subject.Model
	Beacon Beacon // "" for none
}

// Key returns the key: the first eight bytes, little-endian, of the SHA-256 of
// four texts, each after its length in bytes as 64 little-endian bits: the tag
// "godmae-certificate/2", the digest of the model, the beacon, and the digest
// of the pixels in 64 hexadecimal digits.
func (d Derivation) Key(pixels Digest) uint64 {
	h := listhash.New()
	for _, text := range []string{keyTag, d.Model, string(d.Beacon), pixels.String()} {
		h.Text(text)
	}
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

// Seed says where noise comes from: it is derived for each image, or it comes
// from a number that somebody chose. It is written as "derived" or as a decimal
// string, because many readers of JSON hold numbers in a float64. The zero
// value is the number 0.
type Seed struct {
	Derived bool
	Number  uint64
}

// derivedSeed is the text of a Seed that is derived.
const derivedSeed = "derived"

// String returns "derived" or the number.
func (s Seed) String() string {
	if s.Derived {
		return derivedSeed
	}
	return strconv.FormatUint(s.Number, 10)
}

// MarshalText writes what String returns.
func (s Seed) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what String returns.
func (s *Seed) UnmarshalText(text []byte) error {
	if string(text) == derivedSeed {
		*s = Seed{Derived: true}
		return nil
	}
	v, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("the seed %q is neither %q nor an integer of 64 bits", text, derivedSeed)
	}
	*s = Seed{Number: v}
	return nil
}
