package certificate

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/godmae/godmae/internal/listhash"
)

// keyTag is the first text in the digest of a derived key. It does not change
// with the file format: another tag would give the issuer a second draw to
// choose from.
const keyTag = "godmae-certificate/2"

// Derivation computes the key of an image's noise from the model, a public
// random number and the image's pixels. It uses no parameter, index, set or
// path, because the issuer could vary each of them until the noise is
// favourable.
type Derivation struct {
	Model  string // digest of the model, as Subject.Model
	Beacon Beacon // "" for none
}

// Key returns the key: the first eight bytes, little-endian, of the SHA-256 of
// four texts, each after its length in bytes as 64 little-endian bits. The
// texts are the tag "godmae-certificate/2", the digest of the model, the
// beacon, and the digest of the pixels in 64 hexadecimal digits.
func (d Derivation) Key(pixels Digest) uint64 {
	h := listhash.New()
	for _, text := range []string{keyTag, d.Model, string(d.Beacon), pixels.String()} {
		h.Text(text)
	}
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

// Seed is the source of the noise: derived for each image, or a chosen number.
// It is written as "derived" or as a decimal string, because many JSON readers
// store numbers as float64. The zero value is the number 0.
type Seed struct {
	Derived bool
	Number  uint64
}

// derivedSeed is the text of a derived Seed.
const derivedSeed = "derived"

// String returns "derived" or the number.
func (s Seed) String() string {
	if s.Derived {
		return derivedSeed
	}
	return strconv.FormatUint(s.Number, 10)
}

// MarshalText returns the text of String.
func (s Seed) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the text of String.
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
