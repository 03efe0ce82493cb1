package pixelnoise

import (
	"fmt"
	"math/big"

	"github.com/godmae/godmae/internal/exact"
)

// maxWords is the largest number of words that a draw may take: a draw needs
// more than 1,024 binary digits with a probability below 2^-1000.
const maxWords = 16

// threshold returns the first 64*words binary digits of P(eta <= j) =
// Phi((2j+1)/(510 sigma)), most significant word first: floor(2^(64 words) P).
// They are proven by interval arithmetic of sufficient precision. No P is 1/2
// or has finitely many digits.
func (g *Gaussian) threshold(j, words int) []uint64 {
	if words > maxWords {
		panic(fmt.Sprintf("pixelnoise: %d random bits agree with a value of the distribution function, so the generator is broken", 64*maxWords))
	}
	z := big.NewRat(int64(2*j+1), 2*Levels)
	z.Quo(z, g.sigma.Rat())
	digits := make([]uint64, words)
	upper := z.Sign() > 0
	switch negligible := tailBelow(z, 64*words); {
	case negligible && upper: // 1 - 2^(-64 words) < P < 1
		for i := range digits {
			digits[i] = ^uint64(0)
		}
	case !negligible:
		n := floorCDF(z, 64*words)
		for i := range digits {
			digits[i] = new(big.Int).Rsh(n, uint(64*(words-1-i))).Uint64()
		}
	}
	return digits
}

// tailBelow reports whether Phi(-|z|) < 2^-bits is proven by
// Phi(-|z|) <= exp(-z^2/2)/2 and log2(e)/2 > 0.72.
func tailBelow(z *big.Rat, bits int) bool {
	power := new(big.Rat).Mul(z, z)
	power.Mul(power, big.NewRat(72, 100))
	return power.Cmp(big.NewRat(int64(bits), 1)) >= 0
}

// floorCDF returns floor(2^bits Phi(z)).
func floorCDF(z *big.Rat, bits int) *big.Int {
	for precision := uint(bits) + 128; ; precision *= 2 {
		if n, proven := exact.NormalCDFTo(z, precision).FloorScaled(bits); proven {
			return n
		}
	}
}
