package certificate

import (
	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
)

// Params are the parameters of a certification: a sampling plan, and the noise
// of its samples.
type Params struct {
	bound.Plan

	// Seed is the seed of all noise, if it is not derived.
	Seed uint64

	// Derived, if set, is used instead of Seed: the noise of each image has a
	// key that does not depend on the image's index. A smooth.Task sets its
	// Model.
	Derived *Derivation

	// AccuracyOnly skips the estimation of an image whose selected class
	// differs from its label. This suffices for certified accuracy, but not for
	// an abstention rate.
	AccuracyOnly bool

	// Sound draws integer noise on 8-bit pixels (see pixelnoise.Gaussian)
	// instead of float noise on float pixels.
	Sound bool
}

// Check returns an error that names the first invalid parameter.
func (p Params) Check() error {
	if err := p.Plan.Check(); err != nil {
		return err
	}
	if p.Derived != nil {
		return p.Derived.Beacon.check()
	}
	return nil
}

// Defaults returns the default parameters of a certification. Parameters that
// are chosen after results are known change the meaning of alpha, so an audit
// names those that differ.
func Defaults(m bound.Method) Params {
	p := Params{
		Plan:  bound.Plan{Method: m, Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 100, N: 10_000},
		Sound: true, Derived: &Derivation{},
	}
	if m == bound.MethodAnytime {
		p.N, p.Futility = 100_000, bound.DefaultFutility()
		p.Radii = bound.Grid([]decimal.Decimal{decimal.Must("0.25"), decimal.Must("0.5"), decimal.Must("0.75"), decimal.Must("1")})
	}
	return p
}

// Origin returns the seed of the parameters in a header.
func (p Params) Origin() Seed {
	if p.Derived != nil {
		return Seed{Derived: true}
	}
	return Seed{Number: p.Seed}
}

// Key returns the key of the noise of an image with the given pixel digest, 0
// if noise is not derived.
func (p Params) Key(pixels Digest) uint64 {
	if p.Derived == nil {
		return 0
	}
	return p.Derived.Key(pixels)
}

// Draw returns the random number of the bound of an image; 0 if the method
// needs none. It is the first 64 bits of a separate stream.
func (p Params) Draw(image int, pixels Digest) bound.Draw {
	if p.Method != bound.MethodRandomised {
		return 0
	}
	seed, a := p.Seed, uint32(image)
	if p.Derived != nil {
		seed, a = p.Derived.Key(pixels), 0
	}
	words := philox.Addr{Seed: seed, Stream: philox.RandomisedBound, A: a}.Block(0)
	return bound.Draw(uint64(words[1])<<32 | uint64(words[0]))
}
