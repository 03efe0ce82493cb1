package certify

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/godmae/godmae/smooth/certificate"
)

// Seed is the origin of the noise of a certificate. The guarantee holds for noise
// that nobody could choose. With a number, several can be tried and one chosen;
// with a key that is derived from model and image this is not possible.
type Seed struct {
	certificate.Seed      // derived, or a number
	Random           bool // a random number from the operating system
}

// UnmarshalText reads "derived", "random" or a number.
func (s *Seed) UnmarshalText(text []byte) error {
	*s = Seed{Random: string(text) == "random"}
	if s.Random {
		return nil
	}
	if err := s.Seed.UnmarshalText(text); err != nil {
		return fmt.Errorf("%q is not a seed: give derived, random, or an integer of 64 bits", text)
	}
	return nil
}

// Apply sets the origin of the noise. begun is the header of the run that is
// continued (certificate.Files.Header), the zero value for none. A random number in
// it is kept, and so is that of an earlier version, which drew one by default.
func (s Seed) Apply(p *certificate.Params, begun certificate.Header) error {
	numbered := begun.Schema != "" && !begun.Seed.Derived
	switch {
	case s.Random && numbered, s.Derived && begun.Schema == certificate.Schema1:
		p.Derived, p.Seed = nil, begun.Seed.Number
	case s.Derived:
		p.Derived = &certificate.Derivation{}
	case s.Random:
		var b [8]byte
		if _, err := rand.Read(b[:]); err != nil {
			return fmt.Errorf("the operating system gives no random seed: %w: choose a number", err)
		}
		p.Derived, p.Seed = nil, binary.LittleEndian.Uint64(b[:])
	default:
		p.Derived, p.Seed = nil, s.Number
	}
	return nil
}
