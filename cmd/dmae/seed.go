package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/smooth"
)

// seedFlag says where the noise comes from that a guarantee rests on. A
// guarantee holds for coins that nobody could choose: a seed can be tried until
// it suits, a key that follows from model and image cannot.
type seedFlag struct {
	Seed seedChoice `help:"derived: each image's noise follows from the model and its pixels, so that nothing can be chosen; random: a number drawn by the operating system (a run that goes on keeps its own); or a number. Do not try numbers until one suits you: that voids the guarantee." default:"derived" placeholder:"N"`
}

// seedChoice is the value of --seed.
type seedChoice struct {
	smooth.Seed
	random bool
}

// UnmarshalText reads "derived", "random" or a number.
func (s *seedChoice) UnmarshalText(text []byte) error {
	*s = seedChoice{random: string(text) == "random"}
	if s.random {
		return nil
	}
	if err := s.Seed.UnmarshalText(text); err != nil {
		return fmt.Errorf("%q is no seed: give derived, random, or an integer of 64 bits", text)
	}
	return nil
}

// apply sets the origin of the noise for a model. recorded, which may
// be nil, returns the header of the run that is gone on with: one of an earlier
// version, which drew a number where none was given, keeps it.
func (f *seedFlag) apply(p *smooth.Params, model *dmae.Classifier, recorded func() (smooth.Header, bool)) error {
	var header smooth.Header
	if recorded != nil {
		header, _ = recorded()
	}
	switch {
	case f.Seed.Derived && header.Schema == smooth.Schema1:
		p.Seed = header.Seed.Number
		return nil
	case f.Seed.Derived:
		digest, err := modelDigest(model)
		p.Derived = &smooth.Derivation{Model: digest}
		return err
	case !f.Seed.random:
		p.Seed = f.Seed.Number
		return nil
	}
	if header.Schema != "" && !header.Seed.Derived {
		p.Seed = header.Seed.Number
		return nil
	}
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return fmt.Errorf("the operating system gives no random seed: %w: choose one with --seed", err)
	}
	p.Seed = binary.LittleEndian.Uint64(b[:])
	return nil
}
