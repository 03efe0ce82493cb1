package philox

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// The known-answer vectors published with Random123 (kat_vectors, philox4x32 10).
func TestKnownAnswers(t *testing.T) {
	const f = math.MaxUint32
	for _, c := range []struct {
		ctr  [4]uint32
		key  [2]uint32
		want [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{f, f, f, f}, [2]uint32{f, f}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		require.Equal(t, c.want, Block(c.key, c.ctr))
	}
}

func TestUniformIsInsideTheOpenInterval(t *testing.T) {
	require.Equal(t, float32(1.0/(1<<24)), Uniform(0))
	require.Equal(t, float32(1-1.0/(1<<24)), Uniform(math.MaxUint32))
	require.Less(t, Uniform(math.MaxUint32), float32(1))
}

func TestAddressesDoNotCollide(t *testing.T) {
	base := Addr{Seed: 7, Stream: Mask, A: 3, B: 5}
	seen := map[[4]uint32]string{}
	note := func(name string, a Addr, pos uint32) {
		b := a.Block(pos)
		require.NotContains(t, seen, b, "%s equals %s", name, seen[b])
		seen[b] = name
	}
	note("base", base, 0)
	note("position", base, 1)
	for name, change := range map[string]func(*Addr){
		"seed low":  func(a *Addr) { a.Seed = 8 },
		"seed high": func(a *Addr) { a.Seed = 7 + 1<<32 },
		"stream":    func(a *Addr) { a.Stream = TrainNoise },
		"retry":     func(a *Addr) { a.Retry = 1 },
		"copy":      func(a *Addr) { a.Copy = 1 },
		"A":         func(a *Addr) { a.A = 4 },
		"B":         func(a *Addr) { a.B = 6 },
	} {
		a := base
		change(&a)
		note(name, a, 0)
	}
}

func TestPermIsAPermutationAndMoves(t *testing.T) {
	p := NewGen(Addr{Seed: 1, Stream: DataOrder}).Perm(1000)
	seen := make([]bool, len(p))
	fixed := 0
	for i, v := range p {
		require.False(t, seen[v])
		seen[v] = true
		if i == v {
			fixed++
		}
	}
	require.Less(t, fixed, 20)
}

func TestIntnIsUniform(t *testing.T) {
	g := NewGen(Addr{Seed: 3, Stream: Augment})
	var counts [7]int
	const n = 70000
	for range n {
		counts[g.Intn(7)]++
	}
	chi2 := 0.0
	for _, c := range counts {
		d := float64(c) - n/7.0
		chi2 += d * d / (n / 7.0)
	}
	require.Less(t, chi2, 30.0) // P(chi2_6 > 30) = 4e-5
}
