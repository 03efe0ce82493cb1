// Package pixelnoise draws Gaussian noise for 8-bit images exactly: integers
// with the probabilities of a real Gaussian rounded to whole grey levels. It
// also maps noisy images to network inputs.
//
// Let sigma be the standard deviation in units of pixels scaled to [0,1]. The
// noise of a pixel is an integer eta with
//
//	P(eta = j) = Phi((2j+1)/(510 sigma)) - Phi((2j-1)/(510 sigma)),
//
// the distribution of 255 e rounded to an integer when e is N(0, sigma^2). It
// is drawn by inversion: the binary digits of a uniform number in [0,1) are
// compared with the values of the distribution function. Sixty-four digits
// decide unless they equal the first digits of such a value; then sixty-four
// more are drawn. So no probability is rounded, however small it is. The
// digits of the values are proven with the interval arithmetic of package
// exact.
//
// [Gaussian.Draw] has exactly this distribution if its words are independent and
// uniform. [Fill] gives the same draws, and both give the same integers on every
// machine. The package depends on decimal, exact and philox only. Start at [New];
// threshold.go has the proofs, fill.go the fast path.
package pixelnoise
