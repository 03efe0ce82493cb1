package certify

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/godmae/godmae/smooth/certificate"
)

// Seed says where the noise comes from that a guarantee rests on. A guarantee
// holds for coins that nobody could choose: a number can be tried until it suits,
// a key that follows from model and image cannot.
type Seed struct {
	certificate.Seed      // derived, or a number
	Random           bool // a number that the operating system draws
}

// UnmarshalText reads "derived", "random" or a number.
func (s *Seed) UnmarshalText(text []byte) error {
	*s = Seed{Random: string(text) == "random"}
	if s.Random {
		return nil
	}
	if err := s.Seed.UnmarshalText(text); err != nil {
		return fmt.Errorf("%q is no seed: give derived, random, or an integer of 64 bits", text)
	}
	return nil
}

// Apply sets the origin of the noise. begun is the header of the run that is gone
// on with (certificate.Files.Header), the zero value for none: a number that it drew
// stays, as does that of an earlier version, which drew one where none was given.
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
