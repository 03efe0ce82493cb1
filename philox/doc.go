// Package philox is the project's only source of random numbers: the
// counter-based generator Philox4x32-10 of Salmon, Moraes, Dror and Shaw
// ("Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011) in scalar Go.
// Every random number is a pure function of its address.
//
// Start at [Addr], which defines how a seed, a stream, an image and a
// position give a key and a counter. [Block] is the generator itself. [Gen]
// reads the words of an address in order, for decisions on the host
// (shuffles, crops, flips). Package simd fills arrays with Gaussian noise
// from the same [Block], in the layout stated there.
//
// The bits are the same on every platform: the package uses integers only, and
// exact scaling by a power of two in [Uniform].
package philox
