package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// seedFlag is the seed of noise that a guarantee rests on. A guarantee holds
// for coins that nobody knew beforehand: a model could be trained for the noise
// of a seed that everybody uses.
type seedFlag struct {
	Seed *uint64 `help:"Seed of the noise (default: drawn by the operating system; a run that goes on keeps its own). Do not try seeds until one suits you: that voids the guarantee." placeholder:"N"`
}

// draw returns the seed asked for, or else the one recorded, or a new one.
func (f *seedFlag) draw(recorded func() (uint64, bool)) (uint64, error) {
	if f.Seed != nil {
		return *f.Seed, nil
	}
	if seed, ok := recorded(); ok {
		return seed, nil
	}
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, fmt.Errorf("the operating system gives no random seed: %w: choose one with --seed", err)
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}
