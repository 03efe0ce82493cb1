// Package philox is the project's only source of random numbers: the
// counter-based generator Philox4x32-10 of Salmon, Moraes, Dror and Shaw
// ("Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011), written as scalar
// Go and addressed so that every random number is a pure function of what it
// is for.
//
// Start at [Addr]: it is the one place that says how a seed, a stream, an
// image and a position become a key and a counter. [Block] is the generator
// itself. [Gen] reads an address sequentially for host-side decisions
// (shuffles, crops, flips); bulk Gaussian fills are done by package simd with
// the layout stated there, on top of the same [Block].
//
// The package promises the same bits on every platform: it uses integers only,
// plus exact power-of-two scaling in [Uniform].
package philox
