// Package pixelnoise draws Gaussian noise for 8-bit images exactly: integers
// whose probabilities are those of a real Gaussian rounded to whole grey
// levels, and the network inputs that noisy images become.
//
// Let sigma be the standard deviation in units of pixels scaled to [0,1]. The
// noise of a pixel is an integer eta with
//
//	P(eta = j) = Phi((2j+1)/(510 sigma)) - Phi((2j-1)/(510 sigma)),
//
// the distribution of 255 e rounded to an integer when e is N(0, sigma^2). It
// is drawn by comparing a uniform number of [0,1), given by its binary digits,
// with the values of the distribution function. Sixty-four digits decide, save
// where they are those of such a value; then sixty-four more are drawn. So no
// probability is rounded, however small it is. Every comparison is with an
// integer that is proven by the intervals of package exact.
//
// The package promises that [Gaussian.Draw] has exactly this distribution when
// its words are fair coins, that [Gaussian.Fill] equals it word by word, and
// that both give the same integers on every machine. It builds on packages
// decimal, exact and philox alone. Start at [New]; threshold.go holds the proofs,
// fill.go the fast path.
package pixelnoise
