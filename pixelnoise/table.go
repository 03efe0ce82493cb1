package pixelnoise

// Table is what a device needs to draw noise by itself: the distribution function
// and the network inputs. Its slices must not be changed.
type Table struct {
	// Bound is where the noise saturates: it lies between -Bound and Bound.
	Bound int

	// CDF [2*Bound] holds the first 64 binary digits of P(eta <= i-Bound), ascending.
	// The noise of a random word u of 64 bits is the number of entries below u, minus
	// Bound. An entry that equals u leaves the noise open, which happens to one word in
	// 2^64 for each entry: [Gaussian.At] decides.
	CDF []uint64

	// Inputs [2*Bound+Levels+1] holds the network input of pixel x and noise eta at
	// x + eta + Bound.
	Inputs []float32
}

// Table returns the tables of the distribution.
func (g *Gaussian) Table() Table { return Table{Bound: g.bound, CDF: g.cdf, Inputs: g.inputs} }
